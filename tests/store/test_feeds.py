"""What feeds have held: met once, replaced when it changes, forgotten late, and never written by who only looks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from digest.identity import entry_identity
from digest.model import Entry, FeedState, SeenEntry
from digest.store import tables
from digest.store.database import Database
from digest.store.feeds import Feeds

URL = "https://quay.example/feed"
NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)
DAY = timedelta(days=1)
STATE = FeedState(URL, URL, title="Quay")

everything = Entry(
    key="tag:quay.example,2025:1",
    title="Cranes",
    url="https://quay.example/cranes",
    published=NOW - 3 * DAY,
    updated=NOW - 2 * DAY,
    excerpt="All about cranes.",
    author="The harbour",
    categories=("Work", "Harbour"),
    image="https://quay.example/cranes.jpg",
    width=640,
    height=320,
    source="https://elsewhere.example/",
    language="en",
    minutes=3,
)


def entry(key: str, published: datetime | None = NOW - DAY, title: str = "A story") -> Entry:
    return Entry(key, title, published=published)


def keys(feeds: Feeds, since: datetime | None = None, until: datetime | None = None) -> list[str]:
    return [met.entry.key for met in feeds.entries(URL, since, until)]


@pytest.fixture(params=["written", "unwritten"])
def feeds(request: pytest.FixtureRequest, database: Database) -> Feeds:
    """Once as kept in the database, once as remembered by a preview: both have to answer alike."""
    return Feeds(database, writes=request.param == "written", keep=30 * DAY)


# --- feeds that are configured no longer ------------------------------------------------------------------------------


def test_a_feed_that_nobody_asks_any_more_is_forgotten_in_the_end(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    other = "https://other.example/feed"
    for url in (URL, other):
        feeds.record(replace(STATE, url=url, address=url, asked=NOW), [entry("a")], NOW)
    feeds.forget(NOW + 30 * DAY, but=[other])
    assert keys(feeds) == ["a"]
    Feeds(database, writes=False, keep=30 * DAY).forget(NOW + 31 * DAY, but=[other])
    assert keys(feeds) == ["a"]
    feeds.forget(NOW + 31 * DAY, but=[other])
    assert (keys(feeds), feeds.state(URL)) == ([], FeedState(URL, URL))
    assert feeds.state(other).asked == NOW
    assert len(feeds.entries(other, None, None)) == 1


# --- states --------------------------------------------------------------------------------------------------------


def test_a_feed_that_was_never_asked_has_a_state_with_its_url_alone(feeds: Feeds) -> None:
    assert feeds.state(URL) == FeedState(URL, URL)


def test_a_state_is_kept_whole_and_replaced_by_the_next(feeds: Feeds) -> None:
    whole = FeedState(
        URL, f"{URL}.xml", "Quay", '"etag"', "Mon, 08 Dec 2025 07:00:00 GMT",
        asked=NOW, answered=NOW - DAY, due=NOW + DAY, not_before=NOW + DAY, failures=3, fault="404", gone=True,
    )  # fmt: skip
    feeds.record(whole, (), NOW)
    assert feeds.state(URL) == whole
    feeds.record(STATE, (), NOW)
    assert feeds.state(URL) == STATE
    assert feeds.state("https://other.example/") == FeedState("https://other.example/", "https://other.example/")


# --- entries -------------------------------------------------------------------------------------------------------


def test_an_entry_is_kept_whole(feeds: Feeds) -> None:
    feeds.record(STATE, [everything], NOW)
    assert feeds.entries(URL, None, None) == [SeenEntry(everything, NOW, "quay.example/cranes")]


def test_an_entry_is_met_once_however_often_its_feed_has_it(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("a", None)], NOW)
    feeds.record(STATE, [entry("a", None), entry("b", None)], NOW + DAY)
    assert {met.entry.key: met.seen for met in feeds.entries(URL, None, None)} == {"a": NOW, "b": NOW + DAY}


def test_what_changed_of_an_entry_is_replaced_its_date_too(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("a", NOW - DAY, "Crains")], NOW)
    mended = entry("a", NOW - 2 * DAY, "Cranes")
    feeds.record(STATE, [mended], NOW + DAY)
    assert feeds.entries(URL, None, None) == [SeenEntry(mended, NOW, entry_identity(URL, "a", "", alone=True))]
    assert keys(feeds, NOW - 2 * DAY, NOW - DAY) == ["a"]


def test_an_entry_that_has_scrolled_off_its_feed_is_still_there(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("a")], NOW)
    feeds.record(STATE, [entry("b")], NOW + DAY)
    assert sorted(keys(feeds)) == ["a", "b"]


def test_of_two_entries_with_one_key_the_upper_one_counts(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("a", title="new"), entry("a", title="old")], NOW)
    assert [met.entry.title for met in feeds.entries(URL, None, None)] == ["new"]


def test_a_window_holds_what_was_published_or_first_met_in_it(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("old", NOW - 9 * DAY), entry("new", NOW - DAY), entry("undated", None)], NOW)
    feeds.record(STATE, [entry("late", NOW - 9 * DAY), entry("coming", NOW + 5 * DAY)], NOW + 3 * DAY)
    assert keys(feeds, NOW - DAY, NOW) == ["new"]
    assert sorted(keys(feeds, NOW, NOW + DAY)) == ["new", "old", "undated"]
    assert sorted(keys(feeds, NOW - 9 * DAY, NOW - 8 * DAY)) == ["late", "old"]
    assert sorted(keys(feeds, NOW + 3 * DAY, None)) == ["coming", "late"]
    assert sorted(keys(feeds, None, NOW - 8 * DAY)) == ["late", "old"]


def test_a_date_in_the_future_is_kept_as_it_says(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("coming", NOW + 5 * DAY)], NOW)
    assert [met.entry.published for met in feeds.entries(URL, None, None)] == [NOW + 5 * DAY]


def test_entries_come_in_the_order_of_their_dates(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("c", NOW + DAY), entry("b", None), entry("a", NOW - DAY)], NOW)
    assert keys(feeds) == ["a", "b", "c"]


def test_feeds_have_nothing_in_common(feeds: Feeds) -> None:
    feeds.record(STATE, [entry("a")], NOW)
    feeds.record(FeedState("https://b.example/", "https://b.example/"), [entry("a", title="Another")], NOW)
    assert [met.entry.title for met in feeds.entries(URL, None, None)] == ["A story"]


def test_a_feed_of_many_thousand_entries_is_recorded(feeds: Feeds) -> None:
    many = [entry(str(number)) for number in range(5_000)]
    feeds.record(STATE, many, NOW)
    feeds.record(STATE, many, NOW + DAY)
    assert {met.seen for met in feeds.entries(URL, None, None)} == {NOW}


@given(st.text(), st.text(), st.lists(st.text()), st.datetimes(timezones=st.just(UTC)))
def test_any_text_comes_back_as_it_was(
    memory: Database, key: str, title: str, categories: list[str], published: datetime
) -> None:
    feeds = Feeds(memory, writes=True)
    written = Entry(key, title, published=published, categories=tuple(categories))
    feeds.record(STATE, [written], NOW)
    assert written in [met.entry for met in feeds.entries(URL, None, None)]


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    database = Database("sqlite://")
    yield database
    database.close()


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


def test_the_same_page_under_a_new_id_is_known_as_the_same(feeds: Feeds) -> None:
    feeds.record(STATE, [at("a", PAGE)], NOW)
    feeds.record(STATE, [at("https://quay.example/?p=1", PAGE)], NOW + DAY)
    assert {*known_by(feeds).values()} == {"quay.example/notes"}


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


def test_what_is_taken_over_is_no_longer_under_the_old_address(database: Database) -> None:
    feeds = Feeds(database, writes=True)
    feeds.record(FeedState("https://old.example/feed", NEW, title="Quay"), [at("a", "")], NOW)
    feeds.record(feeds.state(NEW), (), NOW)
    with database.read() as connection:
        assert connection.scalars(select(tables.feeds.c.url)).all() == [NEW]
        assert connection.scalars(select(tables.entries.c.feed)).all() == [NEW]


# --- forgetting ----------------------------------------------------------------------------------------------------


def test_what_a_feed_no_longer_has_is_forgotten_after_a_while(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    feeds.record(STATE, [entry("a", None), entry("b", None)], NOW)
    feeds.record(STATE, [entry("b", None)], NOW + 20 * DAY)
    assert keys(feeds) == ["a", "b"]
    feeds.record(STATE, [entry("b", None)], NOW + 31 * DAY)
    assert keys(feeds) == ["b"]


def test_what_a_feed_has_had_all_the_time_is_never_new_again(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    feeds.record(STATE, [entry("a", None), entry("b", None)], NOW)
    for day in range(0, 90, 10):  # it says that nothing is new
        feeds.record(replace(STATE, answered=NOW + day * DAY), (), NOW + day * DAY)
    feeds.record(STATE, [entry("a", None), entry("c", None)], NOW + 90 * DAY)
    assert {met.entry.key: met.seen for met in feeds.entries(URL, None, None)} == {
        "a": NOW,
        "b": NOW,
        "c": NOW + 90 * DAY,
    }


def test_a_feed_that_stands_still_keeps_what_it_has(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    feeds.record(STATE, [entry("a")], NOW)
    feeds.record(STATE, (), NOW + 90 * DAY)
    assert keys(feeds) == ["a"]


# --- who writes ----------------------------------------------------------------------------------------------------


def test_who_only_looks_knows_what_was_written_and_adds_to_it_for_itself(database: Database) -> None:
    Feeds(database, writes=True).record(STATE, [entry("a", None), entry("b", None)], NOW)
    looking = Feeds(database, writes=False)
    looking.record(replace(STATE, title="Quays"), [entry("b", None, "Mended"), entry("c", None)], NOW + DAY)
    assert [(met.entry.key, met.entry.title, met.seen) for met in looking.entries(URL, None, None)] == [
        ("a", "A story", NOW),
        ("b", "Mended", NOW),
        ("c", "A story", NOW + DAY),
    ]
    assert keys(looking, NOW + DAY, None) == ["c"]
    assert looking.state(URL).title == "Quays"
    assert keys(Feeds(database, writes=False)) == ["a", "b"]
    assert Feeds(database, writes=False).state(URL).title == "Quay"


def test_an_entry_that_moved_out_of_a_window_is_not_in_it_any_more_for_who_only_looks(database: Database) -> None:
    Feeds(database, writes=True).record(STATE, [entry("a", NOW - 9 * DAY)], NOW)
    looking = Feeds(database, writes=False)
    looking.record(STATE, [entry("a", NOW - 5 * DAY)], NOW)
    assert keys(looking, NOW - 10 * DAY, NOW - 8 * DAY) == []


def test_looking_leaves_every_byte_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    written = Database(f"sqlite:///{path}")
    Feeds(written, writes=True).record(STATE, [entry("a")], NOW)
    written.flush()
    before = path.read_bytes()
    Feeds(written, writes=False).record(STATE, [entry("b")], NOW)
    written.flush()
    written.close()
    assert path.read_bytes() == before


def test_processes_that_record_the_same_feed_meet_each_entry_once(database: Database, url: str) -> None:
    other = Database(url)
    both = [Feeds(database, writes=True), Feeds(other, writes=True)]

    def record(number: int) -> None:
        both[number % 2].record(STATE, [entry(str(key)) for key in range(number, number + 5)], NOW + number * DAY)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(record, range(20)))
    other.close()
    assert sorted(map(int, keys(both[0]))) == list(range(24))
