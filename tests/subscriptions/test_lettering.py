"""A letter leaves by what is true when it leaves: never to whom nothing would be written now."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Request, RequestKind, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.subscriptions.lettering import Around, is_still_wanted, take
from tests.subscriptions.requesting import (
    ACTIVE,
    DAY,
    HOUR,
    NOW,
    READER,
    SECOND,
    SUPPRESSED,
    TERMS,
    UNSUBSCRIBED,
    WEEK,
    Desk,
)  # fmt: skip

ADDRESSES = st.sampled_from(["a@example.org", "A@example.org", "b@example.org"])
SOMEBODY = st.builds(
    Subscriber,
    id=st.integers(1, 3),
    address=ADDRESSES,
    status=st.sampled_from(SubscriberStatus),
    changed=st.sampled_from([None, NOW - DAY, NOW, NOW + DAY]),
)
PEOPLE = st.none() | SOMEBODY
REQUESTS = st.builds(
    Request,
    id=st.integers(1, 3),
    kind=st.sampled_from(RequestKind),
    address=ADDRESSES,
    address_key=st.just("a@example.org"),
    inbox=st.just("a@example.org"),
    created=st.just(NOW),
    former=ADDRESSES,
)
AROUND = st.builds(Around, person=PEOPLE, holder=PEOPLE, whose=PEOPLE, last_move=st.integers(0, 3))


@given(REQUESTS, AROUND, st.sampled_from(["person", "holder", "whose"]), SOMEBODY)
def test_nobody_who_must_not_be_mailed_is_written_to(
    request: Request, around: Around, who: str, person: Subscriber
) -> None:
    assert not is_still_wanted(request, replace(around, **{who: replace(person, status=SUPPRESSED)}))


@given(REQUESTS, AROUND)
def test_who_is_known_is_written_to_at_the_address_that_they_have(request: Request, around: Around) -> None:
    if not is_still_wanted(request, around):
        return
    match request.kind:
        case RequestKind.SUBSCRIBE:
            assert around.holder is None or around.holder.address == request.address
        case RequestKind.KNOWN:
            assert around.person
            assert (around.person.address, around.person.status) == (request.address, ACTIVE)
        case RequestKind.MOVE:
            assert around.person
            assert around.person.address == request.former
            assert around.holder is None


@given(REQUESTS, AROUND, st.integers(min_value=1))
def test_only_the_last_move_is_written_of(request: Request, around: Around, later: int) -> None:
    moving = replace(request, kind=RequestKind.MOVE)
    assert not is_still_wanted(moving, replace(around, last_move=request.id + later))


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def ask(desk: Desk, kind: RequestKind) -> int:
    """A letter of that kind, which is due."""
    if kind is not RequestKind.SUBSCRIBE:
        reader = desk.is_there()
    if kind is RequestKind.MOVE:
        desk.move(reader, "new@example.org")
    else:
        desk.ask()
    due = desk.book.due(NOW)
    assert due
    assert due.kind is kind
    return due.id


def taken(desk: Desk, request: int, now: datetime = NOW) -> Request | None:
    return take(desk.book, request, TERMS.confirm_within, now=now)


@pytest.mark.parametrize("kind", RequestKind)
def test_what_is_taken_counts_as_mailed_and_is_taken_once(desk: Desk, kind: RequestKind) -> None:
    request = ask(desk, kind)
    before = desk.book.find(request)
    assert before
    assert taken(desk, request) == replace(before, mailed=NOW, due=None) == desk.book.find(request)
    assert taken(desk, request) is None
    assert desk.book.find(request) == replace(before, mailed=NOW, due=None)


@pytest.mark.parametrize("kind", RequestKind)
def test_what_is_not_due_yet_stays_as_it_is(desk: Desk, kind: RequestKind) -> None:
    request = ask(desk, kind)
    before = desk.book.find(request)
    assert taken(desk, request, NOW - SECOND) is None
    assert taken(desk, request + 1) is None
    assert desk.book.find(request) == before


@pytest.mark.parametrize("kind", RequestKind)
def test_what_its_reader_would_come_too_late_for_is_dropped(desk: Desk, kind: RequestKind) -> None:
    request = ask(desk, kind)
    assert taken(desk, request, NOW + WEEK) is None
    dropped(desk, request)


@pytest.mark.parametrize("kind", RequestKind)
@pytest.mark.parametrize("status", [SUPPRESSED, UNSUBSCRIBED])
def test_who_left_or_was_suppressed_since_they_asked_is_not_written_to(
    desk: Desk, kind: RequestKind, status: SubscriberStatus
) -> None:
    request = ask(desk, kind)
    desk.turn(status, NOW + SECOND)
    assert taken(desk, request, NOW + HOUR) is None
    dropped(desk, request)


@pytest.mark.parametrize("kind", RequestKind)
def test_who_was_erased_is_not_written_to(desk: Desk, kind: RequestKind) -> None:
    request = ask(desk, kind)
    desk.erase()
    assert taken(desk, request, NOW + HOUR) is None
    dropped(desk, request)


def test_nobody_moves_to_an_address_that_somebody_has_taken_since(desk: Desk) -> None:
    request = ask(desk, RequestKind.MOVE)
    desk.is_there("new@example.org")
    assert taken(desk, request) is None
    dropped(desk, request)


def test_who_left_before_and_asks_again_is_written_to(desk: Desk) -> None:
    desk.is_there(status=UNSUBSCRIBED)
    desk.ask()
    assert [letter.address for letter in desk.post()] == [READER]


def test_of_many_who_take_a_letter_at_once_one_gets_it(desk: Desk) -> None:
    request = ask(desk, RequestKind.SUBSCRIBE)
    got: list[Request] = []
    start = threading.Barrier(8)

    def reach_for_it() -> None:
        start.wait()
        got.extend(filter(None, [taken(desk, request)]))

    threads = [threading.Thread(target=reach_for_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [letter.id for letter in got] == [request]


def dropped(desk: Desk, request: int) -> None:
    found = desk.book.find(request)
    assert found
    assert (found.due, found.mailed) == (None, None)
