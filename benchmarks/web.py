"""The public pages under load: an edition of the archive and the one-click POST, beside a bare Starlette "hello".

    python benchmarks/web.py --subscribers 100000 --connections 64 --seconds 5 --runs 5

``digest serve`` runs as one process on a database full of subscribers; ``hello.py`` is served the same way. wrk asks both
in turn, from one thread. Each POST carries another reader's token, in the form of RFC 8058, and is checked afterwards:
as many readers have left as were told so.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.request import urlopen

import outlet
from measuring import introduce
from outlet import Setup

from digest.links import Purpose

HERE = Path(__file__).parent
ONE_CLICK = "List-Unsubscribe=One-Click"
PAGE = 60 * 1024  # bytes of the edition's message
HELLO = "Starlette, hello"


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: each time the next path of a file, from line ``start`` on."""

    port: int
    paths: Path
    start: int = 0
    method: str = "GET"
    body: str = ""
    header: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """What came of it; ``p50`` and ``p99`` are milliseconds."""

    answers: int
    seconds: float
    p50: float
    p99: float
    refused: int
    lost: int

    @property
    def rate(self) -> float:
        return self.answers / self.seconds


@dataclass(frozen=True, slots=True)
class Load:
    """How it is asked: over so many connections, for so many seconds."""

    connections: int
    seconds: int

    def ask(self, asked: Asked) -> Run:
        command = ["wrk", "-t1", f"-c{self.connections}", f"-d{self.seconds}s", "-s", HERE / "load.lua"]
        address = f"http://127.0.0.1:{asked.port}"
        words = [str(asked.paths), str(asked.start), asked.method, asked.body, *asked.header]
        done = subprocess.run([*command, address, "--", *words], capture_output=True, text=True, check=True)
        run = Run(**json.loads(done.stdout.splitlines()[-1]))
        if run.refused or run.lost:
            raise SystemExit(f"{asked.method}: {run.refused} of {run.answers} were refused, {run.lost} lost")
        return run


class Leaving:
    """One-click POSTs, each for somebody who is still there."""

    def __init__(self, load: Load, port: int, folder: Path, subscribers: int) -> None:
        self._load, self._port, self._subscribers = load, port, subscribers
        self._paths, self._database = folder / "leave", folder / "digest.db"
        self._used = self._told = 0

    def __call__(self) -> Run:
        run = self._load.ask(Asked(self._port, self._paths, self._used, "POST", ONE_CLICK))
        self._used += run.answers + self._load.connections  # those that were under way at the end were not counted
        self._told += run.answers
        if self._used > self._subscribers:
            raise SystemExit("everybody has left: ask with more --subscribers, or fewer --seconds or --runs")
        self.check()
        return run

    def check(self) -> None:
        with closing(sqlite3.connect(self._database)) as connection:
            query = "SELECT count(*) FROM subscribers WHERE status = 'unsubscribed'"
            ((gone,),) = connection.execute(query)
        if not self._told <= gone <= self._used:
            raise SystemExit(f"{self._told} were told that they have left, {gone} have")


def furnish(folder: Path, subscribers: int) -> str:
    """A site with an edition and its subscribers, and a file for each kind of request; the path of the edition."""
    app = outlet.furnish(folder, 9, Setup(1), subscribers)
    record = outlet.freeze(app, outlet.rendition(PAGE))
    with app.database.read() as connection:
        people = [row[0] for row in connection.exec_driver_sql("SELECT id FROM subscribers ORDER BY id")]
    leave = (f"/unsubscribe/{app.signer.sign(Purpose.UNSUBSCRIBE, record.name, person)}\n" for person in people)
    edition = f"/archive/{record.digest}/{record.number}"
    for name, lines in (("hello", ["/\n"]), ("edition", [f"{edition}\n"]), ("leave", leave)):
        (folder / name).write_text("".join(lines), encoding="ascii")
    app.database.close()
    return edition


@contextmanager
def served(*words: str, log: Path) -> Iterator[int]:
    """A server in a process of its own: its port, which becomes the last of its ``words``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (
        log.open("wb") as file,
        subprocess.Popen([sys.executable, *words, str(port)], stdout=file, stderr=file) as process,
    ):
        try:
            _wait_for(port, process, log)
            yield port
        finally:
            process.send_signal(signal.SIGINT)


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"a server ended at once:\n{log.read_text()}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("a server does not answer")


def measure(ways: dict[str, Callable[[], Run]], runs: int) -> dict[str, list[Run]]:
    """Every way in turn, so many times, each time another one first."""
    measured: dict[str, list[Run]] = {name: [] for name in ways}
    names = list(ways)
    for turn in range(runs):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            measured[name].append(ways[name]())
    return measured


def ratio(runs: Sequence[Run], others: Sequence[Run]) -> float:
    """The median of what was measured next to each other."""
    return statistics.median(run.rate / other.rate for run, other in zip(runs, others, strict=True))


def show(measured: dict[str, list[Run]]) -> None:
    width = max(map(len, measured))
    print(f"\n  {'':{width}}  {'a second':>9}  {'spread':>6}  {'p50 ms':>7}  {'p99 ms':>7}  {'to hello':>8}")
    for name, runs in measured.items():
        rates = [run.rate for run in runs]
        median = statistics.median(rates)
        spread = (max(rates) - min(rates)) / median
        half, most = (statistics.median(getattr(run, key) for run in runs) for key in ("p50", "p99"))
        beside = f"{ratio(runs, measured[HELLO]):.2f} x" if name != HELLO else ""
        print(f"  {name:{width}}  {median:9,.0f}  {spread:6.0%}  {half:7.1f}  {most:7.1f}  {beside:>8}".rstrip())


def as_json(measured: dict[str, list[Run]]) -> str:
    return json.dumps(
        {
            name: {"runs": [asdict(run) for run in runs], "to_hello": ratio(runs, measured[HELLO])}
            for name, runs in measured.items()
        }
    )


def compare(folder: Path, given: argparse.Namespace) -> dict[str, list[Run]]:
    load = Load(given.connections, given.seconds)
    edition = furnish(folder, given.subscribers)
    serve = ["-m", "digest", "serve", "-c", str(folder / "digest.toml"), "--port"]
    with ExitStack() as stack:
        hello = stack.enter_context(served(str(HERE / "hello.py"), log=folder / "hello.log"))
        ours = stack.enter_context(served(*serve, log=folder / "digest.log"))
        tag = _tag(f"http://127.0.0.1:{ours}{edition}")
        page = Asked(ours, folder / "edition")
        packed = Asked(ours, folder / "edition", header=("Accept-Encoding", "gzip"))
        known = Asked(ours, folder / "edition", header=("If-None-Match", tag))
        return measure(
            {
                HELLO: lambda: load.ask(Asked(hello, folder / "hello")),
                "an edition": lambda: load.ask(page),
                "an edition, gzip": lambda: load.ask(packed),
                "an edition, unchanged (304)": lambda: load.ask(known),
                "one-click POST": Leaving(load, ours, folder, given.subscribers),
            },
            given.runs,
        )


def _tag(address: str) -> str:
    with urlopen(address) as answer:
        return str(answer.headers["ETag"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=100_000)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="print every run as one JSON object instead of a table")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: Debian has it in the package wrk")
    if not given.json:
        introduce(given.runs)
    with tempfile.TemporaryDirectory() as place:
        measured = compare(Path(place, "outlet"), given)
    if given.json:
        print(as_json(measured))
    else:
        show(measured)


if __name__ == "__main__":
    main()
