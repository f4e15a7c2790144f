"""Asks feeds for what is new: those that are due, several at a time, each host politely; no feed's fault is another's.

    states ──▶ due? ──▶ by host ──▶ threads: ask, parse ──▶ answers, as they come ──▶ recorded, one after another
                                     └ a host's feeds one after another, with a pause between them

The threads only ask and parse. Whoever called is the only one who writes, and may leave in the middle: what was
recorded until then stays, and the threads end with what they have in hand.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from digest.errors import FeedError, FetchError
from digest.fetching import Fetched, Fetcher
from digest.model import Entry, FeedState, Problem
from digest.sources.feeds.parsing import Parsed, parse
from digest.sources.feeds.patience import SHOWN, answered, failed, gone, is_due, problem, remembered
from digest.sources.ports import Feeds

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"

Parse = Callable[[bytes, str, str, str], Parsed]
Answer = tuple[FeedState, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Poller:
    """``every`` is how long an answer stays new, ``connections`` how many feeds are asked at a time, one of a host.
    A feed without an answer for as long as ``dead`` is reported as dead. Between two feeds of a host are ``pause`` seconds.
    """

    fetcher: Fetcher
    feeds: Feeds
    now: Callable[[], datetime]
    every: timedelta = timedelta(hours=1)
    connections: int = 8
    dead: timedelta = timedelta(days=14)
    parse: Parse = parse
    pause: float = 1.0
    sleep: Callable[[float], None] = time.sleep
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def poll(
        self, urls: Sequence[str], told: Callable[[int, int], None], *, everything: bool = False
    ) -> tuple[Problem, ...]:
        """Asks those of the feeds that are due, or with ``everything`` all but those that asked for patience.

        The problems are those of all of them, also of such as were not due. Rounds are made one after another: who comes
        while another is going on finds everything asked.
        """
        with self._turn:
            states = {url: self.feeds.state(url) for url in urls}
            due = [state for state in states.values() if is_due(state, self.now(), everything=everything)]
            for done, (state, entries) in enumerate(self._answers(due), start=1):
                self.feeds.record(state, entries, self.now())
                states[state.url] = state
                told(done, len(due))
        found = (problem(state, self.now(), self.dead) for state in states.values())
        return tuple(sick for sick in found if sick)

    def _answers(self, due: Sequence[FeedState]) -> Iterator[Answer]:
        """What each of them said, as it comes."""
        hosts: SimpleQueue[list[FeedState]] = SimpleQueue()
        found: SimpleQueue[Future[Answer]] = SimpleQueue()
        over = Event()
        groups = _by_host(due)
        for group in groups:
            hosts.put(group)
        for _ in range(min(self.connections, len(groups))):
            Thread(target=self._work, args=(hosts, found, over), name="feeds", daemon=True).start()
        try:
            for _ in due:
                yield found.get().result()
        finally:
            over.set()

    def _work(self, hosts: SimpleQueue[list[FeedState]], found: SimpleQueue[Future[Answer]], over: Event) -> None:
        """One thread's work: host after host, until there is none left."""
        while True:
            try:
                group = hosts.get_nowait()
            except Empty:
                return
            for number, state in enumerate(group):
                if number:
                    self.sleep(self.pause)
                if over.is_set():
                    return
                found.put(_future(partial(self._ask, state)))

    def _ask(self, state: FeedState) -> Answer:
        """What a feed says. Never raises because of what it says."""
        known = {"If-None-Match": state.etag, "If-Modified-Since": state.modified}
        conditions = {name: value for name, value in known.items() if value}
        headers = ({"Accept": _ACCEPT} | conditions).items()
        try:
            fetched = self.fetcher.get(state.address, headers=headers, packed=True)
        except FetchError as error:
            return failed(state, error.what, self.now(), self.every), ()
        if fetched.status // 100 == 2:  # noqa: PLR2004 - RFC 9110, 15.3
            return self._parsed(state, fetched)
        if fetched.status == HTTPStatus.NOT_MODIFIED and conditions:
            same = "" if state.failures else state.fault  # what is odd about what it said before
            return replace(self._answered(state, fetched), fault=same), ()
        if fetched.status == HTTPStatus.GONE:
            return gone(state, "it is gone for good, says its server (410)", self.now()), ()
        retry_after = fetched.headers.get("retry-after", "")
        return failed(state, _refusal(fetched.status), self.now(), self.every, retry_after), ()

    def _parsed(self, state: FeedState, fetched: Fetched) -> Answer:
        try:
            parsed = self.parse(fetched.data, fetched.url, fetched.media_type, fetched.charset)
        except FeedError as error:
            return failed(state, error.what, self.now(), self.every), ()
        except Exception as error:  # noqa: BLE001 - strangers wrote it: what a parser stumbles over is one feed's fault
            return failed(state, f"it cannot be read ({type(error).__name__}: {error})", self.now(), self.every), ()
        heard = replace(
            self._answered(state, fetched),
            title=parsed.title or state.title,
            etag=remembered(fetched.headers.get("etag", "")),
            modified=remembered(fetched.headers.get("last-modified", "")),
            fault="; ".join(parsed.faults)[:SHOWN],
        )
        return heard, parsed.entries

    def _answered(self, state: FeedState, fetched: Fetched) -> FeedState:
        moved = replace(state, address=fetched.moved or state.address)
        return answered(moved, self.now(), self.every, fetched.headers.get("cache-control", ""))


def _by_host(states: Iterable[FeedState]) -> list[list[FeedState]]:
    """The feeds of each host; the longest rows first, for they take longest."""
    hosts: dict[str, list[FeedState]] = defaultdict(list)
    for state in states:
        hosts[urlsplit(state.address).hostname or ""].append(state)
    return sorted(hosts.values(), key=len, reverse=True)


def _future(work: Callable[[], Answer]) -> Future[Answer]:
    """What came of it, for another thread: a bug too."""
    future: Future[Answer] = Future()
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 - raised where the answer is read
        future.set_exception(error)
    return future


def _refusal(status: int) -> str:
    try:
        return f"it answers with {status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return f"it answers with {status}"
