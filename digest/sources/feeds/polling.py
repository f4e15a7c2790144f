"""Asks feeds for what is new: those that are due, several at a time, each host politely; no feed's fault is another's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.fetching import Fetcher
from digest.model import Problem
from digest.sources.ports import Feeds


@dataclass(frozen=True, slots=True)
class Poller:
    """``every`` is how long an answer stays new, ``connections`` how many feeds are asked at a time, one of a host.
    A feed without an answer for as long as ``dead`` is reported as dead.
    """

    fetcher: Fetcher
    feeds: Feeds
    now: Callable[[], datetime]
    every: timedelta = timedelta(hours=1)
    connections: int = 8
    dead: timedelta = timedelta(days=14)

    def poll(
        self, urls: Sequence[str], told: Callable[[int, int], None], *, everything: bool = False
    ) -> tuple[Problem, ...]:
        """Asks those of the feeds that are due, or with ``everything`` all but those that asked for patience.

        The problems are those of all of them, also of such as were not due.
        """
        raise NotImplementedError
