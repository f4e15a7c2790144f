"""What every kind of feed comes to: entries of plain text and absolute URLs, out of what its maker wrote."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from itertools import chain, islice
from typing import NamedTuple
from urllib.parse import urldefrag

from digest.cutting import cut, mended
from digest.identity import canonical_url
from digest.model import EXCERPT_MAXIMUM, Entry
from digest.sources import languages
from digest.sources.addresses import web_url
from digest.sources.body import minutes, opening
from digest.sources.feeds.dates import Date
from digest.sources.feeds.pictures import Picture, absolute, cover, in_text
from digest.sources.text import plain, tidy

ENTRIES_MAXIMUM = 500  # of one feed, the first ones
TITLE_MAXIMUM = 300
AUTHOR_MAXIMUM = 200
CATEGORY_MAXIMUM = 100
CATEGORIES_MAXIMUM = 20
KEY_MAXIMUM = 500
HEADLINE = 100  # characters of a text without a title that stand for one
DATE_SHOWN = 40  # characters of a date in a fault

_BLOCK = re.compile(r"\s*<(?:p|div|figure|img|br|table|ul|ol|blockquote|h[1-6])[\s/>]", re.IGNORECASE)
_ADDRESS = re.compile(r"[(<]?(?:mailto:)?[^\s@<>()]{1,64}@[^\s@<>()]{1,255}[)>]?")
# What programs that make feeds write below each text.
_BYLINE = re.compile(
    r"\s*(?:The post .{1,300} (?:appeared first|first appeared) on .{1,200}\."
    r"|submitted by\s+/?u/\S{1,60}(?:\s+to\s+/?r/\S{1,60})?(?:\s*\[(?:link|comments)\])*)$"
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a feed holds. ``faults`` say what was wrong with it, in words for its maker; they cost it nothing else."""

    title: str
    entries: tuple[Entry, ...]
    language: str = ""
    site: str = ""  # the page that the feed belongs to
    faults: tuple[str, ...] = ()


class Text(NamedTuple):
    """What stands in a feed, with what it is: ``markup`` is HTML, anything else means what it says."""

    value: str = ""
    markup: bool = True

    def line(self, longest: int) -> str:
        return plain(self.value, longest) if self.markup else cut(tidy(self.value), longest)

    def teaser(self) -> str:
        """Its first sentences, without what a program has put below them. HTML that calls itself text is HTML here."""
        text = self._replace(markup=self.markup or bool(_BLOCK.match(self.value)))
        told = text.markup and opening(text.value, ".html", EXCERPT_MAXIMUM)
        told = told or text.line(2 * EXCERPT_MAXIMUM)
        return cut(mended(_BYLINE.sub("", told)), EXCERPT_MAXIMUM)


UNSAID, UNDATED = Text(), Date()


@dataclass(frozen=True, slots=True)
class Found:
    """An entry as it stands in a feed. Of ``links`` the first that can be used is its page, of ``sources`` its source."""

    id: str = ""
    title: Text = UNSAID
    texts: tuple[Text, ...] = ()  # the summary, the whole; some may be missing
    links: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    published: Date = UNDATED
    updated: Date = UNDATED
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = ()
    language: str = ""


def entries(found: Iterable[Found], url: str) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """Each entry once, under a key of its own, and what was wrong with them. Links are meant from ``url``."""
    read = tuple(islice(found, ENTRIES_MAXIMUM))
    pages = [_usable(one.links, url) for one in read]
    shared = _shared(read, pages)
    known: dict[str, Entry] = {}
    unreadable: list[str] = []
    for one, page in zip(read, pages, strict=True):
        published, updated = (_instant(date, unreadable) for date in (one.published, one.updated))
        made = _entry(replace(one, id="") if tidy(one.id) in shared else one, url, page, published, updated)
        if made.key:
            known.setdefault(made.key, made)
    return tuple(known.values()), _undated(unreadable)


def _shared(found: Sequence[Found], pages: Sequence[str]) -> Collection[str]:
    """The ids that a feed gives to entries of several pages: none of them is the identity of any."""
    of: defaultdict[str, set[str]] = defaultdict(set)
    for one, page in zip(found, pages, strict=True):
        of[tidy(one.id)].add(page)
    return {id_ for id_, places in of.items() if len(places) > 1}


def _instant(date: Date, unreadable: list[str]) -> datetime | None:
    try:
        return date.instant()
    except ValueError:
        unreadable.append(date.text)
        return None


def _undated(unreadable: Sequence[str]) -> tuple[str, ...]:
    if not unreadable:
        return ()
    first = repr(cut(tidy(unreadable[0]), DATE_SHOWN))
    if len(unreadable) == 1:
        return (f"has a date that cannot be read: {first}",)
    return (f"has {len(unreadable):,} dates that cannot be read, the first one {first}",)


def _entry(found: Found, url: str, page: str, published: datetime | None, updated: datetime | None) -> Entry:
    title = found.title.line(TITLE_MAXIMUM)
    excerpt = next(filter(None, (text.teaser() for text in found.texts)), "")
    if not title:  # as in feeds of short messages
        title = cut(excerpt, HEADLINE)
        excerpt = "" if title == excerpt else excerpt
    source = _usable(found.sources, url)
    image = cover(chain(found.pictures, *(in_text(text.value) for text in found.texts if text.markup)), url)
    return Entry(
        key=_key(found, page, title),
        title=title,
        url=page,
        published=published or updated,
        updated=updated,
        excerpt=excerpt,
        author=_names(found.authors),
        categories=_categories(found.categories),
        image=image.url,
        width=image.width,
        height=image.height,
        source="" if source == page else source,
        language=languages.tag(found.language),
        minutes=max((minutes(text.value) for text in found.texts), default=0),
    )


def _usable(written: Iterable[str], base: str) -> str:
    return next(filter(None, (web_url(absolute(url, base)) for url in written)), "")


def _key(found: Found, page: str, title: str) -> str:
    key = tidy(found.id) or _place(page)
    if not key:
        return sha256(f"{title}\n{found.published.text}".encode()).hexdigest() if title else ""
    return key if len(key) <= KEY_MAXIMUM else sha256(key.encode()).hexdigest()


def _place(page: str) -> str:
    """What stays of a page's address when its site goes over to https, or counts its readers by it."""
    canonical, fragment = canonical_url(page), urldefrag(page).fragment
    return f"{canonical}#{fragment}" if canonical and fragment else canonical or page


def _names(authors: Iterable[str]) -> str:
    """The names of the authors; an e-mail address is none."""
    names = (tidy(_ADDRESS.sub("", plain(author, 2 * AUTHOR_MAXIMUM))).strip("()<> ") for author in authors)
    return cut(", ".join(dict.fromkeys(filter(None, names))), AUTHOR_MAXIMUM)


def _categories(written: Iterable[str]) -> tuple[str, ...]:
    found: dict[str, str] = {}
    for category in islice(written, CATEGORIES_MAXIMUM):
        name = plain(category, CATEGORY_MAXIMUM)
        if name and not web_url(name):  # some programs mark the kind of an entry by a URL
            found.setdefault(name.casefold(), name)
    return tuple(found.values())
