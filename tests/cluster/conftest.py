"""The site of the journeys on PostgreSQL, and workers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime

import psycopg
import pytest
from sqlalchemy import insert

from digest.app import App
from digest.cli.session import Session
from digest.cluster import Duties, Worker
from digest.model import EditionRecord
from digest.scheduler.shift import Shift
from digest.store.database import Database
from digest.store.tables import subscribers
from tests.journeys.conftest import MONDAY, Site, post_office
from tests.journeys.conftest import site as small_site
from tests.journeys.steps import configure
from tests.postgres import cloned
from tests.postgres import server as postgres_server

__all__ = ["post_office", "small_site"]

SLICE = 10
PATIENCE = 60  # seconds after which a test that waits has failed
PEOPLE = tuple(f"reader{n}@example.org" for n in range(55))


@pytest.fixture(scope="session")
def postgres() -> str:
    return postgres_server()


@pytest.fixture
def url(postgres: str) -> Iterator[str]:
    with cloned(postgres) as url:
        yield url


@pytest.fixture
def site(small_site: Site, url: str) -> Site:
    tables = f'[database]\nurl = "{url}"\n[worker]\nslice = {SLICE}\n[delivery]\nbatch = 5'
    configure(small_site, "[delivery]", tables)
    now = datetime.fromisoformat(MONDAY)
    rows = [{"address": one, "address_key": one, "status": "active", "created": now, "changed": now} for one in PEOPLE]
    database = Database(url)
    with database.write() as connection:
        connection.execute(insert(subscribers), rows)
    database.close()
    return small_site


@dataclass
class Books:
    """What the database holds."""

    url: str

    def asked(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            answer = connection.execute(question)  # type: ignore[arg-type] # our own words
            return answer.fetchall() if answer.description else []

    def count(self, of: str) -> int:
        ((count,),) = self.asked(f"SELECT count(*) FROM {of}")
        assert isinstance(count, int)
        return count

    @property
    def has_queue(self) -> bool:
        return self.asked("SELECT to_regclass('procrastinate_jobs') IS NOT NULL") == [(True,)]

    @property
    def jobs(self) -> int:
        return self.count("procrastinate_jobs WHERE task_name = 'send'")

    @property
    def statuses(self) -> dict[object, object]:
        return dict(self.asked("SELECT status, count(*) FROM deliveries GROUP BY status"))  # type: ignore[arg-type]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits for something to be true."""
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(holds):  # noqa: ASYNC110 - it happens in the database, or in another process
                await asyncio.sleep(0.05)

    async def all_accepted(self) -> None:
        await self.until(lambda: self.statuses == {"accepted": len(PEOPLE)})


@pytest.fixture
def books(url: str) -> Books:
    return Books(url)


def app_of(site: Site, now: str = MONDAY) -> App:
    """As a command has it."""
    session = Session()
    session.config_path, session.start = site.folder / "digest.toml", datetime.fromisoformat(now)
    return session.app()


@pytest.fixture
def app(site: Site) -> Iterator[App]:
    app = app_of(site)
    yield app
    app.database.close()


def published(app: App) -> EditionRecord:
    digest = app.digest()
    return app.freeze(digest, app.prepare(digest, app.period(digest, None)))


Another = Callable[[], Awaitable[None]]


class Idle:
    """A worker that has nothing to do, but for what a test gives it."""

    def __init__(self, shift: Shift) -> None:
        self.shift = shift
        self.sent: list[str] = []

    async def publish(self) -> None: ...

    async def gather(self) -> None: ...

    async def needs(self) -> tuple[str, ...]:
        return ()

    async def send(self, edition: str, another: Another) -> bool:
        self.sent.append(edition)
        return False

    def live(self) -> None: ...


Working = Callable[..., AbstractAsyncContextManager[Worker]]


@pytest.fixture
def working(site: Site) -> Working:
    """Workers, each with an app of its own, until the context ends."""

    @asynccontextmanager
    async def work(duties: Callable[[Shift], Duties] = lambda shift: shift) -> AsyncIterator[Worker]:
        app, stop = app_of(site), asyncio.Event()
        shift = Shift(app, stop)
        worker = Worker(app.config.database.url, duties(shift), app.config.worker.jobs)
        running = asyncio.create_task(worker.work(stop))
        try:
            await Books(app.config.database.url).until(lambda: worker.is_connected or running.done())
            yield worker
        finally:
            stop.set()
            with suppress(asyncio.CancelledError):
                await asyncio.wait_for(running, PATIENCE)
            await shift.end()
            app.database.close()

    return work
