from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Integer, LargeBinary, Row, delete, insert, inspect, select, text, update

from digest.errors import StoreError
from digest.model import DeliveryStatus, Subscriber
from digest.store.copying import TABLES, Copied, copy, size
from digest.store.database import Database
from digest.store.heartbeat import Heartbeat
from digest.store.lines import go_on_after, last_id
from digest.store.rows import without_nul
from digest.store.senders import SenderLock
from digest.store.subscribers import Subscribers
from digest.store.tables import Instant, deliveries, meta, renditions, subscribers
from tests.postgres import cloned
from tests.store.conftest import NOW

KINDS = ("sqlite", "postgresql")
WAYS = tuple(product(KINDS, KINDS))
Opened = Callable[[str, str], Database]

AWKWARD = "\\N\ttab\\\nline\r\b\f\v 'quoted' “ä” 📮 %s :name"
INTERRUPTED = """
import sys
from datetime import UTC, datetime
from digest.store.copying import copy
from digest.store.database import Database

def told(rows):
    print(rows, flush=True)
    sys.stdin.read()

copy(Database(sys.argv[1]), Database(sys.argv[2]), datetime.now(UTC), told)
"""


@pytest.fixture
def opened(tmp_path: Path, postgres: str) -> Iterator[Opened]:
    """Opens a new database of a kind, by a name of its own."""
    with ExitStack() as stack:

        def opening(kind: str, name: str) -> Database:
            url = f"sqlite:///{tmp_path}/{name}.db" if kind == "sqlite" else stack.enter_context(cloned(postgres))
            database = Database(url)
            stack.callback(database.close)
            return database

        yield opening


@pytest.fixture
def source(opened: Opened) -> Database:
    """With two rows in every table, which hold all that may be in the way."""
    database = opened("sqlite", "source")
    fill(database)
    return database


@pytest.fixture
def target(opened: Opened) -> Database:
    return opened("postgresql", "target")


def fill(database: Database) -> None:
    with database.write() as connection:
        for table, number in product(TABLES, (1, 2)):
            connection.execute(insert(table), {column.name: value(column, number) for column in table.columns})
        for table in TABLES:
            go_on_after(connection, table, last_id(connection, table))  # these were not given by the database


def value(column: Column[Any], number: int) -> Any:
    if column.nullable and number == 2:
        return None
    made = {
        Instant: NOW + timedelta(microseconds=number),
        Boolean: number == 1,
        Integer: number,
        LargeBinary: bytes([*range(256), number]),
        JSON: {AWKWARD: [None, number, ""]},
    }
    words = f"{AWKWARD}{number}" if number == 1 else f"\\{number}"
    return next((value for kind, value in made.items() if isinstance(column.type, kind)), words)


def content(database: Database) -> dict[str, list[Row[Any]]]:
    with database.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)  # type: ignore[misc] # rows of any kind
            for table in TABLES
        }


def url_of(database: Database) -> str:
    if not database.server:
        return f"sqlite:///{database.path}"
    return database.server.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)


def add(database: Database, address: str) -> int:
    with Subscribers(database).changing() as changes:
        changes.write([(address, Subscriber(0, address, created=NOW, changed=NOW))])
        return changes.known([address])[address].id


def refused(source: Database, target: Database) -> StoreError:
    with pytest.raises(StoreError) as caught:
        copy(source, target, NOW)
    return caught.value


# --- what arrives ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), WAYS)
def test_everything_arrives_as_it_was_from_each_kind_of_database_in_each(opened: Opened, before: str, after: str):
    source, target = opened(before, "source"), opened(after, "target")
    fill(source)
    copied = copy(source, target, NOW)
    assert content(target) == content(source)
    assert {name: held.rows for name, held in copied.tables.items()} == {table.name: 2 for table in TABLES}
    assert not copied.before


def test_more_rows_than_are_taken_at_once_arrive_and_each_is_told_of_twice(opened: Opened, target: Database):
    source, told = opened("sqlite", "people"), []
    with Subscribers(source).changing() as changes:
        people = [f"reader{number}@example.org" for number in range(2500)]
        changes.write([(one, Subscriber(0, one, created=NOW, changed=NOW)) for one in people])
    copied = copy(source, target, NOW, told.append)
    assert content(target) == content(source)
    assert copied.tables["subscribers"].rows == size(target) == 2500
    assert sum(told) == 2 * size(source)


@pytest.mark.parametrize(("before", "after"), WAYS)
def test_an_id_that_was_given_away_is_not_given_again_though_nobody_has_it_any_more(
    opened: Opened, before: str, after: str
):
    source, target = opened(before, "source"), opened(after, "target")
    add(source, "stays@example.org")
    last = add(source, "leaves@example.org")
    with source.write() as connection:
        connection.execute(delete(subscribers).where(subscribers.c.id == last))
    copy(source, target, NOW)
    assert add(target, "comes@example.org") == last + 1


def test_an_empty_store_is_copied_too_and_begins_with_the_first_id(opened: Opened, target: Database):
    copy(opened("sqlite", "empty"), target, NOW)
    assert add(target, "first@example.org") == 1


def test_indices_and_references_are_there_again(source: Database, target: Database):
    def shape() -> list[Any]:
        with target.read() as connection:
            looked = inspect(connection)
            return [
                sorted(map(repr, [*looked.get_indexes(table.name), *looked.get_foreign_keys(table.name)]))
                for table in TABLES
            ]

    before = shape()
    copy(source, target, NOW)
    assert shape() == before


