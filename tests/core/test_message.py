"""Messages are looked at as bytes first: a parser decodes what should never have been encoded, and hides it."""

from __future__ import annotations

import base64
import html
import quopri
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.message import Message as ParsedMessage
from email.utils import parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.errors import AddressError, RenderError
from digest.links import ReaderLinks, Signer
from digest.marks import Mark
from digest.message import HEADERS, Letter, ascii_domain, header_text, letter, message, message_id, quoted_printable
from digest.model import Attachment, Message, Rendition, Selection, Sender

FROZEN = datetime(2025, 10, 6, 7, 0, 0, 123456, tzinfo=UTC)
EDITION = "weekly/2025-W40"
TOKEN = "t" * 200
SENDER = Sender(
    name="Example Weekly",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="leave@example.org",
    web="https://news.example.org",
)
LINKS = ReaderLinks(
    unsubscribe_mail=f"mailto:leave@example.org?subject=unsubscribe%20{TOKEN}",
    unsubscribe_page=f"https://news.example.org/unsubscribe/{TOKEN}",
    preferences=f"https://news.example.org/preferences/{TOKEN}?a=1&b=2",
    archive=f"https://news.example.org/archive/{TOKEN}",
)
MAIL_ONLY = ReaderLinks(LINKS.unsubscribe_mail)
RENDITION = Rendition(
    selection=Selection(),
    subject="Example Weekly 40: what happened",
    preheader="",
    html=f'<p>Hello {Mark.NAME}</p>\n<a href="{Mark.UNSUBSCRIBE}">leave</a> <a href="{Mark.PREFERENCES}">choose</a>',
    text=f"Hello {Mark.NAME},\n\n{Mark.ARCHIVE}\n",
)
IMAGE = Attachment("cover1@weekly.example.org", "image/png", bytes(range(256)) * 3)

HOSTILE = (
    "=?utf-8?q?=0aBcc=3A_x?=",
    "=?utf-8?q?=0d=0aBcc=3A_x?= and =?utf-8?b?Cg==?=",
    "==??utf-8?q?=0aBcc=3A_x?=?=",
    "one\r\nBcc: x@example.net",
    "one\nBcc: x@example.net",
    "one\rBcc: x@example.net",
    "one\x85Bcc: x@example.net",
    "one\u2028Bcc: x\u2029Cc: y",
    "one\0two\x07\x1b[31m\x7f",
    "one\x0bBcc: x\x0cCc: y\x1cA: b",
    "the end \N{PARTY POPPER}\n",
    "\n\n<html>",
    "\r\n.\r\nMAIL FROM:<x@example.net>",
    " leading and trailing ",
    "word" * 1250,
    "\N{PARTY POPPER}" * 5000,
    "a b " * 1250,
    "\ud800 lone \udfff",
    "e\u0301\u200d\u202eright\u2066",
    "",
    " ",
    "\n",
    "?=",
    "=?",
    ".",
    "From here on",
    'a, b; <c> (d) [e] @f \\ "g"',
    '"' * 200,
    "\\" * 39,
)
TEXTS = st.one_of(
    st.text(), st.text(st.characters(categories=["Cc", "Cs", "Zl", "Zp", "So"])), st.sampled_from(HOSTILE)
)


def made(rendition: Rendition = RENDITION, *, sender: Sender = SENDER, edition: str = EDITION) -> Letter:
    return letter(rendition, sender, edition=edition, message_key="k", date=FROZEN)


def mailed(
    rendition: Rendition = RENDITION,
    *,
    sender: Sender = SENDER,
    address: str = "reader@example.org",
    name: str = "First Reader",
    subscriber: int = 7,
    links: ReaderLinks = LINKS,
) -> Message:
    return message(made(rendition, sender=sender), address=address, name=name, subscriber=subscriber, links=links)


def head(data: bytes) -> bytes:
    return data.partition(b"\r\n\r\n")[0] + b"\r\n"


def field(data: bytes, name: str) -> bytes:
    """The one header of that name, as it stands in the bytes."""
    found = re.findall(rb"^" + name.encode() + rb": ((?:.*\r\n)(?:[ \t].*\r\n)*)", head(data), re.MULTILINE)
    assert len(found) == 1, f"{name} stands there {len(found)} times"
    return bytes(found[0]).removesuffix(b"\r\n")


