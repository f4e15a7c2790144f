"""What is promised under any fault, each by itself: nobody twice, nobody forgotten, and no fault of ours on a reader."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.errors import TransportError
from digest.model import DeliveryStatus as Status
from digest.model import Outcome
from tests.sending.conftest import Serve, at, by_data, in_chunks, only
from tests.sending.databases import BOTH, new_house
from tests.sending.house import Diary, House, readers
from tests.sending.server import (
    CHUNKING,
    CUT,
    DIALOGUES,
    FINAL,
    GREETING,
    HANG,
    PLAIN,
    Answer,
    Moment,
    ScriptedServer,
    Then,
    cut_in_body,
    say,
)

DATABASES = BOTH
SICK = "reader001@example.org"
AN_HOUR = timedelta(hours=1)
BRIEF = 0.3  # seconds, for a server that says nothing; long enough for one that is only busy


# --- the line ------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(DIALOGUES)), st.integers(1, 3), st.floats(0, 1), st.booleans())
@example(PLAIN, 2, 0.0, True)
@example(CHUNKING, 2, 1.0, True)
def test_a_line_that_is_broken_at_any_byte(dialogue: str, window: int, part: float, in_the_body: bool):
    """... of a message, or of the answer to it: a doubt, listed and never mailed again; the others are accepted."""

    async def run(house: House) -> None:
        house.freeze(*readers(5))
        size = house.write(house.delivery(SICK)).size
        body = "BDAT" if dialogue == CHUNKING else "DATA"
        whole = b"250-2.0.0 taken\r\n250 2.0.0 as A1\r\n"
        cuts = {
            True: (body, cut_in_body(body, 1 + int(part * (size - 1)))),
            False: (FINAL, Answer(whole[: int(part * (len(whole) - 1))], Then.CUT)),
        }
        stage, cut = cuts[in_the_body]
        async with ScriptedServer(
            lambda m: cut if (m.stage, m.to) == (stage, SICK) else None, ("SMTPUTF8", *DIALOGUES[dialogue])
        ) as server:
            for _ in range(2):
                await house.send(server.port, connections=1, window=window)
            await server.settled()
        behind = window - 1 if dialogue == CHUNKING else 0  # what was under way on the same line
        assert house.statuses[SICK] is Status.UNCERTAIN
        assert 1 <= house.counts["uncertain"] <= 1 + behind
        assert house.counts["accepted"] == 5 - house.counts["uncertain"]
        assert max(server.begun.values()) == 1
        assert "no answer after the message" in house.delivery(SICK).reply

    with new_house() as house:
        asyncio.run(run(house))


@at(GREETING, "EHLO", "MAIL", "RCPT", "DATA", "RSET", FINAL)
async def test_a_server_that_hangs_at_any_stage_holds_nobody_up_for_longer_than_the_time_out(
    house: House, serve: Serve, dialogue: str, stage: str
):
    house.freeze(*readers(6))
    server = await serve(lambda m: HANG if m.stage == stage and m.turn == 2 else None)
    await house.send(server.port, connections=2, connect_timeout=BRIEF, command_timeout=BRIEF, data_timeout=BRIEF)
    doubts = house.counts.get("uncertain", 0)
    assert house.counts["accepted"] == 6 - doubts
    assert doubts == (1 if stage == FINAL else 0) or dialogue == CHUNKING
    assert doubts <= 2
    assert max(server.taken.values()) == 1


@only(PLAIN)
async def test_a_server_that_does_not_answer_to_goodbye_is_left_after_a_few_seconds(house: House, serve: Serve):
    house.freeze(*readers(2))
    server = await serve(lambda m: HANG if m.stage == "QUIT" else None)
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 2}


async def test_an_answer_that_comes_too_late_changes_nothing_any_more(house: House, serve: Serve):
    """The doubt stands: nobody listens to that line any longer, and nobody mails it again."""

    given_up = asyncio.Event()

    class Watching(Diary):
        def recorded(self, outcome: Outcome) -> None:
            if outcome.delivery.status is Status.UNCERTAIN:
                given_up.set()

    async def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.to == SICK:
            await given_up.wait()

    house.diary = Watching()
    house.freeze(*readers(3))
    server = await serve(script)
    await house.send(server.port, connections=1, window=1, data_timeout=BRIEF)
    await house.send(server.port)
    assert house.statuses[SICK] is Status.UNCERTAIN
    assert [content.to for content in server.contents].count(SICK) == 1
    assert house.counts == {"accepted": 2, "uncertain": 1}


async def test_answers_that_take_their_time_are_waited_for(house: House, serve: Serve):
    async def script(_: Moment) -> None:
        await asyncio.sleep(0.002)

    house.freeze(*readers(6))
    server = await serve(script)
    await house.send(server.port, connections=2)
    assert house.counts == {"accepted": 6}
    assert server.taken == dict.fromkeys(readers(6), 1)


@at(GREETING, "EHLO", "MAIL", "RCPT", "DATA", "RSET", FINAL)
async def test_421_anywhere_means_another_connection_and_nobody_is_lost(
    house: House, serve: Serve, dialogue: str, stage: str
):
    house.freeze(*readers(8))
    closing = say("421 4.3.2 closing", Then.CUT)
    server = await serve(lambda m: closing if m.stage == stage and m.turn == 3 else None)
    for _ in range(2):
        await house.send(server.port, connections=2, messages_per_connection=2)
        house.time.pass_by(AN_HOUR)
    assert house.counts == {"accepted": 8}
    assert server.taken == dict.fromkeys(readers(8), 1)


async def test_421_between_two_messages_is_no_answer_to_the_next_one(house: House, serve: Serve):
    """Nobody asked: what was idle for too long is closed, and the next message takes another connection."""
    idle = say("250 2.0.0 taken\r\n421 4.4.2 idle for too long", Then.CUT)
    house.freeze(*readers(6))
    server = await serve(lambda m: idle if m.stage == FINAL and m.turn % 2 else None)
    await house.send(server.port, connections=1)
    assert server.taken == dict.fromkeys(readers(6), 1)
    assert house.counts == {"accepted": 6}
    assert house.nobody_was_blamed


@pytest.mark.parametrize("refusal", [say("554 5.3.2 not you"), say("421 4.7.0 too many"), CUT, say("what?")])
async def test_a_connection_that_is_refused_is_opened_again(house: House, serve: Serve, refusal: Answer):
    house.freeze(*readers(9))
    server = await serve(lambda m: refusal if m.stage == GREETING and m.turn in {1, 3} else None)
    await house.send(server.port, connections=2, messages_per_connection=2)
    assert server.taken == dict.fromkeys(readers(9), 1)
    assert house.nobody_was_blamed


@in_chunks
@pytest.mark.parametrize("window", [1, 2, 4])
async def test_in_chunks_a_cut_leaves_as_many_doubts_as_were_under_way(house: House, serve: Serve, window: int):
    house.freeze(*readers(9))
    server = await serve(lambda m: CUT if m.stage == "RCPT" and m.to == SICK else None)
    await house.send(server.port, connections=1, window=window)
    assert 1 <= house.counts["uncertain"] <= window
    assert house.statuses[SICK] is Status.UNCERTAIN
    assert house.counts["accepted"] == 9 - house.counts["uncertain"]


@in_chunks
async def test_a_refused_recipient_takes_nobody_with_them_in_chunks(house: House, serve: Serve):
    """Their content comes all the same, and is thrown away by the server (RFC 3030, 2)."""
    house.freeze(*readers(9))
    server = await serve(lambda m: say("550 5.1.1 no such user") if m.stage == "RCPT" and m.to == SICK else None)
    await house.send(server.port, connections=1, window=4)
    assert house.counts == {"accepted": 8, "failed": 1}
    assert house.person(SICK) == "suppressed"
    assert server.connections == 1
    assert SICK not in server.begun


# --- what the server cannot ----------------------------------------------------------------------------------------


async def test_a_server_that_takes_no_message_so_large_is_told_about_and_marks_nobody(house: House, serve: Serve):
    """SIZE exceeded (RFC 1870): every reader would be refused, and for our fault."""
    server = await serve(extensions=("SIZE 1000", "8BITMIME"))
    house.freeze(*readers(4))
    with pytest.raises(TransportError, match=r"the server takes 1,000 at most") as caught:
        await house.send(server.port, outage=timedelta(minutes=2))
    assert "fewer articles" in caught.value.hint
    assert house.counts == {"queued": 4}
    assert server.contents == []
    assert house.nobody_was_blamed


async def test_a_message_that_is_too_large_after_all_fails_alone_and_suppresses_nobody(house: House, serve: Serve):
    house.freeze(*readers(4))
    large = say("552 5.3.4 message too big")
    server = await serve(lambda m: large if m.stage == FINAL and m.to == SICK else None, extensions=("SIZE 0",))
    await house.send(server.port)
    assert house.counts == {"accepted": 3, "failed": 1}
    assert house.person(SICK) == "active"


@by_data
async def test_no_extension_at_all_is_enough(house: House, serve: Serve):
    """No PIPELINING unless it is the dialogue's, no 8BITMIME, no SMTPUTF8: what leaves is 7-bit and asks for none."""
    house.freeze(*readers(4))
    server = await serve(extensions=())
    await house.send(server.port)
    assert house.counts == {"accepted": 4}
    assert all(content.data.isascii() for content in server.contents)
    assert {line for _, line in server.heard if line.startswith("MAIL")} == {"MAIL FROM:<weekly@example.org>"}


