from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isfinite

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.pacing import Limits, Meter, Restraint, Share, is_rate_limit, may_take, warm_up
from digest.pacing.limits import GRAIN, LATENESS
from digest.pacing.restraint import ENOUGH, FIRST_PAUSE, LONGEST_INTERVAL, LONGEST_PAUSE
from digest.pacing.sharing import MOST, SLACK

NOW = 1_700_000_000.0
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
ROUNDING = 1e-6

COUNTS = st.integers(0, 12)
FEW = st.integers(1, 4)
LIMITS = st.one_of(
    st.builds(
        Limits, per_second=st.sampled_from((0, 0.01, 0.5, 1, 14)), per_minute=COUNTS, per_hour=COUNTS, per_day=COUNTS
    ),
    st.builds(Limits, per_minute=FEW),
    st.builds(Limits, per_hour=FEW),
    st.builds(Limits, per_day=FEW),
)
AHEAD = st.one_of(
    st.sampled_from(
        (0.0, 0.3, 0.5, 20.0, 30.0, 59.6, 500.0, 3580.0, 85_950.0)
    ),  # inside a grain, and just short of a window
    st.floats(0, 2),
    st.floats(0, 2 * HOUR),
    st.floats(0, 2 * DAY),
)
BACK = st.floats(-30 * DAY, -2)
CHANCES = st.floats(0, 1, exclude_max=True)


def windows(limits: Limits) -> list[tuple[float, int]]:
    lengths = ((MINUTE, limits.per_minute), (HOUR, limits.per_hour), (DAY, limits.per_day))
    return [(length, most) for length, most in lengths if most]


def exceeded(limits: Limits, taken: Sequence[float]) -> list[str]:
    """What a plain look at all that was taken finds too much."""
    crowded = [
        f"{most + 1} in {later - first} s"
        for length, most in windows(limits)
        for first, later in zip(taken, taken[most:], strict=False)
        if later - first < length - ROUNDING
    ]
    apart = 1 / limits.per_second - LATENESS - ROUNDING if limits.per_second else 0.0
    return crowded + [f"2 in {later - first} s" for first, later in pairwise(taken) if later - first < apart]


def has_room(limits: Limits, taken: Sequence[float], now: float) -> bool:
    """Whether one more may surely go: even if everything counted for a part of its window longer than it should."""
    rested = not limits.per_second or not taken or now - taken[-1] >= 2 / limits.per_second
    return rested and all(
        sum(moment > now - length * (1 + 1 / GRAIN) - ROUNDING for moment in taken) < most
        for length, most in windows(limits)
    )


def greedy(meter: Meter, start: float, seconds: float) -> Iterator[float]:
    """When messages go if there is always one more, and sleeping is exact."""
    now = start
    while now < start + seconds:
        if wait := meter.wait(now):
            now += wait
        else:
            meter.take(now)
            yield now


# --- limits --------------------------------------------------------------------------------------------------------


@given(st.builds(Limits, COUNTS, st.floats(0, 100), COUNTS, COUNTS, COUNTS), st.integers(1, 12))
def test_the_shares_of_all_processes_are_the_limit(limits: Limits, n: int):
    shares = [limits.share(n, place) for place in range(n)]
    assert sum(share.per_second for share in shares) == pytest.approx(limits.per_second)
    for key in ("connections", "per_minute", "per_hour", "per_day"):
        whole, parts = getattr(limits, key), [getattr(share, key) for share in shares]
        assert max(parts) - min(parts) <= 1
        assert sum(parts) == (whole if whole >= n or not whole else n)


def test_a_limit_too_small_to_divide_never_becomes_no_limit():
    assert Limits(connections=1, per_day=2).share(8, 7) == Limits(connections=1, per_day=1)


# --- the meter -----------------------------------------------------------------------------------------------------


@example(Limits(per_minute=2), [(0.0, 1), (0.5, 1), (59.6, 2)])
@given(LIMITS, st.lists(st.tuples(st.one_of(AHEAD, AHEAD, BACK), st.integers(1, 20)), max_size=60))
def test_no_window_ever_holds_more_than_its_limit_and_none_is_kept_from_what_it_may_take(
    limits: Limits, steps: list[tuple[float, int]]
):
    """The caller's clock jumps; ``passed`` is the time that it showed to pass."""
    meter, taken, now, passed = Meter(limits), [], NOW, 0.0
    for jump, wanted in steps:
        now += jump
        passed += max(jump, 0.0)
        for _ in range(wanted):
            wait = meter.wait(now)
            assert wait >= 0
            assert not (wait and has_room(limits, taken, passed))
            if not wait:
                meter.take(now)
                taken.append(passed)
    assert exceeded(limits, taken) == []


