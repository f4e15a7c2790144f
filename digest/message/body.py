"""The body: parts, and quoted-printable text around the places where a reader's own values go.

Content is quoted-printable (RFC 2045, 6.7) in lines of at most 76 bytes, none of which begins with a dot, so that
nothing needs dot-stuffing (RFC 5321, 4.5.2). Pieces around a mark end in soft line breaks: a reader's value always
starts at column 0, and is encoded by itself, whatever its length.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from digest.links import ReaderLinks
from digest.marks import Mark, split
from digest.message.headers import plain
from digest.model import Attachment, Rendition

LINE_MAXIMUM = 76  # RFC 2045, 6.7 (5)
_UNSAFE = re.compile(rb"[^\t\x20-\x3c\x3e-\x7e]")
_PLAIN = _UNSAFE.sub(b"", bytes(range(256)))  # octets that stand for themselves
_SOFT = b"=\r\n"  # a line break that is none of the text's own


class Context(StrEnum):
    """Where a mark stands, and so how its value is written."""

    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Slot:
    mark: Mark
    context: Context


def content_type(rendition: Rendition) -> bytes:
    """Of the message as a whole."""
    return _multipart("alternative", _boundary(rendition, "alternative"))


@dataclass(frozen=True, slots=True)
class Body:
    """A body cut at its marks: ``pieces`` are empty where a reader's value goes, ``slots`` say where that is."""

    pieces: tuple[bytes, ...]
    slots: tuple[tuple[Slot, tuple[int, ...]], ...]

    @property
    def beginning(self) -> bytes:
        """What it begins with for everybody."""
        return self.pieces[0]

    def filled(self, name: str, links: ReaderLinks) -> tuple[bytes, ...]:
        """The pieces with one reader's values in the slots; the others are the same objects for all."""
        pieces = list(self.pieces)
        for slot, places in self.slots:
            value = _written(slot, name, links)
            for place in places:
                pieces[place] = value
        return tuple(pieces)


def body(rendition: Rendition) -> Body:
    """The body of a rendition's message."""
    pieces = tuple(_merged(_parts(rendition)))
    places: dict[Slot, list[int]] = {}
    for place, piece in enumerate(pieces):
        if isinstance(piece, Slot):
            places.setdefault(piece, []).append(place)
    return Body(
        pieces=tuple(b"" if isinstance(piece, Slot) else piece for piece in pieces),
        slots=tuple((slot, tuple(found)) for slot, found in places.items()),
    )


def _parts(rendition: Rendition) -> Iterator[bytes | Slot]:
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
            yield encoded if encoded.endswith(b"\r\n") else encoded + _SOFT
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
    """Neighbouring bytes joined: bytes, a slot, bytes, a slot, … bytes."""
    run: list[bytes] = []
    for piece in pieces:
        if isinstance(piece, Slot):
            yield b"".join(run)
            yield piece
            run = []
        else:
            run.append(piece)
    yield b"".join(run)


def _written(slot: Slot, name: str, links: ReaderLinks) -> bytes:
    """A reader's value as it stands in a slot, with the soft line break after it."""
    match slot.mark:
        case Mark.UNSUBSCRIBE:
            value = links.unsubscribe
        case Mark.PREFERENCES:
            value = links.preferences
        case Mark.ARCHIVE:
            value = links.archive
        case Mark.NAME:
            value = plain(name)
    return quoted_printable((html.escape(value) if slot.context is Context.HTML else value).encode()) + _SOFT


def quoted_printable(data: bytes) -> bytes:
    """RFC 2045, 6.7, from column 0: no line begins with a dot or ``From ``, all leave room for a soft break at 76 bytes."""
    if not data.translate(None, _PLAIN) and not data.endswith((b" ", b"\t")):  # as most names and all addresses
        width = LINE_MAXIMUM - 1
        lines = _SOFT + _SOFT.join([data[at : at + width] for at in range(0, len(data), width)])
        if _SOFT + b"." not in lines and _SOFT + b"From " not in lines:
            return lines[len(_SOFT) :]
    return b"\r\n".join(_SOFT.join(_folded(line)) for line in data.split(b"\n"))


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
