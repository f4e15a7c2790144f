"""Judges the words: what templates and escaping have left behind where a reader sees it.

Braces are judged by where they stand. In an address nobody means them. In a text they may be meant, for articles about
templates quote them, so there they are a warning. ``None`` and its like are judged only where they are all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5

from lxml.html import HtmlElement

from digest.proof.page import Page
from digest.proof.rules import Finding, Part, cut, error, warning

TEMPLATE_VALUE = error("template-value", "A value was missing", "leave the place out where there is nothing to show")
TEMPLATE_ADDRESS = error("template-address", "A variable was not filled in", "fill in the address, or leave it out")
TEMPLATE_BRACES = warning(
    "template-braces", "Words in braces look like a variable that was not filled in", "fill it in, unless it is a quote"
)
MARK_LEFT = error("mark-left", "docs/templates.md, Marks", "write {{ reader.… }} out and unchanged in the template")
ESCAPED_TWICE = error("escaped-twice", "HTML, 13.5", "decode entities once when reading, escape once when writing")

_NOTHING = frozenset({"None", "nan", "NaN", "undefined", "null", "[object Object]"})
_BRACES = re.compile(
    r"\{\{[^{}]{0,200}\}\}|\{%[^{}]{0,200}%\}|\*\|[A-Z_:]{1,80}\|\*|<%[^<>]{0,200}%>|%%[A-Za-z_]{1,80}%%"
)
_ENCODED_BRACES = re.compile(r"%7B%7B(?:(?!%7[BD]).){0,200}%7D%7D", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z][A-Za-z0-9]{1,31}|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_CODE = frozenset({"code", "pre"})
_MARK = "digest.mark."
_SPOKEN = ("alt", "title", "aria-label")
_FOLLOWED = ("href", "src", "srcset", "background")


def judge(page: Page) -> Iterator[Finding]:
    for element, text in page.texts():
        for finding in judged(text, Part.HTML):
            if finding.rule is not ESCAPED_TWICE or not _is_code(element):
                yield page.found(finding.rule, finding.what, element)
    for element in page.elements:
        for name in _SPOKEN:
            for finding in judged(element.get(name, ""), Part.HTML):
                yield page.found(finding.rule, f"{name}: {finding.what}", element)
        for name in _FOLLOWED:
            value = element.get(name, "")
            if value.strip() in _NOTHING or _BRACES.search(value) or _ENCODED_BRACES.search(value):
                yield page.found(TEMPLATE_ADDRESS, f"{name}={cut(value)!r}", element)
            if _MARK in value:
                yield page.found(MARK_LEFT, f"{name}={cut(value)!r}", element)


def judged(text: str, part: Part) -> Iterator[Finding]:
    """What is left over in one text: a node of a page, a subject, a text part."""
    if text.strip() in _NOTHING:
        yield Finding(TEMPLATE_VALUE, f"{text.strip()!r} is all there is", part)
    entity = next((one for one in _ENTITY.finditer(text) if _is_known(one.group())), None)
    for rule, found in ((TEMPLATE_BRACES, _BRACES.search(text)), (ESCAPED_TWICE, entity)):
        if found:
            what = cut(text[max(0, found.start() - 20) :], 50)
            yield Finding(rule, f"{cut(found.group(), 30)} in {what!r}", part, _line(text, found.start(), part))
    if (at := text.find(_MARK)) >= 0:
        yield Finding(MARK_LEFT, cut(text[at:], 40), part, _line(text, at, part))


def _is_known(entity: str) -> bool:
    """Whether it is one of HTML's (HTML, 13.5), not an ampersand with a word and a semicolon behind it."""
    name = entity[1:]
    return name.startswith("#") or name in {"lt;", "gt;"} or (len(name) >= len("yen;") and name in html5)


def _is_code(element: HtmlElement) -> bool:
    return not _CODE.isdisjoint(above.tag for above in (element, *element.iterancestors()))


def _line(text: str, position: int, part: Part) -> int:
    return text.count("\n", 0, position) + 1 if part is Part.TEXT else 0
