"""What mails that come back say, and whether they are believed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import reading
from digest.bounces.mail import READ_MAXIMUM
from digest.bounces.reading import RAW_MAXIMUM, RECIPIENTS_MAXIMUM
from digest.delivery import DEAD_MAILBOX
from digest.links import Purpose
from digest.model import Notice, NoticeKind
from tests.bounces.post import EXCHANGE, EXIM, QMAIL, READER, arf, dsn, failed, in_base64, mail, plain
from tests.bounces.tokens import SIGNER, delivery_of, tag

TO = f"bounces+{tag(7)}@example.org"
LEAVE = SIGNER.sign(Purpose.UNSUBSCRIBE, "weekly/2025-W40", 3)
LIST_UNSUBSCRIBE = (
    f"List-Unsubscribe: <mailto:leave@example.org?subject=unsubscribe%20{LEAVE}>,\n"
    f" <https://example.org/unsubscribe/{LEAVE}>"
)


def read(data: bytes) -> tuple[Notice, ...]:
    return reading.read(data, SIGNER, delivery_of)


def only(data: bytes) -> Notice:
    (notice,) = read(data)
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


@pytest.mark.parametrize(
    ("status", "said", "milder"),
    [
        ("5.1.1", "550 5.7.1 Blocked", "5.7.1"),
        ("5.1.1", "452 4.2.2 mailbox full", "4.2.2"),
        ("5.1.1", "550 5.2.0 unknown failure", "5.2.0"),
        ("5.7.1", "550 5.1.1 unknown", "5.7.1"),
        ("4.2.2", "550 5.1.1 unknown", "4.2.2"),
    ],
)
def test_where_two_codes_contradict_each_other_the_milder_counts(status: str, said: str, milder: str) -> None:
    found = only(dsn(failed(status, said), to=TO))
    assert (found.kind, found.status) == (NoticeKind.SOFT, milder)


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


NEWS = "Django 5.1.1 is out, and what it changes\n"


@pytest.mark.parametrize(
    "words",
    [
        "Sono in ferie fino al 12.\n\n> Quay News: " + NEWS,
        "I am away. You wrote:\n" + NEWS,
        "I am away.\n> 550 5.1.1 no such user\n",
        "We have received your mail. Our server said 5.1.1 in 2019.\n",
        "Release 5.1.1 of our product, and 550 more news. Reply.\n",
        "Room 1550 5.1.1 is on the second floor.\n",
        "The status 5.1.1 is what it is.\n",
        "Per il progetto 5.1.1 rivolgersi a Mario.\n",
    ],
)
@pytest.mark.parametrize("sender", ["jane@mail.example", "Postmaster <postmaster@mail.example>"])
def test_a_version_or_a_section_in_prose_is_no_code(words: str, sender: str) -> None:
    data = plain(words, sender=sender, subject="Ferie", to=TO, more="Return-Path: <>")
    assert only(data).kind is NoticeKind.UNKNOWN


@pytest.mark.parametrize(
    "copy",
    [
        "Your message was:\n\nFrom: Example Weekly\n",
        "-----Original Message-----\n",
        "Original message:\n",
        "---------- Forwarded message ----------\n",
        "   ----- Unsent message follows -----\n",
        "------ Message header follows ------\n",
    ],
)
@pytest.mark.parametrize("quoted", [NEWS, "550 5.1.1 no such user\n"])
def test_what_our_own_mail_says_behind_the_explanation_explains_nothing(copy: str, quoted: str) -> None:
    words = f"Your message to <{READER}> could not be delivered:\n\n<{READER}>:\nmailbox is full\n\n{copy}{quoted}"
    found = only(plain(words, to=TO))
    assert found.kind in {NoticeKind.SOFT, NoticeKind.UNKNOWN}
    assert (found.status, found.delivery) == ("", 7)


@pytest.mark.parametrize(
    "said",
    [
        "550 5.1.1 no such user",
        "550-5.1.1 no such user",
        "550 #5.1.1 no such user",
        "sorry, no mailbox here by that name (#5.1.1)",
        "#5.1.1 SMTP; no such user",
        "Diagnostic-Code: smtp; 550 5.1.1 no such user",
        "Status: 5.1.1",
        "<<< 550 5.1.1 no such user",
    ],
)
def test_the_ways_to_write_a_code_in_words(said: str) -> None:
    found = only(plain(f"Your message to <{READER}> could not be delivered:\n\n<{READER}>:\n{said}\n", to=TO))
    assert (found.kind, found.status) == (NoticeKind.HARD, "5.1.1")


def test_a_code_of_another_class_than_the_reply_is_none() -> None:
    assert only(plain("Your message failed: 450 5.1.1 try again\n", to=TO)).kind is NoticeKind.UNKNOWN


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
    assert (found.subscriber, found.edition, found.proven) == (3, "weekly/2025-W40", True)


def test_a_link_which_people_pass_on_proves_no_dead_mailbox() -> None:
    assert only(dsn(failed("5.1.1"), returned=LIST_UNSUBSCRIBE)).kind is NoticeKind.SOFT
    assert only(dsn(failed("5.1.1"), words=f"It was about unsubscribe%20{LEAVE}")).kind is NoticeKind.SOFT
    assert only(dsn(failed("5.1.1"), returned=f"Return-Path: {TO}\n{LIST_UNSUBSCRIBE}")).kind is NoticeKind.HARD


def test_the_header_that_an_old_system_quotes_in_its_text_says_who() -> None:
    assert only(plain(QMAIL + f"{LIST_UNSUBSCRIBE}\n")).subscriber == 3


def test_a_report_that_proves_nothing_is_never_hard() -> None:
    found = only(dsn(failed("5.1.1")))
    assert (found.kind, found.address, found.delivery, found.subscriber) == (NoticeKind.SOFT, READER, 0, 0)
    assert not found.proven


def test_a_token_that_was_changed_proves_nothing() -> None:
    forged = TO.replace("+a", "+b", 1)
    assert only(dsn(failed("5.1.1"), to=forged)).kind is NoticeKind.SOFT
    assert only(dsn(failed("5.1.1"), returned=LIST_UNSUBSCRIBE.replace(LEAVE, LEAVE[:-1]))).kind is NoticeKind.SOFT


def test_a_report_with_a_token_is_about_one_reader_whomever_else_it_names() -> None:
    blocks = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(50)]
    assert only(dsn(*blocks, to=TO)).delivery == 7


def test_an_unproven_report_names_a_few_recipients_or_is_not_about_our_messages() -> None:
    few = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(RECIPIENTS_MAXIMUM)]
    assert {notice.kind for notice in read(dsn(*few))} == {NoticeKind.SOFT}
    assert len(read(dsn(*few))) == RECIPIENTS_MAXIMUM
    many = [failed("5.1.1", address=f"victim{n}@mail.example") for n in range(2000)]
    assert only(dsn(*many)).kind is NoticeKind.UNKNOWN


# --- complaints, people who leave, machines --------------------------------------------------------------------------


def test_a_complaint_is_traced_through_the_message_that_it_returns() -> None:
    found = only(arf(returned=f"Return-Path: <{TO}>\n{LIST_UNSUBSCRIBE}"))
    assert (found.kind, found.delivery) == (NoticeKind.COMPLAINT, 7)
    assert found.text == "abuse, reported by Provider-FBL/1.0"


def test_a_complaint_names_the_return_path_in_a_field_of_its_own() -> None:
    data = arf().replace(b"Version: 1", f"Version: 1\r\nOriginal-Mail-From: <{TO}>".encode())
    assert (only(data).kind, only(data).delivery) == (NoticeKind.COMPLAINT, 7)


def test_a_complaint_with_nothing_but_a_link_does_what_the_link_does() -> None:
    found = only(arf(returned=LIST_UNSUBSCRIBE))
    assert (found.kind, found.subscriber) == (NoticeKind.UNSUBSCRIBE, 3)


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
    assert (only(data).kind, only(data).subscriber) == (NoticeKind.UNSUBSCRIBE, 3)
    returned = data.replace(b"X-HmXmr", f"Return-Path: {TO}\r\nX-HmXmr".encode())
    assert (only(returned).kind, only(returned).delivery) == (NoticeKind.COMPLAINT, 7)


def test_an_unproven_complaint_takes_the_reader_off_the_list_in_the_way_they_can_undo() -> None:
    assert (only(arf(recipient=READER)).kind, only(arf(recipient=READER)).address) == (NoticeKind.UNSUBSCRIBE, READER)


@pytest.mark.parametrize("kind", ["not-spam", "auth-failure"])
def test_reports_that_do_not_complain_change_nothing(kind: str) -> None:
    assert only(arf(kind, returned=LIST_UNSUBSCRIBE)).kind is NoticeKind.AUTOMATIC


def test_the_link_to_leave_decides_whoever_sends_the_mail() -> None:
    found = only(plain("", sender="somebody@else.example", subject=f"unsubscribe {LEAVE}"))
    assert (found.kind, found.subscriber, found.edition) == (NoticeKind.UNSUBSCRIBE, 3, "weekly/2025-W40")


def test_whose_mail_somebody_quotes_is_not_who_leaves() -> None:
    """They got it from a friend, who is to go on getting it."""
    quoted = f"Please.\n> mailto:leave@example.org?subject=unsubscribe%20{LEAVE}\n> from {TO}\n"
    found = only(plain(quoted, sender=f"A Reader <{READER}>", subject="unsubscribe"))
    assert (found.kind, found.address, found.delivery, found.subscriber) == (NoticeKind.UNSUBSCRIBE, READER, 0, 0)
    written = only(plain(quoted, sender=READER, subject="Hello"))
    assert (written.kind, written.delivery, written.subscriber) == (NoticeKind.UNKNOWN, 0, 0)


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


def test_the_same_mail_has_the_same_key_when_an_mbox_has_quoted_it() -> None:
    data = plain("Hello,\nFrom here on\n> From there\nbye\n", sender=READER)
    assert only(data).key == only(data.replace(b"\nFrom here", b"\n>From here")).key


def test_a_huge_mail_has_the_same_key_whatever_its_line_endings() -> None:
    data = plain("x\n" * READ_MAXIMUM, sender=READER)
    assert only(data).key == only(data.replace(b"\n", b"\r\n")).key


def test_two_mails_have_two_keys() -> None:
    one, two = dsn(failed("5.1.1"), to=TO), dsn(failed("5.1.1"), to=TO, message_id="other@mail.example")
    assert only(one).key != only(two).key
    assert len({notice.key for notice in read(dsn(failed("5.1.1"), failed("5.1.1", address="b@mail.example")))}) == 2


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
        b"Subject: " + b"=?a?q?b?= " * 26_000 + b"\r\n\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n" + b"\n" * 260_000,
        b"Content-Type: message/delivery-status\r\n\r\n" + b"a\n\n" * 85_000,
        b"Content-Type: text/plain" + b";" * 260_000 + b"\r\n\r\n",
        b"Content-Type: message/feedback-report\r\n\r\n" + b"a:\n\n" * 85_000,
        b"a:b\r\n" * 50_000 + b"\r\n",
        b"From: mailer-daemon@x\r\n\r\n" + b"Status: " * 32_000,
        b"Subject: =?utf-7?q?+2AA-?=\r\nFrom: \xff\xfe <a@b>\r\n\r\n",
        b"".join(b"Content-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(3000)),
    ],
    ids=lambda data: repr(data[:30]),
)
def test_mails_that_are_made_to_keep_us_busy_are_read_too(data: bytes) -> None:
    found = read(data)
    assert found
    for notice in found:
        (notice.text + notice.address).encode()


@given(st.binary(max_size=2000))
def test_no_bytes_make_it_fail(data: bytes) -> None:
    assert read(data)


@given(
    st.sampled_from([dsn(failed("5.1.1"), to=TO), arf(returned=LIST_UNSUBSCRIBE), plain(EXIM), plain(QMAIL, to=TO)]),
    st.randoms(),
)
def test_no_damage_makes_it_fail_or_bad_news_of_others(data: bytes, chance: random.Random) -> None:
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        place = chance.randrange(len(damaged))
        damaged[place : place + chance.randint(0, 30)] = chance.randbytes(chance.randint(0, 5))
    for notice in read(bytes(damaged)):
        if notice.kind in {NoticeKind.HARD, NoticeKind.COMPLAINT}:
            assert notice.delivery == 7 or notice.subscriber == 3
        assert "\x00" not in notice.text + notice.address
