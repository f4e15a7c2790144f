"""Senders, operators and readers who leave, all at once: on either kind of database nobody is mailed twice or forgotten."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import settings
from sqlalchemy import insert, select, update

from digest.errors import StoreError
from digest.model import Claim, DeliveryStatus, EditionRecord, Reply, Settlement, Stage, Subscriber
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.ledger import Ledger, _hand_over
from digest.store.senders import SenderLock
from digest.store.subscribers import Subscribers
from digest.store.tables import deliveries as table
from tests.postgres import cloned, server
from tests.store.conftest import NOW, on_postgresql
from tests.store.test_ledger import LEASE, SERVER, AnythingInAnyOrder, edition_of, leases_are_over, leaving, outcome

LATER = NOW + timedelta(days=1)  # whoever was deferred is due again
TAKEN = Reply(250, "2.0.0 taken", Stage.FINAL, SERVER)
REPLIES = (
    TAKEN,
    TAKEN,
    Reply(451, "4.3.0 later", Stage.RCPT, SERVER),
    Reply(550, "5.1.1 no such user", Stage.RCPT, SERVER),
    Reply(0, "the line was cut", Stage.CUT, SERVER),
)
UNCERTAIN, QUEUED, CLAIMED, HANDING = (DeliveryStatus(name) for name in ("uncertain", "queued", "claimed", "handing"))
ENOUGH = 40  # turns of whoever is in the senders' way


@pytest.fixture
def other(url: str) -> Iterator[Database]:
    database = Database(url, busy_timeout=0.05)
    yield database
    database.close()


# --- anything at once ----------------------------------------------------------------------------------------------


class Post:
    """What has left, as the mail server would know it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mailed: set[int] = set()
        self.twice: list[int] = []

    def leaves(self, deliveries: frozenset[int]) -> None:
        with self._lock:
            self.twice += self._mailed & deliveries
            self._mailed |= deliveries

    def refused(self, delivery: int) -> None:
        with self._lock:
            self._mailed.discard(delivery)


def until_it_is_free(call: Callable[[], object]) -> object:
    """As whoever sends does it: what is busy is tried again, and nothing else goes wrong."""
    while True:
        try:
            return call()
        except StoreError as error:
            if not error.busy:
                raise


def send(url: str, edition: int, post: Post, over: threading.Event, seed: int) -> None:
    """Claims, hands over and records, with whatever replies come, until it is over and nothing is left."""
    dice = random.Random(seed)
    database = Database(url)
    with SenderLock(database) as sender:
        ledger = Ledger(database, sender)
        while True:
            last = over.is_set()
            claim = until_it_is_free(lambda: ledger.claim(edition, 7, LATER, LEASE))
            assert isinstance(claim, Claim)
            if not claim.deliveries and last and not until_it_is_free(lambda: ledger.recover(resend=False))[0]:
                break
            until_it_is_free(lambda claim=claim: carry(ledger, claim, post, dice))
            until_it_is_free(lambda: ledger.recover(resend=False))
    database.close()


def carry(ledger: Ledger, claim: Claim, post: Post, dice: random.Random) -> None:
    some = leaving(claim)[: dice.randint(0, 7)]
    granted = ledger.commit(some, [], NOW, LEASE)
    post.leaves(granted)
    said = [(delivery, dice.choice(REPLIES)) for delivery in claim.deliveries if delivery.id in granted]
    dice.shuffle(said)
    for delivery, reply in said:
        if reply.code >= 400:
            post.refused(delivery.id)
    outcomes = [
        outcome(delivery, claim.token, reply, suppress=str(reply) if reply.code == 550 else "")
        for delivery, reply in said
    ]
    until_it_is_free(lambda: ledger.commit([], outcomes, NOW, LEASE))
    until_it_is_free(lambda: ledger.hand_back([(number, token) for number, token, _ in leaving(claim)]))


def disturb(url: str, edition: int, over: threading.Event) -> None:
    """An operator, readers who leave, and leases that end too early."""
    dice = random.Random(0)
    database = Database(url)
    editions, record, people = Editions(database), Deliveries(database), Subscribers(database)

    def leave(number: int) -> None:
        with people.changing() as changes:
            if person := changes.get(number):
                changes.erase(person.address.casefold(), NOW)

    deeds: tuple[Callable[[], object], ...] = (
        lambda: editions.stop(edition, NOW),
        lambda: editions.resume(edition, NOW),
        lambda: record.settle(edition, Settlement.ACCEPT, NOW),
        lambda: record.retry(edition, NOW),
        lambda: leases_are_over(database),
        lambda: leave(dice.randint(1, 60)),
    )
    for _ in range(ENOUGH):
        until_it_is_free(dice.choice(deeds))
    until_it_is_free(deeds[1])
    over.set()
    database.close()


