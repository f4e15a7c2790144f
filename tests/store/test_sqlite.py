"""What is about SQLite alone: its file, its settings, its locks."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, insert, select, text

import digest.store
from digest.errors import StoreError
from digest.store.database import Database, file_of, to_look_at
from digest.store.sqlite import File
from digest.store.tables import meta, metadata

NOBODY = 65534


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/digest.db"


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the right of the superuser to write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that everybody may enter and nobody else may write to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        path.chmod(0o755)
        yield path
        path.chmod(0o755)


def pragma(database: Database, name: str) -> object:
    with database.read() as connection:
        return connection.execute(text(f"PRAGMA {name}")).scalar_one()


def test_the_migrations_build_what_the_tables_themselves_would(database: Database):
    """Also defaults and the words that alembic does not compare."""

    def described(connection: Connection) -> dict[str, object]:
        columns = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(:table) ORDER BY name'
        keys = 'SELECT "table", "from", "to", on_delete FROM pragma_foreign_key_list(:table) ORDER BY "from"'
        autoincrement = "SELECT sql LIKE '%AUTOINCREMENT%' FROM sqlite_master WHERE name = :table"
        return {
            f"{table}: {query}": connection.execute(text(query), {"table": table}).all()
            for table in metadata.tables
            for query in (columns, keys, autoincrement)
        }

    direct = create_engine("sqlite://")
    metadata.create_all(direct)
    with database.read() as migrated, direct.connect() as made:
        assert described(migrated) == described(made)
    direct.dispose()


def test_a_folder_with_a_percent_sign_and_a_blank_is_no_trouble(tmp_path: Path):
    folder = tmp_path / "100 % ours"
    folder.mkdir()
    Database(f"sqlite:///{folder}/digest.db").close()
    assert (folder / "digest.db").exists()


def test_what_was_committed_survives_a_loss_of_power(database: Database):
    assert pragma(database, "journal_mode") == "wal"
    assert pragma(database, "synchronous") == 2  # FULL
    assert pragma(database, "foreign_keys") == 1


def test_a_database_in_memory_is_one_database():
    database = Database("sqlite://")
    with database.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    with database.read() as connection:
        assert connection.execute(select(meta.c.name)).scalar_one() == "a"
    assert database.path is None
    database.close()


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///a/b.db", Path("a/b.db")),
        ("sqlite:////a/b.db", Path("/a/b.db")),
        ("sqlite:///:memory:", None),
        ("sqlite://", None),
    ],
)
def test_the_file_of_a_url(url: str, path: Path | None):
    assert file_of(url) == path


def test_a_file_that_is_no_database_is_named(tmp_path: Path):
    file = tmp_path / "list.csv"
    file.write_text("email,name\n" * 100)
    with pytest.raises(StoreError, match=r"list\.csv: is not a database") as caught:
        Database(f"sqlite:///{file}")
    assert caught.value.hint
    assert file.read_text() == "email,name\n" * 100


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened") as caught:
        Database(f"sqlite:///{tmp_path}/missing/digest.db")
    assert "folder exists" in caught.value.hint


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path):
    with pytest.raises(StoreError, match="cannot be opened"):
        Database(f"sqlite:///{tmp_path}")


def test_a_folder_that_may_not_be_written_to_is_named(public: Path):
    public.chmod(0o555)
    with as_nobody(), pytest.raises(StoreError, match="cannot be opened"):
        Database(f"sqlite:///{public}/digest.db")


def test_a_file_that_may_not_be_written_to_is_named(public: Path):
    url = f"sqlite:///{public}/digest.db"
    Database(url).close()
    (public / "digest.db").chmod(0o444)
    public.chmod(0o777)

    def written() -> None:
        database = Database(url)
        try:
            with database.write() as connection:
                connection.execute(insert(meta).values(name="a", value="b"))
        finally:
            database.close()

    with as_nobody(), pytest.raises(StoreError, match=r"cannot be (written to|opened)") as caught:
        written()
    assert "permissions" in caught.value.hint or "may be written" in caught.value.hint


def test_a_damaged_file_is_named(tmp_path: Path):
    file = tmp_path / "digest.db"
    Database(f"sqlite:///{file}").close()
    data = bytearray(file.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    file.write_bytes(data)
    with pytest.raises(StoreError, match="is damaged") as caught:
        Database(f"sqlite:///{file}")
    assert "backup" in caught.value.hint


def test_a_database_that_is_in_use_may_be_tried_again_later(database: Database, url: str):
    impatient = Database(url, busy_timeout=0)
    other = sqlite3.connect(str(database.path), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="in use by another process") as caught, impatient.write():
        pytest.fail("two writers at once")  # pragma: no cover
    assert caught.value.exit_code == 75

    with impatient.read() as connection:  # who reads is never in the way of who writes
        assert connection.execute(select(meta)).all() == []
    other.execute("ROLLBACK")
    other.close()
    with impatient.write() as connection:
        connection.execute(insert(meta).values(name="a", value="b"))
    impatient.close()


def test_a_file_of_somebody_else_is_not_migrated_over(tmp_path: Path):
    file = tmp_path / "other.db"
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE subscribers (email)")
    other.commit()
    other.close()
    with pytest.raises(StoreError, match=r"other\.db"):
        Database(f"sqlite:///{file}")
    other = sqlite3.connect(file)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("subscribers",)]
    other.close()


@pytest.fixture
def old(tmp_path: Path) -> str:
    """The URL of a database as the first version made it, with something in it."""
    url = f"sqlite:///{tmp_path}/old.db"
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(digest.store.__file__).parent / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(insert(meta).values(name="a", value="b"))
    engine.dispose()
    return url


def test_who_only_looks_leaves_an_older_database_as_it_is(old: str, tmp_path: Path):
    looked = to_look_at(old)
    with looked.read() as connection:
        assert connection.execute(select(meta.c.value)).scalar_one() == "b"
        assert connection.execute(text("SELECT trimmed FROM renditions")).all() == []
    looked.close()
    with closing(sqlite3.connect(tmp_path / "old.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    to_look_at(f"sqlite:///{tmp_path}/none.db").close()
    assert not (tmp_path / "none.db").exists()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process is writing."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


def test_a_writer_with_less_patience_gives_up_sooner_and_the_next_one_waits_as_usual(tmp_path: Path):
    path = tmp_path / "digest.db"
    database = Database(f"sqlite:///{path}", busy_timeout=20)
    with (
        held(path),
        pytest.raises(StoreError, match="is in use by another process") as caught,
        database.write(patience=0.05),
    ):
        pass
    assert caught.value.exit_code == 75
    with database.write() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 20_000
    database.close()


def test_a_writer_with_more_patience_outlasts_others(tmp_path: Path):
    path = tmp_path / "digest.db"
    database = Database(f"sqlite:///{path}", busy_timeout=0.05)
    let_go = threading.Event()

    def hold() -> None:
        with held(path):
            held_now.set()
            let_go.wait(10)

    held_now = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    assert held_now.wait(10)
    with pytest.raises(StoreError), database.write():
        pass
    threading.Timer(0.2, let_go.set).start()
    with database.write(patience=20) as connection:
        connection.exec_driver_sql("SELECT 1")
    holder.join(10)
    database.close()


def test_threads_and_processes_are_waited_for_by_one_clock(tmp_path: Path):
    """Whoever has waited for a thread of this process does not wait as long again for another process."""
    path = tmp_path / "digest.db"
    database = Database(f"sqlite:///{path}", busy_timeout=20)
    assert isinstance(database._kind, File)
    with database._kind._turn(0.3) as left:
        assert left is not None
        assert left <= 0.3
        with pytest.raises(StoreError, match="is in use"), database.write(patience=0.05):
            pass
    database.close()
