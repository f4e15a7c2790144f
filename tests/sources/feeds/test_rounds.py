"""Rounds of many feeds: none waits for another, no host is pressed, and a round that must end ends."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from digest.model import FeedState
from digest.sources.feeds.parsing import Parsed
from tests.sources.feeds.house import HOUR, House, words
from tests.sources.feeds.server import FeedServer


def test_one_sick_feed_stops_no_other(server: FeedServer, house: House) -> None:
    sick = [
        server.put(status=500, host="a.example"),
        server.put("feed", host="b.example", headers={"Content-Length": "9"}),
    ]
    well = [server.put("feed a", host=f"{host}.example") for host in "cd"]
    assert [problem.where for problem in house.poll(*sick, *well)] == sick
    assert [house.keys(url) for url in well] == [["a"], ["a"]]


def test_a_feed_that_waits_holds_up_no_other(server: FeedServer, house: House) -> None:
    others = threading.Event()
    slow = server.put("feed a", host="slow.example", meanwhile=lambda: others.wait(8))
    quick = [server.put("feed a", host=f"host{number}.example") for number in range(29)]

    def told(done: int, total: int) -> None:
        assert total == 30
        if done == 29:
            others.set()

    assert house.poller.poll([slow, *quick], told) == ()
    assert others.is_set()
    assert server.at_once.keys() == {f"host{number}.example" for number in range(29)} | {"slow.example"}


def test_so_many_feeds_are_asked_at_a_time(server: FeedServer, house: House) -> None:
    house.poller = replace(house.poller, connections=3)
    together = threading.Barrier(3, timeout=8)
    urls = [server.put("feed a", host=f"{host}.example", meanwhile=together.wait) for host in "abcdef"]
    assert house.poll(*urls) == ()
    assert not together.broken


def test_the_feeds_of_one_host_are_asked_one_after_another_with_a_pause(server: FeedServer, house: House) -> None:
    house.poller = replace(house.poller, pause=0.05)
    asked: list[float] = []
    urls = [server.put("feed a", f"/{number}", meanwhile=lambda: asked.append(time.monotonic())) for number in range(4)]
    other = server.put("feed a", host="other.example")
    assert house.poll(*urls, other) == ()
    assert server.at_once == {"quay.example": 1, "other.example": 1}
    assert all(later - earlier >= 0.05 for earlier, later in pairwise(asked))


def test_nobody_sleeps_while_another_host_may_be_asked(server: FeedServer, house: House) -> None:
    house.poller = replace(house.poller, pause=0.05, connections=1)
    urls = [server.put("feed a", f"/{number}", f"{host}.example") for host in "abc" for number in range(2)]
    assert house.poll(*urls) == ()
    assert [asked.host[0] for asked in server.asked] == [*"abcabc"]


def test_a_round_with_an_end_leaves_what_has_not_answered_as_it_was(server: FeedServer, house: House) -> None:
    asked = threading.Event()
    slow = server.put(host="slow.example", meanwhile=lambda: asked.set() or server.over.wait())
    quick = server.put("feed a", host="quick.example")
    (problem,) = house.poll(slow, quick, within=0.5)
    assert (problem.where, problem.what) == ("feeds", "1 feed has not answered within 0.5 s")
    assert asked.wait(8)
    assert house.keys(quick) == ["a"]
    assert house.feeds.state(slow) == FeedState(slow, slow)
    assert house.poll(slow, within=60) == ()  # the next edition does not wait for it once more
    server.change(slow, data=b"feed b", meanwhile=lambda: None)
    assert house.poll(slow) == ()
    assert house.keys(slow) == ["b"]
    house.go(HOUR)
    assert house.poll(slow, within=60) == ()
    assert [asked.host for asked in server.asked].count("slow.example") == 3


def test_sick_feeds_do_not_starve_a_healthy_one_of_a_round_with_an_end(server: FeedServer, house: House) -> None:
    """Each has its share of the time; and the next time those come first that have not failed."""
    house.poller = replace(house.poller, connections=2, least=0.1)
    sick = [server.put(host=f"a{number}.example", meanwhile=server.over.wait) for number in range(6)]
    healthy = server.put("feed a", host="b.example")
    house.poll(*sick, healthy, within=2.4)
    assert house.keys(healthy) == ["a"]
    assert {house.feeds.state(url).fault for url in sick} == {"no answer within 0.6 s"}
    house.go(HOUR)
    server.asked.clear()
    house.poll(*sick, healthy, within=0.4)
    assert "b.example" in {asked.host for asked in server.asked[:2]}


def test_the_healthy_are_asked_first_and_of_those_who_waited_longest(server: FeedServer, house: House) -> None:
    house.poller = replace(house.poller, connections=1)
    first, second, sick, new = (server.put("feed a", host=f"{host}.example") for host in ("d", "c", "a", "e"))
    server.change(sick, status=500)
    for url in (sick, first, second):
        house.poll(url)
        house.go(timedelta(minutes=1))
    house.go(HOUR)
    server.asked.clear()
    house.poll(sick, second, first, new)
    assert [asked.host[0] for asked in server.asked] == [*"edca"]


def test_feeds_are_parsed_one_at_a_time(server: FeedServer, house: House) -> None:
    """A hostile one takes much memory: eight of them together take no more."""
    inside, most = [0], [0]

    def slowly(data: bytes, url: str, media_type: str, charset: str) -> Parsed:
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.01)
        inside[0] -= 1
        return words(data, url, media_type, charset)

    house.poller = replace(house.poller, parse=slowly)
    assert house.poll(*(server.put("feed a", host=f"{host}.example") for host in "abcdef")) == ()
    assert most == [1]


def test_a_round_with_an_end_does_not_wait_for_another_one(server: FeedServer, house: House) -> None:
    asked, left = threading.Event(), threading.Event()
    slow = server.put(host="slow.example", meanwhile=lambda: asked.set() or server.over.wait())

    def told(_done: int, _total: int) -> None:
        if left.is_set():
            raise KeyboardInterrupt

    def go_round() -> None:
        with contextlib.suppress(KeyboardInterrupt):
            house.poller.poll([slow], told)

    other = threading.Thread(target=go_round)
    other.start()
    assert asked.wait(8)
    (problem,) = house.poll(slow, server.put("feed a"), within=0.3)
    assert problem.what == "2 feeds have not answered within 0.3 s"
    left.set()
    other.join(8)
    assert not other.is_alive()  # who is told can leave although nothing answers
    assert house.feeds.state(slow).failures == 0


def test_two_rounds_at_the_same_time_ask_each_feed_once(server: FeedServer, house: House) -> None:
    urls = [server.put("feed a", host=f"{host}.example") for host in "abc"]
    begun = threading.Event()
    server.change(urls[0], meanwhile=begun.set)
    first = threading.Thread(target=house.poll, args=urls)
    first.start()
    assert begun.wait(8)
    assert house.poll(*urls) == ()
    first.join()
    assert len(server.asked) == 3


def test_who_leaves_in_the_middle_keeps_what_was_recorded_and_asks_for_no_more(
    server: FeedServer, house: House
) -> None:
    urls = [server.put("feed a", f"/{number}") for number in range(3)]
    house.poller = replace(house.poller, pause=60)

    def leave(done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        house.poller.poll(urls, leave)
    assert [house.keys(url) for url in urls] == [["a"], [], []]
    for thread in threading.enumerate():
        if thread.name == "feeds":
            thread.join()
    assert server.paths == ["/0"]


def test_a_bug_is_not_swallowed(server: FeedServer, house: House) -> None:
    house.poller = replace(house.poller, fetcher=None)  # type: ignore[arg-type] # the bug
    with pytest.raises(AttributeError):
        house.poll(server.put("feed a"))


def test_progress_is_told(server: FeedServer, house: House) -> None:
    urls = [server.put("feed a", host=f"{host}.example") for host in "abc"]
    heard: list[tuple[int, int]] = []
    house.poller.poll(urls, lambda done, total: heard.append((done, total)))
    assert [*dict.fromkeys(told for told in heard if told != (0, 3))] == [(1, 3), (2, 3), (3, 3)]
    heard.clear()
    house.poller.poll(urls, lambda done, total: heard.append((done, total)))
    assert heard == []
