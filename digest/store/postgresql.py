"""PostgreSQL: one database for many machines, which its operators know already.

Writers are of two kinds. Most are alone: they look before they write, and what they saw has to hold, so each waits for the
others at its start, as on SQLite. Those who send (``store.ledger``) lock the rows that they take, and wait for nobody.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError, SQLAlchemyError

from digest.errors import StoreError
from digest.store.rows import without_nul

_WRITERS = 1_684_629_349  # "dige": the lock of those who write alone
_SENDERS = 1_936_027_236  # "send": with a sender's id, the lock that shows it is alive
_LOOKERS = 1_819_242_347  # "look": those who send share it, from before they look until they have written
_LOST_AFTER = 60  # seconds: of a machine that says nothing
_ASLEEP_AFTER = 10.0  # seconds in which a process that is in a transaction says nothing: others need what it has locked
_LOOKED_AFTER = 5.0  # seconds after which a sender looks whether its lock is there still
_OF_SESSION = {
    "application_name": "digest",
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": _LOST_AFTER * 1000,
}
# The server notices a machine that is gone as soon as that: its senders' locks end with their connections.
_SAID = (
    "-c timezone=UTC -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    f" -c tcp_user_timeout={_LOST_AFTER * 1000}"
)
_READS_ONLY = " -c default_transaction_read_only=on"
_BEGIN = """
    SELECT set_config('lock_timeout', :wait, true), set_config('idle_in_transaction_session_timeout', :asleep, true),
"""
_ALONE = text(f"{_BEGIN} pg_advisory_xact_lock({_WRITERS})")
_BESIDE = text(f"{_BEGIN} pg_advisory_xact_lock_shared({_LOOKERS})")


class Server:
    """A database of a server, by a URL ``postgresql://…`` as libpq has it. With ``read_only`` the server refuses writes.

    A commit that was promised is durable where the server's ``synchronous_commit`` is on, which is its default.
    """

    path = None

    def __init__(self, url: str, busy_timeout: float, *, read_only: bool = False) -> None:
        parsed = _parsed(url)
        self.name = parsed.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
        self._busy_timeout = busy_timeout
        self.engine = _engine(parsed, read_only=read_only)

    def prepare(self) -> None:
        """There is nothing to make ready."""

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: whatever is asked in it is of one moment."""
        with self.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            yield connection

    @contextmanager
    def writing(self, patience: float | None, *, alone: bool) -> Iterator[Connection]:
        """Who is ``alone`` queues with the server. A process that is put to sleep in the middle does not keep its locks."""
        wait = self._busy_timeout if patience is None else patience
        with self.engine.connect() as connection, connection.begin():
            connection.execute(_ALONE if alone else _BESIDE, {"wait": _ms(wait), "asleep": _ms(_ASLEEP_AFTER)})
            yield connection

    def flush(self) -> None:
        """What was erased is overwritten when the server vacuums."""

    def explained(self, error: DBAPIError) -> Exception:
        """As an operator can mend it, if they can."""
        state, said = _state(error), _one_line(error)
        for prefix, what, hint, busy in _EXPLAINED:
            if state.startswith(prefix):
                told = f"{what}: {said}" if prefix == _AWAY else what
                return StoreError(f"{self.name}: {told}", hint=hint, busy=busy, away=busy and prefix != _LOCKED)
        if not state:
            return StoreError(f"{self.name}: {said}", hint="check database.url")
        return StoreError(f"{self.name}: {said}") if isinstance(error, OperationalError) else error


def outwait_senders(connection: Connection) -> None:
    """Waits for those who send and have looked, before this transaction ends: whoever looks later sees what it wrote.

    Not for a transaction that has locked deliveries, which a sender may wait for.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOOKERS})")


class Presence:
    """A connection that holds the lock of one sender: the server lets go of it when the sender's process ends.

    Raises StoreError when the server cannot be reached.
    """

    def __init__(self, server: Server, sender: int) -> None:
        self._server = server
        self._sender = sender
        self._connection = self._held()
        self._looked = time.monotonic()

    def keep(self) -> None:
        """Takes the lock again if the connection was lost: others may meanwhile have believed that this sender died."""
        if time.monotonic() - self._looked < _LOOKED_AFTER:
            return
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except SQLAlchemyError:
            self.close()
            self._connection = self._held()
        self._looked = time.monotonic()

    def close(self) -> None:
        with suppress(SQLAlchemyError):
            self._connection.exec_driver_sql(
                "SELECT pg_advisory_unlock_all()"
            )  # by itself it would end some time later
        with suppress(SQLAlchemyError):
            self._connection.invalidate()
        self._connection.close()

    def _held(self) -> Connection:
        """What the server may still believe to be this sender's former connection has to go first."""
        try:
            connection = self._server.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            connection.execute(_END_OF, {"classes": _SENDERS, "sender": self._sender})
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_SENDERS}, {self._sender})")
        except DBAPIError as error:
            raise self._server.explained(error) from error
        return connection


