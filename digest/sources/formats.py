"""The formats of front matter, each a handler of python-frontmatter: is it there, where does it end, what does it say.

What stands there stays text wherever the format lets us see it as it was written; each field is understood by whoever
reads it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from enum import StrEnum
from typing import Any

from frontmatter.default_handlers import BaseHandler

from digest.sources import headers, yaml_fields
from digest.sources.defects import TOLD, Defect, FormatError, TooDeepError, twice
from digest.sources.mending import Parse

_NAMED = re.compile(r"^[\w-]+[ \t]*:", re.MULTILINE)
_ITEM = re.compile(r"^-[ \t]", re.MULTILINE)
_TOML_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")
_DOTS = 2_000  # tomllib takes a time that grows with the square of them for a key of dots, a.a.a.…


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
        except RecursionError:  # which is told as soon as the whole is parsed
            end = len(text)
        except ValueError:
            _, _, end = super().span(text)
        return 0, end, end


class _Unopened(Handler):
    """YAML without its first fence, as old Hexo has it, where it holds what no header line does: an item of a list."""

    _FIELD = r"[\w-]+[ \t]*:(?:[ \t].*)?|[ \t]+\S.*|#.*"
    _BEGINNING = re.compile(rf"(?:(?:{_FIELD})\n)++(?:-[ \t].*\n(?:(?:{_FIELD}|-[ \t].*|[ \t]*)\n)*+)?")

    def __init__(self) -> None:
        super().__init__(Format.YAML, "", "-{3,}", "a line of ---", yaml_fields.read)

    def detect(self, text: str) -> bool:
        lines = self._lines(text)
        return bool(lines and self._closing.match(text, len(lines)))

    def may_go_on(self, text: str) -> bool:
        """Whether more of the text may show that these are fields."""
        return self._BEGINNING.fullmatch(text) is not None and _NAMED.search(text) is not None

    def begin(self, _text: str) -> int:
        return 0

    def _lines(self, text: str) -> str:
        found = self._BEGINNING.match(text)
        lines = found[0] if found else ""
        return lines if _ITEM.search(lines) and headers.is_telling(lines) else ""


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
        raise TooDeepError from None
    except ValueError as error:
        what = str(error)
        if found := _TOML_LINE.search(what):
            raise FormatError(what[: found.start()], int(found[1] or source.count("\n") + 1)) from None
        raise FormatError("a value is out of range", 0, mendable=False) from None


class _Objects:
    """Makes objects of pairs. Of two with one name it keeps the first, and notes the second."""

    def __init__(self) -> None:
        self.twice: list[Defect] = []

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name not in found:
                found[name] = value
            elif len(self.twice) < TOLD:
                self.twice.append(twice(name, 1, f"{name}: {value if isinstance(value, str | bool) else ''}"))
        return found


def _decoder(objects: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> json.JSONDecoder:
    return json.JSONDecoder(strict=False, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=objects)


_JSON = _decoder(dict)


def json_fields(source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of an object, whose braces may be left away."""
    objects = _Objects()
    bare = not source.lstrip().startswith("{")
    try:
        fields = _decoder(objects).decode(f"{{{source.rstrip().rstrip(',')}}}" if bare else source)
    except RecursionError:
        raise TooDeepError from None
    except json.JSONDecodeError as error:
        raise FormatError(error.msg, error.lineno, mendable=False) from None
    return fields, tuple(objects.twice)


UNOPENED = _Unopened()
HANDLERS: tuple[Handler, ...] = (
    Handler(Format.YAML, r"-{3,}(?:[ \t]*ya?ml)?", r"-{3,}|\.{3}", "a line of ---", yaml_fields.read),
    Handler(Format.TOML, r"\+{3,}", r"\+{3,}", "a line of +++", toml_fields),
    Handler(Format.TOML, r"---[ \t]*toml", "---", "a line of ---", toml_fields),
    Handler(Format.JSON, r"---[ \t]*json", "---", "a line of ---", json_fields),
    Handler(Format.JSON, ";{3,}", ";{3,}", "a line of ;;;", json_fields),
    _Object(),
    UNOPENED,
    _Headers(),
)
