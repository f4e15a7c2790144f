from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from digest.model import Choices, Request, RequestKind, Selection, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.requests import Requests
from digest.store.subscribers import Subscribers

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture
def book(database: Database) -> Requests:
    return Requests(database)


@pytest.fixture
def people(database: Database) -> Subscribers:
    return Subscribers(database)


def asked(address: str = "reader@example.org", **more: object) -> Request:
    fields = {"id": 0, "kind": RequestKind.SUBSCRIBE, "created": NOW, "client": "c1", **more}
    return Request(address=address, address_key=address, inbox=address, **fields)  # type: ignore[arg-type] # a test's words


def kept(book: Requests, *requests: Request) -> list[int]:
    with book.changing() as changes:
        return [changes.keep(request) for request in requests]


def mailed(book: Requests, *identities: int) -> None:
    """Their letters have left."""
    with book.changing() as changes:
        for request in filter(None, map(book.find, identities)):
            changes.keep(replace(request, mailed=NOW, due=None))


def person(people: Subscribers, address: str, **more: object) -> int:
    fields = {"status": SubscriberStatus.PENDING, "created": NOW, "changed": NOW, **more}
    with people.changing() as changes:
        changes.write([(address, Subscriber(0, address, **fields))])  # type: ignore[arg-type] # a test's words
        return changes.known([address])[address].id


def test_what_was_asked_is_read_back_equal(book: Requests, people: Subscribers):
    reader = person(people, "reader@example.org")
    request = Request(
        id=0,
        kind=RequestKind.MOVE,
        address="Reader@Example.org",
        address_key="reader@example.org",
        inbox="reader@example.org",
        created=NOW,
        subscriber=reader,
        choices=Choices(
            "First; Reader", frozenset({"weekly"}), Selection(frozenset({"a", "b"})), "pt-BR", "Europe/Paris"
        ),
        page="https://example.org/join",
        wording="I want it.",
        client="c1",
        due=NOW + MINUTE,
        mailed=NOW,
        reply="451 later",
        confirmed=NOW + DAY,
        confirmed_client="c2",
    )
    (identity,) = kept(book, request)
    assert book.find(identity) == replace(request, id=identity)
    with book.looking() as there:
        assert there.request(identity) == replace(request, id=identity)


def test_a_change_keeps_its_id_and_an_id_that_is_not_there_is_nothing(book: Requests):
    first, second = kept(book, asked("a@example.org"), asked("b@example.org"))
    changed = replace(asked("a@example.org"), id=first, confirmed=NOW, choices=Choices("First"))
    assert kept(book, changed) == [first]
    assert book.find(first) == changed
    assert book.find(second) == replace(asked("b@example.org"), id=second)
    assert book.find(second + 1) is None


def test_an_inbox_knows_what_was_asked_for_it_whoever_asked(book: Requests):
    ids = kept(book, asked("a@example.org", client="x"), asked("b@example.org"), asked("a@example.org", client="y"))
    with book.looking() as there:
        assert [request.id for request in there.to_inbox("a@example.org")] == [ids[2], ids[0]]


def test_requests_of_a_client_are_counted_after_an_instant(book: Requests):
    kept(book, asked(), asked(created=NOW + MINUTE), asked(client="c2"))
    with book.changing() as changes:
        assert [changes.asked_from("c1", NOW + after * MINUTE) for after in (-1, 0, 1)] == [2, 1, 0]


def test_who_waits_longest_is_due_first_and_looking_changes_nothing(book: Requests):
    late, early, _, _ = kept(
        book, asked(due=NOW), asked(due=NOW - MINUTE), asked(due=NOW + MINUTE), asked(due=None, mailed=NOW)
    )
    assert book.due(NOW) == book.due(NOW) == book.find(early)
    assert book.due(NOW - 2 * MINUTE) is None
    mailed(book, early)
    assert book.due(NOW) == book.find(late)


