"""What keeps editions from leaving, remembered over restarts: since when, and whether the operator was told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select

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

    def keep(self, about: str, trouble: Trouble) -> None:
        value = json.dumps({"since": trouble.since.isoformat(), "told": trouble.told})
        with self._database.write() as connection:
            connection.execute(delete(meta).where(meta.c.name == _PREFIX + about))
            connection.execute(insert(meta).values(name=_PREFIX + about, value=value))

    def forget(self, about: str) -> None:
        with self._database.write() as connection:
            connection.execute(delete(meta).where(meta.c.name == _PREFIX + about))


def _trouble(value: str) -> Trouble:
    written = json.loads(value)
    return Trouble(datetime.fromisoformat(written["since"]), written["told"])
