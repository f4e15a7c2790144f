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
_LATER = ("web", "secret_key")  # read when it is needed: articles can be looked at without it
_AT_LINE = re.compile(r"(?P<what>.*) \(at line (?P<line>\d+), column \d+\)", re.DOTALL)

Table = dict[str, Any]


def load(path: Path, environ: Mapping[str, str] = os.environ, *, instead: str = "") -> Config:
    """The configuration in the file ``path``, with ``DIGEST_…`` variables above it and the files of secrets read.

    ``instead`` is what the file is going to hold. Raises ConfigError with every fault at once, each beginning with its key.
    """
    table = _alone(_table(path, instead or _read(path)))
    variables = _variables(environ, table)
    above = _nested(variables)
    folder = path.absolute().parent
    data, unreadable = _with_secrets(_layered(_without_displaced(table, above), above), folder)
    found = [
        *_unknown_variables(variables),
        *_about_which(variables, table),
        *_twins(table, "the file"),
        *_twins(above, "the environment"),
        *unreadable,
    ]
    config = None
    try:
        config = Config.model_validate(data, context={"folder": folder})
    except ValidationError as error:
        found.extend(
            faults.lines(error, Config, {key: name for key, (name, _) in variables.items()}, alone=_single(data))
        )
    if found or config is None:
        count = "one fault" if len(found) == 1 else f"{len(found)} faults"
        raise ConfigError(f"{path}: {count} in the configuration", faults=tuple(found))
    return config


def from_environment(environ: Mapping[str, str], config: Config) -> frozenset[tuple[str, ...]]:
    """The keys that the environment sets, as paths."""
    return frozenset(_variables(environ, {"digests": config.digests}))


# --- the two layers ----------------------------------------------------------------------------------------------


def _read(path: Path) -> str:
    hint = "run `digest init` to write one, or name another with -c"
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file", hint=hint) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not a text file in UTF-8", hint="save it as UTF-8") from None


def _table(path: Path, text: str) -> Table:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
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
        for name, given in _tables(layer, table):
            if {key, f"{key}_file"} <= given.keys():
                yield f"{name}.{key}: {where} sets {key}_file too; keep one of them"


def _without_displaced(below: Table, above: Table) -> Table:
    """``below`` without the secrets, and files of secrets, whose twin ``above`` sets."""
    kept = dict(below)
    for table, key in _SECRETS:
        for twin, other in ((key, f"{key}_file"), (f"{key}_file", key)):
            if any(twin in given for _, given in _tables(above, table)) and isinstance(kept.get(table), dict):
                kept[table] = {name: value for name, value in kept[table].items() if name != other}
    return kept


def _with_secrets(data: Table, folder: Path) -> tuple[Table, tuple[str, ...]]:
    """The data with each secret read from its file, and what went wrong with that."""
    whole, faulty = dict(data), []
    for table, key in _SECRETS:
        if (table, key) == _LATER:
            continue
        read = []
        for name, given in _tables(whole, table):
            secret, fault = _from_file(given, key, folder)
            read.append(given if secret is None else {**given, key: secret})
            if fault:
                faulty.append(f"{name}.{key}_file: {fault}")
        if read:
            whole[table] = read[0] if isinstance(whole[table], dict) else read
    return whole, tuple(faulty)


def _from_file(given: Table, key: str, folder: Path) -> tuple[str | None, str]:
    """A secret from the file that is named for it, or what is wrong with that file; neither where none is named."""
    name = given.get(f"{key}_file")
    if not isinstance(name, str) or not name or key in given:
        return None, ""
    path = folder / Path(name).expanduser()
    try:
        secret = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        return None, f"{path} cannot be read: {getattr(error, 'strerror', None) or 'not a text file'}"
    return (secret, "") if secret else (None, f"{path} is empty")


# --- tables that may be written once, or several times -----------------------------------------------------------


def _tables(data: Table, key: str) -> list[tuple[str, Table]]:
    """The tables under a key with their names: ``smtp``, or ``smtp[1]``, ``smtp[2]`` of several."""
    found = data.get(key)
    if isinstance(found, list):
        return [(f"{key}[{n}]", table) for n, table in enumerate(found, 1) if isinstance(table, dict)]
    return [(key, found)] if isinstance(found, dict) else []


def _alone(data: Table) -> Table:
    """A single ``[[smtp]]`` is what ``[smtp]`` is."""
    match data.get("smtp"):
        case [dict() as only]:
            return {**data, "smtp": only}
    return data


def _single(data: Table) -> frozenset[str]:
    return frozenset({"smtp"} if isinstance(data.get("smtp"), dict) else ())


def _about_which(variables: Mapping[tuple[str, ...], tuple[str, str]], table: Table) -> Iterator[str]:
    """A fault for each variable that would have to say which of several servers it means."""
    if isinstance(table.get("smtp"), list):
        for path, (name, _) in variables.items():
            if path[0] == "smtp" and len(path) > 1:
                yield f"{name}: there are several [[smtp]], and it does not say which; use {path[-1]} in the file"


def _unknown_variables(variables: Mapping[tuple[str, ...], tuple[str, str]]) -> Iterator[str]:
    known = faults.keys(Config)
    for path, (name, _) in variables.items():
        if path[0] not in known:
            near = nearest(path[0], known)
            yield f"{name}: unknown setting in the environment" + (
                f"; nearest known: {PREFIX}{near.upper()}__…" if near else ""
            )
