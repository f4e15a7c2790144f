"""A clock that is never set back, made from the caller's."""

from __future__ import annotations

UNEVEN = 1.0  # moments may come a little out of order; further back than this, the clock was set
LEAST_WAIT = 0.0001  # who sleeps for as long as was said finds that time has passed, whatever was rounded


class SteadyClock:
    """Seconds since it was first read. Where the caller's clock is set back, time stands still and goes on from there:

    nobody waits for the hours to come round again, and nothing that was counted is forgotten.
    """

    __slots__ = ("_latest", "_offset")

    def __init__(self) -> None:
        self._offset: float | None = None
        self._latest = 0.0

    def read(self, now: float) -> float:
        """Never less than it was before."""
        moment = self.at(now)
        if moment >= self._latest:
            self._latest = moment
        elif moment < self._latest - UNEVEN:
            self._offset = self._latest - now
        return self._latest

    def at(self, moment: float) -> float:
        """What a moment of the caller's clock is on this one."""
        if self._offset is None:
            self._offset = -moment
        return moment + self._offset


def waiting(seconds: float) -> float:
    """What is left to wait, as it is told to callers: 0.0, or long enough to be noticed."""
    return max(seconds, LEAST_WAIT) if seconds > 0 else 0.0
