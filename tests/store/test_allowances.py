"""What all senders together may hand over, fetched some at a time, on both databases."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import update

from digest.pacing import DAY, HOUR, MINUTE, Limits
from digest.store.allowances import Allowances
from digest.store.database import Database
from digest.store.tables import allowances as table
from digest.store.tables import takings


@pytest.fixture
def allowances(database: Database) -> Allowances:
    return Allowances(database)


def time_passes(database: Database, seconds: float) -> None:
    """As far as this database remembers."""
    passed = timedelta(seconds=seconds)
    with database.write() as connection:
        for row in connection.execute(takings.select()).all():
            connection.execute(update(takings).where(takings.c.id == row.id).values(at=row.at - passed))
        for row in connection.execute(table.select()).all():
            if row.due:
                connection.execute(update(table).where(table.c.name == row.name).values(due=row.due - passed))


def test_without_a_limit_whatever_is_asked_for_may_go(allowances: Allowances):
    assert allowances.fetch("relay", Limits(), 500) == (500, 0.0)


def test_a_rate_gives_no_more_than_a_second_ahead(allowances: Allowances, database: Database):
    limits = Limits(per_second=10)
    got = [allowances.fetch("relay", limits, 4).messages for _ in range(5)]
    assert (got[:3], sum(got)) == ([4, 4, 2], 10)
    nothing = allowances.fetch("relay", limits, 4)
    assert nothing.messages == 0
    assert 0 < nothing.wait <= 0.1
    time_passes(database, 0.5)
    assert allowances.fetch("relay", limits, 100).messages in {5, 6}  # the test itself takes time


def test_a_rate_of_less_than_one_in_a_second_gives_one_at_a_time(allowances: Allowances, database: Database):
    limits = Limits(per_second=0.1)
    assert allowances.fetch("relay", limits, 4).messages == 1
    nothing = allowances.fetch("relay", limits, 4)
    assert nothing.messages == 0
    assert 9 < nothing.wait <= 10
    time_passes(database, 10)
    assert allowances.fetch("relay", limits, 4).messages == 1


@pytest.mark.parametrize(
    ("limits", "length"),
    [(Limits(per_minute=7), MINUTE), (Limits(per_hour=7), HOUR), (Limits(per_day=7), DAY)],
)
def test_no_window_holds_more_than_its_limit(allowances: Allowances, database: Database, limits: Limits, length: float):
    assert [allowances.fetch("relay", limits, 5).messages for _ in range(3)] == [5, 2, 0]
    assert length - 5 < allowances.fetch("relay", limits, 5).wait <= length
    time_passes(database, length / 2)
    assert allowances.fetch("relay", limits, 5).messages == 0
    time_passes(database, length / 2)
    assert allowances.fetch("relay", limits, 9).messages == 7


def test_what_did_not_go_is_for_others(allowances: Allowances):
    limits = Limits(per_hour=12)
    assert allowances.fetch("relay", limits, 10).messages == 10
    allowances.give_back("relay", limits, 6)
    assert allowances.fetch("relay", limits, 10).messages == 8


def test_a_rate_that_was_not_used_is_for_others(allowances: Allowances):
    limits = Limits(per_second=1)
    assert allowances.fetch("relay", limits, 10).messages == 1
    allowances.give_back("relay", limits, 1)
    assert allowances.fetch("relay", limits, 10).messages == 1


def test_every_name_has_limits_of_its_own(allowances: Allowances):
    limits = Limits(per_minute=3)
    assert allowances.fetch("relay", limits, 5).messages == 3
    assert allowances.fetch("@example.org", limits, 5).messages == 3


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
