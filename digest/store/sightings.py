"""What was seen of article files, for whoever looks at a folder again."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, Connection, Executable, bindparam, delete, insert, select, update

from digest.errors import StoreError
from digest.model import FolderState, Sighting
from digest.store.database import Database
from digest.store.tables import sightings

_COLUMNS = (sightings.c.path, *(sightings.c[name] for name in Sighting._fields))
_THAT_ONE = (sightings.c.source == bindparam("of"), sightings.c.path == bindparam("at"))

_WHOLE = b""  # the row of a folder itself holds its state

_T = TypeVar("_T")


class Sightings:
    """Kept in the database, which is opened when it is first asked. Without ``writes`` it is only looked at, nothing new
    is kept, and one that cannot be opened holds nothing: articles can be read without it.
    """

    def __init__(self, database: Callable[[], Database], *, writes: bool) -> None:
        self._database = database
        self._writes = writes

    def known(self, source: str) -> dict[str, Sighting]:
        """By path below the folder that ``source`` names."""
        return self._asked(lambda connection: _found(connection, _files(source))) or {}

    def within(self, source: str, state: bytes, start: int, end: int) -> dict[str, Sighting] | None:
        """Those published or first met in ``[start, end)`` and those without a date, of a folder in this very state."""
        published, seen = (_between(sightings.c[name], start, end) for name in ("published", "seen"))
        wanted = _files(source) & (published | sightings.c.published.is_(None) | seen)
        whole = select(sightings.c.hash).where(sightings.c.source == source, sightings.c.path == _WHOLE)

        def found(connection: Connection) -> dict[str, Sighting] | None:
            return _found(connection, wanted) if connection.execute(whole).scalar() == state else None

        return self._asked(found)

    def learn(self, source: str, found: Mapping[str, Sighting], gone: Collection[str], state: FolderState) -> None:
        """Keeps what was found, and forgets what is gone. When a file was first met stays as it was first written.

        The state is kept if it is certain and as many files are known: others may have learned something else meanwhile.
        """
        if not self._writes:
            return
        rows = {os.fsencode(path): sighting._asdict() for path, sighting in found.items()}
        with self._database().write() as connection:
            mine = set(connection.execute(select(sightings.c.path).where(_files(source))).scalars())
            there = rows.keys() & mine  # another process may have been quicker
            forgotten = {_WHOLE, *map(os.fsencode, gone)}
            _each(connection, delete(sightings).where(*_THAT_ONE), [{"of": source, "at": path} for path in forgotten])
            _each(connection, update(sightings).where(*_THAT_ONE), [_again(source, path, rows[path]) for path in there])
            if state.hash and len(mine - forgotten | rows.keys()) == state.files:
                rows[_WHOLE] = Sighting(0, 0, state.files, state.hash, None, None, 0)._asdict()
            new = [{"source": source, "path": path, **row} for path, row in rows.items() if path not in there]
            _each(connection, insert(sightings), new)

    def _asked(self, question: Callable[[Connection], _T]) -> _T | None:
        try:
            with self._database().read() as connection:
                return question(connection)
        except StoreError:
            if self._writes:
                raise
            return None


def _files(source: str) -> ColumnElement[bool]:
    return (sightings.c.source == source) & (sightings.c.path != _WHOLE)


def _between(column: Column[int], start: int, end: int) -> ColumnElement[bool]:
    return (column >= start) & (column < end)


def _found(connection: Connection, which: ColumnElement[bool]) -> dict[str, Sighting]:
    rows = connection.execute(select(*_COLUMNS).where(which)).all()
    return {os.fsdecode(path): Sighting._make(rest) for path, *rest in rows}


def _again(source: str, path: bytes, row: dict[str, Any]) -> dict[str, Any]:
    return {"of": source, "at": path} | {name: value for name, value in row.items() if name != "seen"}


def _each(connection: Connection, statement: Executable, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(statement, rows)
