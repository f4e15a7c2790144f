"""What ``digest send --json`` prints: one event a line, as it happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from digest.cli.session import Session
from digest.cli.tally import ServerStanding, Tally
from digest.errors import TransportError
from digest.model import DeliveryStatus, EditionRecord, Outcome

PROGRESS_EVERY = 1  # seconds
OUTCOMES = (
    DeliveryStatus.ACCEPTED,
    DeliveryStatus.DEFERRED,
    DeliveryStatus.FAILED,
    DeliveryStatus.UNCERTAIN,
    DeliveryStatus.SKIPPED,
)


class Events:
    """Prints events, or where nobody ``wanted`` them nothing. Once the reader has left, ``closed`` is true."""

    def __init__(self, session: Session, now: Callable[[], datetime], *, wanted: bool) -> None:
        self._session = session
        self._now = now
        self.wanted = wanted
        self.closed = False

    def tell(self, event: str, **facts: Any) -> None:
        if not self.wanted or self.closed:
            return
        try:
            self._session.json({"event": event, "at": self._now(), **facts})
        except BrokenPipeError:
            self.closed = True

    def note(self, text: str) -> None:
        """What is no event, for whoever is there."""
        self._session.note(text)


class EventWatch:
    """Tells of a sending run as it happens, and of its progress each time it is asked to. Never of a reader's address,
    unless ``named``. When nobody reads any more it asks to ``end``: whoever wanted to know how it goes has gone.
    """

    every: float = PROGRESS_EVERY

    def __init__(
        self, events: Events, record: EditionRecord, tally: Tally, *, named: bool, end: Callable[[], None]
    ) -> None:
        self._events = events
        self._edition = record.name
        self._tally = tally
        self._named = named
        self._end = end

    def started(self) -> None:
        standing = self._tally.standing()
        self._tell("started", total=standing.total, servers=[server.name for server in standing.servers])

    def draw(self) -> None:
        standing = self._tally.standing()
        self._tell(
            "progress",
            done=standing.done,
            total=standing.total,
            rate=round(standing.rate, 1),
            eta=None if standing.left is None else round(standing.left, 1),
            counts=_counted(standing.counts),
            servers={server.name: _facts(server) for server in standing.servers},
        )

    def say(self, text: str) -> None:
        self._events.note(text)

    def recorded(self, outcome: Outcome) -> None:
        self._tally.recorded(outcome)
        if outcome.delivery.status is not DeliveryStatus.ACCEPTED:
            self._delivery(outcome)

    def _delivery(self, outcome: Outcome) -> None:
        from digest.sending.server import nameless

        delivery = outcome.delivery
        self._tell(
            "delivery",
            id=delivery.id,
            status=delivery.status,
            attempts=delivery.attempts,
            reply=delivery.reply if self._named else nameless(delivery.reply),
            server=outcome.server,
            **({"address": delivery.address} if self._named else {}),
        )

    def skipped(self, count: int) -> None:
        self._tally.skipped(count)
        self._tell("skipped", deliveries=count)

    def recovered(self, claims: int, doubts: int) -> None:
        if claims or doubts:
            self._tell("recovered", due_again=claims, uncertain=doubts)

    def paused(self, error: TransportError) -> None:
        self._tally.paused(error)
        self._tell("paused", why=error.message, hint=error.hint)

    def resumed(self) -> None:
        self._tally.resumed()
        self._tell("resumed")

    def failing(self, server: str, error: TransportError) -> None:
        self._tally.failing(server, error)
        self._tell("failing", server=server, why=error.message, hint=error.hint)

    def back(self, server: str) -> None:
        self._tally.back(server)
        self._tell("back", server=server)

    def slowed(self, whom: str, reply: str) -> None:
        from digest.sending.server import nameless

        self._tell("slowed", whom=whom, reply=reply if self._named else nameless(reply))

    def spent(self, server: str, until: datetime) -> None:
        self._tally.spent(server, until)
        self._tell("spent", server=server, until=until)

    def _tell(self, event: str, **facts: Any) -> None:
        self._events.tell(event, edition=self._edition, **facts)
        if self._events.closed:
            self._end()


def _counted(counts: dict[DeliveryStatus, int]) -> dict[str, int]:
    return {status.value: counts[status] for status in OUTCOMES}


def _facts(server: ServerStanding) -> dict[str, Any]:
    return {"state": server.state, "until": server.until, "rate": round(server.rate, 1), **_counted(server.counts)}
