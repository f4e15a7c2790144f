"""The last sign of life of the clockwork, for whoever watches over it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, insert, select

from digest.store.database import Database
from digest.store.tables import meta

_NAME = "heartbeat"


class Heartbeat:
    """When `digest run` was last seen; nothing after it was stopped on purpose."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> datetime | None:
        with self._database.read() as connection:
            written = connection.scalar(select(meta.c.value).where(meta.c.name == _NAME))
        return datetime.fromisoformat(written) if written else None

    def beat(self, now: datetime) -> None:
        with self._database.write() as connection:
            connection.execute(delete(meta).where(meta.c.name == _NAME))
            connection.execute(insert(meta).values(name=_NAME, value=now.isoformat()))

    def stop(self) -> None:
        with self._database.write() as connection:
            connection.execute(delete(meta).where(meta.c.name == _NAME))
