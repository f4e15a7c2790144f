"""Delivery status notifications (RFC 3464, in their multipart/report of RFC 6522). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message

from digest.bounces.findings import Finding, failure, mildest, shortened, status_in
from digest.bounces.mail import STATUS_REPORT, Mail, field
from digest.model import NoticeKind


def read(mail: Mail) -> list[Finding]:
    """One finding for each recipient that the report tells something of."""
    return list(_findings(mail))


def _findings(mail: Mail) -> Iterator[Finding]:
    for block in mail.blocks(STATUS_REPORT):
        said = _value(field(block, "Diagnostic-Code"))
        status = _status(field(block, "Status"), said)
        if kind := _kind(block, status):
            address = _value(field(block, "Original-Recipient")) or _value(field(block, "Final-Recipient"))
            yield Finding(kind, address.strip("<> "), status, shortened(said or field(block, "Status")))


def _kind(block: Message, status: str) -> NoticeKind | None:
    """What became of this recipient; None for a block that is about the report itself."""
    action = field(block, "Action").partition(" ")[0].lower()  # comments may follow
    match action or status[:1]:
        case "failed" | "failure" | "5":
            return failure(status)
        case "delayed" | "4":
            return NoticeKind.DELAYED
        case "delivered" | "relayed" | "expanded" | "2":
            return NoticeKind.AUTOMATIC
    return None


def _status(written: str, said: str) -> str:
    """The code; where it says no more than "failed" (Exim's 5.0.0), what the server said of the same class does; where the
    server said something milder, that.
    """
    status, precise = status_in(written), status_in(said)
    vague_of_another_class = status.endswith(".0.0") and precise[:1] != status[0]
    return status if vague_of_another_class else mildest(status, precise)


def _value(text: str) -> str:
    """What stands behind the type: ``rfc822; reader@example.org``, ``smtp; 550 5.1.1 unknown``."""
    kind, semicolon, value = text.partition(";")
    return value.strip() if semicolon else kind.strip()
