"""What an operator is told of a PostgreSQL that cannot be opened, and with which words it is mended."""

from __future__ import annotations

import re
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import insert, make_url, select, text

from digest.errors import StoreError
from digest.store.database import Database, shown
from digest.store.senders import SenderLock
from digest.store.tables import REVISION, meta
from tests.postgres import SECRET, as_role, cloned, empty, role


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


@contextmanager
def doorkeeper(words: bytes) -> Iterator[int]:
    """A server without TLS that asks for a password and refuses it with these words; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            line, _ = listening.accept()
            with line, suppress(OSError):  # who asked may have gone
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


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("sslmode=require", "server does not support SSL, but SSL was required"),
        ("sslmode=disable&channel_binding=require", "channel binding required"),
        ("sslmode=disable&require_auth=scram-sha-256", 'authentication method requirement "scram-sha-256" failed'),
    ],
)
def test_what_the_url_wants_and_the_server_does_not_give_is_told(wanted: str, why: str):
    with doorkeeper(b"not reached") as port:
        error = said(f"postgresql://digest:{SECRET}@127.0.0.1:{port}/news?gssencmode=disable&{wanted}")
    assert ": cannot be reached as database.url says: " in error.message
    assert why in error.message
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
    assert "/none_such" in error.message
    assert error.message.endswith(": there is no such database")
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


def test_who_has_no_right_to_make_tables_is_told_what_to_grant(new_url: str):
    with role(new_url) as name:
        error = said(as_role(new_url, name))
        assert error.message.endswith(": does not allow this: permission denied for schema public")
        assert error.hint == f"GRANT USAGE, CREATE ON SCHEMA public TO {name}"
        with psycopg.connect(new_url) as owner:
            owner.execute(error.hint)
        Database(as_role(new_url, name)).close()


def test_who_has_no_right_to_count_is_told_what_to_grant(url: str):
    def enlist(name: str) -> None:
        with closing(Database(as_role(url, name))) as database, SenderLock(database):
            pass

    with role(url) as name, psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("GRANT ALL ON ALL TABLES IN SCHEMA public TO {}").format(sql.Identifier(name)))
        with pytest.raises(StoreError, match="permission denied for sequence") as caught:
            enlist(name)
        assert caught.value.hint == f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"
        owner.execute(caught.value.hint)
        enlist(name)


@pytest.mark.parametrize("read_only", [True, False])
def test_who_has_no_right_to_a_table_is_told_what_to_grant(url: str, read_only: bool):
    with role(url) as name:
        with (
            pytest.raises(StoreError) as caught,
            closing(Database(as_role(url, name), read_only=read_only)) as database,
        ):
            database.revision()
        rights = "SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public"
        assert caught.value.hint == f"GRANT {rights} TO {name}"
        with psycopg.connect(url) as owner:
            owner.execute(caught.value.hint)
        with closing(Database(as_role(url, name), read_only=read_only)) as database:
            assert database.revision() == REVISION


def test_who_may_not_enter_a_database_is_told_what_to_grant(new_url: str):
    database = make_url(new_url).database or ""
    with psycopg.connect(new_url, autocommit=True) as owner, role(new_url) as name:
        owner.execute(sql.SQL("REVOKE CONNECT ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
        error = said(as_role(new_url, name))
        assert error.hint == f"GRANT CONNECT ON DATABASE {database} TO {name}"
        owner.execute(error.hint)
        assert "for schema public" in said(as_role(new_url, name)).message


def test_a_name_that_is_no_word_of_sql_is_quoted_in_what_to_grant(new_url: str):
    with role(new_url, name="an Owner") as name:
        assert said(as_role(new_url, name)).hint.endswith('ON SCHEMA public TO "an Owner"')


def test_of_a_role_that_the_url_does_not_name_the_owner_has_to_know(new_url: str, monkeypatch: pytest.MonkeyPatch):
    with role(new_url) as name:
        monkeypatch.setenv("PGUSER", name)
        monkeypatch.setenv("PGPASSWORD", SECRET)
        assert said(re.sub("//.*?@", "//", new_url)).hint == "GRANT USAGE, CREATE ON SCHEMA public TO ROLE"
        monkeypatch.undo()


def test_of_a_right_that_the_server_does_not_name_the_owner_has_to_know(database: Database):
    with pytest.raises(StoreError, match="does not allow this: it is closed") as caught, database.write() as connection:
        connection.execute(text("DO $$ BEGIN RAISE SQLSTATE '42501' USING MESSAGE = 'it is closed'; END $$"))
    assert caught.value.hint == "the database's owner has to grant it"


def test_who_has_no_schema_to_make_tables_in_is_told(new_url: str):
    error = said(f"{new_url}&options=-c%20search_path%3Dnews")
    assert error.message.endswith(": has no schema where tables could be made")
    assert "search_path" in error.hint
    with psycopg.connect(new_url, autocommit=True) as owner, role(new_url) as name:
        owner.execute("REVOKE USAGE ON SCHEMA public FROM PUBLIC")
        assert "GRANT USAGE, CREATE ON SCHEMA" in said(as_role(new_url, name)).hint


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
