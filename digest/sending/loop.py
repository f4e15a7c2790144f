"""The sending loop: asks the ledger what is due, hands it over, records what the servers said.

    recover ─▶ claim a batch ─▶ connections take from it ─▶ hand_over committed ─▶ content leaves ─▶ reply
                   ▲                    ▲                                                              │
                   │                    └──────────── next one, in the same transaction as ◀──── outcome
                   └── until nothing is due, or somebody says stop

There is no resume code: after a crash the same loop starts with the same question.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import cast

from digest.delivery import pause
from digest.errors import TransportError
from digest.model import Delivery, DeliveryStatus, Message, Outcome, Reply, Stage
from digest.sending.fleet import LONG, Fleet
from digest.sending.journal import Journal
from digest.sending.pace import Pace
from digest.sending.ports import Allowances, Clock, Connection, Ledger, Parcel, Watch
from digest.sending.relay import Outlet, Relay
from digest.sending.supply import Supply
from digest.sending.taps import Taps
from digest.sending.waiting import Waiting
from digest.sending.work import Work

FOR_A_SEAT = 1.0  # seconds after which a connection looks whether it may be opened again


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
    shared: dict[str, Outlet] | None = None,
    allowances: Allowances | None = None,
) -> datetime | None:
    """Hands over all that is due of an edition; ``write`` makes a delivery's message (may raise AddressError).

    Ends when nothing is due or ``stop`` is set; what is in hand is finished first, and claims that were not used are
    handed back. ``shared`` are the servers that other runs of this process send through at the same time; with ``allowances`` the limits on
    messages are kept together with all other senders. Returns when to go on if all servers have had what their limits allow, else None. Raises TransportError
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
            shared={} if shared is None else shared,
            taps=Taps(allowances),
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
        shared: dict[str, Outlet],
        taps: Taps,
    ) -> None:
        self._relays = relays
        self._clock = clock
        self._watch = watch = cast("Watch", _Careful(watch, self._failed))
        self._stop = stop
        self._taps = taps
        parts = {domain: pace.share(limits) for domain, limits in pace.domains.items()}
        self._waiting = Waiting(parts, {of: taps.gate(f"@{of}", pace.domains[of], part) for of, part in parts.items()})
        self._supply = Supply(
            edition,
            ledger=ledger,
            waiting=self._waiting,
            pace=pace,
            relays=relays,
            clock=clock,
            watch=watch,
            executor=executor,
        )
        self._fleet = Fleet(pace, taps, clock, watch, shared)
        self._journal = Journal(self._commit, self._recorded, self._stir, ledger.apart, lambda: self._at_work // 2)
        self._work = Work(
            write,
            waiting=self._waiting,
            journal=self._journal,
            outlets=self._fleet.outlets,
            policy=pace.policy,
            lease=pace.lease,
            clock=clock,
            watch=watch,
        )
        self._ahead: asyncio.Task[None] | None = None  # claims while there is still something to carry
        self._at_work = 0  # connections that carry, or are about to
        self._fault: BaseException | None = None
        self._over = asyncio.Event()  # nothing is due any more, or something went wrong
        self._news = asyncio.Event()  # each is set once, and another one takes its place

    async def to_the_end(self) -> datetime | None:
        await self._supply.recover()
        try:
            await self._fleet.open(self._relays, self._supply)
            await self._fill()
            async with self._journal:
                await self._carry_all(self._fleet.places(len(self._waiting)))
        finally:
            try:
                await self._supply.hand_back()
            finally:
                try:
                    await self._fleet.close(self._supply)
                finally:
                    await self._taps.close()
        if self._fault is not None:
            raise self._fault
        return self._fleet.goes_on_at()

    async def _carry_all(self, places: Sequence[tuple[Outlet, int]]) -> None:
        """All connections side by side. However that ends, none of them is left behind.

        Cancelled, they are told in two ways: ``asyncio.wait_for`` loses a cancellation that comes together with what it
        waited for (https://github.com/python/cpython/issues/86296, until 3.12), and aiosmtplib waits by it.
        """
        carrying = [asyncio.create_task(self._carry(_Worker(self, outlet, place))) for outlet, place in places]
        try:
            if carrying:
                await asyncio.wait(carrying)
        finally:
            self._over.set()
            for one in carrying:
                one.cancel()
            ahead = [self._ahead] if self._ahead is not None else []
            await asyncio.gather(*carrying, *ahead, return_exceptions=True)

    # --- one connection

    async def _carry(self, worker: _Worker) -> None:
        try:
            while not self._ending and (wait := await self._wait(worker.outlet)) is not None:
                if not worker.has_seat:
                    await worker.close()
                    await self._rest(FOR_A_SEAT)
                elif wait > 0:
                    await self._pass_time(worker, wait)
                else:
                    await self._attend(worker)
        except Exception as error:  # noqa: BLE001 - the others finish what they have in hand, then it is raised
            self._failed(error)
        finally:
            await worker.close()

    async def _attend(self, worker: _Worker) -> None:
        rest = 0.0
        try:
            if await self._is_connected(worker):
                self._at_work += 1
                try:
                    await worker.carry()
                finally:
                    self._at_work -= 1
        except TransportError as error:
            rest = await self._fell_ill(worker, error)
        finally:
            self._stir()
        await self._rest(rest)

    async def _is_connected(self, worker: _Worker) -> bool:
        """Whether there is a connection to carry with. Nobody waits for one that is still being opened at the end."""
        connecting = asyncio.create_task(worker.connect())
        try:
            await self._until(asyncio.wait([connecting]))
            if self._ending:
                return False
            await connecting
            return True
        finally:
            connecting.cancel()
            await asyncio.gather(connecting, return_exceptions=True)

    async def _fell_ill(self, worker: _Worker, error: TransportError) -> float:
        """Seconds for this connection to rest before it tries again."""
        self._at_work += 1
        try:
            await worker.close()
            worker.failures += 1
            if self._fleet.fell_ill(worker.outlet, error):
                await self._supply.hand_back()
            if self._fleet.is_over:
                self._over.set()
        finally:
            self._at_work -= 1
        return pause(worker.failures, self._clock.chance()).total_seconds()

    async def _wait(self, outlet: Outlet) -> float | None:
        """Seconds until this server may take something; None when there is nothing more for it."""
        if not await self._something():
            return None
        now = self._clock.now()
        for left, claimed in self._waiting.overdue(now.timestamp()):
            await self._supply.give_back(claimed, now + timedelta(seconds=left))
        wait = self._fleet.wait(outlet, now)
        ascii_only = self._work.is_for_ascii_only(outlet)
        return None if wait is None else max(wait, self._waiting.wait(now.timestamp(), ascii_only=ascii_only))

    async def _something(self) -> bool:
        """Whether there is something to carry. Who finds nothing stays until nobody has anything in hand that may come
        back; the last one asks once more.
        """
        while not len(self._waiting) and not self._ending:
            news, last = self._news, self._nobody_is_at_it()
            await self._fill(surely=last)
            if not len(self._waiting) and self._supply.is_dry:
                if last and self._nobody_is_at_it():
                    self._over.set()
                await self._until(news.wait())
        return not self._ending

    def _nobody_is_at_it(self) -> bool:
        return not self._at_work and self._journal.is_idle

    def _stir(self) -> None:
        """Something may be due again, or nobody carries any more: who waits for that looks again."""
        self._news.set()
        self._news = asyncio.Event()

    def _failed(self, error: BaseException) -> None:
        self._fault = self._fault or error
        self._over.set()

    # --- resting

    @property
    def _ending(self) -> bool:
        return self._stop.is_set() or self._over.is_set()

    async def _pass_time(self, worker: _Worker, seconds: float) -> None:
        """Until a limit allows more: for long, without a connection, and without claims if nobody else has any use."""
        if seconds > LONG:
            await worker.close()
            if not self._at_work:
                await self._supply.hand_back()
        await self._rest(seconds)

    async def _rest(self, seconds: float) -> None:
        """Sleeps, or less when sending ends."""
        if seconds > 0 and not self._ending:
            await self._until(self._clock.sleep(seconds))

    async def _until(self, end: Awaitable[object]) -> None:
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
        if self._supply.is_low and not self._supply.is_dry and self._ahead is None:
            self._ahead = asyncio.create_task(self._claim_ahead())
        return self._work.take(outlet)

    def said(self, parcel: Parcel, reply: Reply, worker: _Worker) -> None:
        self._work.said(parcel, reply, worker.outlet)
        if reply.stage is not Stage.CUT:
            worker.failures = 0
            self._fleet.is_well(worker.outlet, worker)

    def untouched(self, parcel: Parcel, blamed: Reply | None, worker: _Worker) -> None:
        self._work.untouched(parcel, worker.outlet, blamed)

    # --- the ledger

    async def _fill(self, *, surely: bool = True) -> None:
        await self._supply.fill(self._work.troubled, surely=surely)

    async def _claim_ahead(self) -> None:
        try:
            await self._fill()
        except Exception as error:  # noqa: BLE001 - raised when the others have finished what they have in hand
            self._failed(error)
        finally:
            self._ahead = None

    async def _commit(self, handing: Sequence[tuple[int, str, str]], outcomes: Sequence[Outcome]) -> frozenset[int]:
        try:
            granted = await self._supply.commit(handing, outcomes)
            if len(granted) < len(handing) and await self._supply.is_stopped():
                self._over.set()
        except Exception as error:
            self._failed(error)
            raise
        return granted

    def _recorded(self, outcome: Outcome) -> None:
        if outcome.delivery.status is DeliveryStatus.QUEUED:
            self._supply.comes_back()
            return
        self._watch.recorded(outcome)


class _Careful:
    """A watch that raises nothing: whoever watches must not keep anything from being recorded. Its errors end the run."""

    def __init__(self, watch: Watch, failed: Callable[[BaseException], None]) -> None:
        self._watch = watch
        self._failed = failed

    def __getattr__(self, name: str) -> Callable[..., None]:
        def tell(*words: object) -> None:
            try:
                getattr(self._watch, name)(*words)
            except Exception as error:  # noqa: BLE001 - of whatever kind
                self._failed(error)

        return tell


class _Worker:
    """One place for a connection, and the bag that the connection takes from (``digest.sending.ports.Bag``)."""

    def __init__(self, run: _Run, outlet: Outlet, place: int) -> None:
        self._run = run
        self._place = place
        self._connection: Connection | None = None
        self.outlet = outlet
        self.failures = 0

    async def connect(self) -> None:
        """Opens a connection where there is none that can carry more. Raises TransportError."""
        if self._connection is None or self._connection.spent:
            await self.close()
            self._connection = await self.outlet.relay.transport.connect()
            self.outlet.takes_utf8 = self._connection.takes_utf8

    async def carry(self) -> None:
        """Carries while there is something to take. Raises TransportError, and what ends the run."""
        if self._connection is not None:
            await self._connection.carry(self)

    async def close(self) -> None:
        self.outlet.proven.discard(self)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    @property
    def has_seat(self) -> bool:
        """Whether its place is among those that this run has while others share the server."""
        return self._place < self.outlet.seats

    def take(self) -> Parcel | None:
        return self._run.take(self.outlet) if self.has_seat else None

    def said(self, parcel: Parcel, reply: Reply) -> None:
        self._run.said(parcel, reply, self)

    def untouched(self, parcel: Parcel, blamed: Reply | None = None) -> None:
        self._run.untouched(parcel, blamed, self)
