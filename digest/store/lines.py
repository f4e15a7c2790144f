r"""Tables as lines of text: the form in which PostgreSQL's COPY writes and reads rows, and a SQLite file can be put too.

    id \t address \t … \n        a line for each row, in the order of the primary key; \N is nothing, and what would end a
                                 cell or a line is escaped (PostgreSQL documentation, COPY, "Text Format")

Equal rows are equal lines whichever database they come from, so that a hash over them compares two tables. Instants are in
UTC with six digits of a second, booleans 0 and 1, bytes in hexadecimal; a NUL in text is what it becomes on PostgreSQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import JSON, Boolean, Column, Connection, LargeBinary, String, Table, insert, text
from sqlalchemy.exc import DBAPIError

from digest.store.rows import without_nul
from digest.store.tables import Instant

AT_ONCE = 1000  # rows
_OPTIONS = "ENCODING 'UTF8'"
_CONTROLS = {ord(char): f"\\{name}" for char, name in zip("\b\f\n\r\t\v", "bfnrtv", strict=True)}
_RARE = re.compile("[\b\f\r\v]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANT = dict(zip("bfnrtv", "\b\f\n\r\t\v", strict=True))


def blocks(connection: Connection, table: Table) -> Iterator[bytes]:
    """All rows of a table, some whole lines at a time."""
    return _from_postgresql(connection, table) if _is_postgresql(connection) else _from_sqlite(connection, table)


def fill(connection: Connection, table: Table, lines: Iterable[bytes]) -> None:
    """Adds rows, given as blocks of whole lines, to a table that was emptied in this transaction."""
    if _is_postgresql(connection):
        command = (
            f"COPY {table.name} ({_names(table)}) FROM STDIN ({_OPTIONS}, FREEZE)"  # no vacuum has to write it again
        )
        with _cursor(connection) as cursor, cursor.copy(command) as copy:
            for block in lines:
                copy.write(block)
    else:
        for block in lines:
            _insert(connection, table, block)


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds many rows, all with the same columns, as Python has them."""
    if not _is_postgresql(connection):
        connection.execute(insert(table), rows)
        return
    command = f"COPY {table.name} ({', '.join(rows[0])}) FROM STDIN ({_OPTIONS})"
    with _cursor(connection) as cursor, cursor.copy(command) as copy:
        copy.write(_lines([tuple(map(_cell, row.values())) for row in rows]).encode())


def _cell(value: str | datetime | int | None) -> str:
    if isinstance(value, str):
        return value.replace("\\", r"\\")
    return r"\N" if value is None else str(value)


def _names(table: Table) -> str:
    return ", ".join(column.name for column in table.columns)


def _is_postgresql(connection: Connection) -> bool:
    return connection.dialect.name == "postgresql"


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


def _from_postgresql(connection: Connection, table: Table) -> Iterator[bytes]:
    cells = ", ".join(map(_postgresql_cell, table.columns))
    order = ", ".join(map(_bytewise, table.primary_key))
    query = f"SELECT {cells} FROM {table.name} ORDER BY {order}"  # noqa: S608 - names of our own tables
    with _cursor(connection) as cursor, cursor.copy(f"COPY ({query}) TO STDOUT ({_OPTIONS})") as copy:
        rows = iter(copy)
        while block := b"".join(islice(rows, AT_ONCE)):
            yield block


def _postgresql_cell(column: Column[Any]) -> str:
    match column.type:
        case Instant():
            return f"to_char({column.name} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')"
        case Boolean():
            return f"CAST({column.name} AS INTEGER)"
        case _:
            return str(column.name)


def _bytewise(column: Column[Any]) -> str:
    """In the order of SQLite, which knows no other."""
    return f'{column.name} COLLATE "C"' if isinstance(column.type, String) else str(column.name)


@contextmanager
def _cursor(connection: Connection) -> Iterator[Any]:
    """The driver's own, since SQLAlchemy has no COPY; its errors are those of SQLAlchemy all the same."""
    error_of_driver = connection.dialect.loaded_dbapi.Error
    try:
        with closing(connection.connection.cursor()) as cursor:
            yield cursor
    except error_of_driver as error:
        raise DBAPIError.instance("COPY", None, error, error_of_driver) from error


