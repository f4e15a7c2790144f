"""Freezing an edition and deferring its jobs: both or neither."""

from __future__ import annotations

import math
from typing import Any

import pytest

from digest import cluster
from digest.app import App
from digest.model import EditionRecord
from digest.store.editions import Editions
from tests.cluster.conftest import PEOPLE, SLICE, Books, Idle, Working, published

JOBS = math.ceil(len(PEOPLE) / SLICE)


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
def test_an_edition_is_frozen_with_a_job_for_each_slice(app: App, books: Books) -> None:
    record = published(app)
    assert record.deliveries == len(PEOPLE)
    assert books.jobs == JOBS
    assert books.asked(
        "SELECT DISTINCT args FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = 'send'"
    ) == [({"edition": record.name},)]


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("crash", ["before", "after"])
def test_a_crash_in_between_leaves_neither(app: App, books: Books, crash: str) -> None:
    def along(connection: Any, record: EditionRecord) -> None:
        if crash == "after":
            cluster.defer(connection, record, SLICE)
        raise CrashError

    with pytest.raises(CrashError):
        frozen_along(app, along)
    assert (books.count("editions"), books.jobs) == (0, 0)


@pytest.mark.usefixtures("queue")
def test_jobs_that_cannot_be_deferred_keep_the_edition_from_being_frozen(app: App, books: Books) -> None:
    books.asked("DROP FUNCTION procrastinate_defer_jobs_v1")
    with pytest.raises(cluster.StoreError, match="its jobs could not be deferred"):
        published(app)
    assert books.count("editions") == 0


def test_where_no_worker_has_ever_run_an_edition_is_frozen_all_the_same(app: App, books: Books) -> None:
    assert published(app).deliveries == len(PEOPLE)
    assert not books.has_queue
