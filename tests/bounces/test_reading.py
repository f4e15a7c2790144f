"""What mails that come back say, and whether they are believed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces.mail import READ_MAXIMUM
from digest.bounces.reading import RAW_MAXIMUM, RECIPIENTS_MAXIMUM, read
from digest.delivery import DEAD_MAILBOX
from digest.links import Purpose, Signer
from digest.model import Notice, NoticeKind
from tests.bounces.post import EXCHANGE, EXIM, QMAIL, READER, arf, dsn, failed, in_base64, mail, plain

SIGNER = Signer(["k" * 48])
TO = f"bounces+{SIGNER.return_token(7)}@example.org"
LEAVE = SIGNER.sign(Purpose.UNSUBSCRIBE, "weekly/2025-W40", 3)
LIST_UNSUBSCRIBE = (
    f"List-Unsubscribe: <mailto:leave@example.org?subject=unsubscribe%20{LEAVE}>,\n"
    f" <https://example.org/unsubscribe/{LEAVE}>"
)


def only(data: bytes) -> Notice:
    (notice,) = read(data, SIGNER)
    return notice


# --- how bad ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", sorted(DEAD_MAILBOX))
def test_only_the_codes_of_dead_mailboxes_are_hard(status: str) -> None:
    found = only(dsn(failed(status, f"550 {status} no such user"), to=TO))
    assert (found.kind, found.delivery, found.status) == (NoticeKind.HARD, 7, status)
    assert found.text == f"550 {status} no such user"


@pytest.mark.parametrize("status", ["5.0.0", "5.2.2", "5.3.4", "5.4.1", "5.7.1", "4.4.7", "5.1.8"])
def test_every_other_failure_is_soft(status: str) -> None:
    assert only(dsn(failed(status), to=TO)).kind is NoticeKind.SOFT


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("delayed", NoticeKind.DELAYED),
        ("delivered", NoticeKind.AUTOMATIC),
        ("relayed", NoticeKind.AUTOMATIC),
        ("expanded", NoticeKind.AUTOMATIC),
        ("failed (as a comment says)", NoticeKind.HARD),
        ("", NoticeKind.HARD),  # broken, but the code says it
    ],
)
def test_what_happened_to_the_message_decides_before_the_code(action: str, kind: NoticeKind) -> None:
    assert only(dsn(failed("5.1.1", action=action), to=TO)).kind is kind


def test_where_the_report_only_says_failed_the_servers_words_say_why() -> None:
    found = only(dsn(failed("5.0.0", "550 5.1.1 <reader@mail.example>: unknown"), to=TO))
    assert (found.kind, found.status) == (NoticeKind.HARD, "5.1.1")


def test_a_code_is_no_part_of_an_ip_address() -> None:
    assert only(dsn(failed("5.0.0", "550 blocked: 5.1.1.9 is listed"), to=TO)).status == "5.0.0"


def test_an_alias_that_reaches_one_of_its_readers_is_not_dead() -> None:
    blocks = (failed("5.1.1", address="left@mail.example"), failed("5.2.2", address="full@mail.example"))
    assert only(dsn(*blocks, to=TO)).kind is NoticeKind.SOFT


def test_an_international_report_is_read() -> None:
    block = "Final-Recipient: utf-8; jörg@mail.example\nAction: failed\nStatus: 5.1.1"
    found = only(dsn(block, kind="message/global-delivery-status", returned_kind="message/global-headers", to=TO))
    assert (found.kind, found.address) == (NoticeKind.HARD, "jörg@mail.example")


def test_a_report_in_a_report_is_not_mistaken_for_the_report() -> None:
    inner = dsn(failed("5.1.1")).decode().replace("=_b", "=_c")
    outer = dsn(failed("4.4.1", action="delayed"), returned=inner, returned_kind="message/rfc822", to=TO)
    assert only(outer).kind is NoticeKind.DELAYED


@pytest.mark.parametrize(
    ("words", "kind", "status"),
    [
        (EXIM, NoticeKind.HARD, "5.1.1"),
        (QMAIL, NoticeKind.HARD, "5.1.1"),
        (EXCHANGE, NoticeKind.SOFT, "5.2.2"),
        ("Message to <reader@mail.example> failed.\n550 5.7.1 not wanted\n", NoticeKind.SOFT, "5.7.1"),
        ("Your message could not be delivered: 451 4.3.0 try again later\n", NoticeKind.SOFT, "4.3.0"),
    ],
)
def test_bounces_in_plain_words_are_judged_by_the_code_near_the_address(
    words: str, kind: NoticeKind, status: str
) -> None:
    found = only(plain(words, to=TO))
    assert (found.kind, found.status, found.delivery) == (kind, status, 7)


def test_a_bounce_in_html_alone_is_read() -> None:
    page = "<html><p>Your message to <b>reader@mail.example</b> failed.<p>550&nbsp;5.1.1 no such user</html>"
    assert only(plain(page, to=TO, more="Content-Type: text/html; charset=no-such-charset")).status == "5.1.1"


def test_where_the_library_stumbles_the_code_alone_is_read() -> None:
    """Its detectors take for granted that From has an @, that no header holds other bytes than ASCII's, and so on."""
    data = plain("550 5.1.1 no such user\n", sender="mailer-daemon", to=TO).replace(b"To:", b"X: \xff\nTo:")
    assert (only(data).kind, only(data).delivery) == (NoticeKind.HARD, 7)


