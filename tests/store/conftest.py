"""A database in a real file, with people on the list and editions frozen in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.model import Article, Edition, EditionRecord, Period, Rendition, Section, Selection, Sender, Subscriber
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.senders import SenderLock
from digest.store.subscribers import Subscribers
from tests.postgres import cloned, empty

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
SENDER = Sender("Example Weekly", "weekly@example.org", "weekly.example.org", "leave@example.org")

Freeze = Callable[..., EditionRecord | None]
Enlist = Callable[..., None]


on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database of each kind: what is promised here holds for both. The two marks are for what is about one alone."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/digest.db"
        return
    with cloned(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database of each kind that nobody has opened yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new.db"
        return
    with empty(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


@pytest.fixture
def editions(database: Database) -> Editions:
    return Editions(database)


@pytest.fixture
def deliveries(database: Database) -> Deliveries:
    return Deliveries(database)


@pytest.fixture
def enlist(database: Database) -> Enlist:
    """Puts people on the list; those without an address of their own are readers of example.org."""

    def enlist(*people: Subscriber) -> None:
        with Subscribers(database).changing() as changes:
            changes.write([(person.address.casefold(), person) for person in people])

    return enlist


@pytest.fixture
def edition() -> Callable[..., Edition]:
    """An edition with a section for each category, one article in each."""

    def edition(number: int = 1, *categories: str, digest: str = "weekly") -> Edition:
        start = NOW + timedelta(weeks=number - 2)
        return Edition(
            digest=digest,
            number=number,
            title="Example Weekly",
            period=Period(start, start + timedelta(weeks=1), f"2025-W{39 + number}"),
            sections=tuple(
                Section(key, key.title(), (Article(f"example.net/{key}/{number}", key, NOW, path=f"{key}{number}.md"),))
                for key in categories or ("work",)
            ),
        )

    return edition


@pytest.fixture
def freeze(editions: Editions) -> Freeze:
    """Freezes an edition with a plain rendition for each selection, "" being the whole."""

    def freeze(edition: Edition, *selections: str, editions: Editions = editions) -> EditionRecord | None:
        return editions.freeze(
            edition,
            [rendition(selection) for selection in selections or ("",)],
            considered=[(article, True) for article in edition.articles],
            sender=SENDER,
            message_key="key",
            now=NOW,
        )

    return freeze


def dead(sender: SenderLock, ids: Collection[int]) -> frozenset[int]:
    """Those of these that have ended, as this one finds."""
    with sender._database.write(alone=False) as connection:
        return sender.absent(connection, ids).dead


def soon(found: Callable[[], object], wanted: object) -> None:
    """A server that has to notice something is given the time for it."""
    last = time.monotonic() + 20
    while (is_so := found()) != wanted:
        assert time.monotonic() < last, is_so


def rendition(selection: str) -> Rendition:
    return Rendition(Selection.parse(selection), f"Subject {selection}", "", f"<p>{selection}</p>", selection)
