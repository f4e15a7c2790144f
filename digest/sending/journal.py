"""The one writer: gathers what all connections want committed, and commits it together.

    connection 1 ── outcome of message 7, hand-over of 11 ─┐
    connection 2 ── outcome of message 8, hand-over of 12 ─┼─▶ one transaction ─▶ 11 and 12 may leave
    connection 3 ── outcome of message 9 ──────────────────┘

A connection hands over nothing before its last outcome is committed: after a kill, at most one message for each
connection is in doubt. While one transaction is on its way to the disk the next one gathers: a durable commit costs
each message a fraction, without any waiting to make it so.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Self

from digest.model import Outcome

Commit = Callable[[Sequence[tuple[int, str]], Sequence[Outcome]], Awaitable[frozenset[int]]]


class Journal:
    """An asynchronous context; ``told`` hears of each outcome once it is committed, and raises nothing.

    Leaving it commits what is left. Raises what ``commit`` raises; what could not be committed stays ``handing`` in the
    ledger.
    """

    def __init__(self, commit: Commit, told: Callable[[Outcome], None]) -> None:
        self._commit = commit
        self._told = told
        self._outcomes: list[Outcome] = []
        self._handing: list[tuple[tuple[int, str], asyncio.Future[bool]]] = []
        self._wanted = asyncio.Event()
        self._closing = False

    def put(self, outcome: Outcome) -> None:
        """To be committed with the next transaction."""
        self._outcomes.append(outcome)
        self._wanted.set()

    async def hand_over(self, delivery: int, token: str) -> bool:
        """Whether the content may leave, once that is committed. Raises what ``commit`` raises."""
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._handing.append(((delivery, token), answer))
        self._wanted.set()
        return await answer

    async def __aenter__(self) -> Self:
        self._writing = asyncio.create_task(self._write())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing = True
        self._wanted.set()
        await self._writing
        await self._flush()

    async def _write(self) -> None:
        while not self._closing:
            await self._wanted.wait()
            self._wanted.clear()
            with contextlib.suppress(
                Exception
            ):  # who waits was told; outcomes go with the next transaction or the last
                await self._flush()

    async def _flush(self) -> None:
        outcomes, self._outcomes = self._outcomes, []
        handing, self._handing = self._handing, []
        if not outcomes and not handing:
            return
        try:
            granted = await self._commit([claim for claim, _ in handing], outcomes)
        except Exception as error:
            self._outcomes = outcomes + self._outcomes
            for _, answer in handing:
                if not answer.done():
                    answer.set_exception(error)
            raise
        for (delivery, _), answer in handing:
            if not answer.done():
                answer.set_result(delivery in granted)
        for outcome in outcomes:
            self._told(outcome)
