"""What is remembered of the places that articles come from: of files when they were seen, of feeds what they held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class Sighting(NamedTuple):
    """A file as it was last read. ``modified`` and ``changed`` are nanoseconds and ``size`` bytes, as the file system
    has them; ``published`` and ``seen`` are microseconds since 1970.

    ``hash`` is of its beginning, as far as the fields reach; b"" where it could not be read. ``published`` is None where
    it has no date or is no article, ``seen`` where it has been there from the beginning. ``reader`` stands for the way
    in which it was read: another one may find another date.
    """

    modified: int
    changed: int
    size: int
    hash: bytes
    published: int | None
    seen: int | None
    reader: int


class FolderState(NamedTuple):
    """A folder with all its ``files`` as they were listed. Its ``hash`` is another one whenever a file comes, goes or
    changes, or would be read in another way; b"" while a change might not show.
    """

    hash: bytes
    files: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a feed as its maker wrote it, ready to be an article: plain text and absolute URLs.

    ``key`` is its identity within the feed. ``published`` is None where it has no date that can be read.
    """

    key: str
    title: str
    url: str = ""
    published: datetime | None = None
    updated: datetime | None = None
    excerpt: str = ""
    author: str = ""
    categories: tuple[str, ...] = ()
    image: str = ""
    width: int = 0
    height: int = 0
    source: str = ""  # where the story comes from, if the feed names another place than ``url``
    language: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class FeedState:
    """What is known of a feed. ``url`` is as it is configured, ``address`` where it has moved for good.

    ``asked`` is when it was last asked, ``answered`` when it last gave an answer that could be read, ``due`` when it may
    be asked again (None: at once), ``not_before`` when it allows that itself, where it has asked for patience.
    ``failures`` are how many there were in a row, ``fault`` what the last one was; without failures, what is wrong with
    a feed that was read all the same. ``gone`` feeds say themselves that they never come back (RFC 9110, 15.5.11).
    """

    url: str
    address: str
    title: str = ""
    etag: str = ""
    modified: str = ""
    asked: datetime | None = None
    answered: datetime | None = None
    due: datetime | None = None
    not_before: datetime | None = None
    failures: int = 0
    fault: str = ""
    gone: bool = False


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry with when it was first met; ``entry.published`` or else that is the date of its article.

    ``identity`` is the key of its article, made when it was first met: it stays, whatever the feed changes of the entry.
    """

    entry: Entry
    seen: datetime
    identity: str