def test_a_failure_without_any_code_is_soft() -> None:
    words = (
        "This is the mail system.\n\nThe following addresses had permanent fatal errors:\n\n<reader@mail.example>\n\n"
    )
    words += "   ----- Transcript of session follows -----\nUser unknown\n"
    found = only(plain(words, to=TO))
    assert (found.kind, found.status) == (NoticeKind.SOFT, "")


# --- who -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "Cc", "Received"])
def test_the_token_is_found_in_whatever_field_names_the_recipient(name: str) -> None:
    value = f"from mx by post for <{TO}>; Mon, 6 Oct 2025 07:00:00 +0000" if name == "Received" else TO
    data = f"{name}: {value}\r\n".encode() + dsn(failed("5.1.1"))
    assert only(data).delivery == 7


@pytest.mark.parametrize(
    "written", [TO.upper(), f"prvs=0123456789={TO}", f"SRS0=aaaa=bb=example.org=bounces+{TO[8:40]}@forward.example"]
)
def test_the_token_survives_what_mail_systems_do_to_addresses(written: str) -> None:
    assert only(dsn(failed("5.1.1"), to=written)).delivery == 7


def test_the_token_is_found_in_the_returned_return_path() -> None:
    assert only(dsn(failed("5.1.1"), returned=f"Return-Path: <{TO}>\nSubject: Example Weekly")).delivery == 7


@pytest.mark.parametrize("returned_kind", ["text/rfc822-headers", "message/rfc822"])
def test_without_a_tag_the_link_in_the_returned_header_says_who(returned_kind: str) -> None:
    found = only(dsn(failed("5.1.1"), returned=LIST_UNSUBSCRIBE, returned_kind=returned_kind))
    assert (found.kind, found.subscriber, found.edition) == (NoticeKind.HARD, 3, "weekly/2025-W40")


def test_the_header_that_an_old_system_quotes_in_its_text_says_who() -> None:
    assert only(plain(QMAIL + f"{LIST_UNSUBSCRIBE}\n")).subscriber == 3


def test_a_report_that_proves_nothing_is_never_hard() -> None:
    found = only(dsn(failed("5.1.1")))
    assert (found.kind, found.address, found.delivery, found.subscriber) == (NoticeKind.SOFT, READER, 0, 0)


