"""SQLite: one file beside the site, for as many subscribers as one machine can mail."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import StaticPool

from digest.errors import StoreError

_AT_ONCE = 0.1  # seconds of waiting that are none


class File:
    """A database in a file, or without a file name in memory; with ``copy_of`` it begins as a copy of that file.

    It runs in WAL mode with ``synchronous=FULL``: what a commit has promised survives a loss of power. What is erased is
    overwritten (``secure_delete``).
    """

    def __init__(self, url: str, busy_timeout: float, copy_of: Path | None = None) -> None:
        self.path = file_of(url)
        self.name = str(self.path or copy_of or "database")
        if self.path is not None:
            _make_private(self.path)
        self.engine = _engine(url, busy_timeout)
        self._busy_timeout = busy_timeout
        self._writing = threading.Lock()
        self._copy_of = copy_of

    def prepare(self) -> None:
        """What comes before anything is asked."""
        if self._copy_of:
            copy = self.engine.raw_connection()
            with closing(_reading(self._copy_of)) as source:
                source.backup(copy.driver_connection)  # type: ignore[arg-type] # a database in memory is one of sqlite3's
            copy.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot."""
        with self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, patience: float | None, *, alone: bool) -> Iterator[Connection]:  # noqa: ARG002 - it knows no other way
        """Threads of one process queue here; processes poll for the file's lock, which has no queue."""
        with (
            self._turn(patience) as left,
            self.engine.connect().execution_options(digest_writes=True) as connection,
            self._waiting(connection, left),
            connection.begin(),
        ):
            yield connection

    def names(self, connection: Connection) -> frozenset[str]:
        """What stands already where new tables would: SQLite does not tell A from a."""
        return frozenset(connection.exec_driver_sql("SELECT lower(name) FROM sqlite_master").scalars())

    def flush(self) -> None:
        """Writes what the log holds into the file and empties the log, unless somebody is reading just now."""
        if self.path is not None:
            with self.engine.connect() as connection, closing(connection.connection.cursor()) as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def explained(self, error: DBAPIError) -> Exception:
        """As an operator can mend it, if they can."""
        said = str(error.orig).lower()
        for word, what, hint in _EXPLAINED:
            if word in said:
                return StoreError(f"{self.name}: {what}", hint=hint, busy=word == "locked")
        return StoreError(f"{self.name}: {error.orig}") if isinstance(error, OperationalError) else error

    @contextmanager
    def _turn(self, patience: float | None) -> Iterator[float | None]:
        """The turn of this thread, and how many seconds of its patience are left; None where they are the usual ones."""
        whole = self._busy_timeout if patience is None else patience
        began = time.monotonic()
        if not self._writing.acquire(timeout=whole):
            raise StoreError(f"{self.name}: {_BUSY}", hint=_WAIT, busy=True)
        try:
            waited = time.monotonic() - began
            yield None if patience is None and waited < _AT_ONCE else max(0.0, whole - waited)
        finally:
            self._writing.release()

    @contextmanager
    def _waiting(self, connection: Connection, patience: float | None) -> Iterator[None]:
        """SQLite waits so long for another process; connections are used again, so it is told what is usual afterwards."""
        if patience is None:
            yield
            return
        try:
            _wait_for(connection, patience)
            yield
        finally:
            _wait_for(connection, self._busy_timeout)


def file_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for a database in memory, and for one of another kind."""
    database = make_url(url).database if url.startswith("sqlite") else None
    return Path(database) if database and database != ":memory:" else None


def is_older(path: Path, revision: str) -> bool:
    """Whether the file has an earlier schema; opening it tells what else is wrong with it, if anything."""
    try:
        with closing(_reading(path)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return False
    return bool(found) and str(found[0]) < revision


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)


def _make_private(path: Path) -> None:
    """A new file is its owner's alone: it will hold every subscriber's address. Opening tells what is wrong, if anything."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _engine(url: str, busy_timeout: float) -> Engine:
    if file_of(url) is None:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url, connect_args={"timeout": busy_timeout})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy says BEGIN; the driver must not do so by itself
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=FULL", "secure_delete=ON", "cache_size=-16000"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("digest_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _wait_for(connection: Connection, seconds: float) -> None:
    """Outside of any transaction."""
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(f"PRAGMA busy_timeout = {seconds * 1000:.0f}")


_BUSY, _WAIT = "is in use by another process", "wait for it to finish and try again"
_EXPLAINED = (
    ("locked", _BUSY, _WAIT),
    ("readonly", "cannot be written to", "check the permissions of the file and of its folder"),
    ("unable to open", "cannot be opened", "check that its folder exists and may be written to"),
    ("not a database", "is not a database", "name another file in database.url"),
    ("malformed", "is damaged", "restore it from a backup"),
    ("full", "cannot grow: the disk is full", "make room and try again"),
    ("disk i/o", "cannot be read or written: the disk reports an error", "check the disk"),
)