def test_whatever_happens_at_once_nobody_is_mailed_twice_and_nobody_is_forgotten(database: Database, url: str):
    record = edition_of(database, 60)
    post, over = Post(), threading.Event()
    with ThreadPoolExecutor(4) as pool:
        sending = [pool.submit(send, url, record.id, post, over, seed) for seed in range(3)]
        pool.submit(disturb, url, record.id, over).result()
        for one in sending:
            one.result()
    with SenderLock(database) as sender:
        Ledger(database, sender).recover(resend=False)
    counts = Deliveries(database).counts(record.id)
    assert post.twice == []
    assert sum(counts.values()) == 60
    assert set(counts) <= {DeliveryStatus(name) for name in ("accepted", "failed", "uncertain", "skipped")}


# --- one at a time, in the middle of each other --------------------------------------------------------------------


@pytest.fixture
def record(database: Database) -> EditionRecord:
    return edition_of(database, 5)


@pytest.fixture
def ledger(database: Database) -> Iterator[Ledger]:
    with SenderLock(database) as sender:
        yield Ledger(database, sender)


@contextmanager
def handing_over(database: Database, claim: Claim) -> Iterator[frozenset[int]]:
    """In the middle of the transaction: it is looked and written, and not committed."""
    with database.write(alone=False) as connection:
        yield _hand_over(connection, leaving(claim), NOW, LEASE)


def test_who_stops_an_edition_waits_for_those_who_have_looked(
    database: Database, other: Database, ledger: Ledger, record: EditionRecord
):
    """After that nothing of it is handed over any more."""
    claim, late = ledger.claim(record.id, 2, NOW, LEASE), ledger.claim(record.id, 2, NOW, LEASE)
    with handing_over(database, claim) as granted:
        assert len(granted) == 2
        with pytest.raises(StoreError, match="in use by another process"):
            Editions(other).stop(record.id, NOW)
    assert Editions(other).stop(record.id, NOW)
    assert ledger.commit(leaving(late), [], NOW, LEASE) == frozenset()
    assert Deliveries(database).counts(record.id) == {QUEUED: 3, HANDING: 2}


def test_who_leaves_waits_for_those_who_have_looked(
    database: Database, other: Database, ledger: Ledger, record: EditionRecord
):
    claim = ledger.claim(record.id, 2, NOW, LEASE)

    def leave() -> None:
        with Subscribers(other).changing() as changes:
            person = changes.get(claim.deliveries[0].subscriber)
            assert person is not None
            changes.write([(person.address, Subscriber(person.id, person.address, created=NOW, changed=NOW))])

    with handing_over(database, claim), pytest.raises(StoreError, match="in use by another process"):
        leave()
    leave()


def test_what_a_server_says_while_somebody_is_erased_is_forgotten_too(
    database: Database, url: str, ledger: Ledger, record: EditionRecord
):
    """The address stands in the reply, which is written at this moment."""
    claim = ledger.claim(record.id, 1, NOW, LEASE)
    (delivery,) = claim.deliveries
    ledger.commit(leaving(claim), [], NOW, LEASE)
    patient = Database(url)

    def erase() -> None:
        with Subscribers(patient).changing() as changes:
            assert changes.erase(delivery.address, NOW)

    with ThreadPoolExecutor(1) as pool:
        with database.write(alone=False) as connection:
            said = f"450 4.2.1 <{delivery.address}> is busy"
            connection.execute(update(table).where(table.c.id == delivery.id).values(reply=said))
            erasing = pool.submit(erase)
            until_it_waits(database, erasing.done)
        erasing.result()
    assert words(database) == "450 4.2.1"
    taken = outcome(delivery, claim.token, Reply(250, f"2.0.0 <{delivery.address}> taken", Stage.FINAL))
    ledger.commit([], [taken], NOW, LEASE)
    assert words(database) == ""
    patient.close()


def words(database: Database) -> str:
    """All that servers have said."""
    with database.read() as connection:
        return "".join(connection.execute(select(table.c.reply)).scalars())


