"""What articles are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Image:
    """A cover: the ``url`` it can be linked by, the local ``file`` it can be embedded from, or both.

    ``width`` and ``height`` are pixels of the picture itself where they are known, 0 where not.
    """

    url: str = ""
    file: str = ""
    width: int = 0
    height: int = 0


class Dated(StrEnum):
    """Where the date of an article comes from."""

    FIELD = "front matter"
    NAME = "file name"  # or the name of its folder
    PATH = "path"  # a field that names its page: /2024/05/07/title
    FEED = "feed"
    SEEN = "first seen"  # nobody says when it was published: it is dated by when it was first met


@dataclass(frozen=True, slots=True)
class Article:
    """One article as plain text and absolute URLs; nothing in it is HTML, nothing in it is escaped.

    ``key`` is its identity over edits and sources: the canonical form of its source's URL, or ``path:`` and its path
    below the source's folder. ``source`` is the page it came from, ``url`` where a reader is taken; both may be "".
    ``origin`` is the name of the configured source that it was found in. ``excerpt`` is as long as it was found
    (EXCERPT_MAXIMUM at most) until it is cut for the mail. ``seen`` is when it was first met, None where that is not
    known or it has been there from the beginning. ``language`` is a tag such as ``de`` or ``pt-br``, "" where nothing is
    said. Of two ``weight``s the smaller comes first; None comes last.
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
    hidden: bool = False
    expires: datetime | None = None
    updated: datetime | None = None
    dated: Dated = Dated.FIELD
    seen: datetime | None = None
    language: str = ""
    weight: float | None = None
    origin: str = ""


EXCERPT_MAXIMUM = 3_000  # characters of an excerpt before it is cut for the mail: some sites begin with 1,500 of theirs


class Fault(StrEnum):
    """What kind of thing is wrong with an article or a feed."""

    UNREADABLE = "unreadable"  # the file itself
    ENCODING = "encoding"
    FRONT_MATTER = "front matter"
    DATE = "date"
    TITLE = "title"
    COVER = "cover"
    SOURCE = "source"
    LANGUAGE = "language"
    CONTENT = "content"  # nothing that keeps it out; for whoever cares for the articles
    FEED = "feed"
    PASSED_OVER = "passed over"  # no fault at all: a section page, a redirect
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with an article or a feed: shown, never fatal. ``hint`` says what to do.

    ``where`` is a file, a feed or a key, ``line`` the file's line from 1, 0 where the whole of it is meant.
    """

    where: str
    what: str
    hint: str = ""
    line: int = 0
    fault: Fault = Fault.OTHER

    @property
    def place(self) -> str:
        return f"{self.where}:{self.line}" if self.line else self.where

    @property
    def is_note(self) -> bool:
        """Whether nothing is wrong at all, and it is told only to whoever asks what became of every file."""
        return self.fault in {Fault.PASSED_OVER, Fault.CONTENT}

    def __str__(self) -> str:
        return f"{self.place}: {self.what}" + (f" ({self.hint})" if self.hint else "")
