"""One HTML document, parsed, with how each element looks, and how to point at it in a finding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import islice

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from digest.proof import cascade, css
from digest.proof.rules import Finding, Part, Rule
from digest.proof.schemes import Scheme, declares_dark

RULES_MAXIMUM = 2_000
HIDDEN_FROM_EYES = frozenset({"head", "title", "style", "script", "template"})
# What pads a preheader: blanks of all widths, marks without width, the combining grapheme joiner.
SPACERS = "\u00a0\u00ad\u034f\u061c\u115f\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u206a-\u206f\u2800\u3000\ufeff"


class Page:
    """Raises what lxml raises for a document that holds nothing."""

    def __init__(self, html: str) -> None:
        self.html = html
        parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
        self.root: HtmlElement = lxml.html.document_fromstring(html.encode("utf-8", "replace"), parser=parser)
        self.complaints: Sequence[str] = [entry.message for entry in parser.error_log]

    @cached_property
    def body(self) -> HtmlElement:
        found = self.root.find("body")
        return self.root if found is None else found

    @cached_property
    def elements(self) -> Sequence[HtmlElement]:
        return [element for element in self.root.iter() if isinstance(element.tag, str)]

    @cached_property
    def sheets(self) -> Sequence[HtmlElement]:
        return list(self.root.iter("style"))

    @cached_property
    def rules(self) -> Sequence[css.StyleRule]:
        """Those that any mail program reads: long before their maximum, styles are too large to be read at all."""
        found = (
            rule
            for sheet in self.sheets
            for rule in css.rules(sheet.text or "", (sheet.get("media", ""),) if sheet.get("media") else ())
        )
        return list(islice(found, RULES_MAXIMUM))

    @cached_property
    def matches(self) -> cascade.Matches:
        return cascade.matches(self.root, self.rules)

    @cached_property
    def declares_dark(self) -> bool:
        return declares_dark(self.root)

    @cached_property
    def has_dark_rules(self) -> bool:
        return any("prefers-color-scheme" in query.lower() for rule in self.rules for query in rule.media)

    @cached_property
    def light(self) -> cascade.Looks:
        return cascade.looks(self.root, self.matches, Scheme.LIGHT, dark_canvas=False)

    @cached_property
    def dark(self) -> cascade.Looks:
        return cascade.looks(self.root, self.matches, Scheme.DARK, dark_canvas=self.declares_dark)

    def texts(self) -> Iterator[tuple[HtmlElement, str]]:
        """Every piece of text in the body with the element it stands in, in order."""
        for event, element in etree.iterwalk(self.body, events=("start", "end")):
            if event == "start" and element.text and element.tag not in HIDDEN_FROM_EYES:
                yield element, element.text
            parent = element.getparent()
            if event == "end" and element.tail and parent is not None and element is not self.body:
                yield parent, element.tail

    def shown_texts(self) -> Iterator[tuple[HtmlElement, str]]:
        return ((element, text) for element, text in self.texts() if self.light[element].shown)

    def found(self, rule: Rule, what: str, element: HtmlElement | None = None) -> Finding:
        if element is None:
            return Finding(rule, what, Part.HTML)
        return Finding(rule, what, Part.HTML, int(element.sourceline or 0), element.getroottree().getpath(element))