@example(Limits(per_second=1), [(0.0, 1, None), (1.0, 1, 0), (0.5, 1, None)])
@given(LIMITS, st.lists(st.tuples(AHEAD, st.integers(1, 20), st.none() | st.integers(0, 200)), max_size=60))
def test_whichever_is_given_back_no_window_holds_more_than_its_limit(
    limits: Limits, steps: list[tuple[float, int, int | None]]
):
    meter, taken, now = Meter(limits), [], 0.0
    for jump, wanted, returned in steps:
        now += jump
        for _ in range(wanted):
            if not meter.wait(now):
                meter.take(now)
                taken.append(now)
        if returned is not None and returned < len(taken):
            meter.give_back(taken.pop(returned))
        assert exceeded(limits, taken) == []


@given(LIMITS, st.floats(0, 1e9), st.integers(1, 10))
def test_who_sleeps_as_long_as_told_may_go(limits: Limits, start: float, already: int):
    meter, now = Meter(limits), start
    for _ in range(already):
        for _ in range(10):
            now += meter.wait(now)
        assert meter.wait(now) == 0
        meter.take(now)


@given(LIMITS, st.lists(st.tuples(st.floats(-10, 2 * DAY), st.integers(1, 5)), max_size=20), st.floats(0, 5))
def test_what_an_earlier_process_has_sent_counts(limits: Limits, used: list[tuple[float, int]], idle: float):
    """From the first question on: nothing is known of the time between."""
    meter = Meter(limits, used)
    before = sorted(-max(ago, 0.0) for ago, count in used for _ in range(count))
    taken = [moment - NOW for moment in greedy(meter, NOW, idle)]
    for length, most in windows(limits):
        for place, moment in enumerate(taken):
            recent = [one for one in before + taken[:place] if one > moment - length + ROUNDING]
            assert len(recent) < most


def test_a_spent_limit_says_how_long_it_lasts():
    meter = Meter(Limits(per_hour=3), used=[(3000.0, 3)])
    assert meter.wait(NOW) == pytest.approx(600)
    assert meter.wait(NOW + 599) == pytest.approx(1)
    assert meter.wait(NOW + 600) == 0


def test_more_than_the_limit_used_before_waits_until_enough_of_it_is_long_ago():
    meter = Meter(Limits(per_minute=2), used=[(50.0, 5), (20.0, 1), (10.0, 1)])
    assert meter.wait(NOW) == pytest.approx(40)


def test_what_seems_to_have_been_sent_later_than_now_counts_as_sent_now():
    meter = Meter(Limits(per_minute=1), used=[(-1000.0, 1)])
    assert meter.wait(NOW) == pytest.approx(60)


def test_messages_in_a_second_go_evenly():
    taken = list(greedy(Meter(Limits(per_second=14)), NOW, 10))
    assert len(taken) in {140, 141}
    assert all(later - first >= 1 / 14 - LATENESS - ROUNDING for first, later in pairwise(taken))


def test_less_than_one_in_a_second_is_a_limit_too():
    assert len(list(greedy(Meter(Limits(per_second=0.1)), NOW, 99.5))) == 10


def test_an_idle_hour_saves_nothing_up():
    meter = Meter(Limits(per_second=2))
    meter.take(NOW)
    taken = list(greedy(meter, NOW + HOUR, 5.0))
    assert len(taken) == 11 - (taken[-1] < NOW + HOUR + 5 - 0.5)
    assert all(later - first >= 0.5 - LATENESS - ROUNDING for first, later in pairwise(taken))


def test_sleeping_a_little_too_long_each_time_costs_no_speed():
    meter, now, count = Meter(Limits(per_second=100)), NOW, 0
    while now < NOW + 10:
        if wait := meter.wait(now):
            now += wait + 0.002
        else:
            meter.take(now)
            count += 1
    assert 990 <= count <= 1002


def test_the_one_given_back_may_go_at_once_another_time():
    meter = Meter(Limits(per_second=0.1, per_minute=1))
    meter.take(NOW)
    assert meter.wait(NOW) == pytest.approx(60)
    meter.give_back(NOW)
    assert meter.wait(NOW) == 0


