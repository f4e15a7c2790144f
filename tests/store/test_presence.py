"""Senders on PostgreSQL: a lock of a session shows who is alive, and lines break."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url, text

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.postgresql import present
from digest.store.senders import SenderLock
from tests.postgres import cloned, cut_all
from tests.store.conftest import soon


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@pytest.fixture
def looks_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.store.postgresql._LOOKED_AFTER", 0)


def holds(database: Database, sender: SenderLock) -> bool:
    with database.read() as connection:
        return sender.id in present(connection, [sender.id])


@pytest.mark.usefixtures("looks_at_once")
def test_a_sender_that_lost_its_line_takes_its_lock_again(database: Database, url: str):
    with SenderLock(database) as sender, SenderLock(database) as other:
        cut_all(url)
        assert not holds(database, sender)
        sender.keep()
        assert holds(database, sender)
        assert other.dead([sender.id]) == frozenset()
        other.keep()
        assert sender.dead([other.id]) == frozenset()
    with database.read() as connection:
        assert present(connection, [sender.id, other.id]) == frozenset()


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
        monkeypatch.setattr(sender._presence, "_connection", None)  # whoever asked it would fail
        sender.keep()
        monkeypatch.undo()


@pytest.mark.parametrize(("within", "living"), [(10**8, {"before"}), (0, set())])
def test_those_who_held_locks_when_the_server_was_restarted_are_waited_for_a_while(
    database: Database, monkeypatch: pytest.MonkeyPatch, within: int, living: set[str]
):
    """They come back one after another, and the first must not take the others for dead."""
    monkeypatch.setattr("digest.store.postgresql._LOST_AFTER", within)
    start = "INSERT INTO senders (started, host, process) VALUES (pg_postmaster_start_time() + {}, '', 1) RETURNING id"
    with database.write() as connection:
        ids = {
            connection.execute(text(start.format(f"interval '{after} seconds'"))).scalar_one(): when
            for when, after in (("before", -9), ("after", 9))
        }
    with SenderLock(database) as sender:
        dead = sender.dead([*ids])
    assert {when for number, when in ids.items() if number not in dead} == living


LIVING = """
import sys
from digest.store.database import Database
from digest.store.senders import SenderLock
with SenderLock(Database(sys.argv[1])) as sender:
    print(sender.id, flush=True)
    sys.stdin.read()
"""


def test_a_sender_that_was_killed_leaves_a_row_and_no_lock(database: Database, url: str):
    with subprocess.Popen(
        [sys.executable, "-c", LIVING, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        killed = int(process.stdout.readline())
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with SenderLock(database) as sender:
        soon(lambda: sender.dead([killed]), {killed})


@pytest.mark.parametrize("alone", [True, False])
def test_who_is_put_to_sleep_in_a_transaction_does_not_keep_what_it_has_locked(
    database: Database, monkeypatch: pytest.MonkeyPatch, alone: bool
):
    monkeypatch.setattr("digest.store.postgresql._ASLEEP_AFTER", 0.05)
    with pytest.raises(StoreError, match="was left alone for too long") as caught, database.write(alone=alone) as sleeper:
        sleeper.execute(text("INSERT INTO meta (name, value) VALUES ('nap', '1')"))
        with database.write() as awake:  # waits for what the sleeper has locked
            awake.execute(text("INSERT INTO meta (name, value) VALUES ('nap', '2')"))
        sleeper.execute(text("SELECT 1"))
    assert caught.value.busy
    assert caught.value.away
    with database.read() as connection:
        assert connection.execute(text("SELECT value FROM meta WHERE name = 'nap'")).scalar_one() == "2"
