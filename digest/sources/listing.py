"""Every article file below a folder with its stamp: one look at each folder, none into a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from digest.sources import sections, sidecars

# A file's time of modification and of change in nanoseconds, and its size in bytes, as the file system has them.
Stamp = tuple[int, int, int]

NO_FILE: Stamp = (0, 0, 0)  # of what can be listed, but holds no bytes: a link to nothing, a pipe

SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".qmd", ".html"})
# What tools put beside articles: programs of others, pages that were made, templates that pages are made with.
SKIPPED = frozenset({"node_modules", "bower_components", "__pycache__", "_site", "_includes", "_layouts"})


@dataclass(frozen=True, slots=True)
class Listing:
    """``files`` by their paths below the folder, and the ``unlisted`` folders below it, which nobody may look into.

    ``accompanied`` are files with sidecars. A stamp is for a file, its sidecars and the pages of its sections together.
    """

    files: dict[str, Stamp] = field(default_factory=dict)
    accompanied: set[str] = field(default_factory=set)
    unlisted: list[str] = field(default_factory=list)

    def add_company(self, path: str, beside: tuple[Stamp, ...], around: tuple[Stamp, ...]) -> None:
        """Makes the stamp of a file into one that is for its sidecars and the pages of its sections too."""
        if beside:
            self.accompanied.add(path)
        if (beside or around) and self.files[path] != NO_FILE:
            self.files[path] = _together(self.files[path], *beside, *around)

    def hides(self, path: str) -> bool:
        """Whether this path may be there without having been seen."""
        return any(not folder or path.startswith(f"{folder}{os.sep}") for folder in self.unlisted)


def listing(root: Path) -> Listing:
    """The article files below ``root``, in no order. Hidden files and folders and SKIPPED ones are passed over, links to
    folders are not followed.
    """
    found = Listing()
    waiting: list[tuple[str, tuple[Stamp, ...], tuple[Stamp, ...]]] = [("", (), ())]
    while waiting:
        path, shared, around = waiting.pop()
        try:
            folder = _look_into(f"{root}{os.sep}{path}")
        except OSError:
            found.unlisted.append(path)
            continue
        below = path and f"{path}{os.sep}"
        shared += folder.beside(sidecars.for_all(path.rpartition(os.sep)[2] or root.name))
        around += folder.beside(sections.NAMES)
        waiting += [(f"{below}{name}", shared, around) for name in folder.folders]
        found.files.update({below + name: stamp for name, stamp in folder.articles.items()})
        if folder.sidecars or shared or around:
            for name in folder.articles:
                beside = (*folder.beside(sidecars.beside(name)), *shared)
                found.add_company(f"{below}{name}", beside, around)
    return found


def is_article(name: str) -> bool:
    """Whether a file of this name may be an article; what is one by its name may turn out to be none when it is read."""
    dot = name.rfind(".")
    return dot > 0 and (name[dot:] in SUFFIXES or name[dot:].lower() in SUFFIXES)


@dataclass(frozen=True, slots=True)
class _Folder:
    """What is in one folder, by name."""

    folders: list[str] = field(default_factory=list)
    articles: dict[str, Stamp] = field(default_factory=dict)
    sidecars: dict[str, Stamp] = field(default_factory=dict)

    def beside(self, names: Iterable[str]) -> tuple[Stamp, ...]:
        """The stamps of those sidecars that are there."""
        return tuple(self.sidecars[name] for name in names if name in self.sidecars) if self.sidecars else ()


def _look_into(folder: str) -> _Folder:
    found = _Folder()
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if entry.is_dir(follow_symlinks=False):
                found.folders.extend([name] if name not in SKIPPED else [])
            elif sidecars.is_sidecar(name):
                found.sidecars[name] = _stamp(entry) or NO_FILE
                if is_article(name):
                    found.articles[name] = found.sidecars[name]
            elif is_article(name) and (stamp := _stamp(entry)):
                found.articles[name] = stamp
    return found


def _stamp(entry: os.DirEntry[str]) -> Stamp | None:
    """None for a link to a folder."""
    try:
        status = entry.stat()
    except OSError:
        return NO_FILE
    if stat.S_ISREG(status.st_mode):
        return status.st_mtime_ns, status.st_ctime_ns, status.st_size
    return None if stat.S_ISDIR(status.st_mode) else NO_FILE


def _together(*stamps: Stamp) -> Stamp:
    """A stamp that becomes another one when any of the files changes, comes or goes."""
    modified, changed, sizes = zip(*stamps, strict=True)
    return max(modified), max(changed), sum(sizes)
