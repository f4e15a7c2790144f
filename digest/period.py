"""Cadences and windows: which period is complete, which is due, where it begins and ends, and when its readers are due.

A cadence has two rows of instants. Sends: ``on`` at ``at``. Edges: for each send the last ``cutoff`` at or before it on
the clock. A period runs from edge to edge, and the send of its closing edge is when its edition is made:

    edge ────── period ──────▶ edge   send
    Mon 00:00  …  …  …  …  …  Mon 00:00 Mon 07:00

Every period ends where the next begins, by construction, and is named by the day on which it starts.

By the readers' own clocks, the edition is made as soon as it is ``at`` anywhere on earth, but never before its edge;
each reader is due when it is ``at`` where they are, and at once where that has passed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo

from digest.errors import UsageError
from digest.model import Period

# With Missed.SKIP an edition is made at its send time or never; a clock that ticks late is no reason to lose one.
PUNCTUAL = timedelta(minutes=10)

FOREMOST = timezone(
    timedelta(hours=14)
)  # no clock on earth is ahead of these: those of Kiritimati, in the Line Islands
SLICES_MAXIMUM = (
    240  # of a window, of a minute or more: with all 600 time zones, the freeze writes 144,000 rows for them
)

NOTATIONS = (
    "2025-W40, 2025-10-01, 2025-10, or START/END such as 2025-10-01/2025-10-08 or 2025-10-01T12:00Z/2025-10-02T12:00Z"
)


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class Missed(StrEnum):
    """What becomes of an edition whose send time passed while nobody was there."""

    SEND = "send"
    SKIP = "skip"


class Clock(StrEnum):
    """Whose clock says that it is time."""

    SITE = "site"
    SUBSCRIBER = "subscriber"


@dataclass(frozen=True, slots=True)
class Cadence:
    """How often, and when by the clocks of ``zone``.

    ``on`` is the weekday for weeks (0 is Monday), the day for months (from 1; the last day where a month has fewer),
    nothing for days. ``cutoff`` is the time of day at which one period ends and the next begins. ``by`` says on whose
    clock it leaves ``at`` that time; with ``until``, readers are spread over the window from there, perhaps past
    midnight.
    """

    unit: Unit
    on: int
    at: time
    cutoff: time
    zone: ZoneInfo
    by: Clock = Clock.SITE
    until: time | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    """When the readers of an edition are due: on one ``day``, in ``slices`` of a window, never before it is ``frozen``."""

    cadence: Cadence
    day: date
    frozen: datetime

    @property
    def slices(self) -> int:
        """How many different due times there are in each time zone."""
        window = self._end - datetime.combine(self.day, self.cadence.at)
        return min(max(window // timedelta(minutes=1), 1), SLICES_MAXIMUM)

    def of(self, zone: ZoneInfo | None) -> tuple[datetime, ...]:
        """The due time of each slice for readers who live by these clocks; without any, by the site's.

        The window is spread in true time between its ends: an hour that is left out or comes twice within it makes it
        shorter or longer, and no minute of it more crowded than another.
        """
        clocks = (self.cadence.by is Clock.SUBSCRIBER and zone) or self.cadence.zone
        begin = _instant(self.day, self.cadence.at, clocks)
        length = _instant(self._end.date(), self._end.time(), clocks) - begin
        return tuple(max(begin + length * slice_ / self.slices, self.frozen) for slice_ in range(self.slices))

    @property
    def _end(self) -> datetime:
        """On the clock face."""
        until = self.cadence.until or self.cadence.at
        return datetime.combine(self.day + timedelta(days=until < self.cadence.at), until)


# --- what is asked -------------------------------------------------------------------------------------------------


def last_complete(cadence: Cadence, now: datetime) -> Period:
    """The latest period that has ended."""
    return _period(cadence, _last(cadence, _edge, now))


def next_send(cadence: Cadence, now: datetime) -> datetime:
    """The first send time after ``now``: when the next edition is made."""
    return _send(cadence, _last(cadence, _send, now) + 1)


def send_time(cadence: Cadence, period: Period) -> datetime:
    """The first send time at or after the period's end."""
    return next_send(cadence, period.end - datetime.resolution)


