"""Letters and messages: a rendition encoded once, cut at its marks, and joined with one reader's own values. Pure.

The MIME is written here byte by byte rather than by ``email.message``: that library writes long URIs as encoded-words
inside angle brackets (and its parser hides it), lets crafted text through as header fields on some Python versions,
and costs a hundred times the time. Each finished letter is parsed back and its header names compared (``_verify``).

Content is quoted-printable (RFC 2045, 6.7) in lines of at most 76 bytes, none of which begins with a dot, so that
nothing needs dot-stuffing (RFC 5321, 4.5.2). Pieces around a mark end in soft line breaks: a reader's value always
starts at column 0, and is encoded by itself, whatever its length.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.utils import format_datetime
from enum import StrEnum
from urllib.parse import quote

import idna

from digest.errors import AddressError, RenderError
from digest.links import ReaderLinks
from digest.marks import Mark, split
from digest.model import Address, Attachment, Message, Rendition, Sender

LINE_MAXIMUM = 76  # RFC 2045, 6.7 (5); RFC 2047, 2
HEADER_TEXT_MAXIMUM = 250  # characters; nobody reads more of a subject, and filters punish it
HEADERS = (
    *("Message-ID", "To", "List-Unsubscribe", "List-Unsubscribe-Post"),  # a reader's own
    *("From", "Subject", "Date", "Reply-To", "List-Id", "List-Help", "List-Post", "Precedence", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "Feedback-ID", "MIME-Version", "Content-Type"),
)
_CHUNK = 39  # bytes of UTF-8 in one encoded-word: 64 characters, which leaves room for the longest name before it
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ATOM_PHRASE = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_NOT_ATOM = re.compile(r"[^A-Za-z0-9_-]+")
_UNSAFE = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")


class Context(StrEnum):
    """Where a mark stands, and so how its value is written."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Slot:
    mark: Mark
    context: Context


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendition as bytes, made once: ``headers`` that all readers share, and ``pieces`` of the body around slots."""

    sender: Sender
    headers: bytes
    pieces: tuple[bytes | Slot, ...]
    edition: str
    message_key: str


def letter(rendition: Rendition, sender: Sender, *, edition: str, message_key: str, date: datetime) -> Letter:
    """Encodes a rendition; ``edition`` is its name (``weekly/2025-W40``), ``date`` the moment it was frozen.

    Raises RenderError when the result, parsed back, is not exactly the message that was meant.
    """
    made = Letter(
        sender=sender,
        headers=_shared_headers(rendition, sender, edition, date),
        pieces=tuple(_merged(_body(rendition))),
        edition=edition,
        message_key=message_key,
    )
    _verify(made)
    return made


def message(letter: Letter, *, address: str, name: str, subscriber: int, links: ReaderLinks) -> Message:
    """One reader's message: the same bytes each time for the same arguments. Raises AddressError."""
    mailbox = ascii_domain(address)
    own_id = message_id(letter.sender, letter.edition, letter.message_key, subscriber)
    own = b"".join(
        (
            b"Message-ID: <" + own_id.encode() + b">\r\n",
            b"To: " + _mailbox(name, mailbox) + b"\r\n",
            _unsubscribe_headers(links),
        )
    )
    values = {
        slot: quoted_printable(_value(slot, name, links).encode()) + b"=\r\n"
        for slot in {piece for piece in letter.pieces if isinstance(piece, Slot)}
    }
    body = (values[piece] if isinstance(piece, Slot) else piece for piece in letter.pieces)
    return Message(
        envelope_from=ascii_domain(letter.sender.address),
        to=mailbox,
        message_id=f"<{own_id}>",
        pieces=(own, letter.headers, b"\r\n", *body),
        smtputf8=not mailbox.isascii(),
    )


# --- headers -------------------------------------------------------------------------------------------------------


