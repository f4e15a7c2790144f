"""What a process needs while it sends to a million subscribers.

    python benchmarks/memory.py --subscribers 1000000

An edition is frozen for all of them; a new process, which does nothing else, delivers it into our own sink. Its peak is
the most that was resident at any time (VmHWM of proc(5)), Python and all libraries included. Exits 1 when it is more
than ``--most``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import outlet
from measuring import introduce, timed
from outlet import Setup
from sinks import KINDS, sink


@dataclass(frozen=True, slots=True)
class Run:
    """``before`` and ``peak`` are megabytes: once everything is loaded, and the most there was until the end."""

    seconds: float
    before: float
    peak: float


def send(folder: Path) -> Run:
    """In a process of its own: delivers the last edition of the program in that folder."""
    app = outlet.opened(folder)
    record = app.editions.every()[0]
    before = resident()
    seconds = timed(lambda: outlet.deliver(app, record))
    peak = resident()
    outlet.check(app, record)
    return Run(seconds, before, peak)


def resident() -> float:
    """The most that this process has had in memory so far, in megabytes."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    kilobytes = next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(kilobytes) * 1024 / 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=1_000_000)
    parser.add_argument("--size", type=int, default=5, help="KB")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--chunking", action="store_true", help="the sink offers CHUNKING")
    parser.add_argument("--most", type=float, default=150, metavar="MB")
    given = parser.parse_args()
    introduce(1)
    with tempfile.TemporaryDirectory() as place, sink(KINDS["fast"], chunking=given.chunking) as running:
        folder = Path(place, "outlet")
        app = outlet.furnish(folder, running.port, Setup(given.connections), given.subscribers)
        freezing = timed(lambda: outlet.freeze(app, outlet.rendition(given.size * 1024)))
        app.database.close()
        with ProcessPoolExecutor(1, get_context("spawn")) as processes:
            run = processes.submit(send, folder).result()
        taken = running.taken()
    if taken != given.subscribers:
        raise SystemExit(f"{given.subscribers} messages were sent, the sink took {taken}")
    print(f"\nfrozen     {given.subscribers:,} deliveries in {freezing:.1f} s")
    print(f"delivered  in {run.seconds:.1f} s, {given.subscribers / run.seconds:,.0f} messages a second")
    print(f"resident   {run.before:.0f} MB before the first message, {run.peak:.0f} MB at the most")
    return 1 if run.peak > given.most else 0


if __name__ == "__main__":
    sys.exit(main())
