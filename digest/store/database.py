"""The database itself: opening, migrating, transactions, and what an operator can mend when it refuses."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, func, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import StaticPool

from digest.errors import StoreError
from digest.store.tables import REVISION

BUSY_TIMEOUT = 30  # seconds that a writer waits for another one
_AT_ONCE = 0.1  # seconds of waiting that are none


class Database:
    """One SQLite file, opened and brought up to date; without a file name, a database in memory.

    SQLite runs in WAL mode with ``synchronous=FULL``: what a commit has promised survives a loss of power.
    What is erased is overwritten (``secure_delete``). With ``copy_of``, a database in memory begins as a copy of that file. Raises StoreError when the file cannot be opened, is no database, or was made by a newer version.
    """

    def __init__(self, url: str, *, busy_timeout: float = BUSY_TIMEOUT, copy_of: Path | None = None) -> None:
        self.path = file_of(url)
        if self.path is not None:
            _make_private(self.path)
        self._engine = _engine(url, busy_timeout)
        self._busy_timeout = busy_timeout
        self._writing = threading.Lock()
        with self._mapped():
            if copy_of:
                self._copy(copy_of)
            self._bring_up_to_date()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from."""
        with self._mapped(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self, patience: float | None = None) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Writers wait for each other at its start, never in its middle.

        Threads of one process queue here; processes poll for SQLite's lock, which has no queue. ``patience`` is how many
        seconds both may take together; None is what the database was opened with.
        """
        with (
            self._mapped(),
            self._turn(patience) as left,
            self._engine.connect().execution_options(digest_writes=True) as connection,
            self._waiting(connection, left),
            connection.begin(),
        ):
            yield connection

    def flush(self) -> None:
        """Writes what SQLite's log holds into the database and empties the log, unless somebody is reading just now."""
        if self.path is not None:
            with (
                self._mapped(),
                self._engine.connect() as connection,
                closing(connection.connection.cursor()) as cursor,
            ):
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _turn(self, patience: float | None) -> Iterator[float | None]:
        """The turn of this thread, and how many seconds of its patience are left; None where they are the usual ones."""
        whole = self._busy_timeout if patience is None else patience
        began = time.monotonic()
        if not self._writing.acquire(timeout=whole):
            raise StoreError(f"{self.path or 'database'}: {_BUSY}", hint=_WAIT, busy=True)
        try:
            waited = time.monotonic() - began
            yield None if patience is None and waited < _AT_ONCE else max(0.0, whole - waited)
        finally:
            self._writing.release()

    @contextmanager
    def _waiting(self, connection: Connection, patience: float | None) -> Iterator[None]:
        """SQLite waits so long for another process; connections are used again, so it is told what is usual afterwards."""
        if patience is None or connection.dialect.name != "sqlite":
            yield
            return
        try:
            _wait_for(connection, patience)
            yield
        finally:
            _wait_for(connection, self._busy_timeout)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise _explained(error, self.path) from error

    def _copy(self, path: Path) -> None:
        copy = self._engine.raw_connection()
        with closing(_reading(path)) as source:
            source.backup(copy.driver_connection)  # type: ignore[arg-type] # a database in memory is one of sqlite3's
        copy.close()

    def _bring_up_to_date(self) -> None:
        with self._engine.connect() as connection:
            found = _revision(connection)
        if found == REVISION:
            return
        if found is not None and found > REVISION:
            raise StoreError(
                f"{self.path}: this database was made by a newer version of digest (schema {found}, known {REVISION})",
                hint="upgrade digest, or name another database in database.url",
            )
        _upgrade(self._engine)


def to_look_at(url: str) -> Database:
    """The database for somebody who changes nothing: a file that is not there stays so, and one that an older version
    made is left to be brought up to date by whoever writes to it next; a copy of it is looked at. Raises StoreError.
    """
    path = file_of(url)
    if path is None or not path.exists():
        return Database("sqlite://")
    return Database("sqlite://", copy_of=path) if _is_older(path) else Database(url)


def _is_older(path: Path) -> bool:
    """Whether the file has an earlier schema; opening it tells what else is wrong with it, if anything."""
    try:
        with closing(_reading(path)) as connection:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error:
        return False
    return bool(found) and str(found[0]) < REVISION


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)


def _make_private(path: Path) -> None:
    """A new file is its owner's alone: it will hold every subscriber's address. Opening tells what is wrong, if anything."""
    with suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def file_of(url: str) -> Path | None:
    """The file of a SQLite URL; None for a database in memory."""
    database = make_url(url).database
    return Path(database) if database and database != ":memory:" else None


def clock(connection: Connection) -> datetime:
    """The database's own time: leases are measured by it, never by a sender's clock."""
    if connection.dialect.name == "sqlite":
        return datetime.fromisoformat(
            connection.execute(select(func.strftime("%Y-%m-%d %H:%M:%f", "now"))).scalar_one()
        ).replace(tzinfo=UTC)
    moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


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


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(engine: Engine) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    with engine.connect().execution_options(digest_writes=True) as connection, connection.begin():
        if _revision(connection) != REVISION:  # another process may have been quicker
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


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


def _explained(error: DBAPIError, path: Path | None) -> Exception:
    said = str(error.orig).lower()
    for word, what, hint in _EXPLAINED:
        if word in said:
            return StoreError(f"{path or 'database'}: {what}", hint=hint, busy=word == "locked")
    return StoreError(f"{path or 'database'}: {error.orig}") if isinstance(error, OperationalError) else error
