"""Whether an article may be shown at all. In doubt it may not: what was sent cannot be taken back.

    what fields say ───┐
    what is not read ──┼──▶ show | hold: a draft | hide | unclear: a draft, and a problem
    where it lies ─────┘

What is not read are lines that had to be left out, second fields of a name, and fields that stand behind the end of the
front matter, since it ended too early. There a word is enough, and a yes is a problem too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import NamedTuple

from digest.sources.dates import is_readable
from digest.sources.fields import Field, Fields, is_no, is_yes
from digest.sources.formats import Format
from digest.sources.front_matter import FrontMatter, plain_name

HINT = "say draft: true or draft: false"

_ROWS = (Field.DRAFT, Field.PUBLISHED, Field.STATUS, Field.HIDDEN)

# A line that names a field, however clumsily: no blank, a full-width colon, a quotation that was never closed.
_LINE = re.compile(r"""[^\w\n]*(?P<name>\w[\w-]*)["'\u201d]?\s*[:=\uff1a\uff1d](?!//)\s*(?P<value>.*)""")
_AROUND = " \t\xa0\"'\u201c\u201d,;[]"
_COMMENT = re.compile(r"(?:^|\s)#.*")
_SWALLOWING = (Format.YAML, Format.TOML)
# What tables of TOML have for purposes of their own; `draft`, and the names that a folder has for it, are no such.
_OF_TABLES = frozenset(plain_name(name) for field in _ROWS for name in field.value) - {"draft"}
_REACH = 2_000  # characters of a body that may be fields
_SHOWN = 60


class Says(Enum):
    SHOW = auto()
    HOLD = auto()
    HIDE = auto()
    UNCLEAR = auto()


_ANSWERS = {
    (Field.DRAFT, True): Says.HOLD,
    (Field.DRAFT, False): Says.SHOW,
    (Field.PUBLISHED, True): Says.SHOW,
    (Field.PUBLISHED, False): Says.HOLD,
    (Field.HIDDEN, True): Says.HIDE,
    (Field.HIDDEN, False): Says.SHOW,
}
_STATUSES = {
    **dict.fromkeys(("published", "publish", "public", "live", "final", "active", "done"), Says.SHOW),
    **dict.fromkeys(("hidden", "unlisted"), Says.HIDE),
    **dict.fromkeys(("draft", "pending", "private", "unpublished", "archived", "trash", "scheduled"), Says.HOLD),
    **dict.fromkeys(("future", "review", "in review", "in-review", "wip"), Says.HOLD),
}


class Doubt(NamedTuple):
    """Why an article is taken for a draft though nothing says so plainly; ``line`` is 0 where it is not known."""

    what: str
    line: int


@dataclass(frozen=True, slots=True)
class Standing:
    draft: bool
    hidden: bool
    doubt: Doubt | None = None


class _Saying(NamedTuple):
    says: Says
    field: Field
    name: str
    text: str
    line: int = 0
    is_read: bool = True


def standing(fields: Fields) -> Standing:
    """What the fields of an article, and what was meant to be some, say of whether it may be shown."""
    said = tuple(_said(fields))
    found = {saying.says for saying in said}
    hidden = Says.HIDE in found
    if Says.HOLD in found:
        return Standing(draft=True, hidden=hidden)
    unread = tuple(_unread(fields))
    surely = any(saying.name == "draft" and saying.says is Says.SHOW for saying in said)  # settles other doubts
    for saying in (*said, *unread):
        if saying.says is Says.UNCLEAR and not (surely and saying.field is not Field.DRAFT):
            line = saying.line or fields.line(saying.name)
            return Standing(draft=True, hidden=hidden, doubt=Doubt(_unclear(saying), line))
        if not saying.is_read and saying.says in {Says.HOLD, Says.HIDE}:
            return Standing(draft=True, hidden=hidden, doubt=Doubt(_not_read(saying), saying.line))
    return Standing(draft=False, hidden=hidden)


def _unclear(saying: _Saying) -> str:
    return f"it is taken for a draft: whether {saying.name}: {saying.text[:_SHOWN]!r} lets it be published is not clear"


def _not_read(saying: _Saying) -> str:
    return f"it is taken for a draft: {saying.name}: {saying.text[:_SHOWN]!r} stands where it is not read"


# --- what fields say -------------------------------------------------------------------------------------------------


def _said(fields: Fields) -> Iterator[_Saying]:
    for field in _ROWS:
        for text, name in fields.stated(field):
            yield _Saying(_meaning(field, text), field, name, text)
    for text, name in fields.stated(Field.LISTED):
        yield _Saying(Says.HIDE if is_no(text) else Says.SHOW, Field.LISTED, name, text)
    for text, name in fields.found(Field.APPEARS):
        if not is_readable(text):
            yield _Saying(Says.UNCLEAR, Field.APPEARS, name, text)


def _meaning(field: Field, text: str) -> Says:
    if field is Field.STATUS:
        return _STATUSES.get(text.casefold(), Says.UNCLEAR)
    if is_yes(text) or is_no(text):
        return _ANSWERS[field, is_yes(text)]
    return Says.SHOW if field is Field.PUBLISHED and is_readable(text) else Says.UNCLEAR


# --- what is not read ------------------------------------------------------------------------------------------------


def _unread(fields: Fields) -> Iterator[_Saying]:
    front = fields.front
    names = {name: field for field in _ROWS for name, below in fields.names[field] if not below}
    for defect in front.defects:
        if defect.lost:
            lines = ((0 if defect.where else number, line) for number, line in _numbered(defect.lost, defect.line))
            yield from _naming(names, lines)
    if front.format in _SWALLOWING:
        missing = {name: field for name, field in names.items() if name not in fields.values}
        if front.format is Format.TOML:
            missing = {name: field for name, field in missing.items() if name not in _OF_TABLES}
        yield from _naming(missing, _unindented(front))
    yield from _naming(names, _behind(front))


def _naming(names: dict[str, Field], lines: Iterator[tuple[int, str]]) -> Iterator[_Saying]:
    for number, line in lines:
        found = _LINE.match(line)
        if found and (field := names.get(plain_name(found["name"]))):
            text = _COMMENT.sub("", found["value"]).strip(_AROUND)
            yield _Saying(_meaning(field, text), field, found["name"], text, number, is_read=False)


def _numbered(text: str, first: int) -> Iterator[tuple[int, str]]:
    return enumerate(text.split("\n"), first)


def _unindented(front: FrontMatter) -> Iterator[tuple[int, str]]:
    """Lines at the very left. What is named there and is no field was swallowed by a quotation, or by a table of TOML."""
    for number, line in _numbered(front.source, front.above + 1):
        if line[:1] not in {" ", "\t", "#", "-", ""}:
            yield number, line


def _behind(front: FrontMatter) -> Iterator[tuple[int, str]]:
    """The first paragraph of the body, and the next as long as they name fields."""
    names_fields = True
    before = ""
    for number, line in _numbered(front.body[:_REACH], front.below + 1):
        if line.strip():
            names_fields = (bool(before.strip()) and names_fields) or _LINE.match(line) is not None
            yield number, line
        elif before.strip() and not names_fields:
            return
        before = line
