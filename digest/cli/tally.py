"""How far sending has come: counts, rate and time left, of all servers and of each."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.errors import TransportError
from digest.model import DeliveryStatus, Outcome

SMOOTHED = 10  # seconds over which a rate is taken


class State(StrEnum):
    """What a server does."""

    SENDING = "sending"
    PAUSED = "paused"  # as all others do
    LIMIT = "limit"  # it has had all that its limits allow
    SICK = "sick"  # it takes no mail, and others do


@dataclass(frozen=True, slots=True)
class ServerStanding:
    """One server: what it answered so far; ``until`` is the end of its limit, where it is at that."""

    name: str
    rate: float
    counts: dict[DeliveryStatus, int]
    state: State
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands at one moment. ``left`` are the seconds to the end, None while that cannot be told."""

    done: int
    total: int
    rate: float
    left: float | None
    counts: dict[DeliveryStatus, int]
    servers: tuple[ServerStanding, ...]


class Meter:
    """A rate over the last seconds."""

    def __init__(self, now: float) -> None:
        self._marks = deque([(now, 0)])

    def rate(self, done: int, now: float) -> float:
        """How many a second, when so many are done by now."""
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] <= now - SMOOTHED:  # noqa: PLR2004 - a rate takes two
            self._marks.popleft()
        since, before = self._marks[0]
        return (done - before) / (now - since) if now > since else 0.0


@dataclass(slots=True)
class _Server:
    meter: Meter
    counts: dict[DeliveryStatus, int]
    sick: bool = False
    until: datetime | None = None
    answered: int = 0


class Tally:
    """Watches in silence: counts what is recorded, at a cost that each message can bear; whoever looks (``standing``)
    pays for the rates.

    ``total`` is how many are due at the beginning; more may become due on the way. ``names`` are the servers that are told apart.
    """

    def __init__(
        self,
        total: int,
        now: Callable[[], datetime],
        names: Iterable[str] = (),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self._now, self._ticks = now, ticks
        self._since = now()
        self._counts = _zeros()
        self._paused = False
        self._meter = Meter(ticks())
        self._servers = {name: _Server(Meter(ticks()), _zeros()) for name in names}

    def recorded(self, outcome: Outcome) -> None:
        delivery = outcome.delivery
        self._counts[delivery.status] += 1
        if delivery.attempts > 1 and delivery.first_tried and delivery.first_tried >= self._since:
            self._counts[DeliveryStatus.DEFERRED] -= 1  # it was counted as that before
        if server := self._servers.get(outcome.server):
            server.counts[delivery.status] += 1
            server.answered += 1

    def skipped(self, count: int) -> None:
        self._counts[DeliveryStatus.SKIPPED] += count

    def recovered(self, claims: int, doubts: int) -> None:
        """Counted when they are recorded."""

    def paused(self, _error: TransportError) -> None:
        self._paused = True

    def resumed(self) -> None:
        self._paused = False

    def failing(self, server: str, _error: TransportError) -> None:
        if server in self._servers:
            self._servers[server].sick = True

    def back(self, server: str) -> None:
        if server in self._servers:
            self._servers[server].sick = False

    def slowed(self, whom: str, reply: str) -> None:
        """Seen by the rate."""

    def spent(self, server: str, until: datetime) -> None:
        if server in self._servers:
            self._servers[server].until = until

    def standing(self) -> Standing:
        now = self._ticks()
        done = sum(self._counts.values())
        rate = self._meter.rate(done, now)
        return Standing(
            done=done,
            total=max(self.total, done),
            rate=rate,
            left=max(self.total - done, 0) / rate if rate and not self._paused else None,
            counts=dict(self._counts),
            servers=tuple(self._server(name, server, now) for name, server in self._servers.items()),
        )

    def _server(self, name: str, server: _Server, now: float) -> ServerStanding:
        limited = server.until is not None and server.until > self._now()
        state = State.SENDING
        if self._paused:
            state = State.PAUSED
        elif server.sick:
            state = State.SICK
        elif limited:
            state = State.LIMIT
        rate = server.meter.rate(server.answered, now)
        return ServerStanding(name, rate, dict(server.counts), state, server.until if state is State.LIMIT else None)


def _zeros() -> dict[DeliveryStatus, int]:
    return dict.fromkeys(DeliveryStatus, 0)
