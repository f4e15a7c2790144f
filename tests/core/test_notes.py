"""Notes: written as letters are, to one person, without the fields of a list."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import AddressError
from digest.message import note
from digest.message.notes import NOTE_HEADERS
from digest.model import Attachment, Message, Rendition, Selection, Sender
from tests.core.test_dkim import BOTH, holds
from tests.core.test_message import HOSTILE, TEXTS, field, names, parts, sanitised, writable

ASKED = datetime(2025, 12, 8, 8, 30, tzinfo=UTC)
SENDER = Sender(
    name="Quay News",
    address="weekly@quay.example.org",
    list_id="weekly.quay.example.org",
    unsubscribe_to="leave@quay.example.org",
    reply_to="desk@quay.example.org",
)
RENDITION = Rendition(
    Selection(),
    subject="Please confirm · Quay News",
    preheader="",
    html='<p>.\n<a href="https://news.example.org/confirm/t?a=1&amp;b=2">Confirm</a></p>',
    text="Confirm:\nhttps://news.example.org/confirm/t?a=1&b=2\n.\nFrom here on",
)


def written(rendition: Rendition = RENDITION, sender: Sender = SENDER, **changes: Any) -> Message:
    return note(rendition, sender, **({"to": "reader@example.net", "unique": "0a1b", "date": ASKED} | changes))


def test_it_has_the_headers_of_a_note_and_no_others() -> None:
    assert names(written().data) == list(NOTE_HEADERS)
    assert names(written(sender=replace(SENDER, reply_to="")).data) == [n for n in NOTE_HEADERS if n != "Reply-To"]


def test_nothing_in_it_says_that_it_comes_from_a_list() -> None:
    assert not re.search(rb"^(List-|Precedence|Feedback-ID)", written().data, re.MULTILINE | re.IGNORECASE)


def test_what_the_headers_say() -> None:
    data = written().data
    assert field(data, "Message-ID") == b"<note.0a1b@quay.example.org>"
    assert field(data, "To") == b"reader@example.net"
    assert field(data, "From") == b"Quay News <weekly@quay.example.org>"
    assert field(data, "Date") == b"Mon, 08 Dec 2025 08:30:00 +0000"
    assert field(data, "Reply-To") == b"desk@quay.example.org"
    assert field(data, "Auto-Submitted") == b"auto-generated"
    assert field(data, "X-Auto-Response-Suppress") == b"OOF, AutoReply"


def test_both_parts_come_back_as_they_were_the_text_first() -> None:
    assert list(parts(written().data)) == ["text/plain", "text/html"]
    assert parts(written().data) == {"text/plain": RENDITION.text, "text/html": RENDITION.html}


def test_it_is_made_of_short_ascii_lines_that_end_in_crlf_and_begin_with_no_dot() -> None:
    data = written(replace(RENDITION, text="Grüße\n" * 200)).data
    assert data.isascii()
    lines = data.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 78
    assert not any(line.startswith(b".") for line in lines)


def test_a_repeat_has_the_same_bytes() -> None:
    assert written(keys=BOTH).data == written(keys=BOTH).data


def test_a_logo_travels_inside_of_it() -> None:
    logo = Attachment("logo@covers", "image/png", bytes(range(256)))
    page = replace(RENDITION, html='<img src="cid:logo@covers">', attachments=(logo,))
    found = message_from_bytes(written(page).data, policy=policy.SMTP)
    images = [part for part in found.walk() if part.get_content_type() == "image/png"]
    assert [image.get_content() for image in images] == [logo.data]


def test_what_comes_back_goes_to_the_mailbox_for_that() -> None:
    assert written().envelope_from == "weekly@quay.example.org"
    assert written(sender=replace(SENDER, bounces="back@quay.example.org")).envelope_from == "back@quay.example.org"


def test_dkimpy_verifies_each_signature() -> None:
    assert holds(written(keys=BOTH).data, *BOTH) == [True, True]
    assert holds(written(keys=BOTH, sender=replace(SENDER, reply_to="")).data, *BOTH) == [True, True]
    assert names(written(keys=BOTH).data) == ["DKIM-Signature", "DKIM-Signature", *NOTE_HEADERS]


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"])
def test_what_decides_on_what_is_shown_cannot_be_added_to_a_signed_one(name: str) -> None:
    data = written(keys=BOTH).data
    forged = data.replace(b"Message-ID:", f"{name}: <https://example.com>\r\nMessage-ID:".encode(), 1)
    assert holds(forged, *BOTH) == [False, False]


# --- what people write into forms, and sites into configurations ----------------------------------------------------


@given(TEXTS, TEXTS, TEXTS)
def test_no_subject_name_or_text_adds_a_header_or_a_line_that_no_server_takes(
    subject: str, name: str, text: str
) -> None:
    data = written(replace(RENDITION, subject=subject, text=text), replace(SENDER, name=name)).data
    assert names(data) == list(NOTE_HEADERS)
    assert data.isascii()
    assert not any(line.startswith(b".") or len(line) > 998 for line in data.split(b"\r\n"))
    found = message_from_bytes(data, policy=policy.default)
    assert found["Subject"] == sanitised(subject)
    assert parts(data)["text/plain"].rstrip("\n") == writable(text).rstrip("\n")


@given(st.one_of(TEXTS, TEXTS.map(lambda text: f"{text}@example.net"), TEXTS.map(lambda text: f"reader@{text}")))
def test_no_address_adds_a_header_or_a_recipient(address: str) -> None:
    try:
        made = written(to=address)
    except AddressError:
        return
    assert names(made.data) == list(NOTE_HEADERS)
    assert field(made.data, "To") == made.to.encode()
    assert made.to.count("@") == 1


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        written(to=f"reader@example.net{text}\r\nBcc: x@example.net")


def test_an_international_address_is_written_raw_and_flagged() -> None:
    made = written(to="дима@почта.example")
    assert made.to == "дима@xn--80a1acny.example"
    assert made.smtputf8
    assert field(made.data, "To") == made.to.encode()
    assert not written(to="reader@почта.example").smtputf8
