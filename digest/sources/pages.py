"""The address of an article's own page: the one that it names, or the one that the site's pattern makes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from digest.identity import category_key
from digest.model import Article, Problem
from digest.sources.addresses import looks_like_url, web_url
from digest.sources.fields import Field, Fields, Found
from digest.sources.place import Place
from digest.sources.text import tidy

# What an ``article_url`` may hold, in braces; ``:lower`` behind one of them makes small letters of it, and hyphens of
# blanks.
PAGE_FIELDS = (
    *("slug", "category", "year", "month", "day", "path", "filename", "title"),
    *("slug_or_title", "slug_or_filename", "slug_or_dated", "folders", "categories", "language"),
)
_MAY_BE_EMPTY = frozenset({"folders", "categories", "language"})  # then they vanish, with the slash behind them

_PAGE_FIELD = re.compile("{(?P<name>" + "|".join(PAGE_FIELDS) + ")(?P<lower>:lower)?}(?P<slash>/?)")
_TEMPLATE = re.compile(r"\{[{%]|(?:^|/):[a-z]", re.IGNORECASE)  # /{{ page.fileSlug }}/, /:year/:title/
_NO_PATH = re.compile(r"[{}*<>\\\s]|^\.")
_STEP = re.compile(r"(?:^|/)\.\.?(?:/|$)")  # to a folder above, which generators take each in its own way
_FILE = re.compile(r"\.(?!html?$|php$)[a-z][a-z0-9]{1,4}$", re.IGNORECASE)  # of another kind than pages
# Hugo keeps these in the address that it makes of a title, Pelican and others do not.
_DISPUTED = re.compile(r"[./_+#@~%\\]|--|\S[\u2013\u2014]\S")
_POSTS = "_posts"

_FEW = 0.1  # of all articles: so many may link nowhere without a warning


def named(fields: Fields, site_url: str) -> str:
    """The page that an article names for itself; "" where it names none, or the site's address is not known."""
    for field in fields.found(Field.PERMALINK):
        if looks_like_url(field.text):
            if field.name != "url":  # which then is where the story comes from
                return web_url(field.text)
        elif site_url and _is_path(field.text):
            return web_url(f"{site_url.rstrip('/')}/{field.text.strip().lstrip('/').removesuffix('index.html')}")
    return ""


def template(fields: Fields) -> Found | None:
    """What an article says of its page that its generator alone can fill in: ``/{{ title | slugify }}/``."""
    return next((field for field in fields.found(Field.PERMALINK) if _is_template(field.text)), None)


def is_pageless(fields: Fields) -> bool:
    """Whether an article says that it has no page, as Eleventy has it: ``permalink: false``; or one of which nobody can
    tell where it is: ``permalink: /a/../../b``.
    """
    said = [field for field in fields.found(Field.PERMALINK) if field.name == "permalink"]
    return any(field.text.casefold() == "false" or _STEP.search(field.text) for field in said)


def patterned(
    pattern: str, fields: Fields, place: Place, day: datetime, *, category: str, title: str, spoken: str
) -> str:
    """The page that a pattern makes; "" without one, or where the article lacks what the pattern needs.

    ``day`` is when it was published, in the site's time zone, ``spoken`` the site's own language, or "". A translation
    has no page by a pattern that has no language: it would be that of the original.
    """
    language = "" if is_spoken(place.language, spoken) else place.language
    if not pattern or (language and not _names_language(pattern, place)):
        return ""
    slug, name = tidy(fields.text(Field.SLUG)).strip("/"), tidy(place.name)
    values = {
        "slug": slug or tidy(place.slug).strip("/"),
        "category": category_key(category),
        "year": f"{day.year:04}",
        "month": f"{day.month:02}",
        "day": f"{day.day:02}",
        "path": tidy(place.path),
        "filename": name,
        "title": titled(title),
        "slug_or_title": slug or titled(title),
        "slug_or_filename": slug or name,
        "slug_or_dated": slug or tidy(place.dated),
        "folders": tidy("/".join(place.above)),
        "categories": "/".join(dict.fromkeys(category.lower() for category in _categories(fields, place))),
        "language": language,
    }
    named = {found["name"] for found in _PAGE_FIELD.finditer(pattern)}
    if any(_STEP.search(values[name]) or not (values[name] or name in _MAY_BE_EMPTY) for name in named):
        return ""
    return web_url(_PAGE_FIELD.sub(lambda found: _filled(found, values[found["name"]]), pattern))


def is_spoken(language: str, spoken: str) -> bool:
    """Whether a file in this language, "" if it names none, is no translation on a site that speaks ``spoken``.

    ``de`` is what a site in ``de-AT`` speaks; ``pt-br`` is another one than ``pt``.
    """
    return language == "" or f"{spoken.casefold()}-".startswith(f"{language}-")


def _names_language(pattern: str, place: Place) -> bool:
    """Whether a page made by this pattern has the article's language in it."""
    named = {found["name"] for found in _PAGE_FIELD.finditer(pattern)}
    return "language" in named or (place.in_language_folder and not named.isdisjoint({"folders", "path"}))


def titled(title: str) -> str:
    """What generators make of a title for an address; "" where they do not agree: of ``Version 2.0``, ``and/or``."""
    if _DISPUTED.search(title):
        return ""
    letters = (c for c in unicodedata.normalize("NFC", title).lower() if c.isalnum() or c.isspace() or _is_joint(c))
    return re.sub(r"[-\s]+", "-", "".join(letters)).strip("-")


def linkless(articles: Sequence[Article]) -> tuple[Problem, ...]:
    """A problem where readers could follow no link from some of these articles, by their number; few are none."""
    count = sum(not article.url for article in articles)
    if count <= _FEW * len(articles):
        return ()
    what = f"{count:,} of {len(articles):,} articles {'links' if count == 1 else 'link'} nowhere"
    hint = 'set article_url = "https://…/{slug}" below [site] in digest.toml, or name a source in each'
    return (Problem("site.article_url", what, hint),)


def _is_template(text: str) -> bool:
    return _TEMPLATE.search(text) is not None


def _is_path(text: str) -> bool:
    return "/" in text and not any(no.search(text) for no in (_TEMPLATE, _NO_PATH, _STEP, _FILE))


def _is_joint(character: str) -> bool:
    """A hyphen, or what belongs to the letter before it."""
    return character == "-" or unicodedata.category(character).startswith("M")


def _filled(found: re.Match[str], value: str) -> str:
    if found["lower"]:
        value = re.sub(r"\s+", "-", value).lower()
    return quote(value, safe="/") + found["slash"] if value else ""


def _categories(fields: Fields, place: Place) -> Iterator[str]:
    """As Jekyll has them in its addresses: the folders that ``_posts`` lies in, then all that are named, of text each
    word.
    """
    if _POSTS in place.folders:
        yield from place.folders[: place.folders.index(_POSTS)]
    several, one = fields.values.get("categories"), fields.values.get("category")
    written = several.split() if isinstance(several, str) else several if isinstance(several, list) else []
    for category in (*written, one):
        if isinstance(category, str) and (text := tidy(category).strip("/")):
            yield text
