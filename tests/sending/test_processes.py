"""Senders that die, and senders that work side by side."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from signal import SIGCONT

import pytest

from digest.model import DeliveryStatus as Status
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock
from tests.sending.conftest import Serve
from tests.sending.databases import BOTH, is_locked
from tests.sending.house import LEASE, NOW, House, readers
from tests.sending.nursery import Nursery
from tests.sending.server import (
    CHUNKING,
    CUT,
    FINAL,
    GREETING,
    PIPELINED,
    PLAIN,
    Answer,
    Moment,
    Then,
    cut_in_body,
    say,
)

DATABASES = BOTH
CONNECTIONS = 5

# When each sender is killed: at which stage, the how manieth time since it was born, and what the server does then.
KILLS = (
    ("MAIL", 20, None),  # the content has not left, where it waits for an answer
    (FINAL, 17, None),  # the server takes the message, and nobody hears of it
    (FINAL, 1, CUT),  # ... or it does not take it
    ("answered", 23, None),  # the answer is under way
    ("began", 15, None),  # somewhere in the content
    (FINAL, 20, None),
    ("MAIL", 9, None),
    ("answered", 1, None),
    ("RCPT", 11, None),
    (GREETING, 3, None),
    ("RCPT", 1, None),
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
        if when and self._stage == "began" and moment.stage in {"DATA", "BDAT"}:
            return replace(cut_in_body(moment.stage), then=Then.GO_ON, after=self._kill_soon)
        return None

    def _kill_soon(self) -> None:
        self._deaths.add(asyncio.create_task(self._nursery.kill()))


@pytest.mark.parametrize(
    ("dialogue", "window"), [(PLAIN, 1), (PIPELINED, 2), (CHUNKING, 1), (CHUNKING, 4)], indirect=["dialogue"]
)
async def test_however_often_a_sender_is_killed_nobody_is_mailed_twice_and_nobody_is_forgotten(
    house: House, serve: Serve, window: int
):
    """SIGKILL at any instant, any number of times: the doubts are bounded by the window, and each is listed."""
    everybody = readers(300)
    house.freeze(*everybody)
    async with Nursery() as nursery:
        killer = Killer(nursery)
        server = await serve(killer)
        for stage, turn, then in KILLS:
            killer.aim(stage, turn, then)
            assert await nursery.run(house.url, server.port, CONNECTIONS, window) == -9
        killer.aim("never", 0, None)
        assert await nursery.run(house.url, server.port, CONNECTIONS, window) == 0
    taken, statuses = server.taken, house.statuses
    assert max(server.begun.values()) == 1  # not even a second try, let alone a second message
    assert set(house.counts) <= {"accepted", "uncertain"}
    assert sum(house.counts.values()) == 300
    assert {who for who in everybody if statuses[who] is Status.ACCEPTED} <= set(taken)
    doubts = [who for who in everybody if statuses[who] is Status.UNCERTAIN]
    assert 0 < len(doubts) <= CONNECTIONS * window * len(KILLS)
    assert all("the sender ended while" in house.delivery(who).reply for who in doubts)
    assert set(everybody) == set(taken) | set(doubts)


async def test_two_processes_share_the_work_and_everybody_gets_one(house: House, serve: Serve):
    house.freeze(*readers(200))
    server = await serve()
    async with AsyncExitStack() as stack:
        nurseries = [await stack.enter_async_context(Nursery()) for _ in range(2)]
        runs = [nursery.run(house.url, server.port, 3) for nursery in nurseries]
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


async def test_the_end_of_one_sender_does_not_make_another_one_of_its_process_look_dead(house: House, serve: Serve):
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
        assert await nursery.run(house.url, server.port, 1) == 0
    assert house.statuses["reader000@example.org"] is Status.HANDING
    first_ended.set()
    await slow
    assert house.counts == {"accepted": 10}


async def test_a_sender_whose_claims_were_taken_over_hands_over_none_of_them(house: House, serve: Serve):
    """A token for each claim: that a delivery is claimed, and its lease not over, is not enough."""
    with SenderLock(house.database) as lock:
        other = Ledger(house.database, lock)

        def script(moment: Moment) -> None:
            if moment.stage == "EHLO" and moment.connection == 1:
                house.change_deliveries("claimed", lease=datetime.now(UTC) - LEASE)
                other.recover(resend=False)
                assert len(other.claim(1, 100, NOW, LEASE).deliveries) == 10

        house.freeze(*readers(10))
        server = await serve(script)
        await house.send(server.port, connections=1)
        assert server.contents == []
        assert house.counts == {"claimed": 10}
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(10), 1)


@pytest.mark.parametrize("stage", ["MAIL", FINAL])
async def test_a_sender_that_is_stopped_past_its_lease_sends_nothing_more_without_its_token(
    house: House, serve: Serve, dialogue: str, stage: str
):
    """SIGSTOP, and SIGCONT when another sender has done its work: its late answer may still settle its own doubt."""
    asleep, awake = asyncio.Event(), asyncio.Event()
    everybody = readers(12)

    async def script(moment: Moment) -> None:
        if (moment.stage, moment.turn, moment.connection) == (stage, 3, 1):
            await nursery.put_to_sleep()
            while is_locked(house.url):  # then it would hold up everybody: docs/delivery.md
                await nursery.kill(SIGCONT)
                await asyncio.sleep(0.01)
                await nursery.put_to_sleep()
            asleep.set()
            await awake.wait()

    house.freeze(*everybody)
    async with Nursery() as nursery:
        server = await serve(script)
        sleeper = asyncio.create_task(nursery.run(house.url, server.port, 1, lease=1))
        await asleep.wait()
        left = house.latest_lease() - datetime.now(UTC)  # of a sender that lives: it passes in real time
        await asyncio.sleep(max(0.0, left.total_seconds()) + 0.01)
        await house.send(server.port)
        awake.set()
        await nursery.kill(SIGCONT)
        assert await sleeper == 0
    await server.settled()
    assert max(server.taken.values()) == 1
    assert max(server.begun.values()) == 1
    assert house.counts.get("uncertain", 0) <= 2  # the window
    assert set(house.counts) <= {"accepted", "uncertain"}
    assert {who for who, status in house.statuses.items() if status is Status.ACCEPTED} <= set(server.taken)
    assert house.diary.recoveries
    if stage == FINAL:
        its_own = [content.to for content in server.contents if content.connection == 1]
        assert house.statuses[its_own[2]] is Status.ACCEPTED
        assert len(its_own) <= 3 + (dialogue == CHUNKING)  # in chunks another one had left already
