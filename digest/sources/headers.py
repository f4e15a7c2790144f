"""Header lines, ``Key: value`` without fences, as Pelican and MultiMarkdown have them, and Nikola in a comment."""

from __future__ import annotations

import re
from typing import Any

from digest.sources.defects import TOLD, Defect, twice

COMMENT = re.compile(r"<!--[ \t]*\n(?=\.\. )")  # how Nikola begins a Markdown file

_HEADER = re.compile(r"[ ]{0,3}(?:\.\. )?([^\W\d][\w-]*)[ \t]*:(?!//)[ \t]*(.*)")
_NIKOLA = ".. "  # how its lines begin
_DRAFT = re.compile(r"(?:^|,)[ \t]*draft[ \t]*(?:,|$)")  # a tag that Nikola takes for a status
_ENDS = frozenset({"", "---", "...", "-->"})
_KNOWN = frozenset({"title", "date"})  # prose may begin with "Note:", but hardly with these
_TELLING = re.compile(rf"^(?:{'|'.join(sorted(_KNOWN))})[ \t]*:", re.MULTILINE | re.IGNORECASE)


def is_telling(lines: str) -> bool:
    """Whether one of the lines names a field that prose hardly begins with."""
    return _TELLING.search(lines) is not None


def end(text: str, start: int) -> tuple[int, int] | None:
    """Where the header lines end that begin at ``start``, and where the body begins; None if they are none.

    They end at an empty line, a fence, or where prose begins; one alone is none unless nothing follows it directly.
    """
    names: list[str] = []
    at = start
    while at < len(text):
        stop = text.find("\n", at)
        stop = len(text) if stop < 0 else stop
        line = text[at:stop]
        if found := _HEADER.fullmatch(line):
            names.append(found[1].casefold())
        elif line.strip() in _ENDS:
            return (at, min(stop + 1, len(text))) if _KNOWN & set(names) else None
        elif not names or line[0] not in " \t":
            return (at, at) if len(names) > 1 and _KNOWN & set(names) else None
        at = stop + 1
    return (len(text), len(text)) if _KNOWN & set(names) else None


def read(source: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of header lines: text, a continued one with a blank between its lines; of two the first."""
    fields: dict[str, list[str]] = {}
    again: list[Defect] = []
    current: list[str] = []
    for number, line in enumerate(source.split("\n"), 1):
        if not (found := _HEADER.fullmatch(line)):
            current.append(line.strip())
            continue
        current = [found[2].strip()]
        if fields.setdefault(found[1], current) is not current and len(again) < TOLD:
            again.append(twice(found[1], number, line))
        if line.startswith(_NIKOLA) and found[1] == "tags" and _DRAFT.search(found[2]):
            fields.setdefault("draft", ["true"])
    return {name: " ".join(filter(None, lines)) for name, lines in fields.items()}, tuple(again)
