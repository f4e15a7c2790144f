"""One article file, read: its fields and body become an Article, with a Problem for whatever could not be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

from digest.errors import ArticleError
from digest.identity import canonical_url, category_key
from digest.model import Article, Fault, Image, Problem
from digest.sources import front_matter
from digest.sources.addresses import looks_like_url, web_url
from digest.sources.body import heading, minutes, opening
from digest.sources.covers import CoverError, Shelf
from digest.sources.dates import instant
from digest.sources.fields import URL_PARTS, Field, is_switch, line, says_no, says_yes, several, text, texts
from digest.sources.front_matter import FrontMatter
from digest.sources.text import cut, excerpt, plain, tidy

PAGE_FIELDS = ("slug", "category", "year", "month", "day")  # what an ``article_url`` may hold, in braces

TITLE_MAXIMUM = 300
AUTHOR_MAXIMUM = 200
CATEGORY_MAXIMUM = 100
TAG_MAXIMUM = 100

_DATED = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:[-_. ]|$)", re.ASCII)  # how a file's name begins, in Jekyll's way
_NUMBER = re.compile(r"\d{1,3}(?!\d)", re.ASCII)
_PAGE_FIELD = re.compile("{(" + "|".join(PAGE_FIELDS) + ")}")


class LinkTo(StrEnum):
    PAGE = "page"  # the article's own page on the site
    SOURCE = "source"  # where the story came from


@dataclass(frozen=True, slots=True)
class Manner:
    """How the articles below ``root`` are read. Dates without a time zone are meant in ``zone``.

    Files are called by their path below ``base`` (unset: ``root``), which is also their identity where nothing better is
    known: two folders with a common base share no name.

    ``article_url`` is the pattern of an article's own page (``PAGE_FIELDS`` in braces), ``site_url`` and the ``static``
    folders are where root-relative pictures live, on the web and on disk. ``prefer`` says where a reader is taken;
    unset, to the page if there is a pattern. An article that lacks the one gets the other.

    ``name`` is what the source is called, ``category`` that of all its articles or "", ``language`` that of those which
    do not say theirs. ``names`` are names of fields that this folder has before the usual ones: ``{"category":
    ("rubric",)}``.
    """

    root: Path
    zone: ZoneInfo
    site_url: str = ""
    article_url: str = ""
    static: tuple[Path, ...] = ()
    excerpt_length: int = 240
    prefer: LinkTo | None = None
    base: Path | None = None
    name: str = ""
    category: str = ""
    language: str = ""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def when(manner: Manner, path: Path, name: str, beginning: bytes) -> datetime | None:
    """When the article of a file was published, by its ``beginning`` (``front_matter.opening``) alone.

    None where it has no date that can be read, or is no article. Never raises.
    """
    content, _ = front_matter.decode(beginning)
    try:
        return Reading(manner, path, name, front_matter.split(name, content)).published()
    except ArticleError:
        return None


def _names_a_page(canonical: str) -> bool:
    """A URL that names a whole site stands in all of its articles, and identifies none."""
    return "/" in canonical or "?" in canonical


@dataclass(frozen=True, slots=True)
class Reading:
    """One file on its way to an Article."""

    manner: Manner
    path: Path
    name: str
    front: FrontMatter

    def results(self) -> Iterator[Article | Problem]:
        published = self.published()
        title = self._title()
        category, tags = self._grouping()
        source = next(filter(None, map(web_url, texts(self.front, Field.SOURCE, URL_PARTS))), "")
        page = self._page(published, category)
        image, faults = self._cover(page)
        to_source = self.manner.prefer is LinkTo.SOURCE or not self.manner.article_url
        canonical = canonical_url(source)
        yield Article(
            key=canonical if _names_a_page(canonical) else f"path:{self.name}",
            title=title,
            published=published,
            url=(source or page) if to_source else (page or source),
            source=source,
            category=category,
            excerpt=self._excerpt(),
            author=self._author(),
            image=image,
            tags=tags,
            path=self.name,
            draft=self._is_draft(),
            pinned=says_yes(self.front, Field.PINNED),
            minutes=self._minutes(),
        )
        yield from faults
        yield from self._source_faults(source)

    def published(self) -> datetime:
        dated = _DATED.match(self._own_name)
        written = next(
            (found for found in texts(self.front, Field.DATE) if not is_switch(found)), dated[1] if dated else ""
        )
        if not written:
            raise ArticleError(
                self.name, "has no date", hint="add a line such as `date: 2025-12-03` to the front matter"
            )
        try:
            return instant(written, self.manner.zone)
        except ValueError as error:
            hint = "write it as 2025-12-03 or 2025-12-03T07:00:00+01:00"
            raise ArticleError(self.name, str(error), line=line(self.front, Field.DATE), hint=hint) from None

    def _title(self) -> str:
        candidates = (plain(found, TITLE_MAXIMUM) for found in texts(self.front, Field.TITLE))
        title = next(filter(None, candidates), "")
        title = title or cut(heading(self.front.body, self._suffix), TITLE_MAXIMUM)
        if not title:
            raise ArticleError(self.name, "has no title", hint="add a line such as `title: What happened`")
        return title

    def _excerpt(self) -> str:
        longest = self.manner.excerpt_length
        candidates = (excerpt(found, longest) for found in texts(self.front, Field.EXCERPT))
        found = next(filter(None, candidates), "")
        return found or cut(opening(self.front.body, self._suffix, longest), longest)

    @property
    def _own_name(self) -> str:
        """What the file is called; a file ``index.md`` is called as its folder."""
        return self.path.parent.name if self.path.stem == "index" else self.path.stem

    @property
    def _suffix(self) -> str:
        return self.path.suffix.lower()

    def _author(self) -> str:
        names = (plain(name, AUTHOR_MAXIMUM) for name in several(self.front, Field.AUTHOR, commas=False))
        return cut(", ".join(filter(None, names)), AUTHOR_MAXIMUM)

    def _grouping(self) -> tuple[str, tuple[str, ...]]:
        """The category, and the tags without it and without repeats."""
        categories = (text(self.front, Field.CATEGORY), *several(self.front, Field.CATEGORIES, commas=True))
        category = next(filter(None, (plain(found, CATEGORY_MAXIMUM) for found in categories)), "")
        tags = {"": "", category.casefold(): ""}
        for found in several(self.front, Field.TAGS, commas=True):
            tag = plain(found, TAG_MAXIMUM)
            tags.setdefault(tag.casefold(), tag)
        return category, tuple(filter(None, tags.values()))

    def _minutes(self) -> int:
        """As the front matter has it (``5``, ``5 min read``), else from the length of the body."""
        written = _NUMBER.match(text(self.front, Field.MINUTES))
        return int(written[0]) if written else minutes(self.front.body)

    def _is_draft(self) -> bool:
        status = text(self.front, Field.STATUS).casefold()
        return says_yes(self.front, Field.DRAFT) or says_no(self.front, Field.PUBLISHED) or status == "draft"

    def _page(self, published: datetime, category: str) -> str:
        """The article's own page, "" where there is no pattern or the article lacks what the pattern needs."""
        if not self.manner.article_url:
            return ""
        day = published.astimezone(self.manner.zone)
        slug = text(self.front, Field.SLUG) or _DATED.sub("", self._own_name) or self._own_name
        values = {
            "slug": tidy(slug).strip("/"),
            "category": category_key(category),
            "year": f"{day:%Y}",
            "month": f"{day:%m}",
            "day": f"{day:%d}",
        }
        needed = _PAGE_FIELD.findall(self.manner.article_url)
        if not all(values[field] for field in needed):
            return ""
        return web_url(_PAGE_FIELD.sub(lambda field: quote(values[field[1]], safe="/"), self.manner.article_url))

    def _cover(self, page: str) -> tuple[Image | None, tuple[Problem, ...]]:
        """The first cover that can be used, and a Problem for each one before it that was meant to be."""
        manner = self.manner
        shelf = Shelf(self.path.parent, manner.root, manner.static, manner.site_url, page)
        faults: list[Problem] = []
        for written in texts(self.front, Field.COVER, URL_PARTS):
            try:
                image = None if is_switch(written) else shelf.find(written)
            except CoverError as fault:
                at = line(self.front, Field.COVER)
                faults.append(Problem(self.name, str(fault), "the article is shown without it", at, Fault.COVER))
            else:
                if image:
                    return image, tuple(faults)
        return None, tuple(faults)

    def _source_faults(self, source: str) -> Iterator[Problem]:
        written = next(filter(looks_like_url, texts(self.front, Field.SOURCE, URL_PARTS)), "")
        if written and not source:
            what = f"the source {written[:200]!r} is not a usable http(s) address"
            at = line(self.front, Field.SOURCE)
            yield Problem(self.name, what, "the article is shown without it", at, Fault.SOURCE)
