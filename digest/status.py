"""How it goes: which editions are on their way and how fast, who is sending, what waits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.app import App
from digest.metrics import Number
from digest.model import FINAL_STATUSES, DeliveryStatus
from digest.store.vitals import LATELY, Sending, Vitals

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
    """``scheduler`` is when `digest run` or a worker was last seen, ``jobs`` what waits for workers, None without any."""

    at: datetime
    scheduler: datetime | None
    senders: tuple[Sending, ...]
    jobs: Mapping[str, int] | None
    editions: tuple[UnderWay, ...]


def status(app: App, jobs: Jobs | None = None) -> Status:
    """As it is now. Raises StoreError."""
    now, vitals = app.now(), Vitals(app.database)
    unfinished = app.deliveries.unfinished(now)
    records = [record for record in app.editions.every() if record.id in unfinished] if unfinished else []
    return Status(
        at=now,
        scheduler=app.heartbeat.last(),
        senders=vitals.senders(),
        jobs=jobs() if jobs else None,
        editions=tuple(_under_way(app, vitals, record.id, record.name, now) for record in records),
    )


def _under_way(app: App, vitals: Vitals, edition: int, name: str, now: datetime) -> UnderWay:
    counts = app.deliveries.counts(edition)
    lately = vitals.accepted_lately(edition, now)
    lease = vitals.soonest_lease(edition)
    found = UnderWay(name, counts, lately / LATELY.total_seconds(), None, lease and lease - app.config.delivery.lease)
    if not lately:
        return found
    ends = now + timedelta(seconds=found.left / found.per_second)
    return UnderWay(name, counts, found.per_second, ends, found.claimed)


def numbers(found: Status) -> Iterator[Number]:
    """The same for machines (``digest.metrics``)."""
    yield "digest_senders", "Processes that send.", {}, len(found.senders)
    if found.scheduler:
        seen = (found.at - found.scheduler).total_seconds()
        yield "digest_scheduler_seen_seconds", "Since digest run or a worker was last seen.", {}, seen
    for queue, count in (found.jobs or {}).items():
        yield "digest_jobs", "Jobs that wait for a worker.", {"queue": queue}, count
    for edition in found.editions:
        named = {"edition": edition.edition}
        for status, count in edition.deliveries.items():
            yield "digest_deliveries", "Deliveries of an unfinished edition.", {**named, "status": status.value}, count
        yield "digest_accepted_per_second", "Messages accepted, over the last minute.", named, edition.per_second
        if edition.claimed:
            held = (found.at - edition.claimed).total_seconds()
            yield "digest_oldest_claim_seconds", "Since the oldest claim is held.", named, held
