"""Where the file of an edition is, and the only hand that writes it: whole or not at all, and never over another's words."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from digest.errors import EditingError, TryLaterError

FILE_MAXIMUM = 1_000_000  # bytes; two hundred articles take a tenth of it

_UNFIT = re.compile(r"[^\w.+-]+")  # for a file's name, on one system or another


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file of the edition ``edition`` (``weekly/2025-W49``) is; ``name`` is how it is called."""

    path: Path
    name: str
    edition: str

    @property
    def changed(self) -> int:
        """When the file was last changed, in nanoseconds; 0 while there is none."""
        try:
            return self.path.stat().st_mtime_ns
        except OSError:
            return 0

    @property
    def digest(self) -> str:
        return self.edition.partition("/")[0]


def place(folder: Path, base: Path, edition: str) -> Place:
    """In ``folder``, called by its path below ``base`` if it is there: ``editions/weekly-2025-W49.md``.

    The two ends of a window are parted by two hyphens (ISO 8601, 4.4.2).
    """
    digest, _, period = edition.partition("/")
    path = folder / f"{digest}-{_UNFIT.sub('-', period.replace('/', '--'))}.md"
    return Place(path, path.relative_to(base).as_posix() if path.is_relative_to(base) else str(path), edition)


def load(at: Place) -> str | None:
    """The file's text with a line feed at each line's end; None where there is no file. Raises EditingError."""
    try:
        with at.path.open("rb") as file:
            data = file.read(FILE_MAXIMUM + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EditingError(at.name, [f"it cannot be read: {error.strerror or error}"]) from error
    if len(data) > FILE_MAXIMUM:
        raise EditingError(at.name, [f"it has more than {FILE_MAXIMUM:,} bytes"])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise EditingError(at.name, [f"line {line}: this is not UTF-8; save the file as UTF-8"]) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def create(at: Place, text: str) -> None:
    """Writes a file that is not there yet. Raises TryLaterError if it is now, and OSError."""
    at.path.parent.mkdir(parents=True, exist_ok=True)
    beside = _written(at, text)
    try:
        os.link(beside, at.path)
    except FileExistsError:
        raise TryLaterError(f"{at.name}: somebody else has written it this moment", hint="run it again") from None
    finally:
        beside.unlink()


def append(at: Place, text: str) -> None:
    """Writes below what stands there, of which not a byte is changed. Raises OSError."""
    before = at.path.read_bytes()
    ends = "\r\n" if b"\r\n" in before else "\n"
    beside = _written(at, text.replace("\n", ends), before if before.endswith(b"\n") else before + ends.encode())
    shutil.copymode(at.path, beside)
    beside.replace(at.path)


def _written(at: Place, text: str, before: bytes = b"") -> Path:
    beside = at.path.with_name(f".{at.path.name}.{os.getpid()}")
    beside.write_bytes(before + text.encode())
    return beside
