"""A folder of articles as a source: only what changed is looked at again, and only what is wanted is read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from digest.model import Article, Period, Problem
from digest.sources.files import Folder
from digest.sources.ports import Index


@dataclass(frozen=True, slots=True)
class Indexed:
    """The articles of one folder, with what is known of its files."""

    folder: Folder
    index: Index
    now: Callable[[], datetime]

    def read(self, window: Period | None, told: Callable[[int, int], None]) -> Iterator[Article | Problem]:
        """What was published or first met in the window, with a Problem for each file that has no date."""
        paths = self.folder.paths()
        for done, path in enumerate(paths, start=1):
            for found in self.folder.read((path,)):
                if isinstance(found, Problem) or window is None or found.published in window:
                    yield found
            told(done, len(paths))
