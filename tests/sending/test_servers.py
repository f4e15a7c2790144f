"""Several servers beside each other, and one whose limits are reached: who gets what, and when sending goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from digest.errors import AddressError, StoreError, TransportError
from digest.model import Delivery, Message
from digest.pacing import Limits
from digest.sending.relay import Relay
from digest.sending.smtp import SmtpTransport
from digest.store.allowances import Allowances
from digest.store.ledger import Ledger
from tests.sending.conftest import Serve, only
from tests.sending.house import NOW, House, pace, readers, server_at
from tests.sending.server import FINAL, GREETING, HANG, PIPELINED, Answer, Moment, ScriptedServer, Then, say

pytestmark = only(PIPELINED)
DAY = timedelta(days=1)


def relay(name: str, server: ScriptedServer, connections: int = 2, **options: Any) -> Relay:
    own = {key: options.pop(key) for key in ("limits", "weight", "warm_up", "warm_up_factor") if key in options}
    return Relay(name, SmtpTransport(server_at(server.port, name=name, **options)), connections, **own)


def all_taken(*servers: ScriptedServer) -> Counter[str]:
    return sum((server.taken for server in servers), Counter())


async def test_a_sick_server_leaves_its_share_to_the_well_one(house: House, serve: Serve):
    """Failover: nobody waits for it, nobody is mailed twice, and it is said once."""
    well, sick = await serve(), await serve(lambda m: say("421 4.3.2 down") if m.stage == GREETING else None)
    house.freeze(*readers(60))
    await house.run([relay("well", well, weight=1), relay("sick", sick, weight=1)], pace())
    assert well.taken == dict.fromkeys(readers(60), 1)
    assert house.diary.pauses == []
    assert house.diary.troubles.count("sick failing") == 1


async def test_a_server_that_is_well_again_is_used_again(house: House, serve: Serve):
    def script(moment: Moment) -> Answer | None:
        return say("421 4.3.2 down") if moment.stage == GREETING and moment.turn <= 4 else None

    first, second = await serve(), await serve(script)
    house.freeze(*readers(300))
    await house.run([relay("first", first, weight=1), relay("second", second, weight=1)], pace(batch=20))
    assert all_taken(first, second) == dict.fromkeys(readers(300), 1)
    assert len(second.taken) > 20
    assert house.diary.troubles == ["second failing", "second back"]


@pytest.mark.parametrize("weights", [(3, 1), (1, 1), (5, 2)])
async def test_weights_keep_their_proportion(house: House, serve: Serve, weights: tuple[int, int]):
    first, second = await serve(), await serve()
    house.time.slept = lambda _: asyncio.sleep(0.001)  # time does not fly so fast that an answer seems to take long
    house.freeze(*readers(400))
    relays = [relay("first", first, weight=weights[0]), relay("second", second, weight=weights[1])]
    await house.run(relays, pace())
    meant = 400 * weights[0] / sum(weights)
    assert abs(len(first.taken) - meant) <= 30  # what one may be ahead, and what is in hand at the end
    assert all_taken(first, second) == dict.fromkeys(readers(400), 1)


async def test_a_server_that_hangs_does_not_hold_up_the_others(house: House, serve: Serve):
    """It may hang for ten minutes after the content; the others need not wait for it to have its share."""
    hanging = await serve(lambda m: HANG if m.stage == FINAL and m.turn > 5 else None)
    well = await serve()
    house.freeze(*readers(200))
    asked = house.time.now()
    relays = [relay("well", well, weight=1), relay("hanging", hanging, weight=1, data_timeout=3)]
    answers: list[datetime] = []
    well.script = lambda m: answers.append(house.time.now()) if m.stage == FINAL else None
    await house.run(relays, pace())
    assert len(well.taken) >= 185
    assert house.counts["accepted"] + house.counts["uncertain"] == 200
    assert house.counts["uncertain"] <= 2 * 2 * 2  # a window for each connection, and those that tried again
    assert max(answers[:180]) - asked < timedelta(minutes=2)


async def test_all_servers_sick_pause_and_end_with_everybody_queued(house: House, serve: Serve):
    sick = [await serve(lambda m: say("421 4.3.2 down") if m.stage == GREETING else None) for _ in range(2)]
    house.freeze(*readers(20))
    relays = [relay(f"relay{number}", server, weight=1) for number, server in enumerate(sick)]
    with pytest.raises(TransportError, match="421"):
        await house.run(relays, pace(outage=timedelta(minutes=20)))
    assert house.counts == {"queued": 20}
    assert len(house.diary.pauses) == 1
    assert sum(server.connections for server in sick) < 150  # it knocks now and then, not all the time
    assert len(house.time.naps) < 300


# --- limits --------------------------------------------------------------------------------------------------------


async def run_out(house: House, server: ScriptedServer, limits: Limits, **options: Any) -> datetime | None:
    return await house.run([relay("relay", server, limits=limits, **options)], pace())


async def test_a_server_that_has_had_its_day_ends_the_run_and_says_when_it_goes_on(house: House, serve: Serve):
    """... with the rest still queued, and without napping through the night."""
    server = await serve()
    house.freeze(*readers(50))
    until = await run_out(house, server, Limits(per_day=30))
    assert house.counts == {"accepted": 30, "queued": 20}
    assert until is not None
    assert timedelta(hours=23) < until - NOW <= DAY + timedelta(minutes=15)
    assert house.diary.troubles == ["relay spent"]
    assert len(house.time.naps) <= 5


async def test_limits_are_kept_across_restarts(house: House, serve: Serve):
    """What a server was given is read from the ledger, not from memory."""
    server = await serve()
    house.freeze(*readers(50))
    for _ in range(4):
        await run_out(house, server, Limits(per_day=30))
        house.time.pass_by(timedelta(hours=1))
    assert len(server.taken) == 30
    house.time.pass_by(DAY)
    assert await run_out(house, server, Limits(per_day=30)) is None
    assert server.taken == dict.fromkeys(readers(50), 1)


async def test_the_limit_of_an_hour_is_waited_for_and_claims_go_back_meanwhile(house: House, serve: Serve):
    times: list[datetime] = []
    server = await serve(lambda m: times.append(house.time.now()) if m.stage == FINAL else None)
    house.freeze(*readers(25))
    await run_out(house, server, Limits(per_hour=10))
    assert house.counts == {"accepted": 25}
    assert times[10] - times[0] >= timedelta(minutes=59)
    assert times[20] - times[10] >= timedelta(minutes=59)
    assert len(house.time.naps) < 60


async def test_a_new_server_gets_more_from_day_to_day(house: House, serve: Serve):
    """Warm-up: 10 on the first day, twice as many on each that follows."""
    server = await serve()
    house.freeze(*readers(80))
    taken = []
    for _ in range(4):
        before = len(server.contents)
        await run_out(house, server, Limits(), warm_up=10, warm_up_factor=2)
        taken.append(len(server.contents) - before)
        house.time.pass_by(DAY + timedelta(minutes=20))
    assert taken == [10, 20, 40, 10]
    assert server.taken == dict.fromkeys(readers(80), 1)


class Unread(Ledger):
    """Nobody may ask it what a server was given."""

    def used(self, server: str, now: datetime) -> tuple[tuple[float, int], ...]:
        raise AssertionError(server, now)


async def test_what_all_senders_count_together_is_not_counted_once_more_from_the_ledger(house: House, serve: Serve):
    """Each run would read the deliveries of a day. When a server was new is still asked."""
    server = await serve()
    house.freeze(*readers(50))
    new = relay("new", server, limits=Limits(per_hour=1_000), warm_up=10, warm_up_factor=2)
    for accepted in (10, 20):
        await house.run([new], pace(), Unread, allowances=Allowances(house.database))
        assert house.counts == {"accepted": accepted, "queued": 50 - accepted}
        house.time.pass_by(DAY)


@pytest.mark.parametrize(
    "states",
    [
        ("spent", "spent"),
        ("spent", "sick"),
        ("sick", "spent"),
        ("spent", "well"),
        ("sick", "well"),
        ("sick", "sick"),
        ("refuses", "spent"),
        ("refuses", "sick"),
    ],
)
async def test_no_mixture_of_sick_and_spent_servers_hangs_or_runs_hot(
    house: House, serve: Serve, states: Sequence[str]
):
    """A hang is the worst outcome; going round without rest is the second worst."""
    scripts = {
        "sick": lambda m: say("421 4.3.2 down", Then.CUT) if m.stage == GREETING else None,
        "refuses": lambda m: say("550 5.7.1 sender refused") if m.stage == "MAIL" else None,
    }
    servers = [await serve(scripts.get(state, lambda _: None)) for state in states]
    relays = [
        relay(f"{state}{n}", server, weight=n + 1, limits=Limits(per_day=5 if state == "spent" else 0))
        for n, (state, server) in enumerate(zip(states, servers, strict=True))
    ]
    house.freeze(*readers(30))
    house.time.slept = lambda _: asyncio.sleep(0.001)  # or time flies while the well one works
    until = None
    try:
        until = await house.run(relays, pace(outage=timedelta(minutes=10)))
    except TransportError:
        assert "spent" not in states
    if "well" in states:
        assert house.counts == {"accepted": 30}
    else:
        spent = 5 * states.count("spent")
        assert house.counts == {"queued": 30 - spent, **({"accepted": spent} if spent else {})}
    assert (until is not None) == ("spent" in states and "well" not in states)
    assert len(house.time.naps) < 3000  # a turn is waited for by looking now and then
    assert sum(server.connections for server in servers) < 150


JOERG = tuple(f"j\u00f6rg{n}@example.org" for n in range(10))


async def test_an_address_beyond_ascii_goes_through_the_server_that_takes_it(house: House, serve: Serve):
    """No SMTPUTF8 at one server is no reason to fail anybody whom another one reaches."""
    plain, able = await serve(extensions=("8BITMIME",)), await serve()
    house.freeze(*readers(20), *JOERG)
    await house.run([relay("plain", plain), relay("able", able)], pace())
    assert house.counts == {"accepted": 30}
    assert set(able.taken) >= set(JOERG)


async def test_while_the_server_that_takes_it_is_sick_it_waits_and_nothing_hangs(house: House, serve: Serve):
    plain = await serve(extensions=("8BITMIME",))
    sick = await serve(lambda m: say("421 4.3.2 down", Then.CUT) if m.stage == GREETING else None)
    house.freeze(*readers(20), *JOERG)
    await house.run([relay("plain", plain), relay("sick", sick)], pace())
    assert house.counts == {"accepted": 20, "deferred": 10}
    assert "another server may take it" in house.delivery(JOERG[0]).reply


async def test_a_slow_domain_keeps_no_other_from_being_claimed(house: House, serve: Serve):
    """Its claims do not fill the batch."""
    server = await serve()
    slow = tuple(f"reader{n}@slow.example" for n in range(100))
    house.freeze(*(address for pair in zip(slow, readers(100), strict=True) for address in pair))
    seen: list[str] = []
    server.script = lambda m: seen.append(m.to) if m.stage == FINAL else None
    limits = {"slow.example": Limits(per_second=2)}
    await house.run([relay("one", server)], pace(batch=40, domains=limits))
    assert house.counts == {"accepted": 200} or house.counts["accepted"] >= 100
    others_done = max(seen.index(address) for address in readers(100))
    assert sum(address in slow for address in seen[:others_done]) < 60


async def test_a_hand_over_that_is_refused_at_the_very_end_does_not_keep_the_run_waiting(house: House, serve: Serve):
    """Nobody tells of it but the ledger: whoever waits for the last one in hand has to hear of that too."""
    leaving = readers(2)[1]

    def script(moment: Moment) -> Answer | None:
        if moment.stage == "RCPT" and moment.to == readers(2)[0]:
            house.change(leaving, status="unsubscribed")
            return say("550 5.2.2 full")
        return say("421 4.3.2 closing", Then.CUT) if moment.stage == "RSET" else None

    server = await serve(script)
    house.freeze(*readers(2))
    await house.run([relay("one", server, connections=1)], pace())
    assert house.counts == {"failed": 1, "skipped": 1}


async def test_an_edition_that_is_stopped_costs_no_connection_for_each_that_is_left(house: House, serve: Serve):
    def script(moment: Moment) -> None:
        if moment.stage == FINAL and moment.turn == 10:
            house.editions.stop(1, NOW)

    server = await serve(script)
    house.freeze(*readers(300))
    await house.run([relay("one", server)], pace())
    assert house.counts["accepted"] < 30
    assert server.connections < 10


async def test_a_spent_server_beside_a_dead_one_is_no_outage(house: House, serve: Serve):
    """What is left waits for its limits; that the other one is down is no reason to raise the alarm."""
    spent = await serve()
    house.freeze(*readers(30))
    dead = Relay("dead", SmtpTransport(server_at(9, name="dead")), 2)
    until = await house.run([relay("spent", spent, limits=Limits(per_day=5)), dead], pace(outage=timedelta(minutes=2)))
    assert until is not None
    assert house.counts == {"accepted": 5, "queued": 25}


async def test_whoever_watches_and_fails_makes_no_doubt_of_a_refusal(house: House, serve: Serve):
    class Failing(type(house.diary)):  # type: ignore[misc] # a class of the moment
        def slowed(self, whom: str, reply: str) -> None:
            raise ZeroDivisionError

    house.diary = Failing()
    server = await serve(lambda m: say("450 4.7.1 slow down") if m.stage == "RCPT" else None)
    house.freeze(*readers(3))
    with pytest.raises(ZeroDivisionError):
        await house.run([relay("one", server, connections=1)], pace())
    assert "uncertain" not in house.counts


async def test_editions_that_are_sent_at_the_same_time_share_connections_and_limits(house: House, serve: Serve):
    """What a server allows, it allows once, however many runs of a process there are."""
    open_now, most = 0, 0

    async def script(moment: Moment) -> None:
        nonlocal open_now, most
        if moment.stage == FINAL:
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0.001)
            open_now -= 1

    server = await serve(script)
    house.freeze(*readers(200))
    one = relay("one", server, connections=4, limits=Limits(per_day=60))
    shared: dict[str, Any] = {}
    await asyncio.gather(*(house.run([one], pace(batch=10), shared=shared) for _ in range(2)))
    assert house.counts == {"accepted": 60, "queued": 140}
    assert most <= 4
    assert shared == {}


async def test_a_new_server_is_as_new_as_its_first_message(house: House, serve: Serve):
    """Days on which nothing left do not make the limit grow."""
    server = await serve(lambda m: say("421 4.3.2 down", Then.CUT) if m.stage == GREETING else None)
    house.freeze(*readers(40))
    warming = relay("new", server, warm_up=10, warm_up_factor=3)
    with pytest.raises(TransportError):
        await house.run([warming], pace(outage=timedelta(minutes=1)))
    house.time.pass_by(3 * DAY)
    server.script = lambda _: None
    await house.run([warming], pace())
    assert house.counts == {"accepted": 10, "queued": 30}
    house.time.pass_by(DAY + timedelta(minutes=20))
    await house.run([warming], pace())
    assert house.counts == {"accepted": 40}


async def test_an_address_that_cannot_be_written_whose_reader_has_left_does_not_keep_the_run_waiting(
    house: House, serve: Serve
):
    server = await serve()
    house.freeze("a@example.org")

    def write(_delivery: Delivery) -> Message:
        house.change("a@example.org", status="unsubscribed")
        raise AddressError("no address")

    await house.run([relay("one", server, connections=1)], pace(), write=write)
    assert house.counts == {"skipped": 1}


async def test_a_server_that_hangs_while_it_is_greeted_does_not_hold_up_the_others(house: House, serve: Serve):
    hanging, well = await serve(lambda m: HANG if m.stage == "EHLO" else None), await serve()
    house.freeze(*readers(200))
    relays = [relay("well", well, weight=1), relay("hanging", hanging, weight=1, command_timeout=15)]
    await asyncio.wait_for(house.run(relays, pace()), 10)
    assert house.counts == {"accepted": 200}


async def test_a_ledger_that_fails_at_the_end_leaves_no_place_taken_at_a_server(house: House, serve: Serve):
    """The next run of the process has all connections again."""

    class Failing(Ledger):
        def hand_back(self, *_: Any) -> None:
            raise StoreError("disk full")

    server = await serve(lambda m: house.stop.set() if m.stage == FINAL else None)
    house.freeze(*readers(50))
    shared: dict[str, Any] = {}
    with pytest.raises(StoreError, match="disk full"):
        await house.run([relay("one", server, connections=1)], pace(batch=10), Failing, shared=shared)
    assert shared == {}
