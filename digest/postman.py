"""Hands over the letters that readers wait for: links that confirm something. One at a time, each once.

    Request, due ──▶ Message ──take──▶ counts as mailed ──hand over──▶ 2yz, or in doubt: it stays so
         ▲                    └──▶ not wanted any more, or its link has ended: never    ├──▶ 5yz: given up
         └──────────────── due again, later and later ◀── 4yz, or the line broke over it ┘

A server is reached before anything is taken, so one that is down costs a look and a connection. A letter is rendered
before it is taken, and counts as mailed from right before it leaves; that is taken back only when no server has it. So a
kill in between can lose the one in hand and never doubles one: whoever waits for it asks again, and nobody is mailed
twice what they may never have asked for.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from digest.app import App
from digest.delivery import judged
from digest.errors import ConfigError, DigestError, StoreError, TransportError
from digest.logs import bug
from digest.message import note
from digest.model import DeliveryStatus, Message, Reply, Request, RequestKind
from digest.sending.ports import Connection
from digest.sending.server import nameless
from digest.sending.unrecorded import give, reach
from digest.subscriptions.lettering import take

IDLE = 30.0  # seconds between two looks, for what another process was asked
SHORTEST = 1.0  # of them, however soon the next one is due
BREATH = 5.0  # seconds after a fault in which nobody hurries him: letters that are asked for do not become attempts
GRACE = 10.0  # seconds that the letter in hand is waited for in the end
LAST_WORDS = 5.0  # seconds that the ledger is, too
FAULTS = 3  # in a row, after which it is not the letters
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(minutes=30)
LONGEST_REST = timedelta(minutes=5)  # a server that comes back is noticed within that, or once somebody asks
SWEEP = timedelta(hours=1)  # between two times that old requests are let go
KEPT = timedelta(days=30)  # after its link has ended, a request: whoever is late is told so

log = logging.getLogger("digest.postman")


def wait(age: timedelta) -> timedelta:
    """How long a letter that was not taken waits for its next try: as long as it has waited already, within bounds."""
    return min(max(age, FIRST_RETRY), LONGEST_RETRY)


def rest(faulty: int) -> timedelta:
    """How long all letters wait after so many rounds in a row that a fault has ended."""
    return min(FIRST_RETRY * (1 << min(faulty - 1, 16)), LONGEST_REST)


@dataclass(slots=True)
class _Round:
    """What became of letters until nothing is due, or the way is barred."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: int = 0  # since a server has last said what becomes of a letter

    def said(self, status: DeliveryStatus) -> None:
        self.counts[status] += 1
        self.faults = self.faults + 1 if status is DeliveryStatus.UNCERTAIN else 0

    def broke(self) -> None:
        """Over one letter: it may be why, and must not hold up the others again; or it is not, and the next one breaks, too."""
        self.counts["held_up"] += 1
        self.faults += 1

    @property
    def is_barred(self) -> bool:
        return self.faults >= FAULTS


