"""The header of a message as it stands in its bytes. Parsers mend what they read, and so hide what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.errors import MessageError
from email.header import decode_header
from email.utils import getaddresses

_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:")
_ENCODED_GAP = re.compile(r"(\?=)\s+(=\?)")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field. ``raw`` is its value with the folds in it, ``line`` where it begins in the message."""

    name: str
    raw: bytes
    line: int

    @property
    def value(self) -> str:
        """On one line (RFC 5322, 2.2.3), not decoded."""
        return re.sub(r"\r?\n(?=[ \t])", "", self.raw.decode("utf-8", "backslashreplace")).strip()

    @property
    def text(self) -> str:
        """As a mail program shows it (RFC 2047); what cannot be decoded stays as it is."""
        try:
            pieces = decode_header(_ENCODED_GAP.sub(r"\1 \2", self.value))
            return "".join(
                piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
                for piece, charset in pieces
            )
        except (ValueError, LookupError, MessageError):  # bad base64, a charset that nobody knows
            return self.value

    @property
    def addresses(self) -> Sequence[str]:
        """Those that mail can be sent to: a name alone is none, though parsers take it for one."""
        return [address for _, address in getaddresses([self.value]) if all(address.rpartition("@")[::2])]


@dataclass(frozen=True, slots=True)
class Head:
    """The fields in order; ``broken`` are the numbers of lines that are no part of any."""

    fields: tuple[Field, ...]
    broken: tuple[int, ...]

    def all(self, name: str) -> list[Field]:
        return [field for field in self.fields if field.name.lower() == name.lower()]

    def first(self, name: str) -> Field | None:
        return next(iter(self.all(name)), None)

    def text(self, name: str) -> str:
        found = self.first(name)
        return found.text if found else ""


def head(data: bytes) -> Head:
    """Everything up to the first empty line."""
    fields: list[Field] = []
    broken: list[int] = []
    for number, line in _lines(data):
        if line[:1] in {b" ", b"\t"} and fields and broken[-1:] != [number - 1]:
            last = fields[-1]
            fields[-1] = Field(last.name, last.raw + b"\n" + line, last.line)
        elif found := _NAME.match(line):
            fields.append(Field(found[1].decode("ascii"), line[found.end() :], number))
        else:
            broken.append(number)
    return Head(tuple(fields), tuple(broken))


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(data.split(b"\n"), start=1):
        content = line.removesuffix(b"\r")
        if not content:
            return
        yield number, content
