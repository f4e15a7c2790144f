"""Limits of a fleet as one run keeps them: fetched ahead, given back when they are not used."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from digest.errors import StoreError
from digest.pacing import Grant, Limits, Meter
from digest.sending.taps import Tap, Taps, at_once


@dataclass
class Store:
    """So many messages that all senders may hand over."""

    left: int
    asked: list[int] = field(default_factory=list)
    is_away: bool = False

    def fetch(self, _name: str, _limits: Limits, most: int) -> Grant:
        if self.is_away:
            raise StoreError("away", busy=True)
        self.asked.append(most)
        got = min(most, self.left)
        self.left -= got
        return Grant(got) if got else Grant(0, 60.0)

    def give_back(self, _name: str, _limits: Limits, count: int) -> None:
        self.left += count


LIMITS = Limits(per_hour=1_000)  # ten at once


async def fetched(tap: Tap) -> None:
    assert tap.fetching is not None
    await tap.fetching


async def test_who_finds_nothing_has_it_fetched_and_asks_again():
    store = Store(100)
    tap = Tap("relay", LIMITS, store)
    assert 0 < tap.wait(0.0) < 1
    await fetched(tap)
    assert tap.wait(0.0) == 0.0
    assert (tap.left, store.asked) == (10, [10])


async def test_more_is_fetched_before_all_is_used_and_by_one_question():
    store = Store(100)
    tap = Tap("relay", LIMITS, store)
    tap.wait(0.0)
    await fetched(tap)
    for _ in range(10):
        assert tap.wait(0.0) == 0.0
        tap.take(0.0)
    await fetched(tap)
    assert (tap.left, store.asked) == (10, [10, 10])


async def test_when_nothing_may_go_it_is_asked_again_in_time():
    store = Store(0)
    tap = Tap("relay", LIMITS, store)
    tap.wait(0.0)
    await fetched(tap)
    assert (tap.wait(0.0), tap.wait(45.0)) == (60.0, 15.0)
    assert store.asked == [10]
    tap.wait(60.0)
    await fetched(tap)
    assert store.asked == [10, 10]


async def test_a_ledger_that_is_away_is_asked_again_later():
    store = Store(100, is_away=True)
    tap = Tap("relay", LIMITS, store)
    tap.wait(0.0)
    await fetched(tap)
    assert 0 < tap.wait(0.0) <= 1
    store.is_away = False
    tap.wait(2.0)
    await fetched(tap)
    assert tap.wait(2.0) == 0.0


async def test_what_was_not_used_is_given_back():
    store = Store(100)
    taps = Taps(store)
    gate = taps.gate("relay", LIMITS, LIMITS)
    gate.wait(0.0)
    await asyncio.sleep(0)
    await taps.close()
    assert store.left == 100
    assert store.asked == [10]


async def test_who_sends_alone_keeps_to_its_part_by_itself():
    assert isinstance(Taps(None).gate("relay", Limits(per_second=4), Limits(per_second=2)), Meter)


def test_no_more_is_fetched_at_once_than_leaves_others_their_part():
    assert at_once(Limits(per_second=50)) == 25
    assert at_once(Limits(per_second=0.1)) == 1
    assert at_once(Limits(per_second=500, per_hour=1_000)) == 10
    assert at_once(Limits(per_day=10)) == 1
