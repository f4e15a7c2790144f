"""Judges the MIME: parts and their order, charsets, encodings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message

from digest.proof.rules import Finding, Part, Rule, cut, error

ALTERNATIVE = error(
    "alternative", "RFC 2046, 5.1.4", "send multipart/alternative: the text part first, then the HTML part"
)
TEXT_MISSING = error("text-missing", "RFC 2046, 5.1.4; SpamAssassin: MIME_HTML_ONLY", "add a text part")
CHARSET = error("charset", "RFC 2046, 4.1.2; RFC 3629", "write both parts in UTF-8, and say so")
ENCODING = error("encoding", "RFC 2045, 6", "encode text as quoted-printable, or as base64")
ENCODED_LINES = error("encoded-lines", "RFC 2045, 6.7 and 6.8", "break encoded lines at 76 characters")
MIME_BROKEN = error("mime-broken", "RFC 2046, 5.1.1", "write boundaries and Content-Type as the RFC says")

ENCODED_LINE = 76
_ENCODINGS = frozenset({"quoted-printable", "base64"})


@dataclass(frozen=True, slots=True)
class Body:
    """One of the two bodies: the MIME part it came in, and its text. ``size`` is in bytes, once decoded."""

    part: Message
    text: str
    size: int


class Structure:
    """The parts of a message. Raises nothing but what the standard library does over hostile bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._message = message_from_bytes(data)
        self.parts: list[Message] = list(self._message.walk())
        self.html = self._body("text/html")
        self.text = self._body("text/plain")

    @property
    def content_ids(self) -> Mapping[str, str]:
        """Media types of the parts that can be shown inside of the page, by Content-ID."""
        return {
            str(part["Content-ID"]).strip().strip("<>"): part.get_content_type()
            for part in self.parts
            if part["Content-ID"]
        }

    def _body(self, kind: str) -> Body | None:
        for part in self.parts:
            if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
                payload = part.get_payload(decode=True)
                data = payload if isinstance(payload, bytes) else b""
                text = _decoded(data, _charset(part)) or data.decode("utf-8", "replace")
                return Body(part, "\n".join(text.splitlines()) + "\n" if text else "", len(data))
        return None

    def judge(self) -> Iterator[Finding]:
        yield from self._order()
        for part in self.parts:
            for defect in part.defects:
                yield _found(MIME_BROKEN, f"{part.get_content_type()}: {type(defect).__name__}")
        for body in (self.text, self.html):
            if body:
                yield from _charsets(body.part)
                yield from self._encoding(body.part)

    def _order(self) -> Iterator[Finding]:
        if not self.html:
            yield _found(ALTERNATIVE, "there is no HTML part")
        elif not self.text:
            yield _found(TEXT_MISSING, "there is no text part")
        elif not any(_offers_both(part) for part in self.parts):
            yield _found(ALTERNATIVE, "no multipart/alternative has the text part, and then the HTML part")

    def _encoding(self, part: Message) -> Iterator[Finding]:
        encoding = str(part.get("Content-Transfer-Encoding", "7bit")).strip().lower()
        payload = part.get_payload()
        lines = payload.splitlines() if isinstance(payload, str) else []
        if encoding not in _ENCODINGS and not (encoding == "7bit" and all(map(str.isascii, lines))):
            yield _found(ENCODING, f"{part.get_content_type()} is encoded as {cut(encoding)!r}")
        long = next((line for line in lines if len(line) > ENCODED_LINE), None)
        if encoding in _ENCODINGS and long is not None:
            start = self._data.find(long.encode("utf-8", "surrogateescape"))
            line = self._data.count(b"\n", 0, start) + 1 if start >= 0 else 0
            yield _found(ENCODED_LINES, f"{part.get_content_type()} has a line of {len(long)} characters", line)


def _found(rule: Rule, what: str, line: int = 0) -> Finding:
    return Finding(rule, what, Part.MESSAGE, line)


def _charset(part: Message) -> str:
    return str(part.get_param("charset", "") or "").lower()


def _decoded(data: bytes, charset: str) -> str | None:
    try:
        return data.decode(charset or "ascii")
    except (LookupError, ValueError):
        return None


def _charsets(part: Message) -> Iterator[Finding]:
    charset = _charset(part)
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    if charset not in {"utf-8", "utf8"} and not (charset in {"", "us-ascii"} and data.isascii()):
        yield _found(CHARSET, f"{part.get_content_type()} is in {cut(charset) or 'no charset'!r}")
    elif _decoded(data, charset) is None:
        yield _found(CHARSET, f"{part.get_content_type()} cannot be decoded as {charset!r}")


def _offers_both(part: Message) -> bool:
    """Whether this is an alternative of the text part, and then the HTML part, be it with images around it."""
    offers = part.get_payload()
    if part.get_content_type() != "multipart/alternative" or not isinstance(offers, list):
        return False
    kinds = [{inner.get_content_type() for inner in offer.walk()} for offer in offers if isinstance(offer, Message)]
    plain = [place for place, offered in enumerate(kinds) if "text/plain" in offered]
    rich = [place for place, offered in enumerate(kinds) if "text/html" in offered]
    return bool(plain and rich) and plain[0] < rich[0]
