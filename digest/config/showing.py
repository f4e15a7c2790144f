"""A configuration for reading: every value with where it comes from, and the schema that editors complete keys from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from digest.config import faults
from digest.config.delivering import Delivery
from digest.config.loading import from_environment
from digest.config.notation import written
from digest.config.tables import Config

HIDDEN = "•••"
_PASSWORD = re.compile(r"(?<=://)([^/@:]*):[^/@]*(?=@)")  # RFC 3986, 3.2.1


def show(config: Config, environ: Mapping[str, str] = os.environ) -> str:
    """The effective configuration as TOML, defaults included, secrets as ``•••``; it loads back to an equal one.

    Each value says where it comes from: ``file``, ``environment`` or ``default``.
    """
    outside = from_environment(environ, config)
    tables = (
        "\n".join((heading, *_lines(table, path, outside), *_consequences(table, config), ""))
        for heading, path, table in _tables(config)
    )
    return "\n".join(
        (*tables, *(f"# [[{key}]] is not set" for key in faults.keys(Config) if getattr(config, key) == ()))
    )


def schema() -> dict[str, Any]:
    """The JSON Schema of ``digest.toml``."""
    written_out = Config.model_json_schema(by_alias=True)
    several = written_out["properties"]["smtp"]
    written_out["properties"]["smtp"] = {
        "anyOf": [several["items"], {"type": "array", "items": several["items"]}],
        "description": several["description"],
    }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written_out, "title": "digest.toml"}


Path = tuple[str, ...]


def _tables(config: Config) -> Iterator[tuple[str, Path, BaseModel]]:
    """Each table of the file with its heading and path."""
    for key in faults.keys(Config):
        match getattr(config, key):
            case BaseModel() as table:
                yield f"[{key}]", (key,), table
            case tuple() as tables:
                yield from ((f"[[{key}]]", (key,), table) for table in tables)
            case dict() as tables:
                yield from ((f"[{key}.{name}]", (key, name), table) for name, table in tables.items())


def _lines(table: BaseModel, path: Path, outside: frozenset[Path]) -> Iterator[str]:
    values = table.model_dump(mode="json", by_alias=True)
    for name, field in type(table).model_fields.items():
        key = field.alias or name
        secret = faults.is_secret(field)
        if values[key] is None or (secret and not values[key]):
            yield f"# {key} is not set"
        elif secret and f"{key}_file" in table.model_fields_set:
            yield f"# {key} is in {key}_file"
        else:
            shown = HIDDEN if secret else _without_password(values[key])
            yield f"{key} = {written(shown)}  # {_origin(table, name, (*path, key), outside)}"


def _without_password(value: Any) -> Any:
    return _PASSWORD.sub(rf"\1:{HIDDEN}", value) if isinstance(value, str) else value


def _consequences(table: BaseModel, config: Config) -> Iterator[str]:
    """What follows from several values together."""
    if isinstance(table, Delivery):
        connections = sum(server.connections for server in config.smtp)
        most = f"{table.window} x {connections} connections = {table.window * connections}"
        yield f"# so many messages a kill makes uncertain at most: {most}"


def _origin(table: BaseModel, name: str, path: Path, outside: frozenset[Path]) -> str:
    if any(path[: len(other)] == other or other[: len(path)] == path for other in outside):
        return "environment"
    return "file" if name in table.model_fields_set else "default"
