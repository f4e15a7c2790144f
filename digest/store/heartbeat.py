"""Signs of life of those who publish and send, for whoever watches over them."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text

from digest.store.database import Database
from digest.store.tables import meta

FRESH = timedelta(minutes=3)  # they come each minute
_PREFIX = "heartbeat:"
_KEPT = timedelta(days=1)  # of who ended without a word
_BEAT = text(
    "INSERT INTO meta (name, value) VALUES (:who, :at) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)  # in the words of both databases
_IS_BEAT = meta.c.name.startswith(_PREFIX, autoescape=True)


class Heartbeat:
    """When each process that publishes was last seen; nothing of those that were stopped on purpose."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._mine = f"{_PREFIX}{socket.gethostname()}:{os.getpid()}"

    def last(self) -> datetime | None:
        """When one of them was last seen."""
        return max(self._beats().values(), default=None)

    def alive(self, now: datetime) -> tuple[str, ...]:
        """Those that are at work, each as ``host:process``; not one that was killed while it had another time."""
        return tuple(sorted(who for who, seen in self._beats().items() if abs(now - seen) < FRESH))

    def beat(self, now: datetime) -> None:
        with self._database.write(alone=False) as connection:
            connection.execute(_BEAT, {"who": self._mine, "at": now.isoformat()})
            connection.execute(delete(meta).where(_IS_BEAT, meta.c.value < (now - _KEPT).isoformat()))

    def stop(self) -> None:
        with self._database.write(alone=False) as connection:
            connection.execute(delete(meta).where(meta.c.name == self._mine))

    def _beats(self) -> dict[str, datetime]:
        with self._database.read() as connection:
            rows = connection.execute(select(meta.c.name, meta.c.value).where(_IS_BEAT)).all()
        return {row.name.removeprefix(_PREFIX): datetime.fromisoformat(row.value) for row in rows}
