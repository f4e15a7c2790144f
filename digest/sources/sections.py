"""What the page of a folder says of all that is in it and below: Hugo's ``cascade``, a section of Zola's that is a draft,
Quarto's ``_metadata.yml``.

It counts for whether articles may be shown, and for nothing else: these files are full of what makes pages look alike,
and a day on which all of them appear would make another date of each, so it is in doubt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import Any

from digest.sources.fields import CONTAINERS, Field, is_no, is_switch
from digest.sources.front_matter import plain_name, plainly

PAGES = ("_index.md", "_index.markdown", "_index.html")
METADATA = ("_metadata.yml", "_metadata.yaml")
NAMES = (*PAGES, *METADATA)

_COUNTING = (Field.DRAFT, Field.PUBLISHED, Field.STATUS, Field.HIDDEN, Field.LISTED, Field.EXPIRY)
_COUNTS = frozenset(plain_name(name.partition(".")[0]) for field in _COUNTING for name in field.value)
_DAYS = frozenset(map(plain_name, Field.APPEARS.value))
_CHOICE = re.compile(r"\{[^{}]*\}")  # {posts,news}, which Python's patterns do not know


def said_of(path: PurePath, page: str, fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What a page of these NAMES, with these ``fields`` by their plain names, says of the article at ``path``."""
    if page in METADATA:
        yield dict(_counting(fields, page))
        return
    cascade = fields.get("cascade")
    for part in cascade if isinstance(cascade, list) else [cascade]:
        if isinstance(part, dict) and _is_aimed_at((said := plainly(part)).get("target"), path):
            yield dict(_counting(said, page))
    # Zola leaves out the whole folder, Hugo its page alone. Zola's sections have no date, those that Hugo makes do.
    if (draft := _word(fields.get("draft"))) and not is_no(draft) and "date" not in fields:
        yield {"draft": f"{draft}, in {page}"}


def _counting(said: dict[str, Any], page: str) -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        if name in CONTAINERS and isinstance(value, dict):
            inner = {plain: part for plain, part in plainly(value).items() if plain not in CONTAINERS}
            yield name, dict(_counting(inner, page))
        elif name in _DAYS and not is_switch(_word(value)):
            yield name, f"{_word(value) or 'it'}, in {page}" if value else ""
        elif name in _COUNTS:
            yield name, value


def _word(value: Any) -> str:
    return str(value).strip().lower() if isinstance(value, str | bool) else ""


def _is_aimed_at(target: Any, path: PurePath) -> bool:
    """Whether one of Hugo's targets may mean an article, by its kind and by its path below a folder that is not known."""
    if not isinstance(target, dict):
        return True
    aim = {name: _word(value) for name, value in plainly(target).items()}
    page = path.with_suffix("").as_posix().lower()
    below = _CHOICE.sub("*", aim.get("path", "")).lstrip("/") or "*"
    return fnmatchcase("page", aim.get("kind") or "*") and fnmatchcase(page, f"*/{below}")
