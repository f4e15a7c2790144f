"""A folder with an index, on a clock that stands still, and what was opened of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.model import Article, Period, Problem
from digest.sources.indexed import Indexed
from digest.sources.listing import Listing
from digest.store.database import Database
from digest.store.sightings import Sightings
from tests.sources.recording import Recording

START = datetime(2025, 12, 1, tzinfo=UTC)
WEEK = Period(START, START + timedelta(days=7), "2025-W49")
SECOND = 10**9  # nanoseconds


def story(title: str = "A story", date: str = "2025-12-03", body: str = "Text.") -> str:
    return f"---\ntitle: {title}\ndate: {date}\n---\n{body}\n"


@dataclass(frozen=True)
class Claiming(Recording):
    """A folder on a file system that gives all files the times it likes, and only their size is true."""

    times: tuple[int, int] = (SECOND, SECOND)

    def listing(self) -> Listing:
        found = super().listing()
        return replace(found, files={path: (*self.times, size) for path, (_, _, size) in found.files.items()})


class Site:
    """A folder of articles beside a database, and somebody who asks for a week of it, an hour after the last time."""

    def __init__(self, root: Path, database: Database, **manner: Any) -> None:
        self.root = root
        self.folder = Recording(root, ZoneInfo("UTC"), **manner)
        self.index = Sightings(lambda: database, writes=True)
        self.now = START + timedelta(days=3)
        self.ticks = time.time_ns()
        self.told: list[tuple[int, int]] = []

    def write(self, name: str, content: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return path

    def read(self, window: Period | None = WEEK, **other: Any) -> list[Article | Problem]:
        self.now += timedelta(hours=1)
        self.ticks += 3600 * SECOND
        for touched in (self.folder.looked_into, self.folder.read_whole, self.told):
            touched.clear()
        source = Indexed(self.folder, self.index, lambda: self.now, lambda: self.ticks)
        return list(replace(source, **other).read(window, lambda done, total: self.told.append((done, total))))

    def titles(self, window: Period | None = WEEK, **other: Any) -> list[str]:
        return [found.title for found in self.read(window, **other) if isinstance(found, Article)]

    def seen(self, window: Period | None = WEEK) -> dict[str, datetime | None]:
        return {found.title: found.seen for found in self.read(window) if isinstance(found, Article)}
