"""Feeds as people use them: asked in the week, down on Monday, beside a folder; watched, and looked at without a trace."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from digest.app import POLLED_WITHIN
from digest.cli.feeds import finding
from tests.journeys.conftest import MONDAY, PostOffice, Site
from tests.journeys.steps import PATIENCE, Time, app_of, body, configure, heard, opened, started, subscribe
from tests.sources.feeds.server import FeedServer, rss, serving

HOST = "127.0.0.1"
NEXT_MONDAY = "2025-12-15T07:30:00+00:00"
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


def story(title: str, page: str, text: str, date: str, guid: str = "story-1") -> bytes:
    link = f"<link>https://quay.example/{page}</link>" if page else ""
    item = f'<title>{title}</title>{link}<guid isPermaLink="false">{guid}</guid><description>{text}</description>'
    return f'<rss version="2.0"><channel><item>{item}<pubDate>{date}</pubDate></item></channel></rss>'.encode()


@pytest.mark.parametrize(
    "changed",
    [
        (
            "Harbour opens the second quay",
            "second-quay",
            "Boats may land on the other side.",
            "Tue, 09 Dec 2025 10:00:00 GMT",
        ),
        ("A new bridge", "new-bridge", "It has four lanes now.", "Tue, 09 Dec 2025 10:00:00 GMT"),
        ("A new bridge", "new-bridge", "It has four lanes now.", "Tue, 02 Dec 2025 10:00:00 GMT"),
    ],
)
def test_a_story_that_its_feed_changes_is_not_sent_again(
    site: Site, server: FeedServer, changed: tuple[str, str, str, str]
) -> None:
    subscribe(site)
    url = server.put(host=HOST)
    server.change(url, data=story("A new bridge", "new-bridge", "It has two lanes.", NEW_BRIDGE[1]))
    follow(site, url)
    assert site.run("send", "--yes", now=MONDAY).exit_code == 0
    server.change(url, data=story(*changed))
    assert site.run("feeds", "fetch", "--all", now="2025-12-10T07:00:00+00:00").exit_code == 0
    facts = [fact for fact in site.lines("articles", now=NEXT_MONDAY) if fact["title"] == changed[0]]
    assert [fact["in"] for fact in facts] == [False]
    assert "had its turn" in facts[0]["reason"] or "before this period" in facts[0]["reason"]


def test_a_feed_that_is_written_where_it_has_moved_to_sends_nothing_again(site: Site, server: FeedServer) -> None:
    subscribe(site)
    moved = server.put(path="/old", host=HOST, status=301, headers={"Location": "/feed"})
    there = server.put(host=HOST)
    server.change(there, data=story("A new bridge", "", "It has two lanes.", ""))
    follow(site, moved)
    site.run("feeds", "fetch", now=WEDNESDAY)
    assert site.run("send", "--yes", now=MONDAY).exit_code == 0
    configure(site, moved, there)
    facts = []
    for _ in range(2):  # to look at it, and once it was asked
        facts += [fact for fact in site.lines("articles", "--all", now=NEXT_MONDAY) if fact["title"] == "A new bridge"]
        assert site.run("feeds", "fetch", "--all", now=NEXT_MONDAY).exit_code == 0
    assert facts[0] == facts[1]
    assert facts[0]["edition"] == "weekly/2025-W49"
    assert facts[0]["published"].startswith("2025-12-03")
    assert HOST not in facts[0]["key"]
    assert [fact["moved"] for fact in site.lines("feeds", "list")] == [False]


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


@pytest.mark.parametrize("now", [WEDNESDAY, MONDAY])  # while it is asked beside everything else, and for an edition
def test_a_feed_that_says_nothing_does_not_hold_up_the_end(site: Site, server: FeedServer, now: str) -> None:
    subscribe(site)
    asked = threading.Event()
    url = server.put(host=HOST, meanwhile=lambda: asked.set() or server.over.wait())
    follow(site, url)
    configure(site, "allow_private", 'timeout = "1h"\nallow_private')
    with started(site.start("run", now=now)) as clockwork:
        assert asked.wait(PATIENCE)
        begun = time.monotonic()
        clockwork.send_signal(signal.SIGTERM)
        said = heard(clockwork, "stopped")
        clockwork.communicate()
    assert clockwork.returncode == 0
    assert time.monotonic() - begun < POLLED_WITHIN / 2
    assert "published" not in "".join(said)
    assert site.lines("editions", "list") == []


def test_an_edition_is_made_of_what_is_known_where_feeds_say_nothing(
    site: Site, server: FeedServer, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.app.POLLED_WITHIN", 0.5)
    subscribe(site)
    url = server.put(rss(NEW_BRIDGE), host=HOST)
    follow(site, url)
    site.run("feeds", "fetch", now=WEDNESDAY)
    server.change(url, meanwhile=server.over.wait)
    result = site.run("send", "--yes", now=MONDAY)
    assert result.exit_code == 0, result.output
    assert "feeds: 1 feed has not answered within 0.5 s" in result.stderr
    assert "A new bridge" in body(opened(post_office.message_for("first@example.org")), "plain")


def test_what_may_be_a_key_is_shown_nowhere(site: Site, server: FeedServer) -> None:
    sick, moved = server.url("/missing?key=hunter2", HOST), server.url("/old?key=hunter2", HOST)
    server.put(path="/old?key=hunter2", host=HOST, status=301, headers={"Location": "/feed?key=hunter2"})
    server.put(rss(NEW_BRIDGE), "/feed?key=hunter2", HOST)
    follow(site, sick, moved)
    for words in (("feeds", "fetch"), ("feeds", "list"), ("feeds", "list", "--json"), ("articles",), ("check",)):
        assert "hunter2" not in site.run(*words).output
    assert f"write {server.url('/feed', HOST)}?… into" in site.run("feeds", "list").stdout
    assert len(site.lines("feeds", "fetch", server.url("/old", HOST))) == 1


def test_the_check_of_a_feed_alone_says_how_to_ask_it(site: Site, server: FeedServer) -> None:
    url = server.put(rss(NEW_BRIDGE), host=HOST)
    configure(site, 'files = "content"\n', f'feed = "{url}"\nname = "Quay"\n[feeds]\nallow_private = true\n')
    facts = {fact["subject"]: fact for fact in map(json.loads, site.run("check", "--json").stdout.splitlines())}
    assert (facts["articles"]["said"], facts["articles"]["hint"]) == (
        "none in Quay",
        "`digest feeds fetch` asks the feeds",
    )
    assert server.asked == []


def test_a_feed_of_the_house_is_asked_as_soon_as_that_is_allowed(site: Site, server: FeedServer) -> None:
    follow(site, server.put(rss(NEW_BRIDGE, title="Quay"), host=HOST))
    configure(site, "allow_private = true", "allow_private = false")
    assert "feeds.allow_private" in site.run("feeds", "fetch").stderr
    assert "due now" in site.run("feeds", "list").stdout
    assert server.asked == []
    configure(site, "allow_private = false", "allow_private = true")
    assert site.run("feeds", "fetch").stdout == "Quay: 1 new\n"


def test_a_feed_that_is_gone_is_asked_once_more_by_its_address(site: Site, server: FeedServer) -> None:
    url = server.put(host=HOST, status=410)
    follow(site, url)
    site.run("feeds", "fetch")
    server.put(rss(NEW_BRIDGE, title="Quay"), host=HOST)
    assert "no feed is due" in site.run("feeds", "fetch", "--all").stderr
    assert site.run("feeds", "fetch", url).stdout == "Quay: 1 new\n"


def test_a_clock_that_went_wrong_once_silences_no_feed(site: Site, server: FeedServer) -> None:
    follow(site, server.put(rss(NEW_BRIDGE, title="Quay"), host=HOST))
    site.run("feeds", "fetch", now="2030-01-01T00:00:00+00:00")
    site.run("feeds", "fetch")
    assert len(server.asked) == 2


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
    assert "is this machine online?" in result.stderr


def test_when_no_feed_was_asked_for_all_are_private_it_says_what_allows_them(site: Site, server: FeedServer) -> None:
    follow(site, server.put(rss(NEW_BRIDGE), host=HOST), server.put(rss(OLD_BRIDGE), "/other", HOST))
    configure(site, "allow_private = true", "allow_private = false")
    result = site.run("feeds", "fetch")
    assert result.exit_code == 75
    assert "of 2 feeds none has answered" in result.stderr
    assert "  hint: set feeds.allow_private if they are feeds of your own house" in result.stderr
    assert "is this machine online" not in result.stderr


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
    assert "  has never answered, not asked any more; 0 new in the last 30 days" in text


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
