"""The archive as files: what is served, byte for byte, for any server that hands out files.

Only what an earlier export has written is overwritten or removed: a list of it stands in the folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from digest.archive.document import PAGE, Document
from digest.errors import DigestError

LISTED = ".digest-archive"  # the files that are ours, one a line
_HALF_WRITTEN = ".half-written"


@dataclass(frozen=True, slots=True)
class Exported:
    """How many files were written, were there already as they are, and were taken away."""

    written: int
    unchanged: int
    removed: int


def export(documents: Iterable[Document], folder: Path) -> Exported:
    """Writes all documents below the folder. Raises DigestError for one that holds what is somebody else's, OSError.

    Whenever it ends, each file is whole: the old one or the new one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / LISTED).exists() and any(folder.iterdir()):
        raise DigestError(
            f"{folder}: is not empty, and no export has written there", hint="name an empty folder, or a new one"
        )
    ours = set(_listed(folder))
    names: list[str] = []
    written = 0
    for document in documents:
        name = _name(document)
        if name not in ours:
            _claim(folder, name)
        names.append(name)
        written += _put(folder / name, document)
    gone = sorted(ours - set(names))
    for name in gone:
        _remove(folder, name)
    _replace(folder / LISTED, "".join(f"{name}\n" for name in sorted(names)).encode())
    return Exported(written, len(names) - written, len(gone))


def _name(document: Document) -> str:
    """A page is the index of a folder of its own, so that its address needs no ending."""
    page = document.media_type == PAGE
    return str(PurePosixPath(document.path, "index.html")) if page else document.path


def _listed(folder: Path) -> Iterator[str]:
    """What earlier exports have written; nothing that is not below the folder, whoever wrote it on the list."""
    with suppress(FileNotFoundError):
        for name in (folder / LISTED).read_text(encoding="utf-8", errors="replace").splitlines():
            path = PurePosixPath(name)
            if name and not path.is_absolute() and ".." not in path.parts:
                yield name


def _claim(folder: Path, name: str) -> None:
    """Puts a file on the list before it is written: one that is not on it is somebody else's."""
    if (folder / name).exists():
        raise DigestError(
            f"{folder / name}: is there already, and no export has written it",
            hint="name a folder for the archive alone, or take that file away",
        )
    with (folder / LISTED).open("a", encoding="utf-8") as listed:
        listed.write(f"{name}\n")


def _put(path: Path, document: Document) -> bool:
    """Writes a file unless it is there as it should be; servers tell its date, which is that of the document."""
    with suppress(FileNotFoundError):
        if path.read_bytes() == document.data:
            return False
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, document.data)
    moment = document.modified.timestamp()
    os.utime(path, (moment, moment))
    return True


def _replace(path: Path, data: bytes) -> None:
    beside = path.with_name(path.name + _HALF_WRITTEN)
    beside.write_bytes(data)
    beside.replace(path)


def _remove(folder: Path, name: str) -> None:
    """Takes a file away, and the folders that it leaves empty."""
    path = folder / name
    path.unlink(missing_ok=True)
    for above in path.relative_to(folder).parents[:-1]:
        with suppress(OSError):  # it is not empty
            (folder / above).rmdir()
