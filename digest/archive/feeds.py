"""The archive for programs: a feed of the latest editions (Atom, RFC 4287), and a map of all (sitemaps.org)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from lxml.builder import ElementMaker  # type: ignore[import-not-found] # the types of lxml leave it out
from lxml.etree import tostring

from digest.archive.catalogue import Catalogue, path_of
from digest.archive.document import FEED, LIST
from digest.archive.place import Place
from digest.message.headers import ascii_domain
from digest.render import text
from digest.render.online import nameless
from digest.store.archive import Published

LATEST = 20  # editions in the feed
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


_NAMESPACES = ("http://www.w3.org/2005/Atom", "http://www.sitemaps.org/schemas/sitemap/0.9")
_ATOM, _MAP = (ElementMaker(namespace=namespace, nsmap={None: namespace}) for namespace in _NAMESPACES)


def feed(catalogue: Catalogue, place: Place, *, title: str, language: str) -> bytes:
    """The latest editions of all digests."""
    return _written(
        _ATOM.feed(
            {_LANGUAGE: language},
            _ATOM.id(place.of(LIST)),
            _ATOM.title(text.line(title)),
            _ATOM.updated(_instant(catalogue.modified)),
            _ATOM.link(rel="self", type="application/atom+xml", href=place.of(FEED)),
            _ATOM.link(rel="alternate", type="text/html", href=place.of(LIST)),
            _ATOM.author(_ATOM.name(text.line(title))),
            *(_entry(edition, place) for edition in catalogue.editions[:LATEST]),
        )
    )


def _entry(edition: Published, place: Place) -> Any:
    return _ATOM.entry(
        _ATOM.id(_tag(edition)),
        _ATOM.title(text.line(nameless(edition.subject))),
        _ATOM.updated(_instant(edition.frozen)),
        _ATOM.published(_instant(edition.frozen)),
        _ATOM.link(rel="alternate", type="text/html", href=place.of(path_of(edition))),
        _ATOM.category(term=edition.digest, label=text.line(edition.title)),
        _ATOM.summary(text.line(nameless(edition.preheader))),
    )


def _tag(edition: Published) -> str:
    """A name that stays wherever the archive moves (RFC 4151): of the domain that sent the edition, on that day."""
    domain = ascii_domain(edition.address).rpartition("@")[2]
    return f"tag:{domain},{edition.frozen.astimezone(UTC):%Y-%m-%d}:{path_of(edition)}"


def sitemap(catalogue: Catalogue, place: Place) -> bytes:
    """The list and all editions."""
    pages = [(LIST, catalogue.modified)]
    pages += [(path_of(edition), catalogue.modified_page(edition)) for edition in catalogue.editions]
    return _written(
        _MAP.urlset(*(_MAP.url(_MAP.loc(place.of(path)), _MAP.lastmod(_instant(modified))) for path, modified in pages))
    )


def _instant(moment: datetime) -> str:
    """RFC 3339, as both of them want it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _written(root: Any) -> bytes:
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True, pretty_print=True)
    return written
