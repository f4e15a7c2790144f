"""PostgreSQL: one database for many machines, which its operators know already.

Writers are of two kinds. Most are alone: they look before they write, and what they saw has to hold, so each waits for the
others at its start, as on SQLite. Those who send (``store.ledger``) lock the rows that they take, and wait for nobody.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import URL, Connection, Engine, bindparam, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError

from digest.errors import StoreError
from digest.store.rows import without_nul

_WRITERS = 1_684_629_349  # "dige": the lock of those who write alone
_SENDERS = 1_936_027_236  # "send": with a sender's id, the lock that shows it is alive
_LOOKERS = 1_819_242_347  # "look": those who send share it, from before they look until they have written
_LOST_AFTER = 60  # seconds: of a machine that says nothing
_ASLEEP_AFTER = 10.0  # seconds in which a process that is in a transaction says nothing: others need what it has locked
_LOOKED_AFTER = 5.0  # seconds after which a sender that writes looks whether its lock is there still
_LOOKS_EVERY = 5.0  # and one that does not
_OF_SESSION = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": _LOST_AFTER * 1000,
}
_PLACE = ("host", "hostaddr", "port")  # what a URL's parameters may say of it
# The server notices a machine that is gone as soon as that: its senders' locks end with their connections.
_SAID = (
    "-c timezone=UTC -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
    f" -c tcp_user_timeout={_LOST_AFTER * 1000}"
)
_BEGIN = """
    SELECT set_config('lock_timeout', :wait, true), set_config('idle_in_transaction_session_timeout', :asleep, true),
"""
# A plan that was made for an empty table must not be kept by who fills it: it would be read whole for each row.
_ALONE = text(f"{_BEGIN} set_config('plan_cache_mode', 'force_custom_plan', true), pg_advisory_xact_lock({_WRITERS})")
_BESIDE = text(f"{_BEGIN} pg_advisory_xact_lock_shared({_LOOKERS})")
_NAMES = text(
    "SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = current_schema()"
)


class Server:
    """A database of a server, by a URL ``postgresql://…`` as libpq has it. With ``read_only`` the server refuses writes.

    A commit that was promised is durable where the server's ``synchronous_commit`` is on, which is its default.
    """

    path = None

    def __init__(self, url: str, busy_timeout: float, *, read_only: bool = False) -> None:
        parsed = _parsed(url)
        self.name = _name(parsed)
        self._role = _arguments(parsed).get("user", "")
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

    def names(self, connection: Connection) -> frozenset[str]:
        """What stands already where new tables would."""
        return frozenset(connection.execute(_NAMES).scalars())

    def flush(self) -> None:
        """What was erased is overwritten when the server vacuums."""

    def explained(self, error: DBAPIError) -> Exception:
        """As an operator can mend it, if they can."""
        state, said = _state(error), _one_line(error)
        for prefix, what, hint, busy in _EXPLAINED:
            if state.startswith(prefix):
                told = f"{what}: {said}" if prefix in {_AWAY, _OF_THE_URL, _FORBIDDEN} else what
                mend = (to_grant(said, self._role) if prefix == _FORBIDDEN else "") or hint
                return StoreError(f"{self.name}: {told}", hint=mend, busy=busy, away=busy and prefix != _LOCKED)
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

    ``held`` is called with that connection each time it has got the lock. A thread sees to it that the lock is taken again
    when the server has ended the connection, whatever the sender does meanwhile. Raises StoreError when the server cannot
    be reached.
    """

    def __init__(self, server: Server, sender: int, held: Callable[[Connection], object]) -> None:
        self._server = server
        self._sender = sender
        self._told = held
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._connection = self._held()
        self._looked = time.monotonic()
        self._looking = threading.Thread(target=self._look_on, name=f"sender {sender}", daemon=True)
        self._looking.start()

    def keep(self) -> None:
        """Takes the lock again if the connection was lost: others may meanwhile have missed this sender."""
        with self._turn:
            if self._over.is_set() or time.monotonic() - self._looked < _LOOKED_AFTER:
                return
            try:
                self._connection.exec_driver_sql("SELECT 1")
            except SQLAlchemyError:
                _end(self._connection)
                self._connection = self._held()
            self._looked = time.monotonic()

    def close(self) -> None:
        self._over.set()
        with self._turn:
            _end(self._connection)
        self._looking.join()

    def _look_on(self) -> None:
        while not self._over.wait(_LOOKS_EVERY):
            with suppress(StoreError, SQLAlchemyError):  # the next time, or whoever has something to write is told
                self.keep()

    def _held(self) -> Connection:
        """What the server may still believe to be this sender's former connection has to go first."""
        try:
            connection = self._server.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            try:
                connection.execute(_END_OF, {"classes": _SENDERS, "sender": self._sender})
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_SENDERS}, {self._sender})")
                self._told(connection)
            except BaseException:
                _end(connection)
                raise
        except DBAPIError as error:
            raise self._server.explained(error) from error
        return connection


