"""Asking feeds on a real server: what is remembered of an answer, where it moved to, and that no feed waits for another."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import brotli
import pytest

from digest import fetching
from digest.sources.feeds.parsing import Parsed, parse
from tests.sources.feeds.house import DAY, HOUR, START, House, words
from tests.sources.feeds.server import FeedServer

# --- answers -------------------------------------------------------------------------------------------------------


def test_what_a_feed_has_is_remembered(server: FeedServer, house: House) -> None:
    url = server.put("feed b a")
    assert house.poll(url) == ()
    assert house.keys(url) == ["a", "b"]
    state = house.feeds.state(url)
    assert (state.title, state.asked, state.answered, state.due) == ("Words", START, START, START + HOUR)


def test_a_feed_is_asked_when_it_is_due_and_not_before(server: FeedServer, house: House) -> None:
    url = server.put("feed a")
    house.poll(url)
    house.go(HOUR - timedelta(seconds=1))
    house.poll(url)
    assert len(server.asked) == 1
    house.go(timedelta(seconds=1))
    house.poll(url)
    assert len(server.asked) == 2
    house.poll(url, everything=True)
    assert len(server.asked) == 3


def test_a_feed_that_says_how_long_it_stays_new_is_left_alone_for_so_long(server: FeedServer, house: House) -> None:
    url = server.put("feed a", headers={"Cache-Control": "public, max-age=7200"})
    house.poll(url)
    assert house.feeds.state(url).due == START + 2 * HOUR


def test_what_is_known_is_not_sent_again(server: FeedServer, house: House) -> None:
    when = "Mon, 01 Dec 2025 06:00:00 GMT"
    url = server.put("feed a", etag='W/"1"', modified=when)
    for _ in range(2):
        assert house.poll(url, everything=True) == ()
    first, second = (asked.headers for asked in server.asked)
    assert "If-None-Match" not in first
    assert (second["If-None-Match"], second["If-Modified-Since"]) == ('W/"1"', when)
    state = house.feeds.state(url)
    assert (state.etag, state.modified, state.failures) == ('W/"1"', when, 0)
    assert house.keys(url) == ["a"]


def test_a_feed_with_a_date_alone_is_asked_with_that(server: FeedServer, house: House) -> None:
    url = server.put("feed a", modified="Mon, 01 Dec 2025 06:00:00 GMT")
    for _ in range(2):
        house.poll(url, everything=True)
    assert "If-None-Match" not in server.asked[1].headers
    assert house.feeds.state(url).answered == START


def test_a_feed_that_is_known_by_another_etag_from_now_on_is_asked_with_that(server: FeedServer, house: House) -> None:
    url = server.put("feed a", etag='"1"')
    house.poll(url)
    server.change(url, status=304, etag="", headers={"ETag": '"2"'})
    assert house.poll(url, everything=True) == ()
    assert (house.feeds.state(url).etag, house.keys(url)) == ('"2"', ["a"])


def test_a_feed_that_changed_is_read_again_although_it_was_known(server: FeedServer, house: House) -> None:
    url = server.put("feed a", etag='"1"')
    house.poll(url)
    server.change(url, data=b"feed b", etag='"2"')
    house.poll(url, everything=True)
    assert house.keys(url) == ["a", "b"]
    assert house.feeds.state(url).etag == '"2"'


def test_nothing_new_is_no_answer_to_who_knows_nothing(server: FeedServer, house: House) -> None:
    assert house.fault(server.put(status=304)) == "it answers with 304 (Not Modified)"


def test_an_answer_that_does_not_change_for_long_is_no_fault(server: FeedServer, house: House) -> None:
    url = server.put("feed a", etag='"1"')
    for _ in range(60):
        assert house.poll(url) == ()
        house.go(DAY)
    assert house.keys(url) == ["a"]


def bare(data: bytes) -> bytes:
    """Deflated without the wrapping that it should have."""
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP ", gzip.compress),
        ("br", brotli.compress),
        ("deflate", zlib.compress),
        ("deflate", bare),
        ("identity", bytes),
    ],
)
def test_a_feed_may_come_packed(server: FeedServer, house: House, coding: str, pack: Callable[[bytes], bytes]) -> None:
    url = server.put(pack(b"feed a"), headers={"Content-Encoding": coding})
    assert house.poll(url) == ()
    assert house.keys(url) == ["a"]
    assert server.asked[0].headers["Accept-Encoding"] == "gzip, br, deflate"


def test_what_is_wrong_with_a_feed_that_can_be_read_is_known_until_it_is_mended(
    server: FeedServer, house: House
) -> None:
    house.poller = replace(house.poller, parse=parse)
    url = server.put("<rss version='2.0'><channel><title>Quays & Piers</title></channel></rss>", etag='"1"')
    for _ in range(2):  # the second time there is nothing new
        assert house.poll(url, everything=True) == ()
        state = house.feeds.state(url)
        assert (state.failures, state.title) == (0, "Quays & Piers")
        assert "no well-formed XML" in state.fault
    server.put("<rss version='2.0'><channel><title>Quays &amp; Piers</title></channel></rss>")
    house.poll(url, everything=True)
    assert house.feeds.state(url).fault == ""


def test_the_parser_hears_what_the_server_says_of_the_feed(server: FeedServer, house: House) -> None:
    heard = []

    def listen(data: bytes, url: str, media_type: str, charset: str) -> Parsed:
        heard.append((url, media_type, charset))
        return words(data, url, media_type, charset)

    house.poller = replace(house.poller, parse=listen)
    moved = server.put("feed a", "/new", media_type='text/xml; Charset="ISO-8859-1"')
    house.poll(server.put(status=302, headers={"Location": "/new"}))
    assert heard == [(moved, "text/xml", "iso-8859-1")]


# --- redirects -----------------------------------------------------------------------------------------------------


def redirect(server: FeedServer, path: str, status: int, to: str) -> str:
    return server.put(path=path, status=status, headers={"Location": to})


def test_a_feed_that_has_moved_for_good_is_asked_where_it_is(server: FeedServer, house: House) -> None:
    url = redirect(server, "/feed", 301, "/second")
    redirect(server, "/second", 308, "/third")
    third = server.put("feed a", "/third")
    for _ in range(2):
        assert house.poll(url, everything=True) == ()
    assert server.paths == ["/feed", "/second", "/third", "/third"]
    assert house.feeds.state(url).address == third
    assert house.keys(url) == ["a"]


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_feed_that_is_elsewhere_for_now_is_asked_where_it_was(server: FeedServer, house: House, status: int) -> None:
    url = redirect(server, "/feed", status, "/second")
    server.put("feed a", "/second")
    for _ in range(2):
        house.poll(url, everything=True)
    assert server.paths == ["/feed", "/second"] * 2
    assert house.feeds.state(url).address == url


def test_what_follows_a_detour_is_not_remembered(server: FeedServer, house: House) -> None:
    url = redirect(server, "/feed", 301, "/second")
    second = redirect(server, "/second", 302, "/third")
    redirect(server, "/third", 301, "/fourth")
    server.put("feed a", "/fourth")
    house.poll(url)
    assert house.feeds.state(url).address == second


def test_a_move_to_what_is_no_feed_is_not_remembered(server: FeedServer, house: House) -> None:
    url = redirect(server, "/feed", 301, "/login")
    server.put("<h1>Who are you?</h1>", "/login", media_type="text/html")
    assert house.fault(url) == "it is no feed"
    assert house.feeds.state(url).address == url


def test_a_feed_that_moved_back_is_found_again(server: FeedServer, house: House) -> None:
    url = redirect(server, "/feed", 301, "/second")
    second = server.put("feed a", "/second", etag='"1"')
    house.poll(url)
    server.change(second, status=404, etag="")
    server.put("feed b")
    assert len(house.poll(url, everything=True)) == 1
    assert house.poll(url, everything=True) == ()
    assert server.paths == ["/feed", "/second", "/second", "/feed"]
    assert "If-None-Match" not in server.asked[-1].headers
    assert house.keys(url) == ["a", "b"]


def test_redirects_in_a_circle_are_a_fault(server: FeedServer, house: House) -> None:
    redirect(server, "/second", 301, "/feed")
    assert "redirects more than 5 times" in house.fault(redirect(server, "/feed", 301, "/second"))


def test_a_redirect_to_a_private_address_is_refused(
    server: FeedServer, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = fetching.is_public
    monkeypatch.setattr(fetching, "is_public", lambda address: address == "127.0.0.1" or public(address))
    house.limited(allow_private=False)
    for host in ("127.0.0.2", "10.0.0.1", "[::1]", "169.254.169.254"):
        url = redirect(server, f"/{host}", 302, f"http://{host}:{server.port}/secret")
        assert "is a private address" in house.fault(url)
    assert "/secret" not in server.paths


def test_a_feed_at_a_private_address_is_not_asked_until_that_is_allowed(server: FeedServer, house: House) -> None:
    url = server.put("feed a")
    house.limited(allow_private=False)
    assert house.fault(url) == "quay.example is a private address (127.0.0.1)"
    (problem,) = house.poll(url)  # told all the same, and not looked at again before long
    assert "feeds.allow_private" in problem.hint
    assert house.feeds.state(url).failures == 1
    assert server.asked == []
    house.renewed()
    assert house.poll(url) == ()
    assert house.keys(url) == ["a"]


def test_a_redirect_in_the_name_of_a_user_is_not_remembered(server: FeedServer, house: House) -> None:
    url = redirect(server, "/feed", 301, f"http://me:secret@quay.example:{server.port}/second")
    server.put("feed a", "/second")
    assert house.fault(url) == f"it redirects to quay.example:{server.port} in the name of a user"
    assert house.feeds.state(url).address == url


def test_a_problem_names_its_feed_and_no_key(server: FeedServer, house: House) -> None:
    urls = [server.url(f"/{name}?key=secret") for name in "ab"]
    house.poller = replace(house.poller, names={urls[0]: "Quay"})
    named, unnamed = house.poll(*urls)
    assert (named.where, unnamed.where) == ("Quay", server.url("/b"))
