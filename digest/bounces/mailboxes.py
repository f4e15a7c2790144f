"""The notation of mailboxes, and opening what it names.

imaps://user@host/FOLDER   pop3s://user@host   maildir:PATH   mbox:PATH   PATH   -
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

from digest.bounces import files, servers
from digest.bounces.ports import PostBox
from digest.errors import UsageError

_FORMS = "imaps://user@host/INBOX, pop3s://user@host, maildir:PATH, mbox:PATH, a path, or - for standard input"
_SCHEME = re.compile(r"[\w+.-]+://")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def opened(
    where: str, password: str, standard_input: BinaryIO, *, keep: bool = True
) -> AbstractContextManager[PostBox]:
    """The mailbox that ``where`` names; without ``keep`` nothing in it is changed.

    Raises UsageError for what cannot be a mailbox, TransportError for one that cannot be reached, TryLaterError for one
    that somebody else is using, DigestError for one that cannot be read.
    """
    scheme, colon, rest = where.partition(":")
    match scheme:
        case "-" if not colon:
            return files.stream(standard_input)
        case "imap" | "imaps":
            return servers.imap(_account(where), password, keep=keep)
        case "pop3" | "pop3s":
            return servers.pop3(_account(where), password)
        case "maildir":
            return files.maildir(Path(rest))
        case "mbox":
            return files.mbox(Path(rest))
    if _SCHEME.match(where):
        raise UsageError(f"{where!r} is no kind of mailbox that is known", hint=f"write {_FORMS}")
    return _by_its_look(Path(where))


def _by_its_look(path: Path) -> AbstractContextManager[PostBox]:
    """A folder is a Maildir; a file that begins like an mbox is one, and any other is one mail."""
    if path.is_dir():
        return files.maildir(path)
    with files.reading(path), path.open("rb") as file:
        if file.read(len(files.SEPARATOR)) == files.SEPARATOR:
            return files.mbox(path)
        file.seek(0)
        return files.single(file)


def _account(where: str) -> servers.Account:
    try:
        parts = urlsplit(where)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
        parts = urlsplit("")
    user, folder = unquote(parts.username or ""), unquote(parts.path.lstrip("/"))
    if not host or not user or _CONTROL.search(user + folder):
        raise UsageError(f"{where!r} names no user or no host", hint=f"write {_FORMS}")
    if parts.password:
        raise UsageError("the mailbox holds a password", hint="set bounces.password_file instead")
    return servers.Account(parts.scheme, host, port, user, folder)
