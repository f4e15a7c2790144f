"""What there is to carry: claimed in batches, handed back when it is not carried. All of it in the ledger's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TypeVar

from digest.delivery import Uncertain
from digest.errors import StoreError
from digest.model import Delivery, Outcome
from digest.sending.pace import Pace
from digest.sending.ports import Clock, Ledger, Watch
from digest.sending.relay import Relay
from digest.sending.waiting import Claimed, Waiting

# Seconds to wait, one after another, for a database that is restarted, that another one takes over from, or that is busy.
AWAY = (0.5, 1, 2, 4, 8, 15, 30)

T = TypeVar("T")
Used = tuple[tuple[float, int], ...]


class Supply:
    """The deliveries of one edition. Raises what the ledger raises."""

    def __init__(
        self,
        edition: int,
        *,
        ledger: Ledger,
        waiting: Waiting,
        pace: Pace,
        relays: Sequence[Relay],
        clock: Clock,
        watch: Watch,
        executor: ThreadPoolExecutor,
    ) -> None:
        self._edition = edition
        self._ledger = ledger
        self._waiting = waiting
        self._pace = pace
        self._most = pace.batch_for([relay.limits.per_second for relay in relays])
        self._clock = clock
        self._watch = watch
        self._executor = executor
        self._left = pace.most  # deliveries that may still be claimed, for each that comes back another one
        self._claiming = asyncio.Lock()
        self._returned = 0  # how often claims came back to the ledger
        self._in_vain = False  # the ledger could not be written to for as long as that is waited for
        self.is_dry = False  # the last claim brought less than there was room for, and nothing came back since

    @property
    def is_low(self) -> bool:
        """Whether it is time for another batch."""
        return self._waiting.free <= self._most // 2

    async def fill(self, troubled: Callable[[Delivery], bool], *, surely: bool = True) -> None:
        """Claims what is due, if half a batch or less waits; or nothing, if the last claim left nothing behind and it
        need not be sure; or nothing, if all of this part was claimed. Those that a line broke over come last.
        """
        async with self._claiming:
            self.is_dry = self.is_dry or not self._left
            if not self.is_low or (self.is_dry and not (surely and self._left)):
                return
            before = self._returned
            while not (found := await self._claim(troubled)) and await self.recover():
                pass
            # Those that were deferred get half of a claim (``Ledger.claim``): less than that, and there are no more.
            self.is_dry = not self._left or (found < max(1, self._most // 2) and before == self._returned)

    async def _claim(self, troubled: Callable[[Delivery], bool]) -> int:
        """How many deliveries were found due."""
        most = min(self._most, self._left)
        claim = await self._in_ledger(
            partial(self._ledger.claim, self._edition, most, self._clock.now(), self._pace.lease)
        )
        self._left -= len(claim.deliveries)
        if claim.skipped:
            self._watch.skipped(claim.skipped)
        self._waiting.put((delivery, claim.token) for delivery in sorted(claim.deliveries, key=troubled))
        return len(claim.deliveries) + claim.skipped

    async def recover(self) -> bool:
        """Whether something is due again that a sender held too long: a dead one, or this one behind a slow server."""
        resend = self._pace.policy.uncertain is Uncertain.RESEND
        claims, doubts = await self._in_ledger(partial(self._ledger.recover, resend=resend))
        if claims or doubts:
            self._watch.recovered(claims, doubts)
        return bool(claims or (doubts and resend))

    async def hand_back(self) -> None:
        """All that waits is due again."""
        await self.give_back(self._waiting.drain())

    async def give_back(self, claimed: Sequence[Claimed], due: datetime | None = None) -> None:
        """These are due again: at once, or then."""
        if claimed:
            self.comes_back(len(claimed))
            unused = [(delivery.id, token) for delivery, token in claimed]
            await self._in_ledger(partial(self._ledger.hand_back, unused, due))

    def comes_back(self, claims: int = 1) -> None:
        """They are due again, and as many others may be claimed."""
        self._left += claims
        self._returned += 1
        self.is_dry = False

    async def commit(self, handing: Sequence[tuple[int, str, str]], outcomes: Sequence[Outcome]) -> frozenset[int]:
        """What servers have answered is not lost because somebody else writes for long; what waited in vain ends the run, and
        is tried once more. What is committed apart waits in a thread of its own.
        """
        call = partial(self._ledger.commit, handing, outcomes, self._clock.now(), self._pace.lease)
        aside = any(map(self._ledger.apart, outcomes))
        patient = bool(outcomes) and not self._in_vain
        try:
            return await self._in_ledger(call, again=partial(call, again=True), patient=patient, aside=aside)
        except StoreError:
            self._in_vain |= patient
            raise

    async def is_stopped(self) -> bool:
        """Whether somebody has stopped the edition."""
        return await self._in_ledger(partial(self._ledger.is_stopped, self._edition))

    async def first_used(self, relay: Relay) -> datetime:
        """When a server took its first message, as far as that matters to its limits."""
        known = await self._in_ledger(partial(self._ledger.first_used, relay.name)) if relay.warm_up else None
        return known or self._clock.now()

    async def used(self, relay: Relay) -> Used:
        """What a server was given within a day, as far as that matters to its limits."""
        limits = relay.limits
        if not (relay.warm_up or limits.per_minute or limits.per_hour or limits.per_day):
            return ()
        return await self._in_ledger(partial(self._ledger.used, relay.name, self._clock.now()))

    async def note_first_use(self, relay: Relay) -> None:
        """It has taken its first message, if nobody knew of one."""
        await self._in_ledger(partial(self._ledger.note_first_use, relay.name, self._clock.now()))

    async def _in_ledger(
        self,
        call: Callable[[], T],
        *,
        again: Callable[[], T] | None = None,
        patient: bool = False,
        aside: bool = False,
    ) -> T:
        """Waits for a database that is away for a moment; who is ``patient``, also for one that somebody else writes to.

        What it may have done all the same does no harm: each write names the token of its claim, a claim that nobody knows
        of ends with its lease, and ``again`` says of a call that it may be the second one.
        """
        loop, executor = asyncio.get_running_loop(), None if aside else self._executor
        for seconds in AWAY:
            try:
                return await loop.run_in_executor(executor, call)
            except StoreError as error:
                if not (error.away or (patient and error.busy)):
                    raise
            await self._clock.sleep(seconds)
            call = again or call
        return await loop.run_in_executor(executor, call)