def names(data: bytes) -> list[str]:
    """The header names by the bytes alone: every line is a field or goes on with one."""
    lines = head(data).removesuffix(b"\r\n").split(b"\r\n")
    assert all(re.match(rb"[!-9;-~]+: |[ \t]+\S", line) for line in lines)
    return [line.partition(b":")[0].decode() for line in lines if not line.startswith((b" ", b"\t"))]


def parsed(data: bytes) -> EmailMessage:
    found = message_from_bytes(data, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    return found


def parts(data: bytes) -> dict[str, str]:
    """The decoded text of each text part, by its type, with plain line ends."""
    return {
        part.get_content_type(): quopri.decodestring(part.get_payload().encode()).decode().replace("\r\n", "\n")
        for part in message_from_bytes(data, policy=policy.compat32).walk()
        if part.get_content_maintype() == "text"
    }


def sanitised(text: str) -> str:
    """What the module promises to keep of a text in a header."""
    plain = re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", re.sub(r"[\ud800-\udfff]", "?", text))
    return " ".join(plain.split())[:250].rstrip().replace("=?", "= ?")


def writable(text: str) -> str:
    """What the module promises to keep of a text in a body: its lines, and all but lone surrogates."""
    return "\n".join(re.sub(r"[\ud800-\udfff]", "?", text).splitlines())


def unfolded(value: bytes) -> str:
    return str(make_header(decode_header(value.replace(b"\r\n", b"").decode())))


def mailbox(data: bytes) -> tuple[str, str]:
    """Name and address of To (the newer parser puts blanks between the encoded-words of a name: RFC 2047, 6.2)."""
    phrase, address = parseaddr(field(data, "To").replace(b"\r\n", b"").decode())
    return str(make_header(decode_header(phrase))), address


def assert_well_formed(data: bytes) -> None:
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert not any(b"\r" in line or b"\n" in line for line in lines)
    assert all(len(line) <= 998 for line in lines)
    assert not any(line.startswith(b".") for line in lines)
    body = data.partition(b"\r\n\r\n")[2].split(b"\r\n")
    assert all(len(line) <= 76 and line.isascii() for line in body)
    assert not any(line.endswith((b" ", b"\t")) for line in body)
    assert b"\0" not in data


# --- unsubscribing (RFC 2369, RFC 8058) ----------------------------------------------------------------------------


def test_list_unsubscribe_holds_one_https_and_one_mail_address_uncut_and_unencoded():
    value = field(mailed().data, "List-Unsubscribe")
    uris = re.findall(rb"<([^<>]*)>", value)
    assert uris == [LINKS.unsubscribe_page.encode(), LINKS.unsubscribe_mail.encode()]
    assert value == b"<" + uris[0] + b">,\r\n <" + uris[1] + b">"
    assert b"=?" not in value


def test_list_unsubscribe_post_is_exactly_what_rfc_8058_says():
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in mailed().data


def test_without_public_pages_there_is_the_mail_address_alone_and_no_post():
    data = mailed(links=MAIL_ONLY).data
    assert field(data, "List-Unsubscribe") == f"<{MAIL_ONLY.unsubscribe_mail}>".encode()
    assert names(data) == [name for name in HEADERS if name not in {"Reply-To", "List-Unsubscribe-Post"}]


def test_links_that_the_signer_makes_stand_in_the_message_byte_for_byte():
    links = Signer(["a key"]).for_reader(SENDER, EDITION, 7)
    data = mailed(links=links).data
    assert f"<{links.unsubscribe_page}>,\r\n <{links.unsubscribe_mail}>\r\n".encode() in data
    assert links.unsubscribe_page in html.unescape(parts(data)["text/html"])


# --- headers -------------------------------------------------------------------------------------------------------


def test_each_header_stands_there_once_and_no_other():
    assert names(mailed().data) == [name for name in HEADERS if name != "Reply-To"]


def test_an_address_for_answers_is_named_when_there_is_one():
    data = mailed(sender=replace(SENDER, reply_to="desk@example.org")).data
    assert field(data, "Reply-To") == b"desk@example.org"
    assert names(data) == list(HEADERS)


def test_the_headers_that_say_what_kind_of_mail_this_is():
    data = mailed().data
    assert field(data, "List-Id") == b"<weekly.example.org>"
    assert field(data, "List-Help") == b"<mailto:leave@example.org?subject=help>"
    assert field(data, "List-Post") == b"NO"
    assert field(data, "Precedence") == b"bulk"
    assert field(data, "Auto-Submitted") == b"auto-generated"
    assert field(data, "X-Auto-Response-Suppress") == b"OOF, AutoReply"
    assert field(data, "Feedback-ID") == b"2025-W40:weekly:digest:example-org"
    assert field(data, "MIME-Version") == b"1.0"
    assert field(data, "Date") == b"Mon, 06 Oct 2025 07:00:00 +0000"
    assert field(data, "From") == b"Example Weekly <weekly@example.org>"


@pytest.mark.parametrize("mailbox", ["leave+now@example.org", "a%b?c&d=e#f@example.org"])
def test_list_help_is_encoded_as_rfc_6068_asks(mailbox: str):
    value = field(mailed(sender=replace(SENDER, unsubscribe_to=mailbox)).data, "List-Help")
    parts = urlsplit(value.decode().strip("<>"))
    assert (parts.scheme, unquote(parts.path), parts.query, parts.fragment) == ("mailto", mailbox, "subject=help", "")
    assert b"+" not in value


def test_a_list_id_of_an_international_domain_is_ascii():
    sender = replace(SENDER, address="weekly@bücher.example", list_id="weekly.bücher.example")
    assert field(mailed(sender=sender).data, "List-Id") == b"<weekly.xn--bcher-kva.example>"


@pytest.mark.parametrize(
    "edition", [EDITION, "weekly/2025-10-01T07:00+02:00/2025-10-08", "daily/2025-10-01/2025-10-03"]
)
def test_an_edition_of_any_period_has_a_valid_message_id_and_feedback_id(edition: str):
    data = message(made(edition=edition), address="r@example.org", name="", subscriber=7, links=LINKS).data
    assert re.fullmatch(rb"<[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*@example\.org>", field(data, "Message-ID"))
    assert re.fullmatch(rb"[A-Za-z0-9.-]+:[a-z]+:digest:example-org", field(data, "Feedback-ID"))


def test_headers_are_ascii_and_their_lines_short():
    sender = replace(SENDER, name="Wöchentlich " * 20, address="weekly@bücher.example")
    data = mailed(
        replace(RENDITION, subject="Überschrift " * 30), sender=sender, name="名前" * 60, links=MAIL_ONLY
    ).data
    assert head(data).isascii()
    lines = head(data).split(b"\r\n")
    assert all(len(line) <= 78 for line in lines if TOKEN.encode() not in line and b"Message-ID" not in line)


@given(TEXTS)
@example("\\" * 39)
@example('"' * 39)
def test_no_line_of_a_name_or_subject_is_longer_than_78(text: str):
    data = mailed(replace(RENDITION, subject=text), name=text, sender=replace(SENDER, name=text), links=MAIL_ONLY).data
    assert all(
        len(line) <= 78 for line in head(data).split(b"\r\n") if TOKEN.encode() not in line and b"-ID" not in line
    )


def test_an_address_of_greatest_length_stays_below_the_limit_of_a_line():
    address = f"{'a' * 64}@{'.'.join(['b' * 61] * 3)}.org"
    data = mailed(address=address, name="First Reader").data
    assert field(data, "To").endswith(f"\r\n <{address}>".encode())
    assert_well_formed(data)


def test_an_international_domain_is_written_as_dns_knows_it():
    sent = mailed(address="reader@bücher.example")
    assert sent.to == "reader@xn--bcher-kva.example"
    assert field(sent.data, "To") == b"First Reader <reader@xn--bcher-kva.example>"
    assert not sent.smtputf8


def test_an_international_mailbox_is_written_raw_and_flagged():
    sent = mailed(address="läufer@bücher.example")
    assert sent.smtputf8
    assert sent.to == "läufer@xn--bcher-kva.example"
    assert field(sent.data, "To").decode() == "First Reader <läufer@xn--bcher-kva.example>"
    assert names(sent.data) == [name for name in HEADERS if name != "Reply-To"]
    assert head(sent.data).replace("ä".encode(), b"").isascii()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "reader",
        "a@b@c",
        "a@b.c\nx",
        "a@b.c\r\nBcc: x",
        " a@b.c",
        "a@b.c>",
        "a\x85@b.c",
        "a\u2028@b.c",
        "a\ud800@b.c",
    ],
)
def test_what_is_no_address_is_refused_before_anything_is_written(address: str):
    with pytest.raises(AddressError):
        mailed(address=address)


