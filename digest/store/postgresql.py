"""PostgreSQL: one database for many machines, which its operators know already.

Writers are of two kinds. Most are alone: they look before they write, and what they saw has to hold, so each waits for the
others at its start, as on SQLite. Those who send (``store.ledger``) lock the rows that they take, and wait for nobody.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from digest.errors import StoreError

_WRITERS = 1_684_629_349  # "dige": the lock of those who write alone
_SENDERS = 1_936_027_236  # "send": with a sender's id, the lock that shows it is alive
_OF_SESSION = {"application_name": "digest", "connect_timeout": 10, "options": "-c timezone=UTC"}


class Server:
    """A database of a server, by a URL ``postgresql://…`` as libpq has it. With ``read_only`` the server refuses writes.

    A commit that was promised is durable where the server's ``synchronous_commit`` is on, which is its default.
    """

    path = None

    def __init__(self, url: str, busy_timeout: float, *, read_only: bool = False) -> None:
        self.name = make_url(url).render_as_string(hide_password=True)
        self._busy_timeout = busy_timeout
        self.engine = _engine(url, read_only=read_only)

    def prepare(self) -> None:
        """There is nothing to make ready."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: whatever is asked in it is of one moment."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            yield connection

    @contextmanager
    def writing(self, patience: float | None, *, alone: bool) -> Iterator[Connection]:
        """Who is ``alone`` queues with the server."""
        with self.engine.connect() as connection, connection.begin():
            wait = self._busy_timeout if patience is None else patience
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {max(1, round(wait * 1000))}")
            if alone:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
            yield connection

    def flush(self) -> None:
        """What was erased is overwritten when the server vacuums."""

    def explained(self, error: DBAPIError) -> Exception:
        """As an operator can mend it, if they can."""
        state = getattr(error.orig, "sqlstate", None) or ("08000" if _is_lost(error) else "")
        for prefix, what, hint, busy in _EXPLAINED:
            if state.startswith(prefix):
                return StoreError(f"{self.name}: {what}", hint=hint, busy=busy)
        return error


class Presence:
    """A connection that holds the lock of one sender: the server lets go of it when the sender's process ends."""

    def __init__(self, server: Server, sender: int) -> None:
        self._server = server
        self._sender = sender
        self._connection = self._held()

    def keep(self) -> None:
        """Takes the lock again if the connection was lost: others may meanwhile have believed that this sender died."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            with suppress(DBAPIError):
                self._connection.close()
            self._connection = self._held()

    def close(self) -> None:
        with suppress(DBAPIError):
            self._connection.invalidate()  # so that the lock ends with it
            self._connection.close()

    def _held(self) -> Connection:
        connection = self._server.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql(f"SELECT pg_advisory_lock({_SENDERS}, {self._sender})")
        return connection


def present(connection: Connection, senders: Collection[int]) -> frozenset[int]:
    """Those of these senders whose lock is held."""
    query = text(
        "SELECT objid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :senders AND objid IN :ids"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    ).bindparams(bindparam("ids", expanding=True))
    found = connection.execute(query, {"senders": _SENDERS, "ids": list(senders)}).scalars()
    return frozenset(map(int, found))


def _engine(url: str, *, read_only: bool) -> Engine:
    options: dict[str, Any] = dict(_OF_SESSION)
    if read_only:
        options["options"] += " -c default_transaction_read_only=on"
    try:
        return create_engine(
            make_url(url).set(drivername="postgresql+psycopg"), pool_pre_ping=True, connect_args=options
        )
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            "PostgreSQL needs the package psycopg", hint="pip install 'newsletter-digest[postgres]'"
        ) from error


def _is_lost(error: DBAPIError) -> bool:
    """Whether there is no connection, and so nobody to give a code."""
    return error.connection_invalidated or type(error.orig).__name__ in {"OperationalError", "InterfaceError"}


# By SQLSTATE, or the class of it (PostgreSQL documentation, Appendix A): what it means, what to do, whether it passes.
_EXPLAINED = (
    ("55P03", "is in use by another process", "wait for it to finish and try again", True),
    ("40", "two processes were in each other's way", "try again", True),
    ("08", "cannot be reached", "check that the server runs, and the host and port in database.url", True),
    ("57P", "is shutting down or starting", "wait for it and try again", True),
    ("28", "refuses this login", "check user name and password in database.url", False),
    ("3D", "there is no such database", "create it, or name another one in database.url", False),
    ("42501", "does not allow this", "the database's owner has to grant it", False),
    ("25006", "cannot be written to: it is read-only", "is it a standby? name the primary in database.url", False),
    ("53300", "has no connection left", "raise its max_connections, or run fewer workers", True),
    ("53100", "cannot grow: the disk is full", "make room and try again", False),
    ("53", "is short of memory or another resource", "see the server's log", True),
)
