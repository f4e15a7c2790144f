"""One message to one subscriber, from the freeze to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from digest.model.notices import Notice


class DeliveryStatus(StrEnum):
    """Where a delivery stands; the drawing is in ``digest.delivery``."""

    QUEUED = "queued"  # nobody has tried yet, or a claim was handed back
    CLAIMED = "claimed"  # a sender has taken it for the time of its lease
    HANDING = "handing"  # the content may leave at any moment now
    ACCEPTED = "accepted"  # the server took responsibility for it
    DEFERRED = "deferred"  # the server said "later"
    FAILED = "failed"  # the server said "never", or said "later" until patience ended
    UNCERTAIN = "uncertain"  # perhaps taken; only a person may settle it
    SKIPPED = "skipped"  # not sent: the subscriber had left before hand-over


FINAL_STATUSES = frozenset(
    {DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED, DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED}
)


class Settlement(StrEnum):
    """How a person settles what is uncertain."""

    RESEND = "resend"
    ACCEPT = "accept"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one subscriber, as the ledger knows it. ``subscriber`` is 0 once the person was erased."""

    id: int
    edition: int
    rendition: int
    subscriber: int
    address: str
    name: str
    status: DeliveryStatus
    attempts: int = 0
    first_tried: datetime | None = None
    due: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one edition for one subscriber, as told to whoever asks what is known about them."""

    edition: str
    number: int
    status: DeliveryStatus
    attempts: int = 0
    first_tried: datetime | None = None
    changed: datetime | None = None
    reply: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Deliveries that one sender may hand over while its lease lasts; ``token`` proves it in every later write."""

    token: str
    deliveries: tuple[Delivery, ...]
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A delivery as it stands after a try; ``suppress`` is the reason to mail this subscriber no more, or "".

    ``bounce``: the refusal that counts against the mailbox, if it was one.
    """

    delivery: Delivery
    token: str
    server: str = ""
    suppress: str = ""
    bounce: Notice | None = None
