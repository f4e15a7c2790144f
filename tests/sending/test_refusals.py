"""What the server says about one message, at each stage, and whom it concerns."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.errors import TransportError
from digest.model import DeliveryStatus as Status
from tests.sending.conftest import Serve, at, by_data
from tests.sending.house import House, readers
from tests.sending.server import CUT, FINAL, Answer, Moment, say

SICK = "reader001@example.org"


def script_for(stage: str, answer: Answer, who: str = SICK):
    return lambda moment: answer if moment.stage == stage and moment.to == who else None


@at("RCPT", "DATA", FINAL)
@pytest.mark.parametrize("text", ["451 4.3.0 later", "452 4.2.2 full", "450 greylisted"])
async def test_later_defers_this_delivery_alone(house: House, serve: Serve, stage: str, text: str):
    house.freeze(*readers(3))
    server = await serve(script_for(stage, say(text)))
    await house.send(server.port)
    assert house.counts == {"accepted": 2, "deferred": 1}
    deferred = house.delivery(SICK)
    assert deferred.attempts == 1
    assert deferred.reply == text
    assert deferred.due == house.time.now() + timedelta(minutes=1)
    assert house.diary.pauses == []


@at("RCPT", "DATA", FINAL)
@pytest.mark.parametrize("text", ["550 5.7.1 policy", "552 5.2.2 mailbox full", "554 5.6.0 content", "550 no"])
async def test_never_fails_this_delivery_and_suppresses_nobody(house: House, serve: Serve, stage: str, text: str):
    house.freeze(*readers(3))
    server = await serve(script_for(stage, say(text)))
    await house.send(server.port)
    await house.send(server.port)
    assert house.counts == {"accepted": 2, "failed": 1}
    assert house.delivery(SICK).reply == text
    assert house.person(SICK) == "active"
    assert sum(f"<{SICK}>" in line for _, line in server.heard) == 1  # a 5yz is never tried again


@pytest.mark.parametrize("code", ["5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"])
async def test_a_mailbox_that_does_not_exist_is_never_mailed_again(house: House, serve: Serve, code: str):
    house.freeze(*readers(3))
    server = await serve(script_for("RCPT", say(f"550 {code} no such user")))
    await house.send(server.port)
    assert house.counts == {"accepted": 2, "failed": 1}
    assert house.person(SICK) == "suppressed"
    assert [house.person(who) for who in readers(3) if who != SICK] == ["active", "active"]


async def test_a_dead_mailbox_named_after_the_content_suppresses_nobody(house: House, serve: Serve):
    house.freeze(*readers(3))
    server = await serve(script_for(FINAL, say("550 5.1.1 no such user")))
    await house.send(server.port)
    assert house.counts == {"accepted": 2, "failed": 1}
    assert house.person(SICK) == "active"


async def test_a_deferred_message_is_sent_again_once_it_is_due_with_the_same_bytes(house: House, serve: Serve):
    house.freeze(SICK)
    server = await serve(lambda m: say("451 4.3.0 later") if m.stage == FINAL and m.turn == 1 else None)
    await house.send(server.port)
    await house.send(server.port)  # not due yet
    assert [content.code for content in server.contents] == [451]
    house.time.pass_by(timedelta(minutes=2))
    await house.send(server.port)
    assert [content.code for content in server.contents] == [451, 250]
    assert server.contents[0].data == server.contents[1].data
    assert house.counts == {"accepted": 1}
    assert house.delivery(SICK).attempts == 2


async def test_patience_ends_in_failed(house: House, serve: Serve):
    house.freeze(SICK)
    server = await serve(script_for("RCPT", say("450 4.2.0 greylisted")))
    waits = []
    while house.statuses[SICK] is not Status.FAILED:
        await house.send(server.port)
        if (due := house.deliveries.next_due(1)) is not None:
            waits.append(due - house.time.now())
            house.time.moment = due
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=1)
    assert timedelta(days=1, hours=18) < sum(waits, timedelta()) <= timedelta(days=2)
    assert house.delivery(SICK).reply.startswith(f"gave up after {len(waits) + 1} tries: 450 4.2.0")
    assert house.person(SICK) == "active"


@by_data
@pytest.mark.parametrize("answer", [CUT, say("421 4.3.0 closing"), say("500 what?"), say("noise")])
async def test_a_refusal_counts_even_when_the_server_hangs_up_at_once(house: House, serve: Serve, answer: Answer):
    def script(moment: Moment) -> Answer | None:
        if moment.to != SICK:
            return None
        return {"RCPT": say("550 5.1.1 no such user"), "RSET": answer}.get(moment.stage)

    house.freeze(*readers(4))
    server = await serve(script)
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 3, "failed": 1}
    assert house.person(SICK) == "suppressed"
    assert server.connections == 2
    assert sum(f"<{SICK}>" in line for _, line in server.heard) == 1
    assert house.diary.pauses == []


async def test_closing_after_the_content_defers_it_and_takes_a_new_connection(house: House, serve: Serve):
    house.freeze(*readers(4))
    server = await serve(script_for(FINAL, say("421 4.3.2 closing")))  # and yet it does not close
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 3, "deferred": 1}
    assert server.connections == 2
    assert house.diary.pauses == []


# --- refusals that are about us ------------------------------------------------------------------------------------


@at("", "EHLO", "MAIL", "RCPT", "DATA")
async def test_closing_is_nobodys_attempt_and_takes_a_new_connection(house: House, serve: Serve, stage: str):
    house.freeze(*readers(6))
    closing = say("421 4.3.2 too busy")
    server = await serve(lambda m: closing if m.stage == stage and m.turn == 2 else None)
    await house.send(server.port, connections=2)
    assert house.counts == {"accepted": 6}
    assert server.taken == dict.fromkeys(readers(6), 1)
    assert {house.delivery(who).attempts for who in readers(6)} == {1}
    assert 2 <= server.connections <= 3  # the other connection may have carried the rest meanwhile
    assert len(house.diary.pauses) <= 1  # none when the other connection had carried mail by then
    assert all(pause.endswith(" 421 4.3.2 too busy") for pause in house.diary.pauses)


@pytest.mark.parametrize(
    "text", ["552 5.4.5 daily quota", "550 5.7.1 sender refused", "451 4.3.0 later", "530 5.7.0 login"]
)
async def test_a_refused_sender_pauses_everything_and_marks_nobody(house: House, serve: Serve, text: str):
    house.freeze(*readers(6))
    server = await serve(lambda m: say(text) if m.stage == "MAIL" else None)
    with pytest.raises(TransportError, match=text):
        await house.send(server.port, connections=3, outage=timedelta(minutes=10))
    assert house.counts == {"queued": 6}
    assert {house.delivery(who).attempts for who in readers(6)} == {0}
    assert len(house.diary.pauses) == 1
    assert house.diary.outcomes == []
    assert house.diary.resumptions == 0
    assert server.contents == []
    assert max(house.time.naps) <= 75  # bounded


async def test_sending_goes_on_when_the_quota_is_over(house: House, serve: Serve):
    house.freeze(*readers(6))
    server = await serve(lambda m: say("552 5.4.5 quota") if m.stage == "MAIL" and 2 < m.turn < 9 else None)
    await house.send(server.port, connections=2)
    assert house.counts == {"accepted": 6}
    assert server.taken == dict.fromkeys(readers(6), 1)


@at("RCPT", "DATA")
@pytest.mark.parametrize("text", ["530 5.7.0 login first", "535 5.7.8 login", "538 5.7.11 encrypt"])
async def test_a_server_that_wants_a_login_later_blames_no_recipient(house: House, serve: Serve, stage: str, text: str):
    house.freeze(*readers(2))
    server = await serve(lambda m: say(text) if m.stage == stage else None)
    with pytest.raises(TransportError, match=text):
        await house.send(server.port, outage=timedelta(minutes=1))
    assert house.counts == {"queued": 2}


# --- addresses -----------------------------------------------------------------------------------------------------


async def test_addresses_that_are_not_ascii_go_to_servers_that_take_them(house: House, serve: Serve):
    house.freeze("jörg@example.org", "reader@bücher.example", "plain@example.org")
    server = await serve()
    await house.send(server.port, connections=1)
    assert server.taken == {"jörg@example.org": 1, "reader@xn--bcher-kva.example": 1, "plain@example.org": 1}
    assert [line.endswith(" SMTPUTF8") for _, line in server.heard if line.startswith("MAIL")] == [True, False, False]


async def test_without_smtputf8_only_those_who_need_it_fail_and_nobody_is_suppressed(house: House, serve: Serve):
    house.freeze("jörg@example.org", "reader@bücher.example")
    server = await serve(extensions=())
    await house.send(server.port)
    assert server.taken == {"reader@xn--bcher-kva.example": 1}
    assert house.statuses == {"jörg@example.org": Status.FAILED, "reader@bücher.example": Status.ACCEPTED}
    assert house.person("jörg@example.org") == "active"


@pytest.mark.parametrize(
    "bad",
    [
        "a@b.example\nRCPT TO:<evil@example.net>",
        "a@b@example.org",
        "no-at-sign",
        "a b@example.org",
        "<a@example.org>",
        "",
    ],
)
async def test_a_bad_address_in_the_ledger_fails_alone(house: House, serve: Serve, bad: str):
    house.freeze(bad, *readers(3))
    server = await serve()
    await house.send(server.port, connections=1)
    assert server.taken == dict.fromkeys(readers(3), 1)
    assert house.statuses[bad] is Status.FAILED
    assert not any("evil" in line for _, line in server.heard)


async def test_a_server_that_knows_only_helo_is_talked_to(house: House, serve: Serve):
    house.freeze(*readers(3))
    server = await serve(lambda m: say("502 5.5.1 what?") if m.stage == "EHLO" else None)
    await house.send(server.port)
    assert house.counts == {"accepted": 3}
