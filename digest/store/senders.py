"""Who is sending, and who has died: a lock for each sender, which the operating system releases with its process.

A lease protects against a sender that hangs, at the price of waiting for its end. On one machine there is no need to
wait for the dead: each sender holds a lock on a file of its own beside the database, and a sender whose file is gone,
or can be locked, is no more (``flock(2)``: the lock ends with the open file, however its process ends). Locks of
``fcntl(2)`` would not do: within one process, which may send several editions at once, they see no difference between
"mine" and "another sender's", and closing one of them lets go of all.

On PostgreSQL it is a lock of a session, and a server may end the sessions of the living: at a failover, or when one of its
own processes was killed. There a sender whose lock is not held is missing, and dead only when it is missed for longer than a
sender takes to come back, or its process is seen to be gone. What it has claimed is safe to take back at once: without its
token it cannot hand that over.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upserted

from digest.errors import StoreError
from digest.store.database import Database, clock
from digest.store.postgresql import Presence, present
from digest.store.tables import senders

GRACE = timedelta(seconds=30)  # in which a sender that lives takes its lock again, when the server is there


@dataclass(frozen=True, slots=True)
class Absent:
    """Senders whose lock nobody holds, and those of them that will not come back for it."""

    missing: frozenset[int]
    dead: frozenset[int]


class SenderLock:
    """One sender's presence; entering enlists it, leaving retires it. A database in memory has no file and no peers.

    Raises StoreError when there is no place for the lock.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._beside = database.path.resolve() if database.path else None
        self._file = -1
        self._presence: Presence | None = None
        self.id = 0

    def __enter__(self) -> Self:
        row = {"host": socket.gethostname(), "process": os.getpid(), "space": _space()}
        with self._database.write(alone=False) as connection:
            row["started"] = clock(connection)
            self.id = row["id"] = connection.execute(insert(senders).values(row).returning(senders.c.id)).scalar_one()
            if self._beside is not None:  # whoever sees the row sees the lock
                self._file = _locked(_lock_of(self._beside, self.id))
        if self._database.server:
            self._presence = Presence(self._database.server, self.id, partial(_is_back, row))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._presence:
            self._presence.close()
        with suppress(StoreError), self._database.write(alone=False) as connection:  # a row that stays does no harm
            connection.execute(delete(senders).where(senders.c.id == self.id))
        if self._beside is not None:
            _lock_of(self._beside, self.id).unlink(missing_ok=True)
            os.close(self._file)

    def keep(self) -> None:
        """Sees to it that this sender is not missed. Raises StoreError."""
        if self._presence:
            self._presence.keep()

    def absent(self, connection: Connection, ids: Collection[int]) -> Absent:
        """Those of the given senders that are not there; on PostgreSQL it is written down since when, in a transaction that
        may write. One that cannot be asked counts as living until its lease is over.
        """
        others = frozenset(ids) - {self.id}
        if self._database.server:
            return _absent(connection, others)
        beside = self._beside
        ended = frozenset(sender for sender in others if beside and _has_ended(_lock_of(beside, sender)))
        return Absent(missing=ended, dead=ended)


def _absent(connection: Connection, ids: frozenset[int]) -> Absent:
    """Who comes back while their row is locked waits to say so, and then nothing of what is written here stays.

    A sender without a row has retired, or was dead before.
    """
    suspects = ids - present(connection, ids)
    if not suspects:
        return Absent(missing=suspects, dead=suspects)
    wanted = select(senders).where(senders.c.id.in_(suspects)).order_by(senders.c.id).with_for_update()
    rows = connection.execute(wanted).all()
    missing, now = suspects - present(connection, suspects), clock(connection)
    unnoticed = (senders.c.id.in_(missing), senders.c.missed.is_(None))
    connection.execute(update(senders).where(*unnoticed).values(missed=now))
    return Absent(missing, dead=missing - {row.id for row in rows if _may_return(row, now)})


def _may_return(row: Row[Any], now: datetime) -> bool:
    is_gone = row.space and row.space == _space() and _is_gone(row.process)
    return not is_gone and (row.missed or now) > now - GRACE


def _is_back(row: Mapping[str, Any], connection: Connection) -> None:
    """As it enlisted: others may have struck it off."""
    enlisted = upserted(senders).values(row)
    connection.execute(enlisted.on_conflict_do_update(index_elements=[senders.c.id], set_={"missed": None}))


def _space() -> str:
    """Where a number means one process: a machine from its start to its end, and in it a container. Empty if unknown."""
    try:
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text().strip()} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False  # it is somebody else's
    return False


def living(database: Database, ids: Collection[int]) -> frozenset[int]:
    """Those of these senders that are alive just now, for somebody who is none of them and takes nothing from them."""
    if database.server:
        with database.read() as connection:
            return present(connection, ids)
    beside = database.path.resolve() if database.path else None
    return frozenset(ids if beside is None else (one for one in ids if not _has_ended(_lock_of(beside, one))))


def _lock_of(database: Path, sender: int) -> Path:
    return database.with_name(f"{database.name}-sender-{sender}")


def _locked(path: Path) -> int:
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be locked: {error.strerror}", hint="check the permissions of the database's folder"
        ) from error
    return file


def _has_ended(path: Path) -> bool:
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        path.unlink(missing_ok=True)
        return True
    finally:
        os.close(file)
