"""What feeds have held: met once, replaced when it changes, forgotten late, and never written by who only looks."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.identity import entry_identity
from digest.model import Entry, FeedState, SeenEntry
from digest.store.database import Database
from digest.store.feeds import Feeds

URL = "https://quay.example/feed"
NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)
DAY = timedelta(days=1)
STATE = FeedState(URL, URL, title="Quay")
NUMBERS = count()

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
    feeds.forget(NOW + 31 * DAY, but=[other])
    assert keys(feeds) == ["a"]
    feeds.record(replace(STATE, url=other, address=other, asked=NOW + 31 * DAY), (), NOW + 31 * DAY)
    Feeds(database, writes=False, keep=30 * DAY).forget(NOW + 31 * DAY, but=[other])
    assert keys(feeds) == ["a"]
    feeds.forget(NOW + 31 * DAY, but=[other])
    assert (keys(feeds), feeds.state(URL)) == ([], FeedState(URL, URL))
    assert feeds.state(other).asked == NOW + 31 * DAY
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


@pytest.mark.parametrize("published", [NOW - DAY, NOW, None])
@pytest.mark.parametrize("later", [NOW - 900 * DAY, NOW - DAY, NOW + DAY, NOW + 900 * DAY, None])
def test_what_changed_of_an_entry_is_replaced_but_not_when_it_was_published(
    feeds: Feeds, published: datetime | None, later: datetime | None
) -> None:
    feeds.record(STATE, [entry("a", published, "Crains")], NOW)
    for day in (1, 2):
        feeds.record(STATE, [replace(entry("a", later, "Cranes"), updated=NOW + day * DAY)], NOW + day * DAY)
    mended = replace(entry("a", published, "Cranes"), updated=NOW + 2 * DAY)
    assert feeds.entries(URL, None, None) == [SeenEntry(mended, NOW, entry_identity(URL, "a", "", alone=True))]
    assert keys(feeds, published or NOW, (published or NOW) + DAY) == ["a"]


def test_a_date_that_lies_ahead_may_come_nearer_until_it_is_there_and_goes_no_further_away(feeds: Feeds) -> None:
    ahead = NOW + 2 * DAY
    for day, said in enumerate([ahead + 900 * DAY, ahead, ahead + DAY, None, ahead - DAY, ahead - DAY]):
        feeds.record(STATE, [entry("a", said), entry("b", NOW + (day + 1) * DAY)], NOW + day * DAY)
    dates = {met.entry.key: met.entry.published for met in feeds.entries(URL, None, None)}
    assert dates == {"a": ahead, "b": NOW + DAY}


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
    feeds, url = Feeds(memory, writes=True), f"{URL}/{next(NUMBERS)}"
    written = Entry(key, title, published=published, categories=tuple(categories))
    feeds.record(FeedState(url, url), [written], NOW)
    assert [met.entry for met in feeds.entries(url, None, None)] == [written]


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    database = Database("sqlite://")
    yield database
    database.close()


# --- forgetting ----------------------------------------------------------------------------------------------------


def test_what_a_feed_no_longer_has_is_forgotten_after_a_while(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    feeds.record(STATE, [entry("a", None), entry("b", None)], NOW)
    feeds.record(STATE, [entry("b", None)], NOW + 20 * DAY)
    feeds.record(STATE, [entry("b", None)], NOW + 31 * DAY)
    assert keys(feeds) == ["a", "b"]
    feeds.record(STATE, [entry("b", None)], NOW + 32 * DAY)  # the answer before shows that it was gone for so long
    assert keys(feeds) == ["b"]


def test_a_clock_that_goes_wrong_once_makes_nothing_be_forgotten(database: Database) -> None:
    feeds = Feeds(database, writes=True, keep=30 * DAY)
    other = FeedState("https://other.example/feed", "https://other.example/feed", asked=NOW)
    feeds.record(other, [entry("o")], NOW)
    feeds.record(replace(STATE, asked=NOW), [entry("a"), entry("b")], NOW)
    for wrong in (NOW + 2000 * DAY, NOW + DAY):
        feeds.forget(wrong, but=[URL])
        feeds.record(replace(STATE, asked=wrong), [entry("b")], wrong)
    assert keys(feeds) == ["a", "b"]
    assert feeds.state(other.url) == other


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
    Feeds(database, writes=True).record(STATE, [entry("a", NOW + 9 * DAY)], NOW)
    looking = Feeds(database, writes=False)
    looking.record(STATE, [entry("a", NOW + 5 * DAY)], NOW)
    assert keys(looking, NOW + 8 * DAY, NOW + 10 * DAY) == []


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