_HELD = """
    FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = :classes
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_END_OF = text(f"SELECT pg_terminate_backend(pid, 5000) {_HELD} AND objid = :sender")
_PRESENT = text(f"SELECT objid {_HELD} AND objid IN :ids").bindparams(bindparam("ids", expanding=True))
# A server that was restarted has lost all locks, and those who held them come back one after another.
_RETURNING = text(
    "SELECT id FROM senders WHERE id IN :ids AND started < pg_postmaster_start_time()"
    " AND clock_timestamp() < pg_postmaster_start_time() + make_interval(secs => :within)"
).bindparams(bindparam("ids", expanding=True))


def present(connection: Connection, senders: Collection[int]) -> frozenset[int]:
    """Those of these senders whose lock is held, or who may come back for it: the server itself was away."""
    held = connection.execute(_PRESENT, {"classes": _SENDERS, "ids": list(senders)}).scalars()
    returning = connection.execute(_RETURNING, {"ids": list(senders), "within": _LOST_AFTER}).scalars()
    return frozenset(map(int, (*held, *returning)))


def _parsed(url: str) -> URL:
    try:
        return make_url(url).set(drivername="postgresql+psycopg")
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "database.url cannot be read",
            hint="postgresql://user:password@host:5432/name; write @ : / % of a password as %40 %3A %2F %25",
        ) from error


def _engine(url: URL, *, read_only: bool) -> Engine:
    own = url.query.get("options", "")
    options: dict[str, Any] = {name: value for name, value in _OF_SESSION.items() if name not in url.query}
    options["options"] = f"{own} {_SAID}{_READS_ONLY if read_only else ''}".strip()
    try:
        # Each sender keeps a connection for its lock: a limit would have them wait for each other.
        engine = create_engine(url, pool_pre_ping=True, max_overflow=-1, connect_args=options)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            "PostgreSQL needs the package psycopg", hint="pip install 'newsletter-digest[postgres]'"
        ) from error
    event.listen(engine, "connect", _on_connect)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    for dumper in _dumpers():
        connection.adapters.register_dumper(str, dumper)


@cache
def _dumpers() -> tuple[Any, ...]:
    """Text as PostgreSQL takes it: without NUL. What strangers write must not stop anything."""
    from psycopg.types.string import StrDumper, StrDumperUnknown  # noqa: PLC0415 - it comes with the extra

    class Dumper(StrDumper):
        def dump(self, obj: str) -> Any:
            return super().dump(without_nul(obj))

    class DumperUnknown(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(without_nul(obj))

    return Dumper, DumperUnknown


def _ms(seconds: float) -> str:
    """At least one: none at all would be for ever."""
    return str(max(1, round(seconds * 1000)))


def _state(error: DBAPIError) -> str:
    """The SQLSTATE; libpq gives none for a connection that it could not make, only words."""
    if state := getattr(error.orig, "sqlstate", None):
        return str(state)
    for words, meant in _WORDS.items():
        if re.search(words, str(error.orig)):
            return meant
    lost = error.connection_invalidated or type(error.orig).__name__ in {"OperationalError", "InterfaceError"}
    return _AWAY if lost else ""


def _one_line(error: DBAPIError) -> str:
    lines = [line.strip(" \t-") for line in str(error.orig).splitlines()]
    return "; ".join(filter(None, lines)).removeprefix("connection failed: ")


_LOCKED = "55P03"  # lock_not_available: it was waited for as long as was said
_AWAY = "08"
_WORDS = {
    r"password authentication failed|no pg_hba\.conf entry|not permitted to log in|no password supplied": "28000",
    r"role .* does not exist|permission denied for database": "28000",
    r"database .* does not exist": "3D000",
    r"system is (starting up|shutting down|in recovery|not yet accepting)": "57P03",
    r"too many (clients|connections)|remaining connection slots": "53300",
}
# By SQLSTATE, or the class of it (PostgreSQL documentation, Appendix A): what it means, what to do, whether it passes.
_EXPLAINED = (
    (_LOCKED, "is in use by another process", "wait for it to finish and try again", True),
    ("40", "two processes were in each other's way", "try again", True),
    (_AWAY, "cannot be reached", "check that the server runs, and the host and port in database.url", True),
    ("57P", "is shutting down or starting", "wait for it and try again", True),
    ("57014", "took longer than the server allows", "raise statement_timeout for the role, or try again", True),
    ("25P", "the transaction was left alone for too long", "try again", True),
    ("28", "refuses this login", "check user name and password in database.url", False),
    ("3D", "there is no such database", "create it, or name another one in database.url", False),
    ("42501", "does not allow this", "the database's owner has to grant it", False),
    ("25006", "cannot be written to: it is read-only", "is it a standby? name the primary in database.url", False),
    ("53300", "has no connection left", "raise its max_connections, or run fewer workers", True),
    ("53100", "cannot grow: the disk is full", "make room and try again", False),
    ("53", "is short of memory or another resource", "see the server's log", True),
)