def _shared_headers(rendition: Rendition, sender: Sender, edition: str, date: datetime) -> bytes:
    digest, _, period = edition.partition("/")
    domain = ascii_domain(sender.address).rpartition("@")[2]
    fields = [
        ("From", _mailbox(sender.name, ascii_domain(sender.address))),
        ("Subject", header_text(rendition.subject)),
        ("Date", format_datetime(date).encode()),
        *([("Reply-To", ascii_domain(sender.reply_to).encode())] if sender.reply_to else []),
        ("List-Id", f"<{_ascii_labels(sender.list_id)}>".encode()),  # RFC 2919
        (
            "List-Help",
            f"<mailto:{quote(ascii_domain(sender.unsubscribe_to), safe='@')}?subject=help>".encode(),
        ),  # RFC 2369
        ("List-Post", b"NO"),
        ("Precedence", b"bulk"),
        ("Auto-Submitted", b"auto-generated"),  # RFC 3834
        ("X-Auto-Response-Suppress", b"OOF, AutoReply"),
        ("Feedback-ID", f"{_atom(period)}:{_atom(digest)}:digest:{_atom(domain)}".encode()),
        ("MIME-Version", b"1.0"),
        ("Content-Type", _multipart("alternative", _boundary(rendition, "alternative"))),
    ]
    return b"".join(name.encode() + b": " + value + b"\r\n" for name, value in fields)


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
    words = _safe(text)
    folded = _fold_words(words) if words.isascii() else None
    return _encoded_words(words) if folded is None else folded


def _safe(text: str) -> str:
    plain = " ".join(_CONTROL.sub(" ", text.encode("utf-8", "replace").decode()).split())
    return plain[:HEADER_TEXT_MAXIMUM].rstrip().replace("=?", "= ?")


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
    phrase = _safe(name)
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


def ascii_domain(address: str) -> str:
    """The address with its domain in the form that DNS knows (RFC 5890); its local part as it is."""
    parsed = Address.parse(address)
    if parsed.domain.isascii():
        return address
    try:
        return f"{parsed.local}@{idna.encode(parsed.domain, uts46=True).decode()}"
    except idna.IDNAError as error:
        raise AddressError(f"{address!r} is not an e-mail address: {error}") from error


def message_id(sender: Sender, edition: str, message_key: str, subscriber: int) -> str:
    """Without its angle brackets: derived, so that a repeat carries the same one, and telling nothing of the person."""
    mac = hmac.new(message_key.encode(), f"{edition}|{subscriber}".encode(), hashlib.sha256)
    domain = ascii_domain(sender.address).rpartition("@")[2]
    digest, _, period = edition.partition("/")
    return f"{_atom(digest)}.{_atom(period)}.{mac.hexdigest()[:40]}@{domain}"


def _atom(text: str) -> str:
    """A name without what ends a word of a header: a period may be written ``2025-10-01T07:00+02:00/2025-10-08``."""
    return _NOT_ATOM.sub("-", text).strip("-")


def _ascii_labels(name: str) -> str:
    return ".".join(part if part.isascii() else idna.encode(part, uts46=True).decode() for part in name.split("."))


# --- body ----------------------------------------------------------------------------------------------------------


def _body(rendition: Rendition) -> Iterator[bytes | Slot]:
    """RFC 2046, 5.1.4 and RFC 2387: alternative(text, html) or alternative(text, related(html, images))."""
    outer = _boundary(rendition, "alternative").encode()
    yield b"--" + outer + b"\r\n"
    yield from _text_part(rendition.text, Context.TEXT)
    yield b"--" + outer + b"\r\n"
    if rendition.attachments:
        related = _boundary(rendition, "related")
        inner = related.encode()
        yield b"Content-Type: " + _multipart("related", related) + b"\r\n\r\n"
        yield b"--" + inner + b"\r\n"
        yield from _text_part(rendition.html, Context.HTML)
        for attachment in rendition.attachments:
            yield b"--" + inner + b"\r\n" + _image_part(attachment)
        yield b"--" + inner + b"--\r\n"
    else:
        yield from _text_part(rendition.html, Context.HTML)
    yield b"--" + outer + b"--\r\n"


def _text_part(text: str, context: Context) -> Iterator[bytes | Slot]:
    subtype = "html" if context is Context.HTML else "plain"
    yield (
        f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    ).encode()
    for piece in split("\n".join(text.splitlines())):
        if isinstance(piece, Mark):
            yield Slot(piece, context)
        else:
            encoded = quoted_printable(piece.encode("utf-8", "replace"))
            yield encoded if encoded.endswith(b"\r\n") else encoded + b"=\r\n"
    yield b"\r\n"


