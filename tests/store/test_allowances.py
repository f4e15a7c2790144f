"""What all senders together may hand over, fetched some at a time, on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, func, select

from digest.pacing import DAY, HOUR, MINUTE, Grant, Limits
from digest.store import allowances as module
from digest.store.allowances import AGE, AHEAD, Allowances
from digest.store.database import Database
from digest.store.tables import takings


@dataclass
class Time:
    """The database's, and this process's own, which agree on how fast it goes by."""

    passed: float = 0.0
    late: float = 0.0  # how long it takes to ask the database, and to have its answer

    def monotonic(self) -> float:
        return 7_000.0 + self.passed

    def clock(self, _connection: Connection) -> datetime:
        read = self.passed + self.late
        self.passed = read + self.late
        return datetime(2025, 10, 6, 7, tzinfo=UTC) + timedelta(seconds=read)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    time = Time()
    monkeypatch.setattr(module, "clock", time.clock)
    monkeypatch.setattr(module, "monotonic", time.monotonic)
    return time


@pytest.fixture
def allowances(database: Database, time: Time) -> Allowances:
    return Allowances(database)


def rest(grant: Grant, messages: int) -> Grant:
    """Of which so many did not go."""
    return grant._replace(messages=messages)


def test_a_rate_gives_no_more_than_a_second_ahead(allowances: Allowances, time: Time):
    limits = Limits(per_second=10)
    got = [allowances.fetch("relay", limits, 4).messages for _ in range(5)]
    assert (got[:3], sum(got)) == ([4, 4, 2], 10)
    nothing = allowances.fetch("relay", limits, 4)
    assert nothing.messages == 0
    assert nothing.wait == pytest.approx(0.1)
    time.passed += 0.5
    assert allowances.fetch("relay", limits, 100).messages == 5


def test_a_rate_of_less_than_one_in_a_second_gives_one_at_a_time(allowances: Allowances, time: Time):
    limits = Limits(per_second=0.1)
    assert allowances.fetch("relay", limits, 4).messages == 1
    nothing = allowances.fetch("relay", limits, 4)
    assert nothing.messages == 0
    assert nothing.wait == pytest.approx(10)
    time.passed += 10
    assert allowances.fetch("relay", limits, 4).messages == 1


WINDOWS = [(Limits(per_minute=7), MINUTE), (Limits(per_hour=7), HOUR), (Limits(per_day=7), DAY)]


@pytest.mark.parametrize(("limits", "length"), WINDOWS)
def test_no_window_holds_more_than_its_limit(allowances: Allowances, time: Time, limits: Limits, length: float):
    assert [allowances.fetch("relay", limits, 5).messages for _ in range(3)] == [5, 2, 0]
    wait = allowances.fetch("relay", limits, 5).wait
    assert length * 1.01 <= wait <= length * 1.02  # they may go for a hundredth of it, and are dated as exactly
    time.passed += wait / 2
    assert allowances.fetch("relay", limits, 5).messages == 0
    time.passed += wait / 2
    assert allowances.fetch("relay", limits, 9).messages == 7


@pytest.mark.parametrize(
    ("limits", "seconds"),
    [
        (Limits(per_second=5, per_minute=100), 0.5),
        (Limits(per_minute=100, per_day=100), 0.6),
        (Limits(per_hour=100, per_day=100), 36),
        (Limits(per_day=100), 864),
    ],
)
def test_a_grant_expires_and_is_never_good_for_longer_than_the_database_believes(
    allowances: Allowances, time: Time, limits: Limits, seconds: float
):
    asked, time.late = time.monotonic(), 0.3
    assert allowances.fetch("relay", limits, 1).expires == pytest.approx(asked + seconds)


def test_what_did_not_go_is_for_others(allowances: Allowances):
    limits = Limits(per_hour=12)
    grant = allowances.fetch("relay", limits, 10)
    allowances.give_back("relay", limits, [rest(grant, 6)])
    assert allowances.fetch("relay", limits, 10).messages == 8


def test_more_than_was_fetched_at_once_can_be_given_back(allowances: Allowances, time: Time):
    """... of grants that counted at different times, together with the next question."""
    limits = Limits(per_hour=20)
    grants = []
    for _ in range(3):
        grants.append(allowances.fetch("relay", limits, 5))
        time.passed += 40
    assert allowances.fetch("relay", limits, 20, grants).messages == 20
    assert allowances.fetch("relay", limits, 20).messages == 0


def test_many_that_use_little_of_what_they_fetch_use_up_what_is_allowed(allowances: Allowances, time: Time):
    limits, sent = Limits(per_hour=1_000), 0
    while (grant := allowances.fetch("relay", limits, 10)).messages:
        used = min(5, grant.messages)
        sent += used
        allowances.give_back("relay", limits, [rest(grant, grant.messages - used)])
        time.passed += 0.1
    assert sent == 1_000


def test_what_is_given_back_too_late_changes_nothing(allowances: Allowances, time: Time):
    limits = Limits(per_second=10, per_minute=10)
    grant = allowances.fetch("relay", limits, 10)
    time.passed += 2 * DAY
    assert allowances.fetch("relay", limits, 10).messages == 10
    allowances.give_back("relay", limits, [grant])
    assert allowances.fetch("relay", limits, 10).messages == 0


def test_a_rate_that_was_not_used_is_for_others(allowances: Allowances):
    limits = Limits(per_second=4)
    grants = [allowances.fetch("relay", limits, 2) for _ in range(2)]
    assert allowances.fetch("relay", limits, 4).messages == 0
    allowances.give_back("relay", limits, [rest(grants[0], 1), grants[1]])
    assert allowances.fetch("relay", limits, 4).messages == 3


def test_a_rate_is_not_given_back_past_what_others_have_fetched_since(allowances: Allowances):
    """Else many who give back and fetch again, all of it unused, would have ever more in hand together."""
    limits = Limits(per_second=4)
    mine, _theirs = [allowances.fetch("relay", limits, 2) for _ in range(2)]
    allowances.give_back("relay", limits, [mine])
    assert allowances.fetch("relay", limits, 4).messages == 0


def test_every_name_has_limits_of_its_own(allowances: Allowances):
    limits = Limits(per_minute=3)
    assert allowances.fetch("relay", limits, 5).messages == 3
    assert allowances.fetch("@example.org", limits, 5).messages == 3


def test_a_day_of_grants_is_kept_in_few_rows(allowances: Allowances, database: Database, time: Time):
    limits = Limits(per_day=100_000)
    for _ in range(300):
        allowances.fetch("relay", limits, 1)
        time.passed += DAY / 200
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(takings)).scalar_one() <= 102


def test_senders_that_ask_at_the_same_time_get_no_more_together(database: Database, url: str):
    limits = Limits(per_second=20, per_minute=50)
    got: list[int] = []
    ready = threading.Barrier(6)

    def ask() -> None:
        mine = Database(url)
        ready.wait(30)
        got.extend(Allowances(mine).fetch("relay", limits, 3).messages for _ in range(20))
        mine.close()

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 120
    assert 20 <= sum(got) <= 50


# --- whatever senders do ----------------------------------------------------------------------------------------------


@dataclass
class Sender:
    """Uses what it fetched before that expires, and gives back some of the rest."""

    allowances: Allowances
    time: Time
    name: str
    limits: Limits
    held: list[Grant] = field(default_factory=list)

    def fetch(self, most: int, *, with_rest: bool) -> None:
        back: list[Grant] = []
        if with_rest:
            back, self.held = self.held, []
        grant = self.allowances.fetch(self.name, self.limits, most, back)
        if grant.messages:
            self.held.append(grant)

    def use(self, most: int) -> int:
        """How many went."""
        used = 0
        for place, grant in enumerate(self.held):
            if grant.expires > self.time.monotonic():
                going = min(most - used, grant.messages)
                self.held[place] = rest(grant, grant.messages - going)
                used += going
        return used


TURNS = st.tuples(
    st.integers(0, 1),  # who
    st.sampled_from([0.0, 0.1, 59.65]),  # seconds that go by, in a window of a minute
    st.sampled_from([2, 10]),  # so many are fetched
    st.booleans(),  # ... and the rest of the last ones is given back
    st.sampled_from([0.0, 0.1, 0.45]),  # seconds that go by
    st.sampled_from([0, 2, 10]),  # so many are used by each
)
LIMITS = st.builds(Limits, per_second=st.sampled_from([0, 0.4, 3, 10]), per_minute=st.sampled_from([0, 4, 7])).filter(
    lambda limits: limits != Limits()
) | st.builds(Limits, per_hour=st.sampled_from([5, 9]), per_minute=st.sampled_from([0, 4]))


@pytest.fixture(scope="module")
def memory() -> Iterator[Database]:
    database = Database("sqlite://")
    yield database
    database.close()


def test_whatever_senders_fetch_use_and_give_back_no_more_goes_than_the_limits_allow(
    memory: Database, monkeypatch: pytest.MonkeyPatch
):
    names = count()

    @settings(deadline=None, max_examples=200)
    @given(LIMITS, st.lists(TURNS, min_size=10, max_size=40), st.sampled_from([0.0, 0.05]))
    def holds(limits: Limits, turns: list[tuple[int, float, int, bool, float, int]], late: float) -> None:
        time, name = Time(late=late), f"relay{next(names)}"
        monkeypatch.setattr(module, "clock", time.clock)
        monkeypatch.setattr(module, "monotonic", time.monotonic)
        senders = [Sender(Allowances(memory), time, name, limits) for _ in range(2)]
        went: list[float] = []
        scale = limits.windows[0][0] / MINUTE if limits.windows else 1
        for who, before, fetched, with_rest, after, used in turns:
            time.passed += before * scale
            senders[who].fetch(fetched, with_rest=with_rest)
            time.passed += after * scale
            went += [time.passed] * sum(sender.use(used) for sender in senders)
        for length, allowed in limits.windows:
            assert most_within(went, length) <= allowed
        if limits.per_second:
            assert_is_within_rate(went, limits.per_second)

    holds()


def most_within(went: list[float], length: float) -> int:
    return max((sum(last - length < one <= last for one in went) for last in went), default=0)


def assert_is_within_rate(went: list[float], per_second: float) -> None:
    for first, since in enumerate(went):
        for last, until in enumerate(went[first:], first):
            allowed = per_second * (until - since + AGE + max(AHEAD.total_seconds(), 1 / per_second))
            assert last - first + 1 <= allowed + 1e-6
