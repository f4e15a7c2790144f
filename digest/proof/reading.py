"""Judges whether it reads well: sizes, line heights, the line that a list of mails shows behind the subject."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from lxml.html import HtmlElement

from digest.colour import ratio
from digest.proof.cascade import Style
from digest.proof.page import SPACERS, Page
from digest.proof.rules import Finding, cut, warning

PREHEADER_MISSING = warning(
    "preheader-missing", "A list of mails shows it behind the subject", "begin the body with a hidden line of its own"
)
PREHEADER_LENGTH = warning("preheader-length", "Lists of mails show 40 to 130 characters", "write 40 to 130 characters")
HIDDEN_TEXT = warning(
    "hidden-text", "SpamAssassin: HTML_FONT_TINY, HTML_FONT_LOW_CONTRAST", "hide it by display:none; mso-hide:all alone"
)
TEXT_SMALL = warning("text-small", "Nobody reads less than 12 px on a phone", "set it in 12 px at least")
TEXT_BODY = warning("text-body", "Phones are read at arm's length", "set running text in 16 px at least")
LINE_HEIGHT = warning(
    "line-height", "WCAG 2.2, 1.4.12 asks for room for 1.5", "give paragraphs a line-height of 1.4 at least"
)

PREHEADER = range(40, 131)
TINY, SMALLEST, BODY = 3, 12, 16  # pixels
FAR = 800  # pixels of indent: no line of a mail is as long
LEAST_LEADING = 1.4
SEEN = 1.05  # of contrast: less is no colour of its own
_LONG = 80  # characters, which is more than a line
_READING = 200  # characters in long pieces: with less there is nothing to read but a footer
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_SPACER = re.compile(f"[{SPACERS}\\s]+")
_NO_SIZE = re.compile(r"0(?:\.0*)?(?:px|%)?")


def judge(page: Page) -> Iterator[Finding]:
    yield from _preheader(page)
    yield from _hidden(page)
    yield from _sizes(page)
    yield from _leading(page)


def words(text: str) -> str:
    """The text without what only pads it."""
    return _SPACER.sub(" ", text).strip()


def preheader(page: Page) -> tuple[str, HtmlElement | None]:
    """The hidden line before everything else, and where it stands; "" and None if the mail begins with what it shows."""
    for element, text in page.texts():
        if not re.search(r"\w", text):
            continue
        style = page.light[element]
        if style.shown and not _trick(style):
            return "", None
        hidden = element
        for above in element.iterancestors():
            if above is page.body or (page.light[above].shown and not _trick(page.light[above])):
                break
            hidden = above
        return words(hidden.text_content()), hidden
    return "", None


def _preheader(page: Page) -> Iterator[Finding]:
    line, element = preheader(page)
    if element is None:
        yield page.found(PREHEADER_MISSING, "the body begins with what it shows", page.body)
    elif len(line) not in PREHEADER:
        yield page.found(PREHEADER_LENGTH, f"{len(line)} characters: {cut(line)!r}", element)


def _trick(style: Style) -> str:
    """By what text is hidden that is there for programs and cannot be seen by people; "" if it can be."""
    if style.size <= TINY:
        return f"{style.size:g} px"
    if abs(style.indent) >= FAR:
        return f"an indent of {style.indent:g} px"
    return "the colour of its ground" if style.ground and ratio(style.colour, style.ground) < SEEN else ""


def _hidden(page: Page) -> Iterator[Finding]:
    told: set[HtmlElement] = set()
    for element, text in page.texts():
        if element in told or not re.search(r"\w", text):
            continue
        style = page.light[element]
        tricks = [
            name
            for name in ("opacity", "max-height", "visibility")
            for above in (element, *element.iterancestors())
            if _hides(name, page.light[above].declared.get(name, "")) and not style.shown
        ]
        if trick := _trick(style):
            tricks.append(trick)
        if tricks:
            told.add(element)
            yield page.found(HIDDEN_TEXT, f"{cut(text)!r} is hidden by {tricks[-1]}", element)


def _hides(name: str, value: str) -> bool:
    return value.lower() == "hidden" if name == "visibility" else bool(_NO_SIZE.fullmatch(value))


def _sizes(page: Page) -> Iterator[Finding]:
    running: Counter[float] = Counter()
    for element, text in page.shown_texts():
        size = page.light[element].size
        if not re.search(r"\w", text):
            continue
        if TINY < size < SMALLEST:
            yield page.found(TEXT_SMALL, f"{size:g} px: {cut(text)!r}", element)
        if len(words(text)) >= _LONG:
            running[size] += len(words(text))
    if running.total() >= _READING:
        usual, _ = running.most_common(1)[0]
        if usual < BODY:
            yield page.found(TEXT_BODY, f"running text is set in {usual:g} px", page.body)


def _leading(page: Page) -> Iterator[Finding]:
    """Of running text: the lines of a heading may stand closer, also where all of it is a link."""
    for element, text in page.shown_texts():
        style = page.light[element]
        close = len(words(text)) >= _LONG and style.line_height < LEAST_LEADING - 0.001
        if close and _HEADINGS.isdisjoint(above.tag for above in (element, *element.iterancestors())):
            yield page.found(LINE_HEIGHT, f"{style.line_height:.2g}: {cut(text)!r}", element)
