"""What comes back after a message was accepted: bounces, complaints, people who leave by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.people import SubscriberStatus


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
    report does not say; then ``subscriber`` and ``edition`` (``weekly/2025-W40``) may, or ``address``. ``status`` is an
    enhanced code (RFC 3463) such as 5.1.1, or "". ``raw`` is the report itself, kept where it was not understood.

    The kind is acted on as it stands: whoever makes a notice of a report that anybody could have forged makes it a mild
    one, which is not ``proven``: neither a signature of ours nor a provider's own hand vouches for it.
    """

    key: str
    kind: NoticeKind
    source: str
    delivery: int = 0
    address: str = ""
    status: str = ""
    text: str = ""
    raw: bytes = b""
    subscriber: int = 0
    edition: str = ""
    proven: bool = False


@dataclass(frozen=True, slots=True)
class Concerned:
    """Whom a notice is about, and which edition, as far as the ledger knows them: 0 and None where it does not.

    ``erased``: somebody who was erased, of whom nothing is kept.
    """

    subscriber: int = 0
    status: SubscriberStatus | None = None
    edition: int = 0
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Noted:
    """A notice as it was recorded. ``address`` is the subscriber's, ``edition`` a name; "" where nobody knows."""

    id: int
    at: datetime
    kind: NoticeKind
    source: str
    address: str
    edition: str
    status: str
    text: str
