"""What feeds have held, and when each of them is to be asked again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urldefrag

from sqlalchemy import Column, ColumnElement, Connection, RowMapping, and_, delete, func, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert  # SQLite's ON CONFLICT is PostgreSQL's, and is compiled from it

from digest.identity import canonical_url, entry_identity, page_of
from digest.model import Entry, FeedState, SeenEntry
from digest.store.database import Database
from digest.store.tables import entries, feeds

KEPT = timedelta(days=1000)
_KEYS_AT_ONCE = 500  # in a query: SQLite has a bound on them
_INSTANTS = ("published", "updated")


class Feeds:
    """Kept in the database; without ``writes`` what is new is remembered for as long as this lives, and not kept.

    An entry that its feed has not had for as long as ``keep`` is forgotten. A feed that is new here takes over what is
    known of one that had the same address with http or https, or that has moved to its address.
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
            return _state(connection, url)

    def entries(self, url: str, since: datetime | None, until: datetime | None) -> Sequence[SeenEntry]:
        """Those published or first met in ``[since, until)``, in the order of their dates."""
        dated = or_(_within(entries.c.published, since, until), _within(entries.c.seen, since, until))
        with self._database.read() as connection:
            found = _met(connection, _place(connection, url), dated)
        for key, met in self._unwritten.get(url, {}).items():
            found.pop(key, None)
            if any(_is_within(instant, since, until) for instant in (met.entry.published, met.seen)):
                found[key] = met
        return sorted(found.values(), key=lambda met: (met.entry.published or met.seen, met.entry.key))

    def record(self, state: FeedState, entries: Sequence[Entry], now: datetime) -> None:
        """What an answer held; what was known of an entry is replaced, but for its dates and its identity."""
        found = {entry.key: entry for entry in reversed(entries)}  # of two with one key, the upper one
        if not self._writes:
            self._remember(state, found, now)
            return
        with self._database.write() as connection:
            _take_over(connection, state.url)
            _write_state(connection, state)
            if found:
                _forget(connection, state.url, now, self._keep)
                known = _known(connection, state.url, found)
                met = _meet(state.url, found, known, now)
                _write(connection, state.url, met, now)
                _make_room(connection, state.url, known, met)

    def forget(self, now: datetime, *, but: Collection[str]) -> None:
        """Forgets the feeds that nobody has asked for as long as ``keep``, with what they held, ``but`` these.

        Time passes only while any feed is asked, so that a clock that goes wrong once does no harm.
        """
        with self._database.read() as connection:
            last = connection.scalar(select(func.max(feeds.c.asked))) or now
            before = min(now, last) - self._keep
            asked = connection.scalars(select(feeds.c.url).where(feeds.c.asked < before)).all()
        left = sorted({*asked} - {*but})
        if not left or not self._writes:
            return
        with self._database.write() as connection:
            for url in left:
                connection.execute(delete(entries).where(entries.c.feed == url))
                connection.execute(delete(feeds).where(feeds.c.url == url))

    def _remember(self, state: FeedState, found: Mapping[str, Entry], now: datetime) -> None:
        unwritten = self._unwritten.get(state.url, {})
        with self._database.read() as connection:
            known = _known(connection, _place(connection, state.url), found) | unwritten
        fresh = {met.entry.key: met for met in _meet(state.url, found, known, now)}
        self._unwritten[state.url] = unwritten | fresh
        self._unwritten_states[state.url] = state


def _meet(feed: str, found: Mapping[str, Entry], known: Mapping[str, SeenEntry], now: datetime) -> list[SeenEntry]:
    """What was found, with when it was first met, how it was dated then, and what it has been known by since.

    A page is the identity of one entry. Another one is given it only in place of one that the feed no longer has, and
    that tells the same: this is the same story under a new id.
    """
    owners = {met.identity: met for met in known.values()}
    sharing = Counter(page_of(entry.url) for entry in found.values())

    def meet(key: str, entry: Entry) -> SeenEntry:
        page = page_of(entry.url)
        owner, alone = owners.get(page), sharing[page] == 1
        met = known.get(key)
        if met is None and owner and alone and owner.entry.key not in found and _is_same(owner.entry, entry):
            met = owner
        if met:
            return SeenEntry(replace(entry, published=_dated(met.entry, entry, now)), met.seen, met.identity)
        return SeenEntry(entry, now, entry_identity(feed, key, entry.url, alone=alone and owner is None))

    return [meet(key, entry) for key, entry in found.items()]


def _dated(known: Entry, entry: Entry, now: datetime) -> datetime | None:
    """As it was when it was first met: some feeds date all they have anew with each answer, or with each change.

    Only a date that lies ahead may come nearer, for it may have been a slip.
    """
    if known.published and entry.published and known.published > now:
        return min(known.published, entry.published)
    return known.published


def _is_same(known: Entry, entry: Entry) -> bool:
    """Whether an entry with another id is the same story on the same page.

    Its date says so; without that its title does, unless it has both a date and a text of its own: a column has one
    title, and its feed may have one page.
    """
    if _place_on_web(known) != _place_on_web(entry):
        return False
    if known.published and entry.published:
        told = (known.title, known.excerpt, known.image) == (entry.title, entry.excerpt, entry.image)
        return known.published == entry.published or told
    return known.title == entry.title


