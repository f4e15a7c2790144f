"""Senders that die, and senders that work side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from digest.model import DeliveryStatus as Status
from tests.sending.conftest import Serve
from tests.sending.house import House, readers
from tests.sending.nursery import Nursery
from tests.sending.server import CUT, FINAL, GREETING, Answer, Moment, say

CONNECTIONS = 5

# When each sender is killed: at which stage, the how manieth time since it was born, and what the server does then.
KILLS = (
    ("DATA", 20, None),  # the content has not left
    (FINAL, 17, None),  # the server takes the message, and nobody hears of it
    (FINAL, 1, CUT),  # ... or it does not take it
    ("answered", 23, None),  # the answer is under way
    ("began", 15, None),  # somewhere in the content
    (FINAL, 20, None),
    ("MAIL", 9, None),
    ("answered", 1, None),
    ("RCPT", 11, None),
    (GREETING, 3, None),
    ("DATA", 1, None),
    (FINAL, 22, CUT),
    ("answered", 18, None),
)


class Killer:
    """A script that kills the sender at one instant of each of its lives."""

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery
        self._seen: Counter[str] = Counter()
        self._stage, self._turn, self._then = ("", 0, None)
        self._deaths: set[asyncio.Task[None]] = set()

    def aim(self, stage: str, turn: int, then: Answer | None) -> None:
        self._stage, self._turn, self._then = stage, turn, then
        self._seen.clear()

    async def __call__(self, moment: Moment) -> Answer | None:
        self._seen[moment.stage] += 1
        when = self._seen[moment.stage] == self._turn
        if when and self._stage == moment.stage:
            await self._nursery.kill()
            return self._then
        if when and (self._stage, moment.stage) == ("answered", FINAL):
            return say("250 2.0.0 taken", after=self._kill_soon)
        if when and (self._stage, moment.stage) == ("began", "DATA"):
            return say("354 go on", after=self._kill_soon)
        return None

    def _kill_soon(self) -> None:
        self._deaths.add(asyncio.create_task(self._nursery.kill()))


async def test_however_often_a_sender_is_killed_nobody_is_mailed_twice_and_nobody_is_forgotten(
    house: House, serve: Serve, tmp_path: Path
):
    everybody = readers(300)
    house.freeze(*everybody)
    async with Nursery() as nursery:
        killer = Killer(nursery)
        server = await serve(killer)
        doubts = 0
        for stage, turn, then in KILLS:
            killer.aim(stage, turn, then)
            assert await nursery.run(tmp_path / "digest.db", server.port, CONNECTIONS) == -9
        killer.aim("never", 0, None)
        assert await nursery.run(tmp_path / "digest.db", server.port, CONNECTIONS) == 0
    taken, statuses = server.taken, house.statuses
    assert max(server.begun.values()) == 1  # not even a second try, let alone a second message
    assert set(house.counts) <= {"accepted", "uncertain"}
    assert sum(house.counts.values()) == 300
    assert {who for who in everybody if statuses[who] is Status.ACCEPTED} <= set(taken)
    doubts = sum(status is Status.UNCERTAIN for status in statuses.values())
    assert 0 < doubts <= CONNECTIONS * len(KILLS)
    for who in everybody:
        assert taken[who] == 1 or statuses[who] is Status.UNCERTAIN


async def test_two_processes_share_the_work_and_everybody_gets_one(house: House, serve: Serve, tmp_path: Path):
    house.freeze(*readers(200))
    server = await serve()
    async with AsyncExitStack() as stack:
        nurseries = [await stack.enter_async_context(Nursery()) for _ in range(2)]
        runs = [nursery.run(tmp_path / "digest.db", server.port, 3) for nursery in nurseries]
        assert await asyncio.gather(*runs) == [0, 0]
    assert server.taken == dict.fromkeys(readers(200), 1)
    assert house.counts == {"accepted": 200}


@pytest.mark.parametrize("count", [2, 3])
async def test_several_senders_in_one_process_do_not_take_each_other_for_dead(house: House, serve: Serve, count: int):
    """Two digests that are due at the same hour are sent side by side by one process."""

    async def script(moment: Moment) -> None:
        if moment.stage == FINAL:
            await asyncio.sleep(0)

    house.freeze(*readers(100))
    server = await serve(script)
    await asyncio.gather(*(house.send(server.port, connections=2, batch=10) for _ in range(count)))
    assert server.taken == dict.fromkeys(readers(100), 1)
    assert house.counts == {"accepted": 100}


async def test_the_end_of_one_sender_does_not_make_another_one_of_its_process_look_dead(
    house: House, serve: Serve, tmp_path: Path
):
    began, first_ended = asyncio.Event(), asyncio.Event()

    async def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.to == "reader000@example.org":
            began.set()
            await first_ended.wait()

    house.freeze(*readers(10))
    server = await serve(script)
    slow = asyncio.create_task(house.send(server.port, connections=1, batch=1, data_timeout=60))
    await began.wait()
    await house.send(server.port, connections=1, batch=3)
    async with Nursery() as nursery:
        assert await nursery.run(tmp_path / "digest.db", server.port, 1) == 0
    assert house.statuses["reader000@example.org"] is Status.HANDING
    first_ended.set()
    await slow
    assert house.counts == {"accepted": 10}
