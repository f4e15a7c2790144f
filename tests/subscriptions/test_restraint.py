from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Request, RequestKind
from digest.subscriptions.restraint import HOUR, inbox, may_write

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
DAY, WEEK = timedelta(days=1), timedelta(weeks=1)
KEPT = timedelta(days=30)  # what is older may be forgotten


@pytest.mark.parametrize(
    ("key", "bothered"),
    [
        ("reader@example.org", "reader@example.org"),
        ("reader+news@example.org", "reader@example.org"),
        ("reader+news+more@example.org", "reader@example.org"),
        ("first.reader@example.org", "first.reader@example.org"),
        ("first.reader+a@gmail.com", "firstreader@gmail.com"),
        ("firstreader@googlemail.com", "firstreader@gmail.com"),
        ("first.reader@xn--mnchen-3ya.example", "first.reader@xn--mnchen-3ya.example"),
        ("+reader@example.org", "+reader@example.org"),
    ],
)
def test_tags_and_dots_that_mean_nothing_are_the_same_inbox(key: str, bothered: str):
    assert inbox(key) == bothered


def letter(
    *, ago: timedelta, confirmed: bool = False, due: datetime | None = None, kind: RequestKind = RequestKind.SUBSCRIBE
) -> Request:
    left = NOW - ago
    return Request(
        1, kind, "a@example.org", "a@example.org", "a@example.org", left,
        due=due, mailed=None if due else left, confirmed=NOW if confirmed else None,
    )  # fmt: skip


SECOND = timedelta(seconds=1)
FIRST, LATER = letter(ago=30 * DAY), letter(ago=29 * DAY)


@pytest.mark.parametrize(
    ("before", "wait"),
    [([], HOUR), ([FIRST], DAY), ([FIRST, LATER], WEEK), ([FIRST, LATER, letter(ago=20 * DAY)], WEEK)],
    ids=["the first", "the second", "the third", "the fourth"],
)
@pytest.mark.parametrize("kind", RequestKind)
def test_after_each_unanswered_letter_the_next_one_waits_longer(
    before: list[Request], wait: timedelta, kind: RequestKind
):
    assert not may_write([letter(ago=wait - SECOND, kind=kind), *before], NOW)
    assert may_write([letter(ago=wait, kind=kind), *before], NOW)


def test_nobody_was_written_to_yet():
    assert may_write([], NOW)


def test_even_who_confirms_gets_one_letter_an_hour_and_no_more_waits_than_that():
    answered = [letter(ago=days * DAY, confirmed=True) for days in range(1, 9)]
    assert may_write(answered, NOW)
    assert may_write([letter(ago=HOUR, confirmed=True), *answered], NOW)
    assert not may_write([letter(ago=HOUR - SECOND, confirmed=True), *answered], NOW)


def test_a_letter_that_is_on_its_way_is_enough_however_long_it_takes():
    assert not may_write([letter(ago=2 * WEEK, due=NOW - DAY)], NOW)


def test_what_counts_is_when_a_letter_left_not_when_it_was_asked_for():
    late = replace(letter(ago=3 * HOUR), mailed=NOW - SECOND)
    assert not may_write([late], NOW)


def test_a_letter_that_no_server_took_counts_from_when_it_was_asked_for():
    refused = replace(letter(ago=HOUR), mailed=None)
    assert may_write([refused], NOW)
    assert not may_write([refused, FIRST], NOW)


@dataclass
class Inbox:
    """An inbox that somebody keeps asking for, and what it has been sent so far."""

    kept: list[Request] = field(default_factory=list)
    letters: list[datetime] = field(default_factory=list)

    def ask(self, now: datetime, delay: timedelta) -> None:
        """The letter leaves ``delay`` later; what is too old is forgotten."""
        self.kept = [request for request in self.kept if request.created > now - KEPT]
        seen = [
            replace(one, mailed=None, due=one.mailed) if one.mailed and one.mailed > now else one for one in self.kept
        ]
        if may_write(seen, now):
            self.kept.append(replace(letter(ago=timedelta()), created=now, mailed=now + delay))
            self.letters.append(now + delay)

    def within(self, span: timedelta) -> int:
        """The most letters that arrived within such a span."""
        return max((sum(start <= other < start + span for other in self.letters) for start in self.letters), default=0)


ASKS = st.lists(
    st.tuples(
        st.timedeltas(timedelta(), 9 * DAY) | st.timedeltas(timedelta(), 3 * HOUR) | st.just(timedelta()),
        st.just(timedelta()) | st.timedeltas(timedelta(), 2 * HOUR),
    ),
    max_size=60,
)


@given(ASKS)
def test_whatever_is_asked_for_an_inbox_three_letters_a_week_and_one_an_hour_are_all_it_gets(
    asks: list[tuple[timedelta, timedelta]],
):
    box, now = Inbox(), NOW
    for pause, delay in asks:
        now += pause
        box.ask(now, delay)
    assert box.within(HOUR) <= 1
    assert box.within(WEEK) <= 3
    assert bool(box.letters) == bool(asks)


def test_somebody_who_asks_every_minute_for_ten_weeks_causes_a_dozen_letters():
    box = Inbox()
    for minute in range(10 * 7 * 24 * 60):
        box.ask(NOW + timedelta(minutes=minute), timedelta())
    assert (box.within(HOUR), box.within(WEEK), len(box.letters)) == (1, 3, 12)


@given(st.lists(st.tuples(st.timedeltas(timedelta(), 2 * HOUR), st.booleans()), max_size=40))
def test_no_answer_makes_letters_come_faster_than_one_an_hour(asks: list[tuple[timedelta, bool]]):
    box, now = Inbox(), NOW
    for pause, answers in asks:
        now += pause
        box.ask(now, timedelta())
        if answers:
            box.kept = [replace(request, confirmed=now) for request in box.kept]
    assert box.within(HOUR) <= 1
