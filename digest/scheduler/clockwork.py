"""What has to be done at an instant: which period is to be published, which edition has something to hand over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from digest import crew
from digest.app import App
from digest.config import meaning
from digest.editing import Place, is_held, is_settled
from digest.errors import DigestError, EditingError, StoreError, TransportError, TryLaterError
from digest.identity import keyless
from digest.model import FINAL_STATUSES, EditionRecord, Period
from digest.period import due, next_send
from digest.publishing import Digest, Told, nobody_is_told
from digest.scheduler.alarm import TRY_AGAIN, Alarm, blind, seeing, stuck, unpublished, unstuck
from digest.scheduler.logged import LogWatch, log
from digest.scheduler.reminding import Reminding
from digest.sending.ports import Watch

# Hands over something of an edition; returns when to go on (see ``crew.deliver``).
Deliver = Callable[[App, EditionRecord, Watch, asyncio.Event], Awaitable[datetime | None]]

SOON = timedelta(seconds=10)  # after a database was away
_SENDING = "sending"  # the trouble of not knowing what to send; that of an edition goes by its name


class LeftError(Exception):
    """Ends publishing, or a round of asking feeds, in the middle."""


class Clockwork:
    """Does what is due. It remembers nothing that a restart would miss.

    ``told`` hears again and again that publishing goes on, and may raise LeftError: then nothing more is published.
    ``part`` is how it sends a part of an edition; without it, it sends all of one.
    """

    def __init__(self, app: App, told: Told = nobody_is_told, part: Deliver | None = None) -> None:
        self._app = app
        self._told = told
        self._part = part
        # digest -> the period that could not be published and when its file was changed, and when it is tried again in
        # any case; None where only another period or another file may help: too few articles or readers
        self._in_vain: dict[str, tuple[tuple[str, int], datetime | None]] = {}
        self._not_before: dict[int, datetime] = {}  # edition -> when sending is tried again
        self.sending: dict[int, asyncio.Task[timedelta]] = {}
        self.alarm = Alarm(app)
        self._reminding = Reminding(app, self.alarm)

    def publish_due(self) -> tuple[EditionRecord, ...]:
        """Publishes every digest whose period is due and has no edition. Errors are logged, and tried again later."""
        return tuple(self._published())

    def _published(self) -> Iterator[EditionRecord]:
        with suppress(LeftError):
            for name in self._app.digests:
                if record := self._publish_if_due(self._app.digest(name)):
                    yield record

    def _publish_if_due(self, digest: Digest) -> EditionRecord | None:
        now = self._app.now()
        period = due(digest.cadence, now, missed=digest.missed, latest=digest.latest)
        if period is None:
            self._reminding.give_up(digest)
            return None
        file = meaning.place(self._app.config, digest.name, period.name)
        look = (period.name, file.changed)
        before, again = self._in_vain.get(digest.name, (None, None))
        if before == look and (again is None or now < again):
            return None
        try:
            return self._publish_unless_held(digest, period, file)
        except DigestError as error:
            self._in_vain[digest.name] = (look, None if isinstance(error, TryLaterError) else now + self._after(error))
            if self._after(error) == SOON and before != look:
                log.warning("not published", extra={"edition": file.edition, "why": error.message})
            else:
                self._not_published(digest, period, file, error)
        return None

    def _publish_unless_held(self, digest: Digest, period: Period, file: Place) -> EditionRecord | None:
        found = self._app.editions.find(digest.name, period.name)
        if not found and digest.approve and is_held(file):
            self._reminding.remind(digest, period, file)
            return None
        record = None if found else self._publish(digest, period, file)
        if record or found:
            self._reminding.settle(digest, file.edition)
            self.alarm.drop(f"publishing {file.edition}")
        return record

    def _publish(self, digest: Digest, period: Period, file: Place) -> EditionRecord | None:
        """None where somebody is writing its file at this moment: the next tick reads it."""
        changed = file.changed
        if not is_settled(file):
            return None
        prepared = self._app.prepare(digest, period, self._told)
        self._told(1, 1)  # nothing is frozen once it is to end
        if file.changed != changed:
            return None
        for problem in prepared.problems:
            log.warning("problem", extra={"where": keyless(problem.place), "what": problem.what})
        record = self._app.freeze(digest, prepared)
        log.info(
            "published",
            extra={"edition": record.name, "articles": record.articles, "deliveries": record.deliveries},
        )
        return record

    def _not_published(self, digest: Digest, period: Period, file: Place, error: DigestError) -> None:
        facts = {"edition": file.edition, "why": error.message}
        if isinstance(error, TryLaterError):
            log.warning("not published", extra=facts)
            return
        log.error("publishing failed", extra={**facts, "hint": error.hint})
        with suppress(StoreError):  # which may be what is wrong
            self._app.editions.begin(digest.name, period.start)
        if isinstance(error, EditingError):
            self._reminding.complain(digest, period, file, error)
        else:
            self.alarm.ring(f"publishing {file.edition}", unpublished(digest, period, error))

    def send_unfinished(self, stop: asyncio.Event) -> None:
        """Starts a sending run for each edition that has something to hand over and no run of ours.

        A bug that ended a run is raised here.
        """
        for edition in [edition for edition, task in self.sending.items() if task.done()]:
            self.sending.pop(edition).result()
        for record in self.unfinished():
            if record.id not in self.sending and not self.rest(record):
                self.sending[record.id] = asyncio.create_task(self.send(record, stop))

    def unfinished(self) -> tuple[EditionRecord, ...]:
        """The editions that have something to hand over, or in hand; none while that cannot be told."""
        try:
            unfinished = self._app.deliveries.unfinished(self._app.now())
            records = () if self.alarm.is_silent and not unfinished else self._app.editions.every()
        except StoreError as error:
            log.error("sending failed", extra={"why": error.message, "hint": error.hint})
            self.alarm.ring(_SENDING, blind(self._any_digest, error))
            return ()
        if since := self.alarm.since(_SENDING):
            self.alarm.over(_SENDING, seeing(self._any_digest, since, self._app.now()))
        for record in records:
            if record.id not in unfinished and record.id not in self.sending:
                self._left_to_others(record)
        return tuple(record for record in records if record.id in unfinished)

    def rest(self, record: EditionRecord) -> timedelta:
        """How long to wait before an edition is sent again; nothing where nothing stands in the way."""
        now = self._app.now()
        return max(self._not_before.get(record.id, now) - now, timedelta())

    def _after(self, error: DigestError) -> timedelta:
        """How long to wait before another try. Workers are many: what has hit one need not hit the next."""
        return SOON if self._part and isinstance(error, StoreError) and error.busy else TRY_AGAIN

    @property
    def _any_digest(self) -> Digest:
        return self._app.digest(self._app.digests[0])

    def _left_to_others(self, record: EditionRecord) -> None:
        """What becomes of the trouble with an edition that a person has stopped, or sent to its end."""
        if record.stopped:
            self.alarm.drop(record.name)
        elif self.alarm.since(record.name) and self._waits(record) == "0":
            self._goes_on(record)

    async def send(self, record: EditionRecord, stop: asyncio.Event) -> timedelta:
        """Hands over what is due of an edition. Errors are logged, and tried again after a ``rest``.

        Returns how long nothing of any edition can be handed over from here, for some minutes at most.
        """
        watch = LogWatch(record, paused=lambda: self._pauses(record), goes_on=lambda: self._goes_on(record))
        try:
            if goes_on := await (self._part or crew.deliver)(self._app, record, watch, stop):  # once limits allow more
                self._not_before[record.id] = goes_on
            await self._sum_up(record, watch)
            if not stop.is_set():
                self._goes_on(record)
        except DigestError as error:
            self._not_before[record.id] = self._app.now() + self._after(error)
            log.error("sending failed", extra={"edition": record.name, "why": error.message, "hint": error.hint})
            self.alarm.ring(record.name, stuck(record, self._waits(record), error, self._pauses(record)))
            if not isinstance(error, (TransportError, StoreError)):
                return timedelta()  # the next one may be well
        return min(self.rest(record), TRY_AGAIN)

    async def _sum_up(self, record: EditionRecord, watch: LogWatch) -> None:
        """What became of it; who sends a part of it, at its end."""
        now, record_of = self._app.now(), self._app.deliveries
        if watch.has_handed and not (self._part and record.id in await asyncio.to_thread(record_of.unfinished, now)):
            watch.summed_up(await asyncio.to_thread(record_of.counts, record.id))

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