# --- SQLite -----------------------------------------------------------------------------------------------------------


def _from_sqlite(connection: Connection, table: Table) -> Iterator[bytes]:
    cells = ", ".join(map(_sqlite_cell, table.columns))
    order = ", ".join(column.name for column in table.primary_key)
    query = f"SELECT {cells} FROM {table.name} ORDER BY {order}"  # noqa: S608 - names of our own tables
    found = connection.exec_driver_sql(query)
    while rows := found.fetchmany(AT_ONCE):
        yield _lines(rows).encode()


def _sqlite_cell(column: Column[Any]) -> str:
    name = column.name
    match column.type:
        case LargeBinary():
            cell = rf"'\\x' || lower(hex({name}))"
        case String() | JSON():
            cell = rf"replace({name}, '\', '\\')"
        case _:
            cell = f"CAST({name} AS TEXT)"
    return rf"CASE WHEN {name} IS NULL THEN '\N' ELSE {cell} END"


def _lines(rows: Sequence[Sequence[str]]) -> str:
    """Few cells hold what has to be escaped, so that it is looked for in all of them at once."""
    joined = "\n".join(map("\t".join, rows)) + "\n"
    if "\0" in joined:
        return _lines([tuple(map(without_nul, row)) for row in rows])
    tabs = len(rows) * (len(rows[0]) - 1)
    if joined.count("\n") == len(rows) and joined.count("\t") == tabs and not _RARE.search(joined):
        return joined
    return "".join("\t".join(cell.translate(_CONTROLS) for cell in row) + "\n" for row in rows)


def _insert(connection: Connection, table: Table, block: bytes) -> None:
    places = ", ".join("?" for _ in table.columns)
    binary = [isinstance(column.type, LargeBinary) for column in table.columns]
    rows = [_values(line, binary) for line in block.decode().split("\n")[:-1]]
    connection.exec_driver_sql(f"INSERT INTO {table.name} ({_names(table)}) VALUES ({places})", rows)  # noqa: S608


def _values(line: str, binary: list[bool]) -> tuple[str | bytes | None, ...]:
    """Numbers may stay text: SQLite makes of them what the column is for."""
    return tuple(map(_value, line.split("\t"), binary))


def _value(cell: str, is_binary: bool) -> str | bytes | None:
    if cell == r"\N":
        return None
    if is_binary:
        return bytes.fromhex(cell.removeprefix(r"\\x"))
    return _ESCAPE.sub(lambda found: _MEANT.get(found[1], found[1]), cell) if "\\" in cell else cell


# --- ids --------------------------------------------------------------------------------------------------------------


def last_id(connection: Connection, table: Table) -> int | None:
    """The last id that was given away, though its row may be gone; None if there was none."""
    if table.autoincrement_column is None:
        return None
    used = connection.execute(text(f"SELECT max(id) FROM {table.name}")).scalar()  # noqa: S608 - our own table
    if _is_postgresql(connection):
        query = text("SELECT pg_sequence_last_value(CAST(pg_get_serial_sequence(:name, 'id') AS REGCLASS))")
    elif table.dialect_options["sqlite"]["autoincrement"]:
        query = text("SELECT seq FROM sqlite_sequence WHERE name = :name")
    else:
        return used
    return max(filter(None, (used, connection.execute(query, {"name": table.name}).scalar())), default=None)


def go_on_after(connection: Connection, table: Table, last: int | None) -> None:
    """The next id follows the last one that was given away: none is used twice."""
    if last is None:
        return
    given = {"name": table.name, "last": last}
    if _is_postgresql(connection):
        connection.execute(text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)"), given)
    elif table.dialect_options["sqlite"]["autoincrement"]:
        connection.execute(text("DELETE FROM sqlite_sequence WHERE name = :name"), given)
        connection.execute(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :last)"), given)
