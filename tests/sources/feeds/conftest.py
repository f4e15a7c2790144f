"""Feeds on loopback, and somebody who asks them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.store.database import Database
from digest.store.feeds import Feeds
from tests.sources.feeds.house import House
from tests.sources.feeds.server import FeedServer, name_hosts, serving


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    name_hosts(monkeypatch)
    with serving() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    database = Database(f"sqlite:///{tmp_path / 'digest.db'}")  # which several threads may read at once
    yield House(Feeds(database, writes=True))
    database.close()
