"""Databases to send from, of each kind, brought up to date once."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from digest.store.database import Database, file_of
from tests.postgres import cloned, server
from tests.sending.house import House

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)  # as a module's DATABASES: for whatever the ledger has a part in


@contextmanager
def new_database(kind: str = SQLITE) -> Iterator[str]:
    """Its URL; it is there as long as the context."""
    if kind == POSTGRESQL:
        with cloned(server()) as url:
            yield url
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "digest.db"
        file.write_bytes(_empty_database())
        yield f"sqlite:///{file}"


@contextmanager
def new_house(kind: str = SQLITE) -> Iterator[House]:
    with new_database(kind) as url:
        house = House(url)
        try:
            yield house
        finally:
            house.database.close()


def is_locked(url: str) -> bool:
    """Whether somebody is in the middle of writing to it."""
    if file := file_of(url):
        with closing(sqlite3.connect(file, timeout=0)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False
    with psycopg.connect(url) as connection:
        writing = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        ).fetchone()
    return writing != (0,)


@lru_cache
def _empty_database() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "empty.db"
        Database(f"sqlite:///{file}").close()
        return file.read_bytes()
