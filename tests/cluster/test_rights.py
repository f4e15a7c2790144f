"""A worker whose role may not do what it needs."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from digest.app import App
from digest.cluster import Worker
from digest.errors import StoreError
from digest.scheduler.shift import Shift
from tests.cluster.conftest import Books, Idle
from tests.postgres import as_role, role


async def test_who_may_not_make_the_queue_is_told_what_to_grant(app: App, url: str, books: Books) -> None:
    stop = asyncio.Event()
    with role(url, name="a Worker") as name, psycopg.connect(url, autocommit=True) as owner:
        worker = Worker(as_role(url, name), Idle(Shift(app, stop)), 1)
        with pytest.raises(StoreError, match="queue cannot be made: permission denied for schema public") as caught:
            await worker.work(stop)
        assert caught.value.hint == 'GRANT USAGE, CREATE ON SCHEMA public TO "a Worker"'
        owner.execute(caught.value.hint)
        working = asyncio.create_task(worker.work(stop))
        await books.until(lambda: worker.is_connected or working.done())
        assert worker.is_connected
        stop.set()
        await working
