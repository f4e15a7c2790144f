"""Mailgun: only what its key signed is believed, a signature proves one report, and what each report means."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from digest.bounces.providers.mailgun import Mailgun
from digest.errors import SignatureError
from digest.model import Notice, NoticeKind
from digest.store.database import Database
from digest.store.notices import Notices
from digest.store.tables import proofs
from tests.bounces.providers.signed import NOW, READER, bound, mailgun, return_path
from tests.bounces.tokens import delivery_of

Kind = NoticeKind


@pytest.fixture
def reader() -> Mailgun:
    return Mailgun("mailgun-key", delivery_of, bound())


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "W3X4JOhFT-OZidZGKKr9iA",
        "event": name,
        "timestamp": 1765184340.4,
        "recipient": READER,
        "recipient-domain": "example.org",
        "envelope": {"sender": "weekly@quay.example.org", "targets": READER, "transport": "smtp"},
        "message": {"headers": {"message-id": "2025-W49.x@quay.example.org", "to": READER}},
        **fields,
    }


def failed(severity: str = "permanent", reason: str = "bounce", **answer: Any) -> dict[str, Any]:
    return event("failed", severity=severity, reason=reason, **{"delivery-status": {"attempt-no": 1, **answer}})


def read(reader: Mailgun, report: Any) -> tuple[Notice, ...]:
    return reader.read({}, mailgun(report), NOW)


# --- what is believed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "signature",
    [
        None,
        {},
        [],
        "",
        {"timestamp": "", "token": "", "signature": ""},
        {"timestamp": "1765184400", "token": "t", "signature": "0" * 64},
        {"timestamp": "1765184400", "token": "t", "signature": "é"},
        {"timestamp": ["1765184400"], "token": {}, "signature": 1},
    ],
    ids=str,
)
def test_what_is_not_signed_is_refused(reader: Mailgun, signature: Any) -> None:
    with pytest.raises(SignatureError):
        reader.read({}, json.dumps({"signature": signature, "event-data": event("complained")}).encode(), NOW)


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", b"[" * 100_000])
def test_what_has_no_place_for_a_signature_is_refused(reader: Mailgun, body: bytes) -> None:
    with pytest.raises(SignatureError):
        reader.read({}, body, NOW)


def test_the_hand_of_another_key_is_refused(reader: Mailgun) -> None:
    with pytest.raises(SignatureError):
        reader.read({}, mailgun(event("complained"), key="another"), NOW)


@pytest.mark.parametrize("name", ["timestamp", "token", "signature"])
def test_a_signature_that_was_changed_is_refused(reader: Mailgun, name: str) -> None:
    report = json.loads(mailgun(event("complained")))
    report["signature"][name] = report["signature"][name][:-1] + "x"
    with pytest.raises(SignatureError):
        reader.read({}, json.dumps(report).encode(), NOW)


def test_a_subaccount_s_report_is_proved_by_the_signature_of_the_account_above(reader: Mailgun) -> None:
    report = json.loads(mailgun(event("complained")))
    proof = report["signature"]
    proof |= {"signature": "0" * 64, "parent-signature": proof["signature"]}
    assert len(reader.read({}, json.dumps(report).encode(), NOW)) == 1


@pytest.mark.parametrize("ago", [timedelta(hours=10), timedelta(hours=-1)])
def test_what_was_not_signed_just_now_is_refused(reader: Mailgun, ago: timedelta) -> None:
    with pytest.raises(SignatureError, match="which is not now"):
        reader.read({}, mailgun(event("complained"), at=NOW - ago), NOW)


def test_a_report_that_comes_again_after_eight_hours_is_believed(reader: Mailgun) -> None:
    body = mailgun(event("complained"), at=NOW - timedelta(hours=8))
    assert len(reader.read({}, body, NOW)) == 1


def test_a_signature_proves_one_report_and_not_a_second_one(reader: Mailgun) -> None:
    true = mailgun(event("delivered"), token="t" * 50)
    forged = mailgun(event("complained", recipient="another@example.org"), token="t" * 50)
    reader.read({}, true, NOW)
    with pytest.raises(SignatureError, match="another report"):
        reader.read({}, forged, NOW)
    assert reader.read({}, true, NOW) == ()


@pytest.mark.parametrize(
    "changed",
    [
        {"severity": "permanent"},
        {"delivery-status": {"code": 550, "message": "5.1.1 gone"}},
        {"envelope": {"sender": return_path(12)}},
        {"reason": "suppress-complaint"},
    ],
    ids=str,
)
def test_a_signature_proves_all_that_was_reported(reader: Mailgun, changed: dict[str, Any]) -> None:
    true = failed("temporary", "generic", code=451, message="4.3.0 later")
    reader.read({}, mailgun(true, token="t" * 50), NOW)
    with pytest.raises(SignatureError, match="another report"):
        reader.read({}, mailgun(true | changed, token="t" * 50), NOW)


def test_the_order_in_which_it_is_told_proves_nothing_else(reader: Mailgun) -> None:
    true = event("complained")
    reader.read({}, mailgun(true, token="t" * 50), NOW)
    assert len(reader.read({}, mailgun(dict(reversed(true.items())), token="t" * 50), NOW)) == 1


def test_what_a_signature_was_for_is_remembered_after_a_restart_and_as_long_as_it_is_good(tmp_path: Path) -> None:
    def reader() -> Mailgun:
        return Mailgun("mailgun-key", delivery_of, Notices(database).binds)

    true = mailgun(event("delivered"), token="t" * 50)
    forged = mailgun(event("complained"), token="t" * 50)
    url = f"sqlite:///{tmp_path}/digest.db"
    with closing(Database(url)) as database:
        assert reader().read({}, true, NOW) == ()
    with closing(Database(url)) as database:
        for after in (timedelta(), timedelta(hours=9)):
            with pytest.raises(SignatureError, match="another report"):
                reader().read({}, forged, NOW + after)
        assert reader().read({}, true, NOW + timedelta(hours=9)) == ()
        later = NOW + timedelta(hours=9, seconds=1)
        reader().read({}, mailgun(event("delivered"), at=later), later)
        with database.read() as connection:
            assert len(connection.execute(select(proofs)).all()) == 1


# --- what it means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "kind", "status"),
    [
        (failed(code=550, message="5.1.1 The account does not exist."), Kind.HARD, "5.1.1"),
        (failed(code=550, **{"enhanced-code": "5.1.10", "message": "no"}), Kind.HARD, "5.1.10"),
        (failed(code=550, **{"enhanced-code": "5.0.0", "message": "550 5.1.1 no"}), Kind.HARD, "5.1.1"),
        (failed(code=550, description="550 5.1.1 no"), Kind.HARD, "5.1.1"),
        (failed(code=550, message="5.7.1 not wanted here"), Kind.SOFT, "5.7.1"),
        (failed(code=550, message="no such user"), Kind.SOFT, ""),
        (failed(reason="old", code=602, message="Too old"), Kind.SOFT, ""),
        (failed(reason="suppress-bounce", code=605, message="Not delivering"), Kind.SOFT, ""),
        (failed(reason="suppress-complaint", code=607), Kind.COMPLAINT, ""),
        (failed(reason="suppress-unsubscribe", code=606), Kind.UNSUBSCRIBE, ""),
        (failed("temporary", "generic", code=450, message="4.2.0 greylisted"), Kind.DELAYED, "4.2.0"),
        (event("complained"), Kind.COMPLAINT, ""),
        (event("unsubscribed"), Kind.UNSUBSCRIBE, ""),
        (event("rejected", reject={"reason": "no"}), Kind.UNKNOWN, ""),
        (event("failed"), Kind.UNKNOWN, ""),
        (event("tomorrow's"), Kind.UNKNOWN, ""),
    ],
)
def test_what_a_report_means(reader: Mailgun, report: dict[str, Any], kind: NoticeKind, status: str) -> None:
    (notice,) = read(reader, report)
    assert (notice.kind, notice.status, notice.address, notice.source) == (kind, status, READER, "mailgun")


@pytest.mark.parametrize("name", ["accepted", "delivered", "opened", "clicked", "stored"])
def test_what_tells_of_no_trouble_leaves_no_trace(reader: Mailgun, name: str) -> None:
    assert read(reader, event(name)) == ()


@pytest.mark.parametrize("report", [None, [], "words", 5, {}, {"event": ["failed"]}])
def test_what_is_not_understood_is_kept(reader: Mailgun, report: Any) -> None:
    (notice,) = read(reader, report)
    assert (notice.kind, notice.raw) == (Kind.UNKNOWN, mailgun(report))


def test_the_envelope_s_sender_names_the_delivery(reader: Mailgun) -> None:
    (notice,) = read(reader, event("complained", envelope={"sender": return_path(12), "targets": READER}))
    assert (notice.delivery, notice.address) == (12, READER)


def test_the_same_event_has_the_same_key_even_when_signed_anew(reader: Mailgun) -> None:
    first = reader.read({}, mailgun(event("complained"), token="a" * 50), NOW)
    again = reader.read({}, mailgun(event("complained"), token="b" * 50, at=NOW + timedelta(minutes=5)), NOW)
    another_day = read(reader, event("complained", timestamp=1765270740.4))
    assert first[0].key == again[0].key != another_day[0].key
