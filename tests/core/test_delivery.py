from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.delivery import (
    DEAD_MAILBOX,
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LONGEST_RETRY,
    TRANSITIONS,
    Policy,
    Uncertain,
    after,
    is_channel_fault,
    is_dead_mailbox,
    judged,
    pause,
)
from digest.model import FINAL_STATUSES, Delivery, DeliveryStatus, Reply, Stage

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = Policy(first_retry=MINUTE, patience=timedelta(days=2))
RESEND = replace(POLICY, uncertain=Uncertain.RESEND)
HANDING = Delivery(1, 1, 1, 1, "reader@example.org", "First Reader", DeliveryStatus.HANDING)
LATER = Reply(451, "4.3.0 later", Stage.RCPT)
CUT = Reply(0, "the line was cut", Stage.CUT)

CHANCES = st.floats(min_value=0, max_value=1, exclude_max=True)
REPLIES = st.builds(Reply, st.integers(0, 999), st.text(max_size=20), st.sampled_from(Stage), st.just("mx.example.org"))

ACCEPTED, FAILED = DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN


# --- what one reply means ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stage", "code", "status"),
    [
        (Stage.RCPT, 450, DEFERRED),
        (Stage.RCPT, 421, DEFERRED),
        (Stage.RCPT, 550, FAILED),
        (Stage.RCPT, 599, FAILED),
        (Stage.RCPT, 0, DEFERRED),
        (Stage.RCPT, 199, DEFERRED),
        (Stage.RCPT, 250, DEFERRED),  # nothing was taken yet: it makes no sense, and costs nothing to try again
        (Stage.RCPT, 354, DEFERRED),
        (Stage.RCPT, 600, DEFERRED),
        (Stage.DATA, 250, DEFERRED),
        (Stage.DATA, 354, DEFERRED),
        (Stage.DATA, 451, DEFERRED),
        (Stage.DATA, 554, FAILED),
        (Stage.DATA, 0, DEFERRED),
        (Stage.FINAL, 250, ACCEPTED),
        (Stage.FINAL, 299, ACCEPTED),
        (Stage.FINAL, 421, DEFERRED),
        (Stage.FINAL, 452, DEFERRED),
        (Stage.FINAL, 552, FAILED),
        (Stage.FINAL, 554, FAILED),
        (Stage.FINAL, 0, UNCERTAIN),  # garbage after the content: perhaps it was taken
        (Stage.FINAL, 199, UNCERTAIN),
        (Stage.FINAL, 354, UNCERTAIN),
        (Stage.FINAL, 600, UNCERTAIN),
        (Stage.CUT, 0, UNCERTAIN),
        (Stage.CUT, 250, UNCERTAIN),
        (Stage.CUT, 550, UNCERTAIN),
    ],
)
def test_a_reply_is_judged_by_its_stage_and_its_first_digit(stage: Stage, code: int, status: DeliveryStatus):
    assert judged(Reply(code, "", stage)) is status


@given(REPLIES)
def test_only_a_2yz_after_the_content_counts_as_accepted(reply: Reply):
    accepted = reply.stage is Stage.FINAL and 200 <= reply.code <= 299
    assert (judged(reply) is ACCEPTED) == accepted


@given(REPLIES)
def test_a_message_is_in_doubt_only_once_its_content_began_to_leave(reply: Reply):
    if judged(reply) is UNCERTAIN:
        assert reply.stage in {Stage.FINAL, Stage.CUT}


# --- the state machine ---------------------------------------------------------------------------------------------


def test_every_status_has_its_transitions():
    assert set(TRANSITIONS) == set(DeliveryStatus)


def test_what_is_final_stays_unless_a_person_decides():
    assert {status for status in FINAL_STATUSES if TRANSITIONS[status]} == {UNCERTAIN, FAILED}


def test_every_status_is_reached_from_queued():
    reached = {DeliveryStatus.QUEUED}
    while more := {to for status in reached for to in TRANSITIONS[status]} - reached:
        reached |= more
    assert reached == set(DeliveryStatus)


def test_nothing_is_handed_over_without_a_claim():
    assert {status for status, to in TRANSITIONS.items() if DeliveryStatus.HANDING in to} == {DeliveryStatus.CLAIMED}


