"""Judges the document as a screen reader goes through it: language, title, headings, tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from digest.proof.page import Page
from digest.proof.rules import Finding, cut, error

LANG = error("lang", "WCAG 2.2, 3.1.1", 'name the language: <html lang="en">')
DIR = error("dir", "WCAG 2.2, 1.3.2; HTML, 3.2.6.4", 'a language that is written from right to left needs dir="rtl"')
TITLE = error("title", "WCAG 2.2, 2.4.2", "fill <title>: it names the mail where it is opened in a browser")
HEADING_FIRST = error("heading-first", "WCAG 2.2, 1.3.1", "give the mail one <h1>, and only one: its own name")
HEADING_ORDER = error("heading-order", "WCAG 2.2, 1.3.1", "go down one level at a time: h1, h2, h3")
TABLE_ROLE = error(
    "table-role", "WCAG 2.2, 1.3.1; WAI-ARIA 1.2", 'mark tables that only lay things out: role="presentation"'
)

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*", re.IGNORECASE)  # RFC 5646, 2.1, as far as mails go
_RIGHT_TO_LEFT = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "iw", "ps", "sd", "ug", "ur", "yi"})
_OTHER_SCRIPT = re.compile(r"-(latn|cyrl)\b", re.IGNORECASE)


def judge(page: Page) -> Iterator[Finding]:
    yield from _language(page)
    title = page.root.find("head/title")
    if title is None or not (title.text or "").strip():
        yield page.found(TITLE, "the page has no <title>" if title is None else "the <title> is empty", title)
    yield from _headings(page)
    yield from _tables(page)


def _language(page: Page) -> Iterator[Finding]:
    language = page.root.get("lang", "").strip()
    if not _LANGUAGE.fullmatch(language):
        said = f"{cut(language)!r} is not a language tag" if language else "<html> has no lang"
        yield page.found(LANG, said, page.root)
    turned = any(element.get("dir", "").lower() == "rtl" for element in (page.root, page.body))
    if language.lower().split("-")[0] in _RIGHT_TO_LEFT and not _OTHER_SCRIPT.search(language) and not turned:
        yield page.found(DIR, f'lang="{cut(language)}", and nothing says dir="rtl"', page.root)


def _headings(page: Page) -> Iterator[Finding]:
    headings = [element for element in page.body.iter("h1", "h2", "h3", "h4", "h5", "h6") if page.light[element].shown]
    first = [element for element in headings if element.tag == "h1"]
    if not first:
        yield page.found(HEADING_FIRST, "there is no <h1>", page.body)
    for another in first[1:]:
        yield page.found(HEADING_FIRST, f"another <h1>: {cut(another.text_content())!r}", another)
    for before, after in pairwise(headings):
        if int(after.tag[1]) > int(before.tag[1]) + 1:
            what = f"<{after.tag}> follows <{before.tag}>: {cut(after.text_content())!r}"
            yield page.found(HEADING_ORDER, what, after)
    if headings and not first and headings[0].tag not in {"h1", "h2"}:
        yield page.found(HEADING_ORDER, f"the first heading is an <{headings[0].tag}>", headings[0])


def _tables(page: Page) -> Iterator[Finding]:
    for table in page.body.iter("table"):
        holds_data = table.find("caption") is not None or table.get("summary") or table.xpath("./tr/th|./*/tr/th")
        if table.get("role", "").lower() not in {"presentation", "none"} and not holds_data:
            yield page.found(TABLE_ROLE, f"a table of layout with role {table.get('role', '')!r}", table)
