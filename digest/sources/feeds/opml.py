"""Lists of feeds in OPML 1 and 2 (http://opml.org/spec2.opml): what other programs have, and what they may take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from digest.errors import SourceError
from digest.identity import canonical_url
from digest.model import Fault, Problem
from digest.sources.addresses import web_url
from digest.sources.feeds import markup
from digest.sources.text import tidy

NAME_MAXIMUM = 200
FEEDS_MAXIMUM = 5_000  # in one list
_SHOWN = 200  # characters of an address in a problem
_NOT_A_NAME = re.compile(r"[^\w.-]")  # of a host


@dataclass(frozen=True, slots=True)
class Subscription:
    """A feed that somebody follows; ``name`` and ``category`` may be ""."""

    url: str
    name: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """Each feed once, in the order of the list, and what was wrong with the list."""

    feeds: tuple[Subscription, ...]
    problems: tuple[Problem, ...] = ()


def read(data: bytes, where: str) -> Subscriptions:
    """The feeds of a list that is called ``where``. Raises SourceError for what is no OPML, or may be a bomb."""
    found = markup.read(data)
    if markup.ENTITIES in found.faults:
        raise SourceError(f"{where}: {markup.ENTITIES}: refused", hint="export it without <!ENTITY")
    if found.root is None or markup.name(found.root) != "opml":
        raise SourceError(f"{where}: is no OPML", hint="name a list of feeds that another program has exported")
    feeds: dict[str, Subscription] = {}
    surplus: set[str] = set()
    problems = [Problem(where, fault, fault=Fault.FEED) for fault in found.faults]
    for outline in found.root.iter("{*}outline"):
        address = _attribute(outline, "xmlurl")
        if not address:
            continue
        url = web_url(_on_the_web(address))
        if not url:
            what = f"{legible(address)!r} is no usable http(s) address"
            problems.append(Problem(where, what, "left out", fault=Fault.FEED))
        elif len(feeds) < FEEDS_MAXIMUM or canonical_url(url) in feeds:
            feeds.setdefault(canonical_url(url), _subscription(outline, url))
        else:
            surplus.add(canonical_url(url))
    if surplus:
        what = f"holds {len(feeds) + len(surplus):,} feeds, and no more than {FEEDS_MAXIMUM:,} are read"
        problems.append(Problem(where, what, f"{len(surplus):,} left out", fault=Fault.FEED))
    return Subscriptions(tuple(feeds.values()), tuple(problems))


def written(feeds: Sequence[Subscription], title: str) -> bytes:
    """The same as a file: those without a category first, then each category with its feeds."""
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = tidy(title)
    body = etree.SubElement(root, "body")
    for category in dict.fromkeys(("", *(feed.category for feed in feeds))):
        group = etree.SubElement(body, "outline", text=tidy(category)) if category else body
        for feed in feeds:
            if feed.category == category:
                name = tidy(feed.name) or feed.url
                etree.SubElement(group, "outline", type="rss", text=name, title=name, xmlUrl=feed.url)
    return etree.tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)


def legible(address: str) -> str:
    """Of an address that nothing else can be said of, what is neither a password nor a key, however it is written."""
    if "@" in address:
        return f"…@{_NOT_A_NAME.split(address.rpartition('@')[2])[0][:_SHOWN]}"
    return address.partition("?")[0][:_SHOWN]


def _subscription(outline: etree._Element, url: str) -> Subscription:
    name = _label(outline)
    return Subscription(url, "" if name == url else name, _category(outline))


def _category(outline: etree._Element) -> str:
    """What the outline around it is called; else the last step of the first path in its own attribute (/News/Harbour)."""
    above = (_label(element) for element in outline.iterancestors("{*}outline") if not _attribute(element, "xmlurl"))
    paths = _attribute(outline, "category").split(",")
    return next(filter(None, above), "") or tidy(paths[0].strip().rstrip("/").rpartition("/")[2])[:NAME_MAXIMUM]


def _label(outline: etree._Element) -> str:
    """Its title or else its text; programs that have both mean the title as the better one."""
    return tidy(_attribute(outline, "title") or _attribute(outline, "text"))[:NAME_MAXIMUM]


def _attribute(element: etree._Element, name: str) -> str:
    """Whatever letters are small in its name: OPML 1 knew ``xmlurl`` and ``xmlUrl``."""
    return next((value.strip() for key, value in _attributes(element) if key.lower() == name), "")


def _attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    return ((str(key), str(value)) for key, value in element.attrib.iteritems())


def _on_the_web(address: str) -> str:
    """``feed:`` is no scheme of its own: feed://example.org/ and feed:https://example.org/ are addresses on the web."""
    if not address.lower().startswith("feed:"):
        return address
    rest = address[len("feed:") :]
    return f"http:{rest}" if rest.startswith("//") else rest
