"""SendGrid: its reports, many at once, signed as a whole.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.bounces.findings import Finding, failure
from digest.bounces.providers.facts import enhanced, instant, noticed, opened, require_fresh, words
from digest.errors import ConfigError, SignatureError
from digest.model import Notice, NoticeKind

SOURCE = "sendgrid"
SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"
_PATIENCE = timedelta(hours=25)  # it tries for a day
_ALL_IS_WELL = frozenset({"processed", "delivered", "open", "click", "group_resubscribe"})
_GONE = "Invalid Address"  # https://www.twilio.com/docs/sendgrid/ui/analytics-and-reporting/bounce-and-block-classifications
# Why it did not even try. What is not here is a matter of the account or of the mail.
_DROPPED: Mapping[str, NoticeKind] = MappingProxyType(
    {
        "Bounced Address": NoticeKind.SOFT,
        "Invalid": NoticeKind.SOFT,
        "Spam Reporting Address": NoticeKind.COMPLAINT,
        "Unsubscribed Address": NoticeKind.UNSUBSCRIBE,
    }
)
_EVENTS: Mapping[str, NoticeKind] = MappingProxyType(
    {
        "deferred": NoticeKind.DELAYED,
        "spamreport": NoticeKind.COMPLAINT,
        "unsubscribe": NoticeKind.UNSUBSCRIBE,
        "group_unsubscribe": NoticeKind.UNSUBSCRIBE,
    }
)


class SendGrid:
    """The reports that are signed with the other half of this key. Raises ConfigError for what is no key."""

    def __init__(self, key: str) -> None:
        self._key = _public_key(key)

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Notice, ...]:
        self._require_signed(headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, ""), body)
        require_fresh(instant(headers[TIMESTAMP]), now, _PATIENCE)
        events = opened(body)
        found = (_notice(event, body) for event in (events if isinstance(events, list) else [None]))
        return tuple(notice for notice in found if notice)

    def _require_signed(self, signature: str, timestamp: str, body: bytes) -> None:
        """Raises SignatureError."""
        try:
            self._key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
        except (ValueError, InvalidSignature) as error:
            raise SignatureError("the signature is missing or wrong") from error


def _public_key(key: str) -> EllipticCurvePublicKey:
    try:
        found = load_der_public_key(base64.b64decode(key, validate=True))
    except (ValueError, UnsupportedAlgorithm):
        found = None
    if isinstance(found, EllipticCurvePublicKey):
        return found
    raise ConfigError(
        "webhooks.sendgrid_key: is not a verification key of SendGrid",
        hint="copy the whole Verification Key from Settings, Mail Settings, Event Webhooks",
    )


def _notice(event: Any, body: bytes) -> Notice | None:
    """What an event of a report means; None for one that asks for nothing."""
    kind = _kind(event)
    if kind is None:
        return None
    text = words(event, "reason") or words(event, "response") or words(event, "event")
    try:
        raw = json.dumps(event).encode()
    except RecursionError:  # it may be nested as deep as could just be read
        raw = body
    finding = Finding(kind, words(event, "email"), _status(event), text)
    return noticed(SOURCE, finding, (words(event, "sg_event_id"),), raw)


def _kind(event: Any) -> NoticeKind | None:
    match words(event, "event"), words(event, "type"):
        case "bounce", "blocked":
            return NoticeKind.SOFT
        case "bounce", _:
            gone = words(event, "bounce_classification") == _GONE
            return NoticeKind.HARD if gone else failure(_status(event))
        case "dropped", _:
            return _DROPPED.get(words(event, "reason"), NoticeKind.UNKNOWN)
        case name, _ if name in _ALL_IS_WELL:
            return None
        case name, _:
            return _EVENTS.get(name, NoticeKind.UNKNOWN)


def _status(event: Any) -> str:
    return enhanced(words(event, "status"), words(event, "reason"), words(event, "response"))
