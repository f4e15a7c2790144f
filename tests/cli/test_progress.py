"""How far sending has come, as a person reads it: counts, rates, the state of each server, a line, a bar."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from digest.cli.picture import WIDE, picture
from digest.cli.tally import SMOOTHED, ServerStanding, Standing, State, Tally
from digest.cli.watching import PersonWatch, line, span
from digest.errors import TransportError
from digest.model import Delivery, DeliveryStatus, Outcome

NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)
AWAY = TransportError("east:25: nothing answers there", hint="check smtp.host")
TRIED = (DeliveryStatus.ACCEPTED, DeliveryStatus.DEFERRED, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN)


class Ticking:
    """A stopwatch that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def outcome(
    status: DeliveryStatus = DeliveryStatus.ACCEPTED, *, server: str = "east", attempts: int = 1, first: datetime = NOW
) -> Outcome:
    delivery = Delivery(1, 1, 1, 1, "first@example.org", "", status, attempts, first)
    return Outcome(delivery, "token", server)


def tally(total: int = 20_000, names: tuple[str, ...] = ("east", "west"), ticks: Ticking | None = None) -> Tally:
    return Tally(total, lambda: NOW, names, ticks or Ticking())


def counted(standing: Standing) -> dict[DeliveryStatus, int]:
    return {status: count for status, count in standing.counts.items() if count}


# --- counting ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from(TRIED), st.sampled_from(["east", "west", "digest"]))))
def test_what_is_done_is_the_sum_of_the_counts_and_servers_add_up(answers: list[tuple[DeliveryStatus, str]]) -> None:
    counting = tally()
    for status, server in answers:
        counting.recorded(outcome(status, server=server))
    standing = counting.standing()
    assert standing.done == sum(standing.counts.values()) == len(answers)
    for one in standing.servers:
        assert sum(one.counts.values()) == sum(server == one.name for _, server in answers)


def test_one_that_was_deferred_in_this_run_is_counted_once() -> None:
    counting = tally()
    counting.recorded(outcome(DeliveryStatus.DEFERRED))
    counting.recorded(outcome(DeliveryStatus.DEFERRED, attempts=2))
    counting.recorded(outcome(DeliveryStatus.ACCEPTED, attempts=3))
    assert counted(counting.standing()) == {DeliveryStatus.ACCEPTED: 1}


def test_one_that_was_deferred_in_an_earlier_run_is_new_to_this_one() -> None:
    counting = tally()
    counting.recorded(outcome(attempts=2, first=NOW - timedelta(hours=1)))
    assert counted(counting.standing()) == {DeliveryStatus.ACCEPTED: 1}


def test_those_who_left_are_done_too() -> None:
    counting = tally()
    counting.skipped(3)
    assert counting.standing().done == 3


# --- rate and time left -----------------------------------------------------------------------------------------------


def test_the_rate_is_that_of_the_last_seconds() -> None:
    ticks = Ticking()
    counting = tally(1000, ticks=ticks)
    for second in range(1, 100):
        ticks.seconds = second
        for _ in range(2 if second > 50 else 8):
            counting.recorded(outcome())
        standing = counting.standing()
        if second <= 50:
            assert standing.rate == pytest.approx(8)
    assert standing.rate == pytest.approx(2)
    assert standing.left == pytest.approx((1000 - standing.done) / 2)
    ticks.seconds += 2 * SMOOTHED
    counting.standing()
    ticks.seconds += SMOOTHED
    assert counting.standing().rate == 0
    assert counting.standing().left is None


def test_the_time_left_is_unknown_while_sending_pauses() -> None:
    ticks = Ticking()
    counting = tally(ticks=ticks)
    ticks.seconds = 1
    counting.recorded(outcome())
    counting.paused(AWAY)
    assert counting.standing().left is None
    ticks.seconds = 2
    counting.resumed()
    assert counting.standing().left is not None


# --- servers ----------------------------------------------------------------------------------------------------------


def states(counting: Tally) -> list[str]:
    return [server.state for server in counting.standing().servers]


def test_a_server_sends_pauses_is_sick_or_at_its_limit() -> None:
    counting = tally()
    assert states(counting) == [State.SENDING, State.SENDING]
    counting.failing("west", AWAY)
    assert states(counting) == [State.SENDING, State.SICK]
    counting.back("west")
    counting.spent("east", NOW + timedelta(minutes=1))
    assert states(counting) == [State.LIMIT, State.SENDING]
    counting.paused(AWAY)
    assert states(counting) == [State.PAUSED, State.PAUSED]
    counting.resumed()
    counting.spent("east", NOW)  # which is over
    assert states(counting) == [State.SENDING, State.SENDING]


# --- what a person reads ----------------------------------------------------------------------------------------------


