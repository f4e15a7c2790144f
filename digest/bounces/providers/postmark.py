"""Postmark: its reports. Postmark signs nothing, so what proves them is a password in the address that it calls.

https://postmarkapp.com/developer/webhooks/webhooks-overview
https://postmarkapp.com/developer/webhooks/bounce-webhook
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from digest.bounces.findings import Finding
from digest.bounces.providers.facts import at, enhanced, noticed, opened, words
from digest.errors import SignatureError
from digest.model import Notice, NoticeKind

SOURCE = "postmark"
USER = "digest"
# The events that tell of no trouble.
_ALL_IS_WELL = frozenset({"Delivery", "Open", "Click"})
# What a bounce is, by its type: https://postmarkapp.com/developer/api/bounce-api#bounce-types
_BOUNCES: Mapping[str, NoticeKind] = MappingProxyType(
    {
        "HardBounce": NoticeKind.HARD,
        "BadEmailAddress": NoticeKind.HARD,
        "SoftBounce": NoticeKind.SOFT,
        "DnsError": NoticeKind.SOFT,
        "SpamNotification": NoticeKind.SOFT,  # a filter took it for spam, the reader did not
        "VirusNotification": NoticeKind.SOFT,
        "Blocked": NoticeKind.SOFT,
        "DMARCPolicy": NoticeKind.SOFT,
        "ManuallyDeactivated": NoticeKind.SOFT,
        "SMTPApiError": NoticeKind.SOFT,  # not even tried: Postmark has given the address up before
        "Transient": NoticeKind.DELAYED,
        "SpamComplaint": NoticeKind.COMPLAINT,
        "Unsubscribe": NoticeKind.UNSUBSCRIBE,
        "AutoResponder": NoticeKind.AUTOMATIC,
        "AddressChange": NoticeKind.AUTOMATIC,
        "ChallengeVerification": NoticeKind.AUTOMATIC,
    }
)


class Postmark:
    """The reports that come with this password."""

    def __init__(self, password: str) -> None:
        self._expected = f"{USER}:{password}".encode()

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Notice, ...]:  # noqa: ARG002 - nothing is signed, no time either
        if not hmac.compare_digest(_credentials(headers.get("authorization", "")), self._expected):
            raise SignatureError("the name or the password in the address is missing or wrong")
        report = opened(body)
        record = words(report, "RecordType")
        kind = _kind(record, report)
        if record in _ALL_IS_WELL or kind is None:
            return ()
        text = words(report, "Details") or words(report, "Description") or words(report, "SuppressionReason")
        address = words(report, "Email") or words(report, "Recipient")
        finding = Finding(kind, address, enhanced(text), text or words(report, "Type") or record)
        event = [words(report, name) for name in ("ID", "MessageID", "ChangedAt")]
        return (noticed(SOURCE, finding, event, body),)


def _credentials(header: str) -> bytes:
    """Name and password of Basic authentication (RFC 7617); b"" for anything else."""
    scheme, _, value = header.partition(" ")
    try:
        return base64.b64decode(value.strip(), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, ValueError):
        return b""


def _kind(record: str, report: Any) -> NoticeKind | None:
    """What a report means; None for one that asks for nothing."""
    match record:
        case "Bounce":
            return _BOUNCES.get(words(report, "Type"), NoticeKind.UNKNOWN)
        case "SpamComplaint":
            return NoticeKind.COMPLAINT
        case "SubscriptionChange":
            return _changed(report)
    return NoticeKind.UNKNOWN


def _changed(report: Any) -> NoticeKind | None:
    """What a change of Postmark's list of addresses that it no longer mails means."""
    if at(report, "SuppressSending") is False:
        return None
    match words(report, "SuppressionReason"), words(report, "Origin"):
        case "HardBounce", _:
            return NoticeKind.HARD
        case "SpamComplaint", _:
            return NoticeKind.COMPLAINT
        case "ManualSuppression", "Recipient":
            return NoticeKind.UNSUBSCRIBE
    return NoticeKind.UNKNOWN
