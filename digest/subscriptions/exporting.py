"""Giving out the whole list as a table: a person at a time, into a stream or a file that only its owner may read."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO

from digest.errors import DigestError
from digest.subscriptions import tables
from digest.subscriptions.ports import People


def export(people: People, out: IO[str]) -> int:
    """Writes everybody, whatever their status, as a table that imports back equal; how many there are."""
    return tables.write(people.each(), out)


def export_file(people: People, path: Path) -> int:
    """The same into a file of mode 0600, which is the old one or the new one in whole, never a part.

    What is no ordinary file, such as a pipe, is written to as it is. Raises DigestError if that cannot be done.
    """
    path = path.resolve()
    try:
        if path.exists() and not path.is_file():
            with path.open("w", encoding="utf-8", newline="") as out:
                return export(people, out)
        return _replaced(people, path)
    except OSError as error:
        raise DigestError(f"{path}: cannot be written: {error.strerror or error}") from error


def _replaced(people: People, path: Path) -> int:
    # A temporary file is made with mode 0600.
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as out:
        try:
            count = export(people, out.file)
            out.flush()
            os.fsync(out.fileno())
            Path(out.name).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(out.name).unlink()
            raise
    return count
