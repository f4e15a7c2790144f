"""Asking feeds beside everything else, so that what scrolls off them is known when its edition is made."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from datetime import datetime, timedelta
from threading import Event, Thread

from digest.app import App
from digest.errors import StoreError
from digest.model import Problem
from digest.scheduler.clockwork import LeftError
from digest.scheduler.logged import log

_EVERY = timedelta(minutes=1)  # it is looked whether a feed is due


class Gathering:
    """Asks the feeds that are due, one round at a time, in a thread of its own.

    The log has a line for each round, and one for each feed that falls sick, changes its fault or is well again. The
    operator gets no mail: no edition waits for a feed, and each edition's log tells of the sick ones once more.
    """

    def __init__(self, app: App) -> None:
        self._app = app
        self._looked: datetime | None = None
        self._round: Future[None] | None = None
        self._left = Event()
        self._sick: frozenset[Problem] = frozenset()

    def go_on(self) -> None:
        """Begins a round unless one is going on. A bug that ended the last one is raised here."""
        if self._round and self._round.done():
            ended, self._round = self._round, None
            ended.result()
        now = self._app.now()
        if self._round or not self._has_feeds or (self._looked and now - self._looked < _EVERY):
            return
        self._looked = now
        self._round = Future()
        Thread(target=self._run, args=(self._round,), name="gathering", daemon=True).start()

    async def ended(self) -> None:
        """Waits for the end of the round that is going on."""
        if self._round:
            ending = asyncio.wrap_future(self._round)
            await asyncio.wait([ending])
            ending.exception()  # raised by ``go_on``

    def leave(self) -> None:
        """Ends the round that is going on; what was recorded stays, the rest is asked another time."""
        self._left.set()

    @property
    def _has_feeds(self) -> bool:
        return any(source.feed for source in self._app.config.sources)

    def _run(self, ending: Future[None]) -> None:
        try:
            self._ask()
            ending.set_result(None)
        except BaseException as error:  # noqa: BLE001 - raised where it can end the clockwork
            ending.set_exception(error)

    def _ask(self) -> None:
        asked = 0

        def told(done: int, _total: int) -> None:
            nonlocal asked
            asked = done
            if self._left.is_set():
                raise LeftError

        try:
            problems = self._app.poll(told)
        except LeftError:
            return
        except StoreError as error:
            log.error("feeds not asked", extra={"why": error.message, "hint": error.hint})
            return
        self._tell(problems)
        if asked:
            log.info("feeds asked", extra={"feeds": asked, "sick": len(problems)})

    def _tell(self, problems: tuple[Problem, ...]) -> None:
        """What has changed since the last round."""
        for problem in problems:
            if problem not in self._sick:
                log.warning("feed sick", extra={"feed": problem.where, "what": problem.what, "hint": problem.hint})
        for feed in sorted({problem.where for problem in self._sick} - {problem.where for problem in problems}):
            log.info("feed well", extra={"feed": feed})
        self._sick = frozenset(problems)
