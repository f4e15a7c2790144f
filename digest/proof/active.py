"""Judges what a mail must not hold: what runs, what asks, what loads by itself."""

from __future__ import annotations

from collections.abc import Iterator

from digest.proof import css
from digest.proof.page import Page
from digest.proof.rules import Finding, cut, error

SCRIPT = error("script", "Every client removes it, filters refuse it", "take it out")
FORM = error("form", "Most clients remove or disable it", "link to a page that has the form")
EMBED = error("embed", "Every client removes it", "link to the page instead")
HANDLER = error("handler", "Every client removes it, filters refuse it", "take the attribute out")
STYLESHEET = error("stylesheet", "Gmail, Outlook and Yahoo load none", "write the styles into the mail")

_FORBIDDEN = {
    SCRIPT: ("script",),
    FORM: ("form", "input", "button", "select", "textarea"),
    EMBED: ("iframe", "frame", "frameset", "object", "embed", "applet", "base"),
}


def judge(page: Page) -> Iterator[Finding]:
    for rule, tags in _FORBIDDEN.items():
        for element in page.root.iter(*tags):
            yield page.found(rule, f"<{element.tag}>", element)
    for element in page.elements:
        for name in element.attrib:
            if str(name).lower().startswith("on"):
                yield page.found(HANDLER, f"{cut(str(name))} on <{element.tag}>", element)
    for link in page.root.iter("link"):
        if "stylesheet" in link.get("rel", "").lower().split():
            yield page.found(STYLESHEET, cut(link.get("href", "")), link)
    for sheet in page.sheets:
        for source in css.imports(sheet.text or ""):
            yield page.found(STYLESHEET, f"@import {cut(source)}", sheet)
