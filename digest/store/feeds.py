"""What feeds have held, and when each of them is to be asked again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, delete, func, or_, select, true
from sqlalchemy.dialects.sqlite import insert

from digest.model import Entry, FeedState, SeenEntry
from digest.store.database import Database
from digest.store.tables import entries, feeds

KEPT = timedelta(days=1000)
_KEYS_AT_ONCE = 500  # in a query: SQLite has a bound on them
_INSTANTS = ("published", "updated")


class Feeds:
    """Kept in the database; without ``writes`` what is new is remembered for as long as this lives, and not kept.

    An entry that its feed has not had for as long as ``keep`` is forgotten.
    """

    def __init__(self, database: Database, *, writes: bool, keep: timedelta = KEPT) -> None:
        self._database = database
        self._writes = writes
        self._keep = keep
        self._unwritten_states: dict[str, FeedState] = {}
        self._unwritten: dict[str, dict[str, SeenEntry]] = {}  # feed -> its entries by their keys

    def state(self, url: str) -> FeedState:
        """Of a feed that was never asked: a state with its url alone."""
        if unwritten := self._unwritten_states.get(url):
            return unwritten
        with self._database.read() as connection:
            row = connection.execute(select(feeds).where(feeds.c.url == url)).mappings().one_or_none()
        return FeedState(**row) if row else FeedState(url, url)

    def entries(self, url: str, since: datetime | None, until: datetime | None) -> Sequence[SeenEntry]:
        """Those published or first met in ``[since, until)``, in the order of their dates."""
        dated = or_(_within(entries.c.published, since, until), _within(entries.c.seen, since, until))
        query = select(entries.c.key, entries.c.content, entries.c.seen).where(entries.c.feed == url, dated)
        with self._database.read() as connection:
            found = {row.key: SeenEntry(_entry(row.content), row.seen) for row in connection.execute(query)}
        for key, met in self._unwritten.get(url, {}).items():
            found.pop(key, None)
            if any(_is_within(instant, since, until) for instant in (met.entry.published, met.seen)):
                found[key] = met
        return sorted(found.values(), key=lambda met: (met.entry.published or met.seen, met.entry.key))

    def record(self, state: FeedState, entries: Sequence[Entry], now: datetime) -> None:
        """What an answer held; what was known of an entry but its date of first meeting is replaced."""
        found = {entry.key: entry for entry in reversed(entries)}  # of two with one key, the upper one
        if not self._writes:
            self._remember(state, found, now)
            return
        with self._database.write() as connection:
            _write_state(connection, state)
            if found:
                _forget(connection, state.url, now - self._keep)
                _write(connection, state.url, found.values(), now)

    def _remember(self, state: FeedState, found: Mapping[str, Entry], now: datetime) -> None:
        unwritten = self._unwritten.get(state.url, {})
        with self._database.read() as connection:
            met = _met(connection, state.url, [key for key in found if key not in unwritten])
        met |= {key: known.seen for key, known in unwritten.items()}
        fresh = {key: SeenEntry(entry, met.get(key, now)) for key, entry in found.items()}
        self._unwritten[state.url] = unwritten | fresh
        self._unwritten_states[state.url] = state


def _write_state(connection: Connection, state: FeedState) -> None:
    kept = insert(feeds).values(asdict(state))
    others = {column.name: column for column in kept.excluded if column.name != feeds.c.url.name}
    connection.execute(kept.on_conflict_do_update(index_elements=[feeds.c.url], set_=others))


def _write(connection: Connection, feed: str, found: Iterable[Entry], now: datetime) -> None:
    kept = insert(entries)
    renewed = {name: kept.excluded[name] for name in ("kept", "published", "content")}
    connection.execute(
        kept.on_conflict_do_update(index_elements=[entries.c.feed, entries.c.key], set_=renewed),
        [
            {
                "feed": feed,
                "key": entry.key,
                "seen": now,
                "kept": now,
                "published": entry.published,
                "content": _content(entry),
            }
            for entry in found
        ],
    )


def _forget(connection: Connection, feed: str, before: datetime) -> None:
    """Never what the last answer held, however long ago that was: the feed may have stood still since."""
    last = select(func.max(entries.c.kept)).where(entries.c.feed == feed).scalar_subquery()
    old = and_(entries.c.feed == feed, entries.c.kept < before, entries.c.kept < last)
    connection.execute(delete(entries).where(old))


def _met(connection: Connection, feed: str, keys: Sequence[str]) -> dict[str, datetime]:
    """When each of these entries was first met, of those that were."""
    met: dict[str, datetime] = {}
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        some = entries.c.key.in_(keys[start : start + _KEYS_AT_ONCE])
        query = select(entries.c.key, entries.c.seen).where(entries.c.feed == feed, some)
        met |= {row.key: row.seen for row in connection.execute(query)}
    return met


def _content(entry: Entry) -> dict[str, Any]:
    fields = asdict(entry)
    return fields | {name: fields[name].isoformat() for name in _INSTANTS if fields[name]}


def _entry(content: dict[str, Any]) -> Entry:
    instants = {name: datetime.fromisoformat(content[name]) for name in _INSTANTS if content[name]}
    return Entry(**(content | instants | {"categories": tuple(content["categories"])}))


def _within(column: Column[datetime], since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    return and_(
        column.is_not(None), true() if since is None else column >= since, true() if until is None else column < until
    )


def _is_within(instant: datetime | None, since: datetime | None, until: datetime | None) -> bool:
    return instant is not None and (since is None or instant >= since) and (until is None or instant < until)
