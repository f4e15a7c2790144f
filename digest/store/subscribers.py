"""Subscribers in the ledger: one row for each mailbox, found by the key of its address."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, literal, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from digest.model import DeliveryStatus, Receipt, Selection, Subscriber, SubscriberStatus
from digest.store.database import Database, outwait_senders
from digest.store.erasing import SALT, forget, hashed, salt
from digest.store.lines import add
from digest.store.rows import given, written
from digest.store.tables import deliveries, editions, erased, meta, subscribers

_AT_ONCE = 1000  # keys in one question and rows in one answer


class _TakenBackError(Exception):
    """Ends a transaction that was never to be kept."""


class SubscriberChanges:
    """One transaction over subscribers."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._salt = salt(connection)
        self.erases = False

    def known(self, keys: Collection[str]) -> Mapping[str, Subscriber]:
        """Those of the keys that are subscribers, whatever their status."""
        return {row.address_key: _subscriber(row) for row in self._matching(subscribers.c.address_key, keys)}

    def get(self, subscriber: int) -> Subscriber | None:
        """The person with this id."""
        row = self._connection.execute(select(subscribers).where(subscribers.c.id == subscriber)).one_or_none()
        return _subscriber(row) if row else None

    def erased(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that were erased on request."""
        if not self._salt:
            return frozenset()
        hashes = {hashed(self._salt, key): key for key in keys}
        return frozenset(hashes[row.address_hash] for row in self._matching(erased.c.address_hash, hashes))

    def write(self, people: Sequence[tuple[str, Subscriber]]) -> None:
        """Adds whoever has no id yet (and forgets that they were erased), changes the others: their address and key, too."""
        new = [_values(key, person) for key, person in people if not person.id]
        old = [_values(key, person) | {"row": person.id} for key, person in people if person.id]
        if new:
            add(self._connection, subscribers, new)
            self._forget_erasure([row["address_key"] for row in new])
        if old:
            self._connection.execute(update(subscribers).where(subscribers.c.id == bindparam("row")), old)
            self._forget_erasure([row["address_key"] for row in old])  # of an address that somebody has moved to

    def erase(self, key: str, now: datetime) -> bool:
        """Deletes the person and keeps a salted hash that keeps them out; False if there was nobody to delete.

        Their deliveries stay and count, with nobody's name on them, and so do replies and what came back, without words.
        """
        self.erases = True
        self.keep_out(key, now)
        forget(self._connection, key, self._salt)
        return bool(self._connection.execute(delete(subscribers).where(subscribers.c.address_key == key)).rowcount)

    def keep_out(self, key: str, now: datetime) -> None:
        """Keeps a salted hash, so that no table brings in whoever has this key, until they subscribe by themselves."""
        if not self._salt:
            self._salt = secrets.token_hex(32)
            self._connection.execute(insert(meta).values(name=SALT, value=self._salt))
        if not self.erased([key]):
            self._connection.execute(insert(erased).values(address_hash=hashed(self._salt, key), erased=now))

    def hold(self) -> None:
        """Sees to it that whoever has left by now is handed nothing from now on. Who is erased holds their deliveries, and
        every sender waits for that.
        """
        if not self.erases:
            outwait_senders(self._connection)

    def _matching(self, column: ColumnElement[str], values: Collection[str]) -> Iterator[Row[Any]]:
        listed = list(values)
        for start in range(0, len(listed), _AT_ONCE):
            # Not by IN: for a thousand keys PostgreSQL would rather read a whole table of which it knows little yet.
            rows = written([value] for value in listed[start : start + _AT_ONCE])
            yield from self._connection.execute(select(column.table).where(column == given(0)), {"rows": rows}).all()

    def _forget_erasure(self, keys: Collection[str]) -> None:
        if again := self.erased(keys):
            hashes = [hashed(self._salt, key) for key in again]
            self._connection.execute(delete(erased).where(erased.c.address_hash.in_(hashes)))


class Subscribers:
    """The people of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def changing(self, *, keep: bool = True, patience: float | None = None) -> Iterator[SubscriberChanges]:
        """One transaction, all or nothing; without ``keep`` it is taken back at its end.

        ``patience`` is how many seconds it may wait for another one, None what is usual.
        """
        with suppress(_TakenBackError), self._database.write(patience) as connection:
            changes = SubscriberChanges(connection)
            yield changes
            if not keep:
                raise _TakenBackError
            changes.hold()
        if changes.erases:
            self._database.flush()  # what was overwritten stands in its log until then

    def find(self, key: str) -> Subscriber | None:
        with self._database.read() as connection:
            row = connection.execute(select(subscribers).where(subscribers.c.address_key == key)).one_or_none()
        return _subscriber(row) if row else None

    def get(self, subscriber: int) -> Subscriber | None:
        """The person with this id."""
        with self._database.read() as connection:
            row = connection.execute(select(subscribers).where(subscribers.c.id == subscriber)).one_or_none()
        return _subscriber(row) if row else None

    def erased_at(self, key: str) -> datetime | None:
        """When this person was erased on request, if they were."""
        with self._database.read() as connection:
            statement = select(erased.c.erased).where(erased.c.address_hash == hashed(salt(connection), key))
            return connection.execute(statement).scalar_one_or_none()

    def each(
        self,
        *,
        status: SubscriberStatus | None = None,
        digest: str = "",
        category: str = "",
        limit: int | None = None,
    ) -> Iterator[Subscriber]:
        """Subscribers in the order they came, one at a time: of a status, who get a digest, who want a category."""
        statement = select(subscribers).order_by(subscribers.c.id).limit(limit)
        if status:
            statement = statement.where(subscribers.c.status == status)
        statement = _wanting(statement, subscribers.c.digests, digest)
        statement = _wanting(statement, subscribers.c.selection, category)
        streamed = statement.execution_options(yield_per=_AT_ONCE)
        with self._database.read() as connection, connection.execute(streamed) as rows:
            for row in rows:
                yield _subscriber(row)

    def receipts(self, subscriber: int) -> tuple[Receipt, ...]:
        """What became of each edition for one subscriber, the newest first."""
        columns = deliveries.c
        statement = (
            select(
                editions.c.digest, editions.c.period, editions.c.number,
                columns.status, columns.attempts, columns.first_tried, columns.changed, columns.reply,
            )
            .join_from(deliveries, editions)
            .where(columns.subscriber == subscriber)
            .order_by(editions.c.frozen.desc(), editions.c.id.desc())
        )  # fmt: skip
        with self._database.read() as connection:
            return tuple(
                Receipt(
                    edition=f"{row.digest}/{row.period}",
                    number=row.number,
                    status=DeliveryStatus(row.status),
                    attempts=row.attempts,
                    first_tried=row.first_tried,
                    changed=row.changed,
                    reply=row.reply,
                )
                for row in connection.execute(statement)
            )


def _wanting(statement: Select[Any], column: ColumnElement[str], name: str) -> Select[Any]:
    """Rows whose set of names holds this one, or holds none and so means all."""
    if not name:
        return statement
    listed = literal(";") + column + literal(";")
    return statement.where(or_(column == "", listed.contains(f";{name};", autoescape=True)))


def _values(key: str, person: Subscriber) -> dict[str, Any]:
    return {
        "address": person.address,
        "address_key": key,
        "name": person.name,
        "status": str(person.status),
        "digests": ";".join(sorted(person.digests)),
        "selection": str(person.selection),
        "language": person.language,
        "timezone": person.timezone,
        "reason": person.reason,
        "created": person.created,
        "changed": person.changed,
        "every": person.every,
        "paused": person.paused,
    }


def _subscriber(row: Row[Any]) -> Subscriber:
    identity, address, _, name, status, digests, selection, language, timezone, reason, *later = tuple(row)
    created, changed, every, paused = later
    return Subscriber(
        id=identity,
        address=address,
        name=name,
        status=SubscriberStatus(status),
        digests=_digests(digests),
        selection=_selection(selection),
        language=language,
        timezone=timezone,
        reason=reason,
        created=created,
        changed=changed,
        every=every,
        paused=paused,
    )


@lru_cache(maxsize=1024)
def _digests(text: str) -> frozenset[str]:
    return frozenset(filter(None, text.split(";")))


@lru_cache(maxsize=4096)
def _selection(text: str) -> Selection:
    return Selection.parse(text)
