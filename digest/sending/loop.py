"""The sending loop: asks the ledger what is due, hands it over, records what the servers said.

    recover ─▶ claim a batch ─▶ connections take from it ─▶ hand_over committed ─▶ content leaves ─▶ reply
                   ▲                    ▲                                                              │
                   │                    └──────────── next one, in the same transaction as ◀──── outcome
                   └── until nothing is due, or somebody says stop

There is no resume code: after a crash the same loop starts with the same question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise
from typing import TypeVar

from digest.delivery import Policy, Uncertain, pause
from digest.errors import TransportError
from digest.model import Delivery, DeliveryStatus, Message, Outcome, Reply, Stage
from digest.pacing import Limits
from digest.sending.journal import Journal
from digest.sending.ports import Clock, Connection, Ledger, Parcel, Watch
from digest.sending.relay import Outlet, Relay, warmed_up
from digest.sending.waiting import Claimed, Waiting
from digest.sending.work import Work

T = TypeVar("T")
LONG = 10.0  # seconds; who rests longer keeps neither a connection open nor claims for itself
TOO_LONG = 3700.0  # seconds; a server whose limits last longer is spent for this run


@dataclass(frozen=True, slots=True)
class Pace:
    """How sending goes about it. ``outage`` is how long sick servers are waited for, ``processes`` how many share the
    limits, ``place`` which of them this one is, from 0.
    """

    batch: int
    lease: timedelta
    outage: timedelta
    policy: Policy
    domains: Mapping[str, Limits] = field(default_factory=dict)
    processes: int = 1
    place: int = 0


async def send(
    edition: int,
    write: Callable[[Delivery], Message],
    *,
    ledger: Ledger,
    relays: Sequence[Relay],
    pace: Pace,
    clock: Clock,
    watch: Watch,
    stop: asyncio.Event,
) -> datetime | None:
    """Hands over all that is due of an edition; ``write`` makes a delivery's message (may raise AddressError).

    Ends when nothing is due or ``stop`` is set; what is in hand is finished first, and claims that were not used are
    handed back. Returns when to go on if all servers have had what their limits allow, else None. Raises TransportError
    when all of them stayed sick for ``pace.outage``, StoreError when the ledger cannot be written; also then everything
    that the servers said is recorded first, where that is possible.
    """
    with ThreadPoolExecutor(1, "ledger") as executor:
        run = _Run(
            edition,
            write,
            ledger=ledger,
            relays=relays,
            pace=pace,
            clock=clock,
            watch=watch,
            stop=stop,
            executor=executor,
        )
        return await run.to_the_end()


class _Run:
    """The state of one call of ``send``."""

    def __init__(
        self,
        edition: int,
        write: Callable[[Delivery], Message],
        *,
        ledger: Ledger,
        relays: Sequence[Relay],
        pace: Pace,
        clock: Clock,
        watch: Watch,
        stop: asyncio.Event,
        executor: ThreadPoolExecutor,
    ) -> None:
        self._edition = edition
        self._ledger = ledger
        self._relays = relays
        self._pace = pace
        self._clock = clock
        self._watch = watch
        self._stop = stop
        self._executor = executor
        self._outlets: dict[str, Outlet] = {}
        self._waiting = Waiting(
            {domain: limits.share(pace.processes, pace.place) for domain, limits in pace.domains.items()}
        )
        self._journal = Journal(self._commit, self._recorded, lambda: self._at_work // 2)
        self._work = Work(
            write,
            waiting=self._waiting,
            journal=self._journal,
            outlets=self._outlets,
            policy=pace.policy,
            lease=pace.lease,
            clock=clock,
            watch=watch,
        )
        self._claiming = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None  # claims while there is still something to carry
        self._dry = False  # the last claim brought less than it asked for
        self._at_work = 0  # connections that carry, or are about to
        self._sick_since: datetime | None = None
        self._fault: BaseException | None = None
        self._over = asyncio.Event()  # nothing is due any more, or something went wrong
        self._news = asyncio.Event()  # each is set once, and another one takes its place
        self._come_back = 0  # claims that are due again

    async def to_the_end(self) -> datetime | None:
        await self._recover()
        await self._open()
        await self._fill()
        try:
            async with self._journal:
                await asyncio.gather(*(self._carry(_Worker(self, outlet)) for outlet in self._places()))
                if self._ahead is not None:
                    await self._ahead
        finally:
            await self._hand_back()
        if self._fault is not None:
            raise self._fault
        return self._goes_on_at()

    async def _open(self) -> None:
        """What each server may take still, by what it was given before."""
        for relay in self._relays:
            now = self._clock.now()
            first, used = now, tuple[tuple[float, int], ...]()
            if relay.warm_up:
                first = await self._in_ledger(partial(self._ledger.first_used, relay.name, now))
            limits = warmed_up(relay, first, now)
            if limits.per_minute or limits.per_hour or limits.per_day:
                used = await self._in_ledger(partial(self._ledger.used, relay.name, now))
            limits = limits.share(self._pace.processes, self._pace.place)
            self._outlets[relay.name] = Outlet(relay, limits, _part(used, self._pace.processes))

    def _places(self) -> list[Outlet]:
        """One place for each connection: as many as are allowed, but no more than there is to carry."""
        places = []
        for outlet in self._outlets.values():
            mine = Limits(connections=outlet.relay.connections).share(self._pace.processes, self._pace.place)
            places.extend([outlet] * min(mine.connections, len(self._waiting)))
        return places

    def _goes_on_at(self) -> datetime | None:
        untils = [outlet.spent_until for outlet in self._outlets.values()]
        spent = [until for until in untils if until is not None]
        return min(spent) if spent and len(spent) == len(untils) else None

    # --- one connection

    async def _carry(self, worker: _Worker) -> None:
        try:
            while not self._ending and (wait := await self._wait(worker.outlet)) is not None:
                if wait > 0:
                    await self._rest_long(worker, wait)
                else:
                    await self._attend(worker)
        except Exception as error:  # noqa: BLE001 - the others finish what they have in hand, then it is raised
            self.failed(error)
        finally:
            await worker.close()

    async def _attend(self, worker: _Worker) -> None:
        rest = 0.0
        self._at_work += 1
        try:
            await worker.carry()
        except TransportError as error:
            await worker.close()
            rest = await self._fell_ill(worker, error)
        finally:
            self._at_work -= 1
            self._stir()
        await self._rest(rest)

    async def _wait(self, outlet: Outlet) -> float | None:
        """Seconds until this server may take something; None when there is nothing more for it."""
        if not await self._something():
            return None
        now = self._clock.now()
        moment = now.timestamp()
        for left, claimed in self._waiting.overdue(moment):
            await self._give_back(claimed, now + timedelta(seconds=left))
        wait = outlet.wait(moment, self._outlets)
        self._note_limits(outlet, wait, now)
        return None if wait > TOO_LONG else max(wait, self._waiting.wait(moment))

    async def _something(self) -> bool:
        """Whether there is something to carry. Who finds nothing stays until nobody has anything in hand that may come
        back; the last one asks once more.
        """
        while not len(self._waiting) and not self._ending:
            news, last = self._news, self._nobody_is_at_it()
            await self._fill(surely=last)
            if not len(self._waiting) and self._dry:
                if last and self._nobody_is_at_it():
                    self._over.set()
                await self._rest_until(news.wait())
        return not self._ending

    def _nobody_is_at_it(self) -> bool:
        return not self._at_work and self._journal.is_idle

    def _stir(self) -> None:
        """Something may be due again, or nobody carries any more: who waits for that looks again."""
        self._news.set()
        self._news = asyncio.Event()

    async def _rest_long(self, worker: _Worker, seconds: float) -> None:
        if seconds > LONG:
            await worker.close()
            if not self._at_work:
                await self._hand_back()
        await self._rest(seconds)

    def failed(self, error: BaseException) -> None:
        self._fault = self._fault or error
        self._over.set()

    # --- the health of the servers

    async def _fell_ill(self, worker: _Worker, error: TransportError) -> float:
        """Seconds for this connection to wait before it tries again. When no server carries mail, all claims go back,
        and it is told. Raises the error when that has been so for too long.
        """
        worker.failures += 1
        outlet, now = worker.outlet, self._clock.now()
        if not outlet.proven and outlet.sick_since is None:
            outlet.sick_since = now
            self._come_or_gone()
            if len(self._outlets) > 1:
                self._watch.failing(outlet.name, error)
        if not any(one.can_take for one in self._outlets.values()):
            if self._sick_since is None:
                self._sick_since = now
                self._watch.paused(error)
            if now - self._sick_since >= self._pace.outage:
                raise error
            await self._hand_back()
        return pause(worker.failures, self._clock.chance()).total_seconds()

    def is_well(self, worker: _Worker) -> None:
        worker.failures = 0
        outlet = worker.outlet
        outlet.proven.add(worker)
        if outlet.sick_since is not None:
            outlet.sick_since = None
            self._come_or_gone()
            if len(self._outlets) > 1:
                self._watch.back(outlet.name)
        if self._sick_since is not None:
            self._sick_since = None
            self._watch.resumed()

    def _note_limits(self, outlet: Outlet, wait: float, now: datetime) -> None:
        """Says once when a server has had all that its limits allow for a while."""
        until = now + timedelta(seconds=wait) if wait > LONG else None
        if (until is None) != (outlet.spent_until is None):
            self._come_or_gone()
            if until is not None:
                self._watch.spent(outlet.name, until)
        outlet.spent_until = until

    def _come_or_gone(self) -> None:
        for outlet in self._outlets.values():
            outlet.count_anew()

    @property
    def _few(self) -> int:
        """So many may wait when more are claimed."""
        return self._pace.batch // 2

    @property
    def _ending(self) -> bool:
        return self._stop.is_set() or self._over.is_set()

    async def _rest(self, seconds: float) -> None:
        """Sleeps, or less when sending ends."""
        if seconds > 0 and not self._ending:
            await self._rest_until(self._clock.sleep(seconds))

    async def _rest_until(self, end: Awaitable[object]) -> None:
        """Waits for that, or less when sending ends."""
        waits = [asyncio.ensure_future(one) for one in (end, self._stop.wait(), self._over.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    # --- what connections ask for

    def take(self, outlet: Outlet) -> Parcel | None:
        """The next message for a server; None when there is none just now, or sending ends."""
        if self._ending:
            return None
        if len(self._waiting) <= self._few and not self._dry and self._ahead is None:
            self._ahead = asyncio.create_task(self._claim_ahead())
        return self._work.take(outlet)

    def said(self, parcel: Parcel, reply: Reply, worker: _Worker) -> None:
        self._work.said(parcel, reply, worker.outlet)
        if reply.stage is not Stage.CUT:
            self.is_well(worker)

    def untouched(self, parcel: Parcel, blamed: str, worker: _Worker) -> None:
        self._work.untouched(parcel, worker.outlet, blamed)

    # --- the ledger

    async def _claim_ahead(self) -> None:
        try:
            await self._fill()
        except Exception as error:  # noqa: BLE001 - raised when the others have finished what they have in hand
            self.failed(error)
        finally:
            self._ahead = None

    async def _fill(self, *, surely: bool = True) -> None:
        """Claims what is due, if not half a batch waits already; or nothing, if the last claim left nothing behind."""
        async with self._claiming:
            if len(self._waiting) > self._few or self._ending or (self._dry and not surely):
                return
            most, before = self._most(), self._come_back
            while not (found := await self._claim(most)) and await self._recover():
                pass
            self._dry = found < most and before == self._come_back

    async def _claim(self, most: int) -> int:
        """How many deliveries were found due."""
        claim = await self._in_ledger(
            partial(self._ledger.claim, self._edition, most, self._clock.now(), self._pace.lease)
        )
        if claim.skipped:
            self._watch.skipped(claim.skipped)
        last_the_troubled = sorted(claim.deliveries, key=self._work.troubled)
        self._waiting.put((delivery, claim.token) for delivery in last_the_troubled)
        return len(claim.deliveries) + claim.skipped

    def _most(self) -> int:
        """No more than half a lease can carry."""
        rates = [outlet.relay.limits.per_second for outlet in self._outlets.values()]
        if not rates or not all(rates):
            return self._pace.batch
        carried = int(sum(rates) / self._pace.processes * self._pace.lease.total_seconds() / 2)
        return max(1, min(self._pace.batch, carried))

    async def _recover(self) -> bool:
        """Whether something is due again that a sender held too long: a dead one, or this one behind a slow server."""
        resend = self._pace.policy.uncertain is Uncertain.RESEND
        claims, doubts = await self._in_ledger(partial(self._ledger.recover, resend=resend))
        if claims or doubts:
            self._watch.recovered(claims, doubts)
        return bool(claims or (doubts and resend))

    def _comes_back(self) -> None:
        self._come_back += 1
        self._dry = False

    async def _hand_back(self) -> None:
        await self._give_back(self._waiting.drain())

    async def _give_back(self, claimed: Sequence[Claimed], due: datetime | None = None) -> None:
        if claimed:
            self._comes_back()
            unused = [(delivery.id, token) for delivery, token in claimed]
            await self._in_ledger(partial(self._ledger.hand_back, unused, due))

    async def _commit(self, handing: Sequence[tuple[int, str]], outcomes: Sequence[Outcome]) -> frozenset[int]:
        try:
            return await self._in_ledger(
                partial(self._ledger.commit, handing, outcomes, self._clock.now(), self._pace.lease)
            )
        except Exception as error:
            self.failed(error)
            raise

    def _recorded(self, outcome: Outcome) -> None:
        self._stir()
        if outcome.delivery.status is DeliveryStatus.QUEUED:
            self._comes_back()
            return
        try:
            self._watch.recorded(outcome)
        except Exception as error:  # noqa: BLE001 - whoever watches must not keep the others from being recorded
            self.failed(error)

    async def _in_ledger(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)


def _part(used: Sequence[tuple[float, int]], processes: int) -> list[tuple[float, int]]:
    """What one of several processes is to count of what was used before: rounded up once, not for each minute."""
    sums = [0, *accumulate(count for _, count in used)]
    parts = [-(-after // processes) - -(-before // processes) for before, after in pairwise(sums)]
    return [(ago, part) for (ago, _), part in zip(used, parts, strict=True)]


class _Worker:
    """One place for a connection, and the bag that the connection takes from (``digest.sending.ports.Bag``)."""

    def __init__(self, run: _Run, outlet: Outlet) -> None:
        self._run = run
        self._connection: Connection | None = None
        self.outlet = outlet
        self.failures = 0

    async def carry(self) -> None:
        """Carries while there is something to take. Raises TransportError, and what ends the run."""
        if self._connection is None or self._connection.spent:
            await self.close()
            self._connection = await self.outlet.relay.transport.connect()
        await self._connection.carry(self)

    async def close(self) -> None:
        self.outlet.proven.discard(self)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    def take(self) -> Parcel | None:
        return self._run.take(self.outlet)

    def said(self, parcel: Parcel, reply: Reply) -> None:
        self._run.said(parcel, reply, self)

    def untouched(self, parcel: Parcel, blamed: str = "") -> None:
        self._run.untouched(parcel, blamed, self)
