"""Judges the CSS: what families of mail clients do not know. The table is ``FEATURES``.

Only what holds everywhere is judged: styles in the tags, and rules outside of media queries that meet an element. What
stands in a media query is an extra for those who know it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml.html import HtmlElement

from digest.proof import css
from digest.proof.page import Page
from digest.proof.rules import Finding, Rule, cut, error, warning

_TABLE = "caniemail.com"
CSS_LAYOUT = error("css-layout", _TABLE, "lay it out with tables and attributes; keep the rest in media queries")
CSS_LOOKS = warning("css-looks", _TABLE, "make sure that it looks right without; or give a plain value before it")
CSS_COMMENT = warning("css-comment", "Yahoo drops the rule after a comment", "take comments out of <style>")
PADDING = warning(
    "outlook-padding", "Outlook for Windows pads table cells only", "put the padding on a <td>, or give it a margin"
)

WORD, GMAIL, YAHOO = "Outlook for Windows", "Gmail", "Yahoo"
OUTLOOK, GMAIL_GUEST = "Outlook", "Gmail with other accounts"


@dataclass(frozen=True, slots=True)
class Feature:
    """A property and the values of it (a pattern) that some families lack."""

    rule: Rule
    name: str
    value: str
    lacking: tuple[str, ...]


_ANY_NAME = r"[\w-]+"
FEATURES = (
    Feature(CSS_LAYOUT, "display", r"(?:inline-)?flex", (WORD, GMAIL_GUEST)),
    Feature(CSS_LAYOUT, "display", r"(?:inline-)?grid", (WORD, GMAIL, YAHOO)),
    Feature(CSS_LAYOUT, "float", r"left|right|inline-\w+", (WORD,)),
    Feature(CSS_LAYOUT, "position", r"absolute|fixed|sticky", (WORD, GMAIL, YAHOO)),
    Feature(CSS_LAYOUT, "position", r"relative", (WORD, GMAIL)),
    Feature(CSS_LAYOUT, "object-fit", r"(?!fill|initial).*", (WORD, YAHOO, GMAIL_GUEST)),
    Feature(CSS_LAYOUT, r"(?!--)[\w-]+", r".*\bvar\(.*", (OUTLOOK, GMAIL, YAHOO)),
    Feature(CSS_LAYOUT, _ANY_NAME, r".*\b(?:rgb|hsl)a?\(\s*[\d.]+(?:deg|%)?\s+[^,)]*\).*", (WORD, GMAIL, YAHOO)),
    Feature(CSS_LAYOUT, "columns|column-count", r"(?!auto).*", (WORD, GMAIL)),
    Feature(CSS_LOOKS, _ANY_NAME, r".*\d(?:rem)\b.*", (WORD, YAHOO)),
    Feature(CSS_LOOKS, _ANY_NAME, r".*\b(?:calc|min|max|clamp)\(.*", (OUTLOOK, YAHOO)),
    Feature(CSS_LOOKS, _ANY_NAME, r".*\b(?:rgba|hsla?)\([^)]*,.*", (WORD,)),
    Feature(CSS_LOOKS, ".*color|background|border.*", r".*#(?:[0-9a-f]{8}|[0-9a-f]{4})\b.*", (WORD, GMAIL)),
    Feature(CSS_LOOKS, "background-image", r"url\(.*|.*gradient\(.*", (WORD,)),
    Feature(CSS_LOOKS, "transform", r"(?!none).*", (OUTLOOK, GMAIL, YAHOO)),
    Feature(CSS_LOOKS, "opacity", r"(?:0?\.\d+|[1-9]\d?%)", (WORD, YAHOO)),
    Feature(CSS_LOOKS, "animation|transition", r"(?!none).*", (WORD, GMAIL, YAHOO)),
)

_PATTERNS = tuple(
    (feature, re.compile(feature.name), re.compile(feature.value, re.IGNORECASE | re.DOTALL)) for feature in FEATURES
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_PADS = re.compile(r".*[1-9].*")
_NOT_PADDED = frozenset({"div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote"})


def judge(page: Page) -> Iterator[Finding]:
    met: dict[tuple[Feature, str], list[HtmlElement]] = {}
    padded: dict[str, list[HtmlElement]] = {}
    for element, declaration in _everywhere(page):
        for feature, name, value in _PATTERNS:
            if name.fullmatch(declaration.name) and value.fullmatch(declaration.value):
                key = f"{declaration.name}:{cut(declaration.value, 40)}"
                met.setdefault((feature, key), []).append(element)
        if declaration.name.startswith("padding") and element.tag in _NOT_PADDED and _PADS.match(declaration.value):
            padded.setdefault(f"{declaration.name}:{cut(declaration.value)} on <{element.tag}>", []).append(element)
    for (feature, key), elements in met.items():
        yield page.found(feature.rule, f"{key} is lost in {_listed(feature.lacking)}{_more(elements)}", elements[0])
    for key, elements in padded.items():
        yield page.found(PADDING, f"{key}{_more(elements)}", elements[0])
    for sheet in page.sheets:
        for comment in _COMMENT.findall(sheet.text or ""):
            yield page.found(CSS_COMMENT, cut(comment), sheet)


def _everywhere(page: Page) -> Iterator[tuple[HtmlElement, css.Declaration]]:
    for element in page.elements:
        for rule in page.matches.get(element, ()):
            if not rule.media:
                yield from ((element, declaration) for declaration in rule.declarations)
        if style := element.get("style"):
            yield from ((element, declaration) for declaration in css.declarations(style))


def _listed(families: tuple[str, ...]) -> str:
    *first, last = families
    return f"{', '.join(first)} and {last}" if first else last


def _more(elements: list[HtmlElement]) -> str:
    return f", {len(elements)} times" if len(elements) > 1 else ""
