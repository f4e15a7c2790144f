"""What is about PostgreSQL alone: who only looks, its locks, and lines that break."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import psycopg
import pytest
from sqlalchemy import insert, select, text

from digest.errors import StoreError
from digest.model import Subscriber
from digest.store.database import Database, is_there, to_look_at
from digest.store.subscribers import SubscriberChanges, Subscribers
from digest.store.tables import meta
from tests.postgres import cloned, cut_all, empty
from tests.store.conftest import NOW, soon


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@pytest.fixture
def new_url(postgres: str) -> Iterator[str]:
    with empty(postgres) as url:
        yield url


# --- plans -----------------------------------------------------------------------------------------------------------


def test_who_fills_a_table_does_not_go_by_what_it_was_like_when_it_was_empty(url: str):
    """PostgreSQL keeps the plan of a question that is asked again and again, and a table that fills up meanwhile has none
    of its facts before the commit.
    """
    database = Database(url)

    def read() -> int:
        return int(
            connection.execute(text("SELECT pg_stat_get_xact_tuples_returned('subscribers'::regclass)")).scalar_one()
        )

    with database.write() as connection:
        changes = SubscriberChanges(connection)
        for n in range(20):
            people = (f"reader{n}-{number}@example.org" for number in range(2000))
            changes.write([(key, Subscriber(id=0, address=key, created=NOW, changed=NOW)) for key in people])
            before = read()
            assert len(changes.known([f"reader{n}-7@example.org"])) == 1
        assert read() - before < 100
    database.close()


# --- who only looks ------------------------------------------------------------------------------------------------


def tables(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row
    return int(row[0])


def test_who_only_looks_at_an_empty_database_leaves_it_empty(new_url: str):
    looked = to_look_at(new_url)
    assert list(Subscribers(looked).each()) == []
    looked.close()
    assert tables(new_url) == 0
    assert not is_there(new_url)
    Database(new_url).close()
    assert is_there(new_url)


def test_who_only_looks_can_write_nothing(url: str):
    looked = to_look_at(url)
    with pytest.raises(StoreError, match="read-only"), looked.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    looked.close()


@pytest.mark.parametrize("revision", ["0005", "9999"])
def test_who_only_looks_does_not_bring_another_schema_up_to_date(url: str, revision: str):
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = %s", (revision,))
    with pytest.raises(StoreError, match=f"has the schema {revision} of another version") as caught:
        to_look_at(url)
    assert "digest init" in caught.value.hint


def test_a_database_that_is_away_is_not_taken_for_an_empty_one():
    with pytest.raises(StoreError, match="cannot be reached"):
        to_look_at("postgresql://127.0.0.1:1/news")
    assert not is_there("postgresql://127.0.0.1:1/news")


# --- writers -------------------------------------------------------------------------------------------------------


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    database = Database(url, busy_timeout=20)
    yield database
    database.close()


def test_a_commit_is_on_the_disk(database: Database):
    with database.write() as connection:
        assert connection.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_writer_gives_up_after_its_patience_and_nothing_is_written(database: Database, url: str):
    other = Database(url)
    with other.write() as holding:
        holding.execute(insert(meta).values(name="a", value="b"))
        with pytest.raises(StoreError, match="is in use by another process") as caught, database.write(patience=0.05):
            pytest.fail("two writers at once")  # pragma: no cover
        assert caught.value.busy
        assert caught.value.exit_code == 75
        with database.read() as connection:  # who reads is never in the way of who writes
            assert connection.execute(select(meta)).all() == []
    with database.write() as connection:
        assert connection.execute(text("SHOW lock_timeout")).scalar_one() == "20s"
        assert connection.execute(select(meta.c.value)).scalar_one() == "b"
    other.close()


def test_those_who_lock_what_they_take_wait_for_no_writer(database: Database, url: str):
    other = Database(url)
    with other.write(), database.write(patience=0.05, alone=False) as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    with other.read() as connection:
        assert connection.execute(select(meta.c.name)).scalars().all() == ["a"]
    other.close()


@pytest.mark.parametrize("alone", [True, False])
def test_a_writer_that_falls_asleep_in_the_middle_does_not_keep_its_locks(database: Database, alone: bool):
    def fall_asleep() -> None:
        with database.write(alone=alone) as connection:
            assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "10s"
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 1"))
            backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
            soon(lambda: is_connected(database, backend), wanted=False)
            connection.execute(insert(meta).values(name="a", value="b"))

    with pytest.raises(StoreError) as caught:
        fall_asleep()
    assert caught.value.busy


def is_connected(database: Database, backend: int) -> bool:
    with database.read() as connection:
        query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
        return bool(connection.execute(query, {"pid": backend}).scalar_one())


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_two_who_are_in_each_others_way_are_told_to_try_again(database: Database, state: str):
    with pytest.raises(StoreError, match="in each other's way") as caught, database.write() as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$"))
    assert caught.value.busy


def test_a_real_deadlock_is_told_and_undone(database: Database):
    with database.write() as connection:
        connection.execute(insert(meta), [{"name": "a", "value": ""}, {"name": "b", "value": ""}])
    both = threading.Barrier(2)
    errors: list[StoreError] = []

    def change(first: str, second: str) -> None:
        try:
            with database.write(alone=False) as connection:
                connection.execute(meta.update().where(meta.c.name == first).values(value=first + second))
                both.wait(20)
                connection.execute(meta.update().where(meta.c.name == second).values(value=first + second))
        except StoreError as error:
            errors.append(error)

    threads = [threading.Thread(target=change, args=names) for names in ("ab", "ba")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (error,) = errors
    assert error.busy
    with database.read() as connection:
        assert len(set(connection.execute(select(meta.c.value)).scalars())) == 1  # all of one, nothing of the other


# --- lines that break ----------------------------------------------------------------------------------------------


def test_a_line_that_broke_between_two_questions_is_not_noticed(database: Database, url: str):
    with database.read() as connection:
        connection.execute(select(meta))
    cut_all(url)
    with database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    cut_all(url)
    with database.read() as connection:
        assert connection.execute(select(meta.c.name)).scalars().all() == ["a"]


def write_and_be_cut(database: Database, url: str, *, more: bool) -> None:
    with database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
        cut_all(url)
        if more:
            connection.execute(insert(meta).values(name="c", value="d"))


@pytest.mark.parametrize("more", [True, False])
def test_a_line_that_breaks_in_the_middle_undoes_what_was_begun_and_the_next_one_holds(
    database: Database, url: str, more: bool
):
    with pytest.raises(StoreError) as caught:
        write_and_be_cut(database, url, more=more)
    assert caught.value.busy
    with database.write() as connection:
        assert connection.execute(select(meta)).all() == []


def test_a_line_that_breaks_under_a_reader_is_made_anew(database: Database, url: str):
    def read_and_be_cut() -> None:
        with database.read() as connection:
            cut_all(url)
            connection.execute(select(meta))

    with pytest.raises(StoreError) as caught:
        read_and_be_cut()
    assert caught.value.busy
    with database.read() as connection:
        assert connection.execute(select(meta)).all() == []


def test_what_a_url_says_of_a_session_is_kept(url: str):
    database = Database(f"{url}&options=-c%20statement_timeout%3D17s&application_name=news")
    with database.read() as connection:
        assert connection.execute(text("SHOW statement_timeout")).scalar_one() == "17s"
        assert connection.execute(text("SHOW application_name")).scalar_one() == "news"
        assert connection.execute(text("SHOW timezone")).scalar_one() == "UTC"
    database.close()


def test_a_question_that_takes_longer_than_the_server_allows_may_be_asked_again(url: str):
    database = Database(f"{url}&options=-c%20statement_timeout%3D300")

    def ask() -> None:
        with database.read() as connection:
            connection.execute(text("SELECT pg_sleep(20)"))

    with pytest.raises(StoreError, match="longer than the server allows") as caught:
        ask()
    assert caught.value.busy
    database.close()


def test_names_with_nul_are_kept_without_it(database: Database, enlist: Callable[..., None]):
    enlist(Subscriber(0, "a@example.org", "An\0na", created=NOW, changed=NOW))
    (person,) = Subscribers(database).each()
    assert person.name == "An\ufffdna"
