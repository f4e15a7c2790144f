"""The same sending on many machines: what is due becomes jobs in PostgreSQL, and any worker takes them.

    freeze ──▶ a job, in the same transaction ──▶ worker: calls another one ──▶ App.deliver: claim, hand over, record
                 ▲                                  ▲ if more is due than a slice          │ calls another one if more is due
                 │                                  └──────────────────────────────────────┘
                 └── attend, again and again: what is due and has no job, what a dead worker has left

The ledger stays the truth: a job is an occasion to look into it. One that runs twice, late or never mails nobody twice and
forgets nobody. So jobs are kept no longer than they take, one that is stuck with a dead worker is dropped, and of each
edition one is waiting at the most: editions take turns, however large one of them is.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any, Protocol

import psycopg
from procrastinate import App, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager
from procrastinate.worker import Worker as Hand

from digest import logs
from digest.errors import DigestError, StoreError
from digest.model import EditionRecord
from digest.store.database import conninfo, to_grant

SEND, DUTY = "send", "duty"  # two queues: a server that takes no mail must not keep an edition from being published
FOUR_A_MINUTE = "* * * * * */15"  # the sixth field is that of seconds
STALLED = 30  # seconds without a sign of life after which a worker counts as dead; it gives one every ten
RECONNECT = 5.0  # seconds
_SCHEMA = 1_886_547_811  # "proc": the lock of whoever makes the tables of the queue
LOOK = 5.0  # seconds after which a worker looks whether the database is there, and for so long
_CONNECTIONS = 4  # of the queue's own: what it asks takes milliseconds
_WAITING = "SELECT 1 FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = %(lock)s"
_WAITING_BY_QUEUE = "SELECT queue_name, count(*) FROM procrastinate_jobs WHERE status = 'todo' GROUP BY 1"

log = logging.getLogger("digest")


class Duties(Protocol):
    """What a worker does; ``digest.scheduler.shift.Shift`` keeps these promises."""

    async def publish(self) -> None: ...

    async def gather(self) -> None: ...

    async def needs(self) -> tuple[str, ...]:
        """The editions that have something to hand over, or in hand."""

    async def send(self, edition: str, another: Callable[[], Awaitable[None]]) -> bool:
        """Hands over a slice; whether there is more to do. ``another`` gives the edition one more job."""

    def live(self) -> None:
        """Gives a sign of life."""


def defer(connection: Any, record: EditionRecord) -> None:
    """Defers the first job of an edition in the transaction that a connection of psycopg is in.

    Where no worker has run yet there is no queue; the first one will find the edition. Raises StoreError.
    """
    queue = App(connector=SyncPsycopgConnector())
    first = queue.configure_task(SEND, queue=SEND, queueing_lock=_lock(record.name), connection=connection)
    try:
        if record.deliveries and _has_queue(connection.execute(_LOOK).fetchone()):
            with suppress(AlreadyEnqueued), connection.transaction():  # one that was left of a database of yesterday
                first.defer(edition=record.name)
    except (ConnectorException, psycopg.Error) as error:
        why = error.__cause__ or error
        raise StoreError(
            f"{record.name}: its job could not be deferred: {why}", hint="see the database's log"
        ) from error


def waiting(url: str) -> dict[str, int]:
    """How many jobs there are, by their queue. Raises StoreError."""
    try:
        with psycopg.connect(conninfo(url, "digest status")) as connection:
            if not _has_queue(connection.execute(_LOOK).fetchone()):
                return {}
            return dict(connection.execute(_WAITING_BY_QUEUE).fetchall())
    except psycopg.Error as error:
        raise StoreError(f"the queue of jobs cannot be read: {error}", hint="check database.url", busy=True) from error


class Worker:
    """Does the jobs that are waiting, ``jobs`` slices at a time, and goes on by itself after the database was away.

    ``in_hand`` is what it is doing, ``is_connected`` whether it reaches the queue. Raises StoreError for a URL that cannot
    be read.
    """

    def __init__(self, url: str, duties: Duties, jobs: int) -> None:
        self._duties = duties
        self._concurrency = jobs
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._lost = {queue: asyncio.Event() for queue in (SEND, DUTY)}
        self._line = _Line()
        self._conninfo = conninfo(url, "digest worker")
        self._connector = PsycopgConnector(conninfo=self._conninfo, min_size=1, max_size=_CONNECTIONS)
        self._queue = App(connector=self._connector)
        self._queue.job_manager = _Jobs(self._connector, self._lose)
        self._send = self._queue.task(name=SEND, queue=SEND)(self._sent)
        self._duty("publish", self._duties.publish, alone=True)
        self._duty("gather", self._duties.gather, alone=True)
        self._duty("attend", self._attended, alone=False)  # it frees the others, and waits for none

    @property
    def in_hand(self) -> tuple[str, ...]:
        return tuple(self._tasks.values())

    @property
    def is_connected(self) -> bool:
        return self._line.holds

    async def work(self, stop: asyncio.Event) -> None:
        """Until ``stop`` is set; then what is in hand is finished. Cancelled, it lets that go. Raises StoreError when there
        can be no queue.
        """
        for name in ("procrastinate", "psycopg"):
            logging.getLogger(name).setLevel(logging.CRITICAL)  # what they say of a database that is away is said here
        while not stop.is_set():
            try:
                if await _unless(stop, self._open()):
                    await self._work(stop)
            except (ConnectorException, psycopg.OperationalError) as error:
                self._line.broke(error)
            finally:
                await self._queue.close_async()  # also a pool that found no database
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT)

    async def _open(self) -> None:
        """First by a line of its own, which knows why it cannot be made."""
        async with await psycopg.AsyncConnection.connect(self._conninfo) as connection:
            await _make_tables(connection, self._queue.schema_manager.get_schema())
        await self._queue.open_async()

    async def _work(self, stop: asyncio.Event) -> None:
        """Until it is to stop. The duties have hands of their own: a slow slice must not keep them waiting."""
        self._line.is_there(self._concurrency)
        duties = len(self._queue.periodic_registry.periodic_tasks)
        beside = [asyncio.create_task(one) for one in (self._look(), self._live())]
        working = [
            asyncio.create_task(self._on(queue, jobs, stop))
            for queue, jobs in ((SEND, self._concurrency), (DUTY, duties))
        ]
        try:
            await asyncio.wait(working)
        except asyncio.CancelledError:
            for task in working:
                task.cancel()
            raise
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, *working, return_exceptions=True)

    async def _on(self, queue: str, jobs: int, stop: asyncio.Event) -> None:
        """Does the jobs of one queue. Hands that have lost the line finish what they have, and are enlisted anew."""
        while not stop.is_set():
            self._lost[queue].clear()
            hand = self._hand(queue, jobs)
            running = asyncio.create_task(hand.run())  # type: ignore[no-untyped-call] # it has no annotations
            events = [asyncio.create_task(event.wait()) for event in (stop, self._lost[queue])]
            try:
                await asyncio.wait((running, *events), return_when=asyncio.FIRST_COMPLETED)
                hand.stop()  # type: ignore[no-untyped-call] # likewise
                await asyncio.wait((running,))
            except asyncio.CancelledError:
                for task in self._tasks:
                    task.cancel()
                raise
            finally:
                hand.stop()  # type: ignore[no-untyped-call] # likewise
                for event in events:
                    event.cancel()
                end, *_ = await asyncio.gather(running, *events, return_exceptions=True)
            if isinstance(end, (ConnectorException, psycopg.OperationalError)):
                self._line.broke(end)
            elif isinstance(end, Exception):
                logs.bug(log, queue, end)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), RECONNECT)

    def _lose(self) -> None:
        """Nobody knows us any more."""
        for event in self._lost.values():
            event.set()

    async def _look(self) -> None:
        """Whether the database is there, again and again: who is sending would notice late."""
        while True:
            try:
                async with asyncio.timeout(LOOK):
                    await self._connector.execute_query_all_async("SELECT 1")
            except (TimeoutError, ConnectorException) as error:
                self._line.broke(error)
            else:
                self._line.is_there(self._concurrency)
            await asyncio.sleep(LOOK)

    async def _live(self) -> None:
        while True:
            await asyncio.to_thread(self._duties.live)
            await asyncio.sleep(LOOK)

    def _hand(self, queue: str, jobs: int) -> Hand:
        return Hand(
            self._queue,
            [queue],
            concurrency=jobs,
            delete_jobs="always",
            install_signal_handlers=False,
            stalled_worker_timeout=STALLED,
        )

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
            if await self._duties.send(edition, partial(self._call, edition)):
                await self._call(edition)

    async def _call(self, edition: str) -> None:
        """Gives an edition a job, unless one is waiting."""
        lock = _lock(edition)
        if not await self._connector.execute_query_all_async(_WAITING, lock=lock):
            with suppress(AlreadyEnqueued):
                await self._send.configure(queueing_lock=lock).defer_async(edition=edition)

    async def _attended(self) -> None:
        """Drops what dead workers hold, and gives each edition that needs it a job."""
        jobs = self._queue.job_manager
        for stalled in await jobs.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            with suppress(ConnectorException):  # somebody else has dropped it
                await jobs.finish_job_by_id_async(stalled.id or 0, Status.FAILED, delete_job=True)
        await jobs.prune_stalled_workers(STALLED)
        for edition in await self._duties.needs():
            await self._call(edition)

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
            self._line.broke(error)
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


class _Line:
    """Whether the database is there, and what the log says of that: once when it goes, once when it is back."""

    def __init__(self) -> None:
        self.holds = False
        self._since: float | None = None  # when it broke

    def is_there(self, jobs: int) -> None:
        if self.holds:
            return
        if self._since is None:
            log.info("working", extra={"jobs": jobs})
        else:
            log.info("queue back", extra={"after": f"{time.monotonic() - self._since:.0f}s"})
        self.holds = True

    def broke(self, error: BaseException) -> None:
        if self._since is None or self.holds:
            self._since = time.monotonic()
            why = "no answer" if isinstance(error, TimeoutError) else " ".join(str(error.__cause__ or error).split())
            log.warning("queue away", extra={"why": why, "hint": "it is looked for again and again"})
        self.holds = False


_LOOK = "SELECT to_regclass('procrastinate_jobs')"


async def _make_tables(connection: psycopg.AsyncConnection[Any], schema: str) -> None:
    """Makes the queue's tables, unless somebody has. Raises StoreError."""
    try:
        await connection.execute("SELECT pg_advisory_xact_lock(%s)", (_SCHEMA,))
        if not _has_queue(await (await connection.execute(_LOOK)).fetchone()):
            await connection.execute(schema)
    except psycopg.ProgrammingError as error:
        said = error.diag.message_primary or ""
        raise StoreError(
            f"the tables of the queue cannot be made: {said}",
            hint=to_grant(said, connection.info.user) or "the database's owner has to grant CREATE on its schema",
        ) from error


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Whether the work was done to its end; where it is to stop before that, it is cut off."""
    tasks = [asyncio.create_task(work), asyncio.create_task(stop.wait())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if is_done := tasks[0].done():
            await tasks[0]
        return is_done
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _lock(edition: str) -> str:
    """Of its waiting job: there is no second one."""
    return f"{SEND} {edition}"


def _has_queue(row: Any) -> bool:
    return bool(row and row[0])
