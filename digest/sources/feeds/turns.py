"""Whose turn it is to be asked: no host twice at a time, nor twice in a row without a pause, and nobody waits for another's."""

from __future__ import annotations

import heapq
import time
from collections import defaultdict, deque
from collections.abc import Iterable
from datetime import UTC, datetime
from threading import Condition
from urllib.parse import urlsplit

from digest.model import FeedState

_NEVER = datetime.min.replace(tzinfo=UTC)


class Turns:
    """The feeds of a round, by host. Threads share it.

    Those come first that have not failed, and of these the ones that were asked longest ago: whatever a round has no time
    for is first in the next. Of equals the host with the longest row comes first, for it takes longest.
    """

    def __init__(self, states: Iterable[FeedState], pause: float) -> None:
        self._pause = pause
        self._rows: dict[str, deque[FeedState]] = defaultdict(deque)
        for state in sorted(states, key=_rank):
            self._rows[_host(state)].append(state)
        self._ready = [self._place(host) for host in self._rows]
        heapq.heapify(self._ready)
        self._resting: list[tuple[float, str]] = []  # when their pauses are over
        self._left = sum(map(len, self._rows.values()))
        self._changed = Condition()

    @property
    def hosts(self) -> int:
        return len(self._rows)

    def take(self) -> FeedState | None:
        """The next feed, once its host may be asked; None where nothing is left for anybody."""
        with self._changed:
            while self._left:
                now = time.monotonic()
                while self._resting and self._resting[0][0] <= now:
                    _, host = heapq.heappop(self._resting)
                    heapq.heappush(self._ready, self._place(host))
                if self._ready:
                    self._left -= 1
                    return self._rows[heapq.heappop(self._ready)[-1]].popleft()
                self._changed.wait(self._resting[0][0] - now if self._resting else None)
            return None

    def done(self, state: FeedState) -> None:
        """It has been asked: its host may be asked again after a pause."""
        with self._changed:
            if self._rows[host := _host(state)]:
                heapq.heappush(self._resting, (time.monotonic() + self._pause, host))
            self._changed.notify_all()

    def end(self) -> None:
        """Nobody gets another one."""
        with self._changed:
            self._left = 0
            self._changed.notify_all()

    def _place(self, host: str) -> tuple[tuple[int, datetime], int, str]:
        row = self._rows[host]
        return _rank(row[0]), -len(row), host


def _rank(state: FeedState) -> tuple[int, datetime]:
    return state.failures, state.asked or _NEVER


def _host(state: FeedState) -> str:
    return urlsplit(state.address).hostname or ""
