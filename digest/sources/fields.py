"""Which field of a front matter means what: the one table of names, and how a value becomes text, a list or a yes.

Names are compared without regard to case, ``-`` and ``_``, so ``coverImage`` stands for ``cover_image`` too. In each
row the first name that holds something usable wins. A point leads into an object: ``lastUpdate.date``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import lru_cache, reduce
from itertools import islice
from operator import or_
from typing import Any, NamedTuple, Self

from digest.sources.front_matter import FrontMatter, plain_name, plainly


class Field(Enum):
    TITLE = ("title", "headline", "linkTitle", "newsTitle")
    DATE = (
        "date",
        "publishDate",
        "publishedAt",
        "published",
        "pubDate",
        "pubDatetime",
        "createdAt",
        "created",
        "added",
    )
    # No article is older than that, whatever its date.
    APPEARS = ("publishDate", "publishedAt", "published", "pubDate", "pubDatetime")
    UPDATED = (
        *("lastmod", "updated", "updatedAt", "updatedDate", "modified", "lastModified", "lastModifiedAt"),
        *("modDatetime", "lastUpdate.date"),
    )
    EXPIRY = ("expiryDate", "expires", "unpublishDate")
    EXCERPT = (
        *("excerpt", "description", "summary", "teaser", "deck", "preview", "subtitle", "spoiler", "abstract"),
        *("blurb", "desc"),
    )
    SEPARATOR = ("excerptSeparator",)  # what ends the excerpt in the body
    COVER = (
        *("coverImage", "cover", "heroImage", "hero", "featuredImage", "featureImage", "image", "images"),
        *("previewImage", "ogImage", "thumbnail", "thumb", "banner", "poster", "resources"),
    )
    AUTHOR = ("author", "authors", "by", "creator")
    CATEGORY = ("category", "categories", "section", "topics", "type", "kicker", "series")
    TAGS = ("tags", "keywords", "topics")
    SOURCE = (
        *("canonical", "canonicalUrl", "externalUrl", "sourceUrl", "source", "originalUrl", "link"),
        "url",  # also the article's own page, where it names no host
    )
    PERMALINK = ("permalink", "url", "path")
    SLUG = ("slug",)
    LANGUAGE = ("lang", "language", "locale")
    DRAFT = ("draft", "isDraft", "wip", "unpublished", "private", "isPrivate", "archived")
    PUBLISHED = ("published", "publish", "isPublished")  # also a date in some dialects
    STATUS = ("status", "visibility", "postStatus", "state")
    HIDDEN = ("hidden", "isHidden", "unlisted", "isUnlisted", "hide", "headless", "eleventyExcludeFromCollections")
    LISTED = ("build.list", "build.render", "listed", "visible")
    PINNED = ("pin", "pinned", "featured", "sticky")
    WEIGHT = ("weight", "order")
    MINUTES = ("readTime", "readingTime", "timeToRead")
    LAYOUT = ("layout", "template", "type")
    REDIRECT = ("redirect", "redirectTo", "redirectUrl")


# Where generators keep the fields that are the site's own, or lists of tags: what is in them counts as if it stood at
# the top, unless it stands there too. (Hugo, Zola twice, content managers.)
CONTAINERS = ("params", "extra", "taxonomies", "seo")

# What stands in for a field's value where the value is an object: `author: {name: …}`, `cover: {src: …}`.
NAME_PARTS = ("name", "title", "label")
URL_PARTS = ("url", "src", "image", "path", "href", "feature")

LIST_MAXIMUM = 100
INTEGER_BITS = 64
_LISTS = frozenset({"categories", "topics"})  # the first of them sorts the article
# A ``type`` that says what kind of page it is, and not what it is about.
_KINDS = frozenset({"post", "posts", "article", "articles", "blog", "page", "entry", "news"})
_NOTHING = frozenset({"~", "null"})
_YES = frozenset({"true", "yes", "on", "y", "1"})
_NO = frozenset({"false", "no", "off", "n", "0", "never"})
_COMMA = re.compile("[,;\uff0c\u3001]")  # the last two are the Chinese ones

Path = tuple[str, tuple[str, ...]]  # a name at the top, and the names that lead from there into objects


class Found(NamedTuple):
    text: str
    name: str  # of the field that holds it, for ``Fields.line``


def _path(name: str) -> Path:
    first, *below = map(plain_name, name.split("."))
    return first, tuple(below)


_USUAL = {field: tuple(map(_path, field.value)) for field in Field}


@lru_cache(maxsize=64)
def _names(own: tuple[tuple[str, tuple[str, ...]], ...]) -> Mapping[Field, tuple[Path, ...]]:
    """The table, with a folder's own names before the usual ones."""
    return _USUAL | {Field[row.upper()]: (*map(_path, names), *_USUAL[Field[row.upper()]]) for row, names in own}


# All that is said under each name: at the top and in each container, there in one file after the other, the nearest
# first, and there in each spelling of it.
_Said = Mapping[str, Sequence[Sequence[Sequence[Any]]]]


