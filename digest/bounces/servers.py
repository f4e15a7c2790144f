"""Mailboxes on servers: IMAP (RFC 3501) and POP3 (RFC 1939). Always with TLS and a valid certificate, but on loopback."""

from __future__ import annotations

import imaplib
import poplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from digest.bounces.mail import READ_MAXIMUM
from digest.bounces.ports import MailError
from digest.errors import TransportError, UsageError

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
TIMEOUT = 60  # seconds for the answer to one command
_LINE = 8192  # bytes that are read of a line at once; RFC 5322 allows 998, others write more
_DEFAULT_PORTS = {"imaps": 993, "imap": 143, "pop3s": 995, "pop3": 110}


@dataclass(frozen=True, slots=True)
class Account:
    """Where a mailbox is: ``scheme`` is imap, imaps, pop3 or pop3s; no port means the usual one."""

    scheme: str
    host: str
    port: int | None
    user: str
    folder: str = ""

    def __str__(self) -> str:
        return f"{self.scheme}://{self.user}@{self.host}"

    @property
    def at_port(self) -> int:
        return self.port or _DEFAULT_PORTS[self.scheme]

    @property
    def tls(self) -> ssl.SSLContext | None:
        """How the line is secured. Raises UsageError where it would cross a network in the clear."""
        if self.scheme.endswith("s"):
            return ssl.create_default_context()
        if self.host not in LOOPBACK:
            raise UsageError(
                f"{self}: the password would cross the network in the clear", hint=f"write {self.scheme}s://"
            )
        return None


class ImapBox:
    """A folder of an IMAP server. What waits is what is unread; what was recorded becomes read."""

    def __init__(self, account: Account, server: imaplib.IMAP4) -> None:
        self._account = account
        self._server = server

    def waiting(self) -> Sequence[str]:
        numbers = (part for part in self._uid("SEARCH", "UNSEEN") if isinstance(part, bytes))
        return tuple(number.decode("ascii") for part in numbers for number in part.split())

    def fetch(self, mail: str) -> bytes | None:
        with _on_the_line(self._account):
            done, answer = self._server.uid("FETCH", mail, f"(BODY.PEEK[]<0.{READ_MAXIMUM}>)")
        if done != "OK":
            raise MailError(f"{self._account}: mail {mail}: {_said(answer)}")
        return next((bytes(part[1]) for part in answer if isinstance(part, tuple)), None)

    def mark(self, mails: Sequence[str]) -> None:
        self._uid("STORE", ",".join(mails), "+FLAGS.SILENT", r"(\Seen)")

    def _uid(self, command: str, *words: str) -> list[bytes | tuple[bytes, bytes]]:
        with _on_the_line(self._account):
            done, answer = self._server.uid(command, *words)
            if done != "OK":
                raise imaplib.IMAP4.error(_said(answer))
        return [part for part in answer if part is not None]


class Pop3Box:
    """The mailbox of a POP3 server. Everything in it waits; what was recorded is deleted when the line is closed."""

    def __init__(self, account: Account, server: poplib.POP3) -> None:
        self._account = account
        self._server = server

    def waiting(self) -> Sequence[str]:
        with _on_the_line(self._account):
            return tuple(map(str, range(1, self._server.stat()[0] + 1)))

    def fetch(self, mail: str) -> bytes | None:
        with _on_the_line(self._account):
            self._server.sock.sendall(f"RETR {mail}\r\n".encode("ascii"))
            answer = self._line()
            if answer.startswith(b"+OK"):
                return self._content()
        raise MailError(f"{self._account}: mail {mail}: {_said([answer.strip()])}")

    def mark(self, mails: Sequence[str]) -> None:
        with _on_the_line(self._account):
            for mail in mails:
                self._server.dele(mail)

    def _content(self) -> bytes:
        """The library's own way takes lines of 2048 bytes at most, and keeps however many there are."""
        data, fresh = bytearray(), True
        while (line := self._line()) not in {b".\r\n", b".\n"} or not fresh:
            if len(data) < READ_MAXIMUM:
                data += line[1:] if fresh and line.startswith(b".") else line
            fresh = line.endswith(b"\n")
        return bytes(data[:READ_MAXIMUM])

    def _line(self) -> bytes:
        if line := self._server.file.readline(_LINE):
            return line
        raise EOFError


@contextmanager
def imap(account: Account, password: str, *, keep: bool) -> Iterator[ImapBox]:
    """Logged in, with the folder selected; without ``keep`` for reading alone. Raises TransportError, UsageError."""
    tls = account.tls
    with _on_the_line(account):
        server = (
            imaplib.IMAP4_SSL(account.host, account.at_port, ssl_context=tls, timeout=TIMEOUT)
            if tls
            else imaplib.IMAP4(account.host, account.at_port, timeout=TIMEOUT)
        )
    try:
        with _on_the_line(account):
            _log_in(server, account.user, password)
            folder = account.folder or "INBOX"
            done, answer = server.select(_quoted(folder), readonly=not keep)
            if done != "OK":
                raise imaplib.IMAP4.error(f"folder {folder}: {_said(answer)}")
        yield ImapBox(account, server)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            server.logout()
        with suppress(OSError):  # a farewell that failed has closed nothing
            server.shutdown()


@contextmanager
def pop3(account: Account, password: str) -> Iterator[Pop3Box]:
    """Logged in. What is marked is deleted at the end, also of a run that fails later. Raises TransportError, UsageError."""
    tls = account.tls
    with _on_the_line(account):
        server = (
            poplib.POP3_SSL(account.host, account.at_port, timeout=TIMEOUT, context=tls)
            if tls
            else poplib.POP3(account.host, account.at_port, timeout=TIMEOUT)
        )
    try:
        with _on_the_line(account):
            server.user(account.user)
            server.pass_(password)
        yield Pop3Box(account, server)
    finally:
        with suppress(OSError, EOFError, poplib.error_proto):
            server.quit()
        server.close()  # a farewell that failed has closed nothing


def _log_in(server: imaplib.IMAP4, user: str, password: str) -> None:
    """RFC 4616 where it is offered: LOGIN knows no characters but ASCII."""
    if "AUTH=PLAIN" in server.capabilities:
        server.authenticate("PLAIN", lambda _challenge: f"\0{user}\0{password}".encode())
    else:
        server.login(user, password)


def _quoted(folder: str) -> str:
    """RFC 3501, 5.1. Raises UsageError: names in other scripts have a spelling of their own there (5.1.3)."""
    if not folder.isascii():
        raise UsageError(f"the folder {folder!r} has letters other than ASCII's", hint="give it another name")
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _said(answer: Sequence[object]) -> str:
    return " ".join(part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in answer)


@contextmanager
def _on_the_line(account: Account) -> Iterator[None]:
    """Around talking to the server: whatever goes wrong is a TransportError in words."""
    try:
        yield
    except (OSError, EOFError, ValueError, imaplib.IMAP4.error, poplib.error_proto) as error:
        said = _said(error.args) if not isinstance(error, OSError) else error.strerror or str(error)
        raise TransportError(
            f"{account}: {said or 'the line was cut'}",
            hint="try again; if it stays so, check bounces.mailbox and bounces.password_file",
        ) from error
