from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, insert, make_url, select, text
from sqlalchemy.exc import StatementError

import digest.store
from digest.errors import StoreError
from digest.store.database import Database, clock
from digest.store.editions import Editions
from digest.store.notices import Notices
from digest.store.rows import given, written
from digest.store.tables import REVISION, meta, metadata, senders

# --- migrations ----------------------------------------------------------------------------------------------------


def test_the_migrations_build_exactly_the_tables(database: Database):
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_revision_that_is_known_is_the_newest_script():
    config = Config()
    config.set_main_option("script_location", str(Path(digest.store.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_a_database_is_migrated_once_and_opened_again_as_it_is(database: Database, url: str):
    with database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    again = Database(url)
    with again.read() as connection:
        assert connection.execute(select(meta.c.value)).scalar_one() == "b"
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [REVISION]
    again.close()


def test_those_who_open_a_new_database_at_once_all_find_it_ready(new_url: str):
    opened: list[Database] = []
    threads = [threading.Thread(target=lambda: opened.append(Database(new_url))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [database.revision() for database in opened] == [REVISION] * 4
    for database in opened:
        database.close()


@pytest.fixture
def old(new_url: str) -> str:
    """The URL of a database as the first version made it, with something in it."""
    parsed = make_url(new_url)
    driver = "postgresql+psycopg" if parsed.get_backend_name() == "postgresql" else "sqlite"
    engine = create_engine(parsed.set(drivername=driver))
    config = Config()
    config.set_main_option("script_location", str(Path(digest.store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(insert(meta).values(name="a", value="b"))
    if driver == "sqlite":
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    engine.dispose()
    return new_url


def test_an_older_database_is_brought_up_to_date_and_keeps_what_it_holds(old: str):
    again = Database(old)
    with again.read() as connection:
        assert connection.execute(select(meta.c.value)).scalar_one() == "b"
        assert connection.execute(text("SELECT trimmed FROM renditions")).all() == []
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    again.close()


def test_those_who_bring_an_older_database_up_to_date_at_once_do_it_once(old: str):
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(Database, [old] * 4))
    assert [database.revision() for database in opened] == [REVISION] * 4
    for database in opened:
        database.close()


def test_a_database_of_a_newer_version_is_refused(database: Database, url: str):
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="newer version of digest") as caught:
        Database(url)
    assert "upgrade digest" in caught.value.hint
    assert caught.value.exit_code == 1


# --- what is promised ----------------------------------------------------------------------------------------------


def test_a_write_is_all_or_nothing(database: Database):
    def half() -> None:
        with database.write() as connection:
            connection.execute(insert(meta).values(name="a", value="b"))
            raise LookupError("in the middle")

    with pytest.raises(LookupError):
        half()
    with database.read() as connection:
        assert connection.execute(select(meta)).all() == []


def test_a_reader_sees_one_moment_while_others_write(database: Database):
    with database.read() as connection:
        assert connection.execute(select(meta)).all() == []
        with database.write() as writing:
            writing.execute(insert(meta).values(name="a", value="b"))
        assert connection.execute(select(meta)).all() == []
    with database.read() as connection:
        assert len(connection.execute(select(meta)).all()) == 1


def test_the_clock_is_aware_and_moves_on(database: Database):
    with database.read() as connection:
        first, second = clock(connection), clock(connection)
    assert first.tzinfo is UTC
    assert first <= second
    assert abs(datetime.now(UTC) - first) < timedelta(minutes=1)


def test_instants_are_kept_as_utc_and_naive_ones_refused(database: Database):
    started = datetime(2025, 10, 6, 9, 0, 0, 123456, tzinfo=timezone(timedelta(hours=2)))
    with database.write() as connection:
        connection.execute(insert(senders).values(started=started, host="h", process=1))
        kept = connection.execute(select(senders.c.started)).scalar_one()
        assert (kept, kept.tzinfo) == (started, UTC)
        assert kept.hour == 7
        with pytest.raises(StatementError, match="naive datetime"):
            connection.execute(insert(senders).values(started=started.replace(tzinfo=None), host="h", process=1))


WORDS = "what a stranger\0 wrote \ud83d\ude00"  # half of a pair, twice, and a NUL: as JSON may bring them


def test_text_that_a_database_cannot_hold_stops_nothing(database: Database):
    with database.write() as connection:
        connection.execute(insert(meta).values(name="a\0b", value="c"))
        found = connection.execute(select(meta.c.value).where(meta.c.name == "a\0b")).scalar_one()
    assert found == "c"


def test_rows_that_a_database_cannot_hold_stop_nothing(database: Database):
    with database.write() as connection:
        found = connection.execute(select(given(0), given(1)), {"rows": written([[WORDS, "fine"]])}).one()
    assert found == ("what a stranger\ufffd wrote ??", "fine")


@pytest.mark.parametrize("number", [0, -1, 2**31, 2**63 - 1])
def test_a_number_that_no_row_can_have_is_not_found(database: Database, number: int):
    assert Notices(database).raw(number) is None
    assert Notices(database).edition_of(number) is None
    assert Editions(database).find("weekly", str(number)) is None