def test_a_line_has_it_all() -> None:
    counts = dict.fromkeys(DeliveryStatus, 0) | {DeliveryStatus.DEFERRED: 12, DeliveryStatus.FAILED: 3}
    standing = Standing(12_400, 20_000, 1_950, 3.9, counts, ())
    assert line("weekly/2025-W43", standing) == (
        "sending weekly/2025-W43: 12,400 of 20,000 (62 %), 1,950/s, 4 s left, 12 deferred, 3 failed"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "0 s"), (99, "99 s"), (100, "2 min"), (3599, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_a_span_of_time_is_as_exact_as_it_is_short(seconds: float, words: str) -> None:
    assert span(seconds) == words


def shown(standing: Standing, width: int = 140) -> list[str]:
    console = Console(file=io.StringIO(), width=width, markup=False)
    console.print(picture("weekly/2025-W43", standing, width))
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def drawn(counting: Tally) -> list[str]:
    return shown(counting.standing())


def test_one_server_is_one_line_and_several_have_one_each() -> None:
    ticks = Ticking()
    assert len(drawn(tally(names=("east",)))) == 1
    counting = tally(100, ticks=ticks)
    ticks.seconds = 2
    for status in (DeliveryStatus.ACCEPTED, DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED):
        counting.recorded(outcome(status))
    counting.recorded(outcome(DeliveryStatus.DEFERRED, server="west"))
    counting.spent("west", datetime(2025, 12, 8, 9, 30, tzinfo=UTC))
    whole, east, west = drawn(counting)
    assert whole.startswith("sending weekly/2025-W43")
    assert whole.split()[-7:] == ["4/100", "2/s", "0:00:48", "1", "deferred", "1", "failed"]
    assert east.split() == ["east", "2/s", "2", "accepted", "0", "deferred", "1", "failed", "sending"]
    assert west.split()[-5:] == ["failed", "limit", "until", "09:30", "UTC"]


def far(*servers: str) -> Standing:
    """Two thirds of a large edition, through servers that are at their limit."""
    counts = dict.fromkeys(DeliveryStatus, 0)
    counts |= {DeliveryStatus.ACCEPTED: 123_456, DeliveryStatus.DEFERRED: 1_234, DeliveryStatus.FAILED: 456}
    until = datetime(2025, 12, 8, 9, 30, tzinfo=UTC)
    standings = tuple(ServerStanding(name, 1_200, counts, State.LIMIT, until) for name in servers)
    return Standing(125_146, 200_000, 1_957, 38, counts, standings)


NUMBERS = ["125,146/200,000", "1,957/s", "0:00:38", "1,234", "deferred", "456", "failed"]


@pytest.mark.parametrize(
    ("width", "bar", "named"),
    [(140, True, True), (120, True, True), (100, True, True), (90, False, True), (80, False, False)],
)
def test_a_narrow_terminal_loses_the_bar_first_and_then_the_name(width: int, *, bar: bool, named: bool) -> None:
    (whole,) = shown(far("east"), width)
    assert whole.split()[-7:] == NUMBERS
    assert ("━" in whole) is bar
    assert whole.startswith("sending weekly/2025-W43") is named


def test_where_the_numbers_have_no_room_there_is_the_plain_line() -> None:
    for width in (59, 44, 20):
        assert " ".join(shown(far("east", "west"), width)) == line("weekly/2025-W43", far())


@given(
    st.integers(10, 200),
    st.lists(st.sampled_from(["east", "relay.example.net:587", "x" * 80]), min_size=1, max_size=3),
    st.integers(0, 10_000_000),
)
def test_whatever_the_width_no_number_is_cut(width: int, servers: list[str], done: int) -> None:
    standing = replace(far(*servers), done=done, total=max(done, 200_000))
    lines = shown(standing, width)
    assert all(len(line) <= width for line in lines)
    assert "…" not in lines[0]
    assert f"{done:,}" in " ".join(lines)
    if "of" not in lines[0].split() and width >= WIDE and len(servers) > 1:
        assert len(lines) == 1 + len(servers)
        assert all(line.endswith("1,234 deferred  456 failed  limit until 09:30 UTC") for line in lines[1:])


def test_more_than_was_due_at_first_is_no_more_than_all() -> None:
    counting = tally(2)
    for _ in range(3):
        counting.recorded(outcome())
    standing = counting.standing()
    assert (standing.done, standing.total) == (3, 3)


def test_what_happens_is_said_in_words() -> None:
    said: list[str] = []
    watch = PersonWatch(tally(), said.append)
    watch.paused(AWAY)
    watch.resumed()
    watch.failing("east", AWAY)
    watch.back("east")
    watch.slowed("example.org", "450 4.7.1 <first@example.org>: too many")
    watch.spent("east", NOW)
    watch.recovered(2000, 0)
    watch.skipped(1)
    watch.recorded(outcome())
    assert said == [
        "sending pauses: east:25: nothing answers there (check smtp.host); it goes on by itself when the server is back",
        "sending goes on",
        "east takes no mail: east:25: nothing answers there (check smtp.host); the other servers go on",
        "east takes mail again",
        "slower for example.org, which said: 450 4.7.1 … too many",
        "east has had all that its limits allow until 2025-12-08 07:00 UTC",
        "due again, after an earlier run had claimed them: 2,000",
    ]
