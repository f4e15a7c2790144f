"""A mail server: how to talk to it, what it offers, and its words made harmless."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from digest.errors import TransportError
from digest.model import Message, Reply, Stage
from digest.sending.line import Said

NOT_ASCII = "5.6.7"  # RFC 6531, 3.7.4.2: addresses beyond ASCII are not permitted
REPLY_TEXT_MAXIMUM = 500  # characters of a reply that are kept: some servers send pages
_ADDRESS = re.compile(r"\S*@\S*")


class Tls(StrEnum):
    REQUIRED = "required"  # STARTTLS, or no mail
    IMPLICIT = "implicit"  # TLS from the first byte (RFC 8314)
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to talk to it; time-outs are in seconds.

    ``window`` is how many messages of one connection may be under way, from the moment that their content may leave.
    """

    host: str
    port: int
    name: str = ""
    tls: Tls = Tls.REQUIRED
    verify: bool = True
    ca_file: Path | None = None
    username: str = ""
    password: str = ""
    window: int = 2
    messages_per_connection: int = 1000
    connect_timeout: float = 30
    command_timeout: float = 60
    data_timeout: float = 600

    @property
    def called(self) -> str:
        return self.name or f"{self.host}:{self.port}"

    def reply(self, stage: Stage, said: Said) -> Reply:
        """What it said of a message, as it is kept."""
        return Reply(said.code, plain(said.text), stage, self.called)

    def doubt(self, why: str) -> Reply:
        """That nobody knows whether it took a message."""
        return Reply(0, f"no answer after the message: {plain(why)}", Stage.CUT, self.called)

    def broke(self, why: str) -> Reply:
        """That the line broke over a message before it left."""
        return Reply(0, plain(why), Stage.RCPT, self.called)

    def refused(self, what: str, said: Said) -> TransportError:
        return TransportError(f"{self.called}: the server {what}: {said.code} {plain(said.text)}")

    def too_small(self, offer: Offer, message: Message) -> TransportError | None:
        """What is to be said when it takes no message of that size (RFC 1870)."""
        if not 0 < offer.size < message.size:
            return None
        return TransportError(
            f"{self.called}: a message has {message.size:,} bytes, and the server takes {offer.size:,} at most",
            hint='fewer articles, or images = "link", make smaller messages',
        )


@dataclass(frozen=True, slots=True)
class Offer:
    """What a server announced in its greeting (RFC 5321, 4.1.1.1). ``size`` is the largest message in octets, 0: any."""

    pipelining: bool = False  # RFC 2920
    chunking: bool = False  # RFC 3030
    eight_bit: bool = False  # RFC 6152
    smtputf8: bool = False  # RFC 6531
    size: int = 0  # RFC 1870

    def mail(self, message: Message) -> bytes:
        options = f"{' BODY=8BITMIME' if self.eight_bit else ''} SMTPUTF8" if message.smtputf8 else ""
        return f"MAIL FROM:<{message.envelope_from}>{options}\r\n".encode()

    def rcpt(self, message: Message) -> bytes:
        return f"RCPT TO:<{message.to}>\r\n".encode()

    def lacks(self, message: Message) -> Said | None:
        """Why this recipient cannot be reached through it; None when it can."""
        if message.smtputf8 and not self.smtputf8:
            return Said(553, f"{NOT_ASCII} the server does not take addresses that are not ASCII")
        return None


def plain(text: str) -> str:
    """What a server said, as one harmless line."""
    if not text.isprintable():
        text = "".join(character if character.isprintable() else " " for character in text)
    return text[:REPLY_TEXT_MAXIMUM].strip()


def nameless(text: str) -> str:
    """What a server said, without the addresses in it: servers like to repeat whom they refuse."""
    return _ADDRESS.sub("…", text)
