"""What is going on, looked at from outside: who is sending, how fast, since when something is held."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text, update

from digest.model import DeliveryStatus, EditionRecord, Subscriber
from digest.store.database import Database, clock
from digest.store.senders import SenderLock
from digest.store.tables import deliveries
from digest.store.vitals import Vitals
from tests.store.conftest import NOW, Enlist, Freeze, on_postgresql

LEASE = timedelta(minutes=30)


@pytest.fixture
def record(enlist: Enlist, edition: Any, freeze: Freeze) -> EditionRecord:
    enlist(*(Subscriber(0, f"reader{number}@example.org", created=NOW, changed=NOW) for number in range(40)))
    frozen = freeze(edition())
    assert frozen
    return frozen


def accept(database: Database, *ago: timedelta) -> None:
    """So many more were accepted, so long before NOW."""
    queued = deliveries.c.status == DeliveryStatus.QUEUED
    with database.write() as connection:
        for since in ago:
            one = text("id = (SELECT min(id) FROM deliveries WHERE status = 'queued')")
            connection.execute(
                update(deliveries).where(queued, one).values(status=DeliveryStatus.ACCEPTED, changed=NOW - since)
            )


@pytest.mark.parametrize(
    ("ago", "per_second"),
    [
        ([], 0.0),
        ([10 - number / 4 for number in range(40)], 4.0),  # begun ten seconds ago
        ([0.001] * 20, 20.0),  # recorded together a moment ago
        ([3600] * 10 + [50] * 30, 0.5),  # begun long ago: within the last minute
        ([3600] * 10, 0.0),
    ],
)
def test_the_rate_is_that_of_the_last_minute_or_since_the_first_one_was_accepted(
    database: Database, record: EditionRecord, ago: list[float], per_second: float
):
    accept(database, *(timedelta(seconds=seconds) for seconds in ago))
    assert Vitals(database, NOW).per_second(record.id) == pytest.approx(per_second)


def test_what_the_database_measures_is_told_by_the_clock_of_whoever_asks(database: Database, record: EditionRecord):
    """NOW is years away from it."""
    with database.write() as connection:
        lease = clock(connection) + LEASE
        connection.execute(update(deliveries).values(status=DeliveryStatus.CLAIMED, lease=lease))
    with SenderLock(database):
        vitals = Vitals(database, NOW)
        (sender,) = vitals.senders()
    told = vitals.soonest_lease(record.id)
    assert told
    assert abs(told - LEASE - NOW) < timedelta(minutes=1)
    assert abs(sender.started - NOW) < timedelta(minutes=1)


@on_postgresql
def test_who_has_not_come_back_after_a_restart_of_the_server_is_not_among_the_living(database: Database):
    """Others wait a while before they judge what it held; that does not make it alive."""
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO senders (started, host, process)"
                " VALUES (pg_postmaster_start_time() - interval '3 minutes', 'post', 1)"
            )
        )
    assert Vitals(database, NOW).senders() == ()
