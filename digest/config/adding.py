"""Sources added to a configuration file, in which nothing else changes: its comments, its order, the ends of its lines."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.items import Array

from digest.config.gathering import Source
from digest.config.notation import written

_MARK = "\ufeff"


def sources(text: str) -> tuple[Mapping[str, Any], ...]:
    """The sources that a file has already, which may begin with a byte order mark. Raises ValueError where it is no TOML, or they are no list of tables."""
    found = tomllib.loads(text.removeprefix(_MARK)).get("sources", [])
    if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
        raise ValueError("sources: is no list of tables; write [[sources]]")
    return tuple(found)


def objection(added: Mapping[str, str]) -> str:
    """What the configuration has against a source, "" where it has nothing."""
    try:
        Source.model_validate(dict(added))
    except ValidationError as error:
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return ""


def with_sources(text: str, added: Sequence[Mapping[str, str]]) -> str:
    """The file with more sources: as tables at its end, or within the list where they are written as one."""
    if not added:
        return text
    if text.startswith(_MARK):
        return _MARK + with_sources(text.removeprefix(_MARK), added)
    document = tomlkit.parse(text)
    listed = document.get("sources")
    if isinstance(listed, Array):
        for table in added:
            inline = tomlkit.inline_table()
            inline.update(table)
            listed.append(inline)
        return tomlkit.dumps(document)
    end = "\r\n" if "\r\n" in text else "\n"
    gap = end if text.endswith("\n") or not text else end * 2
    return text + gap + "\n".join(tables(added)).replace("\n", end)


def tables(added: Sequence[Mapping[str, str]]) -> list[str]:
    """Each source as a table of the file."""
    return ["[[sources]]\n" + "".join(f"{key} = {written(value)}\n" for key, value in table.items()) for table in added]