def due(cadence: Cadence, now: datetime, *, missed: Missed, latest: timedelta) -> Period | None:
    """The period of the last send time, if that is no longer ago than it may be; its edition may exist already.

    So a machine that was off catches up with one edition, the latest, and asking twice gives the same answer.
    """
    index = _last(cadence, _send, now)
    late = now - _send(cadence, index)
    return _period(cadence, index) if late <= (latest if missed is Missed.SEND else PUNCTUAL) else None


def hours(cadence: Cadence, period: Period, frozen: datetime) -> Hours | None:
    """When the readers of a period's edition are due; None where all are at once.

    So they are where neither their own clock nor a window is asked for; and in a window that is not the cadence's own,
    for it has no day on which it leaves but the one on which somebody sends it.
    """
    index = _last(cadence, _edge, period.end)
    if (cadence.by is Clock.SITE and cadence.until is None) or _period(cadence, index) != period:
        return None
    return Hours(cadence, _send_day(cadence, index), frozen)


def reach(
    period: Period, *, first_start: datetime | None, previous_end: datetime | None, grace: timedelta, zone: tzinfo
) -> datetime:
    """From when on articles are looked for: back to the previous edition's end less ``grace``, for those that came late.

    It is reckoned on the clocks of ``zone``: seven days before a Monday's midnight it is a Monday's midnight, also in
    the week in which the clocks are changed. ``first_start`` is where the digest begins: the first period for which an edition was made, or was to be made and
    found too little. Never before it, so a new digest does not begin with its whole archive; and never after the
    period's own start.
    """
    if first_start is None:
        return period.start
    if previous_end is None:
        return min(first_start, period.start)
    late = _shown(previous_end, zone) - grace
    return max(min(first_start, period.start), min(_instant(late.date(), late.time(), zone), period.start))


# --- notations -----------------------------------------------------------------------------------------------------

_NOTATION = re.compile(
    r"(?P<week>\d{4}-W\d{2})|(?P<day>\d{4}-\d{2}-\d{2})|(?P<month>\d{4}-\d{2})", re.ASCII | re.IGNORECASE
)


def parse(text: str, cadence: Cadence) -> Period:
    """The period that somebody wrote; what ``Period.name`` says is always understood.

    A notation of the cadence's own unit means the cadence's own period of that name; of another unit the week from
    Monday, the day or the month of the calendar, from cutoff to cutoff. In ``START/END`` (END is not in it) an instant
    without a zone is on the cadence's clocks, and a date is that day's cutoff.

    Raises UsageError.
    """
    try:
        if "/" in text:
            return _between(text, cadence)
        if found := _NOTATION.fullmatch(text.strip()):
            return _named(Unit(found.lastgroup or ""), found.group().upper(), cadence)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"{text!r} is not a period: {error}", hint=f"write {NOTATIONS}") from error
    raise UsageError(f"{text!r} is not a period", hint=f"write {NOTATIONS}")


def _named(unit: Unit, name: str, cadence: Cadence) -> Period:
    match unit:
        case Unit.DAY:
            first = date.fromisoformat(name)
            beyond = first + timedelta(days=1)
        case Unit.WEEK:
            first = date.fromisocalendar(int(name[:4]), int(name[6:]), 1)
            beyond = first + timedelta(weeks=1)
        case Unit.MONTH:
            first = date.fromisoformat(f"{name}-01")
            beyond = first + timedelta(days=monthrange(first.year, first.month)[1])
    if unit is cadence.unit:
        nearby = _index(unit, first)
        candidates = (_period(cadence, index) for index in (nearby + 1, nearby + 2))
        return next(period for period in candidates if period.name == name)
    return Period(_instant(first, cadence.cutoff, cadence.zone), _instant(beyond, cadence.cutoff, cadence.zone), name)


def _between(text: str, cadence: Cadence) -> Period:
    start, end = (_moment(part.strip(), cadence) for part in text.split("/", 1))
    if start >= end:
        raise ValueError("its end is not after its start")
    own = last_complete(cadence, end)
    if (own.start, own.end) == (start, end):  # one period has one name, however it is asked for
        return own
    return Period(start, end, f"{_spelled(start, cadence)}/{_spelled(end, cadence)}")


