from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, select, update

from digest.delivery import TRANSITIONS, Policy, after
from digest.model import (
    Article,
    Claim,
    Delivery,
    DeliveryStatus,
    Edition,
    EditionRecord,
    Outcome,
    Period,
    Rendition,
    Reply,
    Section,
    Selection,
    Sender,
    Settlement,
    Stage,
    Subscriber,
    SubscriberStatus,
)
from digest.store.database import Database, clock
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock
from digest.store.subscribers import Subscribers
from digest.store.tables import deliveries as table
from digest.store.tables import subscribers as people
from tests.store.conftest import soon

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LEASE = timedelta(minutes=15)
SERVER = "mx.example.net"
POLICY = Policy(first_retry=timedelta(minutes=1), patience=timedelta(days=2))
PERIOD = Period(NOW - timedelta(weeks=1), NOW, "2025-W40")

QUEUED, CLAIMED, HANDING = DeliveryStatus.QUEUED, DeliveryStatus.CLAIMED, DeliveryStatus.HANDING
ACCEPTED, DEFERRED, FAILED = DeliveryStatus.ACCEPTED, DeliveryStatus.DEFERRED, DeliveryStatus.FAILED
UNCERTAIN, SKIPPED = DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED

TAKEN = Reply(250, "2.0.0 queued as 7", Stage.FINAL, "mx.example.net")
LATER = Reply(451, "4.3.0 later", Stage.RCPT, "mx.example.net")
NEVER = Reply(550, "5.1.1 no such user", Stage.RCPT, "mx.example.net")
CUT = Reply(0, "the line was cut", Stage.CUT, "mx.example.net")


def edition_of(database: Database, readers: int, *, number: int = 1) -> EditionRecord:
    """An edition frozen for so many readers."""
    missing = [
        (f"{n}@example.org", Subscriber(0, f"{n}@example.org", f"Reader {n}", created=NOW, changed=NOW))
        for n in range(readers)
    ]
    with Subscribers(database).changing() as changes:
        known = changes.known([key for key, _ in missing])
        changes.write([(key, person) for key, person in missing if key not in known])
    record = Editions(database).freeze(
        Edition("weekly", number, "Weekly", replace(PERIOD, name=f"2025-W{39 + number}"), (WORK,)),
        [Rendition(Selection(), "Subject", "", "<p>html</p>", "text")],
        considered=[],
        sender=Sender("Weekly", "weekly@example.org", "weekly.example.org", "leave@example.org"),
        message_key="key",
        now=NOW,
    )
    assert record is not None
    return record


WORK = Section("work", "Work", (Article("a", "A", NOW),))


@pytest.fixture
def record(database: Database) -> EditionRecord:
    return edition_of(database, 5)


@pytest.fixture
def ledger(database: Database) -> Iterator[Ledger]:
    with SenderLock(database) as sender:
        yield Ledger(database, sender)


@pytest.fixture
def other(url: str) -> Iterator[Ledger]:
    database = Database(url)
    with SenderLock(database) as sender:
        yield Ledger(database, sender)
    database.close()


@pytest.fixture
def stands(database: Database) -> Callable[[], dict[int, DeliveryStatus]]:
    """Where each delivery stands."""

    def stands() -> dict[int, DeliveryStatus]:
        with database.read() as connection:
            rows = connection.execute(select(table.c.id, table.c.status).order_by(table.c.id))
            return {row.id: DeliveryStatus(row.status) for row in rows}

    return stands


Stands = Callable[[], dict[int, DeliveryStatus]]


def row(database: Database, delivery: int) -> dict[str, object]:
    with database.read() as connection:
        return dict(connection.execute(select(table).where(table.c.id == delivery)).one()._mapping)


def leaving(claim: Claim) -> list[tuple[int, str, str]]:
    """All of a claim, on its way to one server."""
    return [(delivery.id, claim.token, SERVER) for delivery in claim.deliveries]


def pairs(claim: Claim) -> list[tuple[int, str]]:
    return [(delivery.id, claim.token) for delivery in claim.deliveries]


def handed(ledger: Ledger, record: EditionRecord, most: int = 100) -> Claim:
    """A claim whose deliveries may all leave."""
    claim = ledger.claim(record.id, most, NOW, LEASE)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == {delivery.id for delivery in claim.deliveries}
    return claim


def outcome(delivery: Delivery, token: str, reply: Reply, suppress: str = "") -> Outcome:
    return Outcome(after(delivery, reply, NOW, POLICY, 0.5), token, reply.server, suppress)


