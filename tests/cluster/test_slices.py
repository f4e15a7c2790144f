"""A run of the sending loop that takes a part of an edition, and leaves the rest to others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from digest.errors import StoreError, TransportError
from digest.model import Claim
from digest.store.ledger import Ledger
from tests.sending.house import House, readers
from tests.sending.server import GREETING, Answer, Moment, ScriptedServer, say

EVERYBODY = readers(60)


@pytest.fixture
def house(url: str) -> Iterator[House]:
    house = House(url)
    house.freeze(*EVERYBODY)
    yield house
    house.database.close()


async def test_a_slice_is_no_more_than_was_asked_for(house: House) -> None:
    async with ScriptedServer() as server:
        await house.send(server.port, batch=8, most=20)
        assert house.counts == {"accepted": 20, "queued": 40}
        await house.send(server.port, batch=100, most=20)
        assert house.counts == {"accepted": 40, "queued": 20}
        await house.send(server.port, batch=8)
    assert house.counts == {"accepted": 60}
    assert set(server.taken.values()) == {1}


async def test_what_comes_back_is_tried_again_in_the_same_slice(house: House) -> None:
    """A server that is away for a moment would otherwise end every slice before it has begun."""

    def script(moment: Moment) -> Answer | None:
        return say("421 4.3.2 come back later") if moment.stage == GREETING and moment.turn <= 12 else None

    async with ScriptedServer(script) as server:
        await house.send(server.port, batch=20, most=20)
    assert house.counts == {"accepted": 20, "queued": 40}
    assert house.diary.resumptions == 1


async def test_servers_that_stay_away_end_a_slice_with_the_reason(house: House) -> None:
    async with ScriptedServer(lambda moment: say("421 4.3.2 no") if moment.stage == GREETING else None) as server:
        with pytest.raises(TransportError):
            await house.send(server.port, batch=20, most=20)
    assert house.counts == {"queued": 60}


class AwayLedger(Ledger):
    """A database that is away for a moment, again and again."""

    calls = 0

    def claim(self, *words: Any, **named: Any) -> Claim:
        self._may_be_away()
        return super().claim(*words, **named)

    def commit(self, *words: Any, **named: Any) -> frozenset[int]:
        self._may_be_away()
        return super().commit(*words, **named)

    def _may_be_away(self) -> None:
        self.calls += 1
        if self.calls % 3:
            raise StoreError("the database is shutting down", busy=True, away=True)


async def test_a_database_that_is_away_for_a_moment_is_waited_for(house: House) -> None:
    async with ScriptedServer() as server:
        await house.send(server.port, batch=20, ledger=AwayLedger)
    assert house.counts == {"accepted": 60}
    assert set(server.taken.values()) == {1}
