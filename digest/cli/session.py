"""What every command shares: the configuration file, the clock of this run, where words go, how progress is shown."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import click

from digest.errors import DigestError
from digest.model import Problem

if TYPE_CHECKING:  # what follows is slow to import, and `digest --help` does without it
    from digest.app import App
    from digest.config import Config
    from digest.model import EditionRecord
    from digest.store.editions import Along

PLAIN_PROGRESS_SECONDS = 5
PROBLEMS_SHOWN = 20
YEARS = range(1970, 9000)  # that a clock may show: calendars end, and a digest looks a month ahead and back


class Session:
    """One run of the program. Results go to stdout (``out``, ``json``), everything else to stderr (``note``)."""

    def __init__(self) -> None:
        self.config_path = Path(os.environ.get("DIGEST_CONFIG", "digest.toml"))
        self.start: datetime | None = None
        self.verbose = False
        self._apps: dict[bool, App] = {}

    # --- what the commands work with

    def config(self) -> Config:
        """The configuration. Raises ConfigError."""
        from digest.config import load

        return load(self.config_path)

    def app(self, *, read_only: bool = False) -> App:
        """The wired parts. Raises ConfigError."""
        from digest.app import App, clock

        if read_only not in self._apps:
            config = self.config()
            self._apps[read_only] = App(config, clock(self.start), read_only=read_only, along=_along(config))
        return self._apps[read_only]

    # --- words

    def out(self, text: str = "") -> None:
        click.echo(text)

    def note(self, text: str = "") -> None:
        click.echo(text, err=True)

    def json(self, value: Any) -> None:
        """One JSON object on one line."""
        click.echo(json.dumps(value, ensure_ascii=False, default=_plain))

    def problems(self, problems: tuple[Problem, ...], *, strict: bool = False) -> None:
        """Shows what was wrong with the articles. Raises DigestError under ``strict`` if there is anything."""
        shown = problems if self.verbose else problems[:PROBLEMS_SHOWN]
        for problem in shown:
            self.note(f"problem: {problem}")
        if len(shown) < len(problems):
            self.note(f"problem: {len(problems) - len(shown)} more; -v shows them all")
        if problems and strict:
            raise DigestError(
                f"{len(problems)} problems, and --strict makes them fatal", hint="mend the files named above"
            )

    # --- progress

    @contextmanager
    def progress(self, label: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
        """Yields a callable that is told how much was done since it was last called."""
        with self.gauge(label, total) as gauge:
            yield gauge.advance

    @contextmanager
    def gauge(self, label: str, total: int | None = None) -> Iterator[Gauge]:
        """A bar with rate and remaining time on a terminal, a plain line now and then elsewhere."""
        gauge: Gauge = _Bar(label, total) if sys.stderr.isatty() else _Lines(label, total, self.note)
        try:
            yield gauge
        finally:
            gauge.close()


class Gauge(Protocol):
    """Something that shows how far a long work has come."""

    def advance(self, amount: int = 1) -> None: ...

    def reach(self, done: int, total: int) -> None: ...

    def say(self, text: str) -> None: ...

    def close(self) -> None: ...


class _Bar:
    def __init__(self, label: str, total: int | None) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(label, total=total, rate="")
        self._progress.start()

    def advance(self, amount: int = 1) -> None:
        speed = self._progress.tasks[0].speed
        self._progress.update(self._task, advance=amount, rate=f"{speed:,.0f}/s" if speed else "")

    def reach(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def say(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def close(self) -> None:
        self._progress.stop()


class _Lines:
    def __init__(self, label: str, total: int | None, note: Callable[[str], None]) -> None:
        self._label, self._total, self._note = label, total, note
        self._done = 0
        self._started = self._told = time.monotonic()

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        now = time.monotonic()
        if now - self._told >= PLAIN_PROGRESS_SECONDS:
            self._told = now
            rate = self._done / (now - self._started)
            left = f", {(self._total - self._done) / rate:,.0f} s left" if self._total and rate else ""
            of = f" of {self._total:,}" if self._total else ""
            self._note(f"{self._label}: {self._done:,}{of}, {rate:,.0f}/s{left}")

    def reach(self, done: int, total: int) -> None:
        self._total = total
        self.advance(done - self._done)

    def say(self, text: str) -> None:
        self._note(text)

    def close(self) -> None:
        return


def counted(number: int, noun: str) -> str:
    """``1 problem``, ``2,000 problems``."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Around writing below a folder that somebody named. Raises DigestError when that cannot be done."""
    try:
        yield
    except OSError as error:
        raise DigestError(
            f"{folder}: cannot be written to: {error.strerror or error}", hint="check its permissions, or name another"
        ) from error


def _along(config: Config) -> Along | None:
    """What goes along with freezing: on PostgreSQL, the jobs of workers."""
    if not config.database.url.startswith("postgresql:"):
        return None

    def defer(connection: Any, record: EditionRecord) -> None:
        from digest import cluster

        cluster.defer(connection, record)

    return defer


pass_session = click.make_pass_decorator(Session)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without a zone it means UTC."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            moment = datetime.min
        if moment.year not in YEARS:
            self.fail(f"{value!r} is not an instant such as 2025-12-08T07:00:00+01:00", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    match value:
        case datetime() | date():
            return value.isoformat()
        case Enum():
            return value.value
        case set() | frozenset():
            return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
