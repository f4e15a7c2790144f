"""Mailgun: its reports, and its signature, which covers a time and a token, but nothing of what is reported.

https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
https://documentation.mailgun.com/docs/mailgun/user-manual/events/event-types
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from digest.bounces.findings import Finding, failure
from digest.bounces.ports import DeliveryOf
from digest.bounces.providers.facts import at, delivery_in, enhanced, instant, noticed, opened, require_fresh, words
from digest.bounces.providers.ports import Binds
from digest.errors import SignatureError
from digest.model import Notice, NoticeKind

SOURCE = "mailgun"
# It tries for eight hours, and signs only once: a shorter patience would lose what was reported while we were away.
# https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/webhook-retries
_PATIENCE = timedelta(hours=9)
_ALL_IS_WELL = frozenset({"accepted", "delivered", "opened", "clicked", "stored"})
# Addresses that Mailgun did not even try, for what it has on its lists.
_LISTED: Mapping[str, NoticeKind] = MappingProxyType(
    {
        "suppress-bounce": NoticeKind.SOFT,
        "suppress-complaint": NoticeKind.COMPLAINT,
        "suppress-unsubscribe": NoticeKind.UNSUBSCRIBE,
    }
)


class Mailgun:
    """The reports that are signed with this key."""

    def __init__(self, key: str, delivery_of: DeliveryOf, binds: Binds) -> None:
        self._key = key.encode()
        self._delivery_of = delivery_of
        self._binds = binds

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Notice, ...]:  # noqa: ARG002 - the body holds the signature
        report = opened(body)
        token, signed = self._require_signed(at(report, "signature"), now)
        event = at(report, "event-data")
        if not self._binds(f"{SOURCE}:{token}", _hash(event, body), signed + _PATIENCE, now):
            raise SignatureError("the signature is that of another report")
        kind = _kind(event)
        if kind is None:
            return ()
        said = words(event, "delivery-status", "message") or words(event, "delivery-status", "description")
        text = said or words(event, "reason") or words(event, "event")
        finding = Finding(kind, words(event, "recipient"), _status(event), text)
        names = (words(event, "id"), words(event, "timestamp"))  # an id is nobody else's for a day only
        delivery = delivery_in(words(event, "envelope", "sender"), self._delivery_of)
        return (noticed(SOURCE, finding, names, body, delivery=delivery),)

    def _require_signed(self, signature: Any, now: datetime) -> tuple[str, datetime]:
        """The token and the time of a signature that is right and fresh. Raises SignatureError."""
        at_time, token = words(signature, "timestamp"), words(signature, "token")
        expected = hmac.new(self._key, f"{at_time}{token}".encode(), hashlib.sha256).hexdigest()
        given = (words(signature, "signature"), words(signature, "parent-signature"))  # the latter from a subaccount
        if not token or not any(hmac.compare_digest(expected.encode(), one.encode()) for one in given):
            raise SignatureError("the signature is missing or wrong")
        signed = instant(at_time)
        require_fresh(signed, now, _PATIENCE)
        return token, signed


def _hash(event: Any, body: bytes) -> str:
    """Of all that is reported: a token may come again with the event it came with, and with nothing else."""
    try:
        data = json.dumps(event, sort_keys=True).encode()
    except RecursionError:  # it may be nested as deep as could just be read
        data = body
    return hashlib.sha256(data).hexdigest()


def _kind(event: Any) -> NoticeKind | None:
    """What an event means; None for one that asks for nothing."""
    match words(event, "event"), words(event, "severity"):
        case "failed", "temporary":
            return NoticeKind.DELAYED
        case "failed", "permanent":
            return _LISTED.get(words(event, "reason")) or failure(_status(event))
        case "complained", _:
            return NoticeKind.COMPLAINT
        case "unsubscribed", _:
            return NoticeKind.UNSUBSCRIBE
        case name, _ if name in _ALL_IS_WELL:
            return None
    return NoticeKind.UNKNOWN


def _status(event: Any) -> str:
    answer = at(event, "delivery-status")
    return enhanced(*(words(answer, name) for name in ("enhanced-code", "message", "description")))
