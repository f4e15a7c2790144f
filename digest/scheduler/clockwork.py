"""What has to be done at an instant: which period is to be published, which edition has something to hand over."""

from __future__ import annotations

import asyncio
from datetime import datetime

from digest import crew
from digest.app import App
from digest.config import meaning
from digest.editing import is_approved
from digest.errors import DigestError, StoreError, TryLaterError
from digest.model import FINAL_STATUSES, EditionRecord, Period
from digest.period import due, next_send
from digest.publishing import Digest
from digest.scheduler.alarm import TRY_AGAIN, Alarm, blind, seeing, stuck, unpublished, unstuck
from digest.scheduler.logged import LogWatch, keyless, log
from digest.scheduler.reminding import Reminding

_SENDING = "sending"  # the trouble of not knowing what to send; that of an edition goes by its name


class Clockwork:
    """Does what is due. It remembers nothing that a restart would miss."""

    def __init__(self, app: App) -> None:
        self._app = app
        # digest -> the period that had too few articles or readers, and when its file was changed
        self._waiting: dict[str, tuple[str, int]] = {}
        self._not_before: dict[str | int, datetime] = {}  # digest or edition -> when it is tried again
        self.sending: dict[int, asyncio.Task[None]] = {}
        self.alarm = Alarm(app)
        self._reminding = Reminding(app, self.alarm)

    def publish_due(self) -> tuple[EditionRecord, ...]:
        """Publishes every digest whose period is due and has no edition. Errors are logged, and tried again later."""
        found = (self._publish_if_due(self._app.digest(name)) for name in self._app.digests)
        return tuple(record for record in found if record is not None)

    def _publish_if_due(self, digest: Digest) -> EditionRecord | None:
        now = self._app.now()
        period = due(digest.cadence, now, missed=digest.missed, latest=digest.latest)
        if period is None:
            self._reminding.settle(digest)
            return None
        file = meaning.place(self._app.config, digest.name, period.name)
        edition, waiting = file.edition, (period.name, file.changed)
        if self._waiting.get(digest.name) == waiting or now < self._not_before.get(digest.name, now):
            return None
        trouble = f"publishing {edition}"
        try:
            found = self._app.editions.find(digest.name, period.name)
            if not found and digest.approve and not is_approved(file):
                self._reminding.remind(digest, period, file)
                return None
            record = None if found else self._publish(digest, period)
            self._reminding.settle(digest)
        except TryLaterError as error:
            self._waiting[digest.name] = waiting
            log.warning("not published", extra={"edition": edition, "why": error.message})
        except DigestError as error:
            self._not_before[digest.name] = now + TRY_AGAIN
            log.error("publishing failed", extra={"edition": edition, "why": error.message, "hint": error.hint})
            self.alarm.ring(trouble, unpublished(digest, period, error))
        else:
            self.alarm.drop(trouble)
            return record
        return None

    def _publish(self, digest: Digest, period: Period) -> EditionRecord:
        prepared = self._app.prepare(digest, period)
        for problem in prepared.problems:
            log.warning("problem", extra={"where": keyless(problem.where), "what": problem.what})
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
            records = () if self.alarm.is_silent and not unfinished else self._app.editions.every()
        except StoreError as error:
            log.error("sending failed", extra={"why": error.message, "hint": error.hint})
            self.alarm.ring(_SENDING, blind(self._any_digest, error))
            return
        now = self._app.now()
        if since := self.alarm.since(_SENDING):
            self.alarm.over(_SENDING, seeing(self._any_digest, since, now))
        for record in records:
            if record.id in self.sending:
                continue
            if record.id not in unfinished:
                self._left_to_others(record)
            elif now >= self._not_before.get(record.id, now):
                self.sending[record.id] = asyncio.create_task(self._send(record, stop))

    @property
    def _any_digest(self) -> Digest:
        return self._app.digest(self._app.digests[0])

    def _left_to_others(self, record: EditionRecord) -> None:
        """What becomes of the trouble with an edition that a person has stopped, or sent to its end."""
        if record.stopped:
            self.alarm.drop(record.name)
        elif self.alarm.since(record.name) and self._waits(record) == "0":
            self._goes_on(record)

    async def _send(self, record: EditionRecord, stop: asyncio.Event) -> None:
        watch = LogWatch(record, paused=lambda: self._pauses(record), goes_on=lambda: self._goes_on(record))
        try:
            if goes_on := await crew.deliver(self._app, record, watch, stop):  # once limits allow more
                self._not_before[record.id] = goes_on
            watch.summed_up(self._app.deliveries.counts(record.id))
            if not stop.is_set():
                self._goes_on(record)
        except DigestError as error:
            self._not_before[record.id] = self._app.now() + TRY_AGAIN
            log.error("sending failed", extra={"edition": record.name, "why": error.message, "hint": error.hint})
            self.alarm.ring(record.name, stuck(record, self._waits(record), error, self._pauses(record)))

    def _pauses(self, record: EditionRecord) -> datetime:
        """Since when: a pause goes on over all tries, until a message is through."""
        return self.alarm.begin(record.name)

    def _goes_on(self, record: EditionRecord) -> None:
        if since := self.alarm.since(record.name):
            self.alarm.over(record.name, unstuck(record, self._waits(record), since, self._app.now()))

    def _waits(self, record: EditionRecord) -> str:
        """How many deliveries do, for a person."""
        try:
            counts = self._app.deliveries.counts(record.id)
        except StoreError:
            return "?"
        return f"{sum(count for status, count in counts.items() if status not in FINAL_STATUSES):,}"

    def announce(self) -> None:
        """Says when each digest is due next."""
        for name in self._app.digests:
            moment = next_send(self._app.digest(name).cadence, self._app.now())
            log.info("waiting", extra={"digest": name, "next": moment.isoformat()})
