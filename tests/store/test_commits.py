"""Commits of a sender while somebody else is alone for long, as an import is, and those that are repeated."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from digest.errors import StoreError
from digest.model import Claim, DeliveryStatus, EditionRecord, SubscriberStatus
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock
from digest.store.tables import senders
from tests.store.conftest import on_postgresql, on_sqlite
from tests.store.test_ledger import (
    LATER,
    LEASE,
    NEVER,
    NOW,
    SERVER,
    TAKEN,
    becomes,
    edition_of,
    leases_are_over,
    leaving,
    outcome,
)

ACCEPTED, DEFERRED, FAILED, HANDING, QUEUED, SKIPPED, UNCERTAIN = (
    DeliveryStatus(name) for name in ("accepted", "deferred", "failed", "handing", "queued", "skipped", "uncertain")
)


@pytest.fixture
def record(database: Database) -> EditionRecord:
    return edition_of(database, 8)


@pytest.fixture
def impatient(url: str) -> Iterator[Database]:
    database = Database(url, busy_timeout=0.05)
    yield database
    database.close()


@pytest.fixture
def ledger(impatient: Database) -> Iterator[Ledger]:
    with SenderLock(impatient) as sender:
        yield Ledger(impatient, sender)


@pytest.fixture
def claim(ledger: Ledger, record: EditionRecord) -> Claim:
    """Five, four of which are on their way."""
    claim = ledger.claim(record.id, 5, NOW, LEASE)
    assert len(ledger.commit(leaving(claim)[:4], [], NOW, LEASE)) == 4
    return claim


def counts(database: Database, record: EditionRecord) -> dict[DeliveryStatus, int]:
    return Deliveries(database).counts(record.id)


# --- somebody is alone -------------------------------------------------------------------------------------------------


@on_postgresql
def test_while_somebody_is_alone_outcomes_without_consequences_are_recorded_and_hand_overs_granted(
    database: Database, ledger: Ledger, record: EditionRecord, claim: Claim
):
    first, second, third, dead, _ = claim.deliveries
    suppressed = outcome(dead, claim.token, NEVER, suppress=str(NEVER))
    plain = [
        outcome(first, claim.token, TAKEN),
        outcome(second, claim.token, LATER),
        outcome(third, claim.token, NEVER),
    ]
    assert [ledger.apart(one) for one in (*plain, suppressed)] == [False] * 3 + [True]
    with database.write():
        assert len(ledger.commit(leaving(claim)[4:], plain, NOW, LEASE)) == 1
        ledger.note_first_use(SERVER, NOW)
        with pytest.raises(StoreError, match="in use by another process"):
            ledger.commit([], [suppressed], NOW, LEASE)
        assert counts(database, record) == {QUEUED: 3, HANDING: 2, ACCEPTED: 1, DEFERRED: 1, FAILED: 1}
    assert ledger.commit([], [suppressed], NOW, LEASE) == frozenset()
    assert counts(database, record) == {QUEUED: 3, HANDING: 1, ACCEPTED: 1, DEFERRED: 1, FAILED: 2}


@on_postgresql
def test_while_somebody_is_alone_senders_come_and_go_and_take_back_what_was_held_too_long(
    database: Database, impatient: Database, ledger: Ledger, record: EditionRecord, claim: Claim
):
    leases_are_over(database)
    with database.write():
        with SenderLock(impatient) as other:
            assert Ledger(impatient, other).recover(resend=False) == (1, 4)
        with impatient.read() as connection:
            assert connection.execute(select(senders.c.id)).scalars().all() == [ledger._sender.id]
        assert counts(database, record) == {QUEUED: 4, UNCERTAIN: 4}
        assert ledger.recover(resend=False) == (0, 0)


@on_sqlite
def test_where_there_is_one_writer_anyway_nothing_is_committed_apart(ledger: Ledger, claim: Claim):
    assert not ledger.apart(outcome(claim.deliveries[0], claim.token, NEVER, suppress=str(NEVER)))


# --- nobody knows whether it was committed -----------------------------------------------------------------------------


def test_a_commit_that_is_repeated_grants_what_it_granted_before(
    database: Database, ledger: Ledger, record: EditionRecord
):
    claim = ledger.claim(record.id, 5, NOW, LEASE)
    granted = ledger.commit(leaving(claim), [], NOW, LEASE)
    assert ledger.commit(leaving(claim), [], NOW, LEASE) == frozenset()
    assert ledger.commit(leaving(claim), [], NOW, LEASE, again=True) == granted
    assert counts(database, record) == {QUEUED: 3, HANDING: 5}


def test_it_grants_also_what_was_not_committed_and_nothing_without_the_token(
    database: Database, ledger: Ledger, record: EditionRecord, claim: Claim
):
    forged = [(delivery, "forged", server) for delivery, _, server in leaving(claim)[:2]]
    wanted = [*forged, *leaving(claim)[2:]]
    assert ledger.commit(wanted, [], NOW, LEASE, again=True) == {delivery.id for delivery in claim.deliveries[2:]}
    assert counts(database, record) == {QUEUED: 3, HANDING: 5}


def test_who_left_between_the_two_is_not_mailed(
    database: Database, ledger: Ledger, record: EditionRecord, claim: Claim
):
    becomes(database, claim.deliveries[1].subscriber, SubscriberStatus.UNSUBSCRIBED)
    assert len(ledger.commit(leaving(claim)[:4], [], NOW, LEASE, again=True)) == 3
    assert counts(database, record)[SKIPPED] == 1
    Editions(database).stop(record.id, NOW)
    assert ledger.commit(leaving(claim)[:4], [], NOW, LEASE, again=True) == frozenset()
    assert HANDING not in counts(database, record)


def test_an_outcome_that_is_repeated_is_recorded_once(
    database: Database, ledger: Ledger, record: EditionRecord, claim: Claim
):
    outcomes = [outcome(claim.deliveries[0], claim.token, LATER), outcome(claim.deliveries[1], claim.token, TAKEN)]
    for again in (False, True):
        ledger.commit([], outcomes, NOW, LEASE, again=again)
    assert counts(database, record) == {QUEUED: 3, DEFERRED: 1, ACCEPTED: 1, HANDING: 2, DeliveryStatus("claimed"): 1}