def test_more_given_back_than_taken_gives_nothing():
    meter = Meter(Limits(per_minute=1))
    for _ in range(3):
        meter.give_back(NOW)
    meter.take(NOW)
    for _ in range(3):
        meter.give_back(NOW)
    meter.take(NOW)
    assert meter.wait(NOW) > 0


def test_one_that_was_given_back_late_frees_its_own_place_only():
    meter = Meter(Limits(per_minute=2))
    meter.take(NOW)
    meter.take(NOW + 50)
    meter.give_back(NOW)
    meter.take(NOW + 55)
    assert meter.wait(NOW + 61) == pytest.approx(49)


def test_a_clock_set_back_by_hours_holds_nobody_up_for_hours_and_frees_nothing():
    meter = Meter(Limits(per_second=1, per_minute=5))
    taken = list(greedy(meter, NOW, 5))
    assert len(taken) == 5
    wait = meter.wait(NOW - 3 * HOUR)
    assert 0 < wait <= MINUTE
    assert len(list(greedy(meter, NOW - 3 * HOUR, MINUTE + 2))) <= 5


def test_moments_a_little_out_of_order_make_no_time_pass():
    meter = Meter(Limits(per_minute=3))
    for _ in range(3):
        meter.take(NOW)
    for _ in range(1000):
        assert meter.wait(NOW + 0.5) > 0
        assert meter.wait(NOW) > 0
    assert meter.wait(NOW + 0.5) == pytest.approx(59.5)


def test_memory_stays_small_whatever_goes():
    meter = Meter(Limits(per_minute=10_000, per_hour=10_000, per_day=10_000_000))
    for moment in range(40_000):
        now = NOW + moment * 0.03
        if not meter.wait(now):
            meter.take(now)
    assert all(len(window._buckets) <= GRAIN + 1 for window in meter._windows)


def test_without_limits_everything_goes():
    meter = Meter(Limits(connections=3), used=[(1.0, 1_000_000)])
    for _ in range(1000):
        assert meter.wait(NOW) == 0
        meter.take(NOW)
    meter.give_back(NOW)
    assert meter.wait(NOW - DAY) == 0


# --- restraint -----------------------------------------------------------------------------------------------------


def lasts(restraint: Restraint, start: float, messages: int) -> float:
    """Seconds from the first to the last of so many if there is always one more, and each is answered at once."""
    now, moments = start, []
    while len(moments) < messages:
        if wait := restraint.wait(now, 0):
            now += wait
        else:
            restraint.take(now)
            moments.append(now)
    return moments[-1] - moments[0]


def bearable(restraint: Restraint, now: float) -> int:
    """How many may be in hand at the same time."""
    return next(in_hand for in_hand in range(10_000) if restraint.wait(now, in_hand) > 0)


def well(restraint: Restraint, now: float, most: int = 100_000) -> int:
    """How many have to be accepted until nothing is held back any more."""
    for count in range(most):
        if restraint.free:
            return count
        restraint.went_well(now)
    raise AssertionError(f"still held back after {most}")


def test_who_was_never_slowed_is_free():
    restraint = Restraint()
    assert restraint.free
    assert restraint.wait(NOW, 1_000_000) == 0
    restraint.take(NOW)
    restraint.went_well(NOW)
    assert restraint.free


