"""Whatever a provider sends, signed or not: it is read or refused, and nothing breaks."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.bounces.providers.mailgun import Mailgun
from digest.bounces.providers.postmark import Postmark
from digest.bounces.providers.sendgrid import SendGrid
from digest.bounces.providers.ses import Ses
from digest.bounces.providers.sns import Topics
from digest.errors import SignatureError, TryLaterError
from digest.model import Notice, NoticeKind
from tests.bounces.providers.signed import (
    NOW,
    TOPIC,
    Amazon,
    basic,
    bound,
    enveloped,
    mailgun,
    sendgrid,
    sendgrid_key,
)
from tests.bounces.tokens import delivery_of

# Words that lead the readers on, and values of every kind in their place.
NAMES = (
    "notificationType",
    "eventType",
    "bounce",
    "bounceType",
    "bounceSubType",
    "bouncedRecipients",
    "complaint",
    "complainedRecipients",
    "complaintFeedbackType",
    "deliveryDelay",
    "delayedRecipients",
    "subscription",
    "newTopicPreferences",
    "unsubscribeAll",
    "mail",
    "source",
    "destination",
    "emailAddress",
    "status",
    "diagnosticCode",
    "feedbackId",
    "RecordType",
    "Type",
    "ID",
    "Email",
    "Recipient",
    "Details",
    "Origin",
    "SuppressSending",
    "SuppressionReason",
    "event",
    "event-data",
    "id",
    "timestamp",
    "severity",
    "reason",
    "recipient",
    "envelope",
    "sender",
    "delivery-status",
    "message",
    "enhanced-code",
    "type",
    "email",
    "sg_event_id",
    "bounce_classification",
    "response",
)
VALUES = (
    "Bounce",
    "Complaint",
    "DeliveryDelay",
    "Subscription",
    "Permanent",
    "General",
    "NoEmail",
    "UnsubscribedRecipient",
    "not-spam",
    "HardBounce",
    "SpamComplaint",
    "SubscriptionChange",
    "ManualSuppression",
    "failed",
    "permanent",
    "temporary",
    "suppress-bounce",
    "complained",
    "bounce",
    "blocked",
    "dropped",
    "5.1.1",
    "5.7.1",
    "bounces+aaaa@example.org",
    "reader@example.org",
    "\ud800",
    "\x00",
)
FIELDS = (
    "Type",
    "MessageId",
    "TopicArn",
    "Subject",
    "Message",
    "Timestamp",
    "SignatureVersion",
    "SigningCertURL",
    "Signature",
    "Token",
    "SubscribeURL",
)

names = st.sampled_from(NAMES) | st.text(max_size=5)
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(VALUES) | st.text(max_size=20)
reports = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=8), max_leaves=30
)


def sound(notices: tuple[Notice, ...], source: str) -> None:
    """What the database and a terminal can hold."""
    for notice in notices:
        assert notice.source == source
        assert notice.key.startswith(f"{source}:")
        assert len(notice.key) < 60
        assert len(notice.raw) <= 64_000
        for text in (notice.key, notice.address, notice.status, notice.text):
            assert text.encode() is not None
            assert text.isprintable()
            assert len(text) <= 1000
        if notice.kind is NoticeKind.UNKNOWN:
            assert notice.raw


@settings(deadline=None)
@given(report=reports)
def test_no_signed_report_breaks_a_reader(report: Any) -> None:
    postmark, grid = Postmark("secret"), SendGrid(sendgrid_key())
    gun = Mailgun("mailgun-key", delivery_of, bound())
    ses = Ses(Topics([TOPIC], Amazon()), delivery_of)
    sound(postmark.read(basic("secret"), json.dumps(report).encode(), NOW), "postmark")
    sound(gun.read({}, mailgun(report), NOW), "mailgun")
    sound(grid.read(*sendgrid([report]), NOW), "sendgrid")
    sound(grid.read(*sendgrid(report), NOW), "sendgrid")
    sound(ses.read({}, enveloped(json.dumps(report)), NOW), "ses")


@settings(deadline=None)
@given(message=st.text(min_size=1))
def test_no_signed_words_break_a_reader(message: str) -> None:
    sound(Ses(Topics([TOPIC], Amazon()), delivery_of).read({}, enveloped(message), NOW), "ses")


@settings(deadline=None)
@given(body=st.binary() | reports.map(lambda report: json.dumps(report).encode()), header=st.text())
def test_no_unsigned_body_is_believed_or_breaks_a_reader(body: bytes, header: str) -> None:
    headers = {
        "authorization": header,
        "x-twilio-email-event-webhook-signature": header,
        "x-twilio-email-event-webhook-timestamp": header,
    }
    ses = Ses(Topics([TOPIC], Amazon()), delivery_of)
    readers = (Postmark("secret"), Mailgun("key", delivery_of, bound()), SendGrid(sendgrid_key()), ses)
    for reader in readers:
        with contextlib.suppress(SignatureError):
            raise AssertionError(f"believed: {reader.read(headers, body, NOW)}")


@settings(deadline=None)
@given(
    fields=st.dictionaries(
        st.sampled_from(FIELDS),
        leaves | st.lists(leaves, max_size=2) | st.sampled_from(["Notification", "SubscriptionConfirmation", "1", "2"]),
        max_size=4,
    )
)
def test_no_envelope_breaks_the_reader_of_sns(fields: dict[str, Any]) -> None:
    body = json.dumps({**json.loads(enveloped("{}")), **fields}).encode()
    ses = Ses(Topics([TOPIC], Amazon()), delivery_of)
    with contextlib.suppress(SignatureError, TryLaterError):
        sound(ses.read({}, body, NOW), "ses")