def _end(connection: Connection) -> None:
    """With all locks of its session, which by itself would end some time later."""
    with suppress(SQLAlchemyError):
        connection.exec_driver_sql("SELECT pg_advisory_unlock_all()")
    with suppress(SQLAlchemyError):
        connection.invalidate()
    connection.close()


_HELD = """
    FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND classid = :classes
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_END_OF = text(f"SELECT pg_terminate_backend(pid, 5000) {_HELD} AND objid = :sender")
_PRESENT = text(f"SELECT objid {_HELD} AND objid IN :ids").bindparams(bindparam("ids", expanding=True))


def present(connection: Connection, senders: Collection[int]) -> frozenset[int]:
    """Those of these senders whose lock is held at this moment."""
    return frozenset(map(int, connection.execute(_PRESENT, {"classes": _SENDERS, "ids": list(senders)}).scalars()))


def to_grant(said: str, role: str) -> str:
    """What a role lacks in words of SQL, if the server's own (of the English kind) say it; else none."""
    found = re.search(r'permission denied for (schema|table|sequence|database) "?([^";]+)', said)
    if not found:
        return ""
    quoted = URL.create("postgresql+psycopg").get_dialect()().identifier_preparer.quote
    return f"GRANT {_RIGHTS[found[1]].format(quoted(found[2]))} TO {quoted(role) if role else 'ROLE'}"


def conninfo(url: str, application: str) -> str:
    """The same server and the same kind of session in libpq's own words, for who connects to it without an engine: libpq
    has another form for several hosts. Raises StoreError.
    """
    import psycopg  # noqa: PLC0415 - it comes with the extra

    parsed = _parsed(url)
    try:
        return psycopg.conninfo.make_conninfo("", **_arguments(parsed) | _of_session(parsed, application))
    except psycopg.ProgrammingError as error:
        raise StoreError(f"{_name(parsed)}: {error}", hint="check database.url") from error


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url).set(drivername="postgresql+psycopg")
        _arguments(parsed)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "database.url cannot be read",
            hint="postgresql://user:password@host:5432/name; write @ : / % of a password as %40 %3A %2F %25",
        ) from error
    return parsed


def _name(url: URL) -> str:
    """As it may be told: where it is, and neither a password nor anything else."""
    where = urlencode({name: url.query[name] for name in _PLACE if name in url.query}, doseq=True, safe="/:,")
    name = url.set(drivername="postgresql", query={}).render_as_string(hide_password=True)
    return f"{name}?{where}" if where else name


def _arguments(url: URL) -> dict[str, Any]:
    """What libpq is told by a URL; of several hosts, as SQLAlchemy has them in a URL."""
    return dict(url.get_dialect()().create_connect_args(url)[1])