def until_it_waits(database: Database, done: Callable[[], bool]) -> None:
    """Returns when somebody waits for a lock; SQLite, which lets nobody in, tells nothing of it."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    while database.server:
        assert not done()
        with database.read() as connection:
            if connection.exec_driver_sql(waiting).scalar_one():
                return


@on_postgresql
def test_what_a_sender_holds_just_now_is_not_taken_away_and_not_waited_for(
    database: Database, other: Database, ledger: Ledger, record: EditionRecord
):
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    lost = ledger.claim(record.id, 2, NOW, LEASE)
    with SenderLock(other) as another:
        assert ledger._sender._presence
        ledger._sender._presence.close()  # as if its line had broken: others take it for dead
        with handing_over(database, claim) as granted:
            assert len(granted) == 2
            assert Ledger(other, another).recover(resend=False) == (2, 0)
        assert Deliveries(database).counts(record.id) == {QUEUED: 3, HANDING: 2}
        assert ledger.commit(leaving(lost), [], NOW, LEASE) == frozenset()


@on_postgresql
def test_a_claim_that_is_being_taken_away_is_not_handed_over(
    database: Database, url: str, ledger: Ledger, record: EditionRecord
):
    """Whoever looks has to see what comes of it, not what was before."""
    claim = ledger.claim(record.id, 2, NOW, LEASE)
    second = Database(url)
    with ThreadPoolExecutor(1) as pool:
        with second.write() as connection:
            connection.execute(update(table).where(table.c.status == CLAIMED).values(status=QUEUED, token=None))
            asking = pool.submit(ledger.commit, leaving(claim), [], NOW, LEASE)
            until_it_waits(database, asking.done)
        assert asking.result() == frozenset()
    assert Deliveries(database).counts(record.id) == {QUEUED: 5}
    second.close()


@on_postgresql
def test_a_claim_waits_for_nobody(database: Database, other: Database, record: EditionRecord):
    """Not for an import, not for a freeze, not for what others have in hand."""
    with (
        SenderLock(other) as sender,
        SenderLock(database) as holder,
        database.write() as connection,
        database.write(alone=False) as holding,
    ):
        assert holder.id
        ids = holding.execute(select(table.c.id).limit(2).with_for_update()).scalars().all()
        connection.execute(insert(table.metadata.tables["meta"]).values(name="a", value="b"))
        claim = Ledger(other, sender).claim(record.id, 9, NOW, LEASE)
        assert len(claim.deliveries) == 3
        assert not {delivery.id for delivery in claim.deliveries} & set(ids)


@on_postgresql
def test_deliveries_that_many_settle_record_and_claim_at_once_are_locked_in_one_order(database: Database, url: str):
    """A deadlock would be told as busy; here there is none."""
    record = edition_of(database, 400)
    busy: Counter[str] = Counter()

    def work(number: int) -> None:
        mine = Database(url)
        dice = random.Random(number)
        with SenderLock(mine) as sender:
            ledger = Ledger(mine, sender)
            while (claim := ledger.claim(record.id, 40, NOW, LEASE)).deliveries:
                try:
                    ledger.commit(leaving(claim), [], NOW, LEASE)
                    cut = [outcome(delivery, claim.token, REPLIES[-1]) for delivery in claim.deliveries]
                    ledger.commit([], cut, NOW, LEASE)
                    late = [outcome(delivery, claim.token, TAKEN) for delivery in claim.deliveries]
                    dice.shuffle(late)
                    ledger.commit([], late, NOW, LEASE)
                    Deliveries(mine).settle(record.id, Settlement.ACCEPT, NOW)
                    ledger.recover(resend=False)
                except StoreError as error:  # pragma: no cover
                    busy[error.message] += 1
        mine.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert not busy
    assert Deliveries(database).counts(record.id) == {DeliveryStatus("accepted"): 400}


# --- anything in any order -----------------------------------------------------------------------------------------


class OnPostgreSQL(AnythingInAnyOrder):
    @contextmanager
    def new_database(self) -> Iterator[str]:
        with cloned(server()) as url:
            database = Database(url)
            edition_of(database, self.READERS)
            database.close()
            yield url


TestAnythingInAnyOrderOnPostgreSQL = OnPostgreSQL.TestCase
TestAnythingInAnyOrderOnPostgreSQL.settings = settings(max_examples=8, stateful_step_count=30, deadline=None)
