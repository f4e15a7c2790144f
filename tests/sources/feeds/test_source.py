"""A feed's entries as articles: when, where, of which category, and under which key."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.model import Article, Dated, Entry, Fault, FeedState, Image, Period, Problem, SeenEntry
from digest.sources.feeds.source import Feed
from digest.store.database import Database
from digest.store.feeds import Feeds

URL = "https://quay.example.org/feed.xml"
MONDAY = datetime(2025, 12, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WEEK = Period(MONDAY, MONDAY + 7 * DAY, "2025-W49")
ENTRY = Entry("1", "A crane", "https://quay.example.org/crane?utm_source=rss", MONDAY + DAY)


@dataclass
class Remembered:
    """Entries that were all first met on Tuesday, and what was asked for."""

    held: Sequence[Entry]
    asked: list[tuple[datetime | None, datetime | None]] = field(default_factory=list)

    def state(self, url: str) -> FeedState:
        return FeedState(url, url)

    def entries(self, url: str, since: datetime | None, until: datetime | None) -> Sequence[SeenEntry]:
        self.asked.append((since, until))
        return [SeenEntry(entry, MONDAY + DAY, f"known by {entry.key}") for entry in self.held]

    def record(self, state: FeedState, entries: Sequence[Entry], now: datetime) -> None:
        raise AssertionError("a source remembers nothing")


def results(*entries: Entry, **settings: Any) -> list[Article | Problem]:
    return list(Feed(URL, Remembered(entries), "Quay", **settings).read(WEEK, lambda _done, _total: None))


def article(entry: Entry = ENTRY, **settings: Any) -> Article:
    (only,) = results(entry, **settings)
    assert isinstance(only, Article)
    return only


def like(**fields: Any) -> Entry:
    return Entry(**({"key": "1", "title": "A crane", "url": "https://quay.example.org/crane"} | fields))


def test_an_entry_is_an_article_of_its_source():
    entry = like(
        published=MONDAY,
        excerpt="It lifts.",
        author="Ann Example",
        image="https://quay.example.org/c.png",
        width=600,
        minutes=3,
    )
    assert article(entry) == Article(
        key="known by 1",
        title="A crane",
        published=MONDAY,
        url="https://quay.example.org/crane",
        source="https://quay.example.org/crane",
        excerpt="It lifts.",
        author="Ann Example",
        image=Image("https://quay.example.org/c.png", width=600),
        minutes=3,
        dated=Dated.FEED,
        seen=MONDAY + DAY,
        origin="Quay",
    )


def test_the_key_is_what_the_entry_has_been_known_by_since_it_was_first_met():
    assert article().key == article(like(url="https://quay.example.org/elsewhere", title="Another")).key == "known by 1"


def test_an_entry_without_a_date_is_of_the_day_on_which_it_was_first_met():
    undated = article(like())
    assert (undated.published, undated.dated, undated.seen) == (MONDAY + DAY, Dated.SEEN, MONDAY + DAY)


def test_the_source_is_the_page_itself_unless_the_feed_names_another():
    assert article().source == article().url
    assert article(like(source="https://harbour.example.com/a")).source == "https://harbour.example.com/a"


def test_the_category_is_the_feed_s_or_the_first_of_the_entry():
    tagged = like(categories=("Machines", "Cranes", "Harbour"))
    assert (article(tagged).category, article(tagged).tags) == ("Machines", ("Cranes", "Harbour"))
    of_feed = article(tagged, category="cranes")
    assert (of_feed.category, of_feed.tags) == ("cranes", ("Machines", "Harbour"))


def test_the_language_is_the_entry_s_or_that_of_the_feed():
    assert article(like(language="fr"), language="de").language == "fr"
    assert article(language="de").language == "de"


def test_what_has_no_title_is_left_out_and_told_once():
    found = results(like(), *(like(key=str(number), title="") for number in range(2_000)))
    assert [type(one) for one in found] == [Article, Problem]
    assert str(found[1]) == "Quay: 2,000 entries have no title (left out)"
    assert isinstance(found[1], Problem)
    assert found[1].fault is Fault.FEED


def test_what_has_no_link_is_shown_and_told_once():
    found = results(like(url=""))
    assert isinstance(found[0], Article)
    assert str(found[1]) == "Quay: 1 entry has no link (shown without one)"


def test_only_what_is_wanted_is_asked_for():
    remembered = Remembered(())
    for window in (WEEK, None):
        assert list(Feed(URL, remembered, "Quay").read(window, lambda _done, _total: None)) == []
    assert remembered.asked == [(WEEK.start, WEEK.end), (None, None)]


def test_what_was_recorded_in_the_database_is_read_from_there():
    database = Database("sqlite://")
    feeds = Feeds(database, writes=True)
    old = like(key="2", published=MONDAY - 90 * DAY)
    feeds.record(FeedState(URL, URL), [ENTRY, old], MONDAY + 30 * DAY)
    told: list[tuple[int, int]] = []
    found = list(Feed(URL, feeds, "Quay").read(WEEK, lambda done, total: told.append((done, total))))
    assert [one.title for one in found if isinstance(one, Article)] == ["A crane"]
    assert told == [(1, 1)]
    database.close()