def _place_on_web(entry: Entry) -> tuple[str, str]:
    return page_of(entry.url), urldefrag(entry.url).fragment


def _row(connection: Connection, url: str) -> RowMapping | None:
    """The row of a feed: its own, or the one that it takes over, if there is any."""
    if own := connection.execute(select(feeds).where(feeds.c.url == url)).mappings().one_or_none():
        return own
    meant = canonical_url(url)
    like = or_(_resembles(feeds.c.url, meant), _resembles(feeds.c.address, meant))
    rows = connection.execute(select(feeds).where(like).order_by(feeds.c.asked.desc(), feeds.c.url)).mappings()
    likely = ((canonical_url(row["url"]) == meant, row) for row in rows if meant in _addresses(row))
    return max(likely, key=lambda each: each[0], default=(False, None))[1]


def _resembles(column: Column[str], meant: str) -> ColumnElement[bool]:
    """Holds for all addresses with this canonical form, and for few others: the database looks faster than we do."""
    host, slash, path = meant.partition("?")[0].partition("/")
    parts = (re.sub(r"([\\%_])", r"\\\1", part) for part in (host, slash + path))
    return column.like(f"%{'%'.join(parts)}%", escape="\\")


def _addresses(row: RowMapping) -> set[str]:
    return {canonical_url(row["url"]), canonical_url(row["address"])} - {""}


def _place(connection: Connection, url: str) -> str:
    """Under which address the entries of a feed are kept."""
    row = _row(connection, url)
    return str(row["url"]) if row else url


def _state(connection: Connection, url: str) -> FeedState:
    """What was known of it under another address still holds, but how it was to reach there: it is asked at once."""
    row = _row(connection, url)
    state = FeedState(**row) if row else FeedState(url, url)
    if state.url == url:
        return state
    address = url if canonical_url(state.address) == canonical_url(url) else state.address
    fault = "" if state.failures else state.fault
    return replace(state, url=url, address=address, due=None, failures=0, fault=fault, gone=False)


def _take_over(connection: Connection, url: str) -> None:
    if (place := _place(connection, url)) != url:
        connection.execute(update(feeds).where(feeds.c.url == place).values(url=url))
        connection.execute(update(entries).where(entries.c.feed == place).values(feed=url))


def _write_state(connection: Connection, state: FeedState) -> None:
    kept = insert(feeds).values(asdict(state))
    others = {column.name: column for column in kept.excluded if column.name != feeds.c.url.name}
    connection.execute(kept.on_conflict_do_update(index_elements=[feeds.c.url], set_=others))


def _write(connection: Connection, feed: str, found: Iterable[SeenEntry], now: datetime) -> None:
    kept = insert(entries)
    renewed = {name: kept.excluded[name] for name in ("kept", "published", "content")}
    connection.execute(
        kept.on_conflict_do_update(index_elements=[entries.c.feed, entries.c.key], set_=renewed),
        [
            {
                "feed": feed,
                "key": met.entry.key,
                "identity": met.identity,
                "seen": met.seen,
                "kept": now,
                "published": met.entry.published,
                "content": _content(met.entry),
            }
            for met in found
        ],
    )


def _forget(connection: Connection, feed: str, now: datetime, keep: timedelta) -> None:
    """What the feed no longer had for so long when it last answered: it may have stood still since, or a clock be wrong."""
    last = connection.scalar(select(func.max(entries.c.kept)).where(entries.c.feed == feed)) or now
    old = and_(entries.c.feed == feed, entries.c.kept < min(now, last) - keep)
    connection.execute(delete(entries).where(old))


def _make_room(connection: Connection, feed: str, known: Mapping[str, SeenEntry], met: Iterable[SeenEntry]) -> None:
    """Removes those in whose place others have come, or there would be one more with each new id."""
    keys, taken = {each.entry.key for each in met}, {each.identity for each in met}
    for key, each in known.items():
        if key not in keys and each.identity in taken:
            connection.execute(delete(entries).where(entries.c.feed == feed, entries.c.key == key))


def _met(connection: Connection, feed: str, which: ColumnElement[bool]) -> dict[str, SeenEntry]:
    query = select(entries.c.key, entries.c.content, entries.c.seen, entries.c.identity)
    rows = connection.execute(query.where(entries.c.feed == feed, which))
    return {row.key: SeenEntry(_entry(row.content), row.seen, row.identity) for row in rows}


def _known(connection: Connection, feed: str, found: Mapping[str, Entry]) -> dict[str, SeenEntry]:
    """Which of these were met before, and which others are known by their pages."""
    known: dict[str, SeenEntry] = {}
    pages = {page_of(entry.url) for entry in found.values()} - {""}
    for column, values in ((entries.c.key, [*found]), (entries.c.identity, sorted(pages))):
        for start in range(0, len(values), _KEYS_AT_ONCE):
            known |= _met(connection, feed, column.in_(values[start : start + _KEYS_AT_ONCE]))
    return known


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
