"""What is about PostgreSQL alone: its server, its roles, its locks, and lines that break."""

from __future__ import annotations

import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, make_url, select, text

from digest.errors import StoreError
from digest.model import Subscriber
from digest.store.database import Database, is_there, shown, to_look_at
from digest.store.subscribers import Subscribers
from digest.store.tables import REVISION, meta
from tests.postgres import cloned, cut_all, empty
from tests.store.conftest import NOW, soon

SECRET = "open-sesame"


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@pytest.fixture
def new_url(postgres: str) -> Iterator[str]:
    with empty(postgres) as url:
        yield url


def said(url: str) -> StoreError:
    """Why a database cannot be opened. Nobody is told a password."""
    with pytest.raises(StoreError) as caught:
        Database(url)
    assert SECRET not in f"{caught.value.message} {caught.value.hint}"
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role, password=SECRET).render_as_string(hide_password=False)


@contextmanager
def role(url: str, options: str = "LOGIN") -> Iterator[str]:
    """A role of its own, which may do no more than any."""
    name = f"digest_{uuid.uuid4().hex}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} " + options).format(sql.Identifier(name)))
        try:
            yield name
        finally:
            connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


# --- what an operator can mend -------------------------------------------------------------------------------------


@contextmanager
def doorkeeper(words: bytes) -> Iterator[int]:
    """A server that asks for a password and refuses it with these words; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            line, _ = listening.accept()
            with line:
                if line.recv(1000)[4:8] == b"\x04\xd2\x16\x2f":  # SSLRequest
                    line.sendall(b"N")
                    line.recv(1000)
                line.sendall(b"R\0\0\0\x08\0\0\0\x03")  # AuthenticationCleartextPassword
                line.recv(1000)
                fields = b"SFATAL\0VFATAL\0C28P01\0M" + words + b"\0\0"
                line.sendall(b"E" + (len(fields) + 4).to_bytes(4) + fields)

        refusing = threading.Thread(target=refuse)
        refusing.start()
        yield listening.getsockname()[1]
        refusing.join()


def test_a_wrong_password_is_told_without_the_password():
    with doorkeeper(b'password authentication failed for user "digest"') as port:
        error = said(f"postgresql://digest:{SECRET}@127.0.0.1:{port}/news?gssencmode=disable")
    assert error.message == f"postgresql://digest:***@127.0.0.1:{port}/news: refuses this login"
    assert error.exit_code == 1


def test_a_password_among_the_parameters_is_told_to_nobody():
    url = f"postgresql://127.0.0.1:1/news?user=digest&password={SECRET}"
    assert "cannot be reached" in said(url).message
    assert shown(url) == "postgresql://127.0.0.1:1/news"
    assert shown("sqlite:///digest.db") == "sqlite:///digest.db"


def test_a_role_that_may_not_log_in_is_refused(postgres: str):
    with role(postgres, "NOLOGIN") as name:
        error = said(as_role(postgres, name))
    assert "refuses this login" in error.message
    assert "user name and password" in error.hint


def test_a_role_that_does_not_exist_is_refused(postgres: str):
    assert "refuses this login" in said(as_role(postgres, "nobody_at_all")).message


def test_a_database_that_does_not_exist_is_named(postgres: str):
    error = said(make_url(postgres).set(database="none_such").render_as_string(hide_password=False))
    assert error.message.endswith("/none_such: there is no such database")
    assert "create it" in error.hint
    assert error.exit_code == 1


@pytest.mark.parametrize("host", ["127.0.0.1:1", "nowhere.invalid:5432"])
def test_a_server_that_is_down_may_be_tried_again_later(host: str):
    error = said(f"postgresql://digest:{SECRET}@{host}/news")
    assert "cannot be reached: " in error.message
    assert error.exit_code == 75


@pytest.mark.parametrize(
    "url", [f"postgresql://digest:{SECRET}@host:a-port/news", f"postgresql://digest:{SECRET}@/news?sslmod=require"]
)
def test_a_url_that_cannot_be_read_is_told_without_its_password(url: str):
    said(url)


def test_a_role_that_may_not_create_tables_is_told_so(new_url: str):
    with role(new_url) as name:
        error = said(as_role(new_url, name))
    assert "does not allow this" in error.message


def test_an_owner_of_a_database_needs_no_other_right(postgres: str):
    with role(postgres) as name, empty(postgres) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            database = sql.Identifier(make_url(url).database or "")
            connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(name)))
        opened = Database(as_role(url, name))
        assert opened.revision() == REVISION
        opened.close()


def test_a_standby_can_be_read_and_not_written_to(url: str):
    with psycopg.connect(url, autocommit=True) as connection:
        name = sql.Identifier(make_url(url).database or "")
        connection.execute(sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
    database = Database(url)
    with database.read() as connection:
        assert connection.execute(select(meta)).all() == []
    with pytest.raises(StoreError, match="read-only") as caught, database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    assert "standby" in caught.value.hint
    database.close()


def test_without_its_package_it_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    assert said("postgresql://127.0.0.1/news").hint == "pip install 'newsletter-digest[postgres]'"


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
    assert "digest check" in caught.value.hint


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
            assert connection.execute(text("SHOW idle_in_transaction_session_timeout")).scalar_one() == "1min"
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
