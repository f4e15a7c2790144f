"""JSON Feed 1.0 and 1.1 (https://www.jsonfeed.org/version/1.1/), read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from digest.errors import FeedError
from digest.sources import languages
from digest.sources.addresses import web_url
from digest.sources.feeds.dates import Date
from digest.sources.feeds.entries import ENTRIES_MAXIMUM, TITLE_MAXIMUM, Found, Parsed, Text, entries
from digest.sources.feeds.pictures import Picture, absolute, is_picture

OBJECTS_MAXIMUM = 500_000  # objects and lists, or marks of them in texts: bounds memory

Object = Mapping[str, Any]


def read(text: str, faults: tuple[str, ...], url: str) -> Parsed:
    """A feed in JSON; ``faults`` are those of its encoding. Raises FeedError for what is none."""
    if text.count("{") + text.count("[") > OBJECTS_MAXIMUM:
        raise FeedError(url, "is JSON with too much in it", hint="a feed should hold its latest entries, and no more")
    try:
        feed = json.loads(text)
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, ValueError) else "there is too much in each other"
        raise FeedError(url, f"is no JSON that can be read: {what}") from None
    if not isinstance(feed, dict) or not isinstance(feed.get("items"), list):
        raise FeedError(url, "is JSON, but no JSON Feed", hint="it should be RSS, Atom, RDF or JSON Feed")
    items = [item for item in feed["items"] if isinstance(item, dict)]
    if len(items) > ENTRIES_MAXIMUM:
        faults = (*faults, f"has more than {ENTRIES_MAXIMUM} entries; the first are read")
    made, more = entries((_found(item, feed) for item in items), url)
    return Parsed(
        title=Text(_str(feed, "title"), markup=False).line(TITLE_MAXIMUM),
        entries=made,
        language=languages.tag(_str(feed, "language")),
        site=web_url(absolute(_str(feed, "home_page_url"), url)),
        faults=(*faults, *more),
    )


def _found(item: Object, feed: Object) -> Found:
    own, elsewhere = _str(item, "url"), _str(item, "external_url")
    texts = (("summary", False), ("content_html", True), ("content_text", False))
    return Found(
        id=_str(item, "id"),
        title=Text(_str(item, "title"), markup=False),
        texts=tuple(Text(_str(item, name), markup) for name, markup in texts),
        links=(own, elsewhere),
        sources=(elsewhere,),
        published=Date(_str(item, "date_published")),
        updated=Date(_str(item, "date_modified")),
        authors=tuple(_authors(item)) or tuple(_authors(feed)),
        categories=tuple(tag for tag in _list(item, "tags") if isinstance(tag, str)),
        pictures=tuple(_pictures(item)),
        language=_str(item, "language") or _str(feed, "language"),
    )


def _str(found: Object, name: str) -> str:
    """A text; numbers count as one, since many ids are written so."""
    value = found.get(name)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _list(found: Object, name: str) -> list[Any]:
    value = found.get(name)
    return value if isinstance(value, list) else []


def _authors(found: Object) -> Iterator[str]:
    """Version 1.0 has one ``author``, 1.1 a list of ``authors``."""
    for author in (*_list(found, "authors"), found.get("author")):
        if isinstance(author, dict):
            yield _str(author, "name")


def _pictures(item: Object) -> Iterator[Picture]:
    yield Picture(_str(item, "image"))
    yield Picture(_str(item, "banner_image"))
    for file in _list(item, "attachments"):
        if isinstance(file, dict) and is_picture(_str(file, "mime_type"), _str(file, "url")):
            yield Picture(_str(file, "url"))