@given(st.integers(0, 200), CHANCES)
def test_who_is_slowed_pauses_then_bears_half_as_many_one_a_second(in_hand: int, chance: float):
    restraint = Restraint()
    restraint.slowed(NOW, in_hand, chance)
    pause = restraint.wait(NOW, 0)
    assert not restraint.free
    assert FIRST_PAUSE * 3 / 4 <= pause <= FIRST_PAUSE
    assert lasts(restraint, NOW, 10) == pytest.approx(9, abs=0.01)
    assert bearable(restraint, NOW + MINUTE) == max(in_hand // 2, 1)


@given(st.lists(st.tuples(st.integers(0, 35), CHANCES), min_size=1, max_size=12))
def test_each_slowing_at_least_halves_the_rate_down_to_one_message_in_five_minutes(turns: list[tuple[int, float]]):
    """Between them are a few steps of recovery, too few to be free."""
    restraint, now = Restraint(), NOW
    restraint.slowed(now, 200, 0.0)
    for steps, chance in turns:
        now += HOUR
        for _ in range(steps * ENOUGH):
            restraint.went_well(now)
        before = lasts(restraint, now, 4)
        borne = bearable(restraint, now + HOUR)
        now += HOUR
        restraint.slowed(now, 50, chance)
        after = lasts(restraint, now + HOUR, 4)
        assert min(before * 2, 3 * LONGEST_INTERVAL) - 0.01 <= after <= 3 * LONGEST_INTERVAL + 0.01
        assert bearable(restraint, now + 2 * HOUR) == max(1, min(borne, 50) // 2)
        now += 2 * HOUR


def test_slowed_for_ever_one_message_in_five_minutes_is_still_tried():
    restraint, now, tried = Restraint(), NOW, []
    while now < NOW + DAY:
        while wait := restraint.wait(now, 0):
            now += wait
        restraint.take(now)
        tried.append(now)
        restraint.slowed(now, 1, 0.0)
    assert max(later - first for first, later in pairwise(tried)) <= LONGEST_INTERVAL + 1
    assert 288 <= len(tried) <= 300
    assert bearable(restraint, now + LONGEST_INTERVAL) == 1


def test_each_pause_is_twice_the_one_before_up_to_five_minutes():
    restraint, now, pauses = Restraint(), NOW, []
    for _ in range(9):
        restraint.slowed(now, 1, 0.0)
        pauses.append(round(restraint.wait(now, 0)))
        now += pauses[-1]
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]


def test_recovery_shortens_the_next_pause_too():
    restraint = Restraint()
    for moment in range(3):
        restraint.slowed(NOW + moment * 1000, 100, 0.0)
    for _ in range(ENOUGH):
        restraint.went_well(NOW + 3000)
    restraint.slowed(NOW + 3000, 100, 0.0)
    assert restraint.wait(NOW + 3000, 0) == pytest.approx(20)


def test_refusals_of_what_was_under_way_already_count_once():
    once, often = Restraint(), Restraint()
    once.slowed(NOW, 40, 0.5)
    for in_hand in range(40, 0, -1):
        often.slowed(NOW, in_hand, 0.5)
    assert bearable(once, NOW + 9) == bearable(often, NOW + 9) == 20
    assert lasts(once, NOW + 9, 10) == lasts(often, NOW + 9, 10)


def test_what_is_accepted_during_the_pause_is_no_recovery():
    restraint = Restraint()
    restraint.slowed(NOW, 10, 0.0)
    for _ in range(1000):
        restraint.went_well(NOW + 1)
    assert not restraint.free
    assert bearable(restraint, NOW + FIRST_PAUSE) == 5


def test_each_row_of_accepted_ones_is_a_step_back_to_normal():
    restraint = Restraint()
    restraint.slowed(NOW, 10, 0.0)
    now = NOW + FIRST_PAUSE
    for _ in range(ENOUGH):
        restraint.went_well(now)
    assert bearable(restraint, now) == 6
    restraint.take(now)
    assert restraint.wait(now, 0) == pytest.approx(0.75)


def test_a_refusal_breaks_the_row():
    restraint = Restraint()
    restraint.slowed(NOW, 10, 0.0)
    for _ in range(ENOUGH - 1):
        restraint.went_well(NOW + 10)
    restraint.slowed(NOW + 10, 5, 0.0)
    for _ in range(ENOUGH - 1):
        restraint.went_well(NOW + 30)
    assert bearable(restraint, NOW + 30) == 2


@given(st.lists(st.integers(0, 200), min_size=1, max_size=20), CHANCES)
def test_enough_accepted_ones_make_it_free_again(slowings: list[int], chance: float):
    restraint, now = Restraint(), NOW
    for in_hand in slowings:
        restraint.slowed(now, in_hand, chance)
        now += LONGEST_PAUSE
    assert well(restraint, now) <= ENOUGH * max(40, *slowings)
    assert restraint.wait(now, 1_000_000) == 0


def test_what_was_slowed_long_ago_and_recovered_starts_afresh():
    restraint = Restraint()
    for moment in range(8):
        restraint.slowed(NOW + moment * 1000, 64, 0.0)
    well(restraint, NOW + 10_000)
    restraint.slowed(NOW + 20_000, 8, 0.0)
    assert restraint.wait(NOW + 20_000, 0) == pytest.approx(FIRST_PAUSE)
    assert bearable(restraint, NOW + 20_000 + FIRST_PAUSE) == 4


def test_with_all_places_taken_one_asks_again_soon():
    restraint = Restraint()
    restraint.slowed(NOW, 2, 0.0)
    assert 0 < restraint.wait(NOW + FIRST_PAUSE, 1) < 1


ACTS = st.sampled_from(("wait", "take", "slowed", "well", "well"))


@given(st.lists(st.tuples(ACTS, st.floats(-DAY, DAY) | st.floats(0, 10), st.integers(0, 50), CHANCES), max_size=80))
def test_whatever_happens_and_wherever_the_clock_goes_the_wait_is_at_most_five_minutes(
    acts: list[tuple[str, float, int, float]],
):
    restraint, now = Restraint(), NOW
    for act, jump, in_hand, chance in acts:
        now += jump
        match act:
            case "take":
                restraint.take(now)
            case "slowed":
                restraint.slowed(now, in_hand, chance)
            case "well":
                restraint.went_well(now)
        wait = restraint.wait(now, in_hand)
        assert isfinite(wait)
        assert 0 <= wait <= LONGEST_INTERVAL + ROUNDING
        assert restraint.wait(now + wait, 0) <= max(0.0, LONGEST_INTERVAL - wait) + 0.001


# --- replies -------------------------------------------------------------------------------------------------------

# In the words of the servers, with documentation addresses. Google: "Gmail SMTP errors and codes"; Yahoo: "SMTP error
# codes"; Microsoft: "Troubleshooting" at postmaster.live.com, and "NDR error codes in Exchange Online"; Amazon: "Errors
# related to the sending quotas"; Postfix: smtpd.c; Exchange: receive connectors.
SLOW_DOWN = [
    (421, "4.7.28 [192.0.2.1] Our system has detected an unusual rate of\n4.7.28 unsolicited mail originating from"),
    (421, "4.7.0 Try again later, closing connection."),
    (421, "4.4.5 Server busy, try again later."),
    (450, "4.2.1 The user you are trying to contact is receiving mail at a rate that\n4.2.1 prevents additional"),
    (450, "4.2.1 The user you are trying to contact is receiving mail too quickly."),
    (421, "4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or user complaints"),
    (421, "RP-001 (COL004) Unfortunately, some messages from 192.0.2.1 weren't sent."),
    (451, "4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77714)"),
    (451, "4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP reputation."),
    (454, "Throttling failure: Maximum sending rate exceeded."),
    (454, "Throttling failure: Daily message quota exceeded."),
    (450, "4.7.1 Error: too much mail from 192.0.2.1"),
    (450, "4.7.1 Error: too many recipients from 192.0.2.1"),
    (421, "4.7.0 mx.example.org Error: too many connections from 192.0.2.1"),
    (421, "4.3.2 The maximum number of concurrent server connections has exceeded a limit, closing"),
    (421, "Too many connections, slow down."),
    (421, ""),
    (450, "Connection rate limit exceeded"),
    (451, "Ratelimit exceeded for mailbox"),
    (452, "4.2.1 Too many messages for this mailbox in an hour"),
    (451, "4.7.1 Please try again later"),
    (451, "Try again later (#4.7.1)"),
]
NOT_SLOW_DOWN = [
    (450, "4.7.1 <reader@example.org>: Recipient address rejected: Greylisted, see https://postgrey.example/help"),
    (451, "4.7.1 Greylisting in action, please come back later"),
    (450, "4.2.0 reader@example.org: Recipient address rejected: Gray-listed"),
    (421, "4.7.0 grey listed for 300 seconds"),
    (421, "4.4.2 mx.example.org Error: timeout exceeded"),
    (452, "4.5.3 Error: too many recipients"),
    (452, "Too many recipients"),
    (452, "4.2.2 The email account that you tried to reach is over quota."),
    (452, "4.3.1 Insufficient system storage"),
    (450, "4.1.8 <news@example.org>: Sender address rejected: Domain not found"),
    (450, "4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]"),
    (451, "4.7.5 Certificate cannot be validated"),
    (454, "4.7.0 TLS not available due to local problem"),
    (454, "4.7.0 Temporary authentication failure"),
    (451, "4.3.0 Temporary lookup failure"),
    (451, "Corporate policy server is being moderated"),
    (451, "delivery through 10.4.7.1 is late"),
    (550, "5.7.1 Connection rate limit exceeded"),
    (554, "5.7.0 Too many messages, throttled"),
    (552, "4.7.1 too many connections"),
    (250, "2.0.0 queued at a high rate"),
    (0, "4.7.1 too many connections"),
    (4, "4.7.1"),
]


@pytest.mark.parametrize(("code", "text"), SLOW_DOWN)
def test_a_server_that_asks_for_less_is_understood(code: int, text: str):
    assert is_rate_limit(code, text)
    assert is_rate_limit(code, text.upper())


@pytest.mark.parametrize(("code", "text"), NOT_SLOW_DOWN)
def test_a_server_that_asks_for_something_else_is_not_spared(code: int, text: str):
    assert not is_rate_limit(code, text)


@given(st.integers(0, 999), st.text())
def test_only_a_temporary_refusal_can_be_a_rate_limit(code: int, text: str):
    assert is_rate_limit(code, text + " too many connections") <= (400 <= code <= 499)


# --- sharing -------------------------------------------------------------------------------------------------------


def take(weights: dict[str, float], turns: Sequence[str]) -> dict[str, Share]:
    """Each asks in its turn, and takes one if it may."""
    shares = {name: Share(weight, 0) for name, weight in weights.items()}
    for name in turns:
        if may_take(name, shares):
            shares[name] = Share(shares[name].weight, shares[name].taken + 1)
    return shares


@given(st.permutations("abc"), st.integers(1, 300))
def test_greedy_servers_get_what_they_weigh(order: list[str], rounds: int):
    shares = take({"a": 1, "b": 2, "c": 5}, order * rounds)
    together = sum(share.taken for share in shares.values())
    for share in shares.values():
        assert share.taken <= together * share.weight / 8 + SLACK + 1
        assert share.taken >= min(rounds, together * share.weight / 8 - 2 * SLACK - 2)


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.builds(Share, st.floats(0, 1e6), st.integers(0, 10**9)), min_size=1)
)
def test_there_is_always_one_that_may_take_the_next(shares: dict[str, Share]):
    assert any(may_take(name, shares) for name in shares)