@given(REPLIES, CHANCES, st.sampled_from(Uncertain), st.integers(0, 40), st.timedeltas(timedelta(0), timedelta(days=4)))
def test_after_a_reply_a_delivery_stands_where_the_drawing_allows(
    reply: Reply, chance: float, uncertain: Uncertain, attempts: int, since: timedelta
):
    tried = replace(HANDING, attempts=attempts, first_tried=NOW - since if attempts else None)
    policy = replace(POLICY, uncertain=uncertain)
    found = after(tried, reply, NOW, policy, chance)
    assert found.status in TRANSITIONS[DeliveryStatus.HANDING]
    assert found.attempts == attempts + 1
    assert found.first_tried == (tried.first_tried or NOW)
    assert str(reply) in found.reply
    assert (found.due is not None) == (found.status is DEFERRED)
    if found.due is not None:
        assert found.due > NOW
        assert found.due - (tried.first_tried or NOW) <= policy.patience


@given(REPLIES, CHANCES)
def test_a_reply_changes_nothing_of_who_and_what(reply: Reply, chance: float):
    found = after(HANDING, reply, NOW, POLICY, chance)
    assert replace(found, status=HANDING.status, attempts=0, first_tried=None, due=None, reply="") == HANDING


# --- trying again --------------------------------------------------------------------------------------------------


def waits(policy: Policy, chance: float, reply: Reply = LATER) -> Iterator[timedelta]:
    """How long each retry waits when the server says "later" for ever."""
    delivery, now = HANDING, NOW
    while (delivery := after(delivery, reply, now, policy, chance)).due is not None:
        yield delivery.due - now
        now, delivery = delivery.due, replace(delivery, status=DeliveryStatus.HANDING)


def test_retries_wait_twice_as_long_each_time_up_to_four_hours():
    found = list(waits(POLICY, chance=0.5))
    assert found[:9] == [MINUTE * 2**n for n in range(8)] + [LONGEST_RETRY]
    assert set(found[9:]) == {LONGEST_RETRY}
    assert sum(found, timedelta(0)) <= POLICY.patience


@given(CHANCES, st.integers(1, 12))
def test_retries_are_spread_over_a_half_of_their_wait(chance: float, attempt: int):
    tried = replace(HANDING, attempts=attempt - 1, first_tried=NOW if attempt > 1 else None)
    plain = min(MINUTE * 2 ** (attempt - 1), LONGEST_RETRY)
    due = after(tried, LATER, NOW, POLICY, chance).due
    assert due is not None
    assert plain * 0.75 <= due - NOW <= plain * 1.25
    assert after(tried, LATER, NOW, POLICY, 0.0).due == NOW + plain * 0.75


def test_readers_deferred_at_the_same_moment_do_not_come_back_at_the_same_moment():
    found = {after(HANDING, LATER, NOW, POLICY, chance / 10).due for chance in range(10)}
    assert len(found) == 10


def test_when_patience_ends_a_delivery_fails_with_what_was_said_last():
    tried = replace(HANDING, attempts=8, first_tried=NOW - timedelta(hours=47))
    found = after(tried, Reply(452, "4.2.2 mailbox full", Stage.RCPT), NOW, POLICY, 0.5)
    assert found.status is FAILED
    assert found.reply == "gave up after 9 tries: 452 4.2.2 mailbox full"
    assert found.due is None


def test_patience_is_counted_from_the_first_try_and_not_from_the_freeze():
    assert after(HANDING, LATER, NOW + timedelta(days=30), POLICY, 0.5).status is DEFERRED


def test_a_5yz_is_never_tried_again_unless_it_asks_for_a_login():
    for code in set(range(500, 600)) - {530, 534, 535, 538}:
        assert after(HANDING, Reply(code, "", Stage.RCPT), NOW, RESEND, 0.5).status is FAILED


def test_many_attempts_do_not_overflow():
    patient = replace(POLICY, patience=timedelta(days=3650))
    found = after(replace(HANDING, attempts=100_000, first_tried=NOW), LATER, NOW, patient, 0.5)
    assert found.due == NOW + LONGEST_RETRY


# --- doubts --------------------------------------------------------------------------------------------------------


def test_a_doubt_is_held_for_a_person():
    found = after(HANDING, CUT, NOW, POLICY, 0.5)
    assert (found.status, found.due, found.reply) == (UNCERTAIN, None, "the line was cut")


def test_with_resend_a_doubt_is_mailed_again_later():
    found = after(HANDING, CUT, NOW, RESEND, 0.5)
    assert (found.status, found.due, found.reply) == (DEFERRED, NOW + MINUTE, "the line was cut")


def test_with_resend_a_doubt_stays_a_doubt_when_patience_ends():
    """It may have been taken: nobody can say that it failed."""
    tried = replace(HANDING, attempts=8, first_tried=NOW - timedelta(hours=47))
    found = after(tried, CUT, NOW, RESEND, 0.5)
    assert (found.status, found.due) == (UNCERTAIN, None)
    assert found.reply == "gave up after 9 tries: the line was cut"