@pytest.mark.parametrize("domain", ["ü..example", "\u200d.example", "ü" * 80 + ".example"])
def test_a_domain_that_cannot_be_is_refused(domain: str):
    with pytest.raises(AddressError):
        ascii_domain(f"reader@{domain}")


def test_ascii_addresses_stay_as_they_are():
    assert ascii_domain("Reader+Tag@Example.ORG") == "Reader+Tag@Example.ORG"


def test_a_sender_that_headers_cannot_hold_is_refused():
    with pytest.raises(RenderError):
        made(sender=replace(SENDER, address="wöchentlich@example.org"))
    with pytest.raises(RenderError):
        made(sender=replace(SENDER, list_id="weekly\r\nBcc: x@example.net"))


# --- injection -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_a_hostile_subject_or_name_adds_no_header(text: str):
    data = mailed(replace(RENDITION, subject=text), name=text, sender=replace(SENDER, name=text)).data
    expected = [name for name in HEADERS if name != "Reply-To"]
    assert names(data) == expected
    for rules in (policy.SMTP, policy.compat32, policy.default):
        again: ParsedMessage[Any, Any] = message_from_bytes(data, policy=rules)
        assert again.keys() == expected
        assert again.get_payload()[0].get_content_type() == "text/plain"
    assert not re.search(r"[\r\n\0\x85\u2028\u2029]", parsed(data)["Subject"])
    assert_well_formed(data)


