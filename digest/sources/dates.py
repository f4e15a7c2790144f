"""What an author wrote as a date, read as an instant; and the date with which the name of a file or a page begins."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

HOW_TO_WRITE = "write it as 2025-12-03 or 2025-12-03T07:00:00+01:00"

_TIME = (
    r"(?:(?:T|\s+(?:at\s+)?|,\s*)(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\b\.?)?\s*(?P<zone>Z|UTC?|GMT|[ECMP][SD]T)?\s*"
    r"(?:(?P<sign>[+-])(?P<zone_hours>\d{1,2})(?::?(?P<zone_minutes>\d{2}))?(?:\s+[A-Z]{2,5})?)?(?:\s*\([^()]*\)|\[!?(?P<place>[^][]*)\])?)?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_NAMED_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:r(?:uary)?)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_YEAR = r"(?P<year>\d{4})"
_FORMS = tuple(
    re.compile(form + _TIME, re.IGNORECASE | re.ASCII)
    for form in (
        rf"{_YEAR}[-/.年](?P<month>\d{{1,2}})月?(?:(?:[-/.]|(?<=月))(?P<day>\d{{1,2}})日?)?",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"(?P<month>\d{{1,2}})(?P<mark>[-/.])(?P<day>\d{{1,2}})(?P=mark){_YEAR}",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?[-\s]+{_NAMED_MONTH},?[-\s]+{_YEAR}",
        rf"{_WEEKDAY}{_NAMED_MONTH}(?:\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?)?,?\s+{_YEAR}",
    )
)
# 20251022T070000Z, which is no more than 2025-10-22T07:00:00Z without its signs (ISO 8601, basic format)
_BASIC = re.compile(r"(\d{8}T\d{2})(\d{2})(\d{2})?(?!\d)", re.ASCII)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HALF_DAY = 12  # hours; and the months of a year, which a day may be mistaken for
_ANYWHERE = ZoneInfo("UTC")
_AMERICAN = {"E": -5, "C": -6, "M": -7, "P": -8}  # hours from UTC in winter (RFC 5322, 4.3)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200  # others are of another calendar: 2568 in Thailand, 1404 in Iran
_SHOWN = 64  # characters of a date in a message

# Seconds since 1970 or thousandths of them, from 1990 on: a smaller number counts something else.
_COUNT = re.compile(r"(\d{9,10})(?:\d{3})?(?:\.\d+)?", re.ASCII)
_COUNT_MINIMUM = 631_152_000

_BEGINNING = r"(?P<year>(?:19|20)\d\d)(?:[-_./]?(?P<month>0[1-9]|1[0-2])[-_./]?(?P<day>0[1-9]|[12]\d|3[01])"
_BEGINNING += r"(?:T?\d{4}(?:\d\d)?)?|(?P<mark>[-_./])(?P<a_month>\d\d?)(?P=mark)(?P<a_day>\d\d?))"
_IN_PATH = re.compile(rf"(?<![^/]){_BEGINNING}(?![^-_. /T])", re.ASCII)
_AT_START = re.compile(rf"{_BEGINNING}(?:[-_. T]+|$)", re.ASCII)


def instant(text: str, zone: ZoneInfo) -> datetime:
    """The instant in UTC that ``text`` names.

    A date alone is that day's start in ``zone``, a month alone its first day's; a time without a zone of its own is a
    time there. ISO 8601 and its careless cousins are read (``2025-1-3``, ``2025-12-03 07:00 -4``), RFC 5322 dates,
    months by English name, the month first in ``12/24/2025`` (see ``doubtful``), and seconds since 1970.

    Raises ValueError, in words for the author.
    """
    text = text.strip()
    found = _form(_BASIC.sub(_spelt_out, text))
    try:
        if found:
            month, day = _month_and_day(found)
            hour, minute, second = _hour(found), int(found["minute"] or 0), int(found["second"] or 0)
            local = datetime(int(found["year"]), month, day, hour, minute, second, tzinfo=_zone(found) or zone)
            return _turnable(local.astimezone(UTC))
        if (counted := _COUNT.fullmatch(text)) and int(counted[1]) >= _COUNT_MINIMUM:
            return datetime.fromtimestamp(int(counted[1]), UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"the date {text[:_SHOWN]!r} does not exist") from None
    raise ValueError(f"the date {text[:_SHOWN]!r} is not one that can be read")


def is_readable(text: str) -> bool:
    """Whether a text names an instant."""
    try:
        instant(text, _ANYWHERE)
    except ValueError:
        return False
    return True


def is_strange(when: datetime) -> bool:
    """Whether its year is one in which nobody dates an article."""
    return not _FIRST_YEAR <= when.year <= _LAST_YEAR


def doubtful(text: str) -> bool:
    """Whether month and day could as well be each other: ``03/12/2025``."""
    found = _FORMS[2].fullmatch(text.strip())
    if found is None or found["mark"] == ".":
        return False
    month, day = int(found["month"]), int(found["day"])
    return month != day and max(month, day) <= _HALF_DAY


def in_path(path: str) -> str:
    """The date with which the last part of a path begins that begins with one, as ``2025-12-03``; or "".

    It may go over several parts: ``2025/12/03/title``, ``2025/1203-title``.
    """
    dates = [
        f"{found['year']}-{found['month'] or found['a_month']}-{found['day'] or found['a_day']}"
        for found in _IN_PATH.finditer(path)
    ]
    return dates[-1] if dates else ""


def undated(name: str) -> str:
    """A name without the date with which it begins; one that is a date and nothing else stays."""
    return _AT_START.sub("", name, count=1) if (found := _AT_START.match(name)) and found.end() < len(name) else name


def _spelt_out(found: re.Match[str]) -> str:
    return ":".join(filter(None, found.groups()))


def _form(text: str) -> re.Match[str] | None:
    return next(filter(None, (form.fullmatch(text) for form in _FORMS)), None)


def _month_and_day(found: re.Match[str]) -> tuple[int, int]:
    """Without a day, the month's first is meant."""
    written, day = found["month"], int(found["day"] or 1)
    month = int(written) if written.isdigit() else _MONTHS.index(written[:3].lower()) + 1
    if (mark := found.groupdict().get("mark")) and (mark == "." or month > _HALF_DAY):
        return day, month
    return month, day


def _hour(found: re.Match[str]) -> int:
    hour = int(found["hour"] or 0)
    if not found["half"]:
        return hour
    if not 1 <= hour <= _HALF_DAY:
        raise ValueError
    return hour % _HALF_DAY + (_HALF_DAY if found["half"].lower() == "p" else 0)


def _zone(found: re.Match[str]) -> tzinfo | None:
    name = (found["zone"] or "").upper()
    if found["sign"]:
        offset = timedelta(hours=int(found["zone_hours"]), minutes=int(found["zone_minutes"] or 0))
        return timezone(-offset if found["sign"] == "-" else offset)
    if name[:1] in _AMERICAN:
        return timezone(timedelta(hours=_AMERICAN[name[0]] + (name[1] == "D")))
    if name:
        return UTC
    return _place(found["place"]) if found["place"] else None


def _place(name: str) -> ZoneInfo:
    """The zone of a place, as it stands behind a time: ``[Asia/Tokyo]`` (RFC 9557, 4.1). Raises ValueError."""
    try:
        return ZoneInfo(name)
    except (KeyError, OSError):  # none of this name; a folder of some
        raise ValueError from None


def _turnable(when: datetime) -> datetime:
    """The instant, unless it is so near the end of time that some zone cannot express it. Raises ValueError."""
    if MINYEAR < when.year < MAXYEAR:
        return when
    raise ValueError
