"""What keeps editions from leaving, remembered over restarts and by all runs on one database: since when, and whether the
operator was told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from digest.store.database import Database
from digest.store.tables import meta

_PREFIX = "alarm:"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that is not as it should be, since when, and whether that was told."""

    since: datetime
    told: bool = False


class Alarms:
    """The troubles of one database, each by what it is about."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self) -> dict[str, Trouble]:
        """Those that are not over."""
        query = select(meta.c.name, meta.c.value).where(meta.c.name.startswith(_PREFIX))
        with self._database.read() as connection:
            return {name.removeprefix(_PREFIX): _trouble(value) for name, value in connection.execute(query)}

    def begin(self, about: str, now: datetime) -> Trouble:
        """The trouble as another run knows it, else one that begins now."""
        with self._database.write() as connection:
            if known := _found(connection, about):
                return known
            return _put(connection, about, Trouble(now))

    def claim(self, about: str, since: datetime) -> bool:
        """Notes that it is told, before it is; False where another run has done so."""
        with self._database.write() as connection:
            known = _found(connection, about)
            if known and known.told:
                return False
            _put(connection, about, Trouble(since, told=True))
            return True

    def keep(self, about: str, trouble: Trouble) -> None:
        with self._database.write() as connection:
            _put(connection, about, trouble)

    def forget(self, about: str) -> bool:
        """False where another run has done so."""
        with self._database.write() as connection:
            return bool(connection.execute(delete(meta).where(meta.c.name == _PREFIX + about)).rowcount)


def _found(connection: Connection, about: str) -> Trouble | None:
    value = connection.scalar(select(meta.c.value).where(meta.c.name == _PREFIX + about))
    return _trouble(value) if value else None


def _put(connection: Connection, about: str, trouble: Trouble) -> Trouble:
    value = json.dumps({"since": trouble.since.isoformat(), "told": trouble.told})
    connection.execute(delete(meta).where(meta.c.name == _PREFIX + about))
    connection.execute(insert(meta).values(name=_PREFIX + about, value=value))
    return trouble


def _trouble(value: str) -> Trouble:
    written = json.loads(value)
    return Trouble(datetime.fromisoformat(written["since"]), written["told"])
