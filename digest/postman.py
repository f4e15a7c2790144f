"""Hands over the letters that readers wait for: links that confirm something. One at a time, each once.

    Request, due ──take──▶ counts as mailed ──note──▶ Message ──hand over──▶ 2yz, or in doubt: it stays so
         ▲                                                          ├──────▶ 4yz, no server ──┐
         └──────────────── due again, later and later ◀─────────────┼─────────────────────────┘
                                                                    └──────▶ 5yz, or its link has ended: given up

That it counts as mailed is written before it leaves, and is taken back only when no server has it. So a kill in between
can lose a letter and never doubles one: whoever waits for it asks again, and nobody is mailed twice what they may never
have asked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.app import App
from digest.delivery import judged
from digest.errors import ConfigError, DigestError, StoreError, TransportError
from digest.message import note
from digest.model import DeliveryStatus, Message, Reply, Request, RequestKind
from digest.sending.server import nameless
from digest.sending.unrecorded import hand_over

BATCH = 20  # letters over one connection
IDLE = 30  # seconds between two looks, for what another process was asked
SHORTEST = 1  # of them, however soon the next one is due
GRACE = 10  # seconds that letters on their way are waited for in the end
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=30)
SWEEP = timedelta(hours=1)  # between two times that old requests are let go
KEPT = timedelta(days=30)  # after its link has ended, a request: whoever is late is told so

log = logging.getLogger("digest.postman")


def wait(age: timedelta) -> timedelta:
    """How long a letter that was not taken waits for its next try: as long as it has waited already, within bounds."""
    return min(max(age, FIRST_RETRY), LONGEST_RETRY)


@dataclass(slots=True)
class _Batch:
    """Letters on their way, by their Message-IDs, and what became of those that were not taken."""

    waiting: dict[str, tuple[Request, Message]] = field(default_factory=dict)
    refused: list[tuple[Request, str]] = field(default_factory=list)  # for good, and why
    deferred: list[tuple[Request, str]] = field(default_factory=list)
    held_up: list[tuple[Request, str]] = field(default_factory=list)  # by others, or by the server
    counts: Counter[str] = field(default_factory=Counter)

    def said(self, message: Message, reply: Reply) -> None:
        """The server's word on one of them. One that is in doubt may have arrived, and counts as mailed."""
        request, _ = self.waiting.pop(message.message_id)
        status = judged(reply)
        self.counts[status] += 1
        if status is DeliveryStatus.FAILED:
            self.refused.append((request, str(reply)))
        elif status is DeliveryStatus.DEFERRED:
            self.deferred.append((request, str(reply)))

    def cut(self, why: str) -> None:
        """No more of them leaves. The one that was the next may be why, and must not hold up the others again."""
        left = [(request, why) for request, _ in self.waiting.values()]
        self.waiting.clear()
        self.counts["held_up"] += len(left)
        self.deferred += left[:1]
        self.held_up += left[1:]