# --- dead mailboxes and sick channels ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(DEAD_MAILBOX))
def test_these_codes_alone_mean_a_dead_mailbox(code: str):
    assert is_dead_mailbox(Reply(550, f"{code} <reader@example.org>: no such user", Stage.RCPT))


def test_the_list_of_dead_mailboxes_is_narrow():
    assert sorted(DEAD_MAILBOX) == ["5.1.1", "5.1.10", "5.1.2", "5.1.3", "5.1.6", "5.2.1"]


@pytest.mark.parametrize(
    ("code", "text", "stage"),
    [
        pytest.param(550, "5.7.1 blocked by policy", Stage.RCPT, id="policy"),
        pytest.param(550, "5.7.515 access denied, sender not authenticated", Stage.RCPT, id="sender"),
        pytest.param(550, "5.1.11 something newer", Stage.RCPT, id="5.1.1 is a prefix"),
        pytest.param(550, "5.1.100 something newer", Stage.RCPT, id="5.1.10 is a prefix"),
        pytest.param(550, "15.1.1 is no code", Stage.RCPT, id="digits before"),
        pytest.param(550, "no such user here", Stage.RCPT, id="no enhanced code"),
        pytest.param(550, "", Stage.RCPT, id="no text"),
        pytest.param(552, "5.2.2 mailbox full", Stage.RCPT, id="quota"),
        pytest.param(552, "5.1.1 after the content", Stage.FINAL, id="552 after the dot"),
        pytest.param(554, "5.1.1 after the content", Stage.FINAL, id="554 after the dot"),
        pytest.param(554, "5.1.1 no valid recipients", Stage.DATA, id="DATA refused"),
        pytest.param(450, "5.1.1 greylisted", Stage.RCPT, id="temporary"),
        pytest.param(250, "5.1.1 fine", Stage.RCPT, id="accepted"),
        pytest.param(550, "5.1.1 no such user", Stage.CUT, id="cut"),
        pytest.param(550, "5.7.1 blocked; see also 5.1.1", Stage.RCPT, id="the first code counts"),
        pytest.param(550, "10.5.1.1 is on a block list", Stage.RCPT, id="the end of an address"),
        pytest.param(550, "[5.1.1.7] is on a block list", Stage.RCPT, id="the start of an address"),
        pytest.param(550, "blocked: 5.1.1.20", Stage.RCPT, id="an address"),
    ],
)
def test_no_other_refusal_suppresses_a_living_reader(code: int, text: str, stage: Stage):
    assert not is_dead_mailbox(Reply(code, text, stage))


@pytest.mark.parametrize("text", ["#5.1.1 unknown", "mailbox not found (5.1.1)", "there is nobody, says 5.1.1."])
def test_an_enhanced_code_is_found_where_careless_servers_put_it(text: str):
    assert is_dead_mailbox(Reply(550, text, Stage.RCPT))


@pytest.mark.parametrize(
    ("code", "stage", "fault"),
    [
        (421, Stage.RCPT, True),
        (421, Stage.DATA, True),
        (530, Stage.RCPT, True),
        (535, Stage.DATA, True),
        (450, Stage.RCPT, False),
        (550, Stage.RCPT, False),
        (421, Stage.FINAL, False),  # the content left: this delivery was judged
        (530, Stage.FINAL, False),
        (421, Stage.CUT, False),
    ],
)
def test_a_channel_fault_is_about_us_and_comes_before_the_content(code: int, stage: Stage, fault: bool):
    assert is_channel_fault(Reply(code, "", stage)) is fault


@pytest.mark.parametrize(
    "text",
    [
        "5.4.5 Daily sending quota exceeded",
        "5.1.8 the sender's domain does not exist",
        "5.7.1 <weekly@example.org>: Sender address rejected: not owned by user",
    ],
)
def test_a_refusal_of_the_sender_or_their_quota_blames_no_recipient_at_any_stage(text: str):
    assert is_channel_fault(Reply(550, text, Stage.RCPT))
    assert is_channel_fault(Reply(550, text, Stage.DATA))
    assert judged(Reply(550, text, Stage.FINAL)) is DEFERRED


# --- pauses --------------------------------------------------------------------------------------------------------


def test_pauses_grow_to_a_minute_and_no_further():
    plain = [pause(failures, 0.5) for failures in range(1, 9)]
    assert plain == [min(FIRST_PAUSE * 2**n, LONGEST_PAUSE) for n in range(8)]
    assert plain == sorted(plain)


@given(st.integers(1, 10**6), CHANCES)
def test_a_pause_is_bounded_and_spread(failures: int, chance: float):
    assert FIRST_PAUSE * 0.75 <= pause(failures, chance) <= LONGEST_PAUSE * 1.25
    assert pause(failures, chance) <= pause(failures + 1, chance)
