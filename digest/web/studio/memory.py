"""What article files held when they were last read, and how pictures were seen: only what changed is looked at again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from digest.app import App, Hung
from digest.config import Config
from digest.model import Article, FolderState, Image, Period, Problem, Sighting
from digest.publishing import Digest, Source, Told
from digest.sources.indexed import UNSETTLED, Indexed
from digest.sources.listing import is_article
from digest.sources.ports import Index
from digest.store.database import is_there

Results = tuple[Article | Problem, ...]
Stamp = tuple[int, int]
FAULTS_KEPT = timedelta(minutes=1)  # after which a picture that could not be had is asked for again


class _Notebook:
    """What was seen of a folder, for as long as somebody looks: it begins with what is kept of that, and keeps nothing."""

    def __init__(self, kept: Index) -> None:
        self._kept = kept
        self.files: dict[str, Sighting] | None = None

    def known(self, source: str) -> dict[str, Sighting]:
        if self.files is None:
            self.files = dict(self._kept.known(source))
        return self.files

    def within(self, source: str, state: bytes, start: int, end: int) -> None:
        """It has them all, and needs them to tell what has changed."""

    def learn(
        self,
        source: str,
        found: Mapping[str, Sighting],
        gone: Collection[str],
        state: FolderState,  # noqa: ARG002 - an Index's signature
    ) -> None:
        left = {path: sighting for path, sighting in self.known(source).items() if path not in gone}
        self.files = left | dict(found)


class Remembered:
    """A folder that reads a file again only when it is seen that it has changed, or when it was told to forget it."""

    def __init__(self, source: Indexed) -> None:
        self.folder = source.folder
        self._notebook = _Notebook(source.index)
        self._source = replace(source, index=self._notebook, whole=self._whole)
        self._held: dict[str, tuple[Sighting, Results]] = {}

    def read(self, window: Period | None, told: Told) -> Iterator[Article | Problem]:
        return self._source.read(window, told)

    @property
    def has_looked(self) -> bool:
        """Whether it depends no longer on what is kept, which may be closed."""
        return self._notebook.files is not None

    def holds(self, path: Path) -> bool:
        return self._below(path) in (self._notebook.files or ())

    def forget(self, path: Path) -> None:
        """Drops what depends on a file: an article's own, or those that show, or may have missed, this picture."""
        self._held.pop(self._below(path), None)
        if not is_article(path.name):
            self._held = {known: held for known, held in self._held.items() if not _concerns(path.name, held[1])}

    def _whole(self, path: str) -> Results:
        sighting = self._notebook.files.get(path) if self._notebook.files else None
        held = self._held.get(path)
        if sighting is not None and held and held[0] == sighting:
            return held[1]
        results = tuple(self.folder.read([self.folder.root / path]))
        if sighting is not None and sighting.changed != UNSETTLED:
            self._held[path] = sighting, results
        return results

    def _below(self, path: Path) -> str:
        """The path below the folder, "" for one that is not."""
        return str(path.relative_to(self.folder.root)) if path.is_relative_to(self.folder.root) else ""


class Memory:
    """The sources of one site after another, each folder with what it remembers for as long as it stays the same."""

    def __init__(self) -> None:
        self._folders: tuple[Remembered, ...] = ()

    def of(self, sources: Iterable[Source]) -> tuple[Source, ...]:
        """These sources, folders remembering; what other folders held is dropped."""
        made = tuple(self._remembered(source) if isinstance(source, Indexed) else source for source in sources)
        self._folders = tuple(source for source in made if isinstance(source, Remembered))
        return made

    def _remembered(self, source: Indexed) -> Remembered:
        known = (folder for folder in self._folders if folder.folder == source.folder and folder.has_looked)
        return next(known, None) or Remembered(source)

    def holds(self, path: Path) -> bool:
        """Whether this is an article that was looked at."""
        return any(folder.holds(path) for folder in self._folders)

    def forget(self, paths: Iterable[Path]) -> None:
        for path in paths:
            for folder in self._folders:
                folder.forget(path)


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
        if "database" not in vars(self) or self.database.path or self.database.server:
            return False
        return is_there(self.config.database.url)

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
