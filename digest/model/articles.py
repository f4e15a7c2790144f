"""What articles are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Image:
    """A cover: the ``url`` it can be linked by, the local ``file`` it can be embedded from, or both.

    ``width`` and ``height`` are pixels of the picture itself where they are known, 0 where not.
    """

    url: str = ""
    file: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Article:
    """One article as plain text and absolute URLs; nothing in it is HTML, nothing in it is escaped.

    ``key`` is its identity over edits and sources: the canonical form of its source's URL, or ``path:`` and its path
    below the source's folder. ``source`` is the page it came from, ``url`` where a reader is taken; both may be "".
    """

    key: str
    title: str
    published: datetime
    url: str = ""
    source: str = ""
    category: str = ""
    excerpt: str = ""
    author: str = ""
    image: Image | None = None
    tags: tuple[str, ...] = ()
    path: str = ""
    draft: bool = False
    pinned: bool = False
    minutes: int = 0  # that reading it takes; 0 where nobody knows


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an article or a feed: shown, never fatal. ``hint`` says what to do."""

    where: str
    what: str
    hint: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.hint})" if self.hint else "")
