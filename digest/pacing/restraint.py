"""How one domain or one server is spared after it has asked for it, and how it is trusted again."""

from __future__ import annotations

from math import inf

from digest.pacing.steady import SteadyClock, waiting

FIRST_INTERVAL = 1.0
LONGEST_INTERVAL = 300.0  # a domain never gets less than one message in five minutes
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0
ENOUGH = 5  # accepted in a row, for one step of recovery
REGAINED = 0.75  # the interval after a step
NEGLIGIBLE = 0.01  # an interval that holds nobody up
MOMENT = 0.1  # when to look again while the only thing to wait for is an answer


class Restraint:
    """Multiplicative decrease, additive increase: free at first, and free again once what was slowed has recovered.

    slowed: a pause, half as many in hand, and twice the interval between two of them.
    ENOUGH went well: one more in hand, three quarters of the interval, half the next pause.

    What comes back during the pause was under way when it began, and says nothing new: one event counts once.
    """

    __slots__ = ("_clock", "_concurrency", "_interval", "_pause", "_peak", "_taken", "_until", "_well")

    _concurrency: int
    _interval: float
    _pause: float  # the next one
    _peak: int  # most in hand when it was slowed: so many it has to bear again
    _until: float
    _well: int

    def __init__(self) -> None:
        self._clock = SteadyClock()
        self._taken = -inf
        self._loosen()

    @property
    def free(self) -> bool:
        """Nothing is held back: it may be forgotten."""
        return not self._peak

    def wait(self, now: float, in_hand: int) -> float:
        """0.0 if one more may be started beside those in hand, else the seconds until it is worth asking again."""
        if self.free:
            return 0.0
        left = max(self._until, self._taken + self._interval) - self._clock.read(now)
        return waiting(left if in_hand < self._concurrency else max(left, MOMENT))

    def take(self, now: float) -> None:
        """One is started."""
        self._taken = self._clock.read(now)

    def slowed(self, now: float, in_hand: int, chance: float) -> None:
        """It was asked for less, with so many in hand, the refused one among them.

        ``chance`` in [0, 1) shortens the pause by up to a quarter, so that those paused together do not return together.
        """
        moment = self._clock.read(now)
        if moment < self._until:
            return
        in_use = max(in_hand, 1)
        self._concurrency = max(1, min(in_use, self._concurrency or in_use) // 2)
        self._interval = min(self._interval * 2 or FIRST_INTERVAL, LONGEST_INTERVAL)
        self._peak = max(self._peak, in_use)
        self._until = moment + self._pause * (1 - chance / 4)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        self._well = 0

    def went_well(self, now: float) -> None:
        """One was accepted."""
        if self.free or self._clock.read(now) < self._until:
            return
        self._well += 1
        if self._well < ENOUGH:
            return
        self._well = 0
        self._concurrency += 1
        self._interval = max(self._interval * REGAINED, NEGLIGIBLE)
        self._pause = max(self._pause / 2, FIRST_PAUSE)
        if self._interval <= NEGLIGIBLE and self._concurrency >= self._peak:
            self._loosen()

    def _loosen(self) -> None:
        self._peak = 0
        self._concurrency = 0
        self._interval = 0.0
        self._pause = FIRST_PAUSE
        self._until = -inf
        self._well = 0