def test_a_letter_that_was_not_taken_is_due_again_or_never(book: Requests):
    first, second = kept(book, asked("a@example.org", due=NOW), asked("b@example.org", due=NOW))
    mailed(book, first, second)
    assert book.next_due() is None
    book.hand_back(first, NOW + MINUTE, "451 later")
    book.hand_back(second, None, "550 nobody")
    assert book.next_due() == NOW + MINUTE
    again, never = book.find(first), book.find(second)
    assert again
    assert never
    assert (again.mailed, again.due, again.reply) == (None, NOW + MINUTE, "451 later")
    assert (never.mailed, never.due, never.reply) == (None, None, "550 nobody")


def test_a_letter_whose_link_was_followed_did_arrive_whatever_the_server_said(book: Requests):
    (identity,) = kept(book, asked(mailed=NOW, confirmed=NOW))
    book.hand_back(identity, NOW + MINUTE, "451 later")
    assert book.find(identity) == replace(asked(mailed=NOW, confirmed=NOW), id=identity)


def test_a_letter_to_somebody_who_was_erased_meanwhile_is_not_due_again(book: Requests, people: Subscribers):
    reader = person(people, "reader@example.org")
    (identity,) = kept(book, asked(subscriber=reader, mailed=NOW))
    with people.changing() as changes:
        changes.erase("reader@example.org", NOW)
    book.hand_back(identity, NOW + MINUTE, "450 reader@example.org is busy")
    count = book.find(identity)
    assert count
    assert (count.due, count.reply) == (None, "")


def test_a_person_has_agreed_to_what_they_confirmed(book: Requests, people: Subscribers):
    reader, other = person(people, "reader@example.org"), person(people, "other@example.org")
    first, second, _, _ = kept(
        book,
        asked(subscriber=reader, confirmed=NOW),
        asked(subscriber=reader, confirmed=NOW + DAY),
        asked(subscriber=reader),
        asked("other@example.org", subscriber=other, confirmed=NOW),
    )
    assert [request.id for request in book.asked_by(reader) if request.confirmed] == [second, first]
    assert len(book.asked_by(reader)) == 3


def test_a_transaction_that_fails_keeps_nothing(book: Requests):
    nobody = 999
    with pytest.raises(IntegrityError):
        kept(book, asked(), asked(subscriber=nobody))
    assert book.find(1) is None


def test_letting_go_forgets_what_nobody_confirmed_with_the_people_who_only_asked(book: Requests, people: Subscribers):
    newcomer = person(people, "new@example.org")
    reader = person(people, "reader@example.org", status=SubscriberStatus.ACTIVE)
    ids = kept(
        book,
        asked("new@example.org", subscriber=newcomer),
        asked("reader@example.org", subscriber=reader, confirmed=NOW),
        asked("reader@example.org", subscriber=reader, kind=RequestKind.KNOWN),
        asked("erased@example.org"),
        asked("young@example.org", created=NOW + MINUTE),
    )
    assert book.let_go(NOW) == 0
    assert book.let_go(NOW + MINUTE) == 3
    assert [bool(book.find(identity)) for identity in ids] == [False, True, False, False, True]
    assert [found.address for found in people.each()] == ["reader@example.org"]


def test_who_asks_again_stays_until_the_last_of_it_is_old_and_goes_then(book: Requests, people: Subscribers):
    newcomer = person(people, "new@example.org")
    kept(
        book,
        asked("new@example.org", subscriber=newcomer),
        asked("new@example.org", subscriber=newcomer, created=NOW + DAY),
    )
    assert book.let_go(NOW + DAY) == 0
    assert people.get(newcomer)
    assert book.let_go(NOW + 2 * DAY) == 2
    assert people.get(newcomer) is None


