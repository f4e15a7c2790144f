"""Amazon SES: only what SNS signed for a topic of ours is believed, and what each report means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from digest.bounces.providers.ses import Ses
from digest.bounces.providers.sns import Topics
from digest.errors import ConfigError, SignatureError, TryLaterError
from digest.fetching import Fetched, Fetcher, Limits
from digest.model import Notice, NoticeKind
from tests.bounces.providers.signed import (
    CERTIFICATE,
    HOST,
    NOW,
    READER,
    TOPIC,
    Amazon,
    certificate,
    confirmation,
    enveloped,
    iso,
    return_path,
)
from tests.bounces.tokens import delivery_of
from tests.fetching.web import Web, https

Kind = NoticeKind


@pytest.fixture
def amazon() -> Amazon:
    return Amazon()


@pytest.fixture
def ses(amazon: Amazon) -> Ses:
    return Ses(Topics([TOPIC], amazon), delivery_of)


def bounce(
    subtype: str = "General", status: str = "5.1.1", *, said: str = "", kind: str = "Permanent", **report: Any
) -> dict[str, Any]:
    recipient = {"emailAddress": READER, "action": "failed"}
    recipient |= {"status": status} if status else {}
    recipient |= {"diagnosticCode": said} if said else {}
    return {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": kind,
            "bounceSubType": subtype,
            "bouncedRecipients": [recipient],
            "timestamp": iso(NOW),
            "feedbackId": "0100-feedback",
            "reportingMTA": "dns; a8-1.smtp-out.example.com",
        },
        "mail": mail(),
        **report,
    }


def mail(**fields: Any) -> dict[str, Any]:
    return {
        "timestamp": iso(NOW),
        "source": "weekly@quay.example.org",
        "messageId": "0100-mail",
        "destination": [READER],
        "headersTruncated": False,
        "headers": [{"name": "Message-ID", "value": "<2025-W49.x@quay.example.org>"}],
        "commonHeaders": {"messageId": "<2025-W49.x@quay.example.org>", "to": [READER]},
        **fields,
    }


def only(notices: tuple[Notice, ...]) -> Notice:
    (notice,) = notices
    return notice


def told(ses: Ses, report: Any, **fields: Any) -> Notice:
    return only(ses.read({}, enveloped(report, **fields), NOW))


# --- what is believed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_a_dead_mailbox_is_told_under_both_versions_of_the_signature(ses: Ses, version: str) -> None:
    notice = told(ses, bounce(said="smtp; 550 5.1.1 <reader@example.org>: unknown"), version=version)
    assert (notice.kind, notice.address, notice.status, notice.source) == (Kind.HARD, READER, "5.1.1", "ses")
    assert "unknown" in notice.text


def test_a_message_without_a_subject_is_signed_without_it(ses: Ses) -> None:
    assert told(ses, bounce(), Subject=None).kind is Kind.HARD


def test_the_certificate_is_looked_at_once(ses: Ses, amazon: Amazon) -> None:
    for _ in range(3):
        ses.read({}, enveloped(bounce()), NOW)
    assert amazon.asked == [CERTIFICATE]


def changed(body: bytes, **fields: Any) -> bytes:
    return json.dumps({**json.loads(body), **fields}).encode()


@pytest.mark.parametrize(
    "fields",
    [
        {"Message": json.dumps(bounce(status="5.7.1"))},
        {"MessageId": "another"},
        {"Subject": "another"},
        {"Timestamp": iso(NOW - timedelta(minutes=1))},
        {"Type": "SubscriptionConfirmation", "SubscribeURL": f"{HOST}/?Action=ConfirmSubscription", "Token": "t"},
        {"SignatureVersion": "1"},
        {"SignatureVersion": "3"},
        {"SignatureVersion": None},
        {"Signature": ""},
        {"Signature": "bm9uZQ=="},
        {"Signature": "no base64"},
        {"Signature": 7},
        {"Message": {"notificationType": "Bounce"}},
        {"Message": "\ud800"},
        {"Type": "Notice"},
        {"Type": ["Notification"]},
    ],
    ids=str,
)
def test_whatever_is_changed_is_refused(ses: Ses, fields: dict[str, Any]) -> None:
    with pytest.raises(SignatureError):
        ses.read({}, changed(enveloped(bounce()), **fields), NOW)


@pytest.mark.parametrize("topic", ["arn:aws:sns:eu-west-1:123456789012:others", None, "", 5, [TOPIC]])
def test_another_topic_is_refused_before_anything_is_fetched(ses: Ses, amazon: Amazon, topic: Any) -> None:
    with pytest.raises(SignatureError, match="topic"):
        ses.read({}, enveloped(bounce(), TopicArn=topic), NOW)
    assert amazon.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.pem?redirect=https://evil.example/",
        "https://sns.eu-west-1.amazonaws.com/../x.pem",
        "https://sns.eu-west-1.amazonaws.com/x.pem#y.txt",
        "https://sns.eu-west-1.amazonaws.com/x.txt",
        "https://s3.eu-west-1.amazonaws.com/mine/x.pem",
        "HTTPS://SNS.EU-WEST-1.AMAZONAWS.COM/x.pem",
        "",
        None,
        17,
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(ses: Ses, amazon: Amazon, url: Any) -> None:
    if isinstance(url, str):
        amazon.pages[url] = certificate()
    with pytest.raises(SignatureError, match="elsewhere"):
        ses.read({}, enveloped(bounce(), SigningCertURL=url), NOW)
    assert amazon.asked == []


@pytest.mark.parametrize(
    ("topic", "host"),
    [
        ("arn:aws:sns:us-east-1:1:a", "sns.us-east-1.amazonaws.com"),
        ("arn:aws-cn:sns:cn-north-1:1:a", "sns.cn-north-1.amazonaws.com.cn"),
        ("arn:aws-us-gov:sns:us-gov-west-1:1:a", "sns.us-gov-west-1.amazonaws.com"),
        ("arn:aws-eusc:sns:eusc-de-east-1:1:a", "sns.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_the_certificate_comes_from_the_region_of_the_topic(topic: str, host: str) -> None:
    url = f"https://{host}/x.pem"
    ses = Ses(Topics([topic], Amazon({url: certificate()})), delivery_of)
    assert told(ses, bounce(), TopicArn=topic, SigningCertURL=url).kind is Kind.HARD


@pytest.mark.parametrize("topic", ["bounces", "arn:aws:sqs:eu-west-1:1:a", "arn:evil:sns:eu-west-1:1:a", f"{TOPIC}/x"])
def test_what_is_no_topic_is_a_fault_of_the_configuration(topic: str) -> None:
    with pytest.raises(ConfigError, match=rf"webhooks.ses_topic: '{re.escape(topic)}'"):
        Topics([topic], Amazon())


@pytest.mark.parametrize("ago", [timedelta(hours=3), timedelta(hours=-1)])
def test_what_was_not_signed_just_now_is_refused(ses: Ses, ago: timedelta) -> None:
    with pytest.raises(SignatureError, match="which is not now"):
        ses.read({}, enveloped(bounce(), Timestamp=iso(NOW - ago)), NOW)


@pytest.mark.parametrize("time", ["yesterday", "2025-12-08T09:00:00", "-1", "9" * 30, ""])
def test_what_was_signed_at_no_time_is_refused(ses: Ses, time: str) -> None:
    with pytest.raises(SignatureError):
        ses.read({}, enveloped(bounce(), Timestamp=time), NOW)


def test_the_hand_of_another_key_is_refused(ses: Ses) -> None:
    other = rsa.generate_private_key(65537, 2048)
    with pytest.raises(SignatureError, match="wrong"):
        ses.read({}, enveloped(bounce(), key=other), NOW)


@pytest.mark.parametrize(
    "pem",
    [
        pytest.param(lambda: b"-----BEGIN CERTIFICATE-----\nbm9uZQ==\n-----END CERTIFICATE-----\n", id="garbage"),
        pytest.param(lambda: b"<html>", id="a page"),
        pytest.param(lambda: certificate(ec.generate_private_key(ec.SECP256R1())), id="a key of another kind"),
        pytest.param(lambda: certificate(since=NOW - timedelta(days=90)), id="over"),
        pytest.param(lambda: certificate(since=NOW + timedelta(days=3)), id="not yet"),
    ],
)
def test_a_certificate_that_is_none_proves_nothing(ses: Ses, amazon: Amazon, pem: Any) -> None:
    amazon.pages[CERTIFICATE] = pem()
    with pytest.raises(SignatureError):
        ses.read({}, enveloped(bounce()), NOW)


def test_while_the_certificate_cannot_be_had_the_report_is_to_come_again(ses: Ses, amazon: Amazon) -> None:
    pem = amazon.pages.pop(CERTIFICATE)
    with pytest.raises(TryLaterError, match="no answer"):
        ses.read({}, enveloped(bounce()), NOW)
    amazon.pages[CERTIFICATE] = b""
    with pytest.raises(TryLaterError, match="404"):
        ses.read({}, enveloped(bounce()), NOW)
    amazon.pages[CERTIFICATE] = pem
    assert told(ses, bounce()).kind is Kind.HARD


def test_certificates_do_not_pile_up(ses: Ses, amazon: Amazon) -> None:
    for number in range(100):
        url = f"{HOST}/{number}.pem"
        amazon.pages[url] = certificate()
        ses.read({}, enveloped(bounce(), SigningCertURL=url), NOW)
    assert len(ses._topics._certificates) <= 16


# --- over a real line --------------------------------------------------------------------------------------------


class Rerouted:
    """SNS, found on loopback: the real fetcher and a real server, under another name."""

    def __init__(self, server: Web) -> None:
        limits = Limits(maximum=100_000, redirects=0, allow_private=True)
        self._fetcher = Fetcher(limits, ssl_context=server.client)
        self._server = server

    def get(self, url: str) -> Fetched:
        return self._fetcher.get(url.replace(HOST, self._server.url("")))


@pytest.fixture
def sns() -> Iterator[Web]:
    with https() as server:
        yield server


def test_the_certificate_is_fetched_over_https(sns: Web) -> None:
    sns.put("/SimpleNotificationService-0123456789abcdef.pem", certificate())
    ses = Ses(Topics([TOPIC], Rerouted(sns)), delivery_of)
    assert told(ses, bounce()).kind is Kind.HARD
    assert told(ses, bounce()).kind is Kind.HARD
    assert sns.asked == [("GET", "/SimpleNotificationService-0123456789abcdef.pem")]


def test_a_certificate_is_not_followed_to_another_place(sns: Web) -> None:
    elsewhere = sns.put("/elsewhere.pem", certificate())
    sns.put("/SimpleNotificationService-0123456789abcdef.pem", status=302, headers={"Location": elsewhere})
    ses = Ses(Topics([TOPIC], Rerouted(sns)), delivery_of)
    with pytest.raises(TryLaterError, match="redirects"):
        ses.read({}, enveloped(bounce()), NOW)


def test_a_subscription_is_confirmed_over_https(sns: Web) -> None:
    sns.put("/SimpleNotificationService-0123456789abcdef.pem", certificate())
    path = f"/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
    sns.put(path, b"<ConfirmSubscriptionResponse/>")
    ses = Ses(Topics([TOPIC], Rerouted(sns)), delivery_of)
    assert ses.read({}, confirmation(), NOW) == ()
    assert sns.asked[-1] == ("GET", path)


# --- subscriptions -----------------------------------------------------------------------------------------------


def test_a_subscription_is_not_confirmed_elsewhere(ses: Ses, amazon: Amazon) -> None:
    for url in ("https://evil.example/", f"http{HOST.removeprefix('https')}/", f"{HOST}.evil.example/", f"{HOST}:1/"):
        amazon.pages[url] = b"yes"
        with pytest.raises(SignatureError, match="confirmed"):
            ses.read({}, confirmation(SubscribeURL=url), NOW)
    assert amazon.asked == [CERTIFICATE]


def test_a_subscription_to_a_foreign_topic_is_not_confirmed(ses: Ses, amazon: Amazon) -> None:
    with pytest.raises(SignatureError, match="topic"):
        ses.read({}, confirmation(TopicArn="arn:aws:sns:eu-west-1:666:spam"), NOW)
    assert amazon.asked == []


def test_a_subscription_that_cannot_be_confirmed_now_is_to_come_again(ses: Ses) -> None:
    with pytest.raises(TryLaterError):
        ses.read({}, confirmation(), NOW)


def test_the_end_of_a_subscription_is_kept_for_a_person_and_not_taken_back(ses: Ses, amazon: Amazon) -> None:
    notice = only(ses.read({}, confirmation(Type="UnsubscribeConfirmation"), NOW))
    assert notice.kind is Kind.UNKNOWN
    assert TOPIC in notice.text
    assert amazon.asked == [CERTIFICATE]


# --- what it means -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "kind", "status"),
    [
        (bounce("General", "5.1.1"), Kind.HARD, "5.1.1"),
        (bounce("General", "5.1.10"), Kind.HARD, "5.1.10"),
        (bounce("General", ""), Kind.HARD, ""),
        (bounce("General", "5.0.0"), Kind.HARD, "5.0.0"),
        (bounce("General", "5.0.0", said="smtp; 550 5.1.1 no such user"), Kind.HARD, "5.1.1"),
        (bounce("General", "5.0.0", said="smtp; 550 5.7.1 spam"), Kind.SOFT, "5.7.1"),
        (bounce("General", "5.7.1"), Kind.SOFT, "5.7.1"),
        (bounce("General", "5.2.2"), Kind.SOFT, "5.2.2"),
        (bounce("General", "5.4.4"), Kind.SOFT, "5.4.4"),
        (bounce("General", "4.4.7"), Kind.SOFT, "4.4.7"),
        (bounce("NoEmail", "5.3.0"), Kind.HARD, "5.3.0"),
        (bounce("Suppressed", ""), Kind.SOFT, ""),
        (bounce("OnAccountSuppressionList", ""), Kind.SOFT, ""),
        (bounce("UnsubscribedRecipient", ""), Kind.UNSUBSCRIBE, ""),
        (bounce("A new one", ""), Kind.SOFT, ""),
        (bounce("General", "", kind="Transient"), Kind.SOFT, ""),
        (bounce("MailboxFull", "5.2.2", kind="Transient"), Kind.SOFT, "5.2.2"),
        (bounce("Undetermined", "", kind="Undetermined"), Kind.SOFT, ""),
        (bounce("Undetermined", "5.1.1", kind="Undetermined"), Kind.HARD, "5.1.1"),
    ],
)
def test_a_bounce_is_hard_only_where_nobody_is_there(
    ses: Ses, report: dict[str, Any], kind: NoticeKind, status: str
) -> None:
    notice = told(ses, report)
    assert (notice.kind, notice.status, notice.address) == (kind, status, READER)


def test_both_formats_are_read_alike(ses: Ses) -> None:
    report = bounce()
    published = {"eventType": report["notificationType"], "bounce": report["bounce"], "mail": report["mail"]}
    assert told(ses, report).key == told(ses, published).key


def complaint(**fields: Any) -> dict[str, Any]:
    said = {"complainedRecipients": [{"emailAddress": READER}], "feedbackId": "0100-complaint", **fields}
    return {"notificationType": "Complaint", "complaint": said, "mail": mail()}


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        (complaint(complaintFeedbackType="abuse"), Kind.COMPLAINT),
        (complaint(), Kind.COMPLAINT),
        (complaint(complaintSubType="OnAccountSuppressionList"), Kind.COMPLAINT),
        (complaint(complaintFeedbackType="auth-failure"), Kind.UNKNOWN),
        (
            {
                "eventType": "DeliveryDelay",
                "mail": mail(),
                "deliveryDelay": {
                    "delayType": "TransientCommunicationFailure",
                    "delayedRecipients": [
                        {"emailAddress": READER, "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 no answer"}
                    ],
                },
            },
            Kind.DELAYED,
        ),
        (
            {
                "eventType": "Subscription",
                "mail": mail(),
                "subscription": {"contactList": "all", "newTopicPreferences": {"unsubscribeAll": True}},
            },
            Kind.UNSUBSCRIBE,
        ),
        (
            {
                "eventType": "Subscription",
                "mail": mail(),
                "subscription": {"contactList": "all", "newTopicPreferences": {"unsubscribeAll": False}},
            },
            Kind.UNKNOWN,
        ),
    ],
)
def test_what_else_a_report_means(ses: Ses, report: dict[str, Any], kind: NoticeKind) -> None:
    notice = told(ses, report)
    assert (notice.kind, notice.address) == (kind, READER)


@pytest.mark.parametrize(
    "message",
    [
        {"notificationType": "Delivery", "mail": mail(), "delivery": {"recipients": [READER]}},
        *({"eventType": name, "mail": mail()} for name in ("Send", "Delivery", "Open", "Click")),
        complaint(complaintFeedbackType="not-spam"),
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "You have successfully subscribed."},
        "Successfully validated SNS topic for Amazon SES event publishing.",
    ],
    ids=str,
)
def test_what_tells_of_no_trouble_leaves_no_trace(ses: Ses, message: Any) -> None:
    assert ses.read({}, enveloped(message), NOW) == ()


@pytest.mark.parametrize(
    "message",
    [
        {"eventType": "Reject", "mail": mail(), "reject": {"reason": "Bad content"}},
        {"eventType": "Rendering Failure", "mail": mail()},
        {"eventType": "Tomorrow's event"},
        {"notificationType": "Bounce", "mail": mail(), "bounce": {"bouncedRecipients": []}},
        {"notificationType": "Bounce", "bounce": "yes"},
        {},
        [],
        None,
        "plain words",
        "[" * 100_000,
    ],
    ids=lambda message: str(message)[:40],
)
def test_what_is_not_understood_is_kept_whole(ses: Ses, message: Any) -> None:
    notice = told(ses, message)
    said = message if isinstance(message, str) else json.dumps(message)
    assert notice.kind is Kind.UNKNOWN
    assert notice.raw == said.encode()[:64_000]


def test_each_recipient_has_a_notice_of_their_own(ses: Ses) -> None:
    report = bounce()
    report["bounce"]["bouncedRecipients"] = [
        {"emailAddress": "one@example.org", "status": "5.1.1"},
        {"emailAddress": "two@example.org", "status": "5.2.2"},
    ]
    one, two = ses.read({}, enveloped(report), NOW)
    assert (one.address, one.kind, two.address, two.kind) == (
        "one@example.org", Kind.HARD, "two@example.org", Kind.SOFT,
    )  # fmt: skip
    assert one.key != two.key


def test_the_same_event_has_the_same_key_and_another_one_another(ses: Ses) -> None:
    again = told(ses, bounce(), MessageId="sent-once-more", Timestamp=iso(NOW + timedelta(minutes=1)))
    assert told(ses, bounce()).key == again.key
    other = bounce()
    other["bounce"]["feedbackId"] = "0100-other"
    assert told(ses, other).key != again.key


@pytest.mark.parametrize("source", [return_path(4711), f"Quay <{return_path(4711)}>", return_path(4711).upper()])
def test_the_return_path_names_the_delivery(ses: Ses, source: str) -> None:
    assert told(ses, bounce(mail=mail(source=source))).delivery == 4711


@pytest.mark.parametrize(
    "source", ["bounces+aaaa@quay.example.org", "a+b@c", "+@", "bounces@quay.example.org", 5, None]
)
def test_a_return_path_that_is_not_ours_names_none(ses: Ses, source: Any) -> None:
    notice = told(ses, bounce(mail=mail(source=source)))
    assert (notice.delivery, notice.address) == (0, READER)
