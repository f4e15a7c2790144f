"""Senders on PostgreSQL: a lock of a session shows who is there, sessions end, and not everybody who is missing is dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, select, text, update

from digest.errors import StoreError
from digest.model import Claim, DeliveryStatus
from digest.store.database import Database, clock
from digest.store.deliveries import Deliveries
from digest.store.ledger import Ledger
from digest.store.postgresql import present
from digest.store.senders import GRACE, SenderLock
from digest.store.tables import senders
from tests.postgres import cloned, cut_all
from tests.store.conftest import dead, soon
from tests.store.test_ledger import LEASE, NOW, TAKEN, edition_of, leaving, outcome
from tests.store.test_side_by_side import until_it_waits

ACCEPTED, HANDING, QUEUED, UNCERTAIN = (DeliveryStatus(name) for name in ("accepted", "handing", "queued", "uncertain"))


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@pytest.fixture
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.postgresql._LOOKED_AFTER", 0)


@pytest.fixture
def looks_when_told(monkeypatch: pytest.MonkeyPatch, looks_at_once: None) -> None:
    """Nobody takes their lock again by themselves."""
    monkeypatch.setattr("digest.store.postgresql._LOOKS_EVERY", 3600)


@pytest.fixture
def sender(database: Database) -> Iterator[SenderLock]:
    with SenderLock(database) as sender:
        yield sender


@pytest.fixture
def other(url: str) -> Iterator[SenderLock]:
    database = Database(url)
    with SenderLock(database) as sender:
        yield sender
    database.close()


def ledger_of(sender: SenderLock) -> Ledger:
    return Ledger(sender._database, sender)


def holds(database: Database, sender: SenderLock) -> bool:
    with database.read() as connection:
        return sender.id in present(connection, [sender.id])


def change(database: Database, sender: SenderLock, **values: Any) -> None:
    with database.write() as connection:
        connection.execute(update(senders).where(senders.c.id == sender.id).values(**values))


def missed(database: Database, sender: SenderLock) -> datetime | None:
    with database.read() as connection:
        return connection.execute(select(senders.c.missed).where(senders.c.id == sender.id)).scalar_one()


def enlisted(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.execute(select(senders.c.id).order_by(senders.c.id)).scalars())


# --- a lock that was lost ----------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("looks_at_once")
def test_a_sender_that_lost_its_line_takes_its_lock_again(database: Database, url: str):
    with SenderLock(database) as sender, SenderLock(database) as other:
        cut_all(url)
        sender.keep()
        assert holds(database, sender)
        assert dead(other, [sender.id]) == frozenset()
        other.keep()
        assert dead(sender, [other.id]) == frozenset()
    with database.read() as connection:
        assert present(connection, [sender.id, other.id]) == frozenset()


def test_it_does_so_by_itself_while_it_waits_for_a_slow_mail_server(
    database: Database, url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digest.store.postgresql._LOOKS_EVERY", 0.01)
    monkeypatch.setattr("digest.store.postgresql._LOOKED_AFTER", 0)
    with SenderLock(database) as sender:
        for _ in range(3):
            cut_all(url)
            soon(lambda: holds(database, sender), True)
        looking = [thread for thread in threading.enumerate() if thread.name == f"sender {sender.id}"]
        assert len(looking) == 1
    assert not looking[0].is_alive()


@pytest.mark.usefixtures("looks_at_once")
def test_a_sender_whose_former_line_still_seems_to_be_there_does_not_wait_for_it(database: Database, url: str):
    """Its own end has noticed, the server's has not: the lock is held by nobody who lives."""
    with SenderLock(database) as sender:
        cut_all(url)
        with psycopg.connect(url, autocommit=True) as ghost:
            ghost.execute("SELECT pg_advisory_lock(1936027236, %s)", (sender.id,))
            sender.keep()
            assert holds(database, sender)
            with pytest.raises(psycopg.OperationalError):
                ghost.execute("SELECT 1")


@pytest.mark.usefixtures("looks_at_once")
def test_a_sender_that_cannot_come_back_says_so_until_it_can(database: Database, url: str, postgres: str):
    allow = "ALTER DATABASE {} ALLOW_CONNECTIONS {}"
    name = sql.Identifier(make_url(url).database or "")
    with SenderLock(database) as sender, psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL(allow).format(name, sql.SQL("false")))
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s",
            (make_url(url).database,),
        )
        for _ in range(2):
            with pytest.raises(StoreError, match="cannot be reached") as caught:
                sender.keep()
            assert caught.value.busy
        connection.execute(sql.SQL(allow).format(name, sql.SQL("true")))
        sender.keep()
        assert holds(database, sender)


def test_a_sender_without_work_asks_the_server_seldom(database: Database, monkeypatch: pytest.MonkeyPatch):
    with SenderLock(database) as sender:
        assert sender._presence
        monkeypatch.setattr(sender._presence, "_looked", time.monotonic() + 60)
        monkeypatch.setattr(sender._presence, "_connection", None)  # whoever asked it would fail
        sender.keep()
        monkeypatch.undo()


# --- who is missing, and who is dead -----------------------------------------------------------------------------------


@pytest.fixture
def claim(sender: SenderLock) -> Claim:
    """Ten, five of which are on their way."""
    record = edition_of(sender._database, 20)
    claim = ledger_of(sender).claim(record.id, 10, NOW, LEASE)
    assert len(ledger_of(sender).commit(leaving(claim)[:5], [], NOW, LEASE)) == 5
    return claim


@pytest.fixture
def counts(database: Database, claim: Claim) -> Callable[[], dict[DeliveryStatus, int]]:
    return lambda: Deliveries(database).counts(claim.deliveries[0].edition)


