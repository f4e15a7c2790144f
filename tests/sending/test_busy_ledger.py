"""The database is busy, or went away while it committed: what servers have said is recorded, and nobody is mailed twice."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.errors import StoreError
from digest.model import Claim, Outcome
from digest.sending.supply import AWAY
from digest.store.ledger import Ledger
from tests.sending.conftest import Serve, only
from tests.sending.databases import BOTH, POSTGRESQL
from tests.sending.house import BrittleLedger, House, readers
from tests.sending.server import CHUNKING, Moment, say

DATABASES = BOTH
BUSY = StoreError("is in use by another process", busy=True)
LOST = StoreError("cannot be reached", busy=True, away=True)
DEAD = "reader003@example.org"


def gone(moment: Moment):
    return say("550 5.1.1 no such user") if moment.stage == "RCPT" and moment.to == DEAD else None


@only(CHUNKING)
@pytest.mark.parametrize("kind", [POSTGRESQL], indirect=True)
async def test_while_somebody_imports_everybody_is_mailed_and_only_what_has_consequences_waits(
    house: House, serve: Serve
):
    house.freeze(*readers(60))
    server = await serve(gone)
    with house.database.write():
        sending = asyncio.create_task(house.send(server.port, connections=2, batch=10))
        while house.counts.get("accepted") != 59:
            assert not sending.done()
            await asyncio.sleep(0.01)
        assert house.counts == {"accepted": 59, "handing": 1}
        assert len(house.diary.outcomes) == 59  # what is not committed is not told
        assert house.person(DEAD) == "active"
    await sending
    assert house.counts == {"accepted": 59, "failed": 1}
    assert house.person(DEAD) == "suppressed"
    assert len(house.diary.outcomes) == 60
    assert house.time.naps == []


def busy(times: int) -> type[Ledger]:
    """So many commits with outcomes find it locked."""

    class Busy(BrittleLedger):
        left = times

        def commit(
            self, handing: Sequence[tuple[int, str, str]], outcomes: Sequence[Outcome], *rest: Any, **more: Any
        ) -> frozenset[int]:
            if outcomes and self.left:
                type(self).left -= 1
                raise BUSY
            return Ledger.commit(self, handing, outcomes, *rest, **more)

    return Busy


@pytest.mark.parametrize("times", [1, len(AWAY)])
async def test_outcomes_wait_for_a_database_that_is_in_use_for_long(house: House, serve: Serve, times: int):
    house.freeze(*readers(30))
    server = await serve()
    await house.send(server.port, connections=3, ledger=busy(times))
    assert house.counts == {"accepted": 30}
    assert server.taken == dict.fromkeys(readers(30), 1)
    assert tuple(house.time.naps) == AWAY[:times]


async def test_they_do_not_wait_for_ever(house: House, serve: Serve):
    house.freeze(*readers(30))
    server = await serve()
    with pytest.raises(StoreError, match="in use"):
        await house.send(server.port, connections=3, ledger=busy(10**6))
    assert tuple(house.time.naps) == AWAY
    assert set(house.counts) == {"handing", "queued"}


async def test_nobody_waits_long_for_a_claim(house: House, serve: Serve):
    class Locked(Ledger):
        def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim:
            raise BUSY

    house.freeze(*readers(3))
    server = await serve()
    with pytest.raises(StoreError, match="in use"):
        await house.send(server.port, ledger=Locked)
    assert house.time.naps == []


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_when_the_answer_to_a_commit_is_lost_its_messages_leave_all_the_same(
    house: House, serve: Serve, turn: int
):
    class Deaf(BrittleLedger):
        def commit(self, *given: Any, **more: Any) -> frozenset[int]:
            self.commits += 1
            granted = Ledger.commit(self, *given, **more)
            if self.commits == turn:
                raise LOST
            return granted

    house.freeze(*readers(30))
    server = await serve(gone)
    await house.send(server.port, connections=3, ledger=Deaf)
    assert house.counts == {"accepted": 29, "failed": 1}
    assert server.taken == dict.fromkeys(set(readers(30)) - {DEAD}, 1)
    assert [outcome.delivery.address for outcome in house.diary.outcomes].count(DEAD) == 1
