"""What must give way when a mail would be too large: the last articles of the largest sections, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from digest import marks
from digest.model import HTML_MAXIMUM, Article, Edition

LINK_MAXIMUM = 500  # bytes that a reader's own link may take: the address of the pages, and a signed token
NAME_MAXIMUM = 1_500  # bytes that a reader's name may take: 250 characters, escaped
_WEIGHTS = {mark: NAME_MAXIMUM if mark is marks.Mark.NAME else LINK_MAXIMUM for mark in marks.Mark}


def weight(html: str) -> int:
    """The bytes that a page can have at the most in a reader's mail, where lines end in CRLF."""
    own = sum(_WEIGHTS[piece] for piece in marks.split(html) if isinstance(piece, marks.Mark))
    return len(html.encode()) + html.count("\n") + own


def fits(html: str) -> bool:
    return weight(html) < HTML_MAXIMUM


def fewest(most: int, enough: Callable[[int], bool]) -> int:
    """The smallest number up to ``most`` that is enough, given that more is enough too; ``most`` if none is.

    Of articles that is nearly so: the first one that a section gives up costs a line that counts it.
    """
    least = 0
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle + 1, most)
    return least


def without(edition: Edition, count: int) -> tuple[Edition, tuple[Article, ...]]:
    """The edition with ``count`` articles fewer, and those; each section says how many more it would have had.

    One at a time the largest section gives up its last article, of equals the last section. When all have come down to
    one, the last section goes.
    """
    sections = list(edition.sections)
    dropped: list[Article] = []
    for _ in range(count):
        place = max(range(len(sections)), key=lambda place: (len(sections[place].articles), place))
        *kept, last = sections[place].articles
        dropped.append(last)
        if kept:
            sections[place] = replace(sections[place], articles=tuple(kept), more=sections[place].more + 1)
        else:
            del sections[place]
    return replace(edition, sections=tuple(sections)), tuple(dropped)