Counts = Callable[[], dict[DeliveryStatus, int]]


@pytest.mark.usefixtures("looks_when_told")
@pytest.mark.parametrize("resend", [False, True])
def test_what_living_senders_have_on_its_way_stays_theirs_when_the_server_ends_all_sessions(
    *, url: str, sender: SenderLock, other: SenderLock, claim: Claim, counts: Counts, resend: bool
):
    """As it does when one of its processes was killed, and at a failover. What they only claimed others may take at once."""
    cut_all(url)
    assert ledger_of(other).recover(resend=resend) == (5, 0)
    assert counts() == {QUEUED: 15, HANDING: 5}
    taken = [outcome(delivery, claim.token, TAKEN) for delivery in claim.deliveries[:5]]
    assert ledger_of(sender).commit(leaving(claim)[5:], taken, NOW, LEASE) == frozenset()
    assert counts() == {QUEUED: 15, ACCEPTED: 5}


@pytest.mark.usefixtures("looks_when_told", "claim")
@pytest.mark.parametrize(("left", "doubts"), [(1, 0), (-1, 5)])
def test_who_is_missed_for_too_long_is_dead(
    *, url: str, database: Database, sender: SenderLock, other: SenderLock, left: int, doubts: int
):
    cut_all(url)
    assert ledger_of(other).recover(resend=False) == (5, 0)
    assert missed(database, sender)
    with database.read() as connection:
        since = clock(connection) - GRACE + timedelta(seconds=10 * left)
    change(database, sender, missed=since)
    assert ledger_of(other).recover(resend=False) == (0, doubts)
    assert enlisted(database) == ([other.id] if doubts else [sender.id, other.id])


@pytest.mark.usefixtures("looks_when_told", "claim")
def test_who_comes_back_is_not_missed_any_more(url: str, database: Database, sender: SenderLock, other: SenderLock):
    cut_all(url)
    ledger_of(other).recover(resend=False)
    change(database, sender, missed=NOW)
    sender.keep()
    assert missed(database, sender) is None
    cut_all(url)
    assert ledger_of(other).recover(resend=False) == (0, 0)  # from now on


@pytest.mark.usefixtures("looks_when_told", "claim")
def test_who_comes_back_while_somebody_looks_is_not_missed_any_more(
    url: str, database: Database, sender: SenderLock, other: SenderLock
):
    cut_all(url)
    with database.write(alone=False) as connection:
        assert other.absent(connection, [sender.id]).missing == {sender.id}
        returning = threading.Thread(target=sender.keep)
        returning.start()
        until_it_waits(database, lambda: False)
    returning.join()
    assert missed(database, sender) is None


@pytest.mark.usefixtures("looks_when_told", "claim")
@pytest.mark.parametrize(("space", "doubts"), [(None, 5), ("", 0), ("another machine", 0)])
def test_whose_process_is_gone_is_dead_at_once_where_that_can_be_known(
    *, url: str, database: Database, sender: SenderLock, other: SenderLock, space: str | None, doubts: int
):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    change(database, sender, process=gone.pid, **({} if space is None else {"space": space}))
    cut_all(url)
    assert ledger_of(other).recover(resend=False) == (5, doubts)


@pytest.mark.usefixtures("looks_when_told", "claim")
def test_who_was_taken_for_dead_and_comes_back_is_enlisted_again(
    url: str, database: Database, sender: SenderLock, other: SenderLock
):
    change(database, sender, missed=NOW)
    before = row(database, sender)
    cut_all(url)
    assert ledger_of(other).recover(resend=False) == (5, 5)
    assert enlisted(database) == [other.id]
    sender.keep()
    assert row(database, sender) == {**before, "missed": None}
    cut_all(url)
    assert dead(other, [sender.id]) == frozenset()


def row(database: Database, sender: SenderLock) -> dict[str, Any]:
    with database.read() as connection:
        return dict(connection.execute(select(senders).where(senders.c.id == sender.id)).one()._mapping)


LIVING = """
import sys
from digest.store.database import Database
from digest.store.senders import SenderLock
with SenderLock(Database(sys.argv[1])) as sender:
    print(sender.id, flush=True)
    sys.stdin.read()
"""


def test_a_sender_that_was_killed_is_dead_at_once_and_its_row_goes_though_it_held_nothing(database: Database, url: str):
    with subprocess.Popen(
        [sys.executable, "-c", LIVING, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        killed = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with SenderLock(database) as sender:
        soon(lambda: dead(sender, [killed]), {killed})
        assert ledger_of(sender).recover(resend=False) == (0, 0)
        assert enlisted(database) == [sender.id]


@pytest.mark.parametrize("alone", [True, False])
def test_who_is_put_to_sleep_in_a_transaction_does_not_keep_what_it_has_locked(
    database: Database, monkeypatch: pytest.MonkeyPatch, alone: bool
):
    monkeypatch.setattr("digest.store.postgresql._ASLEEP_AFTER", 0.05)

    def sleep() -> None:
        with database.write(alone=alone) as sleeper:
            sleeper.execute(text("INSERT INTO meta (name, value) VALUES ('nap', '1')"))
            with database.write() as awake:  # waits for what the sleeper has locked
                awake.execute(text("INSERT INTO meta (name, value) VALUES ('nap', '2')"))
            sleeper.execute(text("SELECT 1"))

    with pytest.raises(StoreError, match="was left alone for too long") as caught:
        sleep()
    assert caught.value.busy
    assert caught.value.away
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name = 'nap'")).scalar_one() == "2"
