"""Header fields: what all readers of a letter share, and what is a reader's own."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import quote

import idna

from digest.errors import AddressError
from digest.links import ReaderLinks
from digest.model import Address, Sender

LINE_MAXIMUM = 76  # RFC 2047, 2
HEADER_TEXT_MAXIMUM = 250  # characters; nobody reads more of a subject, and filters punish it
ADDRESSES_KEPT = 64  # in the form for the DNS: those of the sender are asked for with every message
_CHUNK = 39  # bytes of UTF-8 in one encoded-word: 64 characters, which leaves room for the longest name before it
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_NOT_ATOM = re.compile(r"[^A-Za-z0-9_-]+")
_AUTOMATIC = (("Auto-Submitted", b"auto-generated"), ("X-Auto-Response-Suppress", b"OOF, AutoReply"))  # RFC 3834


def shared_headers(subject: str, sender: Sender, edition: str, date: datetime, content_type: bytes) -> bytes:
    """What all readers of a letter share."""
    digest, _, period = edition.partition("/")
    domain = ascii_domain(sender.address).rpartition("@")[2]
    return _written(
        *_opening(subject, sender, date),
        ("List-Id", f"<{_ascii_labels(sender.list_id)}>".encode()),  # RFC 2919
        (
            "List-Help",
            f"<mailto:{quote(ascii_domain(sender.unsubscribe_to), safe='@')}?subject=help>".encode(),
        ),  # RFC 2369
        ("List-Post", b"NO"),
        ("Precedence", b"bulk"),
        *_AUTOMATIC,
        ("Feedback-ID", f"{atom(period)}:{atom(digest)}:digest:{atom(domain)}".encode()),
        ("MIME-Version", b"1.0"),
        ("Content-Type", content_type),
    )


def note_headers(subject: str, sender: Sender, date: datetime, content_type: bytes) -> bytes:
    """What is not the recipient's own of a note: mail to one person who has asked for it, and no list's."""
    return _written(
        *_opening(subject, sender, date), *_AUTOMATIC, ("MIME-Version", b"1.0"), ("Content-Type", content_type)
    )


def _opening(subject: str, sender: Sender, date: datetime) -> Iterator[tuple[str, bytes]]:
    yield "From", _mailbox(sender.name, ascii_domain(sender.address))
    yield "Subject", header_text(subject)
    yield "Date", format_datetime(date).encode()
    if sender.reply_to:
        yield "Reply-To", ascii_domain(sender.reply_to).encode()


def _written(*fields: tuple[str, bytes]) -> bytes:
    return b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields)


def own_headers(message_id: str, name: str, mailbox: str, links: ReaderLinks) -> bytes:
    """What is one reader's alone."""
    return (
        f"Message-ID: <{message_id}>\r\nTo: ".encode() + _mailbox(name, mailbox) + b"\r\n" + _unsubscribe_headers(links)
    )


def _unsubscribe_headers(links: ReaderLinks) -> bytes:
    """RFC 2369 and RFC 8058: https first, folded between the URIs and never inside one."""
    if not links.unsubscribe_page:
        return f"List-Unsubscribe: <{links.unsubscribe_mail}>\r\n".encode()
    return (
        f"List-Unsubscribe: <{links.unsubscribe_page}>,\r\n <{links.unsubscribe_mail}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    ).encode()


def header_text(text: str) -> bytes:
    """Text for an unstructured header: one that cannot end the header, start another, or pose as an encoded-word."""
    words = plain(text)
    folded = _fold_words(words) if words.isascii() else None
    return _encoded_words(words) if folded is None else folded


def plain(text: str) -> str:
    """The text on one line, of a length for a header, and without what could pose as an encoded-word."""
    line = " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return line[:HEADER_TEXT_MAXIMUM].rstrip().replace("=?", "= ?")


def _fold_words(text: str) -> bytes | None:
    """ASCII folded at blanks, or None where a word is too long for a line."""
    lines = [""]
    for word in text.split(" "):
        room = LINE_MAXIMUM - (12 if len(lines) == 1 else 1)  # the first line also holds the header's name
        if len(word) > room:
            return None
        if lines[-1] and len(lines[-1]) + 1 + len(word) > room:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return "\r\n ".join(lines).encode()


def _encoded_words(text: str) -> bytes:
    """RFC 2047: each word whole characters, at most 75 bytes, on a line of its own."""
    chunks: list[bytes] = [b""]
    for character in text:
        encoded = character.encode()
        if len(chunks[-1]) + len(encoded) > _CHUNK:
            chunks.append(b"")
        chunks[-1] += encoded
    return b"\r\n ".join(b"=?utf-8?b?" + base64.b64encode(chunk) + b"?=" for chunk in chunks)


def _mailbox(name: str, address: str) -> bytes:
    """RFC 5322, 3.4: a display name and an address; raw UTF-8 in the address is RFC 6532."""
    phrase = plain(name)
    if not phrase:
        return address.encode()
    escaped = phrase.replace("\\", "\\\\").replace('"', '\\"')
    if not phrase.isascii() or len(escaped) > _CHUNK:
        written = _encoded_words(phrase)
    elif _ATOM_PHRASE.fullmatch(phrase):
        written = phrase.encode()
    else:
        written = f'"{escaped}"'.encode()
    last_line = len(written.rpartition(b"\n")[2])
    fits = last_line + len(address.encode()) + len("Reply-To:  <>") <= LINE_MAXIMUM
    return written + (b" " if fits else b"\r\n ") + b"<" + address.encode() + b">"


@lru_cache(ADDRESSES_KEPT)
def ascii_domain(address: str) -> str:
    """The address with its domain in the form that DNS knows (RFC 5890); its local part as it is."""
    parsed = Address.parse(address)
    if parsed.domain.isascii():
        return address
    try:
        return f"{parsed.local}@{idna.encode(parsed.domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise AddressError(f"{address!r} is not an e-mail address: {error}") from error


@lru_cache(ADDRESSES_KEPT)
def atom(text: str) -> str:
    """A name without what ends a word of a header: a period may be written ``2025-10-01T07:00+02:00/2025-10-08``."""
    return _NOT_ATOM.sub("-", text).strip("-")


def _ascii_labels(name: str) -> str:
    return ".".join(part if part.isascii() else idna.encode(part, uts46=True).decode() for part in name.split("."))
