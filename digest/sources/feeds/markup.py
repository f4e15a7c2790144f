"""XML from strangers as a tree: no entity of its own, nothing fetched, not too much of anything; mended where it has to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from digest.sources.feeds.encodings import decode
from digest.sources.feeds.mending import mend

MARKS_MAXIMUM = 200_000  # tags that are looked at: bounds time and memory

ENTITIES = "declares entities of its own"  # a fault

_MARK = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|\Z)|<", re.DOTALL)
_DECLARATION = re.compile(r"\s*<\?xml[^>]*>")
_DOCTYPE = re.compile("<!DOCTYPE", re.IGNORECASE)
# The entities that a document declares can be a bomb ("billion laughs"), or name files to be read: none is expanded.
_REST_OF_DOCTYPE = re.compile(
    r"(?:[^\[\]<>\"']|\"[^\"]*+\"|'[^']*+'"
    r"|\[(?:[^\]\"'<]|<!--.*?(?:-->|\Z)|<|\"[^\"]*+\"|'[^']*+')*+\])*+(?:>|\Z)",
    re.DOTALL,
)
_BLANK = re.compile(r"\s")
_FIRST_ELEMENT = re.compile(r"<[^!?\s]")


@dataclass(frozen=True, slots=True)
class Markup:
    """``root`` is None where nothing in it is an element."""

    root: etree._Element | None
    faults: tuple[str, ...] = ()


def read(data: bytes, charset: str = "") -> Markup:
    """The elements of a document, as well as they can be told. Never raises."""
    return from_text(*decode(data, charset))


def from_text(text: str, faults: tuple[str, ...] = ()) -> Markup:
    """The same of what is decoded already, in which there was this at fault."""
    bounded = _bounded(text)
    if len(bounded) < len(text):
        faults = (*faults, "is too large to be read to its end")
    text, more = _without_doctype(_without_declaration(bounded))
    faults = (*faults, *more)
    try:
        root = _tree(text, recover=False)
        if root is not None and not any(_BLANK.search(uri) for uri in root.nsmap.values()):
            return Markup(root, faults)
        faults = (*faults, "has a namespace with a blank in it")  # Python's SAX separates names by blanks
    except etree.XMLSyntaxError as error:
        faults = (*faults, f"is no well-formed XML: {error.msg}")
    mended = mend(text)
    if mended.cut_off:
        faults = (*faults, "ends within an entry, which is left out")
    return Markup(_tree(mended.text, recover=True) if mended.text else None, faults)


def name(element: etree._Element) -> str:
    """What an element is called, in small letters and without its namespace."""
    return str(element.tag).rpartition("}")[2].lower()


def _tree(text: str, *, recover: bool) -> etree._Element | None:
    """A parser that recovers from everything raises nothing, and may find nothing; any other raises XMLSyntaxError."""
    parser = etree.XMLParser(
        encoding="utf-8",
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=False,
    )
    found: etree._Element | None = etree.fromstring(text.encode("utf-8", "replace"), parser)
    return found


def _bounded(text: str) -> str:
    """The text up to the mark that is one too many."""
    if text.count("<") <= MARKS_MAXIMUM:
        return text
    last = next(islice(_MARK.finditer(text), MARKS_MAXIMUM, None), None)
    return text[: last.start()] if last else text


def _without_declaration(text: str) -> str:
    """The encoding it names is decoded already; its lines stay, so that faults are told where they are."""
    found = _DECLARATION.match(text)
    return "\n" * found[0].count("\n") + text[found.end() :] if found else text


def _without_doctype(text: str) -> tuple[str, tuple[str, ...]]:
    first = _FIRST_ELEMENT.search(text)
    found = _DOCTYPE.search(text, 0, first.start() if first else len(text))
    if found is None:
        return text, ()
    rest = _REST_OF_DOCTYPE.match(text, found.end())
    end = (rest or found).end()
    gone = text[found.start() : end]
    faults = (ENTITIES,) if "<!ENTITY" in gone else ()
    return text[: found.start()] + "\n" * gone.count("\n") + text[end:], faults
