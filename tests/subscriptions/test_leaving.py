from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import UsageError
from digest.model import FREQUENCIES, Choices, Selection, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions import acts
from digest.subscriptions.leaving import UNDO_WITHIN, WORDS_MAXIMUM, fewer, leave, may_undo, undo
from digest.subscriptions.preferring import PAUSE_MAXIMUM, Preferences, prefer

NOW = datetime(2025, 10, 6, 7, 0, 0, 123456, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EDITION = "weekly/2025-W40"
ACTIVE, PENDING = SubscriberStatus.ACTIVE, SubscriberStatus.PENDING
UNSUBSCRIBED, SUPPRESSED = SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.SUPPRESSED

Somebody = Callable[..., Subscriber]


def enter(people: Subscribers, person: Subscriber) -> Subscriber:
    with people.changing() as changes:
        changes.write([(person.address, person)])
    found = people.find(person.address)
    assert found
    return found


@pytest.fixture
def somebody(people: Subscribers) -> Somebody:
    def somebody(status: SubscriberStatus = ACTIVE, *categories: str, **values: Any) -> Subscriber:
        person = Subscriber(0, "reader@example.org", status=status, created=NOW, changed=NOW)
        return enter(people, replace(person, selection=Selection(frozenset(categories)), **values))

    return somebody


def left(people: Subscribers, person: Subscriber, words: str = "", now: datetime = LATER) -> Subscriber:
    """Leaves by the link of an edition, and is read back equal."""
    found = leave(people, person.id, edition=EDITION, words=words, now=now)
    assert found == people.get(person.id)
    assert found
    return found


# --- leaving


def test_leaving_is_at_once_and_says_by_which_link(people: Subscribers, somebody: Somebody):
    person = somebody()
    assert left(people, person) == replace(
        person, status=UNSUBSCRIBED, reason="left by link in weekly/2025-W40", changed=LATER
    )


def test_a_link_of_no_edition_says_so_by_silence(people: Subscribers, somebody: Somebody):
    gone = leave(people, somebody().id, edition="", words="", now=LATER)
    assert gone
    assert gone.reason == "left by link"


def test_leaving_twice_is_once(people: Subscribers, somebody: Somebody):
    first = left(people, somebody())
    assert left(people, first, now=LATER + timedelta(days=1)) == first


def test_words_that_come_later_complete_the_reason_and_change_nothing_else(people: Subscribers, somebody: Somebody):
    first = left(people, somebody())
    told = left(people, first, "too many mails", now=LATER + timedelta(hours=1))
    assert told == replace(first, reason="left by link in weekly/2025-W40: too many mails")
    assert left(people, told, "and another thing") == told


def test_words_are_one_clean_line_of_a_bounded_length(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody(), " Too\r\nBcc: many\x1b[2J\u202e mails \N{ROCKET} " + "x" * 100_000)
    said = gone.reason.removeprefix("left by link in weekly/2025-W40: ")
    assert said.startswith("Too Bcc: many [2J mails \N{ROCKET} xxx")
    assert said.isprintable()
    assert len(said) == WORDS_MAXIMUM


def test_words_that_say_nothing_are_none(people: Subscribers, somebody: Somebody):
    assert left(people, somebody(), " \n\u200b ").reason == "left by link in weekly/2025-W40"


def test_whoever_is_suppressed_stays_so(people: Subscribers, somebody: Somebody):
    person = somebody(SUPPRESSED, reason="a complaint")
    assert left(people, person, "go away") == person


def test_whoever_had_not_confirmed_leaves_too(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody(PENDING))
    assert (gone.status, gone.reason) == (UNSUBSCRIBED, "left by link before confirming in weekly/2025-W40")


def test_words_do_not_touch_a_reason_that_is_not_theirs(people: Subscribers, somebody: Somebody):
    somebody()
    acts.remove(people, "reader@example.org", now=NOW)
    (removed,) = people.each()
    assert left(people, removed, "never asked for it") == removed


@pytest.mark.parametrize("nobody", [0, 7, -1])
def test_nobody_leaves_nothing_behind(people: Subscribers, nobody: int):
    assert leave(people, nobody, edition=EDITION, words="x", now=NOW) is None
    assert undo(people, nobody, left=NOW, now=NOW) is None
    assert fewer(people, nobody, every=2, categories=Selection(), paused=None, now=NOW) is None
    assert not list(people.each())


def test_whoever_was_erased_is_nobody(people: Subscribers, somebody: Somebody):
    person = somebody()
    acts.erase(people, person.address, now=NOW)
    assert leave(people, person.id, edition=EDITION, words="", now=LATER) is None
    assert undo(people, person.id, left=NOW, now=LATER) is None


def test_two_at_the_same_moment_are_one(tmp_path: Path):
    databases = [Database(f"sqlite:///{tmp_path}/digest.db") for _ in range(2)]  # as two processes would
    person = enter(Subscribers(databases[0]), Subscriber(0, "reader@example.org", created=NOW, changed=NOW))
    together = threading.Barrier(2)
    became: list[Subscriber | None] = []

    def run(number: int) -> None:
        together.wait()
        now = LATER + timedelta(seconds=number)
        became.append(leave(Subscribers(databases[number]), person.id, edition=EDITION, words="", now=now))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert became[0] == became[1] == Subscribers(databases[0]).get(person.id)
    assert became[0]
    assert became[0].status is UNSUBSCRIBED
    for database in databases:
        database.close()


# --- taking it back


def test_leaving_is_taken_back_within_a_day(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody(ACTIVE, "ai", every=2), "by mistake")
    soon = LATER + UNDO_WITHIN
    assert may_undo(gone, soon)
    back = undo(people, gone.id, left=LATER, now=soon)
    assert back == people.get(gone.id) == replace(gone, status=ACTIVE, reason="", changed=soon)


def test_taking_it_back_twice_is_once(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody())
    back = undo(people, gone.id, left=LATER, now=LATER)
    assert undo(people, gone.id, left=LATER, now=LATER + timedelta(minutes=1)) == back == people.get(gone.id)


def test_after_a_day_it_is_too_late(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody())
    late = LATER + UNDO_WITHIN + timedelta(microseconds=1)
    assert not may_undo(gone, late)
    assert undo(people, gone.id, left=LATER, now=late) is None
    assert people.get(gone.id) == gone


def test_one_leaving_is_taken_back_and_no_later_one(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody())
    undo(people, gone.id, left=LATER, now=LATER)
    again = left(people, gone, now=LATER + timedelta(minutes=1))
    assert undo(people, gone.id, left=LATER, now=LATER + timedelta(minutes=2)) is None
    assert people.get(gone.id) == again


def test_what_preferences_change_meanwhile_does_not_hinder_it(people: Subscribers, somebody: Somebody):
    gone = left(people, somebody())
    prefer(people, gone.id, Preferences(Choices(name="First Reader")), now=LATER + timedelta(minutes=1))
    back = undo(people, gone.id, left=LATER, now=LATER + timedelta(minutes=2))
    assert back
    assert (back.status, back.name) == (ACTIVE, "First Reader")


def test_whoever_had_not_confirmed_does_not_become_active_by_leaving_and_coming_back(
    people: Subscribers, somebody: Somebody
):
    gone = left(people, somebody(PENDING))
    assert not may_undo(gone, LATER)
    assert undo(people, gone.id, left=LATER, now=LATER) is None


def test_what_the_operator_did_is_not_the_readers_to_take_back(people: Subscribers, somebody: Somebody):
    person = somebody()
    acts.remove(people, person.address, now=LATER)
    assert not may_undo(left(people, person), LATER)
    assert undo(people, person.id, left=LATER, now=LATER) is None
    acts.suppress(people, person.address, now=LATER)
    assert undo(people, person.id, left=LATER, now=LATER) is None


# --- fewer mails instead


def test_fewer_is_every_other_edition_some_categories_and_a_pause(people: Subscribers, somebody: Somebody):
    person = somebody(ACTIVE, "ai", "work", "science")
    until = LATER + timedelta(days=14)
    chosen = Selection(frozenset({"ai", "work", "culture"}))
    made = fewer(people, person.id, every=2, categories=chosen, paused=until, now=LATER)
    expected = replace(person, every=2, selection=Selection(frozenset({"ai", "work"})), paused=until, changed=LATER)
    assert made == people.get(person.id) == expected


def test_whoever_gets_all_categories_gets_what_they_choose_of_them(people: Subscribers, somebody: Somebody):
    made = fewer(people, somebody().id, every=1, categories=Selection(frozenset({"ai"})), paused=None, now=LATER)
    assert made
    assert str(made.selection) == "ai"


@pytest.mark.parametrize("chosen", [Selection(), Selection(frozenset({"culture"}))])
def test_no_categories_and_none_of_theirs_leave_those_that_they_have(
    people: Subscribers, somebody: Somebody, chosen: Selection
):
    person = somebody(ACTIVE, "ai")
    assert fewer(people, person.id, every=1, categories=chosen, paused=None, now=LATER) == person


def test_what_is_not_fewer_changes_nothing(people: Subscribers, somebody: Somebody):
    person = somebody(ACTIVE, every=4, paused=LATER + timedelta(days=30))
    for paused in (None, NOW - timedelta(days=1), LATER + timedelta(days=7)):
        assert fewer(people, person.id, every=2, categories=Selection(), paused=paused, now=LATER) == person


def test_a_pause_ends_within_a_year_however_long_it_is_asked_for(people: Subscribers, somebody: Somebody):
    forever = datetime.max.replace(tzinfo=UTC)
    made = fewer(people, somebody().id, every=1, categories=Selection(), paused=forever, now=LATER)
    assert made
    assert made.paused == LATER + PAUSE_MAXIMUM


def test_a_pause_that_has_passed_is_replaced(people: Subscribers, somebody: Somebody):
    person = somebody(paused=NOW - timedelta(days=30))
    made = fewer(people, person.id, every=1, categories=Selection(), paused=LATER + timedelta(days=1), now=LATER)
    assert made
    assert made.paused == LATER + timedelta(days=1)


@pytest.mark.parametrize("status", [PENDING, UNSUBSCRIBED, SUPPRESSED])
def test_whoever_is_not_mailed_cannot_get_less(people: Subscribers, somebody: Somebody, status: SubscriberStatus):
    person = somebody(status)
    assert fewer(people, person.id, every=4, categories=Selection(), paused=None, now=LATER) == person


@pytest.mark.parametrize(
    ("every", "categories", "said"),
    [(3, (), "'3' is not how often"), (-1, (), "is not how often"), (1, ("!!!",), "not the name of a category")],
)
def test_what_is_not_offered_is_refused(
    people: Subscribers, somebody: Somebody, every: int, categories: tuple[str, ...], said: str
):
    person = somebody()
    with pytest.raises(UsageError, match=said):
        fewer(people, person.id, every=every, categories=Selection(frozenset(categories)), paused=None, now=LATER)
    assert people.get(person.id) == person


# --- whatever one link is used for, in whatever order

INSTANTS = st.integers(-400, 400).map(lambda hours: NOW + timedelta(hours=hours))
CATEGORIES = st.frozensets(st.sampled_from(["ai", "work", "culture"])).map(Selection)
FREQUENCY = st.sampled_from(FREQUENCIES)
PAUSES = st.none() | INSTANTS
PREFERENCES = st.builds(Preferences, st.builds(Choices, selection=CATEGORIES), FREQUENCY, PAUSES)
FEWER = st.tuples(FREQUENCY, CATEGORIES, PAUSES)
ACTS = st.one_of(
    st.tuples(st.just("leave"), st.sampled_from(["", "too many: mails"])),
    st.tuples(st.just("undo"), st.just("as signed") | INSTANTS),
    st.tuples(st.just("fewer"), FEWER),
    st.tuples(st.just("prefer"), PREFERENCES),
)
STORIES = st.lists(st.tuples(st.integers(0, 40), ACTS), max_size=12)
PERSONS = st.builds(
    Subscriber,
    st.just(0),
    st.just("reader@example.org"),
    status=st.sampled_from(SubscriberStatus),
    selection=CATEGORIES,
    reason=st.sampled_from(["", "removed by the operator"]),
    created=st.just(NOW),
    changed=st.just(NOW),
    every=FREQUENCY,
    paused=PAUSES,
)


def act(people: Subscribers, person: Subscriber, what: str, how: object, now: datetime) -> Subscriber | None:
    match what, how:
        case "leave", str(words):
            return leave(people, person.id, edition=EDITION, words=words, now=now)
        case "undo", instant:
            signed = instant if isinstance(instant, datetime) else person.changed
            assert signed
            return undo(people, person.id, left=signed, now=now)
        case "fewer", (int(every), Selection() as categories, paused):
            return fewer(people, person.id, every=every, categories=categories, paused=paused, now=now)
        case _, Preferences() as wanted:
            try:
                return prefer(people, person.id, wanted, now=now)
            except UsageError:
                return person  # refusals are part of the story
    raise AssertionError(what)


def is_mailed_no_more(after: Subscriber, before: Subscriber, now: datetime) -> bool:
    asleep = (
        before.paused is None or before.paused <= now or (after.paused is not None and before.paused <= after.paused)
    )
    narrow = not before.selection.categories or frozenset() < after.selection.categories <= before.selection.categories
    return asleep and narrow and after.every >= before.every and after.digests == before.digests


@given(PERSONS, STORIES)
@settings(max_examples=60, deadline=None)
def test_no_story_of_one_link_makes_anybody_active_who_was_not(
    person: Subscriber, story: list[tuple[int, tuple[str, object]]]
):
    database = Database("sqlite://")
    people = Subscribers(database)
    before, now = enter(people, person), NOW
    confirmed = person.status is ACTIVE
    for hours, (what, how) in story:
        now += timedelta(hours=hours)
        became = act(people, before, what, how, now)
        after = people.get(before.id)
        assert after
        assert became in (None, after)
        if after.status is not before.status:
            expected = {
                ("leave", ACTIVE, UNSUBSCRIBED),
                ("leave", PENDING, UNSUBSCRIBED),
                ("undo", UNSUBSCRIBED, ACTIVE),
            }
            assert (what, before.status, after.status) in expected
            assert after.status is not ACTIVE or confirmed
        before = after
    database.close()


@given(PERSONS.map(lambda person: replace(person, status=ACTIVE)), st.lists(FEWER, min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_fewer_is_never_more(person: Subscriber, asked: list[tuple[int, Selection, datetime | None]]):
    database = Database("sqlite://")
    people = Subscribers(database)
    before = enter(people, person)
    for every, categories, paused in asked:
        after = fewer(people, before.id, every=every, categories=categories, paused=paused, now=NOW)
        assert after
        assert is_mailed_no_more(after, before, NOW)
        before = after
    database.close()
