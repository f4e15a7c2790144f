"""What the machine does to a sender: a disk that is full, a clock that is set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from digest.errors import StoreError
from tests.sending.conftest import Serve
from tests.sending.house import House, readers
from tests.sending.server import FINAL, Answer, Moment, say

AN_HOUR = timedelta(hours=1)


@contextmanager
def full_disk(more: int) -> Iterator[None]:
    """The database may grow by so many pages, and then there is no room (SQLITE_FULL)."""
    most = 0

    def limit(connection: Connection) -> None:
        nonlocal most
        most = most or connection.exec_driver_sql("PRAGMA page_count").scalar_one() + more
        connection.exec_driver_sql(f"PRAGMA max_page_count={most}")

    event.listen(Engine, "begin", limit)
    try:
        yield
    finally:
        event.remove(Engine, "begin", limit)


@pytest.mark.parametrize("pages", [0, 2, 6])
async def test_a_full_disk_ends_sending_before_anything_leaves_unrecorded(house: House, serve: Serve, pages: int):
    everybody = readers(300)
    house.freeze(*everybody)
    long = say("250 2.0.0 taken as " + "A" * 450)  # what has to be written down needs room
    server = await serve(lambda m: long if m.stage == FINAL else None)
    with full_disk(pages), pytest.raises(StoreError, match="full"):
        await house.send(server.port, connections=3)
    await server.settled()
    assert len(server.taken) < 300
    with house.database.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    await house.send(server.port, connections=3)
    doubts = house.counts.get("uncertain", 0)
    assert doubts <= 3 * 2
    assert house.counts["accepted"] == 300 - doubts
    assert max(server.begun.values()) == 1
    assert set(everybody) == set(server.taken)


@pytest.mark.parametrize("back", [timedelta(seconds=5), AN_HOUR, timedelta(days=400)])
async def test_a_clock_that_is_set_back_costs_nobody_a_message_and_no_time(house: House, serve: Serve, back: timedelta):
    def script(moment: Moment) -> Answer | None:
        if moment.stage == FINAL and moment.turn == 5:
            house.time.pass_by(-back)
        return say("451 4.3.0 later") if moment.stage == FINAL and moment.turn == 6 else None

    house.freeze(*readers(20))
    server = await serve(script)
    await house.send(server.port, connections=2, per_second=2)
    assert house.counts == {"accepted": 19, "deferred": 1}
    assert len(house.time.naps) < 200
    house.time.pass_by(AN_HOUR)
    await house.send(server.port, connections=2, per_second=2)
    assert server.taken == dict.fromkeys(readers(20), 1)


async def test_a_clock_that_is_set_back_during_an_outage_does_not_keep_it_going(house: House, serve: Serve):
    server = await serve(listening=False)

    async def tick(nap: int) -> None:
        if nap == 10:
            house.time.pass_by(-timedelta(days=30))
        if nap == 30:
            await server.listen()

    house.time.slept = tick
    house.freeze(*readers(10))
    await house.send(server.port, connections=2)
    assert server.taken == dict.fromkeys(readers(10), 1)
    assert house.diary.resumptions == 1
