"""Whatever a server does to whom, and however often: the ledger and the server's record tell the same story."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.delivery import Policy
from digest.model import DeliveryStatus as Status
from tests.sending.house import House, readers
from tests.sending.server import CUT, FINAL, HALF, Answer, Moment, ScriptedServer, Then, say

WHO = readers(8)
BEFORE = [
    say("450 4.2.0 later"),
    say("550 5.7.1 policy"),
    say("550 5.1.1 no such user"),
    say("421 4.3.2 closing"),
    say("999 ?"),
    say("noise"),
    say("451", Then.CUT),
    CUT,
]
AFTER = [
    say("450 4.2.0 later"),
    say("550 5.7.1 policy"),
    say("250-2.0.0 taken\r\n250 2.0.0 as A1", pieces=3),
    say("250 2.0.0 taken", Then.CUT),
    say("421 4.3.2 closing", Then.CUT),
    say("399 ?"),
    say("noise"),
    Answer(b"250 2.0.0 tak", Then.CUT),
    CUT,
]
FAULTS = (
    st.tuples(st.sampled_from(["MAIL", "RCPT", "DATA", "RSET"]), st.sampled_from(BEFORE))
    | st.tuples(st.just("DATA"), st.just(HALF))
    | st.tuples(st.just(FINAL), st.sampled_from(AFTER))
)
# For each reader what goes wrong in their first transactions, one fault in each; then all is well.
SCRIPTS = st.dictionaries(st.sampled_from(WHO), st.lists(FAULTS, max_size=4), max_size=len(WHO))
Scripts = dict[str, list[tuple[str, Answer]]]


class Faulty:
    """Plays each reader's faults, one a transaction; MAIL and RSET are known by the reader before."""

    def __init__(self, scripts: Scripts) -> None:
        self._left = {who: list(faults) for who, faults in scripts.items()}

    def __call__(self, moment: Moment) -> Answer | None:
        left = self._left.get(moment.to)
        if left and left[0][0] == moment.stage:
            return left.pop(0)[1]
        return None


async def run(scripts: Scripts, connections: int) -> None:
    with TemporaryDirectory() as folder:
        house = House(Path(folder) / "digest.db")
        house.freeze(*WHO)
        async with ScriptedServer(Faulty(scripts)) as server:
            for _ in range(12):
                options = {"policy": Policy(timedelta(minutes=1), timedelta(days=2)), "outage": timedelta(days=9)}
                await house.send(server.port, connections=connections, batch=3, **options)
                house.time.pass_by(timedelta(hours=5))
                if set(house.counts) <= {"accepted", "failed", "uncertain", "skipped"}:
                    break
            agree(house, server)
        house.database.close()


def agree(house: House, server: ScriptedServer) -> None:
    codes: defaultdict[str, list[int]] = defaultdict(list)
    for content in server.contents:
        codes[content.to].append(content.code)
    statuses = house.statuses
    assert set(house.counts) <= {"accepted", "failed", "uncertain"}
    for who in WHO:
        said = codes[who]
        assert server.taken[who] <= 1
        assert all(code // 100 == 4 for code in said[:-1])  # again only after the server had asked for it
        match statuses[who]:
            case Status.ACCEPTED:
                assert said[-1] == 250
            case Status.FAILED:
                assert not said or said[-1] // 100 != 2
            case Status.UNCERTAIN:
                assert server.begun[who] == len([code for code in said if code // 100 == 4]) + 1
    told = Counter(outcome.delivery.status for outcome in house.diary.outcomes)
    assert {status: told[status] for status in (Status.ACCEPTED, Status.FAILED, Status.UNCERTAIN) if told[status]} == {
        Status(status): count for status, count in house.counts.items()
    }
    assert all(
        (house.person(who) == "suppressed") <= (statuses[who] is Status.FAILED and "5.1.1" in house.delivery(who).reply)
        for who in WHO
    )


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(scripts=SCRIPTS, connections=st.integers(1, 3))
@example(scripts={who: [(FINAL, CUT)] for who in WHO}, connections=3)
@example(scripts={who: [("RCPT", BEFORE[2]), ("RSET", CUT)] for who in WHO}, connections=2)
@example(scripts={who: [("DATA", HALF)] for who in WHO[:4]}, connections=1)
def test_the_ledger_and_the_server_tell_the_same_story(scripts: Scripts, connections: int):
    asyncio.run(run(scripts, connections))
