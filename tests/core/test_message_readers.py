"""A thousand readers whose names and addresses are hard to write: each message verifies, and reads as it was meant."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from email import message_from_string, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import dkim as dkimpy
import pytest

from digest.dkim import Kind, generate
from digest.model import Message
from tests.samples import readers
from tests.samples.readers import EDITION, FROZEN, SIGNER, Reader

COUNT = 1000
STRICT = policy.SMTPUTF8.clone(raise_on_defect=True)
KEYS = tuple(generate(kind, domain="example.org", selector=kind.value) for kind in Kind)
RECORDS = {f"{key.record.name}.".encode(): key.record.value.encode() for key in KEYS}


@pytest.fixture(scope="module")
def mailed() -> tuple[tuple[Reader, Message], ...]:
    return tuple(readers.mailed(COUNT, KEYS))


def strictly(message: Message) -> EmailMessage:
    """Read by the parser that raises on every defect; as text, for from bytes it leaves UTF-8 in addresses undecoded."""
    found = message_from_string(message.data.decode(), policy=STRICT)
    assert isinstance(found, EmailMessage)
    return found


def test_they_are_a_thousand_different_ones(mailed: tuple[tuple[Reader, Message], ...]):
    assert len({(reader.name, reader.address) for reader, _ in mailed}) > 400
    assert len({message.data for _, message in mailed}) == len({message.message_id for _, message in mailed}) == COUNT


def test_dkimpy_verifies_both_signatures_of_each(mailed: tuple[tuple[Reader, Message], ...]):
    """Raw UTF-8 in an address too (RFC 8616, 5): the canonical form is about octets."""
    for _, message in mailed:
        for number in range(len(KEYS)):
            assert dkimpy.DKIM(message.data).verify(number, dnsfunc=lambda name, timeout: RECORDS[name])


def test_each_name_and_address_reads_right_in_the_headers(mailed: tuple[tuple[Reader, Message], ...]):
    for reader, message in mailed:
        (mailbox,) = strictly(message)["To"].addresses
        assert mailbox.addr_spec == message.to
        # That parser puts blanks between the encoded-words of a long name (against RFC 2047, 6.2); the older does not.
        assert mailbox.display_name.replace(" ", "") == reader.name.replace(" ", "")
        (field,) = re.findall(r"\r\nTo: ([^\r]*(?:\r\n [^\r]*)*)", message.data.decode())
        phrase, _ = parseaddr(field.replace("\r\n", ""))
        assert str(make_header(decode_header(phrase))) == reader.name


def test_each_address_in_the_envelope_is_the_reader_s_with_its_domain_as_the_dns_knows_it(
    mailed: tuple[tuple[Reader, Message], ...],
):
    for reader, message in mailed:
        local, _, domain = message.to.partition("@")
        assert local == reader.address.partition("@")[0]
        assert domain.isascii()
        assert message.smtputf8 == (not local.isascii())
        if reader.address.isascii():
            assert message.to == reader.address


def test_each_return_path_names_the_delivery(mailed: tuple[tuple[Reader, Message], ...]):
    for reader, message in mailed:
        local, _, domain = message.envelope_from.partition("@")
        mailbox, _, token = local.partition("+")
        assert (mailbox, domain) == ("bounces", "example.org")
        assert SIGNER.read_return_token(token, lambda _delivery: (EDITION, FROZEN)) == reader.number


def links(page: str) -> Iterator[tuple[str, str]]:
    for name, address in re.findall(r'<a class="(\w+)" href="([^"]*)">', page):
        yield name, html.unescape(address)


def test_each_name_and_link_reads_right_in_both_parts(mailed: tuple[tuple[Reader, Message], ...]):
    for reader, message in mailed:
        mail = strictly(message)
        page, text = (part.get_content() for kind in ("html", "plain") if (part := mail.get_body((kind,))))
        own = reader.links
        assert re.findall(r'<b class="name">([^<]*)</b>', page) == [html.escape(reader.name)]
        assert dict(links(page)) == {
            "archive": own.archive,
            "unsubscribe": own.unsubscribe_page,
            "preferences": own.preferences,
        }
        lines = text.splitlines()
        assert (lines[0], lines[1]) == ("Hello", reader.name)
        assert lines[-3:] == [own.unsubscribe_page, own.preferences, own.archive]


def test_each_way_out_stands_in_the_headers(mailed: tuple[tuple[Reader, Message], ...]):
    for reader, message in mailed:
        assert re.findall(r"<([^<>]*)>", strictly(message)["List-Unsubscribe"]) == [
            reader.links.unsubscribe_page,
            reader.links.unsubscribe_mail,
        ]


def test_attachments_are_the_same_bytes_for_everybody(mailed: tuple[tuple[Reader, Message], ...]):
    expected = [image.data for image in readers.RENDITIONS[2].attachments]
    for _, message in mailed[2::30]:
        parts = [part for part in strictly(message).walk() if part.get_content_maintype() == "image"]
        assert [part.get_content() for part in parts] == expected


def test_what_readers_share_is_one_object_in_all_of_their_messages(mailed: tuple[tuple[Reader, Message], ...]):
    (_, first), (_, second) = mailed[0], mailed[len(readers.RENDITIONS)]
    shared = [one for one, other in zip(first.pieces, second.pieces, strict=True) if one is other]
    assert first.pieces[2] in shared  # after the signatures and the reader's own: the headers of all
    assert len(shared) == 2 + len(first.pieces[4:]) // 2 + 1  # with the empty line and what is around the slots
    assert first.data != second.data
