"""SendGrid: only what its key signed is believed, and what each event means."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from digest.bounces.providers.sendgrid import SendGrid
from digest.errors import ConfigError, SignatureError
from digest.model import Notice, NoticeKind
from tests.bounces.providers.signed import NOW, READER, sendgrid, sendgrid_key

Kind = NoticeKind


@pytest.fixture
def reader() -> SendGrid:
    return SendGrid(sendgrid_key())


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "email": READER,
        "timestamp": 1765184340,
        "smtp-id": "<2025-W49.x@quay.example.org>",
        "event": name,
        "sg_event_id": "ZXZlbnQ",
        "sg_message_id": "bWVzc2FnZQ.recvd-1",
        **fields,
    }


def read(reader: SendGrid, events: Any) -> tuple[Notice, ...]:
    return reader.read(*sendgrid(events), NOW)


# --- what is believed --------------------------------------------------------------------------------------------


def test_a_body_that_was_changed_is_refused(reader: SendGrid) -> None:
    headers, body = sendgrid([event("spamreport")])
    for changed in (body.rstrip(), body.replace(b"spamreport", b"processed!"), b""):
        with pytest.raises(SignatureError):
            reader.read(headers, changed, NOW)


@pytest.mark.parametrize("name", ["signature", "timestamp"])
@pytest.mark.parametrize("value", [None, "", "1765184399", "no base64 é", "bm9uZQ=="])
def test_a_header_that_is_missing_or_changed_is_refused(reader: SendGrid, name: str, value: str | None) -> None:
    headers, body = sendgrid([event("spamreport")])
    headers[f"x-twilio-email-event-webhook-{name}"] = value or ""
    if value is None:
        del headers[f"x-twilio-email-event-webhook-{name}"]
    with pytest.raises(SignatureError):
        reader.read(headers, body, NOW)


def test_the_hand_of_another_key_is_refused(reader: SendGrid) -> None:
    with pytest.raises(SignatureError):
        reader.read(*sendgrid([event("spamreport")], key=ec.generate_private_key(ec.SECP256R1())), NOW)


@pytest.mark.parametrize("ago", [timedelta(hours=26), timedelta(hours=-1)])
def test_what_was_not_signed_just_now_is_refused(reader: SendGrid, ago: timedelta) -> None:
    with pytest.raises(SignatureError, match="which is not now"):
        reader.read(*sendgrid([event("spamreport")], at=NOW - ago), NOW)


def test_a_report_that_comes_again_after_a_day_is_believed(reader: SendGrid) -> None:
    assert len(reader.read(*sendgrid([event("spamreport")], at=NOW - timedelta(hours=24)), NOW)) == 1


def other_key() -> str:
    import base64

    public = rsa.generate_private_key(65537, 2048).public_key()
    return base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize("key", ["", "SG.key", "bm9uZQ==", sendgrid_key()[:-8], other_key()], ids=lambda key: key[:9])
def test_what_is_no_key_is_a_fault_of_the_configuration(key: str) -> None:
    with pytest.raises(ConfigError, match=r"webhooks\.sendgrid_key"):
        SendGrid(key)


# --- what it means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "kind", "status"),
    [
        (event("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 unknown"), Kind.HARD, "5.1.1"),
        (event("bounce", type="bounce", status="5.0.0", reason="550 5.1.1 unknown"), Kind.HARD, "5.1.1"),
        (event("bounce", status="5.1.1"), Kind.HARD, "5.1.1"),
        (event("bounce", type="bounce", bounce_classification="Invalid Address"), Kind.HARD, ""),
        (
            event("bounce", type="bounce", bounce_classification="Mailbox Unavailable", status="5.2.2"),
            Kind.SOFT,
            "5.2.2",
        ),
        (event("bounce", type="bounce", status="5.7.1", reason="550 5.7.1 no"), Kind.SOFT, "5.7.1"),
        (event("bounce", type="bounce"), Kind.SOFT, ""),
        (event("bounce", type="blocked", reason="unable to get mx info"), Kind.SOFT, ""),
        (event("bounce", type="blocked", status="5.1.1"), Kind.SOFT, "5.1.1"),
        (event("dropped", reason="Bounced Address"), Kind.SOFT, ""),
        (event("dropped", reason="Spam Reporting Address"), Kind.COMPLAINT, ""),
        (event("dropped", reason="Unsubscribed Address"), Kind.UNSUBSCRIBE, ""),
        (event("dropped", reason="Spam Content (if Spam Checker app is enabled)"), Kind.UNKNOWN, ""),
        (event("deferred", response="421 4.7.0 try again later", attempt="3"), Kind.DELAYED, "4.7.0"),
        (event("spamreport"), Kind.COMPLAINT, ""),
        (event("unsubscribe"), Kind.UNSUBSCRIBE, ""),
        (event("group_unsubscribe", asm_group_id=10), Kind.UNSUBSCRIBE, ""),
        (event("tomorrow's"), Kind.UNKNOWN, ""),
        (event(""), Kind.UNKNOWN, ""),
    ],
)
def test_what_an_event_means(reader: SendGrid, report: dict[str, Any], kind: NoticeKind, status: str) -> None:
    (notice,) = read(reader, [report])
    assert (notice.kind, notice.status, notice.address, notice.source) == (kind, status, READER, "sendgrid")


def test_events_come_many_at_once_and_those_of_no_trouble_leave_no_trace(reader: SendGrid) -> None:
    quiet = [event(name) for name in ("processed", "delivered", "open", "click", "group_resubscribe")]
    notices = read(reader, [*quiet, event("spamreport", sg_event_id="1"), event("unsubscribe", sg_event_id="2")])
    assert [notice.kind for notice in notices] == [Kind.COMPLAINT, Kind.UNSUBSCRIBE]
    assert read(reader, quiet) == read(reader, []) == ()


def test_an_event_that_is_not_understood_is_kept_and_does_not_stop_the_others(reader: SendGrid) -> None:
    first, second, third = read(reader, [None, ["deep"], event("spamreport")])
    assert (first.kind, first.raw, second.kind, second.raw, third.kind) == (
        Kind.UNKNOWN, b"null", Kind.UNKNOWN, b'["deep"]', Kind.COMPLAINT,
    )  # fmt: skip
    assert first.key != second.key


@pytest.mark.parametrize("body", [b"", b"no json", b"{}", b"null", b"\xff", b"[" * 100_000])
def test_a_body_that_is_not_understood_is_kept(reader: SendGrid, body: bytes) -> None:
    (notice,) = read(reader, body)
    assert notice.kind is Kind.UNKNOWN


def test_an_event_that_is_nested_as_deep_as_can_be_read_is_kept(reader: SendGrid) -> None:
    for depth in range(100, 2000, 100):
        (notice,) = read(reader, b'[{"event": "odd", "deep": ' + b"[" * depth + b"]" * depth + b"}]")
        assert notice.kind is Kind.UNKNOWN
        assert notice.raw


def test_the_same_event_has_the_same_key_and_another_one_another(reader: SendGrid) -> None:
    (first,) = read(reader, [event("spamreport")])
    (again,) = read(reader, [json.loads(json.dumps(event("spamreport", useragent="more")))])
    (other,) = read(reader, [event("spamreport", sg_event_id="b3RoZXI")])
    assert first.key == again.key != other.key