def _of_session(url: URL, application: str) -> dict[str, Any]:
    """What is asked of a connection beside, unless the URL says it."""
    ours: dict[str, Any] = {"application_name": application, **_OF_SESSION}
    options = " ".join((*url.normalized_query.get("options", ()), _SAID))
    return {name: value for name, value in ours.items() if name not in url.query} | {"options": options}


def _engine(url: URL, *, read_only: bool) -> Engine:
    """It has no limit of its own: who holds a connection is a thread, or a sender by its lock, and of both there are only
    as many as were asked for. With a limit, senders would wait for each other, and a page that is only read would wait for
    those who wait for a lock.
    """
    # In each transaction, not in the session: libpq takes a session that only reads for one of a standby.
    transactions = {"postgresql_readonly": True} if read_only else {}
    session = _of_session(url, "digest")
    try:
        engine = create_engine(
            url, pool_pre_ping=True, max_overflow=-1, connect_args=session, execution_options=transactions
        )
    except ModuleNotFoundError as error:
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
    said = getattr(getattr(error.orig, "diag", None), "message_primary", None) or str(error.orig)
    lines = [line.strip(" \t-") for line in said.splitlines()]
    return re.sub(r"^connection (failed|is bad): ", "", "; ".join(filter(None, lines)))


_LOCKED = "55P03"  # lock_not_available: it was waited for as long as was said
_AWAY = "08"
_OF_THE_URL = "url"  # no SQLSTATE: libpq will not, or the server cannot, do what it says
_FORBIDDEN = "42501"
_WORDS = {
    r"password authentication failed|no pg_hba\.conf entry|not permitted to log in|no password supplied": "28000",
    r"role .* does not exist": "28000",
    r"permission denied for database": _FORBIDDEN,
    r"database .* does not exist": "3D000",
    r"system is (starting up|shutting down|in recovery|not yet accepting)": "57P03",
    r"too many (clients|connections)|remaining connection slots": "53300",
    r"invalid (\S+ value|port number|value for parameter|command-line argument)": _OF_THE_URL,
    r"could not (match \d|parse network)|may not be used with|definition of service|unrecognized configuration": _OF_THE_URL,
    r"SSL was required|certificate|private key|channel binding required|method requirement": _OF_THE_URL,
}
# What this program needs of each, by what the server calls it. Who lacks one table lacks them all.
_RIGHTS = {
    "schema": "USAGE, CREATE ON SCHEMA {}",
    "table": "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public",
    "sequence": "USAGE ON ALL SEQUENCES IN SCHEMA public",
    "database": "CONNECT ON DATABASE {}",
}
# By SQLSTATE, or the class of it (PostgreSQL documentation, Appendix A): what it means, what to do, whether it passes.
_EXPLAINED = (
    (_LOCKED, "is in use by another process", "wait for it to finish and try again", True),
    ("40", "two processes were in each other's way", "try again", True),
    (_AWAY, "cannot be reached", "check that the server runs, and the host and port in database.url", True),
    (_OF_THE_URL, "cannot be reached as database.url says", "check database.url, also what stands after its ?", False),
    ("57P", "is shutting down or starting", "wait for it and try again", True),
    ("57014", "took longer than the server allows", "raise statement_timeout for the role, or try again", True),
    ("25P", "the transaction was left alone for too long", "try again", True),
    ("28", "refuses this login", "check user name and password in database.url", False),
    ("3D", "there is no such database", "create it, or name another one in database.url", False),
    (
        "3F",
        "has no schema where tables could be made",
        "check search_path, or GRANT USAGE, CREATE ON SCHEMA public TO ROLE",
        False,
    ),
    (_FORBIDDEN, "does not allow this", "the database's owner has to grant it", False),
    ("25006", "cannot be written to: it is read-only", "is it a standby? name the primary in database.url", False),
    ("53300", "has no connection left", "raise its max_connections, or run fewer workers", True),
    ("53100", "cannot grow: the disk is full", "make room and try again", False),
    ("53", "is short of memory or another resource", "see the server's log", True),
)