@given(TEXTS)
def test_any_subject_comes_back_as_it_was_put_in(text: str):
    data = mailed(replace(RENDITION, subject=text)).data
    assert names(data) == [name for name in HEADERS if name != "Reply-To"]
    assert unfolded(field(data, "Subject")) == sanitised(text)
    assert parsed(data)["Subject"] == sanitised(text)
    assert all(len(word) <= 75 for word in field(data, "Subject").split() if word.startswith(b"=?"))


@given(TEXTS)
def test_any_name_comes_back_in_the_header_and_in_both_parts(text: str):
    data = mailed(name=text).data
    assert names(data) == [name for name in HEADERS if name != "Reply-To"]
    assert mailbox(data) == (sanitised(text), "reader@example.org")
    assert parts(data)["text/plain"].startswith(f"Hello {sanitised(text)},\n")
    assert parts(data)["text/html"].startswith(f"<p>Hello {html.escape(sanitised(text))}</p>\n")
    assert_well_formed(data)


def test_a_text_without_anything_to_show_leaves_an_empty_header_and_no_empty_encoded_word():
    assert header_text("\r\n\0") == b""
    assert b"To: reader@example.org\r\n" in mailed(name="\n").data


def test_each_encoded_word_holds_whole_characters():
    for word in header_text("ü\N{PARTY POPPER}€" * 30).split():
        charset, encoding, payload = word.removeprefix(b"=?").removesuffix(b"?=").split(b"?")
        assert (charset, encoding) == (b"utf-8", b"b")
        base64.b64decode(payload).decode()


# --- personal values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "قارئ أول",
        "第一位读者",
        'First "the" Reader',
        "Reader, First",
        "Back\\slash",
        "O'Reader & Co <b>",
        "Dr. Reader (first)",
        "R" * 200,
        "名" * 200,
        "\N{PARTY POPPER} " * 20,
        "a.b@example.net",
        "=?utf-8?q?x?=",
        "Mark digest.mark.name.",
    ],
)
def test_a_name_reads_right_in_header_and_body(name: str):
    expected = sanitised(name)
    data = mailed(name=name).data
    assert mailbox(data)[0] == expected
    assert f"Hello {expected}," in parts(data)["text/plain"]
    assert f"<p>Hello {html.escape(expected)}</p>" in parts(data)["text/html"]


