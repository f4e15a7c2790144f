"""One sick domain, and all the others: who is slowed down, by which replies, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from digest.model import DeliveryStatus as Status
from digest.pacing import Limits
from digest.sending.relay import Relay
from digest.sending.smtp import SmtpTransport
from tests.sending.conftest import Serve
from tests.sending.house import House, pace, server_at
from tests.sending.server import CUT, FINAL, Answer, Moment, Then, say

SICK = tuple(f"reader{n:02}@sick.example" for n in range(40))
WELL = tuple(f"reader{n:02}@well.example" for n in range(40))
MIXED = tuple(who for pair in zip(SICK, WELL, strict=True) for who in pair)
SLOWER = "450 4.7.1 too much mail for this domain, slow down"


def sick_at(stage: str, answer: Answer, *, until: Callable[[], bool] = lambda: False):
    def script(moment: Moment) -> Answer | None:
        return answer if moment.stage == stage and moment.to.endswith("@sick.example") and not until() else None

    return script


def tried(house: House, who: tuple[str, ...]) -> int:
    return sum(house.delivery(one).attempts for one in who)


@pytest.mark.parametrize("stage", ["RCPT", FINAL])
async def test_a_domain_that_asks_for_less_does_not_slow_the_others(house: House, serve: Serve, stage: str):
    """One sick recipient domain never slows the others: they are through before it has been asked many times."""
    seen: list[str] = []
    naps: list[int] = []  # when each of the others was named

    def script(moment: Moment) -> Answer | None:
        if moment.stage == "RCPT":
            seen.append(moment.to.partition("@")[2])
            naps.extend([len(house.time.naps)] * (moment.to in WELL))
        return sick_at(stage, say(SLOWER))(moment)

    house.freeze(*MIXED)
    server = await serve(script)
    await house.send(server.port, connections=4)
    assert {who: count for who, count in server.taken.items() if who in WELL} == dict.fromkeys(WELL, 1)
    last_well = max(place for place, domain in enumerate(seen) if domain == "well.example")
    assert seen[:last_well].count("sick.example") <= 4 * 2 * 2  # what is in hand, and once more
    assert naps[-9] == 0  # nobody had to wait, but for the connections that were left without work in the end
    assert "sick.example slowed" in house.diary.troubles
    assert not any(trouble.startswith("127.0.0.1") for trouble in house.diary.troubles)  # never the server


async def test_a_domain_at_which_the_server_hangs_up_does_not_slow_the_others(house: House, serve: Serve):
    """... 421 at RCPT costs the connection, too; a few of them are enough to learn from."""
    seen: list[str] = []

    def script(moment: Moment) -> Answer | None:
        if moment.stage == "RCPT":
            seen.append(moment.to.partition("@")[2])
        return sick_at("RCPT", say("421 4.7.0 sick.example takes no more from you", Then.CUT))(moment)

    house.freeze(*MIXED)
    server = await serve(script)
    await house.send(server.port, connections=4)
    assert {who: count for who, count in server.taken.items() if who in WELL} == dict.fromkeys(WELL, 1)
    last_well = max(place for place, domain in enumerate(seen) if domain == "well.example")
    assert seen[:last_well].count("sick.example") <= 4 * 2 * 2
    assert house.counts["accepted"] == 40


async def test_a_domain_that_has_recovered_gets_everything(house: House, serve: Serve):
    asked = []

    def well_again() -> bool:
        asked.append(house.time.now())
        return len(asked) > 5

    house.freeze(*MIXED)
    server = await serve(sick_at("RCPT", say(SLOWER), until=well_again))
    for _ in range(40):
        await house.send(server.port, connections=4)
        house.time.pass_by(timedelta(minutes=5))
        if house.counts == {"accepted": 80}:
            break
    assert server.taken == dict.fromkeys(MIXED, 1)


async def test_greylisting_is_no_reason_to_slow_down(house: House, serve: Serve):
    """450 4.2.0, 451 4.7.1 greylisted: later, and then it is taken; nobody waits for them meanwhile."""
    met: set[str] = set()

    def script(moment: Moment) -> Answer | None:
        if moment.stage != "RCPT" or moment.to in met:
            return None
        met.add(moment.to)
        return say("450 4.2.0 greylisted" if len(met) % 2 else "451 4.7.1 Greylisting in action, come back later")

    house.freeze(*MIXED)
    server = await serve(script)
    await house.send(server.port)
    assert house.counts == {"deferred": 80}
    assert house.diary.troubles == []
    house.time.pass_by(timedelta(minutes=3))
    await house.send(server.port)
    assert server.taken == dict.fromkeys(MIXED, 1)
    assert {house.delivery(who).attempts for who in MIXED} == {2}


async def test_a_server_that_asks_for_less_whoever_it_is_for_is_slowed_itself(house: House, serve: Serve):
    everybody = tuple(f"reader@place{n:02}.example" for n in range(30))
    house.freeze(*everybody)
    busy = say("451 4.7.1 you are sending too fast")
    server = await serve(lambda m: busy if m.stage == "RCPT" and m.turn <= 12 else None)
    for _ in range(20):
        await house.send(server.port, connections=4)
        house.time.pass_by(timedelta(minutes=5))
    assert server.taken == dict.fromkeys(everybody, 1)
    assert any(trouble == f"127.0.0.1:{server.port} slowed" for trouble in house.diary.troubles)


async def test_a_limit_of_a_domain_is_kept_and_holds_up_nobody_else(house: House, serve: Serve):
    """``connections = 1``: never two at once to it, while the others go on."""
    in_hand: set[str] = set()
    most = 0

    def script(moment: Moment) -> None:
        nonlocal most
        if moment.stage == "RCPT" and moment.to in SICK:
            in_hand.add(moment.to)
            most = max(most, len(in_hand))
        if moment.stage == FINAL:
            in_hand.discard(moment.to)

    house.freeze(*MIXED)
    server = await serve(script)
    relay = Relay("relay", SmtpTransport(server_at(server.port)), 4)
    await house.run([relay], pace(domains={"sick.example": Limits(connections=1)}))
    assert server.taken == dict.fromkeys(MIXED, 1)
    assert most == 1


@pytest.mark.parametrize("window", [1, 2, 4])
async def test_who_leaves_at_the_last_moment_does_not_occupy_the_only_place_of_their_domain(
    house: House, serve: Serve, window: int
):
    """A hand-over that the ledger refuses is over: a place that was kept for it would be lost for ever."""

    def script(moment: Moment) -> None:
        if moment.stage == "EHLO":
            house.change(SICK[0], status="unsubscribed")
            house.change(SICK[1], status="unsubscribed")

    house.freeze(*SICK[:6])
    server = await serve(script)
    relay = Relay("relay", SmtpTransport(server_at(server.port, window=window)), 1)
    await house.run([relay], pace(domains={"sick.example": Limits(connections=1)}))
    assert server.taken == dict.fromkeys(SICK[2:6], 1)
    assert house.counts == {"accepted": 4, "skipped": 2}


@pytest.mark.parametrize("answer", [CUT, say("451 4.3.0 later", Then.CUT)])
async def test_a_line_that_breaks_slows_no_domain(house: House, serve: Serve, answer: Answer):
    house.freeze(*MIXED)
    server = await serve(lambda m: answer if m.stage == FINAL and m.turn == 3 else None)
    await house.send(server.port, connections=4)
    assert house.diary.troubles == []
    assert house.counts["accepted"] >= 70
    assert not any(status is Status.FAILED for status in house.statuses.values())
