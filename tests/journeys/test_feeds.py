"""Feeds as people use them: asked in the week, down on Monday, beside a folder; watched, and looked at without a trace."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from digest.cli.feeds import finding
from tests.journeys.conftest import MONDAY, PostOffice, Site
from tests.journeys.steps import PATIENCE, Time, app_of, body, configure, heard, opened, started, subscribe
from tests.sources.feeds.server import FeedServer, rss, serving

HOST = "127.0.0.1"
WEDNESDAY = "2025-12-03T12:00:00+00:00"
NEW_BRIDGE = ("A new bridge", "Tue, 02 Dec 2025 10:00:00 GMT")
OLD_BRIDGE = ("An old bridge", "Fri, 05 Dec 2025 10:00:00 GMT")


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with serving() as server:
        yield server


def follow(site: Site, *urls: str) -> None:
    """Feeds beside the folder."""
    tables = "".join(f'\n[[sources]]\nfeed = "{url}"\ncategory = "Bridges"\n' for url in urls)
    configure(site, 'files = "content"\n', f'files = "content"\n{tables}\n[feeds]\nallow_private = true\n')


# --- the edition ---------------------------------------------------------------------------------------------------


def test_a_folder_and_feeds_are_one_edition(site: Site, server: FeedServer, post_office: PostOffice) -> None:
    subscribe(site)
    follow(site, server.put(rss(NEW_BRIDGE), host=HOST), server.put(rss(OLD_BRIDGE), "/other", HOST))
    result = site.run("send", "--yes")
    assert result.exit_code == 0, result.output
    text = body(opened(post_office.message_for("first@example.org")), "plain")
    assert all(title in text for title in ("Cranes", "Wages", "A new bridge", "An old bridge"))


def test_what_a_feed_had_on_wednesday_is_in_the_edition_though_it_is_down_on_monday(
    site: Site, server: FeedServer, post_office: PostOffice
) -> None:
    subscribe(site)
    url = server.put(rss(NEW_BRIDGE), host=HOST)
    follow(site, url)
    assert site.run("feeds", "fetch", now=WEDNESDAY).exit_code == 0
    server.change(url, status=500)
    result = site.run("send", "--yes", now=MONDAY)
    assert result.exit_code == 0, result.output
    assert f"{url}: it answers with 500" in result.stderr
    assert "A new bridge" in body(opened(post_office.message_for("first@example.org")), "plain")


def test_what_scrolled_off_a_feed_since_wednesday_is_in_the_edition(site: Site, server: FeedServer) -> None:
    url = server.put(rss(NEW_BRIDGE), host=HOST)
    follow(site, url)
    site.run("feeds", "fetch", now=WEDNESDAY)
    server.change(url, data=rss(OLD_BRIDGE).encode())
    inside = {fact["title"] for fact in site.lines("articles") if fact["in"]}
    assert {"A new bridge", "An old bridge", "Cranes"} <= inside


def test_looking_writes_nothing(site: Site, server: FeedServer) -> None:
    follow(site, server.put(rss(NEW_BRIDGE), host=HOST))

    def run(*words: str, now: str = MONDAY) -> None:
        with started(site.start(*words, now=now)) as process:  # whose end closes what it holds open
            process.communicate()
        assert process.returncode == 0

    def written() -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in site.folder.glob("digest.db*")}

    run("subscribers", "list")  # makes the database
    run("feeds", "fetch", now=WEDNESDAY)
    before = written()
    server.put(rss(NEW_BRIDGE, OLD_BRIDGE), host=HOST)
    run("preview", "--out", str(site.folder / "out"), "--no-screenshots")
    run("articles")
    run("feeds", "list")
    assert len(server.asked) == 3
    assert written() == before
    assert "An old bridge" in next((site.folder / "out").glob("*.txt")).read_text(encoding="utf-8")


# --- digest run ----------------------------------------------------------------------------------------------------


def test_the_clockwork_asks_feeds_by_itself_and_tells_of_the_sick(site: Site, server: FeedServer) -> None:
    well, sick = server.put(rss(NEW_BRIDGE), host=HOST), server.url("/missing?key=secret", HOST)
    follow(site, well, sick)
    with started(site.start("run", now=WEDNESDAY)) as clockwork:
        said = heard(clockwork, "feeds asked")
        clockwork.send_signal(signal.SIGTERM)
        clockwork.communicate()
    assert clockwork.returncode == 0
    told = "\n".join(said)
    assert 'event="feeds asked" feeds=2 sick=1' in told
    assert f'event="feed sick" feed=http://{HOST}:{server.port}/missing what=' in told
    assert "secret" not in told
    server.change(well, status=500)
    assert "A new bridge" in {fact["title"] for fact in site.lines("articles")}


def test_a_feed_that_says_nothing_does_not_hold_up_the_end(site: Site, server: FeedServer) -> None:
    asked = threading.Event()
    url = server.put(host=HOST, meanwhile=lambda: asked.set() or server.over.wait())
    follow(site, url)
    configure(site, "allow_private", 'timeout = "1h"\nallow_private')
    with started(site.start("run", now=WEDNESDAY)) as clockwork:
        assert asked.wait(PATIENCE)
        clockwork.send_signal(signal.SIGTERM)
        clockwork.communicate()
    assert clockwork.returncode == 0


# --- digest feeds --------------------------------------------------------------------------------------------------


def test_fetching_says_what_is_new_and_what_is_wrong(site: Site, server: FeedServer) -> None:
    well, sick = server.put(rss(NEW_BRIDGE, OLD_BRIDGE, title="Quay"), host=HOST), server.url("/missing", HOST)
    follow(site, well, sick)
    result = site.run("feeds", "fetch", now=WEDNESDAY)
    assert result.exit_code == 0, result.output
    assert result.stdout == "Quay: 2 new\n"
    assert f"problem: {sick}: it has never given an answer: it answers with 404 (Not Found)" in result.stderr
    again = site.run("feeds", "fetch", now="2025-12-03T12:30:00+00:00")
    assert (again.exit_code, again.stdout) == (0, "")
    assert "no feed is due" in again.stderr
    assert site.lines("feeds", "fetch", "--all", now="2025-12-03T12:30:00+00:00") == [
        {"url": well, "answered": True, "new": 0, "fault": ""},
        {"url": sick, "answered": False, "new": 0, "fault": "it answers with 404 (Not Found)"},
    ]


def test_fetching_one_feed_asks_no_other(site: Site, server: FeedServer) -> None:
    one, other = server.put(rss(NEW_BRIDGE), host=HOST), server.put(rss(OLD_BRIDGE), "/other", HOST)
    follow(site, one, other)
    for _ in range(2):  # whether it is due or not
        assert [fact["url"] for fact in site.lines("feeds", "fetch", one)] == [one]
    assert server.paths == ["/feed"] * 2


def test_when_no_feed_answers_it_is_to_be_tried_later(site: Site, server: FeedServer) -> None:
    follow(site, server.url("/missing", HOST))
    result = site.run("feeds", "fetch")
    assert result.exit_code == 75
    assert "of 1 feed none has answered" in result.stderr


def test_a_feed_that_is_not_configured_is_refused(site: Site, server: FeedServer) -> None:
    result = site.run("feeds", "fetch", "https://other.example/feed")
    assert result.exit_code == 2
    assert "https://other.example/feed is no feed of digest.toml" in result.stderr


def test_without_feeds_there_is_nothing_to_ask(site: Site) -> None:
    result = site.run("feeds", "fetch")
    assert result.exit_code == 0
    assert "no feeds in digest.toml" in result.stderr
    assert site.lines("feeds", "list") == []


def test_the_list_says_how_each_feed_is_and_what_to_do(site: Site, server: FeedServer) -> None:
    moved = server.put(path="/old", host=HOST, status=301, headers={"Location": "/feed"})
    there = server.put(rss(NEW_BRIDGE, title="Quay"), host=HOST)
    sick, gone = server.url("/missing", HOST), server.put(path="/gone", host=HOST, status=410)
    follow(site, moved, sick, gone)
    assert [fact["asked"] for fact in site.lines("feeds", "list")] == [None] * 3
    assert "never asked" in site.run("feeds", "list").stdout
    site.run("feeds", "fetch", now=WEDNESDAY)
    facts = {fact["url"]: fact for fact in site.lines("feeds", "list")}
    assert (facts[moved]["title"], facts[moved]["entries"]) == ("Quay", 1)
    assert (facts[moved]["moved"], facts[moved]["address"]) == (True, there)
    assert (facts[sick]["failures"], facts[sick]["answered"]) == (1, None)
    assert (facts[gone]["gone"], facts[gone]["due"]) == (True, None)
    text = site.run("feeds", "list").stdout
    assert f"moved for good: write {there} into digest.toml" in text
    assert "sick: it answers with 404 (Not Found) (1 time in a row)" in text
    assert "take it out of digest.toml" in text


def test_a_check_warns_of_sick_feeds_and_asks_none(site: Site, server: FeedServer) -> None:
    well, sick = server.put(rss(NEW_BRIDGE), host=HOST), server.url("/missing", HOST)
    follow(site, well, sick)
    app = app_of(site, Time(MONDAY))
    found = finding(app)
    assert (found.well, found.said, found.hint) == (True, "2 feeds, 2 never asked", "`digest feeds fetch` asks them")
    assert server.asked == []
    app.poll()
    found = finding(app)
    assert (found.mark, found.said) == ("warn", "2 feeds, 1 not well")
    assert found.hint.startswith(f"{sick}: it has never given an answer")
