"""Runs ours and its peers in turn, several times, and prints medians and ratios."""

from __future__ import annotations

import gc
import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

OURS = "digest"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to do the work: ``run`` does ``amount`` of it and returns the seconds it took, without its preparation.

    ``run`` None says that what it needs is not installed.
    """

    name: str
    amount: int
    run: Callable[[], float] | None


def timed(call: Callable[[], object]) -> float:
    """The seconds that a call takes."""
    gc.collect()
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def compare(title: str, ways: Sequence[Way], *, runs: int) -> None:
    """Runs every way ``runs`` times in turn, each time another one first, and prints a table; the first way is ours.

    A ratio is the median over the runs of ours divided by the peer's in the same run, so that whatever else the
    machine was doing then weighs on both.
    """
    present = [way for way in ways if way.run]
    rates: dict[str, list[float]] = {way.name: [] for way in present}
    for turn in range(runs):
        first = turn % len(present)
        for way in present[first:] + present[:first]:
            if way.run:
                rates[way.name].append(way.amount / way.run())
    width = max(len(way.name) for way in ways)
    print(f"\n{title}")
    print(f"  {'':{width}}  {'per second':>12}  {'spread':>7}  ours to it")
    for way in ways:
        print(f"  {way.name:{width}}  {_row(rates[ways[0].name], rates.get(way.name))}", flush=True)


def _row(ours: Sequence[float], theirs: Sequence[float] | None) -> str:
    if theirs is None:
        return "not installed, left out"
    median = statistics.median(theirs)
    spread = (max(theirs) - min(theirs)) / median
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    shown = "" if theirs is ours else f"{ratio:.2f} x"
    return f"{median:12,.0f}  {spread:7.0%}  {shown:>10}".rstrip()


def introduce(runs: int) -> None:
    """Names the machine, without which no number means anything."""
    system = platform.system()
    with suppress(OSError):
        system = platform.freedesktop_os_release()["PRETTY_NAME"]
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {system}, SQLite {sqlite3.sqlite_version}")
    print(
        f"load {os.getloadavg()[0]:.1f} before the start; a durable write (fsync) takes {_fsync() * 1000:.2f} ms; "
        f"medians of {runs} interleaved runs"
    )


def _fsync() -> float:
    with tempfile.TemporaryFile() as file:

        def write() -> None:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())

        return statistics.median(timed(write) for _ in range(20))
