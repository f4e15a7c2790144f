"""The line breaks, or nonsense comes over it: before the content left that is nobody's attempt, afterwards a doubt."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from digest.model import DeliveryStatus as Status
from tests.sending.conftest import Serve, by_data
from tests.sending.house import LEASE, House, readers
from tests.sending.server import CUT, FINAL, HANG, Answer, Moment, Then, cut_in_body, say

SICK = "reader001@example.org"
NOISE = say("what is this?")
LATIN = Answer(b"250 2.0.0 merci \xe9\xff, d\xe9j\xe0 vu\r\n")
LONG = say("250 2.0.0 " + "x" * 8000)
MANY = say("\r\n".join(["250-2.0.0 taken"] * 20 + ["250 2.0.0 and queued as A1"]))
PAGES = say("\r\n".join(["250-" + "x" * 1000] * 10 + ["250 2.0.0 end"]))


def once(stage: str, answer: Answer):
    """The first time at this stage for the sick one."""
    seen = []

    def script(moment: Moment) -> Answer | None:
        if moment.stage != stage or moment.to != SICK or seen:
            return None
        seen.append(moment)
        return answer

    return script


@by_data
@pytest.mark.parametrize("stage", ["RCPT", "DATA"])
@pytest.mark.parametrize("answer", [CUT, NOISE, Answer(b"2", Then.CUT), Answer(b"250 ok\r", Then.CUT)])
async def test_a_fault_before_the_content_is_nobodys_attempt(house: House, serve: Serve, stage: str, answer: Answer):
    house.freeze(*readers(4))
    server = await serve(once(stage, answer))
    await house.send(server.port, connections=2)
    assert server.taken == dict.fromkeys(readers(4), 1)
    assert house.counts == {"accepted": 4}
    assert house.delivery(SICK).attempts == 1
    assert len(house.diary.pauses) <= 1


@by_data
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_falls_silent_before_the_content_is_left_for_another_connection(
    house: House, serve: Serve, stage: str
):
    house.freeze(*readers(3))
    server = await serve(lambda m: HANG if m.stage == stage and m.turn == 1 else None)
    await house.send(server.port, connections=1, command_timeout=0.3)
    assert house.counts == {"accepted": 3}
    assert server.taken == dict.fromkeys(readers(3), 1)


@pytest.mark.parametrize("answer", [CUT, NOISE, say("399 hm"), say("250", Then.CUT), Answer(b"250 2.0.0 ta", Then.CUT)])
async def test_a_fault_after_the_final_dot_is_a_doubt_that_is_never_mailed_again(
    house: House, serve: Serve, answer: Answer
):
    house.freeze(*readers(4))
    server = await serve(once(FINAL, answer))
    await house.send(server.port, connections=2)
    await house.send(server.port, connections=2)
    whole = answer.text == b"250\r\n"
    assert house.statuses[SICK] is (Status.ACCEPTED if whole else Status.UNCERTAIN)
    assert house.counts == ({"accepted": 4} if whole else {"accepted": 3, "uncertain": 1})
    assert [content.to for content in server.contents].count(SICK) == 1
    assert house.delivery(SICK).attempts == 1
    assert house.delivery(SICK).reply


@by_data
async def test_a_cut_in_the_middle_of_the_content_is_a_doubt(house: House, serve: Serve):
    house.freeze(*readers(4))
    server = await serve(once("DATA", cut_in_body("DATA")))
    await house.send(server.port, connections=2)
    assert house.counts == {"accepted": 3, "uncertain": 1}
    assert server.begun[SICK] == 1
    assert "no answer after the message" in house.delivery(SICK).reply


@by_data
async def test_no_answer_to_a_message_in_time_is_a_doubt(house: House, serve: Serve):
    house.freeze(*readers(3))
    server = await serve(once(FINAL, HANG))
    await house.send(server.port, connections=1, data_timeout=0.3)
    assert house.counts == {"accepted": 2, "uncertain": 1}
    assert house.statuses[SICK] is Status.UNCERTAIN


@pytest.mark.parametrize("answer", [LATIN, LONG, MANY])
async def test_odd_answers_are_read_for_what_they_say(house: House, serve: Serve, answer: Answer):
    house.freeze(*readers(3))
    server = await serve(once(FINAL, answer))
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 3}
    kept = house.delivery(SICK).reply
    assert kept.startswith("250 2.0.0 ")
    assert len(kept) <= 510
    assert kept.isprintable()


@pytest.mark.parametrize("answer", [PAGES, say("250 2.0.0 " + "x" * 10_000)])
async def test_an_answer_of_ten_thousand_characters_does_no_harm(house: House, serve: Serve, answer: Answer):
    house.freeze(*readers(3))
    server = await serve(once(FINAL, answer))
    await house.send(server.port, connections=1)
    assert house.statuses[SICK] in {Status.ACCEPTED, Status.UNCERTAIN}
    assert house.counts.get("accepted", 0) >= 2
    assert len(house.delivery(SICK).reply) <= 550


async def test_answers_that_come_byte_by_byte_are_put_together(house: House, serve: Serve):
    def script(moment: Moment) -> Answer | None:
        lines = {
            "EHLO": "250-scripted.example.org\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "MAIL": "250 2.1.0 ok",
            "DATA": "354 go on",
            FINAL: "250-2.0.0 taken\r\n250 2.0.0 and queued as A1",
        }
        return say(lines[moment.stage], pieces=1) if moment.stage in lines else None

    house.freeze("jörg@example.org", *readers(3))
    server = await serve(script)
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 4}
    assert server.connections == 1
    assert house.diary.pauses == []


async def test_an_answer_given_before_it_was_asked_for_is_not_taken_for_the_answer(house: House, serve: Serve):
    """A server out of step must not turn a refusal into an acceptance: the reader would be lost without a trace."""

    def script(moment: Moment) -> Answer | None:
        if moment.to != SICK:
            return None
        return {"DATA": say("354 go on\r\n250 2.0.0 taken"), FINAL: say("554 5.6.0 no")}.get(moment.stage)

    house.freeze(*readers(3))
    server = await serve(script)
    with contextlib.suppress(Exception):
        await house.send(server.port, connections=1)
    assert server.taken[SICK] == 0
    assert house.statuses[SICK] is not Status.ACCEPTED


@by_data
@pytest.mark.parametrize("stage", ["MAIL", "RCPT", "DATA"])
async def test_a_sender_that_slept_past_its_lease_sends_nothing_of_that_message(house: House, serve: Serve, stage: str):
    def script(moment: Moment) -> None:
        if moment.stage == stage and moment.turn == 1:
            house.time.pass_by(LEASE)

    house.freeze(*readers(3))
    server = await serve(script)
    await house.send(server.port, connections=1)
    assert len(server.contents) == 3
    assert server.taken == dict.fromkeys(readers(3), 1)
    assert house.counts == {"accepted": 3}
    assert server.connections == 2
    assert {house.delivery(who).attempts for who in readers(3)} == {1}
    assert house.diary.pauses == []  # nobody is sick


async def test_a_sender_that_slept_while_the_hand_over_was_committed_sends_nothing_of_that_message(
    house: House, serve: Serve
):
    house.freeze(*readers(3))
    server = await serve()
    wrote = []

    def write(delivery):
        if not wrote:
            house.time.pass_by(LEASE)
        wrote.append(delivery.id)
        return house.write(delivery)

    await house.send(server.port, connections=1, write=write)
    assert server.taken == dict.fromkeys(readers(3), 1)
    assert wrote.count(wrote[0]) == 2
    assert house.counts == {"accepted": 3}
    assert house.diary.pauses == []


@by_data
async def test_several_lines_cut_at_once_leave_one_doubt_each(house: House, serve: Serve):
    house.freeze(*readers(20))
    gathered = asyncio.Event()

    async def script(moment: Moment) -> Answer | None:
        if moment.stage != FINAL or moment.turn > 5:
            return None
        if moment.turn == 5:
            gathered.set()
        await gathered.wait()
        return CUT

    server = await serve(script)
    await house.send(server.port, connections=5)
    assert house.counts == {"accepted": 15, "uncertain": 5}
    assert max(server.begun.values()) == 1
    assert len(house.diary.pauses) == 1
