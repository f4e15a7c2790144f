"""Letters and messages put together, signed, and the check that a letter holds what was meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from functools import lru_cache

from digest import dkim
from digest.errors import RenderError
from digest.links import ReaderLinks, keyed_hash
from digest.message.body import Body, body, content_type
from digest.message.headers import ascii_domain, atom, own_headers, shared_headers
from digest.model import Address, Message, Rendition, Sender

HEADERS = (  # of a message that nobody signs; a DKIM-Signature for each key stands before them
    *("Message-ID", "To", "List-Unsubscribe", "List-Unsubscribe-Post"),  # a reader's own
    *("From", "Subject", "Date", "Reply-To", "List-Id", "List-Help", "List-Post", "Precedence", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "Feedback-ID", "MIME-Version", "Content-Type"),
)
_SOME_LINKS = ReaderLinks(
    "mailto:a@example.org", "https://example.org/u", "https://example.org/p", "https://example.org/a"
)
_SOME_TOKEN = "a" * 32


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendition as bytes, made once: ``headers`` that all readers share, and the body; ``seal`` is what signs, or None."""

    sender: Sender
    headers: bytes
    body: Body
    edition: str
    message_key: str
    seal: dkim.Seal | None = None


def letter(
    rendition: Rendition,
    sender: Sender,
    *,
    edition: str,
    message_key: str,
    date: datetime,
    keys: Sequence[dkim.Key] = (),
) -> Letter:
    """Encodes a rendition; ``edition`` is its name (``weekly/2025-W40``), ``date`` the moment it was frozen.

    ``keys`` sign each message. They are the present ones, not frozen ones: with a new key, a second try differs from
    the first in its signature, and in nothing else.

    Raises RenderError when the result, parsed back, is not exactly the message that was meant.
    """
    headers = shared_headers(rendition.subject, sender, edition, date, content_type(rendition))
    cut = body(rendition)
    made = Letter(
        sender=sender,
        headers=headers,
        body=cut,
        edition=edition,
        message_key=message_key,
        seal=dkim.Seal(keys, headers=headers, body=cut.beginning, date=date) if keys else None,
    )
    _verify(made)
    return made


def message(
    letter: Letter, *, address: str, name: str, subscriber: int, links: ReaderLinks, return_token: str = ""
) -> Message:
    """One reader's message: the same bytes each time for the same arguments. Raises AddressError.

    ``return_token`` tags the envelope's return path where the sender has a mailbox for what comes back (VERP).
    """
    mailbox = ascii_domain(address)
    own_id = message_id(letter.sender, letter.edition, letter.message_key, subscriber)
    own = own_headers(own_id, name, mailbox, links)
    body = letter.body.filled(name, links)
    signatures = (letter.seal.sign(own, body[1:]),) if letter.seal else ()
    return Message(
        envelope_from=return_path(letter.sender, return_token),
        to=mailbox,
        message_id=f"<{own_id}>",
        pieces=(*signatures, own, letter.headers, b"\r\n", *body),
        smtputf8=not mailbox.isascii(),
    )


def return_path(sender: Sender, token: str) -> str:
    """Where what comes back goes: ``bounces+TOKEN@example.org``, or the From address where there is no such mailbox."""
    address = _own(sender.bounces or sender.address)
    return address.replace("@", f"+{token}@") if sender.bounces and token else address


@lru_cache(maxsize=64)
def _own(address: str) -> str:
    """One of ours, which stands in every message."""
    return ascii_domain(address)


def message_id(sender: Sender, edition: str, message_key: str, subscriber: int) -> str:
    """Without its angle brackets: derived, so that a repeat carries the same one, and telling nothing of the person."""
    mac = keyed_hash(message_key.encode(), f"{edition}|{subscriber}".encode())
    prefix, domain = _ends(edition, sender.address)
    return f"{prefix}.{mac.hex()[:40]}@{domain}"


@lru_cache(maxsize=64)
def _ends(edition: str, address: str) -> tuple[str, str]:
    """Of an edition's Message-IDs: what stands before and behind the part that differs."""
    digest, _, period = edition.partition("/")
    return f"{atom(digest)}.{atom(period)}", ascii_domain(address).rpartition("@")[2]


def _verify(made: Letter) -> None:
    """Parses a finished message back: whatever was smuggled in would show as a header of its own."""
    finished = message(
        made,
        address="reader@example.org",
        name="",
        subscriber=0,
        links=_SOME_LINKS,
        return_token=_SOME_TOKEN,
    )
    Address.parse(finished.envelope_from)  # a long name of a mailbox leaves no room for the token
    signatures = ["DKIM-Signature"] * (len(made.seal.keys) if made.seal else 0)
    verify(finished, signatures + [name for name in HEADERS if name != "Reply-To" or made.sender.reply_to])


def verify(finished: Message, expected: list[str]) -> None:
    """Raises RenderError unless a message has these headers and no other, and is made of lines that may be sent."""
    sample = finished.data
    found = message_from_bytes(sample).keys()
    if found != expected:
        raise RenderError(f"the message has the headers {', '.join(found)} where {', '.join(expected)} were meant")
    lines = sample.split(b"\r\n")
    ends = sample.replace(b"\r\n", b"")
    if b"\n" in ends or b"\r" in ends or not (sample.isascii() or finished.smtputf8):
        raise RenderError("the message is not made of ASCII lines that end in CRLF")
    if any(len(line) > 998 or line.startswith(b".") for line in lines):  # noqa: PLR2004 - RFC 5322, 2.1.1
        raise RenderError("the message has a line that no server must take")
