"""What a configuration allows a server or a domain, and the meter that keeps to it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import NamedTuple, Protocol

from digest.pacing.steady import SteadyClock, waiting

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
GRAIN = 100  # a window remembers so many moments: what it counts is freed late by 1 % of its length at most
LATENESS = 0.005  # sleeping is not exact: a message that went late by so much does not make the next one late


@dataclass(frozen=True, slots=True)
class Limits:
    """So many connections, and messages in a second, minute, hour and day (24 hours, not a date). 0 is no limit."""

    connections: int = 0
    per_second: float = 0
    per_minute: int = 0
    per_hour: int = 0
    per_day: int = 0

    def share(self, n: int, place: int) -> Limits:
        """What the process at ``place``, from 0, of ``n`` may use, so that all of them together keep to the limits.

        A limit below ``n`` cannot be divided: each gets 1.
        """

        def part(whole: int) -> int:
            return whole and max(1, whole // n + (place < whole % n))

        return Limits(
            part(self.connections), self.per_second / n, part(self.per_minute), part(self.per_hour), part(self.per_day)
        )

    @property
    def windows(self) -> tuple[tuple[float, int], ...]:
        """The seconds of each, the shortest first, and how many messages may go in them."""
        lengths = ((MINUTE, self.per_minute), (HOUR, self.per_hour), (DAY, self.per_day))
        return tuple((length, most) for length, most in lengths if most)


class Grant(NamedTuple):
    """So many ``messages`` may go before it ``expires``, by ``time.monotonic``; where none may, the seconds until one will.

    Who granted them finds by the rest what is given back: ``at``, when they count as gone in windows, and ``due``, until
    when they have spent a rate.
    """

    messages: int
    wait: float = 0.0
    expires: float = -inf
    at: datetime | None = None
    due: datetime | None = None


class Gate(Protocol):
    """Whatever says when one more may go."""

    def wait(self, now: float) -> float:
        """0.0 if one more may go now, else the seconds until it may."""
        ...

    def take(self, now: float) -> None:
        """One goes."""
        ...

    def give_back(self, taken: float) -> None:
        """The one taken at that moment did not go after all."""
        ...


class Meter:
    """Keeps to the limits on messages; connections are counted by whoever opens them.

    In no 60 s, 3600 s or 86400 s do more go than the limit. Those in a second go evenly, one by one: an idle hour
    saves nothing up. ``used`` is what went before this meter, as pairs: the seconds since the last of some
    messages, counted back from when the meter is first asked, and their number.
    """

    __slots__ = ("_before", "_clock", "_due", "_interval", "_taken", "_windows")

    def __init__(self, limits: Limits, used: Sequence[tuple[float, int]] = ()) -> None:
        self._clock = SteadyClock()
        self._windows = tuple(_Window(length, most) for length, most in limits.windows)
        self._interval = 1 / limits.per_second if limits.per_second else 0.0
        self._due = self._before = self._taken = -inf
        for ago, count in sorted(used, reverse=True):
            self._count(-max(ago, 0.0), count)

    def wait(self, now: float) -> float:
        """0.0 if one more may go now, else the seconds until it may."""
        moment = self._clock.read(now)
        left = self._due - moment
        for window in self._windows:
            left = max(left, window.left(moment))
        return waiting(left)

    def take(self, now: float) -> None:
        """One goes."""
        self._count(self._clock.read(now), 1)

    def give_back(self, taken: float) -> None:
        """The one taken at that moment did not go after all; any later moment means the last one."""
        moment = self._clock.at(taken)
        if moment >= self._taken:
            self._due = self._before
        for window in self._windows:
            window.forget(moment)

    def _count(self, moment: float, count: int) -> None:
        if self._interval:
            self._before, self._taken = self._due, moment
            self._due = max(self._due, moment - min(LATENESS, self._interval)) + self._interval
        for window in self._windows:
            window.add(moment, count)


@dataclass(slots=True)
class _Bucket:
    """Messages that went between two moments, counted as if all had gone at the last."""

    first: float
    last: float
    count: int


class _Window:
    """At most ``most`` in any ``length`` seconds."""

    __slots__ = ("_buckets", "_length", "_most", "_total")

    def __init__(self, length: float, most: int) -> None:
        self._length = length
        self._most = most
        self._buckets: deque[_Bucket] = deque()
        self._total = 0

    def left(self, moment: float) -> float:
        """Seconds until one more has room; none, or less, if it has room now."""
        buckets = self._buckets
        while buckets and buckets[0].last + self._length <= moment:
            self._total -= buckets.popleft().count
        over = self._total - self._most
        left = 0.0
        for bucket in buckets:
            if over < 0:
                break
            over -= bucket.count
            left = bucket.last + self._length - moment
        return left

    def add(self, moment: float, count: int) -> None:
        self._total += count
        newest = self._buckets[-1] if self._buckets else None
        if newest is not None and moment - newest.first < self._length / GRAIN:
            newest.last = moment
            newest.count += count
        else:
            self._buckets.append(_Bucket(moment, moment, count))

    def forget(self, moment: float) -> None:
        for bucket in reversed(self._buckets):
            if bucket.first <= moment and bucket.count:
                bucket.count -= 1
                self._total -= 1
                return