def _moment(text: str, cadence: Cadence) -> datetime:
    try:
        day, clock = date.fromisoformat(text), cadence.cutoff
    except ValueError:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        day, clock = moment.date(), moment.time()
    return _instant(day, clock, cadence.zone)


def _spelled(moment: datetime, cadence: Cadence) -> str:
    day = moment.astimezone(cadence.zone).date()
    if moment == _instant(day, cadence.cutoff, cadence.zone):
        return day.isoformat()
    return moment.isoformat().replace("+00:00", "Z")


# --- the two rows of instants, numbered from a day long ago --------------------------------------------------------


def _period(cadence: Cadence, index: int) -> Period:
    """The period that ends at the edge of this number."""
    name = _name(cadence.unit, _edge_day(cadence, index - 1))
    return Period(_edge(cadence, index - 1), _edge(cadence, index), name)


def _name(unit: Unit, day: date) -> str:
    match unit:
        case Unit.DAY:
            return day.isoformat()
        case Unit.WEEK:
            year, week, _ = day.isocalendar()
            return f"{year:04}-W{week:02}"
        case Unit.MONTH:
            return day.isoformat()[:7]


def _index(unit: Unit, day: date) -> int:
    """The number of the calendar's day, week or month that holds this day."""
    match unit:
        case Unit.DAY:
            return day.toordinal()
        case Unit.WEEK:
            return (day.toordinal() - 1) // 7  # the first day of the calendar is a Monday
        case Unit.MONTH:
            return day.year * 12 + day.month - 1


def _send_day(cadence: Cadence, index: int) -> date:
    match cadence.unit:
        case Unit.DAY:
            return date.fromordinal(index)
        case Unit.WEEK:
            return date.fromordinal(index * 7 + 1 + cadence.on)
        case Unit.MONTH:
            year, month = index // 12, index % 12 + 1
            return date(year, month, min(cadence.on, monthrange(year, month)[1]))


def _edge_day(cadence: Cadence, index: int) -> date:
    """The day of an edge on the calendar; chosen by the clock face, so that no change of clocks moves it."""
    return _send_day(cadence, index) - timedelta(days=cadence.cutoff > cadence.at)


def _send(cadence: Cadence, index: int) -> datetime:
    day = _send_day(cadence, index)
    match cadence.by:
        case Clock.SITE:
            return _instant(day, cadence.at, cadence.zone)
        case Clock.SUBSCRIBER:
            return max(_instant(day, cadence.at, FOREMOST), _edge(cadence, index))


def _edge(cadence: Cadence, index: int) -> datetime:
    return _instant(_edge_day(cadence, index), cadence.cutoff, cadence.zone)


def _last(cadence: Cadence, instant_of: Callable[[Cadence, int], datetime], now: datetime) -> int:
    """The greatest number whose instant is not after ``now``."""
    # An edge lies at most a day before its send's day, hence in the calendar unit after the next at the latest, and no
    # send lies before its edge.
    index = _index(cadence.unit, now.astimezone(cadence.zone).date()) + 2
    while instant_of(cadence, index) > now:
        index -= 1
    return index


def _instant(day: date, clock: time, zone: tzinfo) -> datetime:
    """The first instant at which the zone's clocks show this time or a later one.

    Of an hour that comes twice it is the first; of a time that is left out, the moment of the change. So what is later
    on the calendar is never earlier in truth, which adding an offset (PEP 495) would not give: 02:30 in a gap would
    come after 03:00.
    """
    wanted = datetime.combine(day, clock)
    after = wanted.replace(tzinfo=zone).astimezone(UTC)
    if _shown(after, zone) == wanted:
        return after
    before = wanted.replace(tzinfo=zone, fold=1).astimezone(UTC)  # in a gap, the offset of after it
    seconds = range(int((after - before).total_seconds()))
    jump = bisect_left(seconds, True, key=lambda second: _shown(before + timedelta(seconds=second), zone) >= wanted)
    return before + timedelta(seconds=jump)


def _shown(instant: datetime, zone: tzinfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)
