"""What article files held when they were last read, and how pictures were seen: only what changed is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from digest.app import App, Hung
from digest.config import Config
from digest.model import Article, Image, Period, Problem
from digest.publishing import Digest, Source, Told
from digest.sources.files import SUFFIXES
from digest.store.database import file_of

Results = tuple[Article | Problem, ...]
Stamp = tuple[int, int]
FAULTS_KEPT = timedelta(minutes=1)  # after which a picture that could not be had is asked for again


@dataclass(frozen=True, slots=True)
class _Held:
    """The results of one file, and the time and size it had then."""

    stamp: Stamp | None
    results: Results


class Remembered:
    """A source that reads a file again only when its time or size has changed, or when it was told to forget it."""

    def __init__(self, source: Source) -> None:
        self.source = source

    def read(self, window: Period | None, told: Told) -> Iterator[Article | Problem]:
        yield from self.source.read(window, told)

    def holds(self, path: Path) -> bool:
        return path.suffix.lower() in SUFFIXES

    def forget(self, path: Path) -> None:
        """Drops what depends on a file: an article's own, or those that show, or may have missed, this picture."""


class Memory:
    """The sources of one site after another, each with what it remembers for as long as it stays the same."""

    def __init__(self) -> None:
        self._sources: tuple[Remembered, ...] = ()

    def of(self, sources: Iterable[Source]) -> tuple[Remembered, ...]:
        """These sources, remembering; what other sources held is dropped."""
        known = {remembered.source: remembered for remembered in self._sources}
        self._sources = tuple(known.get(source) or Remembered(source) for source in sources)
        return self._sources

    def holds(self, path: Path) -> bool:
        """Whether this is an article that was read."""
        return any(source.holds(path) for source in self._sources)

    def forget(self, paths: Iterable[Path]) -> None:
        for path in paths:
            for source in self._sources:
                source.forget(path)


class RememberingApp(App):
    """The parts for looking again and again: nothing is written, and a memory stands before what is slow to read."""

    def __init__(self, config: Config, now: Callable[[], datetime], memory: Memory) -> None:
        super().__init__(config, now, read_only=True)
        self._memory = memory
        self._hung: dict[str, tuple[datetime, object, Hung]] = {}

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        return self._memory.of(super().sources)

    def covers(self, digest: Digest, images: tuple[tuple[str, Image], ...]) -> Hung:
        """As they were seen before, while they are the same; where something was wrong, for a minute."""
        wanted = tuple((where, image, _stamp(image.file)) for where, image in images)
        if known := self._hung.get(digest.name):
            when, seen, hung = known
            if seen == wanted and not (hung[1] and self.now() - when > FAULTS_KEPT):
                return hung
        hung = super().covers(digest, images)
        self._hung[digest.name] = self.now(), wanted, hung
        return hung

    @property
    def outlived(self) -> bool:
        """Whether there is a database now, where an empty one had to stand in for it."""
        path = file_of(self.config.database.url)
        return "database" in vars(self) and self.database.path is None and path is not None and path.exists()

    def close(self) -> None:
        if "database" in vars(self):  # it was opened
            self.database.close()


def _stamp(file: str | Path) -> Stamp | None:
    """What changes when a file does; None for what is no file, or no file any longer."""
    try:
        status = Path(file).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def _concerns(name: str, results: Results) -> bool:
    """Whether a picture, or a folder on the way to one, of this name can have made these results what they are.

    Where something was wrong, it may be that the picture was not there.
    """
    return any(isinstance(result, Problem) or name in _parts(result) for result in results)


def _parts(article: Article) -> tuple[str, ...]:
    if article.image is None:
        return ()
    return (*Path(article.image.file).parts, *PurePosixPath(unquote(urlsplit(article.image.url).path)).parts)
