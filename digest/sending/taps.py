"""Limits that all senders of a fleet keep together: what may go is fetched from the ledger some at a time, and ahead."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import ceil, inf

from digest.errors import StoreError
from digest.pacing import Gate, Grant, Limits, Meter
from digest.sending.ports import Allowances

AT_ONCE = 0.5  # seconds of a rate that are fetched at once
PARTS = 100  # of a window's limit, one of which is fetched at once
AGAIN = 0.02  # seconds after which it is looked whether something was fetched
AWAY = 1.0  # seconds after which a ledger is asked again that gave no answer


class Tap:
    """One limit. What was fetched is used before it expires, the oldest first; what is left of it then goes back.

    Moments are given on the caller's clock, which somebody may set: time is measured by another one.
    """

    def __init__(
        self, name: str, limits: Limits, allowances: Allowances, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.name = name
        self.limits = limits
        self.left = 0  # of what was fetched
        self.fetching: asyncio.Task[None] | None = None
        self._allowances = allowances
        self._clock = clock
        self._most = at_once(limits)
        self._not_before = -inf
        self._held: deque[_Held] = deque()  # in the order in which they expire
        self._expired: list[Grant] = []  # and not given back yet

    def wait(self, now: float) -> float:  # noqa: ARG002 - a Gate's signature
        """0.0 if one more may go now, else the seconds after which to ask again."""
        moment = self._clock()
        self._let_expire(moment)
        if self.left:
            return 0.0
        if moment < self._not_before:
            return self._not_before - moment
        self._fetch_ahead()
        return AGAIN

    def take(self, now: float) -> None:
        """One goes, as there was no need to wait."""
        held = next(held for held in self._held if held.left)
        held.left -= 1
        held.taken[now] += 1
        self.left -= 1
        if self._most > 1 and self.left <= self._most // 2 and self._clock() >= self._not_before:
            self._fetch_ahead()

    def give_back(self, taken: float) -> None:
        """The one taken at that moment did not go after all. It is lost if its time is over."""
        self._let_expire(self._clock())
        held = next((held for held in self._held if held.taken[taken]), None)
        if held is not None:
            held.left += 1
            held.taken[taken] -= 1
            self.left += 1

    def drain(self) -> list[Grant]:
        """All that is left; then nothing is."""
        self._let_expire(inf)
        rest, self._expired = self._expired, []
        return rest

    def _let_expire(self, moment: float) -> None:
        while self._held and self._held[0].grant.expires <= moment:
            held = self._held.popleft()
            if held.left:
                self.left -= held.left
                self._expired.append(held.grant._replace(messages=held.left))

    def _fetch_ahead(self) -> None:
        if self.fetching is None or self.fetching.done():
            self.fetching = asyncio.get_running_loop().create_task(self._filled())

    async def _filled(self) -> None:
        back, self._expired = self._expired, []
        try:
            grant = await asyncio.to_thread(self._allowances.fetch, self.name, self.limits, self._most, back)
        except StoreError:  # whoever claims or records hears of it too, and ends the run if it lasts
            grant = Grant(0, AWAY)  # nobody knows whether anything came back: it counts as gone
        if grant.messages:
            self._held.append(_Held(grant, grant.messages))
            self.left += grant.messages
        self._not_before = self._clock() + grant.wait


@dataclass(slots=True)
class _Held:
    """A grant, what is ``left`` of it, and how many were ``taken`` when."""

    grant: Grant
    left: int
    taken: Counter[float] = field(default_factory=Counter)


class Taps:
    """The limits of one run: its own alone, or with ``allowances`` those of a fleet."""

    def __init__(self, allowances: Allowances | None) -> None:
        self._allowances = allowances
        self._taps: list[Tap] = []

    @property
    def are_shared(self) -> bool:
        """Whether what was used before is counted already, by all together."""
        return self._allowances is not None

    def gate(self, name: str, whole: Limits, part: Limits, used: Sequence[tuple[float, int]] = ()) -> Gate:
        """What keeps to the ``whole`` of a limit together with the others; alone, to the ``part`` of it that is ours."""
        if self._allowances is None or not at_once(whole):
            return Meter(part, used)
        tap = Tap(name, whole, self._allowances)
        self._taps.append(tap)
        return tap

    def answer_for(self, gate: Gate) -> None:
        """Whoever made it may have ended before the others that used it, of whom this run is the last."""
        if isinstance(gate, Tap) and gate not in self._taps:
            self._taps.append(gate)

    async def close(self) -> None:
        """What was fetched and not used is for others. What cannot be given back now counts as gone."""
        fetching = [tap.fetching for tap in self._taps if tap.fetching]
        await asyncio.gather(*fetching, return_exceptions=True)
        for tap in self._taps:
            if self._allowances and (rest := tap.drain()):
                with suppress(StoreError):
                    await asyncio.to_thread(self._allowances.give_back, tap.name, tap.limits, rest)


def at_once(limits: Limits) -> int:
    """How many are worth a question: little enough to leave others their part. None where messages have no limit."""
    parts = [ceil(limits.per_second * AT_ONCE)] if limits.per_second else []
    parts += [ceil(most / PARTS) for _, most in limits.windows]
    return min(parts, default=0)
