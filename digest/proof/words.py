"""Judges the words: what templates and escaping have left behind where a reader sees it.

Braces are judged by where they stand. In an address nobody means them. In a text they may be meant, for articles about
templates quote them, so there they are a warning. ``None`` and its like are judged only where they are all there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|[mn]dash|hellip|[lr][sd]quo|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
_MARK = "digest.mark."
_SPOKEN = ("alt", "title", "aria-label")
_FOLLOWED = ("href", "src")


def judge(page: Page) -> Iterator[Finding]:
    for element, text in page.texts():
        for finding in judged(text, Part.HTML):
            if finding.rule is not ESCAPED_TWICE or element.tag not in {"code", "pre"}:
                yield page.found(finding.rule, finding.what, element)
    for element in page.elements:
        for name in _SPOKEN:
            for finding in judged(element.get(name, ""), Part.HTML):
                yield page.found(finding.rule, f"{name}: {finding.what}", element)
        for name in _FOLLOWED:
            value = element.get(name, "")
            if value.strip() in _NOTHING or _BRACES.search(value):
                yield page.found(TEMPLATE_ADDRESS, f"{name}={cut(value)!r}", element)
            if _MARK in value:
                yield page.found(MARK_LEFT, f"{name}={cut(value)!r}", element)


def judged(text: str, part: Part) -> Iterator[Finding]:
    """What is left over in one text: a node of a page, a subject, a text part."""
    if text.strip() in _NOTHING:
        yield Finding(TEMPLATE_VALUE, f"{text.strip()!r} is all there is", part)
    for rule, pattern in ((TEMPLATE_BRACES, _BRACES), (ESCAPED_TWICE, _ENTITY)):
        if found := pattern.search(text):
            what = cut(text[max(0, found.start() - 20) :], 50)
            yield Finding(rule, f"{cut(found.group(), 30)} in {what!r}", part, _line(text, found.start(), part))
    if (at := text.find(_MARK)) >= 0:
        yield Finding(MARK_LEFT, cut(text[at:], 40), part, _line(text, at, part))


def _line(text: str, position: int, part: Part) -> int:
    return text.count("\n", 0, position) + 1 if part is Part.TEXT else 0
