"""Copying a whole store into another database, and proving that all of it has arrived.

    look ──▶ lock both ──▶ is the target empty? ──▶ rows, table by table ──▶ read back, compare ──▶ commit
                               └─ no: does it hold exactly this?

Everything that is written to the target is one transaction: whatever ends the copy half-way leaves it empty. Nobody writes
to the source meanwhile. Ids stay, since they stand in links that were signed and mailed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Table, func, select, text
from sqlalchemy.exc import DataError
from sqlalchemy.schema import AddConstraint

from digest.errors import StoreError
from digest.model import DeliveryStatus
from digest.store.database import Database
from digest.store.heartbeat import FRESH, Heartbeat
from digest.store.lines import blocks, fill, go_on_after, last_id
from digest.store.tables import deliveries, metadata
from digest.store.vitals import Vitals

TABLES = tuple(metadata.sorted_tables)  # none refers to a later one

Told = Callable[[int], object]  # how many more rows were written or read back


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, and the SHA-256 of them as lines (``store.lines``)."""

    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class Copied:
    """``before``: the target held exactly this already, and nothing was changed."""

    tables: Mapping[str, Content]
    before: bool


def size(database: Database) -> int:
    """How many rows there are."""
    with database.read() as connection:
        return sum(map(_counted(connection), TABLES))


def copy(source: Database, target: Database, now: datetime, told: Told = lambda _rows: None) -> Copied:
    """Copies all rows and reads them back, each of which ``told`` hears of.

    Raises StoreError when somebody is sending from the source, when the target holds something else, and when what is read
    back is not what was written; then the target is as it was.
    """
    if _place(source) == _place(target):
        raise StoreError(f"{target.name}: this is the database that you copy from", hint="name another one with --to")
    _require_quiet(source, now)
    with source.write() as origin, target.write() as copied:
        _take_time(origin, copied)
        _hold_still(origin)
        _require_nothing_in_hand(source, origin)
        if any(map(_counted(copied), TABLES)):
            return Copied(_compared(target, origin, copied, told), before=True)
        with _bare(copied):
            contents = {table.name: _copied(target, origin, copied, table, told) for table in TABLES}
        _require_equal(target, contents, copied, told)
        return Copied(contents, before=False)


# --- before anything is copied ----------------------------------------------------------------------------------------


def _place(database: Database) -> object:
    return database.server.engine.url if database.server else database.path and database.path.resolve()


def _require_quiet(source: Database, now: datetime) -> None:
    """Nobody publishes or sends. Raises StoreError."""
    heartbeat = Heartbeat(source)
    if alive := heartbeat.alive(now):
        over = (heartbeat.last() or now) + FRESH
        raise StoreError(
            f"{source.name}: `digest run` or `digest worker` is alive: {', '.join(alive)}",
            hint=f"stop it (SIGTERM), and try again; where it was killed, try again after {over:%H:%M:%S} UTC",
            busy=True,
        )
    for sender in Vitals(source, now).senders():
        raise StoreError(
            f"{source.name}: process {sender.process} on {sender.host} is sending",
            hint="let it finish or stop it (SIGTERM), and try again",
            busy=True,
        )


def _require_nothing_in_hand(source: Database, origin: Connection) -> None:
    held = deliveries.c.status.in_((DeliveryStatus.CLAIMED, DeliveryStatus.HANDING))
    if number := origin.execute(select(func.count()).where(held)).scalar_one():
        raise StoreError(
            f"{source.name}: {number:,} deliveries are in the hands of a sender, or of one that died",
            hint="`digest send` goes on with them; when it is done, try again",
            busy=True,
        )


def _take_time(*connections: Connection) -> None:
    """While one of them works, the other one waits: nobody has fallen asleep."""
    for connection in connections:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))


def _hold_still(origin: Connection) -> None:
    """On PostgreSQL, one writer does not keep out all others by itself."""
    if origin.dialect.name == "postgresql":
        origin.execute(text(f"LOCK TABLE {', '.join(table.name for table in TABLES)} IN SHARE MODE"))


def _counted(connection: Connection) -> Callable[[Table], int]:
    def count(table: Table) -> int:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())

    return count


# --- the copy ---------------------------------------------------------------------------------------------------------


@contextmanager
def _bare(connection: Connection) -> Iterator[None]:
    """Emptied, which keeps everybody else out, and without indices and references until the rows are there: to keep those
    in order row by row takes twice as long as everything else.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    indices = [index for table in TABLES for index in table.indexes]
    references = [key for table in TABLES for key in table.foreign_key_constraints]
    connection.execute(text(f"TRUNCATE {', '.join(table.name for table in TABLES)}"))
    for key in references:
        connection.execute(text(f"ALTER TABLE {key.table.name} DROP CONSTRAINT {key.name}"))
    for index in indices:
        index.drop(connection)
    yield
    for key in references:
        connection.execute(AddConstraint(key, isolate_from_table=False))
    for index in indices:
        index.create(connection)


def _copied(target: Database, origin: Connection, copied: Connection, table: Table, told: Told) -> Content:
    """One table, and what it held."""
    sum_of = _Sum(told)
    try:
        fill(copied, table, sum_of.passing(blocks(origin, table)))
    except DataError as error:
        raise StoreError(
            f"{target.name}: cannot hold what stands in {table.name}: {str(error.orig).splitlines()[0]}"
        ) from error
    go_on_after(copied, table, last_id(origin, table))
    if copied.dialect.name == "postgresql":
        copied.execute(text(f"ANALYZE {table.name}"))  # else it would plan as for an empty table
    return sum_of.content


class _Sum:
    """Counts and hashes what passes through it."""

    def __init__(self, told: Told) -> None:
        self._told = told
        self._rows = 0
        self._hash = hashlib.sha256()

    def passing(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for block in lines:
            self._hash.update(block)
            yield block
            rows = block.count(b"\n")
            self._rows += rows
            self._told(rows)

    @property
    def content(self) -> Content:
        return Content(self._rows, self._hash.hexdigest())


def _content(connection: Connection, table: Table, told: Told) -> Content:
    sum_of = _Sum(told)
    for _ in sum_of.passing(blocks(connection, table)):
        pass
    return sum_of.content


# --- the proof --------------------------------------------------------------------------------------------------------


def _require_equal(target: Database, contents: Mapping[str, Content], copied: Connection, told: Told) -> None:
    for table in TABLES:
        found = _content(copied, table, told)
        if found != contents[table.name]:
            raise StoreError(
                f"{target.name}: {table.name} came back otherwise than it was written"
                f" ({found.rows:,} rows of {contents[table.name].rows:,}); nothing was kept"
            )


def _compared(target: Database, origin: Connection, copied: Connection, told: Told) -> Mapping[str, Content]:
    """What both hold; a difference in numbers is told before anything is read."""
    for table in TABLES:
        ours, theirs = (_counted(connection)(table) for connection in (origin, copied))
        if ours != theirs:
            raise _other(target, f"{theirs:,} rows in {table.name}, where there are {ours:,} to copy")
    contents = {}
    for table in TABLES:
        contents[table.name] = _content(origin, table, told)
        if _content(copied, table, told) != contents[table.name]:
            raise _other(target, f"other rows in {table.name}")
    return contents


def _other(target: Database, what: str) -> StoreError:
    return StoreError(f"{target.name}: holds something else already: {what}", hint="name an empty database with --to")
