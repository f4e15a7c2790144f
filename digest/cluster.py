"""The same sending on many machines: what is due becomes jobs in PostgreSQL, and any worker takes them.

    freeze ──▶ jobs, in the same transaction ──▶ worker ──▶ App.deliver: claim, hand over, record
                 ▲                                              │
                 └── attend, again and again: what is due and has no job, what a dead worker has left

The ledger stays the truth: a job is an occasion to look into it. One that runs twice, late or never mails nobody twice and
forgets nobody. So jobs are kept no longer than they take, and one that is stuck with a dead worker is dropped.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any, Protocol

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.types import JSONDict
from procrastinate.worker import Worker as Hand

from digest import logs
from digest.errors import DigestError, StoreError
from digest.model import EditionRecord

SEND, DUTY = "send", "duty"  # two queues: a server that takes no mail must not keep an edition from being published
FOUR_A_MINUTE = "* * * * * */15"  # the sixth field is that of seconds
STALLED = 30  # seconds without a sign of life after which a worker counts as dead; it gives one every ten
RECONNECT = 5.0  # seconds
_SCHEMA = 1_886_547_811  # "proc": the lock of whoever makes the tables of the queue
_CONNECTIONS = 4  # of the queue's own: what it asks takes milliseconds
_JOBS = """
    SELECT args ->> 'edition' AS edition, count(*) AS jobs
    FROM procrastinate_jobs WHERE task_name = 'send' GROUP BY 1
"""
_WAITING = """
    SELECT 1 FROM procrastinate_jobs
    WHERE task_name = 'send' AND status = 'todo' AND args ->> 'edition' = %(edition)s LIMIT 1
