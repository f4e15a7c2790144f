"""Sending that ends early: told to stop, an edition stopped, a reader who leaves, an error from below."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from digest.errors import RenderError, StoreError
from digest.model import Delivery, Message, Outcome
from digest.model import DeliveryStatus as Status
from digest.sending.line import Line, Said
from tests.sending.conftest import Serve, by_data
from tests.sending.databases import BOTH
from tests.sending.house import NOW, BrittleLedger, Diary, House, readers
from tests.sending.server import CUT, FINAL, GREETING, Moment

DATABASES = BOTH
LATE = "reader019@example.org"


def replies(house: House, status: str) -> list[str]:
    return [delivery.reply for delivery, *_ in house.deliveries.each(1, Status(status))]


async def test_told_to_stop_it_finishes_what_is_in_hand_and_hands_the_rest_back(house: House, serve: Serve):
    def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn == 7:
            house.stop.set()

    house.freeze(*readers(40))
    server = await serve(script)
    await house.send(server.port)
    taken = server.taken
    assert 7 <= len(taken) <= 7 + 5 * 2  # what is announced is in hand, too
    assert house.counts == {"accepted": len(taken), "queued": 40 - len(taken)}
    house.stop.clear()
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(40), 1)
    assert house.counts == {"accepted": 40}


async def test_told_to_stop_before_it_began_it_sends_nothing(house: House, serve: Serve):
    house.freeze(*readers(4))
    house.stop.set()
    server = await serve()
    await house.send(server.port)
    assert server.contents == []
    assert house.counts == {"queued": 4}


async def test_told_to_stop_while_the_server_is_down_it_ends_at_once_and_without_an_error(house: House, serve: Serve):
    server = await serve(listening=False)
    house.time.slept = lambda nap: house.stop.set() if nap == 3 else None
    house.freeze(*readers(4))
    await house.send(server.port)
    assert house.counts == {"queued": 4}


async def test_told_to_stop_while_messages_wait_for_their_turn_they_go_back(house: House, serve: Serve):
    house.freeze(*readers(9))
    house.time.slept = lambda nap: house.stop.set() if nap == 2 else None
    server = await serve()
    await house.send(server.port, connections=4, per_second=0.1)
    assert 1 <= len(server.taken) <= 3
    assert house.counts == {"accepted": len(server.taken), "queued": 9 - len(server.taken)}


@by_data
async def test_a_connection_that_the_server_closed_while_waiting_for_its_turn_is_renewed(house: House, serve: Serve):
    def script(moment: Moment):
        return CUT if moment.stage == "MAIL" and moment.connection == 1 and moment.turn > 1 else None

    house.freeze(*readers(3))
    server = await serve(script)
    await house.send(server.port, connections=1, per_second=1)
    assert house.counts == {"accepted": 3}


async def test_who_leaves_between_claim_and_hand_over_is_skipped(house: House, serve: Serve):
    def script(moment: Moment) -> None:
        if moment.stage == GREETING:
            house.change(LATE, status="unsubscribed")

    house.freeze(*readers(20))
    server = await serve(script)
    await house.send(server.port, connections=1)
    assert server.taken == dict.fromkeys(readers(19), 1)
    assert house.counts == {"accepted": 19, "skipped": 1}
    assert "unsubscribed" in house.delivery(LATE).reply


async def test_who_left_before_the_claim_is_skipped_and_told(house: House, serve: Serve):
    house.freeze(*readers(20))
    house.change(LATE, status="suppressed")
    server = await serve()
    await house.send(server.port)
    assert house.counts == {"accepted": 19, "skipped": 1}
    assert house.diary.skips == 1


async def test_an_edition_stopped_in_the_middle_sends_no_more(house: House, serve: Serve):
    def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn == 5:
            house.editions.stop(1, NOW)

    house.freeze(*readers(30))
    server = await serve(script)
    await house.send(server.port, connections=2)
    assert 5 <= len(server.taken) <= 5 + 2 * 2  # the window of each connection
    assert house.counts == {"accepted": len(server.taken), "queued": 30 - len(server.taken)}
    await house.send(server.port)
    assert house.counts["queued"] == 30 - len(server.taken)


async def test_a_message_that_cannot_be_made_ends_sending_and_leaves_no_doubt(house: House, serve: Serve):
    def write(delivery: Delivery) -> Message:
        if delivery.address == LATE:
            raise RenderError("the message has a line that no server must take")
        return house.write(delivery)

    house.freeze(*readers(20))
    server = await serve()
    with pytest.raises(RenderError):
        await house.send(server.port, write=write)
    assert house.statuses[LATE] is Status.QUEUED
    assert set(house.counts) <= {"accepted", "queued"}
    assert house.counts.get("accepted", 0) == len(server.taken)


async def test_an_error_ends_the_run_at_once_even_while_another_connection_rests(house: House, serve: Serve):
    """A sick connection may rest for a minute; nobody waits for it when the run is over anyway."""
    resting = asyncio.Event()

    async def sleep_for_ever() -> None:
        resting.set()
        await asyncio.Event().wait()

    async def script(moment: Moment):
        if moment.stage == "EHLO" and moment.connection == 1:
            return CUT
        if moment.stage == "EHLO":
            await resting.wait()
        return None

    def write(delivery: Delivery) -> Message:
        if house.diary.outcomes:
            raise RenderError("no")
        return house.write(delivery)

    house.freeze(*readers(20))
    house.time.slept = lambda _: sleep_for_ever()
    server = await serve(script)
    with pytest.raises(RenderError):
        await house.send(server.port, connections=2, write=write)
    assert set(house.counts) <= {"accepted", "queued"}


# --- the ledger fails ----------------------------------------------------------------------------------------------


def brittle(fails, error: Exception | None = None):
    return type("Brittle", (BrittleLedger,), {"fails": staticmethod(fails), "error": error or StoreError("disk full")})


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
async def test_a_commit_that_fails_once_loses_no_outcome(house: House, serve: Serve, failing: int):
    house.freeze(*readers(30))
    server = await serve()
    with pytest.raises(StoreError, match="disk full"):
        await house.send(server.port, connections=3, ledger=brittle(lambda n: n == failing))
    assert house.counts.get("accepted", 0) == len(server.taken)
    assert house.counts["queued"] == 30 - len(server.taken)  # nothing uncertain, nothing claimed
    assert len(house.diary.outcomes) == len(server.taken)
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(30), 1)
    assert house.counts == {"accepted": 30}


@pytest.mark.parametrize("from_then_on", [1, 2, 5])
async def test_a_ledger_that_stays_broken_ends_sending_and_nothing_leaves_unrecorded(
    house: House, serve: Serve, from_then_on: int
):
    house.freeze(*readers(30))
    server = await serve()
    with pytest.raises(StoreError, match="disk full"):
        await house.send(server.port, connections=3, ledger=brittle(lambda n: n >= from_then_on))
    recorded = {who for who, status in house.statuses.items() if status in {Status.HANDING, Status.ACCEPTED}}
    assert set(server.begun) <= recorded
    assert len(recorded) - house.counts.get("accepted", 0) <= 3 * 2  # the window of each connection
    await house.send(server.port)
    assert max(server.begun.values()) == 1
    assert set(house.counts) <= {"accepted", "uncertain"}
    assert house.counts.get("uncertain", 0) <= 3 * 2


async def test_an_error_of_the_ledger_that_nobody_thought_of_comes_out_instead_of_hanging(house: House, serve: Serve):
    house.freeze(*readers(10))
    server = await serve()
    with pytest.raises(ZeroDivisionError):
        await house.send(server.port, connections=2, ledger=brittle(lambda n: n == 3, ZeroDivisionError()))
    assert house.counts.get("accepted", 0) == len(server.taken)


async def test_an_error_of_who_watches_comes_out_instead_of_hanging_and_leaves_no_doubt(house: House, serve: Serve):
    house.freeze(*readers(40))
    server = await serve()

    class Reporter(Diary):
        def recorded(self, outcome: Outcome) -> None:
            super().recorded(outcome)
            if len(self.outcomes) == 3:
                raise BrokenPipeError

    house.diary = Reporter()
    with pytest.raises(BrokenPipeError):
        await house.send(server.port, connections=2)
    assert house.counts.get("accepted", 0) == len(server.taken)
    assert set(house.counts) == {"accepted", "queued"}


async def test_cancelled_it_stops_at_once_and_what_was_under_way_is_listed_as_uncertain(house: House, serve: Serve):
    """What a second signal does: no waiting for an answer that may take ten minutes."""
    gathered = asyncio.Event()

    async def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn > 4:
            gathered.set()
            await asyncio.Event().wait()

    house.freeze(*readers(20))
    server = await serve(script)
    running = asyncio.create_task(house.send(server.port, connections=2))
    await gathered.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    server.script = lambda _: None
    await house.send(server.port)
    assert house.counts["accepted"] + house.counts.get("uncertain", 0) == 20
    assert 1 <= house.counts["uncertain"] <= 2 * 2
    assert max(server.begun.values()) == 1
    assert set(replies(house, "uncertain")) == {"no answer after the message: sending was stopped at once"}


async def test_a_late_answer_is_not_lost_when_the_patience_of_a_lease_is_short(house: House, serve: Serve):
    """Another sender has given the message up as uncertain; the answer that comes after all turns it into accepted."""

    def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn == 1:
            house.change_deliveries("handing", status="uncertain")

    house.freeze("reader000@example.org")
    server = await serve(script)
    await house.send(server.port, lease=timedelta(minutes=15))
    assert house.counts == {"accepted": 1}


async def test_claims_that_outlive_their_lease_behind_a_slow_server_are_taken_again_in_the_same_run(
    house: House, serve: Serve
):
    def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn == 4:
            house.change_deliveries("claimed", lease=datetime.now(UTC) - timedelta(minutes=1))

    house.freeze(*readers(20))
    server = await serve(script)
    await house.send(server.port, connections=2)
    assert server.taken == dict.fromkeys(readers(20), 1)
    assert house.counts == {"accepted": 20}


@by_data
async def test_who_makes_the_server_hang_up_each_time_does_not_stand_in_the_way_of_the_others(
    house: House, serve: Serve
):
    def script(moment: Moment):
        return CUT if moment.stage == "RCPT" and moment.to == "reader000@example.org" else None

    house.freeze(*readers(20))
    server = await serve(script)
    await house.send(server.port, connections=1, batch=5)
    assert house.counts == {"accepted": 19, "deferred": 1}
    troubled = house.delivery("reader000@example.org")
    assert (troubled.attempts, troubled.reply) == (1, "the server closed the connection")


@by_data
async def test_an_error_that_nobody_thought_of_after_the_content_left_is_a_doubt_and_no_second_message(
    house: House, serve: Serve, monkeypatch: pytest.MonkeyPatch
):
    reply = Line.reply
    answers = count(1)

    async def broken(self: Line, patience: float) -> Said:
        said = await reply(self, patience)
        if next(answers) == 4:  # MAIL, RCPT, DATA, and the one that says what became of it
            raise ZeroDivisionError
        return said

    house.freeze(*readers(4))
    server = await serve()
    monkeypatch.setattr(Line, "reply", broken)
    with pytest.raises(ZeroDivisionError):
        await house.send(server.port, connections=1)
    monkeypatch.undo()
    await house.send(server.port, connections=1)
    assert max(server.taken.values()) == 1
    assert house.counts == {"accepted": 3, "uncertain": 1}
