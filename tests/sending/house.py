"""What sending tests stand on: a real ledger in a real database, a frozen edition, a clock that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select

from digest.delivery import Policy
from digest.errors import TransportError
from digest.links import Signer
from digest.message import letter, message
from digest.model import (
    Article,
    Delivery,
    DeliveryStatus,
    Edition,
    EditionRecord,
    Message,
    Outcome,
    Period,
    Rendition,
    Section,
    Selection,
    Sender,
)
from digest.pacing import Limits
from digest.sending.loop import send
from digest.sending.pace import Pace
from digest.sending.ports import Clock
from digest.sending.relay import Relay
from digest.sending.server import Server, Tls
from digest.sending.smtp import SmtpTransport
from digest.store.allowances import Allowances
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock
from digest.store.tables import deliveries, subscribers

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LEASE = timedelta(minutes=15)
_SENDER = Sender("Example Weekly", "weekly@example.org", "weekly.example.org", "leave@example.org")
_PERIOD = Period(NOW - timedelta(days=7), NOW, "2025-W40")
_BODY = "<p>%s</p>" % ("A story about the weather. " * 40)


@dataclass(slots=True)
class FakeTime:
    """Time that passes only when somebody sleeps; ``slept`` is told of it and may do something about it."""

    moment: datetime = NOW
    naps: list[float] = field(default_factory=list)
    slept: Callable[[int], Any] = lambda _: None

    def now(self) -> datetime:
        return self.moment

    async def sleep(self, seconds: float) -> None:
        until = self.moment + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self.moment = max(self.moment, until)
        self.naps.append(seconds)
        if asyncio.iscoroutine(answer := self.slept(len(self.naps))):
            await answer

    def pass_by(self, time: timedelta) -> None:
        self.moment += time

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.sleep, lambda: 0.5)


@dataclass(slots=True)
class Diary:
    """Somebody who watches and remembers."""

    outcomes: list[Outcome] = field(default_factory=list)
    skips: int = 0
    recoveries: list[tuple[int, int]] = field(default_factory=list)
    pauses: list[str] = field(default_factory=list)
    resumptions: int = 0
    troubles: list[str] = field(default_factory=list)

    def recorded(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    def skipped(self, count: int) -> None:
        self.skips += count

    def recovered(self, claims: int, doubts: int) -> None:
        self.recoveries.append((claims, doubts))

    def paused(self, error: TransportError) -> None:
        self.pauses.append(error.message)

    def resumed(self) -> None:
        self.resumptions += 1

    def failing(self, server: str, error: TransportError) -> None:
        self.troubles.append(f"{server} failing")

    def back(self, server: str) -> None:
        self.troubles.append(f"{server} back")

    def slowed(self, whom: str, reply: str) -> None:
        self.troubles.append(f"{whom} slowed")

    def spent(self, server: str, until: datetime) -> None:
        self.troubles.append(f"{server} spent")


class BrittleLedger(Ledger):
    """The real one, but chosen commits fail before anything is written; ``commits`` counts them all."""

    error: Exception
    fails: Callable[[int], bool]
    commits = 0

    def commit(
        self,
        handing: Sequence[tuple[int, str, str]],
        outcomes: Sequence[Outcome],
        now: datetime,
        lease: timedelta,
        *,
        again: bool = False,
    ) -> frozenset[int]:
        self.commits += 1
        if self.fails(self.commits):
            raise self.error
        return super().commit(handing, outcomes, now, lease, again=again)


class House:
    """One database, one edition frozen for its readers, and all that is needed to send it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = Database(url)
        self.time = FakeTime()
        self.diary = Diary()
        self.stop = asyncio.Event()
        self.editions = Editions(self.database)
        self.deliveries = Deliveries(self.database)
        self._letters: dict[int, Any] = {}

    def freeze(self, *addresses: str) -> EditionRecord:
        """The addresses go straight into the table: whatever they are, as if an older version had let them in."""
        with self.database.write() as connection:
            rows = [
                {"address": a, "address_key": a.lower(), "status": "active", "created": NOW, "changed": NOW}
                for a in addresses
            ]
            connection.execute(insert(subscribers), rows)
        article = Article("path:a", "A story", NOW)
        edition = Edition("weekly", 1, "Example Weekly", _PERIOD, (Section("news", "News", (article,)),))
        rendition = Rendition(Selection(), "Example Weekly", "", _BODY, "A story about the weather.")
        record = self.editions.freeze(
            edition, [rendition], considered=[(article, True)], sender=_SENDER, message_key="key", now=NOW
        )
        assert record is not None
        assert record.deliveries == len(addresses)
        return record

    @property
    def record(self) -> EditionRecord:
        record = self.editions.find("weekly", "1")
        assert record is not None
        return record

    def write(self, delivery: Delivery) -> Message:
        record = self.record if not self._letters else None
        if record is not None:
            self._letters = {
                number: letter(
                    rendition, record.sender, edition=record.name, message_key=record.message_key, date=record.frozen
                )
                for number, rendition in self.editions.renditions(record.id).items()
            }
        made = self._letters[delivery.rendition]
        links = Signer(["secret"]).for_reader(made.sender, made.edition, delivery.subscriber)
        return message(made, address=delivery.address, name=delivery.name, subscriber=delivery.subscriber, links=links)

    async def send(self, port: int, **options: Any) -> None:
        """One run of the loop; options go to ``Server``, ``Relay`` and ``Pace`` by their names, ``ledger`` is a class."""
        limits = Limits(per_second=options.pop("per_second", 0))
        connections = options.pop("connections", 5)
        ledger = options.pop("ledger", Ledger)
        write = options.pop("write", self.write)
        edition = options.pop("edition", 1)
        clock = options.pop("clock", self.time.clock)
        chosen = pace(**{name: options.pop(name) for name in Pace.__slots__ if name in options})
        server = server_at(port, **options)
        await self.run(
            [Relay(server.called, SmtpTransport(server), connections, limits)],
            chosen,
            ledger,
            edition=edition,
            write=write,
            clock=clock,
        )

    async def run(
        self,
        relays: Sequence[Relay],
        pace: Pace,
        ledger: type[Ledger] = Ledger,
        *,
        edition: int = 1,
        write: Callable[[Delivery], Message] | None = None,
        clock: Clock | None = None,
        shared: dict[str, Any] | None = None,
        allowances: Allowances | None = None,
    ) -> datetime | None:
        """One run of the loop over these servers."""
        with SenderLock(self.database) as lock:
            return await asyncio.wait_for(  # a loop that hangs is a failure, not a hanging test
                send(
                    edition,
                    write or self.write,
                    pace=pace,
                    relays=relays,
                    ledger=ledger(self.database, lock),
                    clock=clock or self.time.clock,
                    watch=self.diary,
                    stop=self.stop,
                    shared=shared,
                    allowances=allowances,
                ),
                timeout=20,
            )

    @property
    def statuses(self) -> dict[str, DeliveryStatus]:
        return {delivery.address: delivery.status for delivery, _, _ in self.deliveries.each(1)}

    @property
    def counts(self) -> dict[str, int]:
        counts = {str(status): count for status, count in self.deliveries.counts(1).items()}
        assert sum(counts.values()) == self.record.deliveries
        return counts

    @property
    def nobody_was_blamed(self) -> bool:
        """No reader has failed or was suppressed, or had an attempt more than the one that was accepted."""
        tries = {DeliveryStatus.ACCEPTED: 1, DeliveryStatus.QUEUED: 0}
        unblamed = [self.delivery(who).attempts == tries.get(status) for who, status in self.statuses.items()]
        return all(unblamed) and {self.person(who) for who in self.statuses} == {"active"}

    def delivery(self, address: str) -> Delivery:
        return next(delivery for delivery, _, _ in self.deliveries.each(1) if delivery.address == address)

    def person(self, address: str) -> str:
        with self.database.read() as connection:
            status: str = connection.execute(
                select(subscribers.c.status).where(subscribers.c.address == address)
            ).scalar_one()
            return status

    def latest_lease(self) -> datetime:
        """When all of those that are held now will be over."""
        with self.database.read() as connection:
            held = select(deliveries.c.lease).where(deliveries.c.lease.is_not(None)).order_by(deliveries.c.lease.desc())
            last: datetime = connection.execute(held).scalars().first()
            return last

    def change(self, address: str, **values: Any) -> None:
        """Changes a subscriber behind the loop's back."""
        with self.database.write() as connection:
            connection.execute(subscribers.update().where(subscribers.c.address == address).values(**values))

    def change_deliveries(self, of: str, **values: Any) -> None:
        """Changes all deliveries of a status behind the loop's back."""
        with self.database.write() as connection:
            connection.execute(deliveries.update().where(deliveries.c.status == of).values(**values))


def pace(**options: Any) -> Pace:
    policy = Policy(first_retry=timedelta(minutes=1), patience=timedelta(days=2))
    usual = {"batch": 100, "lease": LEASE, "outage": timedelta(minutes=30), "policy": policy}
    return Pace(**{**usual, **options})


def server_at(port: int, **options: Any) -> Server:
    usual = {"host": "127.0.0.1", "port": port, "tls": Tls.NONE}
    return Server(**{**usual, "connect_timeout": 5, "command_timeout": 5, "data_timeout": 5, **options})


def readers(count: int) -> tuple[str, ...]:
    return tuple(f"reader{number:03}@example.org" for number in range(count))
