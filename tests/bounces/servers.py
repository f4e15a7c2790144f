"""An IMAP and a POP3 server on loopback: real lines, real TLS, as much of the protocols as a reader of mail needs."""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

USER, PASSWORD = "bounces@example.org", 'pass "wörd" \\ 1'


@dataclass
class Stored:
    data: bytes
    seen: bool = False
    deleted: bool = False
    broken: bool = False


@dataclass
class Box:
    """What the server holds, and what it was told; ``heard`` may do something about a command before it is answered."""

    mails: list[Stored] = field(default_factory=list)
    port: int = 0
    log: list[str] = field(default_factory=list)
    heard: Callable[[str], None] = lambda _line: None
    plain: bool = True  # whether AUTH=PLAIN is offered

    def put(self, *mails: bytes) -> None:
        self.mails.extend(Stored(data) for data in mails)


class CutError(Exception):
    """The line is cut here."""


class _Talk(socketserver.StreamRequestHandler):
    box: Box
    tls: ssl.SSLContext | None

    def setup(self) -> None:
        if self.tls:
            self.request = self.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        with suppress(CutError, OSError):
            self.greet()
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                self.box.log.append(line)
                self.box.heard(line)
                if self.answer(line):
                    return

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        if self.tls:
            self.request.close()

    def say(self, text: str | bytes) -> None:
        self.wfile.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def greet(self) -> None:
        raise NotImplementedError

    def answer(self, line: str) -> bool:
        """Whether the talk is over."""
        raise NotImplementedError


class Imap(_Talk):
    def greet(self) -> None:
        self.say("* OK ready")

    def answer(self, line: str) -> bool:
        tag, verb, rest = [*line.split(" ", 2), ""][:3]
        name = verb.upper() + (" " + rest.split(" ", 1)[0].upper() if verb.upper() == "UID" else "")
        done = {
            "CAPABILITY": self._capability, "AUTHENTICATE": self._authenticate, "LOGIN": self._login,
            "SELECT": self._select, "EXAMINE": self._select, "UID SEARCH": self._search, "UID FETCH": self._fetch,
            "UID STORE": self._store, "LOGOUT": lambda _rest: "OK bye",
        }[name](rest)  # fmt: skip
        self.say(f"{tag} {done}")
        return verb.upper() == "LOGOUT"

    def _capability(self, _rest: str) -> str:
        self.say("* CAPABILITY IMAP4rev1" + (" AUTH=PLAIN" if self.box.plain else ""))
        return "OK done"

    def _authenticate(self, _rest: str) -> str:
        self.say("+ ")
        said = base64.b64decode(self.rfile.readline()).decode()
        return "OK in" if said == f"\0{USER}\0{PASSWORD}" else "NO [AUTHENTICATIONFAILED] who are you?"

    def _login(self, rest: str) -> str:
        return "OK in" if rest == f'{USER} "secret"' else "NO [AUTHENTICATIONFAILED] who are you?"

    def _select(self, rest: str) -> str:
        if rest not in {'"INBOX"', '"Came \\"back\\""'}:
            return "NO there is no such folder"
        self.say(f"* {len(self.box.mails)} EXISTS")
        return "OK [READ-WRITE] selected"

    def _search(self, _rest: str) -> str:
        self.say("* SEARCH" + "".join(f" {n}" for n, mail in enumerate(self.box.mails, 100) if not mail.seen))
        return "OK done"

    def _fetch(self, rest: str) -> str:
        found = re.fullmatch(r"FETCH (\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest)
        assert found, rest
        number = int(found[1]) - 100
        if self.box.mails[number].deleted:
            return "OK nothing there"
        if self.box.mails[number].broken:
            return "NO the message is corrupt"
        data = self.box.mails[number].data[: int(found[2])]
        self.wfile.write(b"* %d FETCH (UID %d BODY[]<0> {%d}\r\n" % (number + 1, number + 100, len(data)) + data)
        self.say(")")
        return "OK done"

    def _store(self, rest: str) -> str:
        found = re.fullmatch(r"STORE ([\d,]+) \+FLAGS\.SILENT \(\\Seen\)", rest)
        assert found, rest
        for number in found[1].split(","):
            self.box.mails[int(number) - 100].seen = True
        return "OK done"


class Pop3(_Talk):
    user = ""

    def greet(self) -> None:
        self.say("+OK ready")

    def answer(self, line: str) -> bool:
        match line.split(" ", 1):
            case ["USER", user]:
                self.user = user
                self.say("+OK")
            case ["PASS", password]:
                self.say("+OK in" if (self.user, password) == (USER, PASSWORD) else "-ERR [AUTH] who are you?")
            case ["STAT"]:
                self.say(f"+OK {len(self.box.mails)} 1000")
            case ["RETR", number]:
                self._retrieve(int(number) - 1)
            case ["DELE", number]:
                self.box.mails[int(number) - 1].deleted = True
                self.say("+OK")
            case ["QUIT"]:
                self.box.mails[:] = [mail for mail in self.box.mails if not mail.deleted]
                self.say("+OK bye")
                return True
        return False

    def _retrieve(self, number: int) -> None:
        if self.box.mails[number].broken:
            self.say("-ERR the message is corrupt")
            return
        self.say("+OK here it comes")
        data = re.sub(rb"\r?\n", b"\r\n", self.box.mails[number].data)
        self.wfile.write(re.sub(rb"^\.", b"..", data, flags=re.MULTILINE))
        self.say(b"." if data.endswith(b"\r\n") else b"\r\n.")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that refuses our certificate is nothing to tell."""


@contextmanager
def serving(talk: type[_Talk], box: Box, tls: ssl.SSLContext | None = None) -> Iterator[Box]:
    """The box behind a port; whoever is still connected at the end is let go."""
    handler = type("Talk", (talk,), {"box": box, "tls": tls})
    with _Server(("127.0.0.1", 0), handler) as server:
        box.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield box
        finally:
            server.shutdown()
            thread.join()


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