def test_a_token_that_was_changed_proves_nothing() -> None:
    forged = TO.replace("+a", "+b", 1)
    assert only(dsn(failed("5.1.1"), to=forged)).kind is NoticeKind.SOFT
    assert only(dsn(failed("5.1.1"), returned=LIST_UNSUBSCRIBE.replace(LEAVE, LEAVE[:-1]))).kind is NoticeKind.SOFT


def test_a_report_with_a_token_is_about_one_reader_whomever_else_it_names() -> None:
    blocks = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(50)]
    assert only(dsn(*blocks, to=TO)).delivery == 7


def test_an_unproven_report_names_a_few_recipients_or_is_not_about_our_messages() -> None:
    few = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(RECIPIENTS_MAXIMUM)]
    assert {notice.kind for notice in read(dsn(*few), SIGNER)} == {NoticeKind.SOFT}
    assert len(read(dsn(*few), SIGNER)) == RECIPIENTS_MAXIMUM
    many = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(2000)]
    assert only(dsn(*many)).kind is NoticeKind.UNKNOWN


# --- complaints, people who leave, machines --------------------------------------------------------------------------


def test_a_complaint_is_traced_through_the_message_that_it_returns() -> None:
    found = only(arf(returned=LIST_UNSUBSCRIBE))
    assert (found.kind, found.subscriber) == (NoticeKind.COMPLAINT, 3)
    assert found.text == "abuse, reported by Provider-FBL/1.0"


def test_outlooks_forwarded_junk_is_a_complaint() -> None:
    data = mail(
        """\
        From: staff@hotmail.example
        Subject: complaint about message from 192.0.2.1
        MIME-Version: 1.0
        Content-Type: multipart/mixed; boundary="=_b"
        """,
        f"--=_b\nContent-Type: message/rfc822\n\nX-HmXmrOriginalRecipient: {READER}\n{LIST_UNSUBSCRIBE}\nSubject: x\n\nHi.\n--=_b--\n",
    )
    assert (only(data).kind, only(data).subscriber) == (NoticeKind.COMPLAINT, 3)


def test_an_unproven_complaint_takes_the_reader_off_the_list_in_the_way_they_can_undo() -> None:
    assert (only(arf(recipient=READER)).kind, only(arf(recipient=READER)).address) == (NoticeKind.UNSUBSCRIBE, READER)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_reports_that_do_not_complain_change_nothing(kind: str) -> None:
    assert only(arf(kind, returned=LIST_UNSUBSCRIBE)).kind is NoticeKind.AUTOMATIC


def test_the_link_to_leave_decides_whoever_sends_the_mail() -> None:
    found = only(plain("", sender="somebody@else.example", subject=f"unsubscribe {LEAVE}"))
    assert (found.kind, found.subscriber, found.edition) == (NoticeKind.UNSUBSCRIBE, 3, "weekly/2025-W40")


@pytest.mark.parametrize("subject", ["unsubscribe", "Unsubscribe", in_base64("unsubscribe"), "unsubscribe cut-token"])
def test_the_word_alone_unsubscribes_who_wrote_it(subject: str) -> None:
    found = only(plain("Please.", sender=f"A Reader <{READER}>", subject=subject))
    assert (found.kind, found.address) == (NoticeKind.UNSUBSCRIBE, READER)


@pytest.mark.parametrize(
    "more",
    [
        "Auto-Submitted: auto-replied (vacation)",
        "Auto-Submitted: auto-generated; owner=a",
        "X-Autoreply: yes",
        "Precedence: auto_reply",
    ],
)
def test_an_answer_of_a_machine_means_that_the_mail_arrived(more: str) -> None:
    words = "I am away. Mail to reader@mail.example failed: 550 5.1.1 is what I would never say.\n"
    found = only(plain(words, sender=READER, subject="Away", to=TO, more=f"Return-Path: <>\n{more}"))
    assert (found.kind, found.delivery) == (NoticeKind.AUTOMATIC, 7)


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Example Weekly",
        "Out of Office",
        in_base64("Réponse automatique : Example Weekly"),
        "Abwesenheitsnotiz",
    ],
)
def test_a_machine_that_marks_its_answers_by_the_subject_alone_is_known_by_it(subject: str) -> None:
    assert only(plain("I am away.", sender=READER, subject=subject)).kind is NoticeKind.AUTOMATIC


