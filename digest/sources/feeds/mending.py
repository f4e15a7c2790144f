"""Well-formed XML out of what should be: one pass over the marks of a feed that no XML parser takes.

Elements that were left open are closed, ends without a beginning and what follows the last end go, ampersands and angle
brackets that mean themselves are escaped, attributes get their quotes, prefixes their namespaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from itertools import islice
from typing import NamedTuple
from xml.sax.saxutils import quoteattr

DEPTH_MAXIMUM = 100  # elements within elements
ATTRIBUTES_MAXIMUM = 50  # of one element

_NAME = r"[a-z_][\w.-]*(?::[a-z_][\w.-]*)?"
# What begins like a mark always ends as one, or at the next angle bracket: no part of the text is looked at twice.
_TOKEN = re.compile(
    r"<!\[CDATA\[(?P<cdata>.*?)(?:\]\]>|\Z)"
    r"|(?P<unseen><!--.*?(?:-->|\Z)|<\?[^>]*+(?:>|\Z)|<![^>]*+(?:>|\Z))"
    rf"|</(?P<end>{_NAME})\s*+>"
    rf"|<(?P<start>{_NAME})(?P<attributes>(?:\s(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)?+|\s[^<>]*+)(?P<empty>/?)>",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
_ATTRIBUTE = re.compile(
    rf"(?<![^\s\"'])({_NAME})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>]++))", re.IGNORECASE | re.ASCII
)
_ROOT = re.compile(r"<(?:[a-z_][\w.-]*:)?(?:rss|rdf|feed|channel|opml)[\s>]", re.IGNORECASE | re.ASCII)
_AMPERSAND = re.compile(r"&(?:(#[0-9]{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)?", re.IGNORECASE)
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
_ESCAPED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;"}
_EMPTY = frozenset({"br", "hr", "img", "input", "wbr", "area", "col", "embed"})  # elements of HTML that have no end
_ENTRIES = frozenset({"item", "entry"})  # which never stand in each other
_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "itunes": "http://www.itunes.com/DTDs/PodCast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "xhtml": "http://www.w3.org/1999/xhtml",
}
_RESERVED = frozenset({"xml", "xmlns"})  # Namespaces in XML 1.0, 3
_RESERVED_NAMES = ("http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/")


class Mended(NamedTuple):
    """``text`` is "" where there is no element in it; ``cut_off`` where it ended within an entry, which is left out."""

    text: str
    cut_off: bool


def mend(text: str) -> Mended:
    """The same feed as XML that is well-formed."""
    begins = _ROOT.search(text)
    text = _NO_XML.sub("", text[begins.start() if begins else 0 :])
    mending = _Mending()
    at = 0
    for token in _TOKEN.finditer(text):
        mending.text(text[at : token.start()])
        mending.take(token)
        at = token.end()
        if mending.ended:
            break
    else:
        mending.text(text[at:])
    return mending.whole()


class _Mending:
    """What was mended so far, and the elements that are open."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._begun: list[int] = []  # where among the pieces each of them begins
        self._prefixes: dict[str, None] = {}
        self._root: tuple[str, dict[str, str]] = ("", {})
        self._ended = ""

    @property
    def ended(self) -> bool:
        return bool(self._ended)

    def text(self, text: str) -> None:
        if self._open and text:
            self._pieces.append(_escaped(text))

    def take(self, token: re.Match[str]) -> None:
        if token["start"]:
            written = token["attributes"] or ""
            empty = token["empty"] == "/" or written.rstrip().endswith("/")
            self._begin(token["start"], dict(_attributes(written)), empty=empty)
        elif token["end"]:
            self._end(token["end"])
        elif token["cdata"] and self._open:
            self._pieces.append(f"<![CDATA[{token['cdata']}]]>")

    def _begin(self, name: str, attributes: dict[str, str], *, empty: bool) -> None:
        prefixes = [prefix for prefix, colon, _ in (full.partition(":") for full in (name, *attributes)) if colon]
        if _RESERVED.intersection(name.split(":")[:1]) or len(self._open) >= DEPTH_MAXIMUM:
            return
        if name.lower() in _ENTRIES:
            self._end(name)
        self._prefixes.update(dict.fromkeys(prefixes))
        self._begun.append(len(self._pieces))
        if not self._open:
            self._root = (name, attributes)
        else:
            self._pieces.append(f"<{name}{_written(attributes)}>")
        self._open.append(name)
        if empty or name.lower() in _EMPTY:
            self._close()

    def _end(self, name: str) -> None:
        """Ends the innermost open element of that name with all in it; without one it means nothing."""
        if any(name.lower() == other.lower() for other in self._open):
            while self._close().lower() != name.lower():
                pass

    def _close(self) -> str:
        name = self._open.pop()
        self._begun.pop()
        if self._open:
            self._pieces.append(f"</{name}>")
        else:
            self._ended = name
        return name

    def whole(self) -> Mended:
        cut_off = self._without_the_last()
        while self._open:
            self._close()
        name, attributes = self._root
        missing = {
            f"xmlns:{prefix}": _NAMESPACES.get(prefix.lower(), f"urn:{prefix}")
            for prefix in self._prefixes
            if prefix not in _RESERVED and f"xmlns:{prefix}" not in attributes
        }
        written = _written(attributes | missing)
        return Mended(f"<{name}{written}>{''.join(self._pieces)}</{name}>" if name else "", cut_off)

    def _without_the_last(self) -> bool:
        """Leaves out the entry that is open at the end: nobody knows what it would have said, nor when."""
        for depth, name in enumerate(self._open):
            if depth and name.rpartition(":")[2].lower() in _ENTRIES:
                del self._pieces[self._begun[depth] :], self._open[depth:], self._begun[depth:]
                return True
        return False


def _attributes(written: str) -> Iterator[tuple[str, str]]:
    """Those with a prefix that says nothing here go: two prefixes of one namespace would make two attributes one."""
    for name, *values in islice(_ATTRIBUTE.findall(written), ATTRIBUTES_MAXIMUM):
        value = _AMPERSAND.sub(lambda found: unescape(found[0]) if found[1] else "&", "".join(values))
        value = _NO_XML.sub("", value)
        prefix, colon, own = name.partition(":")
        if "xmlns" in {prefix, name}:
            value = "".join(value.split())
            kept = value not in _RESERVED_NAMES and own not in _RESERVED and bool(value or not colon)
        else:
            kept = not colon or prefix in {"xml", "rdf"}
        if kept:
            yield name, value


def _written(attributes: dict[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items())


def _escaped(text: str) -> str:
    text = _AMPERSAND.sub(_reference, text)
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _reference(found: re.Match[str]) -> str:
    """A reference that XML knows too; the character itself for those of HTML; an ampersand for what is no reference."""
    name = found[1]
    if not name or (not name.startswith("#") and f"{name};" not in html5):
        return f"&amp;{name};" if name else "&amp;"
    text = _NO_XML.sub("", unescape(found[0])).replace("\ufffd", "")  # by which ``unescape`` says that there is none
    return "".join(_ESCAPED.get(character, character) for character in text)
