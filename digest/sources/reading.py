"""One article file, read: its fields and body become an Article, with a Problem for whatever could not be used."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.cutting import cut
from digest.errors import ArticleError
from digest.identity import canonical_url
from digest.model import EXCERPT_MAXIMUM, Article, Dated, Fault, Image, Problem
from digest.sources import drafts, front_matter, languages, pages, passing, sidecars
from digest.sources.addresses import looks_like_url, web_url
from digest.sources.body import continued, heading, minutes, opening
from digest.sources.covers import CoverError, Shelf
from digest.sources.dates import HOW_TO_WRITE, doubtful, in_path, instant, is_strange
from digest.sources.drafts import Standing
from digest.sources.fields import URL_PARTS, Field, Fields, Found, is_switch
from digest.sources.front_matter import FrontMatter
from digest.sources.place import Place
from digest.sources.text import excerpt, plain, tidy

TITLE_MAXIMUM = 300
AUTHOR_MAXIMUM = 200
CATEGORY_MAXIMUM = 100
TAG_MAXIMUM = 100
SHOWN = 200  # characters of a value in a message

_NUMBER = re.compile(r"\d{1,3}(?!\d)", re.ASCII)
_WEIGHT = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?", re.ASCII)
_MARKDOWN_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MAIL_ADDRESS = re.compile(r"\s*<[^<>\s]*@[^<>\s]*>")
_NO_DATE = frozenset({"last modified", "created", "git last modified", "git created"})  # Eleventy: ask the file


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
    do not say theirs, ``spoken`` the one that the site's own pages are in, or "". ``names`` are names of fields that this folder has before the usual ones: ``{"category":
    ("rubric",)}``.
    """

    root: Path
    zone: ZoneInfo
    site_url: str = ""
    article_url: str = ""
    static: tuple[Path, ...] = ()
    prefer: LinkTo | None = None
    base: Path | None = None
    name: str = ""
    category: str = ""
    language: str = ""
    spoken: str = ""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class Dating(NamedTuple):
    published: datetime
    dated: Dated
    faults: tuple[Problem, ...]


def when(manner: Manner, path: Path, name: str, beginning: bytes) -> datetime | None:
    """When the article of a file was published, by its ``beginning`` (``front_matter.opening``) alone.

    None where it has no date that can be read, or is no article. Never raises.
    """
    content, _ = front_matter.decode(beginning)
    try:
        front = sidecars.completed(front_matter.split(name, content), path, manner.root)
        return Reading(manner, path, name, front).published()
    except ArticleError:
        return None


def _names_a_page(canonical: str) -> bool:
    """A URL that names a whole site stands in all of its articles, and identifies none."""
    return "/" in canonical or "?" in canonical


