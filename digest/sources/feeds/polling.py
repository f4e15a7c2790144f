"""Asks feeds for what is new: those that are due, several at a time, each host politely; no feed's fault is another's.

    states ──▶ due? ──▶ turns ──▶ threads: ask, parse ──▶ answers, as they come ──▶ recorded, one after another
                          └ a host's feeds one after another, with a pause between them

The threads only ask and parse. Whoever called is the only one who writes, and may leave in the middle: what was
recorded until then stays, and the threads end with what they have in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from math import ceil, inf
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from digest.errors import FeedError, FetchError, PrivateHostError
from digest.fetching import Fetched, Fetcher
from digest.identity import keyless
from digest.model import Entry, Fault, FeedState, Problem
from digest.sources.feeds.parsing import Parsed, parse
from digest.sources.feeds.patience import (
    SHOWN,
    answered,
    failed,
    gone,
    is_due,
    is_refused,
    problem,
    refused,
    remembered,
)
from digest.sources.feeds.turns import Turns
from digest.sources.ports import Feeds

_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.8"
_BREATH = 0.25  # seconds; so often who waits is told that it still does

Parse = Callable[[bytes, str, str, str], Parsed]
Answer = tuple[FeedState, tuple[Entry, ...]]
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Poller:
    """``every`` is how long an answer stays new, ``connections`` how many feeds are asked at a time, one of a host.
    A feed without an answer for as long as ``dead`` is reported as dead, by its name if ``names`` has one for its address.
    Between two feeds of a host are ``pause`` seconds. A round that must end gives each its share of the time, ``least``
    seconds at least.
    """

    fetcher: Fetcher
    feeds: Feeds
    now: Callable[[], datetime]
    every: timedelta = timedelta(hours=1)
    connections: int = 8
    dead: timedelta = timedelta(days=14)
    names: Mapping[str, str] = field(default_factory=dict)
    parse: Parse = parse
    pause: float = 1.0
    least: float = 5.0
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)
    _parsing: Lock = field(default_factory=Lock, repr=False, compare=False)  # one at a time: it may take much memory
    # Until when feeds are left alone: by rounds that have no time, and by all of them.
    _late: dict[str, datetime] = field(default_factory=dict, repr=False, compare=False)
    _refused: dict[str, datetime] = field(default_factory=dict, repr=False, compare=False)

    def poll(
        self,
        urls: Sequence[str],
        told: Told,
        *,
        everything: bool = False,
        even_gone: bool = False,
        within: float = inf,
    ) -> tuple[Problem, ...]:
        """Asks those of the feeds that are due, or with ``everything`` all but those that asked for patience;
        ``even_gone`` asks those, too, that said that they never come back.

        The problems are those of all of them, also of such as were not due. Rounds are made one after another: who comes
        while another is going on finds everything asked. ``told`` hears several times a second how far it is, and may
        raise to end it. After ``within`` seconds it ends by itself: a feed that has not answered by then has not failed,
        and no other round that must end asks it before long.
        """
        ends = time.monotonic() + within
        due = partial(self._due, urls, everything=everything, even_gone=even_gone, hurried=within < inf)
        missed = due()
        if missed and self._comes(len(missed), told, ends):
            try:
                missed = self._round(due(), told, ends)
            finally:
                self._turn.release()
        self._late.update(dict.fromkeys(missed, self.now() + self.every))
        found = (problem(state, self._name(state.url), self.now(), self.dead) for state in map(self.feeds.state, urls))
        return (*filter(None, found), *_unheard(len(missed), within))

    def _name(self, url: str) -> str:
        return self.names.get(url) or keyless(url)

    def _due(self, urls: Sequence[str], *, everything: bool, even_gone: bool, hurried: bool) -> dict[str, FeedState]:
        now = self.now()
        states = {url: self.feeds.state(url) for url in urls}
        return {
            url: state
            for url, state in states.items()
            if is_due(state, now, self.every, everything=everything, even_gone=even_gone)
            and (everything or not _rests(self._refused, url, now))
            and not (hurried and _rests(self._late, url, now))
        }

    def _comes(self, due: int, told: Told, ends: float) -> bool:
        """Whether the turn of this round comes before it has to end."""
        while not self._turn.acquire(timeout=max(0, min(_BREATH, ends - time.monotonic()))):
            if time.monotonic() >= ends:
                return False
            told(0, due)
        return True

    def _round(self, due: dict[str, FeedState], told: Told, ends: float) -> dict[str, FeedState]:
        """Asks all of these, and gives those that have not answered in time."""
        left, total = dict(due), len(due)
        for answer in self._answers(tuple(due.values()), ends):
            if answer:
                state, entries = answer
                self.feeds.record(state, entries, self.now())
                del left[state.url]
                self._late.pop(state.url, None)
                if is_refused(state):
                    self._refused[state.url] = self.now() + self.every
            told(total - len(left), total)
        return left

    def _answers(self, due: Sequence[FeedState], ends: float) -> Iterator[Answer | None]:
        """What each of them said, as it comes; None while nothing does."""
        turns = Turns(due, self.pause)
        found: SimpleQueue[Future[Answer]] = SimpleQueue()
        share = self._share(len(due), ends)
        for _ in range(min(self.connections, turns.hosts)):
            Thread(target=self._work, args=(turns, found, share), name="feeds", daemon=True).start()
        missing = len(due)
        try:
            while missing and (left := ends - time.monotonic()) > 0:
                try:
                    answer = found.get(timeout=min(_BREATH, left))
                except Empty:
                    yield None
                else:
                    missing -= 1
                    yield answer.result()
        finally:
            turns.end()

    def _share(self, feeds: int, ends: float) -> float:
        """The seconds that each of so many feeds may take, for all of them to have their turn."""
        rows = max(1, ceil(feeds / self.connections))
        return max(self.least, round((ends - time.monotonic()) / rows, 1))

    def _work(self, turns: Turns, found: SimpleQueue[Future[Answer]], share: float) -> None:
        """One thread's work: feed after feed, until there is none left."""
        while state := turns.take():
            found.put(_future(partial(self._ask, state, share)))
            turns.done(state)

    def _ask(self, state: FeedState, within: float) -> Answer:
        """What a feed says. Never raises because of what it says."""
        known = {"If-None-Match": state.etag, "If-Modified-Since": state.modified}
        conditions = {name: value for name, value in known.items() if value}
        headers = ({"Accept": _ACCEPT} | conditions).items()
        try:
            fetched = self.fetcher.get(state.address, headers=headers, packed=True, within=within)
        except PrivateHostError as error:
            return refused(state, error.what, self.now()), ()
        except FetchError as error:
            return failed(state, error.what, self.now(), self.every), ()
        if fetched.status // 100 == 2 and fetched.status != HTTPStatus.PARTIAL_CONTENT:  # noqa: PLR2004 - RFC 9110, 15.3
            return self._parsed(state, fetched)
        if fetched.status == HTTPStatus.NOT_MODIFIED and conditions:
            same = "" if state.failures else state.fault  # what is odd about what it said before
            return replace(self._answered(state, fetched), fault=same), ()
        if fetched.status == HTTPStatus.GONE and fetched.url == state.url:  # and not what it leads to
            return gone(state, "it is gone for good, says its server (410)", self.now()), ()
        retry_after = fetched.headers.get("retry-after", "")
        return failed(state, _refusal(fetched.status), self.now(), self.every, retry_after), ()

    def _parsed(self, state: FeedState, fetched: Fetched) -> Answer:
        try:
            with self._parsing:
                parsed = self.parse(fetched.data, fetched.url, fetched.media_type, fetched.charset)
        except FeedError as error:
            return failed(state, error.what, self.now(), self.every), ()
        except Exception as error:  # noqa: BLE001 - strangers wrote it: what a parser stumbles over is one feed's fault
            return failed(state, f"it cannot be read ({type(error).__name__}: {error})", self.now(), self.every), ()
        anew = replace(state, etag="", modified="")
        heard = replace(
            self._answered(anew, fetched),
            title=parsed.title or state.title,
            fault="; ".join(parsed.faults)[:SHOWN],
        )
        return heard, parsed.entries

    def _answered(self, state: FeedState, fetched: Fetched) -> FeedState:
        """With what it is known by from now on; a 304 may name another ETag (RFC 9111, 4.3.4)."""
        heard = replace(
            state,
            address=fetched.moved or state.address,
            etag=remembered(fetched.headers.get("etag", state.etag)),
            modified=remembered(fetched.headers.get("last-modified", state.modified)),
        )
        return answered(heard, self.now(), self.every, fetched.headers.get("cache-control", ""))


def _rests(until: Mapping[str, datetime], url: str, now: datetime) -> bool:
    return url in until and now < until[url]


def _unheard(number: int, within: float) -> Iterator[Problem]:
    if number:
        feeds = "1 feed has" if number == 1 else f"{number:,} feeds have"
        what = f"{feeds} not answered within {within:g} s"
        yield Problem("feeds", what, "what they held before is still known", fault=Fault.FEED)


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