def test_links_are_escaped_in_html_and_raw_in_text():
    rendition = replace(RENDITION, html=f'<a href="{Mark.PREFERENCES}">x</a>', text=f"{Mark.PREFERENCES}")
    found = parts(mailed(rendition).data)
    assert found["text/html"] == f'<a href="{LINKS.preferences.replace("&", "&amp;")}">x</a>'
    assert found["text/plain"] == LINKS.preferences


def test_each_mark_gets_its_own_value():
    rendition = replace(RENDITION, text="|".join(Mark))
    values = [LINKS.unsubscribe_page, LINKS.preferences, LINKS.archive, "First Reader"]
    assert parts(mailed(rendition).data)["text/plain"] == "|".join(values)


def test_readers_of_one_letter_get_nothing_of_each_other():
    shared = made()
    first = message(shared, address="first@example.org", name="First", subscriber=1, links=LINKS)
    other = message(shared, address="other@example.org", name="Other", subscriber=2, links=MAIL_ONLY)
    again = message(shared, address="first@example.org", name="First", subscriber=1, links=LINKS)
    assert first == again
    assert b"First" not in other.data
    assert first.message_id != other.message_id


# --- the body ------------------------------------------------------------------------------------------------------


def test_the_text_stands_first_and_both_parts_are_quoted_printable():
    found = message_from_bytes(mailed().data, policy=policy.compat32)
    assert found.get_content_type() == "multipart/alternative"
    assert [part.items() for part in found.get_payload()] == [
        [("Content-Type", f"text/{kind}; charset=utf-8"), ("Content-Transfer-Encoding", "quoted-printable")]
        for kind in ("plain", "html")
    ]


BODIES = st.lists(
    st.one_of(
        st.sampled_from(
            [*Mark, ".", "\n.", "From ", "\r\n", "\r", " ", "\t", "=", "--", "é" * 40, "x" * 75, "x" * 76, "x" * 80]
        ),
        st.text(max_size=8),
    )
).map("".join)


def filled(text: str, name: str) -> str:
    values = dict(zip(Mark, [LINKS.unsubscribe_page, LINKS.preferences, LINKS.archive, name], strict=True))
    return re.sub("|".join(map(re.escape, Mark)), lambda found: values[Mark(found.group())], text)


@given(BODIES, st.sampled_from(["", "x" * 74, "x" * 75, "x" * 76, "é", ".", " ."]))
@example("x" * 76 + Mark.NAME, "")
@example(Mark.NAME + ".x", "")
def test_any_text_comes_back_filled_and_its_lines_are_short(text: str, name: str):
    data = mailed(replace(RENDITION, text=text, html=text), name=name).data
    assert_well_formed(data)
    found = parts(data)
    assert found["text/plain"] == filled(writable(text), sanitised(name))
    assert found["text/html"] == filled(writable(text), sanitised(name)).replace("?a=1&b=2", "?a=1&amp;b=2")


@given(BODIES)
def test_no_content_can_hold_a_boundary(text: str):
    data = mailed(replace(RENDITION, text=text, html=text, attachments=(IMAGE,))).data
    for boundary in re.findall(rb'boundary="([^"]*)"', data):
        lines = [line for line in data.split(b"\r\n") if boundary in line and b"boundary=" not in line]
        assert set(lines) == {b"--" + boundary, b"--" + boundary + b"--"}
        assert lines.count(b"--" + boundary + b"--") == 1


