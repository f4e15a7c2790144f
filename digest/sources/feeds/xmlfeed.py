"""RSS, Atom and RDF, read by feedparser: it knows their many dialects, and gets nothing that could harm it.

bytes ──▶ markup: a tree, mended ──▶ bounded: long texts cut, entries above 500 gone ──▶ feedparser ──▶ entries
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from time import struct_time
from typing import Any

from lxml import etree

from digest.errors import FeedError
from digest.sources import languages
from digest.sources.addresses import URL_MAXIMUM, web_url
from digest.sources.feeds import markup
from digest.sources.feeds.dates import Date
from digest.sources.feeds.entries import ENTRIES_MAXIMUM, TITLE_MAXIMUM, Found, Parsed, Text, entries
from digest.sources.feeds.pictures import Picture, absolute, is_picture, side

LONG = 200_000  # characters of a text that may be a whole article
SHORT = URL_MAXIMUM  # of any other
SHORTEST = 200  # of one that names people: feedparser looks for addresses there in a way that needs its square
ATTRIBUTES_MAXIMUM = 100  # of one element
CHILDREN_MAXIMUM = 200  # elements within one, but for entries

_WHOLE = frozenset({"description", "content", "encoded", "summary", "abstract", "body", "fullitem"})
_PEOPLE = frozenset({"author", "creator", "name", "email", "managingeditor", "webmaster", "owner", "publisher"})
_ENTRIES = frozenset({"item", "entry"})
_IDS = frozenset({"guid", "id"})
_PAGE = frozenset({"html", "head", "body"})
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")


def read(text: str, faults: tuple[str, ...], url: str) -> Parsed:
    """A feed in XML; ``faults`` are those of its encoding. Raises FeedError for what is none."""
    found = markup.from_text(text, faults)
    if markup.ENTITIES in found.faults:
        raise FeedError(url, f"{markup.ENTITIES}: refused", hint="ask its makers for one without <!ENTITY")
    if found.root is None:
        raise FeedError(url, "is empty" if not text.strip() else "is no feed: there is nothing in it that a feed has")
    if markup.name(found.root) in _PAGE:
        raise FeedError(url, "is a web page, no feed", hint=_advertised(found.root, url))
    faults = (*found.faults, *_bound(found.root))
    made = _by_feedparser(etree.tostring(found.root, encoding="utf-8"), url)
    if not made.version and not made.entries:
        raise FeedError(url, "is XML, but no feed", hint="it should be RSS, Atom, RDF or JSON Feed")
    feed = made.feed
    literal = str(made.version).startswith("atom")
    found_entries, more = entries((_found(entry, feed, literal=literal) for entry in made.entries), url)
    return Parsed(
        title=_text(_of(feed, "title_detail"), literal=literal).line(TITLE_MAXIMUM),
        entries=found_entries,
        language=languages.tag(_str(_of(feed, "language"))),
        site=web_url(_str(_of(feed, "link"))),
        faults=(*faults, *more),
    )


def _by_feedparser(data: bytes, url: str) -> Any:
    import feedparser  # noqa: PLC0415 - takes 80 ms, and most commands read no feed

    headers = {"content-type": "application/xml; charset=utf-8", "content-location": url}
    try:
        return feedparser.parse(
            BytesIO(data), response_headers=headers, resolve_relative_uris=False, sanitize_html=False
        )
    except Exception as error:  # what it raises at odd feeds is its own fault, of any kind
        raise FeedError(url, f"cannot be read: {type(error).__name__}: {error}") from error


# --- what feedparser is given --------------------------------------------------------------------------------------


def _bound(root: etree._Element) -> tuple[str, ...]:
    """Cuts what is too long for its kind, and takes out what there is too much of."""
    surplus = [element for element in root.iter("{*}*") if markup.name(element) in _ENTRIES][ENTRIES_MAXIMUM:]
    _take_out(surplus)
    for element in root.iter("{*}*"):
        if len(element) > CHILDREN_MAXIMUM:
            _take_out([child for child in element if markup.name(child) not in _ENTRIES][CHILDREN_MAXIMUM:])
        if markup.name(element) in _IDS and not web_url(element.text or ""):
            element.set("isPermaLink", "false")  # else it would be a link, meant from the feed's address
        _cut(element)
    return (f"has more than {ENTRIES_MAXIMUM} entries; the first are read",) if surplus else ()


def _take_out(elements: Iterable[etree._Element]) -> None:
    for element in elements:
        if (parent := element.getparent()) is not None:
            parent.remove(element)


def _cut(element: etree._Element) -> None:
    text, tail = element.text or "", element.tail or ""
    if max(len(text), len(tail)) > SHORTEST and max(len(text), len(tail)) > (longest := _longest(element)):
        element.text, element.tail = text[:longest], tail[:longest]
    if len(element.attrib) > ATTRIBUTES_MAXIMUM:  # before they are looked at: lxml needs their square for that
        element.attrib.clear()
    for name, value in element.attrib.items():
        if len(value) > URL_MAXIMUM:
            del element.attrib[name]


def _longest(element: etree._Element) -> int:
    names = {markup.name(element), *map(markup.name, element.iterancestors())}
    if names & _WHOLE:
        return LONG
    return SHORTEST if names & _PEOPLE else SHORT


# --- what it makes of it -------------------------------------------------------------------------------------------


def _of(found: Any, name: str) -> Any:
    """A value as it is there: feedparser's own dictionaries answer for names that are similar, and warn of it."""
    return dict.get(found, name) if isinstance(found, dict) else None


