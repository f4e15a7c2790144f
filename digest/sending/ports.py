"""What sending needs of the world: a ledger, a way for messages to leave, somebody who watches, and the clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from digest.errors import TransportError
from digest.model import Claim, Message, Outcome, Reply


class Ledger(Protocol):
    """``digest.store.ledger.Ledger`` keeps these promises; each call is one transaction."""

    def recover(self, *, resend: bool) -> tuple[int, int]: ...

    def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim: ...

    def commit(
        self, handing: Sequence[tuple[int, str]], outcomes: Sequence[Outcome], now: datetime, lease: timedelta
    ) -> frozenset[int]: ...

    def hand_back(self, claimed: Sequence[tuple[int, str]]) -> None: ...


class Connection(Protocol):
    """An open way to one server, for one message at a time."""

    async def send(self, message: Message, in_time: Callable[[], bool]) -> Reply:
        """What the server said; raises TransportError while the content has not begun to leave.

        ``in_time`` is asked last of all before it leaves: a sender may have slept past its lease meanwhile.
        """

    async def close(self) -> None: ...

    @property
    def spent(self) -> bool:
        """Whether this connection should not carry another message."""


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
