"""Workers that share what is to be done, lose jobs, do jobs twice, and forget nobody."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import NoReturn
from urllib.parse import urlsplit, urlunsplit

import pytest

from digest.app import App
from digest.scheduler.shift import Shift
from tests.cluster.conftest import PEOPLE, Another, Books, Idle, Working, published
from tests.journeys.conftest import PostOffice, Site

ONCE = dict.fromkeys(PEOPLE, 1)


async def test_a_period_that_is_due_is_published_once_and_sent_to_everybody_once(
    working: Working, books: Books, post_office: PostOffice
) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(working())
        await books.all_accepted()
    assert post_office.received == ONCE
    assert books.count("editions") == 1


async def test_many_that_start_at_once_make_the_queue_once(working: Working, books: Books) -> None:
    async with AsyncExitStack() as stack:
        await asyncio.gather(*(stack.enter_async_context(working(Idle)) for _ in range(4)))
        assert books.has_queue


async def test_an_edition_is_shared(working: Working, app: App, books: Books, post_office: PostOffice) -> None:
    hands: list[Idle] = []

    class Counting(Idle):
        """Sends like others do."""

        async def send(self, edition: str, another: Another) -> bool:
            await super().send(edition, another)
            return await self.shift.send(edition, another)

    def hired(shift: Shift) -> Counting:
        hands.append(Counting(shift))
        return hands[-1]

    async with working(hired), working(hired):
        await asyncio.to_thread(published, app)
        await books.all_accepted()
    assert all(hand.sent for hand in hands)
    assert post_office.received == ONCE


async def test_editions_take_turns_however_large_one_is(working: Working, books: Books) -> None:
    turns: list[str] = []

    class Endless(Idle):
        async def needs(self) -> tuple[str, ...]:
            return ("large", "small") if not turns else ()

        async def send(self, edition: str, another: Another) -> bool:
            await another()
            turns.append(edition)
            return len(turns) < 10

    async with working(Endless):
        await books.until(lambda: len(turns) >= 10)
    assert turns[:10] == ["large", "small"] * 5


async def test_who_begins_a_slice_calls_the_others_first(working: Working, books: Books) -> None:
    at_it: list[Idle] = []
    enough = asyncio.Event()

    class Slow(Idle):
        async def needs(self) -> tuple[str, ...]:
            return ("edition",) if not at_it else ()

        async def send(self, edition: str, another: Another) -> bool:
            at_it.append(self)
            await another()
            await super().send(edition, another)
            await enough.wait()
            return False

    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(working(Slow))
        await books.until(lambda: len(at_it) == 3)
        await books.until(lambda: books.jobs == 4)  # and one that waits
        enough.set()
    assert len(set(at_it)) == 3


async def test_jobs_that_come_twice_mail_nobody_twice(
    working: Working, app: App, books: Books, post_office: PostOffice
) -> None:
    async with working(Idle):
        pass
    await asyncio.to_thread(published, app)
    books.asked("""
        INSERT INTO procrastinate_jobs (queue_name, task_name, args)
        SELECT queue_name, task_name, args FROM procrastinate_jobs WHERE task_name = 'send'
    """)
    async with working(), working():
        await books.all_accepted()
        await books.until(lambda: not books.jobs)
    assert post_office.received == ONCE


async def test_jobs_that_are_lost_forget_nobody(
    working: Working, app: App, books: Books, post_office: PostOffice
) -> None:
    async with working(Idle):
        pass
    await asyncio.to_thread(published, app)
    books.asked("DELETE FROM procrastinate_jobs")
    async with working():
        await books.all_accepted()
    assert post_office.received == ONCE


async def test_what_a_dead_worker_held_is_dropped_and_done_by_others(
    working: Working, app: App, books: Books, post_office: PostOffice
) -> None:
    async with working(Idle):
        pass
    await asyncio.to_thread(published, app)
    books.asked("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')")
    books.asked(
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT max(id) FROM procrastinate_workers)"
    )
    books.asked(
        "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, status)"
        " VALUES ('duty', 'publish', 'publish', 'doing') ON CONFLICT DO NOTHING"
    )
    async with working():
        await books.all_accepted()
        await books.until(lambda: not books.count("procrastinate_jobs WHERE worker_id IS NULL AND status = 'doing'"))
    assert post_office.received == ONCE


async def test_a_worker_goes_on_by_itself_after_the_database_was_away(
    working: Working, app: App, books: Books, post_office: PostOffice
) -> None:
    async with working(), working():
        await asyncio.to_thread(
            books.asked,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        await books.until(lambda: books.count("deliveries WHERE status IN ('accepted', 'uncertain')") == len(PEOPLE))
    assert set(post_office.received.values()) == {1}  # what was being handed over just then may be uncertain
    assert books.statuses["accepted"] <= len(post_office.received)


async def test_it_says_when_the_database_goes_and_when_it_is_back(
    working: Working, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("digest.cluster.LOOK", 0.1)
    monkeypatch.setattr("digest.cluster.RECONNECT", 0.1)
    elsewhere = Books(urlunsplit(urlsplit(url)._replace(path="/postgres")))
    name = urlsplit(url).path.removeprefix("/")

    def said() -> list[str]:
        return [record.message for record in caplog.records if record.message.startswith("queue")]

    with caplog.at_level(logging.INFO, "digest"):
        async with working(Idle) as worker:
            elsewhere.asked(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            elsewhere.asked(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            await elsewhere.until(lambda: not worker.is_connected)
            elsewhere.asked(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            await elsewhere.until(lambda: worker.is_connected)
    assert said()[:2] == ["queue away", "queue back"]


async def test_one_that_was_believed_dead_enlists_again(working: Working, app: App, books: Books) -> None:
    hands: list[Idle] = []

    def hired(shift: Shift) -> Idle:
        hands.append(Idle(shift))
        return hands[-1]

    async with working(hired):
        await books.until(lambda: books.count("procrastinate_workers") == 2)
        await asyncio.to_thread(books.asked, "DELETE FROM procrastinate_workers")
        await asyncio.to_thread(published, app)
        await books.until(lambda: bool(hands[0].sent))


async def test_a_bug_in_one_edition_does_not_keep_the_others_from_being_sent(
    working: Working, app: App, books: Books, caplog: pytest.LogCaptureFixture
) -> None:
    class Stumbling(Idle):
        async def send(self, edition: str, another: Another) -> NoReturn:
            raise ZeroDivisionError(f"to reader@example.org of {edition}")

        async def needs(self) -> tuple[str, ...]:
            return ("weekly/2025-W49",)

    with caplog.at_level(logging.ERROR, "digest"):
        async with working(Stumbling) as worker:
            await books.until(lambda: bool(caplog.records))
            assert worker.is_connected
    assert {(record.message, record.__dict__["kind"]) for record in caplog.records} == {("bug", "ZeroDivisionError")}
    assert "@" not in caplog.text


async def test_it_says_what_it_is_doing(working: Working, app: App, books: Books) -> None:
    at_it, enough = asyncio.Event(), asyncio.Event()

    class Slow(Idle):
        async def send(self, edition: str, another: Another) -> bool:
            at_it.set()
            await enough.wait()
            return False

    async with working(Slow) as worker:
        await asyncio.to_thread(published, app)
        await at_it.wait()
        assert "send weekly/2025-W49" in worker.in_hand
        enough.set()


async def test_duties_are_taken_up_again_while_a_slice_is_in_hand(
    working: Working, app: App, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that was believed dead, or has lost its line, may have hours of sending in hand."""
    monkeypatch.setattr("digest.cluster.RECONNECT", 0.05)
    enough = asyncio.Event()

    class Slow(Idle):
        async def send(self, edition: str, another: Another) -> bool:
            await enough.wait()
            return False

    async with working(Slow) as worker:
        await asyncio.to_thread(published, app)
        await books.until(lambda: "send weekly/2025-W49" in worker.in_hand)
        enlisted = books.asked("SELECT id FROM procrastinate_workers")
        worker._lose()
        await books.until(
            lambda: len({*books.asked("SELECT id FROM procrastinate_workers"), *enlisted}) > len(enlisted)
        )
        assert "send weekly/2025-W49" in worker.in_hand
        enough.set()


def test_it_refuses_a_file(small_site: Site) -> None:
    result = small_site.run("worker")
    assert result.exit_code == 78
    assert "workers share their work through PostgreSQL" in result.stderr