# --- again -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", KINDS)
def test_what_is_there_already_is_recognised_and_left_alone(opened: Opened, source: Database, after: str):
    target = opened(after, "target")
    first = copy(source, target, NOW)
    assert copy(source, target, NOW) == Copied(first.tables, before=True)
    assert content(target) == content(source)


def test_a_target_with_other_rows_is_refused_and_stays_as_it_is(source: Database, target: Database):
    add(target, "other@example.org")
    there = content(target)
    error = refused(source, target)
    assert "holds something else already" in error.message
    assert "empty database" in error.hint
    assert content(target) == there


def test_a_single_letter_that_differs_is_found(source: Database, target: Database):
    copy(source, target, NOW)
    with target.write() as connection:
        connection.execute(update(renditions).where(renditions.c.id == 2).values(html="altered"))
    assert refused(source, target).message.endswith("other rows in renditions")


def test_a_database_is_not_copied_onto_itself(source: Database):
    assert "copy from" in refused(source, source).message


# --- nobody sends ------------------------------------------------------------------------------------------------------


def test_while_somebody_sends_nothing_is_copied(source: Database, target: Database):
    with SenderLock(source):
        error = refused(source, target)
    assert "is sending" in error.message
    assert error.exit_code == 75
    assert size(target) == 0
    assert not copy(source, target, NOW).before


@pytest.mark.parametrize("status", [DeliveryStatus.CLAIMED, DeliveryStatus.HANDING])
def test_what_a_dead_sender_left_in_hand_is_settled_first(source: Database, target: Database, status: DeliveryStatus):
    with source.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == 1).values(status=status))
    error = refused(source, target)
    assert "1 deliveries are in the hands" in error.message
    assert "digest send" in error.hint
    assert size(target) == 0


def test_while_the_clockwork_ticks_nothing_is_copied(source: Database, target: Database):
    Heartbeat(source).beat(NOW - timedelta(minutes=1))
    error = refused(source, target)
    assert f"is alive: {socket.gethostname()}:{os.getpid()}" in error.message
    assert "where it was killed, try again after 07:02:00 UTC" in error.hint
    Heartbeat(source).beat(NOW - timedelta(hours=1))  # it was killed
    assert not copy(source, target, NOW).before


def test_while_one_of_several_workers_is_alive_nothing_is_copied(
    source: Database, target: Database, monkeypatch: pytest.MonkeyPatch
):
    Heartbeat(source).beat(NOW)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("socket.gethostname", lambda: "elsewhere")
        stopped = Heartbeat(source)
    stopped.beat(NOW)
    stopped.stop()
    assert "is alive" in refused(source, target).message
    Heartbeat(source).stop()
    assert not copy(source, target, NOW).before


def test_nobody_writes_to_either_while_it_is_copied(source: Database, target: Database):
    def tried(_rows: int) -> None:
        for database in (source, target):
            with pytest.raises(StoreError, match="in use"), database.write(0.01):
                pytest.fail("written")  # pragma: no cover

    copy(source, target, NOW, tried)
    assert content(target) == content(source)


@pytest.mark.parametrize("before", KINDS)
def test_a_second_copy_at_the_same_time_waits_and_is_not_told_that_somebody_sends(
    opened: Opened, target: Database, before: str
):
    source, elsewhere = opened(before, "source"), opened("sqlite", "elsewhere")
    fill(source)

    def tried(_rows: int) -> None:
        with pytest.raises(StoreError, match="in use"):
            copy(impatient, elsewhere, NOW)

    with closing(Database(url_of(source), busy_timeout=0.01)) as impatient:
        copy(source, target, NOW, tried)
    assert size(elsewhere) == 0


# --- what goes wrong ---------------------------------------------------------------------------------------------------


def test_a_copy_that_is_killed_leaves_the_target_empty_and_is_done_again(source: Database, target: Database):
    command = [sys.executable, "-c", INTERRUPTED, url_of(source), url_of(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "2\n"
        process.send_signal(signal.SIGKILL)
    assert size(target) == 0
    assert not copy(source, target, NOW).before
    assert content(target) == content(source)


def test_nul_in_text_arrives_as_whatever_is_written_to_postgresql_does(source: Database, target: Database):
    with source.write() as connection:
        connection.execute(update(meta).where(meta.c.name == value(meta.c.name, 2)).values(value="a\0\tb\0"))
    copy(source, target, NOW)
    with target.read() as connection:
        assert without_nul("a\0\tb\0") in connection.execute(select(meta.c.value)).scalars().all()
    assert copy(source, target, NOW).before


def test_what_postgresql_cannot_hold_is_named_with_its_table(source: Database, target: Database):
    with source.write() as connection:
        connection.execute(update(subscribers).where(subscribers.c.id == 1).values(every=2**40))
    error = refused(source, target)
    assert "cannot hold what stands in subscribers" in error.message
    assert "\n" not in error.message
    assert size(target) == 0


def test_what_comes_back_otherwise_is_not_kept(source: Database, target: Database):
    with target.write() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION meddle() RETURNS trigger AS $$ BEGIN NEW.subject := 'other'; RETURN NEW; END $$"
                " LANGUAGE plpgsql"
            )
        )
        connection.execute(
            text("CREATE TRIGGER meddling BEFORE INSERT ON renditions FOR EACH ROW EXECUTE FUNCTION meddle()")
        )
    assert "renditions came back otherwise" in refused(source, target).message
    assert size(target) == 0
