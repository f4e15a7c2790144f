"""YAML front matter as its author wrote it: text, lists and mappings, and no guess at what a text may mean.

YAML 1.1 would make 2025 of a title, 8 of ``010``, False of ``no``, and raise in the middle of a file for 31 February.
ryaml reads five times as fast as libyaml but gives numbers and switches as such, so they are made text again, and where
that text is not sure to be what was written (``1.10``, ``0x10``, ``True``), or ryaml refuses, libyaml is asked.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import cached_property
from typing import Any

import ryaml
import yaml

from digest.sources.defects import TOLD, Defect, FormatError, TooDeepError, twice

try:
    from yaml import CBaseLoader as _BaseLoader
except ImportError:  # PyYAML built without libyaml
    from yaml import BaseLoader as _BaseLoader  # type: ignore[assignment]  # the same promise, written in Python

# libyaml's composer recurses in C for each opener and takes the whole process down at some 30,000 levels, and ryaml's
# time grows with the square of them. So many openers, or so long a run of them at a line's start, hold no real fields.
_OPENERS = 1_000
_RUN_OF_OPENERS = re.compile(r"^[-?: \t]{1000}", re.MULTILINE)

_ALIAS = re.compile(r"(?<![^\s\[\]{},:\"'-])\*\S")  # ryaml copies what an alias stands for, libyaml points to it
_TAG = re.compile(r"(?<![^\s\[{,:-])!")
# Of what ryaml makes a number or a switch that Python writes differently. The + of a time zone is none of it.
_DISGUISES = ("+", "0x", "0o", "0b", "True", "TRUE", "False", "FALSE")
_DISGUISED = re.compile(r"(?<![^\s\[{,:-])(?:(?<!\d )\+[\d.]|0[xob]|(?:True|TRUE|False|FALSE)\b)")
_MERGE = "<<"  # of YAML 1.1, which ryaml does not know
_MERGED = 10_000  # fields that are merged in: a small file can merge millions
_FROM_THE_START = ("while scanning", "while parsing a flow")  # of these errors, what began them is at fault
_ENDED = "<document start>"
_HINT = "a value that holds a colon, a quote or a # has to stand in quotes"


def read(source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of a YAML mapping, of two with one name the first. Raises FormatError."""
    if source.count("[") + source.count("{") > _OPENERS or _RUN_OF_OPENERS.search(source):
        raise FormatError(f"it holds more than {_OPENERS:,} lists and objects", 0, mendable=False)
    try:
        return _fields(_quickly(source)), ()
    except _UnsureError:
        fields, twice = _exactly(source)
        return _fields(fields), twice


def _fields(found: Any) -> dict[str, Any]:
    if isinstance(found, dict):
        return found
    if found:
        raise FormatError("it holds no fields", 0, "write one `name: value` a line", mendable=False)
    return {}


class _UnsureError(Exception):
    """ryaml refuses, or its answer is not for sure what was written."""


def _quickly(source: str) -> Any:
    """What ryaml reads, as text. Raises _UnsureError."""
    if _MERGE in source or ("*" in source and _ALIAS.search(source)) or ("!" in source and _TAG.search(source)):
        raise _UnsureError
    try:
        found = ryaml.loads(source)  # type: ignore[attr-defined]  # it is exported, but does not say so
    except ValueError as error:
        raise _UnsureError from error
    return _Written(source).of(found)


class _Written:
    """Values as the text that stands for them in the source."""

    def __init__(self, source: str) -> None:
        self._source = source

    def of(self, value: Any) -> Any:
        """A value with all scalars in it as text; nothing (``~``, ``null``) is "". Raises _UnsureError."""
        match value:
            case str():
                return value
            case dict():
                return {self.of(key): self.of(item) for key, item in value.items()}
            case list():
                return list(map(self.of, value))
            case None:
                return ""
            case bool() if self._plain:
                return "true" if value else "false"
            case int() if value and self._plain:  # 0 may have been -0
                return str(value)
            case _:
                raise _UnsureError

    @cached_property
    def _plain(self) -> bool:
        """Whether every switch and every whole number of the source is written as Python would write it."""
        return not any(map(self._source.__contains__, _DISGUISES)) or not _DISGUISED.search(self._source)


class _Loader(_BaseLoader):
    """Of two fields with one name it keeps the first, and notes the second. What ``<<`` names is merged in."""

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._lines = source.split("\n")
        self._merged = 0
        self.twice: list[Defect] = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        found: dict[Hashable, Any] = {}
        others: list[dict[Hashable, Any]] = []
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "found unhashable key", name.start_mark)
            if name.value == _MERGE and isinstance(value, yaml.CollectionNode):
                merged = self.construct_object(value, deep=True)
                others += (
                    item for item in (merged if isinstance(merged, list) else [merged]) if isinstance(item, dict)
                )
            elif name.value not in found:
                found[name.value] = self.construct_object(value, deep=deep)
            elif len(self.twice) < TOLD:
                begin, end = name.start_mark.line, value.end_mark.line
                lost = "\n".join(self._lines[begin : max(end, begin + 1)])
                self.twice.append(twice(name.value, begin + 1, lost))
        return self._with(found, others)

    def _with(self, found: dict[Hashable, Any], others: list[dict[Hashable, Any]]) -> dict[Hashable, Any]:
        """The fields, and those of the others that have no such name; the first of the others wins. Raises FormatError."""
        self._merged += sum(map(len, others))
        if self._merged > _MERGED:
            raise FormatError(f"it merges more than {_MERGED:,} fields", 0, mendable=False)
        for other in others:
            for name, value in other.items():
                found.setdefault(name, value)
        return found


def _exactly(source: str) -> tuple[Any, tuple[Defect, ...]]:
    """What libyaml reads, and the fields that stand twice. Raises FormatError."""
    loader = _Loader(source)
    try:
        return loader.get_single_data(), tuple(loader.twice)
    except RecursionError:
        raise TooDeepError from None
    except FormatError:
        raise
    except yaml.MarkedYAMLError as error:
        raise FormatError(error.problem or error.context or "it is not YAML", _line(error, source), _HINT) from None
    except (yaml.YAMLError, ValueError):
        raise FormatError("it is not YAML", hint=_HINT) from None
    finally:
        loader.dispose()


def _line(error: yaml.MarkedYAMLError, source: str) -> int:
    """The line that is to blame, which is not always the one on which the parser gave up."""
    if _ENDED in str(error.problem) and source[:1].isspace():  # the first field stands further in than the others
        return source.count("\n", 0, len(source) - len(source.lstrip())) + 1
    from_the_start = str(error.context).startswith(_FROM_THE_START)
    mark = (error.context_mark if from_the_start else None) or error.problem_mark or error.context_mark
    return mark.line + 1 if mark else 1
