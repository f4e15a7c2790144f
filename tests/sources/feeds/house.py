"""A poller with a clock that stands still, and a way to write feeds that everybody can read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.errors import FeedError
from digest.fetching import Fetcher, Limits
from digest.model import Entry, Fault, Problem
from digest.sources.feeds.parsing import Parsed
from digest.sources.feeds.polling import Poller
from digest.store.feeds import Feeds

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2025, 12, 1, 7, tzinfo=UTC)


def words(data: bytes, url: str, media_type: str, charset: str) -> Parsed:
    """A feed of the simplest kind: ``feed`` and then the key of each entry."""
    kind, *keys = data.decode(charset or "utf-8", errors="replace").split() or [""]
    if kind != "feed":
        raise FeedError(url, "it is no feed")
    return Parsed(title="Words", entries=tuple(Entry(key, key.title()) for key in keys))


class House:
    """A poller with a clock that stands still, and the database behind it."""

    def __init__(self, feeds: Feeds, **settings: Any) -> None:
        self.instant = START
        self.feeds = feeds
        self.limits = Limits(timeout=10, maximum=100_000, allow_private=True, allow_http=True)
        self.poller = Poller(Fetcher(self.limits), feeds, lambda: self.instant, parse=words, pause=0.0, **settings)

    def limited(self, **limits: Any) -> None:
        self.poller = replace(self.poller, fetcher=Fetcher(replace(self.limits, **limits)))

    def renewed(self) -> None:
        """As after a restart, with the usual limits."""
        self.poller = Poller(Fetcher(self.limits), self.feeds, lambda: self.instant, parse=words, pause=0.0)

    def poll(self, *urls: str, **how: Any) -> tuple[Problem, ...]:
        return self.poller.poll(urls, lambda _done, _total: None, **how)

    def fault(self, url: str) -> str:
        """What is wrong with a feed of which nothing can be had."""
        (problem,) = self.poll(url)
        assert (problem.where, problem.fault) == (url, Fault.FEED)
        assert self.feeds.state(url).failures == 1
        assert self.keys(url) == []
        return self.feeds.state(url).fault

    def keys(self, url: str) -> list[str]:
        return [met.entry.key for met in self.feeds.entries(url, None, None)]

    def go(self, wait: timedelta) -> None:
        self.instant += wait