class Postman:
    """Carries what is due, whenever he is woken and every so often; ``url`` is the base of the public pages."""

    def __init__(self, app: App, url: str) -> None:
        self._app = app
        self._url = url.rstrip("/")
        self._within = app.config.web.confirm_within
        self._rung = asyncio.Event()
        self._stop = asyncio.Event()
        self._unwritten: list[tuple[int, datetime | None, str]] = []  # what the ledger is to be told of requests
        self._sweep_due = app.now()
        self._faulty = 0  # rounds in a row that a fault has ended

    def wake(self) -> None:
        """There may be a letter. To be called on the event loop that ``run`` runs on."""
        self._rung.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Carries letters until ``stop`` is set, and waits a moment then for the one on its way.

        A busy database is waited out, and so is a bug. To be ended by ``stop`` alone: to be cancelled is like a kill.
        """
        self._stop = stop
        if forbidden := self._forbidden():
            log.error("no letters", extra={"why": forbidden.message, "hint": forbidden.hint})
        ending = asyncio.create_task(self._ring_at_stop())
        try:
            while not stop.is_set():
                self._rung.clear()
                least, most = await self._round(may_mail=not forbidden)
                await _within(least, stop.wait())
                await _within(most - least, self._rung.wait())
            await self._settle()
        finally:
            ending.cancel()

    async def _ring_at_stop(self) -> None:
        await self._stop.wait()
        self._rung.set()

    def _forbidden(self) -> ConfigError | None:
        """Why nothing may be mailed, if so: then what is due stays due."""
        try:
            self._app.require_postal_address()
        except ConfigError as error:
            return error
        return None

    async def _round(self, *, may_mail: bool) -> tuple[float, float]:
        """Does all that is due; how many seconds he rests then, at least and at most."""
        try:
            await self._tell_ledger()
            way_is_open = await self._carry_all() if may_mail else True
            await self._let_go()
            due = await asyncio.to_thread(self._app.requests.next_due) if may_mail else None
        except StoreError as error:
            log.warning("waiting for the database", extra={"why": error.message, "hint": error.hint})
            return 0.0, IDLE
        except Exception as error:  # noqa: BLE001 - without him no letter leaves, and he has no caller who would know better
            bug(log, "postman", error)
            way_is_open = False
        if not way_is_open:
            self._faulty += 1
            return BREATH, rest(self._faulty).total_seconds()
        self._faulty = 0
        return 0.0, min(max((due - self._app.now()).total_seconds(), SHORTEST), IDLE) if due else IDLE

    async def _let_go(self) -> None:
        now = self._app.now()
        if now < self._sweep_due:
            return
        gone = await asyncio.to_thread(self._app.requests.let_go, now - self._within - KEPT)
        self._sweep_due = now + SWEEP
        if gone:
            log.info("let go", extra={"requests": gone})

    async def _tell_ledger(self) -> None:
        while self._unwritten:
            await asyncio.to_thread(self._app.requests.hand_back, *self._unwritten[0])
            del self._unwritten[0]

    async def _settle(self) -> None:
        """Has the ledger told what it was not yet, though somebody keeps it locked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                while self._unwritten:
                    with suppress(StoreError):
                        await self._tell_ledger()
                    await asyncio.sleep(0.1)
        if self._unwritten:
            log.error("lost", extra={"letters": len(self._unwritten)})

    # --- all that is due

    async def _carry_all(self) -> bool:
        """Over as many connections as it takes; whether the way is open."""
        done = _Round()
        try:
            while not done.is_barred and await self._due():
                try:
                    async with self._unless_stopped(0):
                        connection = await reach(self._app.transports)
                except TransportError as error:
                    _tell("not taken", error)
                    return False
                except TimeoutError:
                    break
                try:
                    await self._carry(connection, done)
                finally:
                    await connection.close()
        finally:
            if done.counts:
                log.info("letters", extra=dict(done.counts))
        return not done.is_barred

    async def _due(self) -> Request | None:
        """The next one; None once he was stopped."""
        return None if self._stop.is_set() else await asyncio.to_thread(self._app.requests.due, self._app.now())

    async def _carry(self, connection: Connection, done: _Round) -> None:
        """All that this connection carries."""
        while not (done.is_barred or connection.spent) and (due := await self._due()):
            message = await asyncio.to_thread(self._written, due)
            request = await asyncio.to_thread(take, self._app.requests, due.id, self._within, now=self._app.now())
            if request and message:
                await self._hand_over(request, message, connection, done)
            elif request:
                done.broke()
                self._unwritten.append(self._later(request, request.reply))
            await self._tell_ledger()

    @asynccontextmanager
    async def _unless_stopped(self, grace: float) -> AsyncIterator[None]:
        """Raises TimeoutError so many seconds after he was stopped."""
        async with asyncio.timeout(None) as limit:
            ending = asyncio.create_task(self._limit(limit, grace))
            try:
                yield
            finally:
                ending.cancel()

    async def _limit(self, limit: asyncio.Timeout, grace: float) -> None:
        await self._stop.wait()
        limit.reschedule(asyncio.get_running_loop().time() + grace)

    # --- one letter

    async def _hand_over(self, request: Request, message: Message, connection: Connection, done: _Round) -> None:
        """Whatever happens, the ledger is to be told of a letter that no server has."""
        replies: list[Reply] = []
        try:
            async with self._unless_stopped(GRACE):
                await give(connection, [message], lambda _, reply: replies.append(reply))
        except TransportError as error:
            _tell("not taken", error)
        except TimeoutError:
            log.warning("stopped", extra={"letters": 1})
        finally:
            if replies:
                self._heard(request, replies[0], done)
            else:
                done.broke()
                self._unwritten.append(self._later(request, request.reply))

    def _heard(self, request: Request, reply: Reply, done: _Round) -> None:
        """The server's word. A letter that is in doubt may have arrived, and counts as mailed."""
        status = judged(reply)
        done.said(status)
        if status is DeliveryStatus.FAILED:
            self._unwritten.append((request.id, None, str(reply)))
        elif status is DeliveryStatus.DEFERRED:
            self._unwritten.append(self._later(request, str(reply)))

    def _later(self, request: Request, reply: str) -> tuple[int, datetime | None, str]:
        """When it is tried again; never, if its link has ended by then."""
        now = self._app.now()
        due = now + wait(now - request.created)
        return request.id, due if due < request.created + self._within else None, reply

    def _written(self, request: Request) -> Message | None:
        try:
            return self._letter(request)
        except DigestError as error:
            _tell("not written", error)
        except Exception as error:  # noqa: BLE001 - it is this letter's, and the others leave
            bug(log, "postman", error)
        return None

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


def _tell(event: str, error: DigestError) -> None:
    log.warning(event, extra={"why": nameless(error.message), "hint": error.hint})


async def _within(seconds: float, awaited: Awaitable[object]) -> None:
    """Waits no longer than that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await awaited
