"""What is the same in every edition of a site: its name, language, zone, accent and the law's postal address."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

# Ink with a little green in it: 7.4 to 1 on white, and it belongs to nobody.
ACCENT = "#0f5b66"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Look:
    """How a site presents itself. ``zone`` decides on which day an article was published.

    ``language`` is a BCP 47 tag: it sets the form of dates, ``lang`` and the direction of writing; plain ``en`` writes
    dates as the world does (5 December), ``en-US`` as Americans do. ``accent`` is a colour as ``#rrggbb``; where text is
    written in it, a shade is taken that can be read. ``web`` is true when there are public pages: only then are
    preferences and the online view linked. ``reason`` says why readers get this; "" takes the template's sentence.
    """

    site_title: str
    site_url: str = ""
    language: str = "en"
    zone: ZoneInfo = _UTC
    postal_address: str = ""
    accent: str = ACCENT
    web: bool = False
    reason: str = ""
