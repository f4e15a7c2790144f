"""A database that something else has filled: it is told, and nothing in it is touched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, insert, inspect, make_url, select

from digest.errors import StoreError
from digest.store.database import Database, is_there, to_look_at
from digest.store.tables import REVISION, meta
from tests.postgres import empty
from tests.store.conftest import on_postgresql

VERSION = "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"
NEWS_FIRST = "options=-c%20search_path%3Dnews,public"
FOREIGN = "holds tables of something else: "


@contextmanager
def beside(url: str) -> Iterator[Connection]:
    """Another program's connection."""
    parsed = make_url(url)
    engine = create_engine(parsed.set(drivername=parsed.drivername.replace("postgresql", "postgresql+psycopg")))
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def fill(url: str, *statements: str) -> None:
    with beside(url) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def tables(url: str) -> list[str]:
    with beside(url) as connection:
        return inspect(connection).get_table_names()


def refused(url: str) -> str:
    with pytest.raises(StoreError) as caught:
        Database(url)
    assert caught.value.hint == "name an empty database in database.url"
    assert caught.value.exit_code == 1
    return caught.value.message


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("CREATE TABLE subscribers (id INT)", "subscribers"),
        ("CREATE VIEW deliveries AS SELECT 1 AS one", "deliveries"),
        ("CREATE TABLE other AS SELECT 1 AS one; CREATE INDEX meta ON other (one)", "meta"),
    ],
)
def test_names_that_are_taken_are_told(new_url: str, statement: str, named: str):
    fill(new_url, *statement.split("; "))
    before = tables(new_url)
    assert refused(new_url).endswith(FOREIGN + named)
    assert tables(new_url) == before
    with pytest.raises(StoreError, match=FOREIGN):
        to_look_at(new_url)


def test_tables_that_are_in_nobodys_way_are_left_alone(new_url: str):
    fill(new_url, "CREATE TABLE orders (id INT)")
    Database(new_url).close()
    assert "orders" in tables(new_url)


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE TABLE alembic_version (v INT)",),
        ("CREATE TABLE alembic_version (v INT)", "INSERT INTO alembic_version VALUES (7)"),
        (VERSION,),
        *((VERSION, f"INSERT INTO alembic_version VALUES ('{found}')") for found in ("abc123def", "0003", "9999")),
        (VERSION, f"INSERT INTO alembic_version VALUES ('{REVISION}')"),
    ],
)
def test_a_version_of_something_else_is_not_taken_for_ours(new_url: str, statements: tuple[str, ...]):
    fill(new_url, *statements)
    assert refused(new_url).endswith(f"{FOREIGN}alembic_version")
    assert tables(new_url) == ["alembic_version"]
    with pytest.raises(StoreError, match=FOREIGN):
        to_look_at(new_url)
    assert is_there(new_url) == new_url.startswith("sqlite")  # of a file it is not looked into


def test_a_version_that_is_none_of_ours_is_refused_beside_our_tables(url: str):
    Database(url).close()
    fill(url, "UPDATE alembic_version SET version_num = 'abc123def'")
    assert refused(url).endswith(f"{FOREIGN}alembic_version")


def test_a_file_is_named_by_whoever_only_looks(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/other.db"
    fill(url, VERSION, "INSERT INTO alembic_version VALUES ('0003')")
    with pytest.raises(StoreError, match="other.db: " + FOREIGN):
        to_look_at(url)


def test_a_name_is_taken_in_a_file_however_it_is_written(tmp_path: Path):
    url = f"sqlite:///{tmp_path}/other.db"
    fill(url, "CREATE TABLE Subscribers (id INT)")
    assert refused(url).endswith(f"{FOREIGN}subscribers")


# --- several schemas in one database -------------------------------------------------------------------------------


@on_postgresql
def test_our_own_tables_are_found_anywhere_on_the_path(url: str):
    fill(url, "CREATE SCHEMA news")
    with closing(Database(f"{url}&{NEWS_FIRST}")) as database, database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    with closing(Database(url)) as database, database.read() as connection:
        assert connection.execute(select(meta.c.name)).scalars().all() == ["a"]


def test_what_something_else_has_in_another_schema_is_in_nobodys_way(postgres: str):
    with empty(postgres) as url:
        fill(url, "CREATE TABLE subscribers (id INT)", "CREATE SCHEMA news")
        with closing(Database(f"{url}&{NEWS_FIRST}")) as database:
            assert database.revision() == REVISION
        assert tables(url) == ["subscribers"]
