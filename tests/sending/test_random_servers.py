"""Whatever a server does to whom, and however often, and whenever the sender dies: the ledger and the server's record
tell the same story.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.errors import DigestError, StoreError
from digest.model import Claim, Outcome
from digest.model import DeliveryStatus as Status
from digest.store.ledger import Ledger
from tests.sending.databases import POSTGRESQL, SQLITE, new_house
from tests.sending.faults import BEFORE, TOO_MANY, Fault, Faulty, faults
from tests.sending.house import House, readers
from tests.sending.server import (
    CHUNKING,
    CUT,
    DIALOGUES,
    FINAL,
    PIPELINED,
    PLAIN,
    Moment,
    ScriptedServer,
    cut_in_body,
    say,
)

WHO = readers(8)


class End(Enum):
    """How a sender is brought to its end."""

    STOP = auto()  # asked to stop
    CANCEL = auto()  # asked twice
    DIE = auto()  # not asked: from now on nothing of it reaches the ledger


@dataclass(frozen=True)
class Story:
    """For each reader what goes wrong in their first transactions, and when the sender ends; then all is well."""

    dialogue: str
    wrong: dict[str, Sequence[Fault]]
    ends: dict[int, End] = field(default_factory=dict)  # at the how manieth thing that the server hears
    connections: int = 2
    window: int = 2
    batch: int = 3


def stories() -> st.SearchStrategy[Story]:
    def told(dialogue: str) -> st.SearchStrategy[Story]:
        return st.builds(
            Story,
            st.just(dialogue),
            st.dictionaries(st.sampled_from(WHO), st.lists(faults(dialogue), max_size=4)),
            st.dictionaries(st.integers(1, 60), st.sampled_from(End), max_size=4),
            st.integers(1, 3),
            st.integers(1, 4),
            st.sampled_from([2, 3, 100]),
        )

    return st.sampled_from(list(DIALOGUES)).flatmap(told)


class Mortal(Ledger):
    """The real one, until its sender dies."""

    dead = False

    def commit(
        self, handing: Sequence[tuple[int, str]], outcomes: Sequence[Outcome], now: datetime, lease: timedelta
    ) -> frozenset[int]:
        self._live()
        return super().commit(handing, outcomes, now, lease)

    def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim:
        self._live()
        return super().claim(edition, most, now, lease)

    def hand_back(self, claimed: Sequence[tuple[int, str]], due: datetime | None = None) -> None:
        self._live()
        super().hand_back(claimed, due)

    def _live(self) -> None:
        if Mortal.dead:
            raise StoreError("dead")


async def play(story: Story, house: House) -> ScriptedServer:
    heard = 0
    running: asyncio.Task[Any]

    def before(_: Moment) -> None:
        nonlocal heard
        heard += 1
        match story.ends.get(heard):
            case End.STOP:
                house.stop.set()
            case End.CANCEL:
                running.cancel()
            case End.DIE:
                Mortal.dead = True
                running.cancel()

    house.freeze(*WHO)
    async with ScriptedServer(Faulty(dict(story.wrong), before), ("SMTPUTF8", *DIALOGUES[story.dialogue])) as server:
        for _ in range(30):
            options = {"connections": story.connections, "window": story.window, "batch": story.batch}
            running = asyncio.create_task(
                house.send(
                    server.port,
                    **options,
                    ledger=Mortal,
                    outage=timedelta(days=9),
                    command_timeout=0.05,
                    data_timeout=0.05,
                )
            )
            with contextlib.suppress(asyncio.CancelledError, DigestError):
                await running
            house.stop.clear()
            Mortal.dead = False
            house.time.pass_by(timedelta(hours=5))
            if not set(house.counts) & {"queued", "claimed", "deferred"}:
                break
        await house.send(server.port)  # who died last has left the last doubts
        await server.settled()
    return server


def agree(house: House, server: ScriptedServer, story: Story) -> None:
    codes: defaultdict[str, list[int]] = defaultdict(list)
    for content in server.contents:
        codes[content.to].append(content.code)
    statuses = house.statuses
    out_of_step = any(fault in TOO_MANY for theirs in story.wrong.values() for fault in theirs)
    assert set(house.counts) <= {"accepted", "failed", "uncertain"}  # whose sum is checked there
    for who in WHO:
        *before, last = codes[who] or [0]
        assert server.taken[who] <= 1
        assert all(code // 100 == 4 or code == 552 for code in before)  # again only after a "later", or about a quota
        assert house.delivery(who).reply
        match statuses[who]:
            case Status.ACCEPTED:
                assert last == 250
            case Status.FAILED:
                assert last // 100 != 2
            case Status.UNCERTAIN:
                later = sum(code // 100 == 4 or code == 552 for code in codes[who])
                assert server.begun[who] <= later + 1 or out_of_step  # commands arrive as content, and no end of it
        if house.person(who) == "suppressed":
            assert statuses[who] is Status.FAILED
            assert ("RCPT", BEFORE[3]) in story.wrong[who] or out_of_step
    told = Counter(outcome.delivery.status for outcome in house.diary.outcomes)
    given_up = sum(doubts for _, doubts in house.diary.recoveries)
    assert house.counts.get("uncertain", 0) == told[Status.UNCERTAIN] + given_up
    assert house.counts.get("accepted", 0) == told[Status.ACCEPTED]
    assert house.counts.get("failed", 0) == told[Status.FAILED]


def hold(story: Story, database: str) -> None:
    async def run(house: House) -> None:
        agree(house, await play(story, house), story)

    with new_house(database) as house:
        asyncio.run(run(house))


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
@example(Story(PLAIN, {who: [(FINAL, CUT)] for who in WHO}, connections=3))
@example(Story(PIPELINED, {who: [("RCPT", BEFORE[3]), ("RSET", CUT)] for who in WHO}))
@example(Story(PIPELINED, {who: [("DATA", cut_in_body("DATA"))] for who in WHO[:4]}, connections=1))
@example(Story(CHUNKING, {who: [("RCPT", say("450 4.2.0 later")), (FINAL, CUT)] for who in WHO}, window=4))
@example(Story(CHUNKING, {}, {20: End.DIE, 45: End.CANCEL}, window=4))
def test_the_ledger_and_the_server_tell_the_same_story(story: Story):
    """Nobody twice, nobody forgotten, every doubt listed with its reason, nobody suppressed but the dead."""
    hold(story, SQLITE)


@settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
@example(Story(CHUNKING, {}, {20: End.DIE, 45: End.CANCEL}, window=4))
def test_postgresql_and_the_server_tell_the_same_story(story: Story):
    hold(story, POSTGRESQL)