@pytest.mark.parametrize(
    "made_known",
    [
        {"created": NOW - DAY},  # by a table
        {"status": SubscriberStatus.UNSUBSCRIBED},
        {"status": SubscriberStatus.SUPPRESSED},
        {"status": SubscriberStatus.ACTIVE},
    ],
)
def test_letting_go_of_a_request_leaves_people_who_are_more_than_that(
    book: Requests, people: Subscribers, made_known: dict[str, object]
):
    somebody = person(people, "reader@example.org", **made_known)
    kept(book, asked(subscriber=somebody))
    assert book.let_go(NOW + MINUTE) == 1
    assert people.get(somebody)


def test_many_are_let_go_of_at_once(book: Requests, people: Subscribers):
    crowd = [f"reader{number}@example.org" for number in range(2500)]
    with people.changing() as changes:
        changes.write(
            [(one, Subscriber(0, one, status=SubscriberStatus.PENDING, created=NOW, changed=NOW)) for one in crowd]
        )
        known = changes.known(crowd)
    kept(book, *(asked(one, subscriber=known[one].id) for one in crowd))
    assert book.let_go(NOW + MINUTE) == 2500
    assert not list(people.each())


def test_erasing_somebody_leaves_counts_of_what_was_asked_for_them_and_by_them(book: Requests, people: Subscribers):
    reader, other = person(people, "reader@example.org"), person(people, "other@example.org")
    ids = kept(
        book,
        asked("reader@example.org", subscriber=reader, confirmed=NOW),
        asked("new@example.org", subscriber=reader, kind=RequestKind.MOVE),
        asked("reader@example.org", subscriber=other, kind=RequestKind.MOVE),
        asked("reader@example.org"),
        asked("other@example.org", subscriber=other),
    )
    with people.changing() as changes:
        changes.erase("reader@example.org", NOW)
    *erased, other_ = [found for identity in ids if (found := book.find(identity))]
    assert other_.address == "other@example.org"
    counts = [replace(count, id=0, inbox="", confirmed=None, kind=RequestKind.SUBSCRIBE) for count in erased]
    assert counts == [Request(0, RequestKind.SUBSCRIBE, "", "", "", NOW, client=asked().client)] * 4
    assert not any("example" in count.inbox for count in erased)
    with book.looking() as there:
        assert len(there.to_inbox("reader@example.org")) == 3
        assert len(there.to_inbox("new@example.org")) == 1
    assert book.next_due() == other_.due


def test_erasing_somebody_who_was_erased_already_takes_what_was_asked_since(book: Requests, people: Subscribers):
    with people.changing() as changes:
        changes.erase("reader@example.org", NOW)
    (identity,) = kept(book, asked("reader@example.org"))
    with people.changing() as changes:
        assert not changes.erase("reader@example.org", NOW)
    count = book.find(identity)
    assert count
    assert (count.address, count.address_key, count.due) == ("", "", None)
    book.let_go(NOW + DAY)
    assert book.find(identity) is None


def test_looking_waits_for_no_writer(book: Requests):
    (identity,) = kept(book, asked())
    with book.changing() as changes:
        changes.keep(asked("other@example.org"))
        with book.looking() as there:
            assert there.request(identity)
            assert there.to_inbox("other@example.org") == []


def test_what_waits_is_counted_and_the_oldest_is_told_of_what_no_server_has_put_off(book: Requests):
    assert book.waiting() == (0, None)
    full, second, *_ = everybody = kept(
        book,
        asked("full@example.org", due=NOW),
        asked("second@example.org", created=NOW + MINUTE, due=NOW + MINUTE),
        asked("third@example.org", created=NOW + 2 * MINUTE, due=NOW + 2 * MINUTE),
        asked("fourth@example.org", mailed=NOW),
    )
    assert book.waiting() == (3, NOW)
    book.hand_back(full, NOW + DAY, "452 4.2.2 the mailbox is full")  # that is the mailbox's business, not ours
    assert book.waiting() == (3, NOW + MINUTE)
    book.hand_back(second, NOW + DAY, "127.0.0.1:25: nothing answers there")
    assert book.waiting() == (3, NOW + MINUTE)
    mailed(book, *everybody)
    assert book.waiting() == (0, None)
