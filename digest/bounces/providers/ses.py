"""Amazon SES: its reports, in the shape of notifications and of published events, through Amazon SNS.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from digest.bounces.findings import Finding, failure
from digest.bounces.ports import DeliveryOf
from digest.bounces.providers.facts import at, delivery_in, enhanced, noticed, opened, tables, words
from digest.bounces.providers.sns import Envelope, Kind, Topics
from digest.model import Notice, NoticeKind

SOURCE = "ses"
# What tells of no trouble; the last, and the greeting, are said once when a topic is connected.
_ALL_IS_WELL = frozenset({"Send", "Delivery", "Open", "Click", "AmazonSnsSubscriptionSucceeded"})
_GREETING = "Successfully validated SNS topic"
_PRAISE = "not-spam"  # RFC 5965, 7.3: the reader took the mail out of the spam folder
_NOT_THE_READER = "auth-failure"  # RFC 6591: a report about our own signatures
# Codes about the server, the way to it, the content or a policy, and mailboxes that are full or too small.
_SOMEBODY_IS_THERE = re.compile(r"4\..*|5\.[3467]\..*|5\.2\.[234]")


class Ses:
    """The reports of SES that come through some topics of SNS."""

    def __init__(self, topics: Topics, delivery_of: DeliveryOf) -> None:
        self._topics = topics
        self._delivery_of = delivery_of

    def read(self, headers: Mapping[str, str], body: bytes, now: datetime) -> tuple[Notice, ...]:  # noqa: ARG002 - the envelope says it all
        envelope = self._topics.open(body, now)
        match envelope.kind:
            case Kind.NOTIFICATION:
                return notices(envelope, self._delivery_of)
            case Kind.SUBSCRIPTION:
                self._topics.confirm(envelope)
                return ()
            case Kind.END:
                end = Finding(NoticeKind.UNKNOWN, text=f"{envelope.topic} will report here no more")
                return (noticed(SOURCE, end, (envelope.id,), body),)


def notices(envelope: Envelope, delivery_of: DeliveryOf) -> tuple[Notice, ...]:
    """What a notification reports, recipient by recipient."""
    report = opened(envelope.message)
    kind = words(report, "notificationType") or words(report, "eventType")
    praise = words(report, "complaint", "complaintFeedbackType") == _PRAISE
    if kind in _ALL_IS_WELL or praise or envelope.message.startswith(_GREETING):
        return ()
    found = tuple(_findings(kind, report)) or (Finding(NoticeKind.UNKNOWN, text=kind),)
    delivery = delivery_in(words(report, "mail", "source"), delivery_of)
    event = words(report, kind.lower(), "feedbackId") or envelope.id
    raw = envelope.message.encode(errors="replace")
    return tuple(noticed(SOURCE, finding, (event,), raw, delivery=delivery) for finding in found)


def _findings(kind: str, report: Any) -> Iterator[Finding]:
    match kind:
        case "Bounce":
            bounce = at(report, "bounce")
            return (_bounce(bounce, recipient) for recipient in tables(bounce, "bouncedRecipients"))
        case "Complaint":
            complaint = at(report, "complaint")
            return (_complaint(complaint, recipient) for recipient in tables(complaint, "complainedRecipients"))
        case "DeliveryDelay":
            delay = at(report, "deliveryDelay")
            return (_delay(delay, recipient) for recipient in tables(delay, "delayedRecipients"))
        case "Subscription":
            addresses = at(report, "mail", "destination")
            left = at(report, "subscription", "newTopicPreferences", "unsubscribeAll") is True
            what = NoticeKind.UNSUBSCRIBE if left else NoticeKind.UNKNOWN
            listed = addresses if isinstance(addresses, list) else ()
            return (Finding(what, words(address), text="by a link of SES") for address in listed)
    return iter(())


def _bounce(bounce: Any, recipient: Any) -> Finding:
    permanent, subtype = words(bounce, "bounceType") == "Permanent", words(bounce, "bounceSubType")
    said = words(recipient, "diagnosticCode")
    status = enhanced(words(recipient, "status"), said)
    kind = failure(status)
    if permanent and _nobody_is_there(subtype, status):
        kind = NoticeKind.HARD
    elif permanent and subtype == "UnsubscribedRecipient":
        kind = NoticeKind.UNSUBSCRIBE
    text = said or f"{words(bounce, 'bounceType')}, {subtype}"
    return Finding(kind, words(recipient, "emailAddress"), status, text)


def _nobody_is_there(subtype: str, status: str) -> bool:
    """What a permanent bounce means: General is said of refusals by policy, too, but then there is a code for that."""
    return subtype == "NoEmail" or (subtype == "General" and not _SOMEBODY_IS_THERE.fullmatch(status))


def _complaint(complaint: Any, recipient: Any) -> Finding:
    text = words(complaint, "complaintFeedbackType") or words(complaint, "complaintSubType")
    kind = NoticeKind.UNKNOWN if text == _NOT_THE_READER else NoticeKind.COMPLAINT
    return Finding(kind, words(recipient, "emailAddress"), text=text)


def _delay(delay: Any, recipient: Any) -> Finding:
    text = words(recipient, "diagnosticCode") or words(delay, "delayType")
    status = enhanced(words(recipient, "status"), text)
    return Finding(NoticeKind.DELAYED, words(recipient, "emailAddress"), status, text)
