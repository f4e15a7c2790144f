"""A feed as a source of articles: what was remembered of its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from digest.model import Article, Period, Problem
from digest.sources.ports import Feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """The articles of one feed. ``name`` is what it is called, ``category`` and ``language`` are those of all of them
    ("" leaves it to each).
    """

    url: str
    feeds: Feeds
    name: str
    category: str = ""
    language: str = ""

    def read(self, window: Period | None, told: Callable[[int, int], None]) -> Iterator[Article | Problem]:
        """What was published or first met in the window."""
        raise NotImplementedError
