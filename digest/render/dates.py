"""Days and spans of days as the readers of a language write them, from the Unicode locale data."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time, get_timezone_name

from digest.errors import RenderError
from digest.model import Period

_FIELDS = (("y", "year"), ("M", "month"), ("d", "day"))


def locale(language: str) -> Locale:
    """The locale of a BCP 47 tag; plain English is the world's, not that of one country. Raises RenderError."""
    try:
        return Locale.parse("en_001" if language == "en" else language.replace("-", "_"))
    except (UnknownLocaleError, ValueError) as error:
        hint = "write the language as a tag such as en, en-US, de or pt-BR"
        raise RenderError(f"the language {language!r} is not known", hint=hint) from error


def day(instant: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """The day of an instant in a zone, without its year: "5 Dec"."""
    return format_skeleton("MMMd", instant.astimezone(zone).date(), locale=locale)


def moment(instant: datetime, zone: ZoneInfo, locale: Locale) -> str:
    """A day and an hour on the clocks of a zone, by its name in the language: "5 December 2025, 14:00 CET", "… MEZ"."""
    local = instant.astimezone(zone)
    day, hour = format_date(local.date(), "long", locale=locale), format_time(local.time(), "short", locale=locale)
    glue = str(locale.datetime_formats["medium"])
    return f"{glue.replace('{1}', day).replace('{0}', hour)} {_zone_name(local, locale)}"


def _zone_name(local: datetime, locale: Locale) -> str:
    """What the locale data knows is a distance where the language has no short name: then the one in use everywhere."""
    name = get_timezone_name(local, "short", locale=locale)
    return str(local.tzname()) if name.startswith(("+", "-")) else name


def span(period: Period, zone: ZoneInfo, locale: Locale) -> str:
    """The days that a period touches in a zone, first and last included: "1-7 December 2025", "5 December 2025"."""
    first = period.start.astimezone(zone).date()
    last = (period.end - timedelta(microseconds=1)).astimezone(zone).date()
    if first >= last:
        return format_date(first, "long", locale=locale)
    return _interval(first, last, locale)


def _interval(first: date, last: date, locale: Locale) -> str:
    # The locale data holds spans with short months only; its rule for long ones is to lengthen the field (UTS 35).
    patterns = locale.interval_formats["yMMMd"]
    largest = next(letter for letter, field in _FIELDS if getattr(first, field) != getattr(last, field))
    ends = zip((first, last), patterns[largest], strict=True)
    return "".join(format_date(end, pattern.replace("MMM", "MMMM"), locale=locale) for end, pattern in ends)
