"""Watching the files that an edition is made of, and telling the press of every change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch
from watchfiles._rust_notify import WatchfilesRustInternalError
from watchfiles.main import FileChange

from digest.bundle import bundled
from digest.config import load
from digest.errors import DigestError
from digest.store.database import file_of
from digest.web.studio.press import Press

STEP = 50  # milliseconds of silence that end a batch of changes
LONGEST = 400  # milliseconds after which a batch that does not end is told nevertheless


@dataclass(frozen=True, slots=True)
class Places:
    """The configuration ``file``, and the ``folders`` that are watched with all that is below them but for ``own`` files.

    The database, and what SQLite lays beside it, may lie among the articles, and looking must not be seen as a change.
    """

    file: Path
    folders: frozenset[Path] = frozenset()
    own: tuple[Path, ...] = ()

    @property
    def there(self) -> frozenset[Path]:
        return frozenset(folder for folder in self.folders if folder.is_dir())

    @property
    def above(self) -> frozenset[Path]:
        """Where the file, and the folders that are missing, would appear."""
        return frozenset(_existing(place.parent) for place in {self.file} | (self.folders - self.there))

    def roots(self, path: Path) -> bool:
        """Whether a change of this path makes, moves or removes one of the places, so that it has to be watched anew."""
        return any(place.is_relative_to(path) for place in (self.file, *self.folders))


def places(config: Path, before: Places | None = None) -> Places:
    """What to watch for this configuration; while it is broken, the places are those of ``before``."""
    file = config.absolute()
    try:
        read = load(config)
    except DigestError:
        return before or Places(file)
    folders = {bundled("templates"), *(source.files for source in read.sources if source.files), *read.site.static}
    folders |= {read.site.editions, *([read.templates.folder] if read.templates.folder else ())}
    database = file_of(read.database.url)
    return Places(file, frozenset(folders), (database,) if database else ())


async def watch(press: Press) -> None:
    """Tells the press what changes, until it is cancelled.

    Where the system cannot watch so many folders, they are looked through again and again instead.
    """
    watched = places(press.config)
    polling = False
    while True:
        try:
            await _round(press, watched, polling=polling)
        except* FileNotFoundError:
            pass  # a folder went between looking for it and watching it
        except* WatchfilesRustInternalError:
            if polling:
                raise
            polling = True
        watched = await asyncio.to_thread(places, press.config, watched)


async def _round(press: Press, watched: Places, *, polling: bool) -> None:
    """Watches until the places themselves are other ones."""
    moved = asyncio.Event()

    def told(paths: Iterable[Path]) -> None:
        changed = tuple(paths)
        press.changed(changed)
        if any(map(watched.roots, changed)):
            moved.set()

    def beside(_change: Change, path: str) -> bool:
        return watched.roots(Path(path))

    async with asyncio.TaskGroup() as both:
        for folders, counts, below in (
            (watched.there, DefaultFilter(ignore_paths=watched.own), True),
            (watched.above, beside, False),
        ):
            changes = awatch(
                *folders,
                watch_filter=counts,
                debounce=LONGEST,
                step=STEP,
                stop_event=moved,
                force_polling=polling or None,
                recursive=below,
                ignore_permission_denied=True,
            )
            both.create_task(_follow(changes, told))
        await asyncio.sleep(0)  # both watch now
        press.changed()  # whatever happened while nobody did


async def _follow(changes: AsyncIterator[set[FileChange]], told: Callable[[Iterable[Path]], None]) -> None:
    async for batch in changes:
        told(Path(path) for _, path in batch)


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())
