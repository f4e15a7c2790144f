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
from pathlib import Path

from digest.errors import ArticleError, SourceError
from digest.model import Article, Fault, Problem
from digest.sources import front_matter
from digest.sources.reading import Manner, Reading

SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".html"})
NOT_ARTICLES = frozenset({"_index", "readme"})  # the pages of sections and of folders
FILE_MAXIMUM = 20_000_000  # bytes


@dataclass(frozen=True, slots=True)
class Folder(Manner):
    """The articles below ``root``."""

    def paths(self) -> tuple[Path, ...]:
        """Every article file, sorted. Hidden files and folders are passed over, links to folders are not followed.

        A folder that cannot be listed is among the paths, for ``read`` to make a Problem of. Raises SourceError when
        ``root`` is not a folder.
        """
        if not self.root.is_dir():
            raise SourceError(f"{self.root}: there is no such folder of articles", hint="see `files` under [[sources]]")
        found: list[Path] = []
        unlisted: list[OSError] = []
        for folder, below, files in os.walk(self.root, onerror=unlisted.append):
            below[:] = [name for name in below if not name.startswith(".")]
            found += [Path(folder, name) for name in files if _is_article(name)]
        return tuple(sorted((*found, *(Path(error.filename) for error in unlisted))))

    def read(self, paths: Iterable[Path]) -> Iterator[Article | Problem]:
        """What each file holds, one result or more for each of the paths; no file's fault reaches another."""
        for path in paths:
            try:
                data = _data(path)
            except OSError as error:
                yield Problem(
                    self._name(path),
                    f"cannot be read: {error.strerror or error}",
                    "check the file's rights",
                    fault=Fault.UNREADABLE,
                )
            except ArticleError as error:
                yield Problem(self._name(path), error.what, error.hint, error.line, Fault(error.fault))
            else:
                yield from self.parse(path, data)

    def parse(self, path: Path, data: bytes) -> Iterator[Article | Problem]:
        """What the bytes of one file hold: an Article, with Problems for what could not be used, or a Problem alone."""
        name = self._name(path)
        content, fault = front_matter.decode(data)
        if fault:
            yield Problem(name, fault, "save the file as UTF-8", fault=Fault.ENCODING)
        try:
            front = front_matter.split(name, content)
            yield from Reading(self, path, name, front).results()
        except ArticleError as error:
            yield Problem(name, error.what, error.hint, error.line, Fault(error.fault))

    def _name(self, path: Path) -> str:
        """A file's path below the base, the same on every file system and writable everywhere."""
        base = self.base if self.base and self.root.is_relative_to(self.base) else self.root
        below = str(path).removeprefix(f"{base}{os.sep}").replace(os.sep, "/")
        if below.isascii() and below.isprintable():
            return below
        readable = os.fsencode(below).decode("utf-8", "backslashreplace")
        return unicodedata.normalize("NFC", "".join(c if c.isprintable() else ascii(c)[1:-1] for c in readable))


def _is_article(name: str) -> bool:
    stem, dot, suffix = name.rpartition(".")
    first = stem.partition(".")[0].casefold()
    return bool(first) and f"{dot}{suffix.lower()}" in SUFFIXES and first not in NOT_ARTICLES


def _data(path: Path) -> bytes:
    """A file's bytes. Raises OSError, and ArticleError for what is no file or no article by its size."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        next(path.iterdir(), None)  # says why it was not listed
    if not stat.S_ISREG(status.st_mode):
        raise ArticleError(path.name, "is not a file")
    if status.st_size > FILE_MAXIMUM:
        raise ArticleError(path.name, f"has more than {FILE_MAXIMUM:,} bytes", hint="is it an article?")
    return path.read_bytes()