@dataclass(frozen=True)  # with a __dict__, for its cached properties
class Reading:
    """One file on its way to an Article."""

    manner: Manner
    path: Path
    name: str
    front: FrontMatter

    def results(self) -> Iterator[Article | Problem]:
        manner = self.manner
        published, dated, faults = self._dating()
        title = self._title()
        category, tags = self._grouping()
        source, source_faults = self._source()
        page, page_notes = self._page(published, category, title)
        image, cover_faults = self._cover(page)
        updated, updated_faults = self._updated()
        language, language_faults = self._language()
        standing, doubts = self._standing()
        to_source = manner.prefer is LinkTo.SOURCE or not manner.article_url
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
            draft=standing.draft,
            pinned=self._fields.says_yes(Field.PINNED),
            minutes=self._minutes(),
            hidden=standing.hidden,
            expires=min(self._moments(Field.EXPIRY), default=None),
            updated=updated,
            dated=dated,
            language=language,
            weight=self._weight(),
            origin=manner.name,
        )
        yield from (*faults, *cover_faults, *source_faults, *updated_faults, *language_faults)
        yield from (*page_notes, *doubts)

    def published(self) -> datetime:
        """Raises ArticleError for what has no date that can be read, or is no article."""
        return self._dating().published

    @cached_property
    def _fields(self) -> Fields:
        return Fields.of(self.front, self.manner.names)

    @cached_property
    def _place(self) -> Place:
        return Place.of(self.path, self.manner.root)

    def _problem(self, found: Found, what: str, hint: str, fault: Fault) -> Problem:
        return Problem(self.name, what, hint, self._fields.line(found.name), fault)

    # --- when it was published -------------------------------------------------------------------------------------

    def _dating(self) -> Dating:
        """By the first date that can be read, with a Problem for each before it. Raises ArticleError."""
        if what := passing.passed_over(self._place, self._fields, self.front.body):
            raise ArticleError(self.name, f"is {what}", hint=passing.HINT, fault=Fault.PASSED_OVER)
        faults: list[Problem] = []
        for found, dated in self._dates():
            try:
                published = instant(found.text, self.manner.zone)
            except ValueError as error:
                faults.append(self._problem(found, str(error), HOW_TO_WRITE, Fault.DATE))
                continue
            if is_strange(published):
                what = f"the date {found.text[:SHOWN]!r} is in the year {published.year}: is that right?"
                hint = "write the year of the Gregorian calendar"
                faults.append(self._problem(found, what, hint, Fault.DATE))
                continue
            if doubtful(found.text):
                day = f"{published.astimezone(self.manner.zone):%Y-%m-%d}"
                what = f"the date {found.text!r} was read as {day}"
                faults.append(self._problem(found, what, f"write it as {day}, or as what was meant", Fault.DATE))
            return Dating(self._appearing(published), dated, tuple(faults))
        if faults:
            first = faults[0]
            raise ArticleError(self.name, first.what, line=first.line, hint=first.hint, fault=first.fault)
        raise self._undated()

    def _undated(self) -> ArticleError:
        for found in self._fields.found(Field.DATE):
            if found.text.casefold() in _NO_DATE:
                what, line = (
                    f"the date {found.text!r} is one that only the generator knows",
                    self._fields.line(found.name),
                )
                hint = "write the date itself, or put it into the file's name: 2025-12-03-regatta.md"
                return ArticleError(self.name, what, line=line, hint=hint, fault=Fault.DATE)
        hint = "add a line such as `date: 2025-12-03` to the front matter"
        return ArticleError(self.name, "has no date", hint=hint, fault=Fault.DATE)

    def _dates(self) -> Iterator[tuple[Found, Dated]]:
        for found in self._fields.found(Field.DATE):
            if not is_switch(found.text) and found.text.casefold() not in _NO_DATE:
                yield found, Dated.FIELD
        if date := self._place.date:
            yield Found(date, ""), Dated.NAME
        for found in self._fields.found(Field.PERMALINK):
            if date := in_path(found.text):
                yield found._replace(text=date), Dated.PATH

    def _appearing(self, published: datetime) -> datetime:
        """An article that is held back until a later day would be in no edition by its first date."""
        return max((published, *self._moments(Field.APPEARS)))

    def _moments(self, field: Field) -> Iterator[datetime]:
        """Those that can be read; what cannot be makes a draft."""
        for found in self._fields.stated(field):
            with suppress(ValueError):
                yield instant(found.text, self.manner.zone)

    def _updated(self) -> tuple[datetime | None, tuple[Problem, ...]]:
        found = next(self._fields.found(Field.UPDATED), None)
        if found is None or is_switch(found.text):
            return None, ()
        try:
            return instant(found.text, self.manner.zone), ()
        except ValueError as error:
            hint = f"it is taken for never changed; {HOW_TO_WRITE}"
            return None, (self._problem(found, str(error), hint, Fault.DATE),)

    # --- what it says ----------------------------------------------------------------------------------------------

    def _title(self) -> str:
        candidates = (plain(found, TITLE_MAXIMUM) for found in self._fields.texts(Field.TITLE))
        title = next(filter(None, candidates), "")
        title = title or cut(heading(self.front.body, self._place.suffix), TITLE_MAXIMUM)
        if not title:
            hint = "add a line such as `title: What happened`"
            raise ArticleError(self.name, "has no title", hint=hint, fault=Fault.TITLE)
        return title

    def _excerpt(self) -> str:
        body = self.front.body
        candidates = (
            excerpt(found, EXCERPT_MAXIMUM) for found in self._fields.texts(Field.EXCERPT) if not is_switch(found)
        )
        if found := next(filter(None, candidates), ""):
            return continued(found, body, EXCERPT_MAXIMUM)
        separator = self._fields.text(Field.SEPARATOR)
        return cut(opening(body, self._place.suffix, separator=separator), EXCERPT_MAXIMUM)

    def _author(self) -> str:
        """Their names, without the addresses that stand beside some."""
        names = (
            plain(_MAIL_ADDRESS.sub("", _MARKDOWN_LINK.sub(r"\1", name)), AUTHOR_MAXIMUM)
            for name in self._fields.several(Field.AUTHOR, commas=False)
            if not is_switch(name)
        )
        return cut(", ".join(filter(None, names)), AUTHOR_MAXIMUM)

    def _grouping(self) -> tuple[str, tuple[str, ...]]:
        """The category, and the tags without it and without repeats."""
        category = self.manner.category or next(filter(None, self._categories()), "")
        tags = {"": "", category.casefold(): ""}
        for found in self._fields.several(Field.TAGS, commas=True):
            tag = plain(found, TAG_MAXIMUM)
            tags.setdefault(tag.casefold(), tag)
        return category, tuple(filter(None, tags.values()))

    def _categories(self) -> Iterator[str]:
        for category in self._fields.categories():
            yield plain(category, CATEGORY_MAXIMUM)
        yield cut(tidy(self._place.category), CATEGORY_MAXIMUM)

    def _minutes(self) -> int:
        """As the front matter has it (``5``, ``5 min read``), else from the length of the body."""
        written = _NUMBER.match(self._fields.text(Field.MINUTES))
        return int(written[0]) if written else minutes(self.front.body)

    def _weight(self) -> float | None:
        """0 is none, as generators have it."""
        written = self._fields.text(Field.WEIGHT)
        return (float(written) or None) if _WEIGHT.fullmatch(written) else None

    def _standing(self) -> tuple[Standing, tuple[Problem, ...]]:
        found = drafts.standing(self._fields)
        if self._place.is_draft:
            return replace(found, draft=True), ()
        if doubt := found.doubt:
            return found, (Problem(self.name, doubt.what, doubt.hint, doubt.line, Fault.FRONT_MATTER),)
        return found, ()

    def _language(self) -> tuple[str, tuple[Problem, ...]]:
        found = next(self._fields.found(Field.LANGUAGE), None)
        if found is None:
            return self._place.language or languages.tag(self.manner.language), ()
        if tag := languages.tag(found.text):
            return tag, ()
        what = f"the language {found.text[:SHOWN]!r} is none that is known"
        note = self._problem(found, what, "write it as de or pt-BR", Fault.CONTENT)
        unsaid = self._place.language or languages.tag(self.manner.language)
        return unsaid, () if languages.says_nothing(found.text) else (note,)

    # --- where it leads, and its picture ---------------------------------------------------------------------------

    def _source(self) -> tuple[str, tuple[Problem, ...]]:
        unusable = None
        for found in self._fields.found(Field.SOURCE, URL_PARTS):
            if source := web_url(found.text):
                return source, ()
            unusable = unusable or (found if looks_like_url(found.text) else None)
        if unusable is None:
            return "", ()
        what = f"the source {unusable.text[:SHOWN]!r} is not a usable http(s) address"
        return "", (self._problem(unusable, what, "the article is shown without it", Fault.SOURCE),)

    def _page(self, published: datetime, category: str, title: str) -> tuple[str, tuple[Problem, ...]]:
        """None, rather than one that is wrong: who names a page of their own has none that follows the pattern."""
        manner, fields = self.manner, self._fields
        if page := pages.named(fields, manner.site_url):
            return page, ()
        if found := pages.template(fields):
            what = f"only the generator can tell which page {found.text[:SHOWN]!r} is"
            hint = "write the address itself, or the article has no link to its page"
            return "", (self._problem(found, what, hint, Fault.CONTENT),)
        if pages.is_pageless(fields):
            return "", ()
        day = published.astimezone(manner.zone)
        spoken = manner.language or manner.spoken
        return pages.patterned(
            manner.article_url, fields, self._place, day, category=category, title=title, spoken=spoken
        ), ()

    def _cover(self, page: str) -> tuple[Image | None, tuple[Problem, ...]]:
        """The first cover that can be used, and a Problem for each one before it that was meant to be."""
        manner = self.manner
        shelf = Shelf(self.path.parent, manner.root, manner.static, manner.site_url, page)
        faults: list[Problem] = []
        for found in self._fields.every(Field.COVER, URL_PARTS):
            try:
                image = None if is_switch(found.text) else shelf.find(found.text)
            except CoverError as fault:
                faults.append(self._problem(found, str(fault), fault.hint, Fault.COVER))
            else:
                if image:
                    return image, tuple(faults)
        return None, tuple(faults)
