"""Limits that all senders of a fleet keep together: what may go is fetched from the ledger some at a time, and ahead."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from math import ceil

from digest.errors import StoreError
from digest.pacing import Gate, Grant, Limits, Meter
from digest.sending.ports import Allowances

AT_ONCE = 0.5  # seconds of a rate that are fetched at once
PARTS = 100  # of a window's limit, one of which is fetched at once
AGAIN = 0.02  # seconds after which it is looked whether something was fetched
AWAY = 1.0  # seconds after which a ledger is asked again that gave no answer


class Tap:
    """One limit. Moments are seconds on the caller's clock."""

    def __init__(self, name: str, limits: Limits, allowances: Allowances) -> None:
        self.name = name
        self.limits = limits
        self.left = 0  # of what was fetched
        self.fetching: asyncio.Task[None] | None = None
        self._allowances = allowances
        self._most = at_once(limits)
        self._not_before = 0.0

    def wait(self, now: float) -> float:
        """0.0 if one more may go now, else the seconds after which to ask again."""
        if self.left:
            return 0.0
        if now < self._not_before:
            return self._not_before - now
        self._fetch_ahead(now)
        return AGAIN

    def take(self, now: float) -> None:
        """One goes."""
        self.left -= 1
        if self.left <= self._most // 2 and now >= self._not_before:
            self._fetch_ahead(now)

    def give_back(self, taken: float) -> None:  # noqa: ARG002 - a Gate's signature
        """One that was taken did not go after all."""
        self.left += 1

    def _fetch_ahead(self, now: float) -> None:
        if self.fetching is None or self.fetching.done():
            self.fetching = asyncio.get_running_loop().create_task(self._filled(now))

    async def _filled(self, now: float) -> None:
        try:
            grant = await asyncio.to_thread(self._allowances.fetch, self.name, self.limits, self._most)
        except StoreError:  # whoever claims or records hears of it too, and ends the run if it lasts
            grant = Grant(0, AWAY)
        self.left += grant.messages
        self._not_before = now + grant.wait


class Taps:
    """The limits of one run: its own alone, or with ``allowances`` those of a fleet."""

    def __init__(self, allowances: Allowances | None) -> None:
        self._allowances = allowances
        self._taps: list[Tap] = []

    def gate(self, name: str, whole: Limits, part: Limits, used: Sequence[tuple[float, int]] = ()) -> Gate:
        """What keeps to the ``whole`` of a limit together with the others; alone, to the ``part`` of it that is ours."""
        if self._allowances is None:
            return Meter(part, used)
        tap = Tap(name, whole, self._allowances)
        self._taps.append(tap)
        return tap

    async def close(self) -> None:
        """What was fetched and not used is for others. Raises StoreError."""
        fetching = [tap.fetching for tap in self._taps if tap.fetching]
        await asyncio.gather(*fetching, return_exceptions=True)
        for tap in self._taps:
            if tap.left > 0 and self._allowances:
                left, tap.left = tap.left, 0
                await asyncio.to_thread(self._allowances.give_back, tap.name, tap.limits, left)


def at_once(limits: Limits) -> int:
    """How many are worth a question: little enough to leave others their part."""
    parts = [ceil(limits.per_second * AT_ONCE)] if limits.per_second else []
    parts += [ceil(most / PARTS) for most in (limits.per_minute, limits.per_hour, limits.per_day) if most]
    return min(parts, default=PARTS)
