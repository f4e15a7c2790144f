from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from digest.errors import StoreError
from digest.store.database import Database
from digest.store.senders import SenderLock
from digest.store.tables import senders
from tests.store.conftest import dead, on_sqlite, soon

LIVING = """
import sys
from digest.store.database import Database
from digest.store.senders import SenderLock
with SenderLock(Database(sys.argv[1])) as sender:
    print(sender.id, flush=True)
    sys.stdin.read()
"""


@contextmanager
def another_process(url: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A sender that lives until its input ends or it is killed."""
    with subprocess.Popen(
        [sys.executable, "-c", LIVING, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield process, int(process.stdout.readline())
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()


def beside(database: Database) -> list[str]:
    assert database.path is not None
    return sorted(path.name for path in database.path.parent.iterdir() if "sender" in path.name)


def test_a_sender_is_enlisted_with_host_and_process(database: Database):
    with SenderLock(database) as sender, database.read() as connection:
        row = connection.execute(select(senders)).one()
    assert (row.id, row.process) == (sender.id, os.getpid())
    assert row.host


def test_a_number_is_never_given_twice(database: Database):
    numbers = []
    for _ in range(3):
        with SenderLock(database) as sender:
            numbers.append(sender.id)
        with database.write() as connection:
            connection.execute(senders.delete())
    assert numbers == [1, 2, 3]


def test_senders_of_one_process_know_each_other_as_living(database: Database):
    with SenderLock(database) as first:
        with SenderLock(database) as second:
            assert dead(first, [first.id, second.id]) == frozenset()
            assert dead(second, [first.id, second.id]) == frozenset()
        with SenderLock(database) as third:  # the second's end has not let go of the first
            assert dead(third, [first.id, second.id]) == {second.id}
            assert dead(first, [third.id]) == frozenset()


def test_a_sender_of_another_process_lives_until_it_is_killed(database: Database, url: str):
    with SenderLock(database) as sender, another_process(url) as (process, other):
        assert dead(sender, [other]) == frozenset()
        assert dead(sender, [other]) == frozenset()  # asking changes nothing
        process.send_signal(signal.SIGKILL)
        process.wait()
        soon(lambda: dead(sender, [sender.id, other]), {other})
        assert dead(sender, [other]) == {other}


def test_a_sender_that_was_stopped_for_a_while_is_not_dead(database: Database, url: str):
    with SenderLock(database) as sender, another_process(url) as (process, other):
        process.send_signal(signal.SIGSTOP)
        assert dead(sender, [other]) == frozenset()
        process.send_signal(signal.SIGCONT)


def test_a_program_started_by_a_sender_does_not_keep_it_alive(database: Database):
    with SenderLock(database) as sender:
        with SenderLock(database) as other:
            child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False)
        assert dead(sender, [other.id]) == {other.id}
        child.communicate(b"\n")


@on_sqlite
def test_a_database_has_one_place_for_locks_by_whatever_path_it_is_opened(database: Database, tmp_path: Path):
    (tmp_path / "link").mkdir()
    assert database.path is not None
    (tmp_path / "link" / "other.db").symlink_to(database.path)
    linked = Database(f"sqlite:///{tmp_path}/link/other.db")
    with SenderLock(database) as here, SenderLock(linked) as there:
        assert dead(here, [there.id]) == frozenset()
        assert dead(there, [here.id]) == frozenset()
    linked.close()


@on_sqlite
def test_nothing_is_left_beside_the_database(database: Database, url: str):
    with SenderLock(database) as sender:
        with another_process(url) as (process, other):
            process.kill()
            process.wait()
        assert len(beside(database)) == 2
        dead(sender, [other])
        assert len(beside(database)) == 1
    assert beside(database) == []


@on_sqlite
def test_a_lock_that_cannot_be_made_is_an_error_with_a_hint(database: Database):
    assert database.path is not None
    database.path.with_name("digest.db-sender-1").mkdir()
    with pytest.raises(StoreError, match=r"digest\.db-sender-1: cannot be locked") as caught, SenderLock(database):
        pytest.fail("sending without a lock")  # pragma: no cover
    assert "permissions" in caught.value.hint


@on_sqlite
def test_a_sender_whose_lock_cannot_be_read_counts_as_living(database: Database):
    assert database.path is not None
    database.path.with_name("digest.db-sender-7").mkdir()
    with SenderLock(database) as sender:
        assert dead(sender, [7]) == frozenset()


def test_a_database_in_memory_has_no_peers():
    database = Database("sqlite://")
    with SenderLock(database) as sender:
        assert sender.id == 1
        assert dead(sender, [5]) == frozenset()
    database.close()
