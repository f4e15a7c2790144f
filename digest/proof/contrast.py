"""Judges colours: whether all text can be read in light, in dark, and where a client forces the dark."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from lxml.html import HtmlElement

from digest.colour import RGB, lightness, over, ratio, written
from digest.proof.cascade import Looks, Style
from digest.proof.page import Page
from digest.proof.reading import SEEN, words
from digest.proof.rules import Finding, Rule, cut, error, warning
from digest.proof.schemes import darkened, lightened

_WCAG = "WCAG 2.2, 1.4.3"
CONTRAST_LIGHT = error("contrast-light", _WCAG, "choose a darker text, or a lighter ground")
CONTRAST_DARK = error("contrast-dark", _WCAG, "choose a lighter text in the rules for prefers-color-scheme:dark")
CONTRAST_FORCED = warning(
    "contrast-forced", f"{_WCAG}, in apps that turn colours", "avoid dark text on grounds of middle lightness"
)
DARK_PAGE = error("dark-page", "CSS Color Adjustment, 2", "give the page a dark background in the dark")
DARK_MISSING = warning(
    "dark-missing", "Apple Mail and Outlook ask for it", "add rules for prefers-color-scheme:dark, and color-scheme"
)

ENOUGH, ENOUGH_LARGE = 4.5, 3.0
_LARGE, _LARGE_BOLD = 24, 18.66  # pixels: 18 and 14 points
_LIGHT = 50  # of lightness

Seen = Callable[[Style], tuple[RGB, RGB | None]]


@dataclass(slots=True)
class _Pair:
    """Text of one colour on one ground: where it was met first, and how often."""

    element: HtmlElement
    text: str
    places: int = 0
    sizes: set[float] = field(default_factory=set)


def judge(page: Page) -> Iterator[Finding]:
    yield from _judged(page, page.light, CONTRAST_LIGHT, _as_it_is)
    if page.has_dark_rules or page.declares_dark:
        yield from _judged(page, page.dark, CONTRAST_DARK, _as_it_is)
        yield from _darkness(page)
    else:
        yield page.found(DARK_MISSING, "the mail has no looks for the dark", page.root)
    yield from _judged(page, page.light, CONTRAST_FORCED, _forced)


def _as_it_is(style: Style) -> tuple[RGB, RGB | None]:
    return _through(style.colour, style.opacity, style.ground), style.ground


def _forced(style: Style) -> tuple[RGB, RGB | None]:
    ground = darkened(style.ground) if style.ground else None
    return _through(lightened(style.colour), style.opacity, ground), ground


def _through(colour: RGB, opacity: float, ground: RGB | None) -> RGB:
    return over(colour, opacity, ground) if ground else colour


def _judged(page: Page, looks: Looks, rule: Rule, seen: Seen) -> Iterator[Finding]:
    pairs: dict[tuple[RGB, RGB, float], _Pair] = {}
    for element, text in page.texts():
        style = looks[element]
        colour, ground = seen(style)
        if style.shown and ground is not None and re.search(r"\w", text):
            key = (colour, ground, ENOUGH_LARGE if _is_large(style) else ENOUGH)
            pairs.setdefault(key, _Pair(element, text)).places += 1
    for (colour, ground, enough), pair in pairs.items():
        contrast = ratio(colour, ground)
        visible = ratio(*_own(page.light[pair.element])) >= SEEN  # what is hidden by its colour is another rule's
        if contrast < enough and visible:
            more = f", and in {pair.places - 1} more places" if pair.places > 1 else ""
            what = f"{written(colour)} on {written(ground)} is {contrast:.2f} to 1, {enough:g} is needed"
            yield page.found(rule, f"{what}: {cut(words(pair.text), 40)!r}{more}", pair.element)


def _own(style: Style) -> tuple[RGB, RGB]:
    return style.colour, style.ground or style.colour


def _is_large(style: Style) -> bool:
    return style.size >= _LARGE or (style.bold and style.size >= _LARGE_BOLD)


def _darkness(page: Page) -> Iterator[Finding]:
    """Really dark: the page itself, and what most of the text stands on."""
    ground = page.dark[page.body].ground
    if ground and lightness(ground) > _LIGHT:
        yield page.found(DARK_PAGE, f"the page stays {written(ground)} in the dark", page.body)
        return
    letters = {True: 0, False: 0}
    for element, text in page.texts():
        style = page.dark[element]
        if style.shown and style.ground:
            letters[lightness(style.ground) > _LIGHT] += len(words(text))
    if letters[True] > letters[False]:
        yield page.found(DARK_PAGE, "most of the text stands on light grounds in the dark", page.body)
