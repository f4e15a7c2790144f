"""Postmark: only who has the password is believed, and what each report means."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from digest.bounces.providers.postmark import Postmark
from digest.errors import SignatureError
from digest.model import Notice, NoticeKind
from tests.bounces.providers.signed import NOW, READER, basic

Kind = NoticeKind
PASSWORD = "päss:wörd"


@pytest.fixture
def postmark() -> Postmark:
    return Postmark(PASSWORD)


def bounce(kind: str, **fields: Any) -> dict[str, Any]:
    return {
        "RecordType": "Bounce",
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "MessageStream": "broadcast",
        "Email": READER,
        "From": "weekly@quay.example.org",
        "BouncedAt": "2025-12-08T08:59:00Z",
        "Inactive": True,
        "CanActivate": True,
        **fields,
    }


def change(reason: str | None, origin: str, *, suppressed: bool = True) -> dict[str, Any]:
    return {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "ChangedAt": "2025-12-08T08:59:00Z",
        "Recipient": READER,
        "Origin": origin,
        "SuppressSending": suppressed,
        "SuppressionReason": reason,
    }


def read(postmark: Postmark, report: Any) -> tuple[Notice, ...]:
    body = report if isinstance(report, bytes) else json.dumps(report).encode()
    return postmark.read(basic(PASSWORD), body, NOW)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        basic("wrong"),
        basic(""),
        basic(PASSWORD, user="Digest"),
        basic(PASSWORD + " "),
        {"authorization": "Bearer " + base64.b64encode(f"digest:{PASSWORD}".encode()).decode()},
        {"authorization": "Basic"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic é"},
        {"authorization": f"Basic digest:{PASSWORD}"},
    ],
    ids=str,
)
def test_without_the_password_nothing_is_believed(postmark: Postmark, headers: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        postmark.read(headers, json.dumps(bounce("HardBounce")).encode(), NOW)


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        *((bounce(name), Kind.HARD) for name in ("HardBounce", "BadEmailAddress")),
        *(
            (bounce(name), Kind.SOFT)
            for name in ("SoftBounce", "DnsError", "SpamNotification", "VirusNotification", "Blocked", "DMARCPolicy")
        ),
        *((bounce(name), Kind.SOFT) for name in ("ManuallyDeactivated", "SMTPApiError")),
        (bounce("Transient"), Kind.DELAYED),
        (bounce("SpamComplaint"), Kind.COMPLAINT),
        (bounce("Unsubscribe"), Kind.UNSUBSCRIBE),
        *((bounce(name), Kind.AUTOMATIC) for name in ("AutoResponder", "AddressChange", "ChallengeVerification")),
        *((bounce(name), Kind.UNKNOWN) for name in ("Unknown", "Subscribe", "InboundError", "Tomorrow's", "")),
        ({**bounce("SpamComplaint"), "RecordType": "SpamComplaint"}, Kind.COMPLAINT),
        (change("HardBounce", "Recipient"), Kind.HARD),
        (change("SpamComplaint", "Recipient"), Kind.COMPLAINT),
        (change("ManualSuppression", "Recipient"), Kind.UNSUBSCRIBE),
        (change("ManualSuppression", "Customer"), Kind.UNKNOWN),
        (change("ManualSuppression", "Admin"), Kind.UNKNOWN),
    ],
)
def test_what_a_report_means(postmark: Postmark, report: dict[str, Any], kind: NoticeKind) -> None:
    (notice,) = read(postmark, report)
    assert (notice.kind, notice.address, notice.source, notice.delivery) == (kind, READER, "postmark", 0)


def test_the_code_and_the_words_of_the_server_are_kept(postmark: Postmark) -> None:
    (notice,) = read(postmark, bounce("HardBounce", Details="smtp;550 5.1.1 unknown\r\nuser\x00", Description="x"))
    assert (notice.status, notice.text) == ("5.1.1", "smtp;550 5.1.1 unknown user")


@pytest.mark.parametrize(
    "report",
    [
        *({"RecordType": name, "Recipient": READER} for name in ("Delivery", "Open", "Click")),
        change(None, "Customer", suppressed=False),
    ],
)
def test_what_tells_of_no_trouble_leaves_no_trace(postmark: Postmark, report: dict[str, Any]) -> None:
    assert read(postmark, report) == ()


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", b'{"RecordType": "Inbound"}', b"\xff" * 100_000])
def test_what_is_not_understood_is_kept(postmark: Postmark, body: bytes) -> None:
    (notice,) = read(postmark, body)
    assert (notice.kind, notice.raw) == (Kind.UNKNOWN, body[:64_000])


def test_the_same_event_has_the_same_key_and_another_one_another(postmark: Postmark) -> None:
    first, again, later = (
        read(postmark, bounce("HardBounce", **fields))[0]
        for fields in ({}, {"Subject": "told with more words"}, {"ID": 1})
    )
    assert first.key == again.key != later.key
