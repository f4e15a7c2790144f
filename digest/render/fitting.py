"""What must give way when a mail would be too large: the last articles of the largest sections, one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from digest import marks
from digest.model import Article, Edition

# Gmail hides what stands behind the first 102 KB of a mail's HTML, the link to unsubscribe first of all.
HTML_MAXIMUM = 100_000  # bytes of UTF-8, readers' own links included
LINK_MAXIMUM = 300  # bytes that a reader's own link or name may take where a mark stands


def weight(html: str) -> int:
    """The bytes that a page can have at the most in a reader's mail."""
    return len(html.encode()) + sum(LINK_MAXIMUM for piece in marks.split(html) if isinstance(piece, marks.Mark))


def fits(html: str) -> bool:
    return weight(html) < HTML_MAXIMUM


def fewest(most: int, enough: Callable[[int], bool]) -> int:
    """The smallest number up to ``most`` that is enough, given that more is enough too; ``most`` if none is."""
    least = 0
    while least < most:
        middle = (least + most) // 2
        least, most = (least, middle) if enough(middle) else (middle + 1, most)
    return least


def without(edition: Edition, count: int) -> tuple[Edition, tuple[Article, ...]]:
    """The edition with ``count`` articles fewer, and those; each section says how many more it would have had.

    One at a time the largest section gives up its last article, of equals the last section.
    """
    sections = list(edition.sections)
    dropped: list[Article] = []
    for _ in range(count):
        place = max(range(len(sections)), key=lambda place: (len(sections[place].articles), place))
        *kept, last = sections[place].articles
        dropped.append(last)
        sections[place] = replace(sections[place], articles=tuple(kept), more=sections[place].more + 1)
    return replace(edition, sections=tuple(sections)), tuple(dropped)
