"""What comes back after a message was accepted: bounces, complaints, people who leave by mail."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class NoticeKind(StrEnum):
    HARD = "hard"  # nobody will ever be reached there
    SOFT = "soft"  # this one did not arrive; the next one may
    COMPLAINT = "complaint"  # the reader, or their provider, called it spam
    UNSUBSCRIBE = "unsubscribe"  # the reader asked to leave, by mail
    DELAYED = "delayed"  # a server still tries: nothing has happened yet
    AUTOMATIC = "automatic"  # an answer that a machine gave: away until Monday
    UNKNOWN = "unknown"  # not understood: kept for a person to read


@dataclass(frozen=True, slots=True)
class Notice:
    """One report about one message.

    ``key`` is the same for the same report however often it is read. ``delivery`` is the row it is about, 0 where the
    report does not say; then ``address`` may. ``status`` is an enhanced code (RFC 3463) such as 5.1.1, or "". ``raw`` is
    the report itself, kept where it was not understood.
    """

    key: str
    kind: NoticeKind
    source: str
    delivery: int = 0
    address: str = ""
    status: str = ""
    text: str = ""
    raw: bytes = b""
