"""Limits of a fleet as one run keeps them: fetched ahead, used while that is good, given back when it is not used."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from digest.errors import StoreError
from digest.pacing import Grant, Limits, Meter
from digest.sending.taps import Tap, Taps, at_once

NOON = 43_200.0  # on the clock of whoever asks
AGE = 36.0  # seconds that a grant is good for


@dataclass
class Store:
    """So many messages that all senders may hand over, and the time."""

    left: int
    asked: list[int] = field(default_factory=list)
    came_back: list[Grant] = field(default_factory=list)
    is_away: bool = False
    moment: float = 100.0

    def fetch(self, name: str, limits: Limits, most: int, back: Sequence[Grant]) -> Grant:
        self.asked.append(most)
        self.give_back(name, limits, back)
        got = min(most, self.left)
        self.left -= got
        return Grant(got, expires=self.moment + AGE) if got else Grant(0, 60.0)

    def give_back(self, _name: str, _limits: Limits, back: Sequence[Grant]) -> None:
        if self.is_away:
            raise StoreError("away", busy=True)
        self.came_back += back
        self.left += sum(grant.messages for grant in back)


LIMITS = Limits(per_hour=1_000)  # ten at once


def tap_of(store: Store) -> Tap:
    return Tap("relay", LIMITS, store, lambda: store.moment)


async def fetched(tap: Tap) -> None:
    assert tap.fetching is not None
    await tap.fetching


async def filled(store: Store) -> Tap:
    tap = tap_of(store)
    assert 0 < tap.wait(NOON) < 1
    await fetched(tap)
    return tap


def take(tap: Tap, count: int, at: float = NOON) -> None:
    for _ in range(count):
        assert tap.wait(at) == 0.0
        tap.take(at)


async def test_who_finds_nothing_has_it_fetched_and_asks_again():
    store = Store(100)
    tap = await filled(store)
    assert tap.wait(NOON) == 0.0
    assert (tap.left, store.asked) == (10, [10])


async def test_more_is_fetched_before_all_is_used_and_by_one_question():
    store = Store(100)
    tap = await filled(store)
    take(tap, 10)
    await fetched(tap)
    assert (tap.left, store.asked) == (10, [10, 10])


async def test_when_nothing_may_go_it_is_asked_again_in_time():
    store = Store(0)
    tap = await filled(store)
    assert tap.wait(NOON) == 60.0
    store.moment += 45
    assert tap.wait(NOON) == 15.0
    assert store.asked == [10]
    store.moment += 15
    tap.wait(NOON)
    await fetched(tap)
    assert store.asked == [10, 10]


async def test_a_ledger_that_is_away_is_asked_again_later():
    store = Store(100, is_away=True)
    tap = await filled(store)
    assert 0 < tap.wait(NOON) <= 1
    store.is_away = False
    store.moment += 2
    tap.wait(NOON)
    await fetched(tap)
    assert tap.wait(NOON) == 0.0


async def test_what_has_expired_is_not_used_and_goes_back_with_the_next_question():
    store = Store(12)
    tap = await filled(store)
    take(tap, 4)
    store.moment += AGE
    assert tap.wait(NOON) > 0
    await fetched(tap)
    assert [grant.messages for grant in store.came_back] == [6]
    assert (tap.left, store.left) == (8, 0)


async def test_nobody_fetches_ahead_who_takes_nothing():
    store = Store(100)
    tap = await filled(store)
    store.moment += 10 * AGE
    await asyncio.sleep(0)
    assert store.asked == [10]
    assert tap.wait(NOON) > 0


async def test_the_oldest_is_used_first():
    store = Store(100)
    tap = await filled(store)
    take(tap, 5)
    store.moment += AGE / 2
    await fetched(tap)
    assert tap.left == 15
    take(tap, 4)
    store.moment += AGE / 2
    tap.wait(NOON)
    assert tap.left == 10
    store.moment += AGE / 2
    assert tap.wait(NOON) > 0
    await fetched(tap)
    assert [grant.messages for grant in store.came_back] == [1, 10]


async def test_one_that_was_taken_and_did_not_go_may_go_while_its_grant_is_good():
    store = Store(10)
    tap = await filled(store)
    take(tap, 10)
    assert tap.left == 0
    tap.give_back(NOON)
    take(tap, 1, at=NOON + 1)
    await fetched(tap)


async def test_one_that_was_taken_and_did_not_go_is_lost_when_its_grant_has_expired():
    store = Store(20)
    tap = await filled(store)
    take(tap, 10)
    await fetched(tap)
    store.moment += AGE - 1
    take(tap, 1, at=NOON + 35)
    store.moment += 1
    tap.give_back(NOON)
    assert tap.left == 0


async def test_a_clock_that_is_set_back_changes_nothing():
    store = Store(100)
    tap = await filled(store)
    take(tap, 3, at=NOON - 3600)
    tap.give_back(NOON - 3600)
    assert tap.left == 8


async def test_what_was_not_used_is_given_back():
    store = Store(100)
    taps = Taps(store)
    gate = taps.gate("relay", LIMITS, LIMITS)
    gate.wait(NOON)
    await asyncio.sleep(0)
    await taps.close()
    assert store.left == 100
    assert store.asked == [10]


async def test_the_last_run_that_used_one_gives_back_what_is_left_of_it():
    store = Store(100)
    first, last = Taps(store), Taps(store)
    tap = first.gate("relay", LIMITS, LIMITS)
    assert isinstance(tap, Tap)
    for run in (first, last):
        assert tap.wait(NOON) > 0
        await fetched(tap)
        assert store.left == 90
        last.answer_for(tap)
        await run.close()
        assert store.left == 100


async def test_what_cannot_be_given_back_is_lost_and_nothing_else():
    store = Store(100)
    taps = Taps(store)
    gate = taps.gate("relay", LIMITS, LIMITS)
    gate.wait(NOON)
    assert isinstance(gate, Tap)
    await fetched(gate)
    store.is_away = True
    await taps.close()
    assert store.left == 90


async def test_who_sends_alone_keeps_to_its_part_by_itself():
    assert isinstance(Taps(None).gate("relay", Limits(per_second=4), Limits(per_second=2)), Meter)


async def test_where_messages_have_no_limit_nobody_is_asked():
    assert isinstance(Taps(Store(0)).gate("relay", Limits(connections=4), Limits(connections=4)), Meter)


def test_no_more_is_fetched_at_once_than_leaves_others_their_part():
    assert at_once(Limits(per_second=50)) == 25
    assert at_once(Limits(per_second=0.1)) == 1
    assert at_once(Limits(per_second=500, per_hour=1_000)) == 10
    assert at_once(Limits(per_day=10)) == 1
