"""Which field of a front matter means what: the one table of aliases, and how a value becomes text, a list or a yes.

Names are compared without regard to case, ``-`` and ``_``, so ``coverImage`` stands for ``cover_image`` too. In each
row the first name that holds something usable wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from enum import Enum
from typing import Any

from digest.sources.front_matter import FrontMatter, plain_name


class Field(Enum):
    TITLE = ("title", "headline", "linkTitle")
    DATE = ("date", "publishDate", "publishedAt", "published", "pubDate", "createdAt", "created")
    EXCERPT = ("excerpt", "description", "summary", "teaser", "abstract")
    COVER = ("coverImage", "cover", "heroImage", "featuredImage", "featureImage", "image", "images", "thumbnail")
    AUTHOR = ("author", "authors", "creator")
    CATEGORY = ("category", "section")
    CATEGORIES = ("categories",)
    TAGS = ("tags", "keywords")
    SOURCE = ("canonical", "canonicalUrl", "externalUrl", "sourceUrl", "source", "originalUrl", "link")
    SLUG = ("slug",)
    DRAFT = ("draft", "hidden", "unlisted")
    PUBLISHED = ("published",)  # also a date in some dialects
    STATUS = ("status",)
    PINNED = ("pin", "pinned", "featured", "sticky")
    MINUTES = ("readTime", "readingTime", "timeToRead")


# What stands in for a field's value where the value is an object: `author: {name: …}`, `cover: {src: …}`.
NAME_PARTS = ("name", "title", "label")
URL_PARTS = ("url", "src", "image", "path", "href")

LIST_MAXIMUM = 100
INTEGER_BITS = 64
_NAMES = {field: tuple(plain_name(name) for name in field.value) for field in Field}
_NOTHING = frozenset({"~", "null"})
_YES = frozenset({"true", "yes", "on", "y", "1"})
_NO = frozenset({"false", "no", "off", "n", "0"})
_COMMA = re.compile("[,;\uff0c\u3001]")  # the last two are the Chinese ones


def texts(front: FrontMatter, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> Iterator[str]:
    """What a field's aliases hold, as text in the table's order; of a list its first; never "".

    Blanks around it are gone, nothing else: entities and tags are as they were written.
    """
    for name in _NAMES[field]:
        if name in front.fields and (found := next(_flat(front.fields[name], parts), "")):
            yield found


def text(front: FrontMatter, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> str:
    return next(texts(front, field, parts), "")


def several(front: FrontMatter, field: Field, *, commas: bool) -> tuple[str, ...]:
    """All that the first filled alias of a field holds: a list, or text, which ``commas`` may cut."""
    for name in _NAMES[field]:
        value = front.fields.get(name)
        if commas and isinstance(value, str):
            value = _COMMA.split(value)
        if found := tuple(_flat(value, NAME_PARTS)):
            return found
    return ()


def says_yes(front: FrontMatter, field: Field) -> bool:
    return any(found.casefold() in _YES for found in texts(front, field))


def says_no(front: FrontMatter, field: Field) -> bool:
    return any(found.casefold() in _NO for found in texts(front, field))


def is_switch(value: str) -> bool:
    """Whether a text is a yes or a no, and so neither a date nor the address of a picture."""
    return value.casefold() in _YES | _NO


def line(front: FrontMatter, field: Field) -> int:
    """The line on which a field stands, 0 where that is not known."""
    return next((front.line(name) for name in _NAMES[field] if name in front.fields), 0)


def _flat(value: Any, parts: tuple[str, ...]) -> Iterator[str]:
    """The texts of a value: itself, a list's items, an object's telling part. Nothing deeper is looked at.

    A small file can stand for a gigabyte of nested aliases, so a list or object is never made text as a whole.
    """
    for item in value[:LIST_MAXIMUM] if isinstance(value, list) else (value,):
        if isinstance(item, dict):
            named = {plain_name(str(name)): part for name, part in list(item.items())[:LIST_MAXIMUM]}
            found = next(filter(None, (_scalar(named.get(part)) for part in parts)), "")
        else:
            found = _scalar(item)
        if found:
            yield found


def _scalar(value: Any) -> str:
    """YAML gives text only; TOML and JSON give values, which become the text that YAML would have given."""
    match value:
        case str():
            found = value.strip()
            return "" if found.casefold() in _NOTHING else found
        case bool():
            return "true" if value else "false"
        case datetime() | date():
            return value.isoformat()
        case int() if value.bit_length() > INTEGER_BITS:  # Python refuses to write out the longest
            return ""
        case int() | float():
            return str(value)
        case _:
            return ""
