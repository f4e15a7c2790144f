"""What was seen of article files, for whoever looks at a folder again."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Executable, bindparam, delete, insert, select, update

from digest.errors import StoreError
from digest.model import Sighting
from digest.store.database import Database
from digest.store.tables import sightings

_COLUMNS = (sightings.c.path, *(sightings.c[name] for name in Sighting._fields))
_THAT_ONE = (sightings.c.source == bindparam("of"), sightings.c.path == bindparam("at"))


class Sightings:
    """Kept in the database, which is opened when it is first asked. Without ``writes`` it is only looked at, nothing new
    is kept, and one that cannot be opened holds nothing: articles can be read without it.
    """

    def __init__(self, database: Callable[[], Database], *, writes: bool) -> None:
        self._database = database
        self._writes = writes

    def known(self, source: str) -> dict[str, Sighting]:
        """By path below the folder that ``source`` names."""
        try:
            with self._database().read() as connection:
                rows = connection.execute(select(*_COLUMNS).where(sightings.c.source == source)).all()
        except StoreError:
            if self._writes:
                raise
            return {}
        return {os.fsdecode(path): Sighting._make(rest) for path, *rest in rows}

    def learn(self, source: str, found: Mapping[str, Sighting], gone: Collection[str]) -> None:
        """Keeps what was found, and forgets what is gone. When a file was first met stays as it was first written."""
        if not self._writes:
            return
        rows = {os.fsencode(path): sighting._asdict() for path, sighting in found.items()}
        with self._database().write() as connection:
            mine = connection.execute(select(sightings.c.path).where(sightings.c.source == source)).scalars()
            there = rows.keys() & mine  # another process may have been quicker
            _each(connection, delete(sightings).where(*_THAT_ONE), [{"of": source, "at": os.fsencode(p)} for p in gone])
            _each(connection, update(sightings).where(*_THAT_ONE), [_again(source, path, rows[path]) for path in there])
            new = [{"source": source, "path": path, **row} for path, row in rows.items() if path not in there]
            _each(connection, insert(sightings), new)


def _again(source: str, path: bytes, row: dict[str, Any]) -> dict[str, Any]:
    return {"of": source, "at": path} | {name: value for name, value in row.items() if name != "seen"}


def _each(connection: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