def leases_are_over(database: Database) -> None:
    with database.write() as connection:
        past = clock(connection) - timedelta(seconds=1)
        connection.execute(update(table).where(table.c.lease.is_not(None)).values(lease=past))


def becomes(database: Database, subscriber: int, status: SubscriberStatus) -> None:
    with database.write() as connection:
        connection.execute(update(people).where(people.c.id == subscriber).values(status=status))


def erase(database: Database, subscriber: int) -> None:
    with database.write() as connection:
        connection.execute(delete(people).where(people.c.id == subscriber))


# --- claiming ------------------------------------------------------------------------------------------------------


def test_a_claim_takes_what_is_due_with_all_that_a_message_needs(ledger: Ledger, record: EditionRecord, stands: Stands):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    assert [(d.address, d.name, d.edition, d.attempts) for d in claim.deliveries] == [
        ("0@example.org", "Reader 0", record.id, 0),
        ("1@example.org", "Reader 1", record.id, 0),
    ]
    assert list(stands().values()) == [CLAIMED, CLAIMED, QUEUED, QUEUED, QUEUED]


def test_each_claim_has_a_token_of_its_own(ledger: Ledger, record: EditionRecord):
    tokens = {ledger.claim(record.id, 1, NOW, LEASE).token for _ in range(5)}
    assert len(tokens) == 5
    assert all(len(token) >= 16 for token in tokens)


def test_nothing_is_claimed_twice(ledger: Ledger, other: Ledger, record: EditionRecord):
    first, second = ledger.claim(record.id, 3, NOW, LEASE), other.claim(record.id, 100, NOW, LEASE)
    assert len(first.deliveries) == 3
    assert len(second.deliveries) == 2
    assert ledger.claim(record.id, 100, NOW, LEASE).deliveries == ()


def test_claimers_in_a_race_never_get_the_same_delivery(database: Database, url: str):
    record = edition_of(database, 60)
    claimed: list[int] = []
    start = threading.Barrier(4)

    def work() -> None:
        mine = Database(url)
        with SenderLock(mine) as sender:
            start.wait()
            while (claim := Ledger(mine, sender).claim(record.id, 4, NOW, LEASE)).deliveries:
                claimed.extend(delivery.id for delivery in claim.deliveries)
        mine.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == 60
    assert len(set(claimed)) == 60


def test_a_claim_leaves_other_editions_alone(database: Database, ledger: Ledger, record: EditionRecord):
    second = edition_of(database, 5, number=2)
    assert {d.edition for d in ledger.claim(second.id, 100, NOW, LEASE).deliveries} == {second.id}
    assert Deliveries(database).counts(record.id) == {QUEUED: 5}


def test_a_deferred_delivery_is_claimed_when_it_is_due_and_not_before(ledger: Ledger, record: EditionRecord):
    claim = handed(ledger, record)
    ledger.commit([], [outcome(d, claim.token, LATER) for d in claim.deliveries], NOW, LEASE)
    assert ledger.claim(record.id, 100, NOW + timedelta(seconds=59), LEASE).deliveries == ()
    again = ledger.claim(record.id, 100, NOW + timedelta(seconds=60), LEASE)
    assert [(d.attempts, d.first_tried, d.reply) for d in again.deliveries] == [(1, NOW, "451 4.3.0 later")] * 5


