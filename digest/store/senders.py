"""Who is sending, and who has died: a lock for each sender, which the operating system releases with its process.

A lease protects against a sender that hangs, at the price of waiting for its end. On one machine there is no need to
wait for the dead: each sender holds a lock on a file of its own beside the database, and a sender whose file is gone,
or can be locked, is no more (``flock(2)``: the lock ends with the open file, however its process ends). Locks of
``fcntl(2)`` would not do: within one process, which may send several editions at once, they see no difference between
"mine" and "another sender's", and closing one of them lets go of all.
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import delete, insert

from digest.errors import StoreError
from digest.store.database import Database, clock
from digest.store.postgresql import Presence, present
from digest.store.tables import senders


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
        with self._database.write() as connection:
            row = {"started": clock(connection), "host": socket.gethostname(), "process": os.getpid()}
            self.id = connection.execute(insert(senders).values(row).returning(senders.c.id)).scalar_one()
        if self._beside is not None:
            self._file = _locked(_lock_of(self._beside, self.id))
        if self._database.server:
            self._presence = Presence(self._database.server, self.id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(StoreError), self._database.write() as connection:  # a row that stays does no harm
            connection.execute(delete(senders).where(senders.c.id == self.id))
        if self._beside is not None:
            _lock_of(self._beside, self.id).unlink(missing_ok=True)
            os.close(self._file)
        if self._presence:
            self._presence.close()

    def keep(self) -> None:
        """Sees to it that this sender still counts as living. Raises StoreError."""
        if self._presence:
            self._presence.keep()

    def dead(self, ids: Collection[int]) -> frozenset[int]:
        """Those of the given senders that have ended; one that cannot be asked counts as living until its lease is over."""
        beside = self._beside
        if self._presence:
            with self._database.read() as connection:
                return frozenset(ids) - present(connection, [*ids]) - {self.id}
        if beside is None:
            return frozenset()
        return frozenset(sender for sender in ids if sender != self.id and _has_ended(_lock_of(beside, sender)))


def living(database: Database, ids: Collection[int]) -> frozenset[int]:
    """Those of these senders that are alive, for somebody who is none of them."""
    if database.server:
        with database.read() as connection:
            return present(connection, [*ids])
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
