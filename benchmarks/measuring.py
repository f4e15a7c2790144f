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


def compare(title: str, ways: Sequence[Way], *, runs: int, yardstick: str = "") -> None:
    """Runs every way ``runs`` times in turn, each time another one first, and prints a table; the first way is ours.

    A ratio is the median over the runs of ours divided by the peer's in the same run, so that whatever else the
    machine was doing then weighs on both. With ``yardstick``, the name of a way, every one is compared with that too.
    """
    present = [way for way in ways if way.run]
    rates: dict[str, list[float]] = {way.name: [] for way in present}
    for turn in range(runs):
        first = turn % len(present)
        for way in present[first:] + present[:first]:
            if way.run:
                rates[way.name].append(way.amount / way.run())
    ours, measure = rates[ways[0].name], rates.get(yardstick)
    width = max(len(way.name) for way in ways)
    beside = f"to {yardstick}" if measure else ""
    print(f"\n{title}")
    print(f"  {'':{width}}  {'each run':>9}  {'per second':>12}  {'spread':>7}  {'ours to it':>10}  {beside}".rstrip())
    for way in ways:
        print(f"  {way.name:{width}}  {_row(way.amount, rates.get(way.name), ours, measure)}", flush=True)


def _row(amount: int, theirs: Sequence[float] | None, ours: Sequence[float], measure: Sequence[float] | None) -> str:
    if theirs is None:
        return "not installed, left out"
    median = statistics.median(theirs)
    spread = (max(theirs) - min(theirs)) / median
    ratio = "" if theirs is ours else _ratio(ours, theirs)
    beside = _ratio(theirs, measure) if measure and theirs is not measure else ""
    return f"{amount:9,}  {median:12,.0f}  {spread:7.0%}  {ratio:>10}  {beside:>14}".rstrip()


def _ratio(rates: Sequence[float], others: Sequence[float]) -> str:
    return f"{statistics.median(a / b for a, b in zip(rates, others, strict=True)):.2f} x"


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
