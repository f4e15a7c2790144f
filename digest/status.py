"""How it goes: which editions are on their way and how fast, who is sending, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from digest.app import App
from digest.metrics import Number
from digest.model import FINAL_STATUSES, DeliveryStatus
from digest.store.vitals import Sending, Vitals

Jobs = Callable[[], Mapping[str, int]]  # how many wait, by their queue


@dataclass(frozen=True, slots=True)
class UnderWay:
    """An edition that has something to hand over, or in hand.

    ``per_second`` is how fast it goes now, ``ends`` when all of it will be through at that rate; ``claimed`` is since when
    the oldest claim is held.
    """

    edition: str
    deliveries: Mapping[DeliveryStatus, int]
    per_second: float
    ends: datetime | None
    claimed: datetime | None

    @property
    def left(self) -> int:
        return sum(count for status, count in self.deliveries.items() if status not in FINAL_STATUSES)


@dataclass(frozen=True, slots=True)
class Status:
    """``scheduler`` is when `digest run` or a worker was last seen, ``workers`` are those that are alive, each as
    ``host:process``, ``senders`` who has an edition in hand, ``jobs`` what waits for workers, None without any.
    """

    at: datetime
    scheduler: datetime | None
    workers: tuple[str, ...]
    senders: tuple[Sending, ...]
    jobs: Mapping[str, int] | None
    editions: tuple[UnderWay, ...]


def status(app: App, jobs: Jobs | None = None) -> Status:
    """As it is now. Raises StoreError."""
    now = app.now()
    vitals = Vitals(app.database, now)
    unfinished = app.deliveries.unfinished(now)
    records = [record for record in app.editions.every() if record.id in unfinished] if unfinished else []
    return Status(
        at=now,
        scheduler=app.heartbeat.last(),
        workers=app.heartbeat.alive(now),
        senders=vitals.senders(),
        jobs=jobs() if jobs else None,
        editions=tuple(_under_way(app, vitals, record.id, record.name, now) for record in records),
    )


def _under_way(app: App, vitals: Vitals, edition: int, name: str, now: datetime) -> UnderWay:
    lease, per_second = vitals.soonest_lease(edition), vitals.per_second(edition)
    claimed = lease and lease - app.config.delivery.lease
    found = UnderWay(name, app.deliveries.counts(edition), per_second, None, claimed)
    return replace(found, ends=now + timedelta(seconds=found.left / per_second)) if per_second else found


def numbers(found: Status) -> Iterator[Number]:
    """The same for machines (``digest.metrics``)."""
    yield "digest_workers", "Processes that publish and send: digest worker, digest run.", {}, len(found.workers)
    yield "digest_senders", "Those that have an edition, or a slice of one, in hand.", {}, len(found.senders)
    if found.scheduler:
        seen = (found.at - found.scheduler).total_seconds()
        yield "digest_scheduler_seen_seconds", "Since digest run or a worker was last seen.", {}, seen
    for queue, count in (found.jobs or {}).items():
        yield "digest_jobs", "Jobs that wait for a worker.", {"queue": queue}, count
    for edition in found.editions:
        named = {"edition": edition.edition}
        for status in DeliveryStatus:  # a series that ends is not one that has come to nothing
            count = edition.deliveries.get(status, 0)
            yield "digest_deliveries", "Deliveries of an unfinished edition.", {**named, "status": status.value}, count
        yield "digest_accepted_per_second", "Messages accepted, over the last minute.", named, edition.per_second
        if edition.claimed:
            held = (found.at - edition.claimed).total_seconds()
            yield "digest_oldest_claim_seconds", "Since the oldest claim is held.", named, held
