"""A folder of articles as a source: only what changed is looked at again, and only what is wanted is read whole.

    listing ──▶ changed? ──▶ beginnings ──▶ Sightings ──▶ wanted? ──▶ Folder.read ──▶ Article | Problem
                   ▲          when, hash        │
                   └────────── index ◀──────────┘

A file is believed to be as it was while its stamp is the same; so a stamp is kept only if any change would have made
another one. While all stamps of a folder are the same, the index is asked for nothing but what is wanted.
"""

from __future__ import annotations

import gc
import marshal
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from io import FileIO

from digest.model import Article, FolderState, Period, Problem, Sighting
from digest.sources import front_matter
from digest.sources.fields import Field
from digest.sources.files import Folder
from digest.sources.glancing import FIRST_LOOK, glance
from digest.sources.listing import NO_FILE, Listing, Stamp
from digest.sources.ports import Index
from digest.sources.reading import when

# One more whenever another date may be read from the same bytes, by any module that reads: every file is looked at again
# then.
READER = 4

# File systems count time in steps of up to two seconds (FAT). Within the step in which it was read, a file may change
# once more without another stamp; git calls such files racy.
SETTLED = 2 * 10**9  # nanoseconds
EARLIEST = 315_619_200 * 10**9  # 1980-01-02; archives that shall come out the same each time date every file before
UNSETTLED = -1  # in place of a time of change: no file has it, so that the next look goes into this one

AT_ONCE = 64  # files that are open; some systems let a process have no more than 256
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Indexed:
    """The articles of one folder, with what is known of its files. ``ticks`` is the clock by which files are dated.

    ``whole`` reads a file, by its path below the folder, for whoever remembers what is in it; unset, the folder does.
    """

    folder: Folder
    index: Index
    now: Callable[[], datetime]
    ticks: Callable[[], int] = time.time_ns
    whole: Callable[[str], Iterable[Article | Problem]] | None = None

    def read(self, window: Period | None, told: Told) -> Iterator[Article | Problem]:
        """What was published or first met in the window, with a Problem for each file that has no date.

        With None all there is, with what became of those files that are no articles.
        """
        with _collector_at_rest():
            listing = self.folder.listing()
            sightings = self._sightings(listing, window, told)
        yield from self.folder.read(self.folder.root / folder for folder in sorted(listing.unlisted))
        wanted = sorted(_within(window, sightings) if window else listing.files)
        for done, path in enumerate(wanted, start=1):
            yield from self._wanted(path, sightings.get(path), window)
            told(done, len(wanted))

    @property
    def _source(self) -> str:
        root, base = self.folder.root, self.folder.base
        return os.fspath(root.relative_to(base) if base and root.is_relative_to(base) else root)

    def _sightings(self, listing: Listing, window: Period | None, told: Told) -> Mapping[str, Sighting]:
        """At least those that are wanted. Where nothing at all has changed, nobody has to look at the others."""
        state = _state(listing, _fingerprint(self.folder))
        if window and (there := self.index.within(self._source, state, *_bounds(window))) is not None:
            return there
        known = self.index.known(self._source)
        # When all is read whole, what was never looked at may stay so: nothing in it was met after the rest.
        return self._look(listing, known, state, told) if window or known else {}

    def _look(self, listing: Listing, known: Mapping[str, Sighting], state: bytes, told: Told) -> dict[str, Sighting]:
        """Every listed file as it is now; the index learns what is new."""
        eye = _Eye(
            self.folder,
            listing,
            known,
            _fingerprint(self.folder),
            self.ticks,
            can_tell=_can_tell(listing.files.values()),
        )
        missing = known.keys() - listing.files.keys()
        gone = {path: known[path] for path in missing if not listing.hides(path)}
        found = self._met(known, gone, _looked(eye, eye.strangers(), told))
        sightings = {**known, **found}
        for path in missing:
            del sightings[path]
        settled = all(sighting.changed != UNSETTLED for sighting in sightings.values())
        self.index.learn(self._source, found, gone, FolderState(state if settled else b"", len(listing.files)))
        return sightings

    def _met(
        self, known: Mapping[str, Sighting], gone: Mapping[str, Sighting], looked: Mapping[str, Sighting]
    ) -> dict[str, Sighting]:
        """Those of which there is something new to know, with when they were first met.

        In a folder that was never looked at all have been there from the beginning. Later, a new file that is like one
        which has gone is the same under another name.
        """
        moved = {(old.hash, old.size): old.seen for old in gone.values() if old.hash}
        fresh = _microseconds(self.now()) if known else None
        found = {}
        for path, new in looked.items():
            if path not in known:
                found[path] = new._replace(seen=moved.get((new.hash, new.size), fresh))
            elif new != known[path]:
                found[path] = new
        return found

    def _wanted(self, path: str, sighting: Sighting | None, window: Period | None) -> Iterator[Article | Problem]:
        """What a file holds: nothing, if it was changed meanwhile and its article is none of those that are wanted."""
        seen = _moment(sighting.seen) if sighting else None
        results = tuple(self.whole(path) if self.whole else self.folder.read([self.folder.root / path]))
        if window and not all(_is_wanted(found, seen, window) for found in results if isinstance(found, Article)):
            return
        for found in results:
            if isinstance(found, Article):
                yield replace(found, seen=seen) if seen else found
            elif not (window and found.is_note):
                yield found


