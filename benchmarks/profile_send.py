"""Where the time goes while ours sends: samples of a whole run, by part of the program and by function.

    python benchmarks/profile_send.py --size 60 --connections 50 --sink fast

py-spy (`pip install py-spy`) looks into the sending process 500 times a second from outside, and sees those threads that
are at work just then: waiting does not show. A sample counts for the function that was running, and for the part of the
program that had called it: what SQLAlchemy does for the ledger is the ledger's. What is left with
`digest/sending/running.py` is the event loop itself, with what the kernel does for it.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import outlet
from measuring import introduce
from outlet import UNSIGNED, Setup
from sinks import KINDS, missing, sink

HERE = Path(__file__).parent
RATE = 500  # samples in a second
SHOWN = 25
OURS = "(digest/"
IMPORTING = "importlib"
SENDING = "import pathlib, sys; from profile_send import send; send(pathlib.Path(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Sample:
    """``count`` times a thread was seen in the last of ``frames``, each written ``function (file:line)``."""

    thread: str
    frames: tuple[str, ...]
    count: int

    @property
    def is_at_work(self) -> bool:
        """Not importing itself, as at the start."""
        return any(OURS in frame for frame in self.frames) and not any(IMPORTING in frame for frame in self.frames)

    @property
    def part(self) -> str:
        """The file of ours that is nearest to what was running."""
        return _file(next(frame for frame in reversed(self.frames) if OURS in frame))

    @property
    def function(self) -> str:
        return f"{self.frames[-1].partition(' (')[0]}  {_file(self.frames[-1])}"


def send(folder: Path) -> None:
    """In a process of its own: delivers the last edition of the program in that folder."""
    app = outlet.opened(folder)
    outlet.deliver(app, app.editions.every()[0])


def profiled(folder: Path, spy: str) -> list[Sample]:
    raw = folder / "samples"
    watching = [spy, "record", "--format", "raw", "--threads", "--rate", str(RATE), "--output", str(raw), "--"]
    command = [*watching, sys.executable, "-c", SENDING, str(folder)]
    subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.DEVNULL)
    samples = (_sample(line) for line in raw.read_text(encoding="utf-8").splitlines())
    return [sample for sample in samples if sample.is_at_work]


def _sample(line: str) -> Sample:
    stack, _, count = line.rpartition(" ")
    thread, *frames = stack.split(";")
    return Sample(thread.partition(": ")[2], tuple(frames), int(count))


def _file(frame: str) -> str:
    return frame.rpartition("(")[2].rpartition(":")[0] or "Python"


def show(samples: list[Sample], messages: int) -> None:
    threads, parts, functions = Counter[str](), Counter[str](), Counter[str]()
    for sample in samples:
        threads[sample.thread] += sample.count
        parts[sample.part] += sample.count
        functions[sample.function] += sample.count
    for title, counted in (("thread", threads), ("part", parts), ("function, own time", functions)):
        print(f"\n{'share':>6}  {'us each':>8}  {title}")
        for name, count in counted.most_common(SHOWN):
            print(f"{count / sum(counted.values()):6.1%}  {count / RATE / messages * 1e6:8.1f}  {name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--size", type=int, default=60, help="KB")
    parser.add_argument("--connections", type=int, default=50)
    parser.add_argument("--sink", choices=tuple(KINDS), default="fast")
    parser.add_argument("--chunking", action="store_true", help="our sink offers CHUNKING")
    parser.add_argument("--dkim", choices=outlet.KEYS, default=UNSIGNED)
    parser.add_argument("--window", type=int, default=2)
    given = parser.parse_args()
    kind = KINDS[given.sink]
    spy = shutil.which("py-spy", path=f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}")
    if not spy or missing([kind]):
        raise SystemExit(missing([kind]) or "py-spy is not installed")
    introduce(1)
    with tempfile.TemporaryDirectory() as place, sink(kind, chunking=given.chunking) as running:
        folder = Path(place, "outlet")
        setup = Setup(given.connections, given.window, key=given.dkim)
        app = outlet.furnish(folder, running.port, setup, given.subscribers)
        outlet.freeze(app, outlet.rendition(given.size * 1024))
        app.database.close()
        show(profiled(folder, spy), given.subscribers)


if __name__ == "__main__":
    main()
