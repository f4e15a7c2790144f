"""When a feed is asked again: decided without asking anybody, and within reason whatever it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import FeedState
from digest.sources.feeds import patience

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2025, 12, 1, 7, tzinfo=UTC)

instants = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
spans = st.timedeltas(timedelta(milliseconds=1), timedelta(days=999_999))
states = st.builds(
    FeedState,
    url=st.just("https://a.example/"),
    address=st.just("https://b.example/"),
    due=st.none() | instants,
    not_before=st.none() | instants,
    answered=st.none() | instants,
    failures=st.integers(0, 10**6),
    gone=st.booleans(),
)


@given(states, instants)
def test_everything_asks_at_least_what_is_due(state: FeedState, now: datetime) -> None:
    assert patience.is_due(state, now, HOUR, everything=True) >= patience.is_due(state, now, HOUR)


@given(states, instants, spans, st.text() | st.integers().map(str))
def test_after_a_fault_it_is_asked_again_within_reason(
    state: FeedState, now: datetime, every: timedelta, retry_after: str
) -> None:
    after = patience.failed(state, "fault", now, every, retry_after)
    longest = max(every, patience.LONGEST_PAUSE, patience.LONGEST_PATIENCE)
    assert after.due
    assert now < after.due <= now + longest
    assert patience.is_due(after, now + longest, every)
    assert not patience.is_due(after, now, every)
    assert patience.problem(after, "A", now, DAY)


@given(st.integers(1, 10**6), spans)
def test_pauses_grow_and_end(failures: int, every: timedelta) -> None:
    first, second = patience.pause(failures, every), patience.pause(failures + 1, every)
    assert every <= first <= second <= max(every, DAY)
    assert patience.pause(1, every) == every


@given(states, instants, spans, st.text() | st.integers().map("max-age={}".format))
def test_after_an_answer_all_is_well_and_it_rests_for_a_while(
    state: FeedState, now: datetime, every: timedelta, cache_control: str
) -> None:
    after = patience.answered(state, now, every, cache_control)
    assert patience.problem(after, "A", now, timedelta()) is None
    assert after.due
    assert now + every <= after.due <= now + max(every, patience.LONGEST_STRETCH)


@given(st.text())
def test_what_asks_for_patience_may_be_nonsense(retry_after: str) -> None:
    assert timedelta() <= patience.patience(retry_after, START) <= patience.LONGEST_PATIENCE


@pytest.mark.parametrize(
    ("said", "waits"),
    [
        ("120", timedelta(minutes=2)),
        (" 120 ", timedelta(minutes=2)),
        ("Mon, 01 Dec 2025 08:00:00 GMT", HOUR),
        ("Monday, 01-Dec-25 08:00:00 GMT", HOUR),
        ("Mon Dec  1 08:00:00 2025", HOUR),
        ("Sun, 30 Nov 2025 08:00:00 GMT", timedelta()),
        ("-5", timedelta()),
        ("1e9", timedelta()),
        ("soon", timedelta()),
        ("0000000000000120", timedelta(minutes=2)),
        ("9999999999", patience.LONGEST_PATIENCE),
        ("9" * 5_000, patience.LONGEST_PATIENCE),
    ],
)
def test_patience_is_asked_for_in_seconds_or_by_a_date(said: str, waits: timedelta) -> None:
    assert patience.patience(said, START) == waits


@given(states, instants, spans)
def test_no_time_lies_further_off_than_a_pause(state: FeedState, now: datetime, every: timedelta) -> None:
    """A clock that went wrong for a moment may have set it."""
    far = now + max(every, patience.LONGEST_PATIENCE) + timedelta(seconds=1)
    assert patience.is_due(replace(state, gone=False, due=far, not_before=far), now, every)


@pytest.mark.parametrize("validator", ['"' + "x" * 1000 + '"', '"caf\ufffd"', '"a\x7fb"'])
def test_a_validator_that_could_not_go_back_as_it_came_is_not_remembered(validator: str) -> None:
    assert patience.remembered(validator) == ""


@pytest.mark.parametrize("answered", [None, START - 30 * DAY])
def test_who_asks_for_patience_is_not_said_to_have_a_wrong_address(answered: datetime | None) -> None:
    state = FeedState("https://a.example/", "https://a.example/", answered=answered)
    for retry_after, hint in (
        ("7200", "it asks for patience, and is left alone until 2025-12-01 09:00 UTC"),
        ("", "address"),
    ):
        problem = patience.problem(patience.failed(state, "429", START, HOUR, retry_after), "A", START, 14 * DAY)
        assert problem
        assert hint in problem.hint
