"""The sending loop: asks the ledger what is due, hands it over, records what the server said.

    recover ─▶ claim a batch ─▶ each connection: take one ─▶ hand_over committed ─▶ content leaves ─▶ reply
                   ▲                    ▲                                                              │
                   │                    └────────────── next one, in the same transaction as ◀─── outcome
                   └── until nothing is due, or somebody says stop

There is no resume code: after a crash the same loop starts with the same question.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from digest.delivery import Policy, Uncertain, after, is_dead_mailbox, pause
from digest.errors import AddressError, TransportError
from digest.model import Delivery, DeliveryStatus, Message, Outcome, Reply, Stage
from digest.sending.journal import Journal
from digest.sending.ports import Clock, Connection, Ledger, Transport, Watch

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Pace:
    """How sending goes about it. ``per_second`` 0 means no limit; ``outage`` is how long a sick channel is waited for."""

    connections: int
    batch: int
    lease: timedelta
    outage: timedelta
    policy: Policy
    per_second: float = 0


async def send(
    edition: int,
    write: Callable[[Delivery], Message],
    *,
    ledger: Ledger,
    transport: Transport,
    pace: Pace,
    clock: Clock,
    watch: Watch,
    stop: asyncio.Event,
) -> None:
    """Hands over all that is due of an edition; ``write`` makes a delivery's message (may raise AddressError).

    Ends when nothing is due or ``stop`` is set; what is in hand is finished first, and claims that were not used are
    handed back. Raises TransportError when the channel stayed sick for ``pace.outage``, StoreError when the ledger
    cannot be written; also then everything that the servers said is recorded first, where that is possible.
    """
    with ThreadPoolExecutor(1, "ledger") as executor:
        run = _Run(
            edition=edition,
            write=write,
            ledger=ledger,
            transport=transport,
            pace=pace,
            clock=clock,
            watch=watch,
            stop=stop,
            executor=executor,
        )
        await run.to_the_end()


class _Run:
    """The state of one call of ``send``."""

    def __init__(
        self,
        *,
        edition: int,
        write: Callable[[Delivery], Message],
        ledger: Ledger,
        transport: Transport,
        pace: Pace,
        clock: Clock,
        watch: Watch,
        stop: asyncio.Event,
        executor: ThreadPoolExecutor,
    ) -> None:
        self._edition = edition
        self._write = write
        self._ledger = ledger
        self._transport = transport
        self._pace = pace
        self._clock = clock
        self._watch = watch
        self._stop = stop
        self._executor = executor
        self._journal = Journal(self._commit, self._recorded)
        self._waiting: deque[tuple[Delivery, str]] = deque()
        self._proven: set[Connection] = set()  # those that have carried mail
        self._troubled: set[int] = set()  # deliveries that a connection broke under before their content left
        self._claiming = asyncio.Lock()
        self._next_turn = clock.now()
        self._sick_since: datetime | None = None
        self._fault: Exception | None = None
        self._faulty = asyncio.Event()

    async def to_the_end(self) -> None:
        await self._recover()
        await self._fill()
        try:
            async with self._journal:
                workers = min(self._pace.connections, len(self._waiting))
                await asyncio.gather(*(self._work() for _ in range(workers)))
        finally:
            await self._hand_back()
        if self._fault is not None:
            raise self._fault

    # --- one connection

    async def _work(self) -> None:
        try:
            await self._carry()
        except Exception as error:  # noqa: BLE001 - the other connections finish what they have in hand, then it is raised
            self._failed(error)

    def _failed(self, error: Exception) -> None:
        self._fault = self._fault or error
        self._faulty.set()

    async def _carry(self) -> None:
        connection: Connection | None = None
        failures = 0
        try:
            while not self._ending:
                try:
                    connection = connection or await self._transport.connect()
                    if (claimed := await self._take()) is None:
                        return
                    await self._hand_over(connection, *claimed)
                    failures = 0
                except TransportError as error:
                    failures += 1
                    await self._close(connection)
                    connection = None
                    await self._fell_ill(error, failures)
                else:
                    if connection.spent:
                        await self._close(connection)
                        connection = None
        finally:
            await self._close(connection)

    async def _hand_over(self, connection: Connection, delivery: Delivery, token: str) -> None:
        await self._turn()
        if self._ending:  # while it waited for its turn
            self._waiting.appendleft((delivery, token))
            return
        asked = self._clock.now()
        try:
            granted = await self._journal.hand_over(delivery.id, token)
        except Exception:
            self._waiting.appendleft((delivery, token))  # claimed still, and goes back with the rest
            raise
        if granted:
            reply = await self._reply(connection, delivery, token, asked)
            self._journal.put(self._judged(delivery, token, reply))
            if reply.stage is Stage.CUT:
                raise TransportError(f"{reply.server}: {reply.text}")
            self._is_well(connection)

    async def _reply(self, connection: Connection, delivery: Delivery, token: str, asked: datetime) -> Reply:
        """What is said about a message that was handed over; what is known not to have left is nobody's attempt."""
        try:
            message = self._write(delivery)
        except AddressError as error:
            return Reply(553, f"5.1.3 {error.message}", Stage.RCPT, "digest")
        except Exception:
            self._take_back(delivery, token)
            raise
        try:
            return await connection.send(message, lambda: self._clock.now() - asked < self._pace.lease)
        except TransportError:
            self._troubled.add(delivery.id)
            self._take_back(delivery, token)
            raise

    def _take_back(self, delivery: Delivery, token: str) -> None:
        self._journal.put(Outcome(replace(delivery, status=DeliveryStatus.QUEUED), token))

    def _judged(self, delivery: Delivery, token: str, reply: Reply) -> Outcome:
        judged = after(delivery, reply, self._clock.now(), self._pace.policy, self._clock.chance())
        return Outcome(judged, token, reply.server, str(reply) if is_dead_mailbox(reply) else "")

    async def _turn(self) -> None:
        """Waits for this message's turn under the limit per second."""
        if not self._pace.per_second:
            return
        mine = max(self._next_turn, self._clock.now())
        self._next_turn = mine + timedelta(seconds=1 / self._pace.per_second)
        await self._rest((mine - self._clock.now()).total_seconds())

    async def _close(self, connection: Connection | None) -> None:
        if connection is not None:
            self._proven.discard(connection)
            await connection.close()

    # --- the health of the channel

    async def _fell_ill(self, error: TransportError, failures: int) -> None:
        """Has this connection wait before it tries again. When no other one carries mail, all claims go back and it is told."""
        if not self._proven:
            now = self._clock.now()
            if self._sick_since is None:
                self._sick_since = now
                self._watch.paused(error)
            if now - self._sick_since >= self._pace.outage:
                raise error
            await self._hand_back()
        await self._rest(pause(failures, self._clock.chance()).total_seconds())

    def _is_well(self, connection: Connection) -> None:
        self._proven.add(connection)
        if self._sick_since is not None:
            self._sick_since = None
            self._watch.resumed()

    @property
    def _ending(self) -> bool:
        return self._stop.is_set() or self._fault is not None

    async def _rest(self, seconds: float) -> None:
        """Sleeps, or less when sending ends."""
        if seconds <= 0 or self._ending:
            return
        ends = (self._clock.sleep(seconds), self._stop.wait(), self._faulty.wait())
        waits = [asyncio.ensure_future(end) for end in ends]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    # --- the ledger

    async def _take(self) -> tuple[Delivery, str] | None:
        """The next claimed delivery; None when nothing is due or sending ends."""
        async with self._claiming:
            if not self._waiting and not self._ending:
                await self._fill()
        return self._waiting.popleft() if self._waiting and not self._ending else None

    async def _fill(self) -> None:
        most = self._pace.batch
        if self._pace.per_second:  # no more than half a lease can carry
            most = max(1, min(most, int(self._pace.per_second * self._pace.lease.total_seconds() / 2)))
        while not self._waiting:
            claim = await self._in_ledger(
                partial(self._ledger.claim, self._edition, most, self._clock.now(), self._pace.lease)
            )
            # One at whom the server hangs up each time must not stand in the way of the others.
            last_the_troubled = sorted(claim.deliveries, key=lambda delivery: delivery.id in self._troubled)
            self._waiting.extend((delivery, claim.token) for delivery in last_the_troubled)
            if claim.skipped:
                self._watch.skipped(claim.skipped)
            elif not claim.deliveries and not await self._recover():
                return

    async def _recover(self) -> bool:
        """Whether something is due again that a sender held too long: a dead one, or this one behind a slow server."""
        resend = self._pace.policy.uncertain is Uncertain.RESEND
        claims, doubts = await self._in_ledger(partial(self._ledger.recover, resend=resend))
        if claims or doubts:
            self._watch.recovered(claims, doubts)
        return bool(claims or (doubts and resend))

    async def _hand_back(self) -> None:
        unused = [(delivery.id, token) for delivery, token in self._waiting]
        self._waiting.clear()
        if unused:
            await self._in_ledger(partial(self._ledger.hand_back, unused))

    async def _commit(self, handing: Sequence[tuple[int, str]], outcomes: Sequence[Outcome]) -> frozenset[int]:
        return await self._in_ledger(
            partial(self._ledger.commit, handing, outcomes, self._clock.now(), self._pace.lease)
        )

    def _recorded(self, outcome: Outcome) -> None:
        if outcome.delivery.status is DeliveryStatus.QUEUED:
            return
        try:
            self._watch.recorded(outcome)
        except Exception as error:  # noqa: BLE001 - whoever watches must not keep the others from being recorded
            self._failed(error)

    async def _in_ledger(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, call)
