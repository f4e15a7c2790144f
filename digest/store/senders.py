"""Who is sending, and who has died: a lock for each sender, which the operating system releases with its process.

A lease protects against a sender that hangs, at the price of waiting for its end. On one machine there is no need to
wait for the dead: each sender holds a lock on one byte of a file beside the database, and a byte that can be locked
belongs to nobody who lives (``fcntl(2)``: a process's locks end with it, however it ends).
"""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from sqlalchemy import insert

from digest.store.database import Database, clock
from digest.store.tables import senders


class SenderLock:
    """One sender's presence; entering enlists it, leaving retires it. A database in memory has no file and no peers."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file = -1
        self.id = 0

    def __enter__(self) -> Self:
        with self._database.write() as connection:
            row = {"started": clock(connection), "host": socket.gethostname(), "process": os.getpid()}
            self.id = connection.execute(insert(senders).values(row).returning(senders.c.id)).scalar_one()
        if path := self._database.path:
            self._file = os.open(path.with_name(f"{path.name}-senders"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, self.id)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file != -1:
            os.close(self._file)
            self._file = -1

    def dead(self, ids: Iterable[int]) -> frozenset[int]:
        """Those of the given senders whose process has ended."""
        if self._file == -1:
            return frozenset()
        return frozenset(sender for sender in ids if sender != self.id and self._is_free(sender))

    def _is_free(self, sender: int) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, sender)
        except OSError:
            return False
        fcntl.lockf(self._file, fcntl.LOCK_UN, 1, sender)
        return True