"""

_WAITING_BY_QUEUE = "SELECT queue_name, count(*) FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1"

log = logging.getLogger("digest")


class Duties(Protocol):
    """What a worker does; ``digest.scheduler.shift.Shift`` keeps these promises."""

    async def publish(self) -> None: ...

    async def gather(self) -> None: ...

    async def needs(self) -> dict[str, int]:
        """The editions that have something to hand over or in hand, and how many jobs each should have."""

    async def send(self, edition: str) -> timedelta | None:
        """Hands over a slice; how long to wait before somebody goes on, if there is anything to do."""


def defer(connection: Any, record: EditionRecord, size: int) -> None:
    """Defers the jobs of an edition, each a slice of that ``size``, in the transaction that a connection of psycopg is in.

    Where no worker has run yet there is no queue; the first one will find the edition. Raises StoreError.
    """
    queue = App(connector=SyncPsycopgConnector())
    jobs = _slices(record.name, math.ceil(record.deliveries / size))
    try:
        if _has_queue(connection.execute(_LOOK).fetchone()) and jobs:
            queue.configure_task(SEND, queue=SEND, connection=connection).batch_defer(*jobs)
    except (ConnectorException, psycopg.Error) as error:
        why = error.__cause__ or error
        raise StoreError(
            f"{record.name}: its jobs could not be deferred: {why}", hint="see the database's log"
        ) from error


def waiting(url: str) -> dict[str, int]:
    """How many jobs there are, by their queue. Raises StoreError."""
    try:
        with psycopg.connect(url, application_name="digest status") as connection:
            if not _has_queue(connection.execute(_LOOK).fetchone()):
                return {}
            return dict(connection.execute(_WAITING_BY_QUEUE).fetchall())
    except psycopg.Error as error:
        raise StoreError(f"the queue of jobs cannot be read: {error}", hint="check database.url", busy=True) from error


class Worker:
    """Does the jobs that are waiting, ``jobs`` slices at a time, and goes on by itself after the database was away.

    ``in_hand`` is what it is doing, ``is_connected`` whether it reaches the queue.
    """

    def __init__(self, url: str, duties: Duties, jobs: int) -> None:
        self._duties = duties
        self._concurrency = jobs
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._lost = asyncio.Event()
        self.is_connected = False
        self._connector = PsycopgConnector(
            conninfo=url, kwargs={"application_name": "digest worker"}, min_size=1, max_size=_CONNECTIONS
        )
        self._queue = App(connector=self._connector)
        self._queue.job_manager = _Jobs(self._connector, self._lost.set)
        self._send = self._queue.task(name=SEND, queue=SEND)(self._sent)
        self._duty("publish", self._duties.publish, alone=True)
        self._duty("gather", self._duties.gather, alone=True)
        self._duty("attend", self._attended, alone=False)  # it frees the others, and waits for none

    @property
    def in_hand(self) -> tuple[str, ...]:
        return tuple(self._tasks.values())

    async def work(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; then what is in hand is finished. Cancelled, it lets that go. Raises StoreError when there
        can be no queue.
        """
        for name in ("procrastinate", "psycopg"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what they say of a database that is away is said here
        while not stop.is_set():
            try:
                async with self._queue.open_async():
                    await self._make_tables()
                    await self._work(stop)
                if not stop.is_set():
                    log.warning("queue away", extra={"why": "the connection was lost"})
            except (ConnectorException, psycopg.OperationalError) as error:
                log.warning("queue away", extra={"why": str(error.__cause__ or error)})
            finally:
                self.is_connected = False
                await self._queue.close_async()  # also a pool that found no database
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT)

    async def _work(self, stop: asyncio.Event) -> None:
        """Until it is to stop, or has lost the queue. Two workers: a slow slice must not keep the duties waiting."""
        self._lost.clear()
        hands = (
            self._hand(SEND, self._concurrency),
            self._hand(DUTY, len(self._queue.periodic_registry.periodic_tasks)),
        )
        working = [asyncio.create_task(hand.run()) for hand in hands]  # type: ignore[no-untyped-call] # it has no annotations
        waiting = [asyncio.create_task(event.wait()) for event in (stop, self._lost)]
        self.is_connected = True
        try:
            await asyncio.wait((*working, *waiting), return_when=asyncio.FIRST_COMPLETED)
            _end(hands)
            await asyncio.wait(working)
        except asyncio.CancelledError:
            _end(hands)
            for task in self._tasks:
                task.cancel()
            raise
        finally:
            for event in waiting:
                event.cancel()
            ends = await asyncio.gather(*working, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _hand(self, queue: str, jobs: int) -> Hand:
        return Hand(
            self._queue,
            [queue],
            concurrency=jobs,
            delete_jobs="always",
            install_signal_handlers=False,
            stalled_worker_timeout=STALLED,
        )

    async def _make_tables(self) -> None:
        """Makes the queue's tables, unless somebody has."""
        try:
            async with self._connector.pool.connection() as connection:
                await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA,))
                if not _has_queue(await (await connection.execute(_LOOK)).fetchone()):
                    await connection.execute(self._queue.schema_manager.get_schema())
        except psycopg.ProgrammingError as error:
            raise StoreError(
                f"the tables of the queue cannot be made: {error.diag.message_primary}",
                hint="the database's owner has to grant CREATE on its schema",
            ) from error

    # --- tasks

    def _duty(self, name: str, work: Callable[[], Awaitable[None]], *, alone: bool) -> None:
        """A task that comes again and again, done by one worker; ``alone``, only when the one before it has ended."""

        async def duty(timestamp: int) -> None:  # noqa: ARG001 - Procrastinate's: the moment that it is for
            with self._doing(name):
                await work()

        task = self._queue.task(name=name, queue=DUTY, queueing_lock=name, lock=name if alone else None)(duty)
        self._queue.periodic(cron=FOUR_A_MINUTE)(task)

    async def _sent(self, edition: str) -> None:
        with self._doing(f"{SEND} {edition}"):
            later = await self._duties.send(edition)
            if later:
                when = self._send.configure(schedule_in={"seconds": math.ceil(later.total_seconds())})
                await when.defer_async(edition=edition)
            elif later is not None and not await self._connector.execute_query_all_async(_WAITING, edition=edition):
                await self._send.defer_async(edition=edition)

    async def _attended(self) -> None:
        """Drops what dead workers hold, and gives each edition the jobs that it needs."""
        jobs = self._queue.job_manager
        for stalled in await jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            with suppress(ConnectorException):  # somebody else has dropped it
                await jobs.finish_job_by_id_async(stalled.id or 0, Status.FAILED, delete_job=True)
        await jobs.prune_stalled_workers(STALLED)
        there = {row["edition"]: row["jobs"] for row in await self._connector.execute_query_all_async(_JOBS)}
        for edition, needed in (await self._duties.needs()).items():
            if missing := max(0, needed - there.get(edition, 0)):
                await self._send.batch_defer_async(*_slices(edition, missing))

    @contextmanager
    def _doing(self, what: str) -> Iterator[None]:
        """A job is under way; whatever keeps it from being done is told, and the next one is another try."""
        task = asyncio.current_task()
        assert task
        self._tasks[task] = what
        try:
            yield
        except DigestError as error:
            log.warning("job failed", extra={"job": what, "why": error.message, "hint": error.hint})
        except ConnectorException as error:
            log.warning("queue away", extra={"job": what, "why": str(error.__cause__ or error)})
        except Exception as error:  # noqa: BLE001 - of whatever kind: the others go on
            logs.bug(log, what, error)
        finally:
            del self._tasks[task]


class _Jobs(JobManager):
    """Jobs that end for good. One that cannot be ended says that this worker was believed dead, or that the database is
    away: then it has to enlist again.
    """

    def __init__(self, connector: Any, lost: Callable[[], None]) -> None:
        super().__init__(connector)
        self._lost = lost

    async def finish_job(self, job: Job, status: Status, delete_job: bool) -> None:
        try:
            await super().finish_job(job, status, delete_job)
        except ConnectorException:
            self._lost()


_LOOK = "SELECT to_regclass('procrastinate_jobs')"


def _end(hands: Iterable[Hand]) -> None:
    """They finish what they are doing."""
    for hand in hands:
        hand.stop()  # type: ignore[no-untyped-call] # it has no annotations


def _slices(edition: str, count: int) -> list[JSONDict]:
    return [{"edition": edition} for _ in range(count)]


def _has_queue(row: Any) -> bool:
    return bool(row and row[0])
