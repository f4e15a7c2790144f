"""The address of an article's own page: the one that it names, or the one that the site's pattern makes."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote

from digest.identity import category_key
from digest.sources.addresses import looks_like_url, web_url
from digest.sources.fields import Field, Fields
from digest.sources.place import Place
from digest.sources.text import tidy

# What an ``article_url`` may hold, in braces.
PAGE_FIELDS = ("slug", "category", "year", "month", "day", "path", "filename", "title")

_PAGE_FIELD = re.compile("{(" + "|".join(PAGE_FIELDS) + ")}")
_PATTERN = re.compile(r"[{}*<>\\\s]|(?:^|/):|^\.")  # /:year/:title, /{{ page.fileSlug }}/: for the generator to fill in
_FILE = re.compile(r"\.(?!html?$|php$)[a-z][a-z0-9]{1,4}$", re.IGNORECASE)  # of another kind than pages


def named(fields: Fields, site_url: str) -> str:
    """The page that an article names for itself; "" where it names none, or the site's address is not known."""
    for field in fields.found(Field.PERMALINK):
        if looks_like_url(field.text):
            if field.name != "url":  # which then is where the story comes from
                return web_url(field.text)
        elif site_url and "/" in field.text and not _PATTERN.search(field.text) and not _FILE.search(field.text):
            return web_url(f"{site_url.rstrip('/')}/{field.text.strip().lstrip('/').removesuffix('index.html')}")
    return ""


def patterned(pattern: str, fields: Fields, place: Place, day: datetime, *, category: str, title: str) -> str:
    """The page that a pattern makes; "" without one, or where the article lacks what the pattern needs.

    ``day`` is when it was published, in the site's time zone.
    """
    if not pattern:
        return ""
    values = {
        "slug": tidy(fields.text(Field.SLUG) or place.slug).strip("/"),
        "category": category_key(category),
        "year": f"{day.year:04}",
        "month": f"{day.month:02}",
        "day": f"{day.day:02}",
        "path": tidy(place.path),
        "filename": tidy(place.name),
        "title": category_key(title),
    }
    if not all(values[name] for name in _PAGE_FIELD.findall(pattern)):
        return ""
    return web_url(_PAGE_FIELD.sub(lambda found: quote(values[found[1]], safe="/"), pattern))
