"""What the entries of a feed are known by, whatever it changes of them, of their ids and of its own address."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from digest.identity import canonical_url
from digest.model import Entry, FeedState, SeenEntry
from digest.store import tables
from digest.store.database import Database
from digest.store.feeds import Feeds

URL = "https://quay.example/feed"
NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)
DAY = timedelta(days=1)
STATE = FeedState(URL, URL, title="Quay")


@pytest.fixture(params=["written", "unwritten"])
def feeds(request: pytest.FixtureRequest, database: Database) -> Feeds:
    """Once as kept in the database, once as remembered by a preview: both have to answer alike."""
    return Feeds(database, writes=request.param == "written")


# --- what an entry is known by --------------------------------------------------------------------------------------

PAGE = "https://quay.example/notes"
OLD, NEW = "http://quay.example/feed?key=secret", "https://quay.example/feed/?key=secret"


def known_by(feeds: Feeds, url: str = URL) -> dict[str, str]:
    return {met.entry.key: met.identity for met in feeds.entries(url, None, None)}


def at(key: str, url: str) -> Entry:
    return Entry(key, "A story", url)


def test_an_entry_is_known_by_its_page_whatever_its_feed_changes_of_it(feeds: Feeds) -> None:
    feeds.record(STATE, [at("a", PAGE)], NOW)
    feeds.record(STATE, [at("a", f"{PAGE}/moved")], NOW + DAY)
    assert known_by(feeds) == {"a": "quay.example/notes"}


def test_an_entry_without_a_page_is_known_by_what_tells_no_key_of_its_feed(feeds: Feeds) -> None:
    feeds.record(FeedState(OLD, OLD), [at("a", ""), at("b", "https://quay.example/")], NOW)
    found = known_by(feeds, OLD)
    assert all(re.fullmatch("feed:[0-9a-f]{16}", identity) for identity in found.values())
    assert len({*found.values()}) == 2


def test_entries_that_share_a_page_are_told_apart(feeds: Feeds) -> None:
    feeds.record(STATE, [at("a", f"{PAGE}#1"), at("b", f"{PAGE}#2")], NOW)
    both = known_by(feeds)
    assert len({*both.values()}) == 2
    feeds.record(STATE, [at("a", f"{PAGE}#1")], NOW + DAY)
    feeds.record(STATE, [at("c", f"{PAGE}#3"), at("b", f"{PAGE}#2")], NOW + 2 * DAY)
    assert known_by(feeds).items() > both.items()
    assert len({*known_by(feeds).values()}) == 3


def test_entries_of_one_page_that_come_one_after_another_are_told_apart(feeds: Feeds) -> None:
    for day in range(3):
        feeds.record(STATE, [at(str(day), f"{PAGE}#{day}")], NOW + day * DAY)
    found = known_by(feeds)
    assert found["0"] == "quay.example/notes"
    assert len({*found.values()}) == 3


def test_a_page_that_an_entry_has_left_is_not_the_identity_of_the_next(feeds: Feeds) -> None:
    feeds.record(STATE, [at("a", PAGE)], NOW)
    feeds.record(STATE, [at("a", f"{PAGE}/moved"), at("b", PAGE)], NOW + DAY)
    assert len({*known_by(feeds).values()}) == 2


SAME = [
    replace(at("b", PAGE), title="Another headline", published=NOW),
    replace(at("b", PAGE), published=NOW + DAY, excerpt="What it says."),
    replace(at("b", PAGE.replace("https", "http")), published=None, excerpt="What it says now."),
    replace(at("b", f"{PAGE}/?utm_source=feed"), published=NOW),
]
ANOTHER = [
    replace(at("b", PAGE), title="Another story", published=NOW + DAY, excerpt="What it says."),
    replace(at("b", PAGE), title="Another story", published=None),
    replace(at("b", PAGE), published=NOW + DAY, excerpt="A column of this name."),
    replace(at("b", PAGE), published=NOW + DAY, excerpt="What it says.", image="https://quay.example/2.jpg"),
    replace(at("b", f"{PAGE}#b"), published=NOW),
]


@pytest.mark.parametrize("after", SAME)
def test_the_same_page_under_a_new_id_is_known_as_the_same(feeds: Feeds, after: Entry) -> None:
    before = replace(at("a", PAGE), published=NOW, excerpt="What it says.")
    feeds.record(STATE, [before], NOW)
    feeds.record(STATE, [after], NOW + DAY)
    found = {met.entry.key: met for met in feeds.entries(URL, None, None)}
    assert found["b"] == SeenEntry(replace(after, published=NOW), NOW, "quay.example/notes")
    assert {met.identity for met in found.values()} == {"quay.example/notes"}


@pytest.mark.parametrize("after", ANOTHER)
def test_another_story_on_the_same_page_is_known_by_itself(feeds: Feeds, after: Entry) -> None:
    feeds.record(STATE, [replace(at("a", PAGE), published=NOW, excerpt="What it says.")], NOW)
    feeds.record(STATE, [after], NOW + DAY)
    found = {met.entry.key: met for met in feeds.entries(URL, None, None)}
    assert found["b"].seen == NOW + DAY
    assert found["b"].identity.startswith("quay.example/notes#")


def test_an_entry_whose_id_is_another_at_each_answer_is_kept_once(database: Database) -> None:
    feeds = Feeds(database, writes=True)
    for day in range(5):
        feeds.record(STATE, [replace(at(f"id {day}", PAGE), published=NOW + day * DAY)], NOW + day * DAY)
    (met,) = feeds.entries(URL, None, None)
    assert (met.entry.key, met.seen, met.identity) == ("id 4", NOW, "quay.example/notes")


# --- another address of the same feed -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (FeedState(OLD, OLD), NEW),
        (FeedState("https://old.example/feed", NEW), NEW),
        (FeedState("https://old.example/feed", OLD), NEW),
    ],
)
def test_a_feed_that_is_written_with_its_new_address_is_known_as_the_same(
    feeds: Feeds, database: Database, before: FeedState, after: str
) -> None:
    before = replace(before, title="Quay", etag='"1"', asked=NOW, answered=NOW, due=NOW + DAY)
    Feeds(database, writes=True).record(before, [at("a", ""), at("b", PAGE)], NOW)
    known = known_by(feeds, before.url)
    assert feeds.state(after) == replace(before, url=after, address=after, due=None)
    assert known_by(feeds, after) == known
    feeds.record(replace(feeds.state(after), asked=NOW + DAY), [at("a", ""), at("c", "")], NOW + DAY)
    assert known_by(feeds, after).items() > known.items()
    assert {met.entry.key: met.seen for met in feeds.entries(after, None, None)} == {
        "a": NOW,
        "b": NOW,
        "c": NOW + DAY,
    }


def test_a_feed_that_was_gone_or_sick_under_its_old_address_is_asked_under_the_new(
    feeds: Feeds, database: Database
) -> None:
    sick = FeedState(OLD, OLD, due=NOW + DAY, failures=3, fault="404", gone=True)
    Feeds(database, writes=True).record(sick, [at("a", "")], NOW)
    assert feeds.state(NEW) == FeedState(NEW, NEW)
    assert len(known_by(feeds, NEW)) == 1


def test_a_feed_that_has_a_state_of_its_own_takes_over_none(feeds: Feeds) -> None:
    moved = FeedState("https://old.example/feed", NEW)
    feeds.record(FeedState(NEW, NEW), [at("b", "")], NOW)
    feeds.record(moved, [at("a", "")], NOW)
    assert [*known_by(feeds, NEW)] == ["b"]
    assert [*known_by(feeds, moved.url)] == ["a"]


def test_a_feed_of_the_same_host_takes_over_none_but_its_own(database: Database) -> None:
    feeds = Feeds(database, writes=True)
    for path in ("feed", "feed/", "feed.xml", "Feed", "f_ed", "feed?a=1", "feed/more"):
        url = f"https://www.quay.example:443/{path}"
        feeds.record(FeedState(url, url, title=path, asked=NOW), (), NOW)
    titles = {
        path: feeds.state(f"http://QUAY.example/{path}").title for path in ("feed.xml", "f_ed", "f%ed", "feed?a=1")
    }
    assert titles == {"feed.xml": "feed.xml", "f_ed": "f_ed", "f%ed": "", "feed?a=1": "feed?a=1"}


def test_a_new_feed_is_not_compared_with_all_the_others(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    monkeypatch.setattr("digest.store.feeds.canonical_url", lambda url: compared.append(url) or canonical_url(url))
    feeds = Feeds(database, writes=True)
    for number in range(200):
        url = f"https://quay{number:03}.example/feed"
        feeds.record(feeds.state(url), (), NOW)
    assert len(compared) < 200 * 5


def test_what_is_taken_over_is_no_longer_under_the_old_address(database: Database) -> None:
    feeds = Feeds(database, writes=True)
    feeds.record(FeedState("https://old.example/feed", NEW, title="Quay"), [at("a", "")], NOW)
    feeds.record(feeds.state(NEW), (), NOW)
    with database.read() as connection:
        assert connection.scalars(select(tables.feeds.c.url)).all() == [NEW]
        assert connection.scalars(select(tables.entries.c.feed)).all() == [NEW]
