"""Watching a sending run, for a person: what to know at once in words, and how far it has come on a terminal or in a log."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol, TypeVar

from digest.cli.session import Session
from digest.cli.tally import Standing, Tally
from digest.errors import TransportError
from digest.model import DeliveryStatus, Outcome

T = TypeVar("T")

LINE_EVERY = 10  # seconds
DRAW_EVERY = 0.25


class PersonWatch:
    """Says what a person should know at once, and leaves the rest to the tally."""

    def __init__(
        self, tally: Tally, say: Callable[[str], None], told: Callable[[Outcome], None] = lambda _outcome: None
    ) -> None:
        self._tally = tally
        self._say = say
        self._told = told

    def recorded(self, outcome: Outcome) -> None:
        self._tally.recorded(outcome)
        self._told(outcome)

    def skipped(self, count: int) -> None:
        self._tally.skipped(count)

    def recovered(self, claims: int, doubts: int) -> None:
        if claims:
            self._say(f"due again, after an earlier run had claimed them: {claims:,}")
        if doubts:
            self._say(f"uncertain, for an earlier run ended while it handed them over: {doubts:,}")

    def paused(self, error: TransportError) -> None:
        self._tally.paused(error)
        self._say(f"sending pauses: {_explained(error)}; it goes on by itself when the server is back")

    def resumed(self) -> None:
        self._tally.resumed()
        self._say("sending goes on")

    def failing(self, server: str, error: TransportError) -> None:
        self._tally.failing(server, error)
        self._say(f"{server} takes no mail: {_explained(error)}; the other servers go on")

    def back(self, server: str) -> None:
        self._tally.back(server)
        self._say(f"{server} takes mail again")

    def slowed(self, whom: str, reply: str) -> None:
        from digest.sending.server import nameless

        self._say(f"slower for {whom}, which said: {nameless(reply)}")

    def spent(self, server: str, until: datetime) -> None:
        self._tally.spent(server, until)
        self._say(f"{server} has had all that its limits allow until {until:%Y-%m-%d %H:%M} UTC")


def _explained(error: TransportError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


# --- how far it has come ----------------------------------------------------------------------------------------------


class Display(Protocol):
    """Something that shows a standing each time it is asked to; ``every`` is how often that is worth it, in seconds."""

    every: float

    def draw(self) -> None: ...

    def say(self, text: str) -> None: ...


@contextmanager
def displayed(session: Session, name: str, tally: Tally) -> Iterator[Display]:
    """A bar that is drawn anew on a terminal, a plain line now and then elsewhere."""
    if sys.stderr.isatty():
        with _board(name, tally) as board:
            yield board
    else:
        yield _Lines(name, tally, session.note)


async def drawn(work: Coroutine[Any, Any, T], display: Display) -> T:
    """The work, while the display is kept up to date."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(display.every)
            display.draw()

    beats = asyncio.create_task(beat())
    try:
        return await work
    finally:
        beats.cancel()


class _Lines:
    every: float = LINE_EVERY

    def __init__(self, name: str, tally: Tally, note: Callable[[str], None]) -> None:
        self._name, self._tally = name, tally
        self.say = note

    def draw(self) -> None:
        self.say(line(self._name, self._tally.standing()))


def line(name: str, standing: Standing) -> str:
    """``sending weekly/2025-W43: 12,400 of 20,000 (62 %), 1,950/s, 4 s left, 12 deferred, 3 failed``."""
    share = f" ({standing.done * 100 // standing.total} %)" if standing.total else ""
    left = "" if standing.left is None else f", {span(standing.left)} left"
    return (
        f"sending {name}: {standing.done:,} of {standing.total:,}{share}, {standing.rate:,.0f}/s{left}, "
        f"{standing.counts[DeliveryStatus.DEFERRED]:,} deferred, {standing.counts[DeliveryStatus.FAILED]:,} failed"
    )


def span(seconds: float) -> str:
    """``4 s``, ``12 min``, ``2 h 05 min``."""
    minutes = round(seconds / 60)
    if seconds < 100:  # noqa: PLR2004 - up to there, seconds say more
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"  # noqa: PLR2004 - minutes of an hour


# --- on a terminal ----------------------------------------------------------------------------------------------------


class _Board:
    every: float = DRAW_EVERY

    def __init__(self, draw: Callable[[], None], say: Callable[[str], None]) -> None:
        self.draw = draw
        self.say = say


@contextmanager
def _board(name: str, tally: Tally) -> Iterator[_Board]:
    from rich.console import Console  # slow to import, and only a terminal needs it
    from rich.live import Live

    from digest.cli.picture import picture

    console = Console(stderr=True, markup=False, emoji=False, highlight=False)  # names are the configuration's
    with Live(console=console, auto_refresh=False, transient=True) as live:
        yield _Board(
            draw=lambda: live.update(picture(name, tally.standing(), console.width), refresh=True),
            say=lambda text: console.print(text, soft_wrap=True),
        )
