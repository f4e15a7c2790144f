"""The words for what is wrong with a configuration: one line for each fault, beginning with its key.

The values of secrets never stand in a line, and the validating library's own words only where we have none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from digest.config.notation import written
from digest.config.values import nearest

_USER = re.compile(r"[^\s/'\":]+:[^\s/'\"]+@")  # a name and a password, as they stand before a host
_SHOWN = 60  # characters of a wrong value that are repeated

_KINDS = {
    "int": "expected a whole number",
    "float": "expected a number",
    "bool": "expected true or false",
    "string": "expected text in quotes",
    "tuple": "expected a list",
    "dict": "expected a table",
    "model": "expected a table",
    "path": "expected a path in quotes",
}
_BOUNDS = {"greater_than_equal": "must be at least {ge:g}", "less_than_equal": "must be at most {le:g}"}


def keys(table: type[BaseModel]) -> dict[str, FieldInfo]:
    """The fields of a table by the keys they have in the file."""
    return {field.alias or name: field for name, field in table.model_fields.items()}


def inner_table(field: FieldInfo) -> type[BaseModel] | None:
    """The table that a field holds, be it one, a list of them, or several under names."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr


def secrets(table: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """The paths of every secret; none of them lies in a list or under a name of its own."""
    for key, field in keys(table).items():
        if is_secret(field):
            yield (key,)
        elif (inner := inner_table(field)) is not None:
            yield from ((key, *path) for path in secrets(inner))


def lines(
    error: ValidationError,
    root: type[BaseModel],
    variables: dict[tuple[str, ...], str],
    *,
    alone: Collection[str] = (),
) -> tuple[str, ...]:
    """One line for each fault. ``variables`` names the environment variable of each key that was set by one; ``alone``
    are the lists that were written as the one table in them.
    """
    return tuple(
        _line(details, root, variables, alone)
        for details in error.errors(include_url=False)
        if not (details["type"] == "too_short" and details["input"])  # its entries are at fault, and named already
    )


def unknown(word: str, known: Collection[str]) -> str:
    """``unknown key``, with the key that was meant, or all of them."""
    near = nearest(word, known)
    return f"unknown key; nearest known key: {near}" if near else f"unknown key; known keys: {', '.join(sorted(known))}"


def _line(
    details: ErrorDetails, root: type[BaseModel], variables: dict[tuple[str, ...], str], alone: Collection[str]
) -> str:
    path = tuple(part for part in details["loc"] if part != "[key]")
    if path[0] in alone and path[1:2] == (0,):
        path = (path[0], *path[2:])
    if details["type"] == "rule":
        path = (*path, details["ctx"]["key"])
    name = ".".join(f"[{part + 1}]" if isinstance(part, int) else str(part) for part in path).replace(".[", "[")
    words = tuple(str(part) for part in path)
    variable = next((variables[words[:n]] for n in range(len(words), 0, -1) if words[:n] in variables), "")
    return f"{name}{f' (from {variable})' if variable else ''}: {_USER.sub('•••@', _what(details, root, path))}"


def _what(details: ErrorDetails, root: type[BaseModel], path: Sequence[str | int]) -> str:
    kind, context = details["type"], details.get("ctx", {})
    table, field = _find(root, path)
    match kind:
        case "extra_forbidden":
            return unknown(str(path[-1]), keys(table))
        case "missing":
            example = field.examples[0] if field and field.examples else None
            return "missing" if example is None else f"missing; for example: {path[-1]} = {written(example)}"
        case "value_error":
            return str(context["error"])
        case "rule":
            return details["msg"]
        case "literal_error" | "enum":
            said = f"expected {context['expected']}"
        case "too_short" | "string_too_short":
            return "must not be empty"
        case "string_pattern_mismatch":
            said = "not in the form that is expected"
        case _ if kind in _BOUNDS:
            said = _BOUNDS[kind].format(**context)
        case _:
            said = _KINDS.get(kind.partition("_")[0]) or details["msg"].lower()
    may_hold_a_secret = field is None or is_secret(field) or inner_table(field) is not None
    return said if may_hold_a_secret else f"{said}, found {_found(details['input'])}"


def _found(value: Any) -> str:
    try:
        text = written(value)
    except ValueError:
        text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _find(root: type[BaseModel], path: Sequence[str | int]) -> tuple[type[BaseModel], FieldInfo | None]:
    """The innermost table on the way of ``path``, and the field at its end if that is one."""
    table, field = root, None
    for part in path:
        if (known := keys(table).get(str(part))) is not None:
            field = known
            table = inner_table(known) or table
        elif field is None or inner_table(field) is None:
            return table, None
    return table, field
