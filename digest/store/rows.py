"""Rows that travel into a statement as one JSON text, in the way of each database.

A statement for each row would wait for the interpreter's lock each time, while the connections keep that busy.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, bindparam, func, literal_column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import TypeEngine

from digest.store.tables import Instant


class each_given(GenericFunction[Any]):  # noqa: N801 - named as functions of SQL are
    """A table with a column ``value`` for each row."""

    inherit_cache = True


class given_at(GenericFunction[Any]):  # noqa: N801
    """What stands at a position of a row, as a type of PostgreSQL; SQLite takes values as they come."""

    inherit_cache = True


class all_of(GenericFunction[str]):  # noqa: N801
    """The values of a group as one JSON text."""

    type = String()
    inherit_cache = True


@compiles(each_given)
def _each_in_sqlite(element: each_given, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clause_expr.element, **options)})"


@compiles(each_given, "postgresql")
def _each_in_postgresql(element: each_given, compiler: SQLCompiler, **options: Any) -> str:
    return f"jsonb_array_elements(CAST({compiler.process(element.clause_expr.element, **options)} AS JSONB))"


@compiles(given_at)
def _at_in_sqlite(element: given_at, compiler: SQLCompiler, **options: Any) -> str:
    value, position, _ = element.clauses
    return f"json_extract({compiler.process(value, **options)}, '$[{compiler.process(position, **options)}]')"


@compiles(given_at, "postgresql")
def _at_in_postgresql(element: given_at, compiler: SQLCompiler, **options: Any) -> str:
    value, position, kind = (compiler.process(clause, **options) for clause in element.clauses)
    return f"CAST(({value} ->> {position}) AS {kind})"


@compiles(all_of)
def _all_in_sqlite(element: all_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clause_expr.element, **options)})"


@compiles(all_of, "postgresql")
def _all_in_postgresql(element: all_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(COALESCE(json_agg({compiler.process(element.clause_expr.element, **options)}), '[]') AS TEXT)"


ROWS = func.each_given(bindparam("rows", type_=String())).table_valued("value", name="given")
_KINDS: dict[type[TypeEngine[Any]], str] = {BigInteger: "BIGINT", Instant: "TIMESTAMPTZ", String: "TEXT"}


def given(position: int, kind: TypeEngine[Any] | None = None) -> ColumnElement[Any]:
    """The column at that position of the rows that were given: text, unless it is said to be a number or an instant."""
    kind = kind or String()
    name = _KINDS[type(kind)]
    return func.given_at(ROWS.c.value, literal_column(str(position)), literal_column(name), type_=kind)


def written(rows: Iterable[Any]) -> str:
    """Rows as the parameter ``rows``; instants among them in UTC, as both databases read them."""
    rows = list(rows)
    text = json.dumps(rows, default=_instant)
    if _NUL in text or _HALF in text:  # seldom; JSONB holds neither
        text = json.dumps([[_whole(value) for value in row] for row in rows], default=_instant)
    return text


def without_nul(value: str) -> str:
    """Text as PostgreSQL takes it."""
    return value.replace("\0", "\ufffd") if "\0" in value else value


_NUL, _HALF = "\\u0000", "\\ud"  # in JSON; half of a pair may be whole with what follows


def _whole(value: Any) -> Any:
    """Text that is Unicode: no half of a surrogate pair."""
    return without_nul(value).encode(errors="replace").decode() if isinstance(value, str) else value


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"no value of a row: {value!r}")
    return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