class Postman:
    """Carries what is due, whenever he is woken and every so often; ``url`` is the base of the public pages."""

    def __init__(self, app: App, url: str) -> None:
        self._app = app
        self._url = url.rstrip("/")
        self._within = app.config.web.confirm_within
        self._rung = asyncio.Event()
        self._unwritten: list[tuple[int, datetime | None, str]] = []  # what the ledger is to be told of requests
        self._sweep_due = app.now()

    def wake(self) -> None:
        """There may be a letter. To be called on the event loop that ``run`` runs on."""
        self._rung.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Carries letters until ``stop`` is set, and waits a moment then for those on their way.

        A busy database is waited out. To be ended by ``stop`` alone: to be cancelled is like a kill.
        """
        if forbidden := self._forbidden():
            log.error("no letters", extra={"why": forbidden.message, "hint": forbidden.hint})
        ending = asyncio.create_task(self._ring_at(stop))
        try:
            while not stop.is_set():
                self._rung.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(await self._round(stop, may_mail=not forbidden)):
                        await self._rung.wait()
            with suppress(StoreError):
                await self._tell_ledger()
        finally:
            ending.cancel()

    async def _ring_at(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._rung.set()

    def _forbidden(self) -> ConfigError | None:
        """Why nothing may be mailed, if so: then what is due stays due."""
        try:
            self._app.require_postal_address()
        except ConfigError as error:
            return error
        return None

    async def _round(self, stop: asyncio.Event, *, may_mail: bool) -> float:
        """Does all that is due; for how many seconds there is nothing more to do."""
        try:
            requests = self._app.requests
            await self._tell_ledger()
            while may_mail and not stop.is_set():
                taken = await asyncio.to_thread(requests.take_due, self._app.now(), BATCH)
                if not taken:
                    break
                await self._carry(taken, stop)
            await self._let_go()
            due = await asyncio.to_thread(requests.next_due) if may_mail else None
        except StoreError as error:
            log.warning("waiting for the database", extra={"why": error.message, "hint": error.hint})
            due = None
        return min(max((due - self._app.now()).total_seconds(), SHORTEST), IDLE) if due else IDLE

    async def _let_go(self) -> None:
        now = self._app.now()
        if now < self._sweep_due:
            return
        gone = await asyncio.to_thread(self._app.requests.let_go, now - self._within - KEPT)
        self._sweep_due = now + SWEEP
        if gone:
            log.info("let go", extra={"requests": gone})

    # --- one batch

    async def _carry(self, taken: Sequence[Request], stop: asyncio.Event) -> None:
        """Whatever happens, the ledger is told of all that no server has."""
        batch = await asyncio.to_thread(self._written, taken)
        try:
            await self._hand_over(batch, stop)
        finally:
            batch.cut("stopped before it left")
            log.info("letters", extra=dict(batch.counts))
            self._unwritten += self._returned(batch)
            await self._tell_ledger()

    async def _hand_over(self, batch: _Batch, stop: asyncio.Event) -> None:
        left = len(batch.waiting) + 1
        try:
            async with asyncio.timeout(None) as limit:
                ending = asyncio.create_task(_end(stop, limit))
                try:
                    while 0 < len(batch.waiting) < left:  # a connection may be used up before all are through
                        left = len(batch.waiting)
                        messages = [message for _, message in batch.waiting.values()]
                        await hand_over(self._app.transports, messages, batch.said)
                finally:
                    ending.cancel()
        except TransportError as error:
            log.warning("not taken", extra={"why": nameless(error.message), "hint": error.hint})
            batch.cut(error.message)
        except TimeoutError:
            log.warning("stopped", extra={"letters": len(batch.waiting)})

    def _returned(self, batch: _Batch) -> list[tuple[int, datetime | None, str]]:
        """What is to be tried when, or never."""
        now = self._app.now()
        deferred = [(request, why, wait(now - request.created)) for request, why in batch.deferred]
        held_up = [(request, why, FIRST_RETRY) for request, why in batch.held_up]
        return [
            *((request.id, None, why) for request, why in batch.refused),
            *(
                (request.id, now + pause if now + pause < request.created + self._within else None, why)
                for request, why, pause in (*deferred, *held_up)
            ),
        ]

    async def _tell_ledger(self) -> None:
        while self._unwritten:
            await asyncio.to_thread(self._app.requests.hand_back, *self._unwritten[0])
            del self._unwritten[0]

    # --- one letter

    def _written(self, taken: Sequence[Request]) -> _Batch:
        batch = _Batch()
        for request in taken:
            if self._app.now() >= request.created + self._within:
                batch.refused.append((request, "its link had ended before it could be mailed"))
                continue
            try:
                message = self._letter(request)
            except DigestError as error:
                log.warning("not written", extra={"why": nameless(error.message), "hint": error.hint})
                batch.deferred.append((request, error.message))
            else:
                batch.waiting[message.message_id] = request, message
        return batch

    def _letter(self, request: Request) -> Message:
        """The same bytes on each try, as long as configuration, templates and keys are. Raises DigestError."""
        app, wanted = self._app, request.choices.digests
        asked = [app.digest(name) for name in app.digests if not wanted or name in wanted]
        sender = (asked or [app.digest(app.digests[0])])[0].sender
        return note(
            app.notes.render(
                request.kind,
                request.choices.language,
                digests=() if request.kind is RequestKind.MOVE else [digest.title for digest in asked],
                link=self._link(request),
                until=request.created + self._within,
            ),
            sender,
            to=request.address,
            unique=app.signer.message_key(f"request/{request.id}")[:40],
            date=request.created,
            keys=app.dkim_keys,
        )

    def _link(self, request: Request) -> str:
        signer = self._app.signer
        if request.kind is RequestKind.KNOWN:
            return f"{self._url}/preferences/{signer.sign_preferences('', request.subscriber, request.address)}"
        return f"{self._url}/confirm/{signer.sign_request(request.id)}"


async def _end(stop: asyncio.Event, limit: asyncio.Timeout) -> None:
    """Sets the limit once ``stop`` is set."""
    await stop.wait()
    limit.reschedule(asyncio.get_running_loop().time() + GRACE)
