"""The date of an article at a glance: of the plainest front matter, without a parser, in a tenth of its time.

It is what ``reading.when`` says, or nothing: whatever is not plain, might be broken, or might mean more than it says, has
to be read. So there is no rule about dates here, only about what can be passed by.
"""

from __future__ import annotations

import os
import re
from datetime import datetime
from functools import lru_cache

from digest.sources.dates import instant, is_strange
from digest.sources.fields import CONTAINERS, Field
from digest.sources.front_matter import plain_name, without_strays
from digest.sources.reading import Manner

FIRST_LOOK = 4 * 1024  # bytes that are looked at

# The part of YAML in which every text is whole and means itself (YAML 1.2.2, 7.3): quoted on one line without escapes, or
# plain, beginning with no sign of YAML's own and holding neither ": " nor " #".
_PLAIN = rb"[^\x00-\x20\x7f\"'\[\]{}&*!|>%@`#,?:~-](?:[^\x00-\x1f\x7f:#]|:(?![ \n])|(?<! )#)*"
_TEXT = rb"(?:\"[^\x00-\x1f\x7f\"\\]*\"|'(?:[^\x00-\x1f\x7f']|'')*'|" + _PLAIN + rb")"
_WORD = rb"(?:\"[^\x00-\x1f\x7f\"\\]*\"|'[^\x00-\x1f\x7f']*'|[A-Za-z][\w.-]*(?: [\w.-]+)*)"
_LIST = rb"\[" + _WORD + rb"(?:, ?" + _WORD + rb")*\]"
_FOLDED = rb"[|>]-?\n(?:  [^\x00-\x20\x7f][^\x00-\x1f\x7f]*\n)+"
_ITEMS = rb"\n(?:(?:- " + _TEXT + rb"\n)+|(?:  - " + _TEXT + rb"\n)+)?"
_FIELD = rb"[A-Za-z][\w-]*:(?: (?:(?:" + _TEXT + rb"|" + _LIST + rb")\n|" + _FOLDED + rb")|" + _ITEMS + rb")"
_FRONT_MATTER = re.compile(rb"---(\n(?:" + _FIELD + rb"|#[^\x00-\x1f\x7f]*\n|\n)++)---\n")
_NAME = re.compile(rb"\n([A-Za-z][\w-]*):")
_DATE = re.compile(rb"\ndate: ([\"']?)(\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?)\1\n")

_MORE_TELLING = (Field.APPEARS, Field.PERMALINK, Field.REDIRECT, Field.LAYOUT)
_TELLING = {plain_name(name) for field in _MORE_TELLING for name in field.value} | set(CONTAINERS)
# What stands in the table and has nothing to do with when: `date` comes first of its row, and the rest of it is not asked.
_NOT_ASKED = {plain_name(name.partition(".")[0]) for field in Field for name in field.value} - _TELLING
_OTHER_PAGES = frozenset({"readme", "404"})
_STUB_MAXIMUM = 8_000  # bytes of a body that may do nothing but redirect


def glance(manner: Manner, path: str, beginning: bytes) -> datetime | None:
    """When the article was published whose file, at ``path`` below the root, has this ``beginning`` and no sidecar."""
    front = None if manner.names or not _is_usual(path) else _FRONT_MATTER.match(beginning)
    if front is None or not _is_clear(tuple(_NAME.findall(front[1]))) or not _is_clean(front[1]):
        return None
    if len(beginning) - front.end() < _STUB_MAXIMUM and b"http-equiv" in beginning[front.end() :].lower():
        return None
    date = _DATE.search(front[1])
    try:
        found = _instant(date[2].decode(), manner.zone) if date else None
    except ValueError:
        return None
    return found if found and not is_strange(found) else None


def _is_clean(source: bytes) -> bool:
    """Whether there is nothing in it that is taken out before it is read."""
    try:
        return source.isascii() or without_strays(text := source.decode()) == text
    except ValueError:
        return False


def _is_usual(path: str) -> bool:
    folder, _, name = path.rpartition(os.sep)
    stem = name.partition(".")[0].casefold()
    return stem not in _OTHER_PAGES and not stem.startswith("_") and (stem != "index" or bool(folder))


@lru_cache(maxsize=1024)  # the articles of a folder are much alike
def _is_clear(names: tuple[bytes, ...]) -> bool:
    """Whether among fields of these names one is the date, and no other one can make a difference to it."""
    others = [plain_name(name.decode()) for name in names if name != b"date"]
    return len(others) == len(names) - 1 and "date" not in others and _NOT_ASKED.issuperset(others)


_instant = lru_cache(maxsize=4096)(instant)
