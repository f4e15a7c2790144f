"""Mailboxes in files: Maildir folders, mbox files, one mail."""

from __future__ import annotations

import mailbox
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO

from digest.bounces.mail import READ_MAXIMUM
from digest.bounces.ports import MailError
from digest.errors import DigestError, TryLaterError, UsageError

SEPARATOR = b"From "  # RFC 4155: each mail of an mbox begins with such a line
_FLAGS = ":2,"  # Maildir: what stands behind it in a file's name are flags; S is "seen"
_READ = re.compile(rb"^Status:[^\n]*R", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n(?=\r?\n)")


class MaildirBox:
    """A Maildir. What waits is what is new or not seen; what was recorded is seen."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def waiting(self) -> Sequence[str]:
        with reading(self._path):
            names = [f"{folder}/{file.name}" for folder in ("new", "cur") for file in (self._path / folder).iterdir()]
        return sorted(name for name in names if "S" not in name.partition(_FLAGS)[2] and "/." not in name)

    def fetch(self, mail: str) -> bytes | None:
        try:
            with (self._path / mail).open("rb") as file:
                return file.read(READ_MAXIMUM)
        except FileNotFoundError:  # another program was quicker
            return None
        except OSError as error:
            raise MailError(f"{self._path / mail}: {error.strerror or error}") from error

    def mark(self, mails: Sequence[str]) -> None:
        for mail in mails:
            name, _, flags = mail.partition("/")[2].partition(_FLAGS)
            seen = self._path / "cur" / f"{name}{_FLAGS}{''.join(sorted({*flags, 'S'}))}"
            with reading(self._path), suppress(FileNotFoundError):
                (self._path / mail).rename(seen)


class MboxBox:
    """An mbox file under its locks. What waits has no ``Status: R``; what was recorded gets one when it is closed."""

    def __init__(self, path: Path, box: mailbox.mbox) -> None:
        self._path = path
        self._box = box
        self._keys = {str(key): key for key in box.iterkeys()}
        self._marked: list[str] = []

    def waiting(self) -> Sequence[str]:
        with reading(self._path):
            return [mail for mail in self._keys if not self._is_read(mail)]

    def fetch(self, mail: str) -> bytes | None:
        with reading(self._path):
            return self._box.get_file(self._keys[mail]).read(READ_MAXIMUM)

    def mark(self, mails: Sequence[str]) -> None:
        self._marked.extend(mails)

    def write_marks(self) -> None:
        """The file written anew, as a whole or not at all."""
        for mail in self._marked:
            key = self._keys[mail]
            whole = self._box.get_bytes(key, from_=True)
            end = _header_end(whole)
            self._box[key] = whole[:end] + b"\nStatus: RO" + whole[end:]
        self._box.flush()

    def _is_read(self, mail: str) -> bool:
        beginning = self._box.get_file(self._keys[mail]).read(READ_MAXIMUM)
        return bool(_READ.search(beginning, 0, _header_end(beginning)))


class SingleMail:
    """A mail that somebody hands over by itself; there is no place to mark it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def waiting(self) -> Sequence[str]:
        return ("mail",)

    def fetch(self, mail: str) -> bytes | None:  # noqa: ARG002 - there is one
        return self._data

    def mark(self, mails: Sequence[str]) -> None:
        pass


def _header_end(data: bytes) -> int:
    found = _HEADER_END.search(data)
    return found.start() if found else len(data)


@contextmanager
def maildir(path: Path) -> Iterator[MaildirBox]:
    """Raises UsageError for a folder that is none."""
    if not (path / "new").is_dir() or not (path / "cur").is_dir():
        raise UsageError(f"{path}: is no Maildir", hint="one has the folders cur, new and tmp")
    yield MaildirBox(path)


@contextmanager
def mbox(path: Path) -> Iterator[MboxBox]:
    """Locked until the end, when the marks are written. Raises UsageError, TryLaterError, DigestError."""
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", hint="name an mbox file")
    path = path.resolve()  # it is locked where others look for the lock, and replaced where it is, not where a link is
    with reading(path), closing(mailbox.mbox(path, create=False)) as box:
        box.lock()
        opened = MboxBox(path, box)
        try:
            yield opened
        finally:
            opened.write_marks()


@contextmanager
def stream(source: BinaryIO) -> Iterator[MboxBox | SingleMail]:
    """One mail, or several where it begins like an mbox. It is read to its end, whatever of it is looked at."""
    beginning = source.read(READ_MAXIMUM)
    if not beginning.startswith(SEPARATOR):
        while source.read(READ_MAXIMUM):  # who writes into a pipe is not to be cut off
            pass
        yield SingleMail(beginning)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "mbox"
        with copy.open("wb") as whole:
            whole.write(beginning)
            shutil.copyfileobj(source, whole)
        with mbox(copy) as box:
            yield box


def single(file: BinaryIO) -> AbstractContextManager[SingleMail]:
    """A file that holds one mail."""
    return nullcontext(SingleMail(file.read(READ_MAXIMUM)))


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Around touching a mailbox. Raises DigestError when that cannot be done, TryLaterError when others are at it."""
    try:
        yield
    except mailbox.ExternalClashError as error:
        raise TryLaterError(f"{path}: another program is using it", hint="try again in a minute") from error
    except OSError as error:
        raise DigestError(f"{path}: {error.strerror or error}", hint="check its permissions") from error
