"""The database itself: opening, migrating, transactions. What each kind of it does in its own way is in ``sqlite`` and
``postgresql``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, func, select, table, text
from sqlalchemy.exc import DBAPIError

from digest.errors import StoreError
from digest.store import postgresql, sqlite
from digest.store.postgresql import conninfo, outwait_senders, to_grant
from digest.store.sqlite import file_of
from digest.store.tables import REVISION, metadata

__all__ = [
    "BUSY_TIMEOUT",
    "Database",
    "clock",
    "conninfo",
    "file_of",
    "is_there",
    "outwait_senders",
    "shown",
    "to_grant",
    "to_look_at",
]

BUSY_TIMEOUT = 30  # seconds that a writer waits for another one
_VERSION = "alembic_version"  # the table that says which schema there is; other programs have one, too
_SCHEMA = re.compile(r"\d{4}")
_SINCE_THE_FIRST = "renditions"  # a table that every schema of ours has had, and hardly anybody else's


class Database:
    """A SQLite file or a PostgreSQL database, opened and brought up to date; ``sqlite://`` is one in memory.

    With ``copy_of``, a database in memory begins as a copy of that file. With ``read_only`` nothing can be written, and
    the schema has to be there. Raises StoreError when it cannot be opened, is no database, holds tables of something else,
    or was made by a newer version.
    """

    def __init__(
        self, url: str, *, busy_timeout: float = BUSY_TIMEOUT, copy_of: Path | None = None, read_only: bool = False
    ) -> None:
        self.server = postgresql.Server(url, busy_timeout, read_only=read_only) if _is_of_a_server(url) else None
        self._kind = self.server or sqlite.File(url, busy_timeout, copy_of)
        self._engine = self._kind.engine
        self.path = self._kind.path
        self.name = self._kind.name
        try:
            with self._mapped():
                self._kind.prepare()
                found = self.revision()
                if not read_only and found != REVISION:
                    self._bring_up_to_date(found)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A snapshot to read from."""
        with self._mapped(), self._kind.reading() as connection:
            yield connection

    @contextmanager
    def write(self, patience: float | None = None, *, alone: bool = True) -> Iterator[Connection]:
        """One transaction: all of it or nothing. Writers wait for each other at its start, never in its middle.

        ``patience`` is how many seconds that may take; None is what the database was opened with. Who says that they need
        not be ``alone`` lock what they take; where the database allows it, they wait for nobody.
        """
        with self._mapped(), self._kind.writing(patience, alone=alone) as connection:
            yield connection

    def flush(self) -> None:
        """Lets what was erased go from the disk."""
        with self._mapped():
            self._kind.flush()

    def close(self) -> None:
        self._engine.dispose()

    def revision(self) -> str | None:
        """The schema that is there, if there is one."""
        with self.read() as connection:
            return self._revision(connection)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise self._kind.explained(error) from error

    def _bring_up_to_date(self, found: str | None) -> None:
        if found is not None and found > REVISION:
            raise StoreError(
                f"{self.name}: this database was made by a newer version of digest (schema {found}, known {REVISION})",
                hint="upgrade digest, or name another database in database.url",
            )
        with self._kind.writing(None, alone=True) as connection:
            if self._revision(connection) != REVISION:  # another process may have been quicker
                _upgrade(connection)

    def _revision(self, connection: Connection) -> str | None:
        """Asked of one snapshot, or alone: somebody may be making the tables. Raises StoreError if they are not ours."""
        has = partial(connection.dialect.has_table, connection)
        if has(_VERSION):
            found = str(connection.execute(select(text("*")).select_from(table(_VERSION))).scalar())
            is_ours = _SCHEMA.fullmatch(found) and has(_SINCE_THE_FIRST)
            foreign = frozenset[str]() if is_ours else frozenset({_VERSION})
        else:
            found, foreign = None, self._kind.names(connection) & metadata.tables.keys()
        if foreign:
            raise StoreError(
                f"{self.name}: holds tables of something else: {', '.join(sorted(foreign))}",
                hint="name an empty database in database.url",
            )
        return found


def to_look_at(url: str) -> Database:
    """The database for somebody who changes nothing: one that is not there stays so, and a file that an older version made
    is left to be brought up to date by whoever writes to it next; a copy of it is looked at. Raises StoreError.
    """
    if _is_of_a_server(url):
        return _server_to_look_at(url)
    path = file_of(url)
    if path is None or not path.exists():
        return Database("sqlite://")
    return Database("sqlite://", copy_of=path) if sqlite.is_older(path, REVISION) else Database(url)


def _server_to_look_at(url: str) -> Database:
    database = Database(url, read_only=True)
    found = database.revision()
    if found == REVISION:
        return database
    database.close()
    if found is None:
        return Database("sqlite://")
    raise StoreError(
        f"{database.name}: has the schema {found} of another version of digest (known {REVISION})",
        hint="`digest init` brings an older one up to date; for a newer one upgrade digest",
    )


def is_there(url: str) -> bool:
    """Whether ``to_look_at`` would find something, as far as that can be told just now."""
    if not _is_of_a_server(url):
        path = file_of(url)
        return path is not None and path.exists()
    try:
        database = Database(url, read_only=True)
        try:
            return database.revision() is not None
        finally:
            database.close()
    except StoreError:
        return False


def shown(url: str) -> str:
    """A URL as it may be told: without a password, and without what else a server is told."""
    return postgresql.Server(url, 0).name if _is_of_a_server(url) else url


def _is_of_a_server(url: str) -> bool:
    return url.startswith("postgresql")


def clock(connection: Connection) -> datetime:
    """The database's own time: leases are measured by it, never by a sender's clock."""
    if connection.dialect.name == "sqlite":
        return datetime.fromisoformat(
            connection.execute(select(func.strftime("%Y-%m-%d %H:%M:%f", "now"))).scalar_one()
        ).replace(tzinfo=UTC)
    moment: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
    return moment.astimezone(UTC)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - slow to import, and needed once in a database's life
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
