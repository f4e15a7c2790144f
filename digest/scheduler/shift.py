"""What ``digest run`` does, cut into duties that any of many workers can do: the sending in slices, the rest whole."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime, timedelta

from digest.app import App
from digest.model import EditionRecord
from digest.scheduler.alarm import TRY_AGAIN
from digest.scheduler.clockwork import Clockwork, LeftError
from digest.scheduler.gathering import Gathering
from digest.scheduler.pulse import Pulse
from digest.sending.pace import Part
from digest.sending.ports import Watch

MOST_JOBS = 1000  # that an edition is given at once: when they are done, there are others


class Shift:
    """One worker's hands. What it remembers, a worker that has just started does without; what others did, it learns.

    Once ``stop`` is set, what is in hand is finished, and nothing else is begun.
    """

    def __init__(self, app: App, stop: asyncio.Event) -> None:
        self._app = app
        self._stop = stop
        self._slice = app.config.worker.slice
        self._gathering = Gathering(app)
        self._pulse = Pulse(app)
        self._clockwork = Clockwork(app, self._told, self._deliver)
        self._clockwork.announce()

    async def publish(self) -> None:
        """Publishes every digest whose period is due and has no edition, and sees to editors who are waited for."""
        await asyncio.to_thread(self._publish)
        self._clockwork.alarm.speak_soon()

    async def gather(self) -> None:
        """Asks the feeds that are due."""
        self._gathering.go_on()
        waits = [asyncio.ensure_future(one) for one in (self._gathering.ended(), self._stop.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def needs(self) -> dict[str, int]:
        """The editions that have something to hand over or in hand, and how many slices of it are in nobody's hands: one
        at least, for what a dead worker holds is taken back by whoever sends next.
        """
        needs = await asyncio.to_thread(self._needs)
        self._clockwork.alarm.speak_soon()
        return needs

    async def send(self, edition: str) -> timedelta | None:
        """Hands over a slice of an edition; how long to wait before somebody goes on with it, if there is anything to do."""
        record = await asyncio.to_thread(self._find, edition)
        if record is None or record.stopped:
            return None
        if not self._stop.is_set() and not self._clockwork.rest(record):
            await self._clockwork.send(record, self._stop)
            self._clockwork.alarm.speak_soon()
        if rest := self._clockwork.rest(record):
            return min(rest, TRY_AGAIN)
        return timedelta() if await asyncio.to_thread(self._free, record, 1) else None

    async def end(self) -> None:
        """Nothing more is done, and nobody has to worry about it."""
        self._gathering.leave()
        await self._clockwork.alarm.hush()
        await asyncio.to_thread(self._pulse.stop)

    def _told(self, _done: int, _total: int) -> None:
        if self._stop.is_set():
            raise LeftError
        self._pulse.beat()

    def _publish(self) -> None:
        self._pulse.beat()
        self._clockwork.alarm.recall()
        self._clockwork.publish_due()

    def _needs(self) -> dict[str, int]:
        self._clockwork.alarm.recall()
        most = self._slice * MOST_JOBS
        free = {record.name: self._free(record, most) for record in self._clockwork.unfinished()}
        return {edition: max(1, math.ceil(count / self._slice)) for edition, count in free.items()}

    def _free(self, record: EditionRecord, most: int) -> int:
        return self._app.deliveries.free(record.id, self._app.now(), most)

    def _find(self, edition: str) -> EditionRecord | None:
        digest, _, period = edition.partition("/")
        return self._app.editions.find(digest, period)

    async def _deliver(self, app: App, record: EditionRecord, watch: Watch, stop: asyncio.Event) -> datetime | None:
        return await app.deliver(record, watch, stop, Part(most=self._slice))
