"""The formats of front matter, each a handler of python-frontmatter: is it there, where does it end, what does it say.

What stands there stays text wherever the format lets us see it as it was written; each field is understood by whoever
reads it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from frontmatter.default_handlers import BaseHandler

from digest.sources import headers, yaml_fields
from digest.sources.defects import Defect, FormatError
from digest.sources.mending import Parse

_TOML_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_DOTS = 10_000  # tomllib takes a time that grows with the square of them for a key of dots, a.a.a.…


class Format(StrEnum):
    YAML = "YAML"
    TOML = "TOML"
    JSON = "JSON"
    HEADERS = "header lines"
    NONE = "none"  # all of the file is its body


class Handler(BaseHandler):
    """Fields from ``opening`` to ``closing``; ``fence`` is how authors are told of the latter."""

    def __init__(self, kind: Format, opening: str, closing: str, fence: str, parse: Parse) -> None:
        super().__init__(re.compile(rf"(?:{opening})[ \t]*(?:#.*)?(?:\n|\Z)"), fence, fence)
        self.kind = kind
        self.fence = fence
        self._closing = re.compile(rf"^(?:{closing})[ \t]*(?:\n|\Z)", re.MULTILINE)
        self.parse = parse

    def span(self, text: str) -> tuple[int, int, int]:
        """Where the fields begin and end, and where the body begins. Raises ValueError where they never end."""
        begin = self.begin(text)
        if not (closing := self._closing.search(text, begin)):
            raise ValueError
        return begin, closing.start(), closing.end()

    def begin(self, text: str) -> int:
        """Where the fields begin in a text that has them."""
        opening = self.FM_BOUNDARY.match(text) if self.FM_BOUNDARY else None
        return opening.end() if opening else 0

    def split(self, text: str) -> tuple[str, str]:
        begin, end, body = self.span(text)
        return text[begin:end], text[body:]

    def load(self, fm: str) -> dict[str, Any]:
        return self.parse(fm)[0]


class _Object(Handler):
    """A JSON object without fences; what follows it is the body."""

    def __init__(self) -> None:
        super().__init__(Format.JSON, "", r"\}", "}", json_fields)
        self.FM_BOUNDARY = re.compile(r'(?=\{\s*["}])')

    def span(self, text: str) -> tuple[int, int, int]:
        try:
            _, end = _JSON.raw_decode(text)
        except (ValueError, RecursionError):
            _, _, end = super().span(text)
        return 0, end, end


class _Headers(Handler):
    """Header lines; they end by themselves."""

    def __init__(self) -> None:
        super().__init__(Format.HEADERS, "", "", "an empty line", headers.read)
        self.FM_BOUNDARY = re.compile(rf"(?:{headers.COMMENT.pattern})?")

    def detect(self, text: str) -> bool:
        return headers.end(text, self.begin(text)) is not None

    def span(self, text: str) -> tuple[int, int, int]:
        begin = self.begin(text)
        found = headers.end(text, begin)
        if found is None:
            raise ValueError
        return begin, *found


def toml_fields(source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    if source.count(".") > _DOTS:
        raise FormatError(f"it holds more than {_DOTS:,} dots", 0, mendable=False)
    try:
        return tomllib.loads(source, parse_float=str), ()
    except RecursionError:
        raise FormatError("it is nested too deep", 0, mendable=False) from None
    except ValueError as error:
        what = str(error)
        if found := _TOML_LINE.search(what):
            raise FormatError(what[: found.start()], int(found[1] or source.count("\n") + 1)) from None
        raise FormatError("a value is out of range", 0, mendable=False) from None


def _first(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


_JSON = json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_first)


def json_fields(source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of an object, whose braces may be left away."""
    bare = not source.lstrip().startswith("{")
    try:
        fields = _JSON.decode(f"{{{source.rstrip().rstrip(',')}}}" if bare else source)
    except RecursionError:
        raise FormatError("it is nested too deep", 0, mendable=False) from None
    except json.JSONDecodeError as error:
        raise FormatError(error.msg, error.lineno, mendable=False) from None
    return fields, ()


HANDLERS: tuple[Handler, ...] = (
    Handler(Format.YAML, r"-{3,}(?:[ \t]*ya?ml)?", r"-{3,}|\.{3}", "a line of ---", yaml_fields.read),
    Handler(Format.TOML, r"\+{3,}", r"\+{3,}", "a line of +++", toml_fields),
    Handler(Format.TOML, r"---[ \t]*toml", "---", "a line of ---", toml_fields),
    Handler(Format.JSON, r"---[ \t]*json", "---", "a line of ---", json_fields),
    Handler(Format.JSON, ";{3,}", ";{3,}", "a line of ;;;", json_fields),
    _Object(),
    _Headers(),
)
