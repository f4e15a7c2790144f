"""What an author wrote as a date, read as an instant."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

_TIME = (
    r"(?:(?:[T\s]+|,\s*)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"\s*(?P<zone>Z|UTC|GMT|(?P<sign>[+-])(?P<zone_hours>\d{1,2})(?::?(?P<zone_minutes>\d{2}))?)?)?"
)
_YEAR_FIRST = r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
_DAY_FIRST = r"(?:[a-z]{3,9},?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month>[a-z]{3,9})\.?,?\s+(?P<year>\d{4})"
_MONTH_FIRST = r"(?:[a-z]{3,9},?\s+)?(?P<month>[a-z]{3,9})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})"
_FORMS = tuple(re.compile(form + _TIME, re.IGNORECASE | re.ASCII) for form in (_YEAR_FIRST, _DAY_FIRST, _MONTH_FIRST))
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SHOWN = 64  # characters of a date in a message


def instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant in UTC that ``text`` names.

    A date alone is that day's start in ``zone``; a time without a zone of its own is a time there. ISO 8601 and its
    careless cousins are read (``2025-1-3``, ``2025-12-03 07:00 +0200``), RFC 5322 dates, and months by English name;
    ``03/12/2025`` is not, since nobody can tell which of the two is the month.

    Raises ValueError, in words for the author.
    """
    found = next(filter(None, (form.fullmatch(text.strip()) for form in _FORMS)), None)
    if found is None:
        raise ValueError(f"the date {text[:_SHOWN]!r} is not one that can be read")
    try:
        local = datetime(
            int(found["year"]),
            _month(found["month"]),
            int(found["day"]),
            int(found["hour"] or 0),
            int(found["minute"] or 0),
            int(found["second"] or 0),
            tzinfo=_zone(found) if found["zone"] else zone,
        )
        return _turnable(local.astimezone(UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"the date {text[:_SHOWN]!r} does not exist") from None


def _turnable(when: datetime) -> datetime:
    """The instant, unless it is so near the end of time that some zone cannot express it. Raises ValueError."""
    if MINYEAR < when.year < MAXYEAR:
        return when
    raise ValueError


def _month(text: str) -> int:
    """1 to 12; a name counts by its first three letters. Raises ValueError."""
    return int(text) if text.isdigit() else _MONTHS.index(text[:3].lower()) + 1


def _zone(found: re.Match[str]) -> timezone:
    if not found["sign"]:
        return UTC
    offset = timedelta(hours=int(found["zone_hours"]), minutes=int(found["zone_minutes"] or 0))
    return timezone(-offset if found["sign"] == "-" else offset)
