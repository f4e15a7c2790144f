"""What a feed says as a date, read as an instant: never one that is made of today's."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from digest.sources import dates

YEARS = range(1995, 9000)  # no feed is older, and calendars end

_UTC = ZoneInfo("UTC")
_LONGEST = 100  # characters of a date
# Zones by the names that feeds give them, with their offsets. Names that several zones have are not among them.
_OFFSETS = {
    "WET": "+00:00", "WEST": "+01:00", "CET": "+01:00", "MEZ": "+01:00", "CEST": "+02:00", "MESZ": "+02:00",
    "EET": "+02:00", "EEST": "+03:00", "MSK": "+03:00", "SAST": "+02:00", "BRT": "-03:00", "AKST": "-09:00",
    "AKDT": "-08:00", "HST": "-10:00", "JST": "+09:00", "KST": "+09:00", "HKT": "+08:00", "SGT": "+08:00",
    "AWST": "+08:00", "ACST": "+09:30", "AEST": "+10:00", "AEDT": "+11:00", "NZST": "+12:00", "NZDT": "+13:00",
}  # fmt: skip
_ZONE = re.compile(rf"(?<=\d)\s*({'|'.join(_OFFSETS)})$")
_YEAR = re.compile(r"(?<=\D)(\d{4})(?!\d)", re.ASCII)  # one that a text begins with may be all that feedparser took
_SHORT_YEAR = re.compile(r"\d\s+[a-z]{3}\s+(\d\d)\s", re.ASCII | re.IGNORECASE)  # RFC 822, 5.1


class Date(NamedTuple):
    """What stands in a feed, and what feedparser makes of it, in UTC."""

    text: str = ""
    guess: datetime | None = None

    def instant(self) -> datetime | None:
        """None where there is no date, or one that no entry of a feed can have: a clock that was never set.

        Without a zone it is meant in UTC. The guess counts where only feedparser can read it, and never where that has
        made up the year, as it does of today's. Raises ValueError for what nobody can read.
        """
        text = self.text.strip()
        if not text:
            return None
        if len(text) > _LONGEST:
            raise ValueError(f"the date {text[:_LONGEST]!r}… is too long")
        try:
            when = dates.instant(_ZONE.sub(lambda found: _OFFSETS[found[1]], text), _UTC)
        except ValueError:
            if not (self.guess and _has_year(text, self.guess.year)):
                raise
            when = self.guess
        return when.astimezone(UTC) if when.year in YEARS else None


def _has_year(text: str, year: int) -> bool:
    """A zone may put it into another year."""
    written = [int(found) for found in _YEAR.findall(text)]
    written += [year // 100 * 100 + int(found) for found in _SHORT_YEAR.findall(text)]
    return any(abs(year - each) <= 1 for each in written)