def _str(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _all(found: Any, name: str) -> Sequence[Any]:
    value = _of(found, name)
    return value if isinstance(value, list) else ()


def _found(entry: Any, feed: Any, *, literal: bool) -> Found:
    """``literal`` texts are what they say unless they claim to be HTML, as in Atom; in RSS nobody can tell."""
    summary, *whole = (
        _text(detail, literal=literal) for detail in (_of(entry, "summary_detail"), *_all(entry, "content"))
    )
    title = _of(entry, "title_detail")
    return Found(
        id=_str(_of(entry, "id")),
        title=_text(title, literal=literal),
        texts=(summary, *whole),
        links=tuple(_links(entry)),
        sources=tuple(_sources(entry)),
        published=_date(entry, "published") or _date(entry, "created") or Date(),
        updated=_date(entry, "updated") or Date(),
        authors=tuple(_authors(entry)) or (tuple(_authors(feed)) if literal else ()),
        categories=tuple(_str(_of(tag, "label")) or _str(_of(tag, "term")) for tag in _all(entry, "tags")),
        pictures=tuple(_pictures(entry)),
        language=_str(_of(title, "language")) or _str(_of(feed, "language")),
    )


def _text(detail: Any, *, literal: bool) -> Text:
    kind = _str(_of(detail, "type")) or "text/plain"
    if not kind.startswith("text/") and not kind.endswith(("xml", "html")):
        return Text()  # a picture, a sound
    return Text(_str(_of(detail, "value")), markup=not literal or kind != "text/plain")


def _date(entry: Any, name: str) -> Date | None:
    """As it stands there, and as feedparser read it: in UTC, those without a zone too."""
    text, when = _str(_of(entry, name)), _of(entry, f"{name}_parsed")
    if not text.strip():
        return None
    try:
        return Date(text, datetime(*when[:6]).replace(tzinfo=UTC) if isinstance(when, struct_time | tuple) else None)
    except (ValueError, OverflowError):  # second 60, month 13
        return Date(text)


def _links(entry: Any) -> Iterator[str]:
    """Where the entry's page may be, the best first. The address of a sound or a film is better than none."""
    yield _str(_of(entry, "feedburner_origlink"))
    yield _str(_of(entry, "link"))
    for rel in ("alternate", "enclosure"):
        yield from _by_rel(entry, rel)


def _sources(entry: Any) -> Iterator[str]:
    """Where the story comes from: the page that it was found by, else the site or the feed that it was taken from."""
    yield from _by_rel(entry, "via")
    source = _of(entry, "source")
    yield _str(_of(source, "link"))
    yield _str(_of(source, "href"))


def _by_rel(entry: Any, rel: str) -> Iterator[str]:
    return (_str(_of(link, "href")) for link in _all(entry, "links") if _of(link, "rel") == rel)


def _authors(found: Any) -> Iterator[str]:
    names = [_str(_of(author, "name")) for author in _all(found, "authors")]
    yield from filter(None, names if any(names) else (_str(_of(found, "author")),))


def _pictures(entry: Any) -> Iterator[Picture]:
    media = [
        file
        for file in _all(entry, "media_content")
        if _of(file, "medium") == "image" or is_picture(_str(_of(file, "type")), _str(_of(file, "url")))
    ]
    yield from _largest_first(media)
    yield from _largest_first(_all(entry, "media_thumbnail"))
    for link in _all(entry, "links"):
        url = _str(_of(link, "href"))
        if _of(link, "rel") == "enclosure" and is_picture(_str(_of(link, "type")), url):
            yield Picture(url)
    yield Picture(_str(_of(_of(entry, "image"), "href")))


def _largest_first(media: Sequence[Any]) -> list[Picture]:
    found = [Picture(_str(_of(m, "url")), side(_of(m, "width")), side(_of(m, "height"))) for m in media]
    return sorted(found, key=lambda picture: -picture.width)


# --- what is no feed -----------------------------------------------------------------------------------------------


def _advertised(page: etree._Element, url: str) -> str:
    """Which feed a page names as its own (RSS autodiscovery), for whoever wrote the page's address instead."""
    for link in page.iter("{*}link"):
        if link.get("type") in _FEED_TYPES and (found := web_url(absolute(link.get("href", ""), url))):
            return f"it names {found} as its feed"
    return "name the address of its feed"
