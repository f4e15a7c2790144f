"""Reading a configuration: the file, the environment above it, the secret files both may name.

digest.toml ──▶ table ──┐
DIGEST_SMTP__PORT ──────┴─▶ layered ──▶ secrets read ──▶ validated ──▶ Config
                               └────────────┴────────────────┴───▶ faults, all at once
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

from digest.config import faults
from digest.config.tables import Config
from digest.config.values import nearest
from digest.errors import ConfigError

PREFIX = "DIGEST_"
NOT_SETTINGS = re.compile(r"DIGEST_(CONFIG|ACCEPT_GOLDEN|TEST_.*)")  # names in the environment that mean other things
_SECRETS = tuple(faults.secrets(Config))
_AT_LINE = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column \d+\)", re.DOTALL)

Table = dict[str, Any]


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Config:
    """The configuration in the file ``path``, with ``DIGEST_…`` variables above it and the files of secrets read.

    Raises ConfigError with every fault at once, each beginning with its key.
    """
    table = _read(path)
    variables = _variables(environ, table)
    above = _nested(variables)
    folder = path.absolute().parent
    data, unreadable = _with_password(_layered(_without_displaced(table, above), above), folder)
    found = [
        *_unknown_variables(variables),
        *_twins(table, "the file"),
        *_twins(above, "the environment"),
        *unreadable,
    ]
    config = None
    try:
        config = Config.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        found.extend(faults.lines(error, Config, {key: name for key, (name, _) in variables.items()}))
    if found or config is None:
        count = "one fault" if len(found) == 1 else f"{len(found)} faults"
        raise ConfigError(f"{path}: {count} in the configuration", faults=tuple(found))
    return config


def from_environment(environ: Mapping[str, str], config: Config) -> frozenset[tuple[str, ...]]:
    """The keys that the environment sets, as paths."""
    return frozenset(_variables(environ, {"digests": config.digests}))


# --- the two layers ----------------------------------------------------------------------------------------------


def _read(path: Path) -> Table:
    hint = "run `digest init` to write one, or name another with -c"
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file", hint=hint) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not a text file in UTF-8", hint="save it as UTF-8") from None
    try:
        return tomllib.loads(text)
    except ValueError as error:  # TOMLDecodeError, or a number of thousands of digits
        found = _AT_LINE.fullmatch(str(error))
        where = f"line {found['line']}" if found else "at its end"
        fault = f"{where}: {found['what'] if found else error}"
        raise ConfigError(f"{path}: not valid TOML", faults=(fault,), hint="see https://toml.io") from None


def _variables(environ: Mapping[str, str], table: Table) -> dict[tuple[str, ...], tuple[str, str]]:
    """Name and value of each ``DIGEST_…`` variable, by the path of the key it sets.

    A variable cannot hold the hyphen of a digest's name: ``DIGEST_DIGESTS__AI_NEWS__AT`` is about ``ai-news`` if the
    file has that one.
    """
    names = table.get("digests", {})
    spelled = {name.replace("-", "_"): name for name in names} if isinstance(names, dict) else {}
    found = {}
    for variable, value in environ.items():
        if variable.startswith(PREFIX) and not NOT_SETTINGS.fullmatch(variable):
            path = variable.removeprefix(PREFIX).lower().split("__")
            if len(path) > 1 and path[0] == "digests":
                path[1] = spelled.get(path[1], path[1])
            found[tuple(path)] = (variable, value)
    return dict(sorted(found.items()))


def _nested(variables: Mapping[tuple[str, ...], tuple[str, str]]) -> Table:
    """The variables as tables. One whose own key is a table (``DIGEST_SMTP``) comes first and may hold JSON."""
    data: Table = {}
    for path, (_, value) in variables.items():
        if path[0] not in faults.keys(Config):
            continue
        table = data
        for part in path[:-1]:
            if not isinstance(table.get(part), dict):
                table[part] = {}
            table = table[part]
        table[path[-1]] = value if path in _SECRETS else _decoded(value)
    return data


def _decoded(value: str) -> Any:
    """Lists and tables are written as JSON; everything else is text that its key knows how to read."""
    if value.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _layered(below: Table, above: Table) -> Table:
    """One table of both; what ``above`` says wins, key by key."""

    class Layers(BaseSettings, extra="allow"):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            *_ours_only: PydanticBaseSettingsSource,
            **_nor_these: PydanticBaseSettingsSource,
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return InitSettingsSource(settings_cls, above), InitSettingsSource(settings_cls, below)

    return Layers().model_extra or {}


# --- secrets and their files -------------------------------------------------------------------------------------


def _twins(layer: Table, where: str) -> Iterator[str]:
    """A fault for each secret that one layer gives twice, by value and by file."""
    for table, key in _SECRETS:
        if {key, f"{key}_file"} <= _table(layer, table).keys():
            yield f"{table}.{key}: {where} sets {key}_file too; keep one of them"


def _without_displaced(below: Table, above: Table) -> Table:
    """``below`` without the secrets, and files of secrets, whose twin ``above`` sets."""
    kept = dict(below)
    for table, key in _SECRETS:
        for twin, other in ((key, f"{key}_file"), (f"{key}_file", key)):
            if twin in _table(above, table):
                kept[table] = {name: value for name, value in _table(kept, table).items() if name != other}
    return kept


def _with_password(data: Table, folder: Path) -> tuple[Table, tuple[str, ...]]:
    """The data with the mail server's password read from its file, and what went wrong with that."""
    smtp = _table(data, "smtp")
    name = smtp.get("password_file")
    if not isinstance(name, str) or not name or "password" in smtp:
        return data, ()
    path = folder / Path(name).expanduser()
    try:
        password = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "not a text file"
        return data, (f"smtp.password_file: {path} cannot be read: {why}",)
    if not password:
        return data, (f"smtp.password_file: {path} is empty",)
    return {**data, "smtp": {**smtp, "password": password}}, ()


def _table(data: Table, key: str) -> Table:
    found = data.get(key)
    return found if isinstance(found, dict) else {}


def _unknown_variables(variables: Mapping[tuple[str, ...], tuple[str, str]]) -> Iterator[str]:
    known = faults.keys(Config)
    for path, (name, _) in variables.items():
        if path[0] not in known:
            near = nearest(path[0], known)
            yield f"{name}: unknown setting in the environment" + (
                f"; nearest known: {PREFIX}{near.upper()}__…" if near else ""
            )
