from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions.importing import Imported, import_table

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    yield database
    database.close()


@pytest.fixture
def people(database: Database) -> Subscribers:
    return Subscribers(database)


@pytest.fixture
def take_in(people: Subscribers) -> Callable[..., Imported]:
    def take_in(table: str | bytes, **options: Any) -> Imported:
        data = table.encode() if isinstance(table, str) else table
        return import_table(people, io.BytesIO(data), **{"name": "list.csv", "now": NOW, **options})

    return take_in
