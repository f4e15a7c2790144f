"""The clockwork of ``digest run``: publishes what is due, sends what is unfinished, until it is stopped.

The ``schedule`` library ticks, and nothing else: at each tick two pure questions are asked (which period is due and has
no edition? which edition has something to hand over?), so a machine that slept catches up by waking up, and two
machines on one database publish once (a unique key on digest and period).
"""

from __future__ import annotations

import asyncio
import logging
import re
from datetime import datetime, timedelta

import schedule

from digest.app import App
from digest.errors import DigestError, StoreError, TransportError, TryLaterError
from digest.model import DeliveryStatus, EditionRecord, Outcome, Period
from digest.period import due, next_send
from digest.publishing import Digest

TICK = 5  # seconds; an edition leaves at most this late
TRY_AGAIN = timedelta(minutes=5)  # after an error that may pass: a locked database, a template being edited

log = logging.getLogger("digest")
_ADDRESS = re.compile(r"\S*@\S*")  # servers like to repeat whom they refuse


class Clockwork:
    """What has to be done at an instant. It remembers nothing that a restart would miss."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._waiting: dict[str, str] = {}  # digest -> the period that had too few articles or readers
        self._not_before: dict[str, datetime] = {}
        self.sending: dict[int, asyncio.Task[None]] = {}

    def publish_due(self) -> tuple[EditionRecord, ...]:
        """Publishes every digest whose period is due and has no edition. Errors are logged, and tried again later."""
        found = (self._publish_if_due(self._app.digest(name)) for name in self._app.digests)
        return tuple(record for record in found if record is not None)

    def _publish_if_due(self, digest: Digest) -> EditionRecord | None:
        now = self._app.now()
        period = due(digest.cadence, now, missed=digest.missed, latest=digest.latest)
        if period is None or self._waiting.get(digest.name) == period.name:
            return None
        if now < self._not_before.get(digest.name, now):
            return None
        try:
            if self._app.editions.find(digest.name, period.name):
                return None
            return self._publish(digest, period)
        except TryLaterError as error:
            self._waiting[digest.name] = period.name
            log.warning("not published", extra={"edition": f"{digest.name}/{period.name}", "why": error.message})
        except DigestError as error:
            self._not_before[digest.name] = now + TRY_AGAIN
            log.error(  # noqa: TRY400 - the line is for an operator; bugs are not caught here
                "publishing failed",
                extra={"edition": f"{digest.name}/{period.name}", "why": error.message, "hint": error.hint},
            )
        return None

    def _publish(self, digest: Digest, period: Period) -> EditionRecord:
        prepared = self._app.prepare(digest, period)
        for problem in prepared.problems:
            log.warning("problem", extra={"where": problem.where, "what": problem.what})
        record = self._app.freeze(digest, prepared)
        log.info(
            "published",
            extra={"edition": record.name, "articles": record.articles, "deliveries": record.deliveries},
        )
        return record

    def send_unfinished(self, stop: asyncio.Event) -> None:
        """Starts a sending run for each edition that has something to hand over and no run of ours.

        A bug that ended a run is raised here.
        """
        for edition in [edition for edition, task in self.sending.items() if task.done()]:
            self.sending.pop(edition).result()
        try:
            unfinished = self._app.deliveries.unfinished(self._app.now())
            records = self._app.editions.every() if unfinished else ()
        except StoreError as error:
            log.error("sending failed", extra={"why": error.message, "hint": error.hint})  # noqa: TRY400 - as above
            return
        for record in records:
            if record.id in unfinished and record.id not in self.sending:
                self.sending[record.id] = asyncio.create_task(self._send(record, stop))

    async def _send(self, record: EditionRecord, stop: asyncio.Event) -> None:
        watch = LogWatch(record)
        try:
            await self._app.deliver(record, watch, stop)
            watch.summed_up(self._app.deliveries.counts(record.id))
        except DigestError as error:
            log.error("sending failed", extra={"edition": record.name, "why": error.message, "hint": error.hint})  # noqa: TRY400
            await _until(stop, TRY_AGAIN.total_seconds())

    def announce(self) -> None:
        """Says when each digest is due next."""
        for name in self._app.digests:
            moment = next_send(self._app.digest(name).cadence, self._app.now())
            log.info("waiting", extra={"digest": name, "next": moment.isoformat()})


class LogWatch:
    """One line for each event that an operator may ask about; never an address above DEBUG."""

    def __init__(self, record: EditionRecord) -> None:
        self._edition = record.name
        self._handed = 0

    def recorded(self, outcome: Outcome) -> None:
        self._handed += 1
        level = logging.DEBUG if outcome.delivery.status is DeliveryStatus.ACCEPTED else logging.INFO
        facts = {
            "edition": self._edition,
            "delivery": outcome.delivery.id,
            "status": outcome.delivery.status.value,
            "attempts": outcome.delivery.attempts,
            "reply": _ADDRESS.sub("…", outcome.delivery.reply),
        }
        log.log(level, "delivery", extra=facts)

    def skipped(self, count: int) -> None:
        self._handed += count
        log.info("skipped", extra={"edition": self._edition, "deliveries": count})

    def recovered(self, claims: int, doubts: int) -> None:
        if claims or doubts:
            log.warning("recovered", extra={"edition": self._edition, "due_again": claims, "uncertain": doubts})

    def paused(self, error: TransportError) -> None:
        log.error("paused", extra={"edition": self._edition, "why": error.message, "hint": error.hint})

    def resumed(self) -> None:
        log.info("resumed", extra={"edition": self._edition})

    def summed_up(self, counts: dict[DeliveryStatus, int]) -> None:
        if self._handed:
            log.info("sent", extra={"edition": self._edition, **{status.value: n for status, n in counts.items()}})


async def run(app: App, stop: asyncio.Event) -> None:
    """Ticks until ``stop`` is set, or a bug sets it; then what is in hand is finished."""
    clockwork = Clockwork(app)
    ticks = schedule.Scheduler()
    wanted = asyncio.Event()
    ticks.every(TICK).seconds.do(wanted.set)
    wanted.set()
    clockwork.announce()
    try:
        while not stop.is_set():
            ticks.run_pending()
            if wanted.is_set():
                wanted.clear()
                if await asyncio.to_thread(clockwork.publish_due):
                    clockwork.announce()
                clockwork.send_unfinished(stop)
            await _until(stop, max(ticks.idle_seconds or 0, 0))
    finally:
        stop.set()
        log.info("stopping")
        await asyncio.gather(*clockwork.sending.values())
    log.info("stopped")


async def _until(stop: asyncio.Event, seconds: float) -> None:
    """Sleeps, but not beyond the moment somebody says stop."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