@only(CHUNKING)
async def test_chunks_without_pipelining_are_left_alone(house: House, serve: Serve):
    """Several messages in flight are several commands in flight: who does not offer that gets DATA."""

    def script(moment: Moment) -> Answer | None:
        return say("250-scripted.example.org\r\n250 CHUNKING") if moment.stage == "EHLO" else None

    house.freeze(*readers(3))
    server = await serve(script)
    await house.send(server.port)
    assert house.counts == {"accepted": 3}
    assert "BDAT" not in server.verbs()


# --- our own faults are nobody's -----------------------------------------------------------------------------------


@at("MAIL", "RCPT", "DATA")
@pytest.mark.parametrize(
    "text",
    [
        "550 5.4.5 daily quota exceeded",
        "550 5.1.8 the sender's domain does not exist",
        "553 5.7.1 <weekly@example.org>: Sender address rejected: not owned by user",
    ],
)
async def test_a_quota_or_a_refused_sender_is_ours_at_any_stage(house: House, serve: Serve, stage: str, text: str):
    """Many servers judge the sender at RCPT only: then every reader would be marked for it."""
    house.freeze(*readers(6))
    server = await serve(lambda m: say(text) if m.stage == stage else None)
    with pytest.raises(TransportError, match=text[:9]):
        await house.send(server.port, connections=2, outage=timedelta(minutes=3))
    assert house.counts == {"queued": 6}
    assert len(house.diary.pauses) == 1
    assert house.nobody_was_blamed


async def test_a_quota_that_ends_after_the_content_defers_and_fails_nobody(house: House, serve: Serve):
    house.freeze(*readers(6))
    full = say("550 5.4.5 Daily user sending limit exceeded")
    server = await serve(lambda m: full if m.stage == FINAL and m.turn > 2 else None)
    await house.send(server.port)
    assert house.counts == {"accepted": 2, "deferred": 4}
    server.script = lambda _: None
    house.time.pass_by(AN_HOUR)
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(6), 1)


async def test_a_sender_that_is_refused_for_one_domain_alone_does_not_stop_the_others(house: House, serve: Serve):
    others = readers(20)
    house.freeze("reader@picky.example", *others)
    refused = say("553 5.7.1 Sender address rejected: we do not like you")
    server = await serve(lambda m: refused if m.stage == "RCPT" and m.to == "reader@picky.example" else None)
    await house.send(server.port, connections=2, batch=5)
    assert server.taken == dict.fromkeys(others, 1)
    assert house.counts == {"accepted": 20, "deferred": 1}