@dataclass(frozen=True, slots=True)
class _Eye:
    """Looks at the listed files of a folder, and into the beginning of those that it does not know by their stamps.

    ``can_tell`` says whether stamps mean anything in this folder.
    """

    folder: Folder
    listing: Listing
    known: Mapping[str, Sighting]
    reader: int
    ticks: Callable[[], int]
    can_tell: bool

    def strangers(self) -> list[str]:
        """The files that are not known as they are now."""
        known, reader = self.known, self.reader
        return [
            path
            for path, stamp in self.listing.files.items()
            if (old := known.get(path)) is None or old[:3] != stamp or old.reader != reader
        ]

    def look(self, paths: Iterable[str]) -> Iterator[Sighting]:
        """What is to be seen of these files: all are asked for before the first is read, and disks like that."""
        opened = {path: self._opened(path) for path in paths}
        try:
            for path, file in opened.items():
                yield self._sighting(path, file)
        finally:
            for file in filter(None, opened.values()):
                file.close()

    def _opened(self, path: str) -> FileIO | None:
        try:
            return self.folder.open(path) if self.listing.files[path] != NO_FILE else None
        except OSError:
            return None

    def _sighting(self, path: str, file: FileIO | None) -> Sighting:
        modified, changed, size = stamp = self.listing.files[path]
        old = self.known.get(path)
        began = self.ticks()
        try:
            digest, published = self._read(path, file, old) if file else (b"", None)
        except OSError:
            digest, published = b"", None
        if not digest or not self._is_settled(stamp, began):
            changed = UNSETTLED
        return Sighting(modified, changed, size, digest, published, old.seen if old else None, self.reader)

    def _read(self, path: str, file: FileIO, old: Sighting | None) -> tuple[bytes, int | None]:
        """A hash of a file's beginning, and when its article was published; of the same content that is known.

        Where it has sidecars, they may have a word in that too; once they are gone, it has none but its own.
        """
        alone = path not in self.listing.accompanied
        beginning = file.read(FIRST_LOOK)
        moment = glance(self.folder, path, beginning) if alone else None
        if moment is None:
            file.seek(0)
            beginning = front_matter.opening(file)
        digest = blake2b(beginning, digest_size=8, person=b"" if alone else b"with sidecars").digest()
        if moment is None and alone and old and (old.hash, old.reader) == (digest, self.reader):
            return digest, old.published
        if moment is None:
            whole = self.folder.root / path
            moment = when(self.folder, whole, self.folder.called(whole), beginning)
        return digest, _microseconds(moment) if moment else None

    def _is_settled(self, stamp: Stamp, began: int) -> bool:
        """Whether a change from now on would make another stamp. Times of change are the file system's own; where it has
        none, there are those of modification, which anybody can set.
        """
        modified, changed, _ = stamp
        last = changed if changed >= EARLIEST else modified
        return self.can_tell and EARLIEST <= last < began - SETTLED


def _looked(eye: _Eye, paths: Sequence[str], told: Told) -> dict[str, Sighting]:
    found: dict[str, Sighting] = {}
    for start in range(0, len(paths), AT_ONCE):
        batch = paths[start : start + AT_ONCE]
        found.update(zip(batch, eye.look(batch), strict=True))
        told(len(found), len(paths))
    return found


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Hundreds of thousands of records that stay, and hold no cycles, are made here; looking through all of them for
    garbage, again and again, takes as long as making them.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _is_wanted(article: Article, seen: datetime | None, window: Period) -> bool:
    return article.published in window or (seen is not None and seen in window)


def _within(window: Period, sightings: Mapping[str, Sighting]) -> Iterator[str]:
    """The files that have to be read whole: what is wrong with those that have no date is told each time."""
    start, end = _bounds(window)
    for path, sighting in sightings.items():
        published, seen = sighting.published, sighting.seen
        if published is None or start <= published < end or (seen is not None and start <= seen < end):
            yield path


def _can_tell(stamps: Iterable[Stamp]) -> bool:
    """Whether times differ at all: in archives that shall come out the same each time, and in file systems that are made
    of such, they do not.
    """
    times = (stamp[:2] for stamp in stamps)
    first = next(times, None)
    return any(other != first for other in times)


def _fingerprint(folder: Folder) -> int:
    """Another number where another date may be read from the same bytes."""
    table = [field.value for field in Field]
    manner = repr((READER, table, folder.zone.key, sorted(folder.names.items())))
    return int.from_bytes(blake2b(manner.encode(), digest_size=7).digest())  # 56 bits: a BIGINT has 63


def _state(listing: Listing, reader: int) -> bytes:
    """Another one whenever a file comes, goes or gets another stamp, or is read in another way."""
    seen = marshal.dumps((reader, sorted(listing.unlisted), listing.files), 2)  # 2: equal values, equal bytes
    return blake2b(seen, digest_size=16).digest()


def _bounds(window: Period) -> tuple[int, int]:
    return _microseconds(window.start), _microseconds(window.end)


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def _moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else _EPOCH + microseconds * _MICROSECOND
