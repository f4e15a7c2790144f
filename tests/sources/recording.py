"""A folder of articles that tells which files were looked into, and which were read whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from digest.model import Article, Problem
from digest.sources.files import Folder


@dataclass(frozen=True)
class Recording(Folder):
    looked_into: list[str] = field(default_factory=list, compare=False)
    read_whole: list[str] = field(default_factory=list, compare=False)

    def open(self, path: str) -> FileIO:
        self.looked_into.append(path)
        return super().open(path)

    def read(self, paths: Iterable[Path]) -> Iterator[Article | Problem]:
        for path in paths:
            self.read_whole.append(str(path.relative_to(self.root)))
            yield from super().read([path])
