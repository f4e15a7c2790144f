"""One mail that came back, opened with care: its fields, its reports, what it returns, what it says in words.

Nothing in it can be trusted: not its structure, not its size, not the names of its character sets.
"""

from __future__ import annotations

import email
import hashlib
import html
import re
from collections.abc import Iterator
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.parser import Parser
from email.policy import Compat32
from email.utils import parseaddr
from itertools import islice

READ_MAXIMUM = 256 * 1024  # bytes of one mail: a report stands before what it returns, and that begins with its header
WORDS_MAXIMUM = 64 * 1024  # characters; nobody explains a bounce in more
FIELD_MAXIMUM = 4096  # characters of a field: the library's work on one grows with the square of its length
BLOCKS_MAXIMUM = 500  # of fields in one report; ours have one recipient
_HASHED = READ_MAXIMUM // 2  # bytes that are there in every copy of a mail, whatever its line endings
_DAEMONS = frozenset({"mailer-daemon", "postmaster", "mail-daemon", "mailerdaemon", "mdaemon", "bounce-daemon"})
_SLOW = frozenset({"punycode", "idna"})  # takes time that grows with the square of the text
FEEDBACK_REPORT = "message/feedback-report"  # RFC 5965
STATUS_REPORT = "message/global-delivery-status"  # RFC 6533; RFC 3464's own has the same form and goes by its name here
_TAG = re.compile(r"<[^<>]*>")
_FROM = re.compile(rb"^>+From ", re.MULTILINE)  # RFC 4155 and its relatives
_CONTROL = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")


class _AsWritten(Compat32):
    """Fields as they stand, or how they begin: the library would put question marks where somebody wrote UTF-8."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:FIELD_MAXIMUM]

    def header_fetch_parse(self, name: str, value: str) -> str:  # noqa: ARG002 - the library's signature
        return value


class _Part(Message):
    """A part whose status report is one text: the library would make a part of each of its lines if it is made to."""

    def get_content_type(self) -> str:
        kind = super().get_content_type()
        return STATUS_REPORT if kind == "message/delivery-status" else kind


class Mail:
    """A mail, of which no more than ``READ_MAXIMUM`` bytes are looked at."""

    def __init__(self, data: bytes) -> None:
        self.data = data[:READ_MAXIMUM]
        self.root: Message = email.message_from_bytes(self.data, _Part, policy=_AsWritten())
        self._parts = tuple(_outside(self.root))

    def field(self, name: str) -> str:
        """The first field of that name, decoded, on one line; "" if there is none."""
        return field(self.root, name)

    @property
    def envelope(self) -> str:
        """All fields that are about this mail itself, one a line."""
        return _lines(self.root)

    @property
    def is_from_a_daemon(self) -> bool:
        """Whether a mail system wrote it: RFC 5321, 4.5.5, or by its name."""
        author = parseaddr(self.field("From"))[1].partition("@")[0].lower()
        return author in _DAEMONS or self.field("Return-Path") == "<>"

    @property
    def author(self) -> str:
        """The address that stands in From."""
        return parseaddr(self.field("From"))[1]

    def blocks(self, *kinds: str) -> Iterator[Message]:
        """The blocks of fields in its parts of those types, which are STATUS_REPORT and its like."""
        for part in self._parts:
            if part.get_content_type() in kinds and part.is_multipart():
                for block in part.get_payload():
                    if isinstance(block, Message):
                        yield block
                        yield from _blocks(_text(block))

    def returned(self) -> Iterator[Message]:
        """The messages, or only their headers, that it brings back."""
        for part in self._parts:
            match part.get_content_type():
                case "message/rfc822" | "message/global" if part.is_multipart():
                    yield from (inner for inner in part.get_payload() if isinstance(inner, Message))
                case "text/rfc822-headers" | "message/global-headers" | "message/rfc822-headers":
                    yield from _blocks(_text(part))

    @property
    def words(self) -> str:
        """What it says to people."""
        texts = (_text(part) for part in self._parts if part.get_content_type() in {"text/plain", "text/html"})
        return "\n".join(texts)[:WORDS_MAXIMUM]

    @property
    def fingerprint(self) -> str:
        """The same for the same mail, by whatever way it is fetched: line endings change, and what an mbox quotes."""
        lines = _FROM.sub(b"From ", self.data.replace(b"\r\n", b"\n"))[:_HASHED].rstrip(b"\n")
        body = lines.partition(b"\n\n")[2]
        names = "\n".join(self.field(name) for name in ("Message-ID", "Date"))
        return hashlib.sha256(names.encode("utf-8", "replace") + b"\n\n" + body).hexdigest()


def field(part: Message, name: str) -> str:
    """The first field of that name, decoded, on one line; "" if there is none."""
    return _decoded(str(part.get(name, "")))


def fields_of(part: Message) -> str:
    """All of its fields, one a line."""
    return _lines(part)


def _outside(part: Message) -> Iterator[Message]:
    """The part and those inside it, but nothing inside a message that it encloses: that is another mail."""
    yield part
    if part.get_content_maintype() == "multipart" and part.is_multipart():
        for inner in part.get_payload():
            if isinstance(inner, Message):
                yield from _outside(inner)


def _lines(part: Message) -> str:
    return "\n".join(f"{name}: {_decoded(str(value))}" for name, value in part.items())


def _decoded(value: str) -> str:
    """One line in Unicode: UTF-8 as it came (RFC 6532), and encoded-words (RFC 2047) where they can be read."""
    text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    with suppress(ValueError, MessageError):  # else it stays as it was written
        pieces = decode_header(text)
        text = "".join(
            piece if isinstance(piece, str) else _in_unicode(piece, charset or "raw-unicode-escape")
            for piece, charset in pieces
        )
    return _CONTROL.sub(" ", text).strip()


def _in_unicode(data: bytes, charset: str) -> str:
    """Text that any database takes, by the character set that it claims if there is such a one, else by UTF-8."""
    try:
        text = data.decode("utf-8" if charset.lower() in _SLOW else charset, "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()


def _text(part: Message) -> str:
    """A part's own text; tags taken out of HTML."""
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    text = _in_unicode(data, part.get_content_charset("utf-8"))[:WORDS_MAXIMUM]
    return html.unescape(_TAG.sub(" ", text)) if part.get_content_subtype() == "html" else text


def _blocks(text: str) -> Iterator[Message]:
    """Blocks of fields in plain text, with empty lines between them."""
    blocks = filter(None, re.split(r"(?:\r?\n[ \t]*){2,}", text[:WORDS_MAXIMUM].strip()))
    for block in islice(blocks, BLOCKS_MAXIMUM):
        yield Parser(policy=_AsWritten()).parsestr(block, headersonly=True)
