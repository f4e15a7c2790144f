"""Everybody gets exactly one, over few connections, at the pace that was asked for."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.sending.conftest import Serve
from tests.sending.house import NOW, House, readers
from tests.sending.server import CHUNKING, FINAL, PIPELINED, PLAIN, Answer, Moment, say


async def test_fifty_readers_get_one_message_each_over_five_connections(house: House, serve: Serve):
    house.freeze(*readers(50))
    server = await serve()
    await house.send(server.port)
    assert server.taken == dict.fromkeys(readers(50), 1)
    assert house.counts == {"accepted": 50}
    assert server.connections <= 5
    assert len(house.diary.outcomes) == 50
    assert house.diary.pauses == []


async def test_what_arrives_is_the_message_byte_for_byte(house: House, serve: Serve):
    house.freeze(*readers(5))
    server = await serve()
    await house.send(server.port)
    meant = {message.to: message.data for message in (house.write(house.delivery(who)) for who in readers(5))}
    assert {content.to: content.data for content in server.contents} == meant


async def test_a_connection_is_renewed_after_its_share_of_messages(house: House, serve: Serve):
    house.freeze(*readers(10))
    server = await serve()
    await house.send(server.port, connections=1, messages_per_connection=4)
    assert [server.verbs(number).count("MAIL") for number in (1, 2, 3)] == [4, 4, 2]
    assert [server.verbs(number)[-1] for number in (1, 2, 3)] == ["QUIT"] * 3
    assert house.counts == {"accepted": 10}


async def test_no_more_messages_leave_in_a_second_than_were_allowed(house: House, serve: Serve):
    times: list[datetime] = []

    def note(moment: Moment) -> None:
        if moment.stage == FINAL:
            times.append(house.time.now())

    house.freeze(*readers(9))
    server = await serve(note)
    await house.send(server.port, connections=3, per_second=2)
    assert house.counts == {"accepted": 9}
    late = timedelta(milliseconds=10)  # what one is late, the next may be early
    turn = timedelta(seconds=0.5)  # for which a connection may still wait while the last message is on its way
    assert NOW + timedelta(seconds=4) - late <= house.time.now() <= NOW + timedelta(seconds=4) + turn + late
    assert house.time.naps
    assert all(at >= NOW + timedelta(seconds=position / 2) - late for position, at in enumerate(sorted(times)))


async def test_batches_smaller_than_the_pool_are_claimed_until_nothing_is_due(house: House, serve: Serve):
    house.freeze(*readers(11))
    server = await serve()
    await house.send(server.port, batch=3)
    assert server.taken == dict.fromkeys(readers(11), 1)


async def test_a_second_run_has_nothing_to_do_and_does_not_even_connect(house: House, serve: Serve):
    house.freeze(*readers(3))
    server = await serve()
    await house.send(server.port)
    before = server.connections
    await house.send(server.port)
    assert server.connections == before
    assert house.counts == {"accepted": 3}


async def test_after_a_refused_recipient_the_same_connection_goes_on(house: House, serve: Serve, dialogue: str):
    def script(moment: Moment) -> Answer | None:
        return say("550 5.7.1 not here") if moment.stage == "RCPT" and moment.turn == 2 else None

    house.freeze(*readers(4))
    server = await serve(script)
    await house.send(server.port, connections=1)
    assert house.counts == {"accepted": 3, "failed": 1}
    assert server.connections == 1
    one = ["MAIL", "RCPT", "DATA"]
    assert (
        server.verbs()
        == {
            PLAIN: ["EHLO", *one, "MAIL", "RCPT", "RSET", *one, *one, "QUIT"],
            PIPELINED: ["EHLO", *one, *one, "RSET", *one, *one, "QUIT"],
            CHUNKING: ["EHLO", *["RSET", "MAIL", "RCPT", "BDAT"] * 4, "QUIT"],
        }[dialogue]
    )