@dataclass(frozen=True, slots=True)
class Fields:
    """The fields of one article as the table names them; ``said`` is all that is said of it, wherever it stands."""

    front: FrontMatter
    values: Mapping[str, Any]
    names: Mapping[Field, tuple[Path, ...]]
    said: _Said

    @classmethod
    def of(cls, front: FrontMatter, own: Mapping[str, tuple[str, ...]] | None = None) -> Self:
        """``own`` are names that a folder has before the usual ones, by the table's row: ``{"category": ("rubric",)}``."""
        values: Mapping[str, Any] = {}
        for fields in (*reversed(front.beside), front.fields):
            inner = [plainly(fields[name]) for name in reversed(CONTAINERS) if isinstance(fields.get(name), dict)]
            values = reduce(or_, (*inner, fields), values)
        return cls(front, values, _names(tuple(own.items())) if own else _USUAL, _all_said(front))

    def found(self, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> Iterator[Found]:
        """What each name of a field holds, as text in the table's order; of a list its first; never "".

        Blanks around it are gone, nothing else: entities and tags are as they were written.
        """
        for name, below in self.names[field]:
            if name in self.values and (text := next(_flat(self._value(name, below), parts), "")):
                yield Found(text, name)

    def every(self, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> Iterator[Found]:
        """The same, but of a list each one."""
        for name, below in self.names[field]:
            if name in self.values:
                yield from (Found(text, name) for text in _flat(self._value(name, below), parts))

    def stated(self, field: Field) -> Iterator[Found]:
        """What each name of a field holds as one text, whatever it is; "…" for what is none.

        Unlike ``found``, what is said elsewhere counts too: nearer than it is only what stands in the same place of a
        nearer file, and says something.
        """
        for name, below in self.names[field]:
            for place in self.said.get(name, ()):
                said = (tuple(filter(None, map(_stated, _below(values, below)))) for values in place)
                yield from (Found(text, name) for text in next(filter(None, said), ()))

    def texts(self, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> Iterator[str]:
        return (found.text for found in self.found(field, parts))

    def text(self, field: Field, parts: tuple[str, ...] = NAME_PARTS) -> str:
        return next(self.texts(field, parts), "")

    def several(self, field: Field, *, commas: bool) -> tuple[str, ...]:
        """All that the first filled name of a field holds: a list, or text, which ``commas`` may cut.

        Where there are none, ``tags`` are parted by blanks, as Jekyll has them.
        """
        for name, below in self.names[field]:
            if name not in self.values:
                continue
            value = self._value(name, below)
            if commas and isinstance(value, str):
                value = _COMMA.split(value) if name != "tags" or _COMMA.search(value) else value.split()
            if found := tuple(_flat(value, NAME_PARTS)):
                return found
        return ()

    def categories(self) -> Iterator[str]:
        """What each name of a category says of it, in the table's order."""
        for text, name in self.found(Field.CATEGORY):
            category = _COMMA.split(text, maxsplit=1)[0].strip() if name in _LISTS else text
            if category and not is_switch(category) and (name != "type" or category.casefold() not in _KINDS):
                yield category

    def says_yes(self, field: Field) -> bool:
        return any(map(is_yes, self.texts(field)))

    def line(self, name: str) -> int:
        """The line on which a field stands, 0 where that is not known."""
        return self.front.line(name)

    def _value(self, name: str, below: tuple[str, ...]) -> Any:
        return next(_below((self.values.get(name),), below), None)


def _all_said(front: FrontMatter) -> _Said:
    everywhere = (front.fields, *front.beside, *front.around)
    found: dict[str, list[list[Sequence[Any]]]] = {}
    _add(found, ({name: (value,) for name, value in fields.items()} for fields in everywhere))
    for container in CONTAINERS:
        _add(found, (_spelt(inner) for fields in everywhere if isinstance(inner := fields.get(container), dict)))
    return found


def _add(found: dict[str, list[list[Sequence[Any]]]], place: Iterable[Mapping[str, Sequence[Any]]]) -> None:
    """What the files say in one place."""
    said: dict[str, list[Sequence[Any]]] = {}
    for fields in place:
        for name, values in fields.items():
            said.setdefault(name, []).append(values)
    for name, heard in said.items():
        found.setdefault(name, []).append(heard)


def _spelt(inside: dict[Any, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, value in inside.items():
        found.setdefault(plain_name(str(name)), []).append(value)
    return found


def _below(values: Iterable[Any], path: tuple[str, ...]) -> Iterator[Any]:
    """What the path leads to in each of the values that it leads into."""
    for value in values:
        found = value
        for part in path:
            found = plainly(found).get(part) if isinstance(found, dict) else None
        yield found


def _stated(value: Any) -> str:
    return " ".join(_flat(value, ())) or ("…" if value else "")


def is_switch(value: str) -> bool:
    """Whether a text is a yes or a no, and so no date, no name, no text to show and no address of a picture."""
    return value.casefold() in _YES | _NO


def is_yes(value: str) -> bool:
    return value.casefold() in _YES


def is_no(value: str) -> bool:
    return value.casefold() in _NO


def _named(value: dict[Any, Any]) -> dict[str, Any]:
    return plainly(dict(islice(value.items(), LIST_MAXIMUM)))


def _flat(value: Any, parts: tuple[str, ...]) -> Iterator[str]:
    """The texts of a value: itself, a list's items, an object's telling part. Nothing deeper is looked at.

    A small file can stand for a gigabyte of nested aliases, so a list or object is never made text as a whole.
    """
    for item in value[:LIST_MAXIMUM] if isinstance(value, list) else (value,):
        if isinstance(item, dict):
            named = _named(item)
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