def test_what_a_person_writes_is_kept_for_a_person() -> None:
    data = plain("Thank you for this week's stories!", sender=f"A Reader <{READER}>", subject="Lovely", to=TO)
    found = only(data)
    assert (found.kind, found.delivery, found.text) == (NoticeKind.UNKNOWN, 7, "Lovely")
    assert found.raw == data


# --- anything at all -------------------------------------------------------------------------------------------------


def test_the_same_mail_has_the_same_key_whatever_way_it_came() -> None:
    data = dsn(failed("5.1.1"), to=TO)
    again = b"Received: by another way\r\nStatus: RO\r\n" + data.rstrip() + b"\r\n\r\n"
    assert only(data).key == only(again).key == only(data.replace(b"\r\n", b"\n")).key


def test_two_mails_have_two_keys() -> None:
    one, two = dsn(failed("5.1.1"), to=TO), dsn(failed("5.1.1"), to=TO, message_id="other@mail.example")
    assert only(one).key != only(two).key
    assert (
        len({notice.key for notice in read(dsn(failed("5.1.1"), failed("5.1.1", address="b@mail.example")), SIGNER)})
        == 2
    )


def test_of_a_huge_mail_the_beginning_is_read_and_little_is_kept() -> None:
    huge = dsn(
        failed("5.1.1"), to=TO, returned="Subject: x\n\n" + "word " * READ_MAXIMUM, returned_kind="message/rfc822"
    )
    assert only(huge).kind is NoticeKind.HARD
    assert len(only(plain("word " * READ_MAXIMUM, sender=READER)).raw) == RAW_MAXIMUM


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n",
        b"From",
        b"Content-Type: multipart/report; boundary=\r\n\r\n--\r\n",
        b"Content-Type: message/rfc822\r\n\r\n" * 5000,
        b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a-" * 100_000,
        b"Subject: =?idna?b?" + b"YWFh" * 50_000 + b"?=\r\n\r\n",
        b"Content-Type: text/html\r\n\r\n" + b"<" * 200_000,
        b"To: " + b"+" * 200_000 + b"\r\n\r\n",
        b"To: " + b"+a@" * 60_000 + b"\r\n\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 8000,
        b"From: mailer-daemon@x\r\n\r\n" + b"<a@b>\r\n" * 30_000,
        b"From: mailer-daemon@x\r\n\r\n" + b"x" * 200_000,
        b"From: mailer-daemon@x\r\n\r\n" + b"\n \t" * 60_000,
        b"Subject: =?utf-7?q?+2AA-?=\r\nFrom: \xff\xfe <a@b>\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(3000)),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_mails_that_are_made_to_keep_us_busy_are_read_too(data: bytes) -> None:
    found = read(data, SIGNER)
    assert found
    for notice in found:
        (notice.text + notice.address).encode()


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert read(data, SIGNER)


@given(
    st.sampled_from([dsn(failed("5.1.1"), to=TO), arf(returned=LIST_UNSUBSCRIBE), plain(EXIM), plain(QMAIL, to=TO)]),
    st.randoms(),
)
def test_no_damage_makes_it_fail_or_bad_news_of_others(data: bytes, chance: random.Random) -> None:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 30)] = chance.randbytes(chance.randint(0, 5))
    for notice in read(bytes(damaged), SIGNER):
        if notice.kind in {NoticeKind.HARD, NoticeKind.COMPLAINT}:
            assert notice.delivery == 7 or notice.subscriber == 3
        assert "\x00" not in notice.text + notice.address
