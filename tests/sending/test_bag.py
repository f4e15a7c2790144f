"""What a connection says of the messages it was given: exactly one word on each, and never a wrong one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum, auto

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.delivery import judged
from digest.errors import RenderError, StoreError, TransportError
from digest.model import Delivery, DeliveryStatus, Message, Reply, Stage
from digest.sending.ports import Parcel
from digest.sending.smtp import SmtpTransport
from digest.sending.unrecorded import hand_over
from tests.sending.conftest import Serve
from tests.sending.faults import Fault, Faulty, faults
from tests.sending.house import server_at
from tests.sending.server import CUT, DIALOGUES, FINAL, Moment, ScriptedServer, Then, say

BODY = (b"Subject: A story\r\n\r\n", b"The weather.\r\n" * 40)


class Ledger(Enum):
    """What the ledger has to say to a hand-over."""

    LONG_GRANTED = auto()
    SOON_GRANTED = auto()
    TOO_LATE = auto()  # it is granted, but it took too long
    REFUSED = auto()
    BROKEN = auto()


class Bag:
    """Gives each message once, and keeps what is said of it."""

    def __init__(self, answers: Sequence[Ledger]) -> None:
        self.answers = answers
        self.taken = 0
        self.said_of: list[tuple[str, Reply]] = []
        self.untouched_ones: list[str] = []

    def take(self) -> Parcel | None:
        if self.taken == len(self.answers):
            return None
        answer, who = self.answers[self.taken], reader(self.taken)
        self.taken += 1
        granted = asyncio.get_running_loop().create_future()
        parcel = Parcel(delivery(who), "", message(who), granted, lambda: answer is not Ledger.TOO_LATE)
        if answer is Ledger.LONG_GRANTED:
            granted.set_result(True)
        else:
            asyncio.get_running_loop().call_soon(speak, granted, answer)
        return parcel

    def said(self, parcel: Parcel, reply: Reply) -> None:
        self.said_of.append((parcel.message.to, reply))

    def untouched(self, parcel: Parcel, blamed: Reply | None = None) -> None:
        self.untouched_ones.append(parcel.message.to)

    @property
    def words(self) -> Counter[str]:
        return Counter(self.untouched_ones) + Counter(who for who, _ in self.said_of)


def speak(granted: asyncio.Future[bool], answer: Ledger) -> None:
    if answer is Ledger.BROKEN:
        granted.set_exception(StoreError("disk full"))
        granted.exception()
    else:
        granted.set_result(answer is not Ledger.REFUSED)


def reader(number: int) -> str:
    return f"reader{number:03}@example.org"


def delivery(who: str) -> Delivery:
    return Delivery(0, 0, 0, 0, who, "", DeliveryStatus.HANDING)


def message(who: str) -> Message:
    return Message("weekly@example.org", who, "<a@example.org>", BODY)


async def carry(server: ScriptedServer, bag: Bag, window: int, told: Callable[[asyncio.Task[None]], None]) -> None:
    """Over as many connections as it takes, but not for ever."""
    transport = SmtpTransport(server_at(server.port, window=window, command_timeout=0.05, data_timeout=0.05))
    for _ in range(len(bag.answers) * 3 + 3):
        before = bag.taken
        with contextlib.suppress(TransportError, StoreError, asyncio.CancelledError):
            connection = await transport.connect()
            carrying = asyncio.create_task(connection.carry(bag))
            told(carrying)
            try:
                await carrying
            finally:
                await connection.close()
        if bag.taken == before == len(bag.answers):
            return


def agree(bag: Bag, server: ScriptedServer) -> None:
    whole = {content.to: content.code for content in server.contents}
    assert bag.words == {reader(n): 1 for n in range(bag.taken)}
    for who in bag.untouched_ones:
        assert who not in whole
    for who, reply in bag.said_of:
        if reply.stage is Stage.FINAL:
            assert whole[who] == reply.code or judged(reply) is DeliveryStatus.UNCERTAIN
        elif reply.stage is not Stage.CUT:
            assert who not in whole
    assert max(Counter(content.to for content in server.contents).values(), default=1) == 1


SCRIPTS = st.sampled_from(list(DIALOGUES)).flatmap(
    lambda dialogue: st.tuples(
        st.just(dialogue), st.dictionaries(st.integers(0, 6).map(reader), st.lists(faults(dialogue), max_size=3))
    )
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(
    SCRIPTS,
    st.lists(st.sampled_from(Ledger) | st.just(Ledger.SOON_GRANTED), min_size=1, max_size=7),
    st.integers(1, 4),
    st.none() | st.integers(1, 30),
)
def test_whatever_happens_one_word_is_said_of_each_message_and_it_is_true(
    script: tuple[str, dict[str, Sequence[Fault]]], answers: list[Ledger], window: int, killed_at: int | None
):
    """... any server, any ledger, cancelled at any moment; untouched is only what never arrived whole."""
    dialogue, wrong = script
    carrying: list[asyncio.Task[None]] = []
    moments = []

    def before(moment: Moment) -> None:
        moments.append(moment)
        if len(moments) == killed_at and carrying:
            carrying[-1].cancel()

    async def run() -> None:
        bag = Bag(answers)
        async with asyncio.timeout(20):
            async with ScriptedServer(Faulty(dict(wrong), before), ("SMTPUTF8", *DIALOGUES[dialogue])) as server:
                await carry(server, bag, window, carrying.append)
                await server.settled()
                agree(bag, server)

    asyncio.run(run())


async def one(serve: Serve, script, answers: int = 3, window: int = 4) -> tuple[Bag, ScriptedServer]:
    """Several messages over one connection, and what became of them."""
    server = await serve(script)
    bag = Bag([Ledger.SOON_GRANTED] * answers)
    connection = await SmtpTransport(server_at(server.port, window=window)).connect()
    with contextlib.suppress(TransportError, RenderError):
        await connection.carry(bag)
    await connection.close()
    await server.settled()
    agree(bag, server)
    return bag, server


async def test_a_message_that_the_ledger_does_not_let_go_is_said_to_be_untouched(serve: Serve):
    """Else it would count as one in hand for ever, and hold up its domain."""
    server = await serve()
    bag = Bag([Ledger.SOON_GRANTED, Ledger.REFUSED, Ledger.TOO_LATE, Ledger.SOON_GRANTED])
    await carry(server, bag, 2, lambda _: None)
    assert sorted(bag.untouched_ones) == [reader(1), reader(2)]
    assert server.taken == {reader(0): 1, reader(3): 1}


async def test_a_server_that_cannot_reset_but_takes_the_message_has_taken_it(serve: Serve):
    bag, server = await one(serve, lambda m: say("502 5.5.1 what?") if m.stage == "RSET" else None)
    assert server.taken == {who: 1 for who, reply in bag.said_of if reply.code == 250}
    assert len(server.taken) == 3


async def test_a_server_that_takes_what_it_has_refused_leaves_a_doubt_and_no_second_message(serve: Serve):
    def script(moment: Moment):
        refused = moment.to == reader(0) or moment.stage == "MAIL"
        answers = {"MAIL": say("451 4.3.0 hm"), "RCPT": say("250 2.1.5 ok"), FINAL: say("250 2.0.0 taken")}
        return answers.get(moment.stage) if refused and moment.turn == 1 else None

    bag, _ = await one(serve, script, answers=1)
    assert bag.words == {reader(0): 1}
    assert all(reply.stage is Stage.CUT for _, reply in bag.said_of)


@pytest.mark.parametrize("stage", ["MAIL", "RCPT", FINAL])
async def test_what_was_behind_a_421_that_ended_the_line_is_untouched(serve: Serve, stage: str):
    """RFC 5321, 3.8: who says 421 reads no more. A relay that takes a hundred messages a connection leaves no doubts."""
    closing = say("421 4.7.0 enough for one connection", Then.CUT)
    bag, server = await one(serve, lambda m: closing if (m.stage, m.turn) == (stage, 2) else None, answers=5)
    assert server.taken == {reader(0): 1}
    assert {who: reply.code for who, reply in bag.said_of} == {
        reader(0): 250,
        **({reader(1): 421} if stage == FINAL else {}),
    }


async def test_a_refusal_stands_though_the_line_breaks_behind_it(serve: Serve):
    def script(moment: Moment):
        if moment.to != reader(1):
            return None
        return {"RCPT": say("550 5.1.1 no such user", Then.GO_ON), "DATA": CUT, "BDAT": CUT}.get(moment.stage)

    bag, _ = await one(serve, script, answers=2)
    assert dict(bag.said_of)[reader(1)].code == 550


async def test_a_message_that_cannot_be_made_leaves_the_answers_to_the_others_to_be_heard(serve: Serve):
    class Cracked(Bag):
        def take(self) -> Parcel | None:
            if self.taken == 2:
                raise RenderError("no")
            return super().take()

    server = await serve()
    bag = Cracked([Ledger.SOON_GRANTED] * 4)
    connection = await SmtpTransport(server_at(server.port, window=4)).connect()
    with pytest.raises(RenderError):
        await connection.carry(bag)
    await connection.close()
    await server.settled()
    agree(bag, server)
    assert not any(reply.stage is Stage.CUT for _, reply in bag.said_of)


async def test_a_test_to_oneself_goes_by_any_dialogue(serve: Serve):
    """There is no ledger to wait for: each may leave from the beginning."""
    server = await serve()
    told = []
    messages = [message(reader(n)) for n in range(5)]
    async with asyncio.timeout(20):
        await hand_over([SmtpTransport(server_at(server.port))], messages, lambda m, reply: told.append((m.to, reply)))
    assert server.taken == {reader(n): 1 for n in range(5)}
    assert [(who, reply.code) for who, reply in told] == [(reader(n), 250) for n in range(5)]


async def test_a_ledger_that_answers_while_the_connection_is_busy_hangs_nobody(serve: Serve):
    """The word may be there before anybody waits for it: in the middle of an answer to another message."""
    mixed = [Ledger.SOON_GRANTED, Ledger.LONG_GRANTED] * 4

    async def script(moment: Moment) -> None:
        if moment.stage == FINAL:
            await asyncio.sleep(0)

    server = await serve(script)
    async with asyncio.timeout(20):
        await carry(server, bag := Bag(mixed), 3, lambda _: None)
    assert server.taken == {reader(n): 1 for n in range(8)}
    assert len(bag.said_of) == 8
