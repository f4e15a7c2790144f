"""Freezing an edition and deferring its jobs: both or neither."""

from __future__ import annotations

from typing import Any

import pytest

from digest import cluster
from digest.app import App
from digest.model import EditionRecord
from digest.store.editions import Editions
from tests.cluster.conftest import PEOPLE, Books, Idle, Working, published


class CrashError(Exception):
    """Something that happens in the middle."""


@pytest.fixture
async def queue(working: Working) -> None:
    """A worker has run, and has made what workers need."""
    async with working(Idle):
        pass


def frozen_along(app: App, along: Any) -> EditionRecord:
    app.__dict__["editions"] = Editions(app.database, along)
    return published(app)


@pytest.mark.usefixtures("queue")
def test_an_edition_is_frozen_with_its_first_job(app: App, books: Books) -> None:
    record = published(app)
    assert record.deliveries == len(PEOPLE)
    assert books.asked("SELECT args FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'send'") == [
        ({"edition": record.name},)
    ]


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_crash_in_between_leaves_neither(app: App, books: Books, crash: str) -> None:
    def along(connection: Any, record: EditionRecord) -> None:
        if crash == "after":
            cluster.defer(connection, record)
        raise CrashError

    with pytest.raises(CrashError):
        frozen_along(app, along)
    assert (books.count("editions"), books.jobs) == (0, 0)


@pytest.mark.usefixtures("queue")
def test_a_job_that_cannot_be_deferred_keeps_the_edition_from_being_frozen(app: App, books: Books) -> None:
    books.asked("DROP FUNCTION procrastinate_defer_jobs_v1")
    with pytest.raises(cluster.StoreError, match="its job could not be deferred"):
        published(app)
    assert books.count("editions") == 0


@pytest.mark.usefixtures("queue")
def test_a_job_that_is_there_from_before_is_its_first_job(app: App, books: Books) -> None:
    """Of a database that was restored, say."""
    books.asked("""
        INSERT INTO procrastinate_jobs (queue_name, task_name, args, queueing_lock)
        VALUES ('send', 'send', '{"edition": "weekly/2025-W49"}', 'send weekly/2025-W49')
    """)
    assert published(app).deliveries == len(PEOPLE)
    assert books.jobs == 1


def test_where_no_worker_has_ever_run_an_edition_is_frozen_all_the_same(app: App, books: Books) -> None:
    assert published(app).deliveries == len(PEOPLE)
    assert not books.has_queue
