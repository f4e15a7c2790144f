"""A folder of article files, read: each becomes an Article, a Problem, or an Article with Problems beside it.

paths ──▶ bytes ──▶ text ──▶ fields | body ──▶ Article
                     front_matter, fields        reading: dates, text, body, covers, addresses
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import FileIO
from pathlib import Path

from digest.errors import ArticleError, SourceError
from digest.model import Article, Fault, Problem
from digest.sources import front_matter, sidecars
from digest.sources.glancing import FIRST_LOOK
from digest.sources.listing import SUFFIXES, Listing, listing
from digest.sources.reading import Manner, Reading

__all__ = ["FILE_MAXIMUM", "SUFFIXES", "Folder"]

FILE_MAXIMUM = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Folder(Manner):
    """The articles below ``root``."""

    def listing(self) -> Listing:
        """Every article file with its stamp. Raises SourceError when ``root`` is not a folder."""
        if not self.root.is_dir():
            raise SourceError(f"{self.root}: there is no such folder of articles", hint="see `files` under [[sources]]")
        return listing(self.root)

    def paths(self) -> tuple[Path, ...]:
        """Every article file, sorted; a folder that cannot be listed is among them, for ``read`` to make a Problem of.

        Raises SourceError when ``root`` is not a folder.
        """
        found = self.listing()
        return tuple(sorted(self.root / path for path in (*found.files, *found.unlisted)))

    def open(self, path: str) -> FileIO:
        """The file at this path below the root, to be looked into; the system is told to fetch its beginning.

        Raises OSError.
        """
        file = FileIO(f"{self.root}{os.sep}{path}")
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, FIRST_LOOK, os.POSIX_FADV_WILLNEED)
        return file

    def read(self, paths: Iterable[Path]) -> Iterator[Article | Problem]:
        """What each file holds, one result or more for each of the paths; no file's fault reaches another."""
        for path in paths:
            try:
                data = _data(path)
            except OSError as error:
                yield Problem(
                    self.called(path),
                    f"cannot be read: {error.strerror or error}",
                    "check the file's rights",
                    fault=Fault.UNREADABLE,
                )
            except ArticleError as error:
                yield Problem(self.called(path), error.what, error.hint, error.line, Fault(error.fault))
            else:
                yield from self.parse(path, data)

    def parse(self, path: Path, data: bytes) -> Iterator[Article | Problem]:
        """What the bytes of one file hold: an Article, with Problems for what could not be used, or a Problem alone."""
        name = self.called(path)
        content, fault = front_matter.decode(data)
        if fault:
            yield Problem(name, fault, "save the file as UTF-8", fault=Fault.ENCODING)
        try:
            front = sidecars.completed(front_matter.split(name, content), path, self.root)
            for defect in front.defects:
                where = self.called(defect.where or path)
                yield Problem(where, defect.what, defect.hint, defect.line, Fault.FRONT_MATTER)
            yield from Reading(self, path, name, front).results()
        except ArticleError as error:
            yield Problem(name, error.what, error.hint, error.line, Fault(error.fault))

    def called(self, path: Path) -> str:
        """A file's path below the base, the same on every file system and writable everywhere."""
        below = str(path).removeprefix(_above(self.root, self.base)).replace(os.sep, "/")
        if below.isascii() and below.isprintable():
            return below
        readable = os.fsencode(below).decode("utf-8", "backslashreplace")
        return unicodedata.normalize("NFC", "".join(c if c.isprintable() else ascii(c)[1:-1] for c in readable))


@lru_cache
def _above(root: Path, base: Path | None) -> str:
    """What stands in a path before the part that files are called by."""
    return f"{base if base and root.is_relative_to(base) else root}{os.sep}"


def _data(path: Path) -> bytes:
    """A file's bytes. Raises OSError, and ArticleError for what is no file or no article by its size."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        next(path.iterdir(), None)  # says why it was not listed
    if not stat.S_ISREG(status.st_mode):
        raise ArticleError(path.name, "is not a file", fault=Fault.UNREADABLE)
    if status.st_size > FILE_MAXIMUM:
        what = f"has more than {FILE_MAXIMUM:,} bytes"
        raise ArticleError(path.name, what, hint="is it an article?", fault=Fault.UNREADABLE)
    return path.read_bytes()