def _image_part(attachment: Attachment) -> bytes:
    subtype = attachment.media_type.partition("/")[2]
    return (
        f"Content-Type: {attachment.media_type}\r\n"
        "Content-Transfer-Encoding: base64\r\n"
        f"Content-ID: <{attachment.cid}>\r\n"
        f'Content-Disposition: inline; filename="{attachment.cid.partition("@")[0]}.{subtype}"\r\n\r\n'
    ).encode() + base64.encodebytes(attachment.data).replace(b"\n", b"\r\n")


def _multipart(subtype: str, boundary: str) -> bytes:
    root = ' type="text/html";' if subtype == "related" else ""  # RFC 2387, 3.1
    return f'multipart/{subtype};{root}\r\n boundary="{boundary}"'.encode()


def _boundary(rendition: Rendition, part: str) -> str:
    """Derived from the content; ``=_`` stands in no quoted-printable or base64 text (RFC 2045, 6.7)."""
    content = f"{part}\0{rendition.subject}\0{rendition.html}\0{rendition.text}"
    return f"=_{hashlib.sha256(content.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _merged(pieces: Iterator[bytes | Slot]) -> Iterator[bytes | Slot]:
    """Neighbouring bytes joined: a message is then put together from as few pieces as there are slots."""
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Slot):
            yield b"".join(run)
            yield piece
            run = []
        else:
            run.append(piece)
    yield b"".join(run)


def _value(slot: Slot, name: str, links: ReaderLinks) -> str:
    match slot.mark:
        case Mark.UNSUBSCRIBE:
            value = links.unsubscribe
        case Mark.PREFERENCES:
            value = links.preferences
        case Mark.ARCHIVE:
            value = links.archive
        case Mark.NAME:
            value = _safe(name)
    return html.escape(value) if slot.context is Context.HTML else value


def quoted_printable(data: bytes) -> bytes:
    """RFC 2045, 6.7, from column 0: no line begins with a dot or ``From ``, all leave room for a soft break at 76 bytes."""
    return b"\r\n".join(b"=\r\n".join(_folded(line)) for line in data.split(b"\n"))


def _folded(line: bytes) -> Iterator[bytes]:
    rest = _UNSAFE.sub(lambda found: b"=%02X" % found.group()[0], line)
    if rest[-1:] in (b" ", b"\t"):
        rest = rest[:-1] + b"=%02X" % rest[-1]
    while True:
        if rest.startswith((b".", b"From ")):
            rest = b"=%02X" % rest[0] + rest[1:]
        if len(rest) < LINE_MAXIMUM:
            yield rest
            return
        cut = LINE_MAXIMUM - 1
        escape = rest.rfind(b"=", cut - 2, cut)
        if escape != -1:
            cut = escape
        yield rest[:cut]
        rest = rest[cut:]


# --- the check -----------------------------------------------------------------------------------------------------


def _verify(made: Letter) -> None:
    """Parses a finished message back: whatever was smuggled in would show as a header of its own."""
    sample = message(
        made,
        address="reader@example.org",
        name="",
        subscriber=0,
        links=ReaderLinks(
            "mailto:a@example.org", "https://example.org/u", "https://example.org/p", "https://example.org/a"
        ),
    ).data
    expected = [name for name in HEADERS if name != "Reply-To" or made.sender.reply_to]
    found = message_from_bytes(sample).keys()
    if found != expected:
        raise RenderError(f"the message has the headers {', '.join(found)} where {', '.join(expected)} were meant")
    lines = sample.split(b"\r\n")
    if b"\n" in sample.replace(b"\r\n", b"") or b"\r" in sample.replace(b"\r\n", b"") or not sample.isascii():
        raise RenderError("the message is not made of ASCII lines that end in CRLF")
    if any(len(line) > 998 or line.startswith(b".") for line in lines):  # noqa: PLR2004 - RFC 5322, 2.1.1
        raise RenderError("the message has a line that no server must take")