@pytest.mark.parametrize("status", [s for s in SubscriberStatus if s is not SubscriberStatus.ACTIVE])
def test_who_has_left_is_skipped_at_the_claim(
    status: SubscriberStatus, database: Database, ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    becomes(database, 2, status)
    claim = ledger.claim(record.id, 100, NOW, LEASE)
    assert claim.skipped == 1
    assert 2 not in {delivery.subscriber for delivery in claim.deliveries}
    ((skipped, _, changed),) = deliveries.each(record.id, SKIPPED)
    assert (skipped.reply, changed) == (f"{status} before it was sent", NOW)


def test_who_was_erased_is_skipped_at_the_claim(
    database: Database, ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    erase(database, 2)
    assert ledger.claim(record.id, 100, NOW, LEASE).skipped == 1
    ((skipped, _, _),) = deliveries.each(record.id, SKIPPED)
    assert (skipped.subscriber, skipped.address, skipped.name) == (0, "", "")
    assert skipped.reply == "erased before it was sent"


def test_nothing_of_a_stopped_edition_is_claimed(editions: Editions, ledger: Ledger, record: EditionRecord):
    editions.stop(record.id, NOW)
    assert ledger.claim(record.id, 100, NOW, LEASE).deliveries == ()


def test_claims_that_are_not_used_are_due_again(ledger: Ledger, other: Ledger, record: EditionRecord, stands: Stands):
    mine, theirs = ledger.claim(record.id, 3, NOW, LEASE), other.claim(record.id, 2, NOW, LEASE)
    ledger.hand_back([(theirs.deliveries[0].id, mine.token)])  # not mine to give
    assert set(stands().values()) == {CLAIMED}
    ledger.hand_back(pairs(mine))
    assert list(stands().values()) == [QUEUED] * 3 + [CLAIMED] * 2
    assert ledger.commit(leaving(mine), [], NOW, LEASE) == frozenset()


def test_what_is_in_hand_cannot_be_handed_back(ledger: Ledger, record: EditionRecord, stands: Stands):
    claim = handed(ledger, record)
    ledger.hand_back(pairs(claim))
    assert set(stands().values()) == {HANDING}


# --- handing over --------------------------------------------------------------------------------------------------


def test_a_hand_over_is_in_the_file_before_the_content_may_leave(ledger: Ledger, record: EditionRecord, url: str):
    claim = handed(ledger, record, 2)
    witness = Database(url)
    assert Deliveries(witness).counts(record.id) == {QUEUED: 3, HANDING: 2}
    witness.close()
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == frozenset()  # once


def test_a_hand_over_without_the_token_of_its_claim_is_refused(ledger: Ledger, record: EditionRecord, stands: Stands):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    first, second = claim.deliveries
    assert ledger.commit([(first.id, "forged", SERVER), (second.id, claim.token, SERVER)], [], NOW, LEASE) == {
        second.id
    }
    assert stands()[first.id] is CLAIMED


def test_tokens_of_two_claims_are_not_mixed_up(
    database: Database, ledger: Ledger, record: EditionRecord, stands: Stands
):
    """The first claim of a delivery was lost and it was claimed again, by the same sender."""
    lost = ledger.claim(record.id, 1, NOW, LEASE)
    leases_are_over(database)
    ledger.recover(resend=False)
    again = ledger.claim(record.id, 5, NOW, LEASE)
    first, second, *_ = sorted(again.deliveries, key=lambda delivery: delivery not in lost.deliveries)
    assert first.id == lost.deliveries[0].id
    assert ledger.commit([(first.id, lost.token, SERVER), (second.id, again.token, SERVER)], [], NOW, LEASE) == {
        second.id
    }
    assert stands()[first.id] is CLAIMED


def test_a_sender_that_slept_over_its_lease_may_not_hand_over(
    database: Database, ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    leases_are_over(database)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == frozenset()
    assert [stands()[d.id] for d in claim.deliveries] == [CLAIMED, CLAIMED]
    assert ledger.recover(resend=False) == (2, 0)


def test_a_sender_that_dies_leaves_the_name_of_the_server_whose_log_knows_more(
    ledger: Ledger, other: Ledger, record: EditionRecord, database: Database
):
    handed(ledger, record, 1)
    leases_are_over(database)
    assert other.recover(resend=False) == (0, 1)
    (doubt,) = Deliveries(database).each(record.id, UNCERTAIN)
    assert doubt[1] == SERVER


def test_a_hand_over_renews_the_lease(database: Database, ledger: Ledger, record: EditionRecord):
    claim = ledger.claim(record.id, 1, NOW, timedelta(minutes=1))
    before = row(database, claim.deliveries[0].id)["lease"]
    ledger.commit(leaving(claim), [], NOW, timedelta(hours=1))
    renewed = row(database, claim.deliveries[0].id)["lease"]
    assert isinstance(before, datetime)
    assert isinstance(renewed, datetime)
    assert renewed - before > timedelta(minutes=50)


def pauses(database: Database, subscriber: int, until: datetime) -> None:
    with database.write() as connection:
        connection.execute(update(people).where(people.c.id == subscriber).values(paused=until))


def test_who_has_paused_since_the_freeze_is_skipped_and_whose_pause_is_over_is_not(
    database: Database, ledger: Ledger, record: EditionRecord, stands: Stands
):
    pauses(database, 1, NOW + timedelta(seconds=1))
    pauses(database, 2, NOW)
    claim = ledger.claim(record.id, 100, NOW, LEASE)
    assert claim.skipped == 1
    assert 1 not in {delivery.subscriber for delivery in claim.deliveries}
    third = next(delivery for delivery in claim.deliveries if delivery.subscriber == 3)
    pauses(database, 3, NOW + timedelta(days=30))
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == {d.id for d in claim.deliveries} - {third.id}
    assert stands()[third.id] is SKIPPED
    assert row(database, third.id)["reply"] == "paused before it was sent"


def test_leases_are_measured_by_the_clock_of_the_database(database: Database, ledger: Ledger, record: EditionRecord):
    """A sender whose own clock is a year late neither loses its claims nor keeps them for a year."""
    claim = ledger.claim(record.id, 1, NOW - timedelta(days=365), LEASE)
    with database.read() as connection:
        lease = row(database, claim.deliveries[0].id)["lease"]
        assert isinstance(lease, datetime)
        assert timedelta(0) <= clock(connection) + LEASE - lease < timedelta(minutes=1)


def test_who_unsubscribed_since_the_claim_is_not_mailed(
    database: Database, ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = ledger.claim(record.id, 3, NOW, LEASE)
    first, second, third = claim.deliveries
    becomes(database, second.subscriber, SubscriberStatus.UNSUBSCRIBED)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == {first.id, third.id}
    assert stands()[second.id] is SKIPPED
    assert row(database, second.id)["reply"] == "unsubscribed before it was sent"


def test_who_was_erased_since_the_claim_is_not_mailed(
    database: Database, ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    first, second = claim.deliveries
    erase(database, first.subscriber)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == {second.id}
    assert stands()[first.id] is SKIPPED


def test_an_edition_stopped_since_the_claim_is_not_mailed(
    editions: Editions, ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    editions.stop(record.id, NOW)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == frozenset()
    assert set(stands().values()) == {QUEUED}


def test_a_deferred_delivery_of_a_stopped_edition_stays_deferred(
    database: Database, editions: Editions, ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    ledger.commit([], [outcome(delivery, claim.token, LATER)], NOW, LEASE)
    due = row(database, delivery.id)["due"]
    again = ledger.claim(record.id, 100, NOW + timedelta(hours=1), LEASE)
    editions.stop(record.id, NOW)
    assert ledger.commit(leaving(again), [], NOW, LEASE) == frozenset()
    assert stands()[delivery.id] is DEFERRED
    assert row(database, delivery.id)["due"] == due


def test_a_refusal_for_one_reason_leaves_the_others_as_they_are(
    database: Database, editions: Editions, ledger: Ledger, other: Ledger
):
    """One commit with a reader who left, a stopped edition, a lost claim and two that may leave."""
    first, second = edition_of(database, 5), edition_of(database, 5, number=2)
    mine, stopped = ledger.claim(first.id, 3, NOW, LEASE), ledger.claim(second.id, 1, NOW, LEASE)
    theirs, waiting = other.claim(first.id, 1, NOW, LEASE), other.claim(second.id, 1, NOW, LEASE)
    editions.stop(second.id, NOW)
    fine, left, too = mine.deliveries
    becomes(database, left.subscriber, SubscriberStatus.UNSUBSCRIBED)
    untouched = [row(database, claim.deliveries[0].id) for claim in (theirs, waiting)]

    wanted = [*leaving(mine), *leaving(stopped), (theirs.deliveries[0].id, mine.token, SERVER)]
    assert ledger.commit(wanted, [], NOW, LEASE) == {fine.id, too.id}
    assert [row(database, claim.deliveries[0].id) for claim in (theirs, waiting)] == untouched
    assert Deliveries(database).counts(first.id) == {QUEUED: 1, CLAIMED: 1, HANDING: 2, SKIPPED: 1}
    assert Deliveries(database).counts(second.id) == {QUEUED: 4, CLAIMED: 1}


def test_thousands_are_handed_over_in_one_commit(database: Database, ledger: Ledger):
    record = edition_of(database, 2500)
    claims = [ledger.claim(record.id, 1250, NOW, LEASE) for _ in range(2)]
    granted = ledger.commit([pair for claim in claims for pair in leaving(claim)], [], NOW, LEASE)
    assert len(granted) == 2500
    outcomes = [outcome(d, claim.token, TAKEN) for claim in claims for d in claim.deliveries]
    assert ledger.commit([], outcomes, NOW, LEASE) == frozenset()
    assert Deliveries(database).counts(record.id) == {ACCEPTED: 2500}


# --- outcomes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "status"), [(TAKEN, ACCEPTED), (LATER, DEFERRED), (NEVER, FAILED), (CUT, UNCERTAIN)], ids=str
)
def test_an_outcome_is_kept_with_what_was_said_and_by_whom(
    reply: Reply, status: DeliveryStatus, ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    claim = handed(ledger, record, 1)
    ledger.commit([], [outcome(claim.deliveries[0], claim.token, reply)], NOW, LEASE)
    ((kept, server, changed),) = deliveries.each(record.id, status)
    assert kept == replace(after(claim.deliveries[0], reply, NOW, POLICY, 0.5), status=status)
    assert (server, changed) == ("mx.example.net", NOW)


def test_an_outcome_with_another_token_changes_nothing(database: Database, ledger: Ledger, record: EditionRecord):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    before = row(database, delivery.id)
    ledger.commit([], [outcome(delivery, "forged", NEVER, suppress="550 5.1.1")], NOW, LEASE)
    assert row(database, delivery.id) == before
    person = Subscribers(database).find(delivery.address)
    assert person is not None
    assert person.status is SubscriberStatus.ACTIVE


def test_an_outcome_without_a_hand_over_changes_nothing(ledger: Ledger, record: EditionRecord, stands: Stands):
    claim = ledger.claim(record.id, 1, NOW, LEASE)
    ledger.commit([], [outcome(claim.deliveries[0], claim.token, TAKEN)], NOW, LEASE)
    assert stands()[claim.deliveries[0].id] is CLAIMED


def test_an_outcome_is_final(ledger: Ledger, record: EditionRecord, stands: Stands):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    ledger.commit([], [outcome(delivery, claim.token, TAKEN), outcome(delivery, claim.token, NEVER)], NOW, LEASE)
    assert stands()[delivery.id] is ACCEPTED


def test_the_owner_of_a_dead_mailbox_is_suppressed_with_the_reason(
    database: Database, ledger: Ledger, record: EditionRecord
):
    claim = handed(ledger, record, 2)
    dead, left = claim.deliveries
    becomes(database, left.subscriber, SubscriberStatus.UNSUBSCRIBED)
    outcomes = [outcome(d, claim.token, NEVER, suppress=str(NEVER)) for d in (dead, left)]
    ledger.commit([], outcomes, NOW, LEASE)
    found = [Subscribers(database).find(d.address) for d in (dead, left)]
    assert [(p.status, p.reason) for p in found if p] == [
        (SubscriberStatus.SUPPRESSED, "550 5.1.1 no such user"),
        (SubscriberStatus.UNSUBSCRIBED, ""),  # their own will stands
    ]


def test_a_late_acceptance_turns_the_senders_own_doubt_into_certainty(
    database: Database, ledger: Ledger, other: Ledger, record: EditionRecord, stands: Stands
):
    claim = handed(ledger, record, 2)
    first, second = claim.deliveries
    leases_are_over(database)
    assert other.recover(resend=False) == (0, 2)
    late = [outcome(first, claim.token, TAKEN), outcome(second, "forged", TAKEN)]
    ledger.commit([], late, NOW, LEASE)
    assert (stands()[first.id], stands()[second.id]) == (ACCEPTED, UNCERTAIN)


def test_a_doubt_that_the_sender_itself_recorded_can_still_be_accepted(
    ledger: Ledger, record: EditionRecord, stands: Stands
):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    ledger.commit([], [outcome(delivery, claim.token, CUT)], NOW, LEASE)
    ledger.commit([], [outcome(delivery, claim.token, TAKEN)], NOW, LEASE)
    assert stands()[delivery.id] is ACCEPTED


@pytest.mark.parametrize("reply", [LATER, NEVER, CUT], ids=str)
def test_no_other_late_answer_moves_a_doubt(
    reply: Reply, database: Database, ledger: Ledger, other: Ledger, record: EditionRecord
):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    leases_are_over(database)
    other.recover(resend=False)
    before = row(database, delivery.id)
    ledger.commit([], [outcome(delivery, claim.token, reply)], NOW, LEASE)
    assert row(database, delivery.id) == before


def test_a_late_acceptance_does_not_undo_what_a_person_has_settled(
    *, database: Database, ledger: Ledger, other: Ledger, record: EditionRecord, deliveries: Deliveries, stands: Stands
):
    claim = handed(ledger, record, 1)
    (delivery,) = claim.deliveries
    leases_are_over(database)
    other.recover(resend=False)
    deliveries.settle(record.id, Settlement.RESEND, NOW)
    ledger.commit([], [outcome(delivery, claim.token, TAKEN)], NOW, LEASE)
    assert stands()[delivery.id] is QUEUED


def test_a_channel_that_broke_before_the_content_costs_nobody_an_attempt(
    ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    claim = handed(ledger, record, 1)
    ledger.commit([], [Outcome(replace(claim.deliveries[0], status=QUEUED), claim.token)], NOW, LEASE)
    assert deliveries.counts(record.id) == {QUEUED: 5}
    assert [d.attempts for d in ledger.claim(record.id, 5, NOW, LEASE).deliveries] == [0] * 5


# --- the dead and the overdue --------------------------------------------------------------------------------------


def test_what_is_overdue_comes_back_and_what_was_in_hand_is_in_doubt(
    database: Database, ledger: Ledger, other: Ledger, record: EditionRecord, deliveries: Deliveries
):
    handed(ledger, record, 2)
    ledger.claim(record.id, 2, NOW, LEASE)
    leases_are_over(database)
    assert other.recover(resend=False) == (2, 2)
    assert deliveries.counts(record.id) == {QUEUED: 3, UNCERTAIN: 2}
    for doubt, _, _ in deliveries.each(record.id, UNCERTAIN):
        assert (doubt.attempts, doubt.first_tried) == (1, NOW)
        assert doubt.reply == "the sender ended while this message was being handed over"
    assert other.recover(resend=False) == (0, 0)


def test_with_resend_what_was_in_hand_is_due_again(
    database: Database, ledger: Ledger, other: Ledger, record: EditionRecord, stands: Stands
):
    claim = handed(ledger, record, 2)
    leases_are_over(database)
    assert other.recover(resend=True) == (0, 2)
    assert set(stands().values()) == {QUEUED}
    assert [row(database, claim.deliveries[0].id)[held] for held in ("sender", "token", "lease")] == [None] * 3
    again = other.claim(record.id, 5, NOW, LEASE)
    assert sorted(d.attempts for d in again.deliveries) == [0, 0, 0, 1, 1]
    ledger.commit([], [outcome(claim.deliveries[0], claim.token, TAKEN)], NOW, LEASE)  # no longer its own
    assert set(stands().values()) == {CLAIMED}


def test_what_a_living_sender_holds_is_left_alone(ledger: Ledger, other: Ledger, record: EditionRecord, stands: Stands):
    claim = handed(ledger, record, 2)
    ledger.claim(record.id, 2, NOW, LEASE)
    before = stands()
    assert other.recover(resend=True) == (0, 0)
    assert ledger.recover(resend=True) == (0, 0)
    assert stands() == before
    ledger.commit([], [outcome(d, claim.token, TAKEN) for d in claim.deliveries], NOW, LEASE)
    assert sorted(stands().values()) == [ACCEPTED, ACCEPTED, CLAIMED, CLAIMED, QUEUED]


def test_what_a_sender_left_behind_comes_back_at_once(database: Database, other: Ledger, record: EditionRecord):
    with SenderLock(database) as sender:
        Ledger(database, sender).claim(record.id, 3, NOW, LEASE)
    assert other.recover(resend=False) == (3, 0)


SENDING = """
import sys
from datetime import datetime, timedelta
from digest.store.database import Database
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock

database, now, lease = Database(sys.argv[1]), datetime.fromisoformat(sys.argv[3]), timedelta(days=1)
with SenderLock(database) as sender:
    ledger = Ledger(database, sender)
    claim = ledger.claim(int(sys.argv[2]), 4, now, lease)
    ledger.commit([(d.id, claim.token, 'mx.example.net') for d in claim.deliveries[:2]], [], now, lease)
    print("in hand", flush=True)
    sys.stdin.read()
"""


def test_a_sender_that_was_killed_is_noticed_without_waiting_for_its_lease(
    ledger: Ledger, record: EditionRecord, deliveries: Deliveries, url: str
):
    command = [sys.executable, "-c", SENDING, url, str(record.id), NOW.isoformat()]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "in hand\n"
        assert ledger.recover(resend=False) == (0, 0)
        assert deliveries.counts(record.id) == {QUEUED: 1, CLAIMED: 2, HANDING: 2}
        process.send_signal(signal.SIGKILL)
        process.wait()
    soon(lambda: ledger.recover(resend=False), (2, 2))
    assert deliveries.counts(record.id) == {QUEUED: 3, UNCERTAIN: 2}


# --- what people read and settle -----------------------------------------------------------------------------------


def test_counts_add_up_and_come_in_the_order_of_the_statuses(
    ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    claim = handed(ledger, record, 3)
    replies = [NEVER, CUT, TAKEN]
    outcomes = [outcome(d, claim.token, reply) for d, reply in zip(claim.deliveries, replies, strict=True)]
    ledger.commit([], outcomes, NOW, LEASE)
    counts = deliveries.counts(record.id)
    assert list(counts) == [QUEUED, ACCEPTED, FAILED, UNCERTAIN]
    assert sum(counts.values()) == record.deliveries == 5


def test_the_next_one_due_is_known(ledger: Ledger, record: EditionRecord, deliveries: Deliveries):
    assert deliveries.next_due(record.id) is None
    claim = handed(ledger, record, 2)
    early, late = claim.deliveries
    tried = replace(late, attempts=3)
    ledger.commit([], [outcome(early, claim.token, LATER), outcome(tried, claim.token, LATER)], NOW, LEASE)
    assert deliveries.next_due(record.id) == NOW + timedelta(minutes=1)


def test_an_edition_is_unfinished_while_something_can_be_handed_over(
    database: Database, editions: Editions, ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    second = edition_of(database, 5, number=2)
    assert deliveries.unfinished(NOW) == (record.id, second.id)
    editions.stop(second.id, NOW)
    assert deliveries.unfinished(NOW) == (record.id,)
    claim = handed(ledger, record)
    assert deliveries.unfinished(NOW) == (record.id,)
    outcomes = [outcome(d, claim.token, LATER if n else CUT) for n, d in enumerate(claim.deliveries)]
    ledger.commit([], outcomes, NOW, LEASE)
    assert deliveries.unfinished(NOW) == ()
    assert deliveries.unfinished(NOW + timedelta(minutes=2)) == (record.id,)


@pytest.mark.parametrize(("how", "status"), [(Settlement.RESEND, QUEUED), (Settlement.ACCEPT, ACCEPTED)])
def test_a_person_settles_the_doubts_of_one_edition_and_the_act_is_kept(
    *,
    how: Settlement,
    status: DeliveryStatus,
    database: Database,
    editions: Editions,
    ledger: Ledger,
    record: EditionRecord,
    deliveries: Deliveries,
    stands: Stands,
):
    second = edition_of(database, 5, number=2)
    for edition in (record, second):
        claim = handed(ledger, edition, 2)
        ledger.commit([], [outcome(d, claim.token, CUT) for d in claim.deliveries], NOW, LEASE)
    doubtful = [delivery.id for delivery, _, _ in deliveries.each(record.id, UNCERTAIN)]

    assert deliveries.settle(record.id, how, NOW) == 2
    assert {stands()[delivery] for delivery in doubtful} == {status}
    assert row(database, doubtful[0])["reply"] == f"the line was cut (settled by the operator: {how})"
    assert deliveries.counts(second.id) == {QUEUED: 3, UNCERTAIN: 2}
    assert editions.acts(record.id) == ((NOW, "settle", f"2 uncertain: {how}"),)
    assert editions.acts(second.id) == ()


def test_a_delivery_that_is_to_be_mailed_again_is_claimed_again(
    ledger: Ledger, record: EditionRecord, deliveries: Deliveries
):
    claim = handed(ledger, record)
    ledger.commit([], [outcome(d, claim.token, CUT) for d in claim.deliveries], NOW, LEASE)
    assert ledger.claim(record.id, 100, NOW + timedelta(days=9), LEASE).deliveries == ()
    deliveries.settle(record.id, Settlement.RESEND, NOW)
    assert len(handed(ledger, record).deliveries) == 5


# --- anything, in any order ----------------------------------------------------------------------------------------


class AnythingInAnyOrder(RuleBasedStateMachine):
    """Two senders, an operator, readers who leave, and a clock that jumps."""

    READERS = 6

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self.database = Database(self._stack.enter_context(self.new_database()))
        self.deliveries = Deliveries(self.database)
        self.edition = Editions(self.database).every()[0].id
        self.locks = [SenderLock(self.database).__enter__() for _ in range(2)]
        self.ledgers = [Ledger(self.database, lock) for lock in self.locks]
        self.now = NOW
        self.claims: list[tuple[int, Delivery, str]] = []
        self.in_hand: list[tuple[int, Delivery, str]] = []
        self.perhaps_mailed: set[int] = set()
        self.before = self.statuses()

    def teardown(self) -> None:
        for lock in self.locks:
            lock.__exit__(None, None, None)
        self.database.close()
        self._stack.close()

    @contextmanager
    def new_database(self) -> Iterator[str]:
        """The URL of one with an edition in it."""
        with TemporaryDirectory() as folder:
            shutil.copy(template(), f"{folder}/digest.db")
            yield f"sqlite:///{folder}/digest.db"

    def statuses(self) -> dict[int, DeliveryStatus]:
        return {delivery.id: delivery.status for delivery, _, _ in self.deliveries.each(self.edition)}

    @rule(sender=st.integers(0, 1), most=st.integers(1, 4))
    def claim(self, sender: int, most: int) -> None:
        claim = self.ledgers[sender].claim(self.edition, most, self.now, LEASE)
        self.claims += [(sender, delivery, claim.token) for delivery in claim.deliveries]

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), reply=st.sampled_from([TAKEN, LATER, NEVER, CUT]))
    def commit(self, data: st.DataObject, reply: Reply) -> None:
        """A hand-over, in one transaction with an outcome of the same sender."""
        sender, delivery, token = self.claims[data.draw(st.integers(0, len(self.claims) - 1))]
        mine = [held for held in self.in_hand if held[0] == sender][:1]
        outcomes = []
        for held in mine:
            judged = after(held[1], reply, self.now, POLICY, 0.5)
            outcomes.append(Outcome(judged, held[2], reply.server))
            self.in_hand.remove(held)
            if judged.status is DEFERRED:
                self.perhaps_mailed.discard(held[1].id)
        if any(held[1].id == delivery.id for held in mine):
            self.ledgers[sender].commit([], outcomes, self.now, LEASE)
        elif self.ledgers[sender].commit([(delivery.id, token, SERVER)], outcomes, self.now, LEASE):
            assert delivery.id not in self.perhaps_mailed, "mailed twice"
            self.perhaps_mailed.add(delivery.id)
            self.in_hand.append((sender, delivery, token))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def hand_back(self, data: st.DataObject) -> None:
        sender, delivery, token = self.claims.pop(data.draw(st.integers(0, len(self.claims) - 1)))
        self.ledgers[sender].hand_back([(delivery.id, token)])

    @rule(sender=st.integers(0, 1))
    def recover(self, sender: int) -> None:
        self.ledgers[sender].recover(resend=False)

    @rule()
    def leases_end(self) -> None:
        leases_are_over(self.database)

    @rule()
    def time_passes(self) -> None:
        self.now += timedelta(hours=5)

    @rule(subscriber=st.integers(1, READERS), erased=st.booleans())
    def somebody_leaves(self, subscriber: int, erased: bool) -> None:
        if erased:
            erase(self.database, subscriber)
        else:
            becomes(self.database, subscriber, SubscriberStatus.UNSUBSCRIBED)

    @rule(how=st.sampled_from(Settlement))
    def settle(self, how: Settlement) -> None:
        if how is Settlement.RESEND:
            self.perhaps_mailed -= {key for key, status in self.statuses().items() if status is UNCERTAIN}
        self.deliveries.settle(self.edition, how, self.now)

    @rule(really=st.integers(0, 9))
    def stop(self, really: int) -> None:
        if really == 0:
            Editions(self.database).stop(self.edition, self.now)

    @invariant()
    def the_counts_add_up(self) -> None:
        assert sum(self.deliveries.counts(self.edition).values()) == self.READERS

    @invariant()
    def statuses_change_as_the_drawing_allows(self) -> None:
        now = self.statuses()
        changed = {(self.before[key], status) for key, status in now.items() if self.before[key] is not status}
        assert all(status in TRANSITIONS[before] for before, status in changed), changed
        self.before = now


_made: list[TemporaryDirectory[str]] = []


def template() -> Path:
    """A database with one frozen edition, made once: migrations cost more than the test."""
    if not _made:
        _made.append(TemporaryDirectory())
        database = Database(f"sqlite:///{_made[0].name}/digest.db")
        edition_of(database, AnythingInAnyOrder.READERS)
        database.close()
    return Path(_made[0].name) / "digest.db"


TestAnythingInAnyOrder = AnythingInAnyOrder.TestCase
TestAnythingInAnyOrder.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)
