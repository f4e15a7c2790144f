"""What ``digest run`` does, cut into duties that any of many workers can do: the sending in slices, the rest whole."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

from digest.app import App
from digest.model import EditionRecord
from digest.scheduler.clockwork import Clockwork, LeftError
from digest.scheduler.gathering import Gathering
from digest.scheduler.pulse import Pulse
from digest.sending.pace import Part
from digest.sending.ports import Watch

A_MOMENT = 1.0  # second for which a job is held that others may do


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
        self._idle_until = app.now()
        self._clockwork = Clockwork(app, self._told, self._deliver)
        self._clockwork.announce()

    async def publish(self) -> None:
        """Publishes every digest whose period is due and has no edition, and sees to editors who are waited for."""
        await self._clockwork.alarm.recall()
        await asyncio.to_thread(self._clockwork.publish_due)
        self._clockwork.alarm.speak_soon()

    async def gather(self) -> None:
        """Asks the feeds that are due."""
        self._gathering.go_on()
        waits = [asyncio.ensure_future(one) for one in (self._gathering.ended(), self._stop.wait())]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def needs(self) -> tuple[str, ...]:
        """The editions that have something to hand over or in hand: what a dead worker holds is taken back by whoever
        sends next.
        """
        await self._clockwork.alarm.recall()
        unfinished = await asyncio.to_thread(self._clockwork.unfinished)
        self._clockwork.alarm.speak_soon()
        return tuple(record.name for record in unfinished)

    async def send(self, edition: str, another: Callable[[], Awaitable[None]]) -> bool:
        """Hands over a slice of an edition; whether there is more to do.

        ``another`` gives the edition one more job. It is called before anything else where more is due than this slice, so
        that the others need not wait for its end; and while this worker can send nothing, whatever it is, so that nobody
        waits for it.
        """
        await self._rest(another)
        record = await asyncio.to_thread(self._find, edition)
        if record is None or record.stopped:
            return False
        if not self._stop.is_set():
            if self._clockwork.rest(record):
                await self._leave(another, A_MOMENT)  # it has failed here before, and may be well elsewhere
                return await self._has_more(record, 0)
            if await self._has_more(record, self._slice):
                await another()
            rest = await self._clockwork.send(record, self._stop)
            self._idle_until = self._app.now() + rest
            self._clockwork.alarm.speak_soon()
            await self._rest(another)
        return await self._has_more(record, 0)

    def live(self) -> None:
        """A sign of life, now and then."""
        self._pulse.beat()

    async def end(self) -> None:
        """Nothing more is done, and nobody has to worry about it."""
        self._gathering.leave()
        await self._clockwork.alarm.hush()
        await asyncio.to_thread(self._pulse.stop)

    def _told(self, _done: int, _total: int) -> None:
        if self._stop.is_set():
            raise LeftError
        self._pulse.beat()

    async def _rest(self, another: Callable[[], Awaitable[None]]) -> None:
        """Keeps to itself as long as no server takes what it has, or the database is away."""
        if (seconds := (self._idle_until - self._app.now()).total_seconds()) > 0:
            await self._leave(another, seconds)

    async def _leave(self, another: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Holds its job for so long, while somebody else takes one."""
        await another()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _has_more(self, record: EditionRecord, than: int) -> bool:
        """Whether more deliveries than that are due and in nobody's hands."""
        free = self._app.deliveries.free
        return await asyncio.to_thread(free, record.id, self._app.now(), than + 1) > than

    def _find(self, edition: str) -> EditionRecord | None:
        digest, _, period = edition.partition("/")
        return self._app.editions.find(digest, period)

    async def _deliver(self, app: App, record: EditionRecord, watch: Watch, stop: asyncio.Event) -> datetime | None:
        return await app.deliver(record, watch, stop, Part(most=self._slice))
