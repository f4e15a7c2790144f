"""What is the same in every edition of a site: its name, language, zone, the law's postal address, and its tokens.

A token is one decision about the looks (an accent, a corner) that the templates carry out everywhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.errors import RenderError
from digest.model import Image

# Ink with a little green in it: 7.4 to 1 on white, and it belongs to nobody.
ACCENT = "#0f5b66"
FONTS = {
    "sans": "-apple-system, Segoe UI, Roboto, Helvetica, Arial, sans-serif",
    "serif": "Georgia, Times New Roman, serif",
}
WIDTHS = range(480, 721)  # pixels: narrower has no room for a picture beside text, wider is cut by webmail
CORNERS = range(25)  # pixels
_UTC = ZoneInfo("UTC")
_WORD = r"-?[A-Za-z_][A-Za-z0-9_-]*"  # names of such words need no quotes (CSS Fonts 4, 2.1.1)
_FAMILY = f"{_WORD}(?: {_WORD})*"
_STACK = re.compile(rf"{_FAMILY}(?:, ?{_FAMILY})*, ?(?P<generic>sans-serif|serif|monospace)", re.ASCII)


class Density(StrEnum):
    """How much room an article takes."""

    CARDS = "cards"  # title, excerpt and cover
    COMPACT = "compact"  # title and the first words; a cover opens the mail alone
    HEADLINES = "headlines"  # titles


def font(written: str) -> str:
    """The list of font families that a name of ``FONTS`` stands for, or the list itself.

    Raises RenderError for a list with anything else in it, or without a generic family at its end: many mail programs
    load no fonts, and take Times where nothing better is said.
    """
    stack = FONTS.get(written, re.sub("['\"]", "", written))
    if not _STACK.fullmatch(stack):
        known = " or ".join(FONTS)
        raise RenderError(
            f"{written!r} is not a list of fonts",
            hint=f"write {known}, or families with serif, sans-serif or monospace at the end: Inter, Arial, sans-serif",
        )
    return stack


@dataclass(frozen=True, slots=True)
class Look:
    """How a site presents itself. ``zone`` decides on which day an article was published.

    ``language`` is a BCP 47 tag: it sets words, the form of dates, ``lang`` and the direction of writing; plain ``en``
    writes dates as the world does (5 December), ``en-US`` as Americans do. ``accent`` is a colour as ``#rrggbb``; where
    text is written in it, a shade is taken that can be read. ``font`` and ``headings`` are of ``FONTS`` or lists of
    families, ``corner`` and ``width`` pixels. ``logo`` stands in place of the site's name. ``web`` is true when there
    are public pages: only then are preferences and the online view linked. ``reason`` says why readers get this; ""
    takes the template's sentence.
    """

    site_title: str
    site_url: str = ""
    language: str = "en"
    zone: ZoneInfo = _UTC
    postal_address: str = ""
    accent: str = ACCENT
    font: str = "sans"
    headings: str = "serif"
    corner: int = 6
    width: int = 600
    density: Density = Density.CARDS
    logo: Image | None = None
    web: bool = False
    reason: str = ""
