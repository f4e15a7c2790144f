"""Answers of the web kept on disk: one file for each address, its status in a line of JSON before its content.

It is a favour and no store: what cannot be read is not there, what cannot be written is not kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

_HOUR = 3600
_DAY = 24 * _HOUR
FRESH = 7 * _DAY
FRESH_FAULT = _HOUR  # what was not there a while ago may have been put there since
PRUNED = 30 * _DAY
_FILE_MAXIMUM = 50_000_000  # bytes: no answer is that long, so a file that is was written by somebody else
_SUFFIX = ".answer"


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer from the cache; one that is not ``fresh`` is better than none."""

    status: int
    data: bytes
    fresh: bool


class Cache:
    """Answers by address, in one folder, which several processes may share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self, url: str) -> Kept | None:
        path = self._path(url)
        try:
            known = path.stat()
            line, _, data = path.read_bytes().partition(b"\n") if known.st_size <= _FILE_MAXIMUM else (b"", b"", b"")
            header = json.loads(line)
            whole = header["url"] == url and header["sha256"] == hashlib.sha256(data).hexdigest()
            status = int(header["status"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return None
        age = time.time() - known.st_mtime
        return Kept(status, data, 0 <= age < (FRESH if status // 100 == 2 else FRESH_FAULT)) if whole else None  # noqa: PLR2004 - RFC 9110, 15.3

    def keep(self, url: str, status: int, media_type: str, data: bytes) -> None:
        header = {"url": url, "status": status, "media_type": media_type, "sha256": hashlib.sha256(data).hexdigest()}
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._path(url), json.dumps(header).encode() + b"\n" + data)

    def prune(self) -> None:
        """Removes what nobody has asked the web for in 30 days."""
        with contextlib.suppress(OSError):
            for file in self._folder.glob(f"*{_SUFFIX}*"):
                if time.time() - file.stat().st_mtime > PRUNED:
                    file.unlink()

    def _path(self, url: str) -> Path:
        return self._folder / f"{hashlib.sha256(url.encode(errors='replace')).hexdigest()}{_SUFFIX}"


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file so that nobody ever sees half of it. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f"{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(0o644)  # mkstemp's is for the owner alone, and a web server is somebody else
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
