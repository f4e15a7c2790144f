"""The one writer: gathers what all connections want committed, and commits it together.

    connection 1 ── outcome of message 7, hand-over of 11 ─┐
    connection 2 ── outcome of message 8, hand-over of 12 ─┼─▶ one transaction ─▶ 11 and 12 may leave
    connection 3 ── outcome of message 9 ──────────────────┘

A connection asks for a hand-over in the transaction that has the outcome which made room for it: after a kill, at most
what it has in flight is in doubt. Outcomes that the ledger wants apart, since they may have to wait for others who write,
go in transactions of their own beside these; nothing waits for them but the end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from digest.model import Outcome

GATHERING = 0.004  # seconds that a small transaction waits for more

HandOver = tuple[int, str, str]  # a delivery, the token of its claim, the server it goes to
Commit = Callable[[Sequence[HandOver], Sequence[Outcome]], Awaitable[frozenset[int]]]


class Journal:
    """An asynchronous context; ``told`` hears of each outcome once it is committed, and raises nothing; ``settled`` of each
    transaction. ``apart`` says which outcomes are committed beside the others, ``enough`` how many hand-overs are worth a
    transaction at once.

    Leaving it commits what is left. Raises what ``commit`` raises; what could not be committed stays ``handing`` in the
    ledger.
    """

    def __init__(
        self,
        commit: Commit,
        told: Callable[[Outcome], None],
        settled: Callable[[], None],
        apart: Callable[[Outcome], bool],
        enough: Callable[[], int],
    ) -> None:
        self._apart = apart
        self._writer = _Writer(commit, told, settled, enough)
        self._beside = _Writer(commit, told, settled, enough)

    @property
    def is_idle(self) -> bool:
        """Whether everything has been committed and told."""
        return self._writer.is_idle and self._beside.is_idle

    def put(self, outcome: Outcome) -> None:
        """To be committed with the next transaction."""
        (self._beside if self._apart(outcome) else self._writer).put(outcome)

    def hand_over(self, delivery: int, token: str, server: str) -> asyncio.Future[bool]:
        """Whether the content may leave, once that is committed; what ``commit`` raised, if it could not be."""
        return self._writer.hand_over(delivery, token, server)

    async def __aenter__(self) -> Self:
        self._open = contextlib.AsyncExitStack()
        for writer in (self._beside, self._writer):  # what is told by the end of the latter may be for the former
            await self._open.enter_async_context(writer)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)


class _Writer:
    """One transaction after another."""

    def __init__(
        self,
        commit: Commit,
        told: Callable[[Outcome], None],
        settled: Callable[[], None],
        enough: Callable[[], int],
    ) -> None:
        self._commit = commit
        self._told = told
        self._settled = settled
        self._enough = enough
        self._outcomes: list[Outcome] = []
        self._handing: list[tuple[HandOver, asyncio.Future[bool]]] = []
        self._wanted = asyncio.Event()
        self._full = asyncio.Event()
        self._under_way = False
        self._closing = False

    @property
    def is_idle(self) -> bool:
        return not (self._outcomes or self._handing or self._under_way)

    def put(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._wanted.set()

    def hand_over(self, delivery: int, token: str, server: str) -> asyncio.Future[bool]:
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._handing.append(((delivery, token, server), answer))
        self._wanted.set()
        if len(self._handing) >= self._enough():
            self._full.set()
        return answer

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._wanted.set()
        self._full.set()
        await self._writing
        while self._outcomes or self._handing:
            await self._flush()
            await asyncio.sleep(0)  # who was waiting for an answer may have more to say

    async def _write(self) -> None:
        while not self._closing:
            await self._wanted.wait()
            await self._gathered()
            self._wanted.clear()
            self._full.clear()
            with contextlib.suppress(Exception):  # who waits was told; outcomes go with the next one, or the last
                await self._flush()

    async def _gathered(self) -> None:
        if not self._full.is_set() and len(self._handing) < self._enough():
            timer = asyncio.get_running_loop().call_later(GATHERING, self._full.set)
            await self._full.wait()
            timer.cancel()

    async def _flush(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        handing, self._handing = self._handing, []
        if not outcomes and not handing:
            return
        self._under_way = True
        try:
            granted = await self._commit([claim for claim, _ in handing], outcomes)
        except Exception as error:
            self._outcomes = outcomes + self._outcomes
            for _, answer in handing:
                if not answer.done():
                    answer.set_exception(error)
                    answer.exception()  # whoever asks is told; nobody has to
            raise
        finally:
            self._under_way = False
        for (delivery, *_), answer in handing:
            if not answer.done():
                answer.set_result(delivery in granted)
        for outcome in outcomes:
            self._told(outcome)
        self._settled()
