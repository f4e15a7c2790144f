"""What goes over the wire, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Message:
    """An RFC 5321 envelope around RFC 5322 bytes: CRLF lines, none that starts with a dot, ready for DATA.

    The bytes are in ``pieces``, most of them shared with all other messages of the same letter: whoever sends them hands
    them over as they are.
    """

    envelope_from: str
    to: str
    message_id: str
    pieces: tuple[bytes, ...]
    smtputf8: bool = False

    @property
    def data(self) -> bytes:
        """All of it in one piece."""
        return b"".join(self.pieces)

    @property
    def size(self) -> int:
        """Octets, as RFC 1870 counts them."""
        return sum(map(len, self.pieces))


class Stage(StrEnum):
    """How far the dialogue had come when the server spoke, or fell silent."""

    RCPT = "RCPT"  # the recipient was judged
    DATA = "DATA"  # DATA was refused: the content never left
    FINAL = "final"  # after the final dot
    CUT = "cut"  # no answer that can be trusted came after the content began to leave


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said about one message; ``code`` is 0 at stage CUT. ``server`` names who said it."""

    code: int
    text: str
    stage: Stage
    server: str = ""

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip() if self.code else self.text