@given(st.lists(st.sampled_from("aaaaaaaaab"), max_size=500))
def test_a_slow_server_slows_the_others_to_their_proportion_and_no_further(turns: list[str]):
    shares = take({"a": 3, "b": 1}, turns)
    slow = turns.count("b")
    assert shares["b"].taken == slow or shares["b"].taken >= (shares["a"].taken / 3) - SLACK
    assert shares["a"].taken >= min(turns.count("a"), 3 * shares["b"].taken)
    assert shares["a"].taken <= 3 * shares["b"].taken + 4 * SLACK + 4


def test_a_server_without_a_weight_takes_what_it_can_and_counts_for_nobody():
    shares = {"any": Share(0, 10**6), "heavy": Share(9, 1000), "light": Share(1, 0)}
    assert may_take("any", shares)
    assert not may_take("heavy", shares)
    assert may_take("light", shares)


def test_a_server_need_not_wait_for_each_answer_of_another():
    shares = take({"slow": 1, "fast": 1}, ["fast"] * 1000)
    assert SLACK <= shares["fast"].taken <= 2 * SLACK + 1


def test_a_weighted_server_that_is_left_alone_takes_everything():
    assert may_take("only", {"only": Share(0.5, 10**9)})


# --- warming up ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "factor", "day", "messages"),
    [
        (200, 1.5, 0, 200),
        (200, 1.5, 1, 300),
        (200, 1.5, 2, 450),
        (200, 1.5, 3, 675),
        (200, 1.5, 4, 1012),
        (100, 1.15, 1, 115),
        (200, 1.5, -3, 200),
        (200, 10, 100_000, MOST),
        (10**300, 10, 1, MOST),
        (0, 1.5, 5, 0),
    ],
)
def test_a_new_server_sends_more_each_day(first: int, factor: float, day: int, messages: int):
    assert warm_up(first, factor, day) == messages


@given(st.integers(1, 10**6), st.floats(1.0001, 10), st.integers(0, 10_000))
def test_a_warm_up_never_goes_back(first: int, factor: float, day: int):
    assert first <= warm_up(first, factor, day) <= warm_up(first, factor, day + 1) <= MOST
