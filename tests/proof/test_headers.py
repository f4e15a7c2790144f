"""The header is judged by its bytes, for parsers mend what they read."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from digest.proof import proofread
from digest.proof.head import head
from tests.proof.conftest import HTML, TEXT, Mail, Names

LONG = f"https://news.quay.example.org/u/{'a' * 200}"


def test_a_long_uri_that_stands_whole_is_well(names: Names) -> None:
    assert names(Mail().headed("https://news.quay.example.org/u/4d7e1c0a", LONG).data) == []


def test_an_encoded_word_is_found_that_the_parser_of_python_decodes(names: Names) -> None:
    message = EmailMessage(policy=SMTP)
    message["List-Unsubscribe"] = f"<{LONG}>, <mailto:leave@quay.example.org>"
    message.set_content("Words")
    written = message.as_bytes()
    assert b"=?utf-8?q?" in written
    assert "list-unsubscribe-broken" in names(written)


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("List-Unsubscribe: <mailto:a@quay.example.org>", ["list-unsubscribe"]),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", ["header-once"]),
        ("Message-ID: <a@quay.example.org>", ["header-once"]),
        ("Cc: other@example.net", ["recipient"]),
    ],
)
def test_what_stands_twice_is_found(line: str, rules: list[str], names: Names) -> None:
    assert names(Mail(header=f"{Mail().header}{line}\n").data) == rules


@pytest.mark.parametrize(
    ("uris", "rule"),
    [
        ("https://quay.example.org/u", "list-unsubscribe-broken"),
        ("<http://quay.example.org/u>, <mailto:a@quay.example.org>", "list-unsubscribe"),
        ("", "list-unsubscribe"),
    ],
)
def test_uris_that_nobody_can_use_are_found(uris: str, rule: str, names: Names) -> None:
    mail = Mail().headed(
        "<https://news.quay.example.org/u/4d7e1c0a>,\n <mailto:leave@quay.example.org?subject=4d7e1c0a>", uris
    )
    assert rule in names(mail.data)


def test_one_click_without_an_address_to_click_on_is_found(names: Names) -> None:
    mail = Mail().headed("<https://news.quay.example.org/u/4d7e1c0a>,\n ", "")
    assert names(mail.data) == ["one-click", "list-unsubscribe-post"]
    (found, _) = proofread(mail.data).findings
    assert "set web.url, and `digest serve` answers there" in found.rule.advice


def test_a_file_that_ends_all_its_lines_in_lf_is_no_fault_of_the_mail(names: Names) -> None:
    assert names(Mail().data.replace(b"\r\n", b"\n")) == []
    assert names(Mail().data.replace(b"\r\n", b"\n", 1)) == ["newline"]


def test_an_address_with_letters_of_its_own_is_allowed(names: Names) -> None:
    assert names(Mail().headed("reader@example.net", "häfen@example.net").data) == []
    assert names(Mail().headed("reader@example.net", "Jürgen <reader@example.net>").data) == ["header-ascii"]


def test_what_servers_wrote_on_the_way_is_not_judged_for_its_width(names: Names) -> None:
    assert names(f"Received: from a {'by b ' * 40}\r\n".encode() + Mail().data) == []


def test_a_signature_that_covers_how_to_leave_is_well(names: Names) -> None:
    signature = "DKIM-Signature: v=1; h=From:Subject:\n List-Unsubscribe:List-Unsubscribe-Post; b=x\n"
    assert names(Mail(header=signature + Mail().header).data) == []


def test_an_encoded_subject_is_read_as_a_program_shows_it() -> None:
    mail = Mail().headed("The cranes are back", "=?utf-8?q?Kr=C3=A4ne_sind?=\n =?utf-8?b?IHp1csO8Y2s=?=")
    report = proofread(mail.data)
    assert report.subject == "Quay News #7: Kräne sind zurück"
    assert report.well


@pytest.mark.parametrize("value", ["=?nonsense?q?a?=", "=?utf-8?b?a?=", "=?utf-8?q?=FF?=", "\udcff"])
def test_a_subject_that_cannot_be_decoded_is_read_somehow(value: str) -> None:
    assert isinstance(proofread(Mail().headed("The cranes are back", value).data).subject, str)


def test_lines_and_folds_are_counted_as_they_stand() -> None:
    found = head(b"A: one\r\n two\r\nB:three\r\n\r\nC: four\r\n")
    assert [(field.name, field.value, field.line) for field in found.fields] == [("A", "one two", 1), ("B", "three", 3)]


def test_both_parts_in_base64_are_well(names: Names) -> None:
    message = EmailMessage(policy=SMTP)
    for name, value in (line.split(": ", 1) for line in Mail().header.replace(",\n ", ", ").splitlines()[:9]):
        message[name] = value
    message.set_content(TEXT, cte="base64")
    message.add_alternative(
        HTML.replace("cid:cranes@quay", "https://quay.example.org/c.png"), subtype="html", cte="base64"
    )
    assert names(message.as_bytes()) == []


def test_a_line_that_cannot_be_folded_is_as_long_as_it_is(names: Names) -> None:
    own = "weekly.2025-W49.700e87a17a2ae058da298bde974748c668a8b261"
    assert names(Mail().headed("weekly.2025-W49.4d7e1c0a", own).data) == []