def test_a_text_that_knows_the_form_of_boundaries_cannot_end_a_part():
    boundary = re.findall(rb'boundary="([^"]*)"', mailed().data)[0].decode()
    data = mailed(replace(RENDITION, text=f"--{boundary}--\n--{boundary}\n", html="")).data
    assert [part.get_content_type() for part in parsed(data).walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_embedded_images_travel_with_the_html():
    data = mailed(replace(RENDITION, attachments=(IMAGE, replace(IMAGE, cid="cover2@weekly.example.org")))).data
    _, related = parsed(data).get_payload()
    assert related.get_content_type() == "multipart/related"
    assert related["Content-Type"].params["type"] == "text/html"  # RFC 2387, 3.1
    page, first, second = related.get_payload()
    assert page.get_content_type() == "text/html"
    assert (first.get_content_type(), first["Content-ID"]) == ("image/png", "<cover1@weekly.example.org>")
    assert second["Content-ID"] == "<cover2@weekly.example.org>"
    assert first.get_content_disposition() == "inline"
    assert first.get_filename() == "cover1.png"
    assert first.get_content() == IMAGE.data
    assert_well_formed(data)


def test_lone_surrogates_become_question_marks_everywhere():
    bad = "a \ud83d b"
    found = parts(mailed(Rendition(Selection(), bad, "", html=bad, text=bad), name=bad).data)
    assert found == {"text/plain": "a ? b", "text/html": "a ? b"}


def test_a_message_of_one_long_line_is_cut_into_short_ones():
    assert_well_formed(mailed(replace(RENDITION, html="<p>é=.</p>" * 5000)).data)


@given(st.binary())
def test_quoted_printable_comes_back_as_it_was(data: bytes):
    plain = data.replace(b"\r", b"")
    encoded = quoted_printable(plain)
    assert quopri.decodestring(encoded).replace(b"\r\n", b"\n") == plain
    assert encoded.isascii()
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@given(st.binary())
def test_quoted_printable_keeps_carriage_returns_as_data(data: bytes):
    encoded = quoted_printable(data)
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert quopri.decodestring(encoded.replace(b"\r\n", b"\n")) == data


# --- the same bytes on every try -----------------------------------------------------------------------------------


def test_a_second_try_is_the_same_bytes():
    assert mailed() == mailed()
    assert mailed(replace(RENDITION, attachments=(IMAGE,))) == mailed(replace(RENDITION, attachments=(IMAGE,)))


def test_a_message_id_is_derived_and_tells_nothing_of_the_person():
    sent = mailed(address="someone.special@example.net", subscriber=12345)
    assert field(sent.data, "Message-ID") == sent.message_id.encode()
    assert re.fullmatch(r"<weekly\.2025-W40\.[0-9a-f]{40}@example\.org>", sent.message_id)
    assert "12345" not in sent.message_id
    assert sent.message_id == f"<{message_id(SENDER, EDITION, 'k', 12345)}>"


def test_message_ids_differ_by_reader_edition_and_key():
    found = {
        message_id(SENDER, edition, key, subscriber)
        for edition in (EDITION, "weekly/2025-W41")
        for key in ("k", "l")
        for subscriber in (1, 2)
    }
    assert len(found) == 8


def test_the_envelope_names_the_sender_and_one_reader():
    sent = mailed(sender=replace(SENDER, address="weekly@bücher.example"))
    assert (sent.envelope_from, sent.to) == ("weekly@xn--bcher-kva.example", "reader@example.org")


BOUNCES = replace(SENDER, bounces="bounces@bücher.example")


def test_what_comes_back_goes_to_its_mailbox_tagged_with_the_delivery():
    sent = message(
        made(sender=BOUNCES), address="r@example.org", name="", subscriber=7, links=LINKS, return_token="tag"
    )
    assert sent.envelope_from == "bounces+tag@xn--bcher-kva.example"
    assert b"bounces" not in sent.data


def test_without_a_delivery_it_goes_to_the_bare_mailbox():
    assert mailed(sender=BOUNCES).envelope_from == "bounces@xn--bcher-kva.example"


def test_without_a_mailbox_for_it_the_from_address_is_untagged():
    sent = message(made(), address="r@example.org", name="", subscriber=7, links=LINKS, return_token="tag")
    assert sent.envelope_from == "weekly@example.org"


def test_a_mailbox_whose_name_leaves_no_room_for_a_tag_is_refused_before_anything_is_sent():
    with pytest.raises(AddressError, match="is too long for an e-mail address"):
        made(sender=replace(SENDER, bounces="b" * 40 + "@example.org"))
    assert made(sender=replace(SENDER, bounces="b" * 31 + "@example.org"))


def test_a_return_path_is_as_long_as_the_check_takes_it_to_be():
    sent = message(
        made(sender=BOUNCES),
        address="r@example.org",
        name="",
        subscriber=7,
        links=LINKS,
        return_token=Signer(["key"]).return_token(2**63 - 1, EDITION, FROZEN),
    )
    assert len(sent.envelope_from.partition("@")[0]) == len("bounces+") + 32
