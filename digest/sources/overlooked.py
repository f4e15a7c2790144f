"""What may have been meant for a field and is not read as one.

lines that had to be left out, and second fields of a name ──┐
lines in a quotation that was closed too late, or in a line ─┤
fields in an object that is none of its own (`author:`) ─────┼──▶ Stray: name, text, line
names with a sign in them (`draft?`) ────────────────────────┤
what stands at the beginning of the body ────────────────────┘
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, NamedTuple

from digest.sources.fields import CONTAINERS, Fields
from digest.sources.formats import Format
from digest.sources.front_matter import FrontMatter, plain_name

# A line that names a field, however clumsily: no blank, a full-width colon, a quotation that was never closed, bold type.
_NAMED = r"""(?P<name>\w[\w-]*)[*"'\u201d`?!]*[ \t\xa0]*[:=\uff1a\uff1d](?!//)\s*"""
_LINE = re.compile(rf"[^\w\n]*{_NAMED}(?P<value>.*)")
_VALUE_MAXIMUM = 200  # characters; of what is longer nobody would see the end
_INNER = re.compile(rf"(?:^|(?P<inside>[{{,]))[^\w\n{{,]*{_NAMED}(?=(?P<value>.{{0,{_VALUE_MAXIMUM}}}))")  # {a: b, c: d
_ENDS_INSIDE = re.compile("[,}]")
_AROUND = " \t\xa0\"'\u201c\u201d,;[]{}()<>*_`-"
_SIGN = re.compile(r"\W")
_COMMENT = re.compile(r"(?:^|\s)#.*")

_REACH = 16_000  # characters of a body that may be fields
_PARAGRAPH = re.compile(r"(?:^[^\n]*\S[^\n]*(?:\n|\Z))+", re.MULTILINE)
# What may stand above a front matter that begins too late: comments, modules, headings, tags.
_ABOVE = re.compile(
    r"\s*+(?:(?><!--.*?-->|\{/\*.*?\*/\}|(?:import|export)\b[^\n]*|\#{1,6}[ ][^\n]*|</?[a-z][^<>]*>)\s*+)++", re.DOTALL
)
_CODE = re.compile(
    r"^[ ]{0,3}(?P<fence>`{3,}|~{3,}).*?(?:^[ ]{0,3}(?P=fence)|\Z)|<pre\b.*?(?:</pre>|\Z)", re.DOTALL | re.MULTILINE
)
_CODE_SIGNS = ("```", "~~~", "<pre")
_FIELD = r"[\"']?[\w-]+[\"']?[ \t]*[:=].*\n"
_BLOCK = re.compile(
    r"^(?:-{3,}|\+{3,})[ \t]*\n"
    rf"(?P<fields>(?:(?>\#.*|[ \t]*)\n)*+{_FIELD}(?>{_FIELD}|(?:[ \t#-].*|[\]}}],?|)\n)*?)"
    r"(?:-{3,}|\+{3,})[ \t]*$",
    re.MULTILINE,
)

# What is a slip in any object: `draft` behind `author:`. In TOML whole lines get there, at the end and behind a table;
# other names of the table of fields mean the object itself: a cover that is hidden, a repository that is private.
_SLIPS = frozenset({"draft", "isdraft"})
_SLIPS_IN_TOML = _SLIPS | {"unpublished", "published", "ispublished"}


class Stray(NamedTuple):
    """``text`` is what stands for its value, ``line`` is 0 where it is not known. ``is_vague`` says that it may well be no
    field at all, so that it counts only if it is plain; ``where`` it stands is for the author.
    """

    name: str
    text: str
    line: int
    where: str
    is_vague: bool = False


_Lines = Iterable[tuple[int, str]]


def strays(fields: Fields, names: Collection[str], usual: Collection[str]) -> Iterator[Stray]:
    """Whatever has one of these plain ``names``, of which the ``usual`` ones have other meanings elsewhere."""
    front = fields.front
    for defect in front.defects:
        yield from _lost(names, _numbered(defect.lost, defect.line), known=not defect.where)
    yield from _odd(fields, names)
    yield from _swallowed(fields, names, usual)
    slips = _SLIPS_IN_TOML if front.format is Format.TOML else _SLIPS
    yield from _inside(fields, {name for name in names if name in slips or name not in usual})
    yield from _in_the_body(front, names)


def _numbered(text: str, first: int) -> _Lines:
    return enumerate(text.split("\n"), first)


def _clean(value: str) -> str:
    return _COMMENT.sub("", value[:_VALUE_MAXIMUM]).strip(_AROUND)


def _lost(names: Collection[str], lines: _Lines, *, known: bool) -> Iterator[Stray]:
    for number, line in lines:
        for found in _INNER.finditer(line):
            if plain_name(found["name"]) in names:
                value = _ENDS_INSIDE.split(found["value"], maxsplit=1)[0] if found["inside"] else found["value"]
                yield Stray(found["name"], _clean(value), number if known else 0, "where it is not read")


def _odd(fields: Fields, names: Collection[str]) -> Iterator[Stray]:
    for name, value in fields.values.items():
        if name.isalnum() or name in names or not isinstance(value, str | bool):
            continue
        if (meant := _SIGN.sub("", name)) in names:
            yield Stray(meant, str(value).strip(), fields.line(name), f"under the name {name[:20]!r}")


def _swallowed(fields: Fields, names: Collection[str], usual: Collection[str]) -> Iterator[Stray]:
    """Lines at the very left that are no fields, and continued header lines."""
    front = fields.front
    if front.format is Format.HEADERS:
        lines = ((number, line) for number, line in _numbered(front.source, front.above + 1) if line[:1].isspace())
        yield from _named(names, lines, "where it is not read", is_vague=True)
    elif front.format in {Format.YAML, Format.TOML}:
        is_toml = front.format is Format.TOML
        missing = {
            name for name in names if name not in fields.values and not (is_toml and name in usual and name != "draft")
        }
        lines = (
            (n, line)
            for n, line in _numbered(front.source, front.above + 1)
            if line[:1] not in {" ", "\t", "#", "-", ""}
        )
        yield from _named(missing, lines, "where it is not read", is_vague=is_toml)


def _inside(fields: Fields, names: Collection[str]) -> Iterator[Stray]:
    for said in (fields.front.fields, *fields.front.beside):
        read = (said[name] for name in CONTAINERS if isinstance(said.get(name), dict))
        others = (value for name, value in said.items() if name not in CONTAINERS)
        for held in _objects(chain(others, *(container.values() for container in read))):
            for name, value in held.items():
                if plain_name(str(name)) in names and isinstance(value, str | bool):
                    text = str(value).strip()
                    yield Stray(
                        str(name), text, fields.line(plain_name(str(name))), "inside of another field", is_vague=True
                    )


def _objects(values: Iterable[Any]) -> Iterator[dict[Any, Any]]:
    """The objects among the values and in them, each once: a small file can name one a billion times."""
    seen: set[int] = set()
    waiting = [value for value in values if isinstance(value, dict | list)]
    while waiting:
        value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            yield value
        inner = value.values() if isinstance(value, dict) else value
        waiting += (item for item in inner if isinstance(item, dict | list))


# --- the beginning of the body ---------------------------------------------------------------------------------------


def _in_the_body(front: FrontMatter, names: Collection[str]) -> Iterator[Stray]:
    """Where the front matter is whole, what prose says counts only if it is plain. Where there is none, it may come."""
    body = _without_code(front.body[:_REACH], keeps_first=front.format is Format.NONE)
    yield from _named(names, _beginning(body, front.below + 1), "at the beginning of the body", is_vague=front.closed)
    if front.format is Format.NONE and (block := _BLOCK.search(body)):
        first = front.below + 1 + body.count("\n", 0, block.start("fields"))
        lines = (
            (number, line)
            for number, line in _numbered(block["fields"], first)
            if line[:1] not in {" ", "\t", "#", "-"}
        )
        yield from _named(names, lines, "in a front matter that does not begin in the first line")


def _without_code(body: str, *, keeps_first: bool) -> str:
    """A body with empty lines for its blocks of code; one at its very beginning may have been meant for fields."""
    if not any(map(body.__contains__, _CODE_SIGNS)):
        return body
    return _CODE.sub(lambda code: code[0] if keeps_first and not code.start() else "\n" * code[0].count("\n"), body)


def _beginning(body: str, first: int) -> Iterator[tuple[int, str]]:
    """The first paragraph of a body, and the next as long as they name fields or may stand above some."""
    for paragraph in _PARAGRAPH.finditer(body):
        lines = paragraph[0].rstrip("\n").split("\n")
        yield from enumerate(lines, first + body.count("\n", 0, paragraph.start()))
        if not (any(map(_LINE.match, lines)) or _ABOVE.fullmatch(paragraph[0])):
            return


def _named(names: Collection[str], lines: _Lines, where: str, *, is_vague: bool = False) -> Iterator[Stray]:
    for number, line in lines:
        if (found := _LINE.match(line)) and plain_name(found["name"]) in names:
            yield Stray(found["name"], _clean(found["value"]), number, where, is_vague)
