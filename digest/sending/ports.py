"""What sending needs of the world: a ledger, ways for messages to leave, somebody who watches, and the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from digest.errors import TransportError
from digest.model import Claim, Delivery, Message, Outcome, Reply
from digest.pacing import Grant, Limits


class Ledger(Protocol):
    """``digest.store.ledger.Ledger`` keeps these promises; each call is one transaction."""

    def recover(self, *, resend: bool) -> tuple[int, int]: ...

    def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim: ...

    def apart(self, outcome: Outcome) -> bool: ...

    def commit(
        self,
        handing: Sequence[tuple[int, str, str]],
        outcomes: Sequence[Outcome],
        now: datetime,
        lease: timedelta,
        *,
        again: bool = False,
    ) -> frozenset[int]: ...

    def hand_back(self, claimed: Sequence[tuple[int, str]], due: datetime | None = None) -> None: ...

    def is_stopped(self, edition: int) -> bool: ...

    def used(self, server: str, now: datetime) -> tuple[tuple[float, int], ...]: ...

    def first_used(self, server: str) -> datetime | None: ...

    def note_first_use(self, server: str, now: datetime) -> None: ...


class Allowances(Protocol):
    """``digest.store.allowances.Allowances``: limits by the names of servers and domains, kept by all senders together.

    What is given back are grants with the number of those messages that did not go, in the order in which they expire.
    """

    def fetch(self, name: str, limits: Limits, most: int, back: Sequence[Grant]) -> Grant: ...

    def give_back(self, name: str, limits: Limits, back: Sequence[Grant]) -> None: ...


@dataclass(slots=True)
class Parcel:
    """A message on its way. Its content may leave once ``granted`` says so, and while ``in_time`` does."""

    delivery: Delivery
    token: str
    message: Message
    granted: asyncio.Future[bool]
    in_time: Callable[[], bool]
    taken: float = 0.0  # when, in seconds on the clock that limits are kept by

    async def may_leave(self) -> bool:
        """Waits for the ledger's word. Raises what kept the ledger from giving it."""
        return self.granted.result() if self.granted.done() else await asyncio.shield(self.granted)


class Bag(Protocol):
    """Where a connection takes its messages from, and says what became of each: exactly one of the last two calls."""

    def take(self) -> Parcel | None:
        """The next one for this connection; None when there is none just now. Its hand-over is asked for already."""

    def said(self, parcel: Parcel, reply: Reply) -> None:
        """The server's word on it, or that there is a doubt."""

    def untouched(self, parcel: Parcel, blamed: Reply | None = None) -> None:
        """Nothing of its content has left. ``blamed`` says what broke the line over this very message."""


class Connection(Protocol):
    """An open way to one server."""

    async def carry(self, bag: Bag) -> None:
        """Hands over what the bag gives, until it gives no more or the connection is used up.

        Whatever happens, each message that was taken is said to be one thing or the other. Raises TransportError for
        what is nobody's attempt, and what ``granted`` raises.
        """

    async def close(self) -> None: ...

    @property
    def spent(self) -> bool:
        """Whether this connection cannot carry another message."""

    @property
    def takes_utf8(self) -> bool:
        """Whether addresses may go beyond ASCII (RFC 6531)."""


class Transport(Protocol):
    """How messages leave."""

    async def connect(self) -> Connection:
        """Raises TransportError."""


class Watch(Protocol):
    """Somebody who is told what happens, after it was committed. Raises nothing."""

    def recorded(self, outcome: Outcome) -> None: ...

    def skipped(self, count: int) -> None: ...

    def recovered(self, claims: int, doubts: int) -> None: ...

    def paused(self, error: TransportError) -> None:
        """No server takes mail any more."""

    def resumed(self) -> None: ...

    def failing(self, server: str, error: TransportError) -> None:
        """One of several servers takes no mail; the others go on."""

    def back(self, server: str) -> None:
        """That one takes mail again."""

    def slowed(self, whom: str, reply: str) -> None:
        """A domain, or a server, asked for less at a time."""

    def spent(self, server: str, until: datetime) -> None:
        """A server has had all that its limits allow, until then."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance, as arguments."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    chance: Callable[[], float]
