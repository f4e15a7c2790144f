"""dkimpy is the judge: it verifies what was signed, against a DNS that holds the records that we print."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import dkim as dkimpy
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from dkim.canonicalization import Relaxed
from hypothesis import given
from hypothesis import strategies as st

from digest.dkim import OVERSIGNED, Key, Kind, generate, load, relaxed
from digest.errors import ConfigError, RenderError
from digest.links import ReaderLinks
from digest.marks import Mark
from digest.message import HEADERS, letter, message
from digest.model import Rendition, Selection, Sender

FROZEN = datetime(2025, 10, 6, 7, 0, 0, 123456, tzinfo=UTC)
UNSIGNED = {"Precedence", "Auto-Submitted", "X-Auto-Response-Suppress"}  # relays and lists set them anew
SENDER = Sender(
    name="Example Weekly",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="leave@example.org",
    reply_to="desk@example.org",
    web="https://news.example.org",
)
LINKS = ReaderLinks(
    unsubscribe_mail="mailto:leave@example.org?subject=unsubscribe%20token",
    unsubscribe_page="https://news.example.org/unsubscribe/token",
    preferences="https://news.example.org/preferences/token",
    archive="https://news.example.org/archive/token",
)
RENDITION = Rendition(
    selection=Selection(),
    subject="Example Weekly 40: what happened — " + "and what did not " * 6,
    preheader="",
    html=f'<p>Hello {Mark.NAME}</p>\n<a href="{Mark.UNSUBSCRIBE}">leave</a>',
    text=f"Hello {Mark.NAME},\n\n{Mark.ARCHIVE}\n",
)


@cache
def key(kind: Kind) -> Key:
    return generate(kind, domain="example.org", selector=kind.value)


BOTH = (key(Kind.RSA2048), key(Kind.ED25519))


def dns(*keys: Key) -> Callable[..., bytes]:
    records = {f"{each.record.name}.": each.record.value.encode() for each in keys}

    def txt(name: bytes, timeout: float = 0) -> bytes:
        return records.get(name.decode(), b"")

    return txt


def holds(data: bytes, *keys: Key) -> list[bool]:
    """Whether each signature of a message does, in their order."""

    def one(number: int) -> bool:
        try:
            return bool(dkimpy.DKIM(data).verify(number, dnsfunc=dns(*keys)))
        except dkimpy.ValidationError:  # another body
            return False

    return [one(number) for number in range(len(keys))]


def signed(*keys: Key, sender: Sender = SENDER, links: ReaderLinks = LINKS, name: str = "Ünï Reader") -> bytes:
    made = letter(RENDITION, sender, edition="weekly/2025-W40", message_key="k", date=FROZEN, keys=keys)
    return message(made, address="reader@example.org", name=name, subscriber=7, links=links).data


def signature(data: bytes, number: int = 0) -> dict[str, str]:
    """The tags of a signature, without blanks."""
    fields = re.findall(rb"^DKIM-Signature: ((?:.*\r\n)(?:[ \t].*\r\n)*)", data, re.MULTILINE)
    tags = re.sub(r"\s", "", fields[number].decode()).split(";")
    return dict(tag.split("=", 1) for tag in tags)


DATA = signed(*BOTH)
HEAD, _, BODY = DATA.partition(b"\r\n\r\n")
FIELDS = re.findall(rb"^(?!DKIM-Signature)\S.*\r\n(?:[ \t].*\r\n)*", HEAD + b"\r\n", re.MULTILINE)
SIGNATURES = HEAD[: HEAD.index(b"Message-ID:")]


def with_fields(fields: list[bytes]) -> bytes:
    return SIGNATURES + b"".join(fields) + b"\r\n" + BODY


# --- what holds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_dkimpy_verifies_each_kind_of_key(kind: Kind):
    assert holds(signed(key(kind)), key(kind)) == [True]


def test_several_keys_sign_side_by_side():
    assert holds(DATA, *BOTH) == [True, True]
    assert [signature(DATA, number)["a"] for number in (0, 1)] == ["rsa-sha256", "ed25519-sha256"]


def test_a_mail_without_public_pages_or_address_for_answers_verifies_too():
    plain = signed(*BOTH, sender=replace(SENDER, reply_to="", web=""), links=ReaderLinks(LINKS.unsubscribe_mail))
    assert b"List-Unsubscribe-Post:" not in plain
    assert holds(plain, *BOTH) == [True, True]


def test_it_holds_when_fields_are_folded_anew_and_others_added_on_the_way():
    travelled = (
        b"Received: from a by b\r\n" + re.sub(rb"\r\n[ \t]+", b"\r\n\t  ", HEAD) + b"\r\n\r\n" + BODY + b"\r\n\r\n"
    )
    assert travelled != DATA
    assert holds(travelled, *BOTH) == [True, True]


def test_it_holds_when_a_relay_sets_what_relays_set():
    others = [field for field in FIELDS if field.partition(b":")[0].decode() not in UNSIGNED]
    assert len(others) == len(FIELDS) - len(UNSIGNED)
    assert holds(with_fields(others), *BOTH) == [True, True]


# --- what does not ---------------------------------------------------------------------------------------------------


def altered(data: bytes, place: int, octet: int) -> bytes:
    return data[:place] + bytes([octet]) + data[place + 1 :]


INK = st.integers(0x21, 0x7E)
PLACES_IN_BODY = [place for place, octet in enumerate(BODY) if octet not in b"\r\n"]


@given(st.sampled_from(PLACES_IN_BODY), INK)
def test_a_body_with_any_byte_changed_is_refused(place: int, octet: int):
    forged = HEAD + b"\r\n\r\n" + altered(BODY, place, octet)
    assert holds(forged, *BOTH) == [forged == DATA] * 2


@given(st.data(), INK)
def test_any_change_in_a_field_that_is_covered_is_refused(data: st.DataObject, octet: int):
    covered = [number for number, text in enumerate(FIELDS) if text.partition(b":")[0].decode() not in UNSIGNED]
    number = data.draw(st.sampled_from(covered))
    start = FIELDS[number].index(b":") + 1
    place = data.draw(
        st.sampled_from(
            [place for place in range(start, len(FIELDS[number])) if FIELDS[number][place] not in b" \t\r\n"]
        )
    )
    forged = with_fields([*FIELDS[:number], altered(FIELDS[number], place, octet), *FIELDS[number + 1 :]])
    assert holds(forged, *BOTH) == [forged == DATA] * 2


@pytest.mark.parametrize("name", [name for name in HEADERS if name not in UNSIGNED])
def test_a_field_that_is_covered_cannot_be_taken_away(name: str):
    rest = [text for text in FIELDS if not text.startswith(name.encode() + b":")]
    assert len(rest) == len(FIELDS) - 1
    assert holds(with_fields(rest), *BOTH) == [False, False]


DECIDING = ("From", "Subject", "Content-Transfer-Encoding", "List-Unsubscribe", "List-Unsubscribe-Post")


def test_what_decides_on_what_is_shown_and_where_a_click_leads_is_signed_once_more() -> None:
    assert {name.lower().encode() for name in DECIDING} <= set(OVERSIGNED)


@pytest.mark.parametrize("name", [name.decode() for name in OVERSIGNED])
@pytest.mark.parametrize("where", [0, len(FIELDS)])
def test_none_can_be_added_of_the_fields_that_decide_on_what_is_shown(name: str, where: int):
    forged = with_fields([*FIELDS[:where], f"{name}: somebody <else@example.net>\r\n".encode(), *FIELDS[where:]])
    assert holds(forged, *BOTH) == [False, False]


def test_nothing_can_be_put_below_the_text():
    assert holds(DATA + b"And one more thing.\r\n", *BOTH) == [False, False]


@pytest.mark.parametrize("kind", Kind)
def test_a_signature_of_another_key_is_refused(kind: Kind):
    other = generate(kind, domain="example.org", selector=kind.value)
    assert holds(signed(other), key(kind)) == [False]


# --- the field -------------------------------------------------------------------------------------------------------


def test_the_unsubscribe_fields_are_covered_as_rfc_8058_demands_and_from_more_often_than_it_stands_there():
    covered = signature(DATA)["h"].split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(covered)
    assert covered.count("from") == covered.count("list-unsubscribe") == covered.count("list-unsubscribe-post") == 2
    absent = {"content-transfer-encoding"}  # which stands in the parts alone
    assert set(covered) == {name.lower() for name in HEADERS if name not in UNSIGNED} | absent


def test_a_signature_carries_the_moment_of_freezing_and_neither_a_length_nor_an_end():
    tags = signature(DATA)
    assert tags["t"] == str(int(FROZEN.timestamp()))
    assert tags["c"] == "relaxed/simple"
    assert (tags["d"], tags["s"]) == ("example.org", "rsa2048")
    assert not {"l", "x"} & set(tags)


def test_signatures_stand_first_in_short_lines():
    assert DATA.startswith(b"DKIM-Signature: ")
    assert all(len(line) <= 78 for line in SIGNATURES.split(b"\r\n"))


def test_a_domain_as_long_as_the_dns_allows_makes_no_line_too_long():
    domain = ".".join(["a" * 63] * 3 + ["b" * 42])  # 253 characters, with what stands before it
    long = generate(Kind.ED25519, domain=domain, selector="digest1")
    assert holds(signed(long), long) == [True]


@pytest.mark.parametrize("kind", Kind)
def test_every_try_has_the_same_bytes(kind: Kind):
    assert signed(key(kind)) == signed(key(kind))


def test_a_key_that_was_changed_between_tries_changes_its_signature_alone():
    first, second = (generate(Kind.ED25519, domain="example.org", selector=selector) for selector in ("one", "two"))
    before, after = signed(first), signed(second)
    assert before != after
    assert before[before.index(b"Message-ID:") :] == after[after.index(b"Message-ID:") :]


def test_a_field_smuggled_in_stops_a_signed_letter_too():
    with pytest.raises(RenderError, match="DKIM-Signature, Message-ID"):
        signed(key(Kind.ED25519), sender=replace(SENDER, list_id="a>\r\nBcc: <x"))


# --- canonicalisation ------------------------------------------------------------------------------------------------

BLANKS = st.sampled_from([b" ", b"\t", b"  ", b"\r\n ", b"\r\n\t", b" \r\n "])
WORDS = st.sampled_from([b"a", b"B:", b"=?utf-8?b?eA==?=", "ü@x".encode(), b";"])


@given(
    st.lists(
        st.tuples(
            st.sampled_from([b"Subject", b"X-a", b"TO "]),
            st.lists(st.one_of(BLANKS, WORDS)).map(b"".join).map(lambda text: text.rstrip(b"\r\n")),
        )
    )
)
def test_fields_take_the_form_that_dkimpy_gives_them(fields: list[tuple[bytes, bytes]]):
    block = b"".join(name + b":" + value + b"\r\n" for name, value in fields)
    theirs = Relaxed.canonicalize_headers([(name, value + b"\r\n") for name, value in fields])
    assert [text + b"\r\n" for text in relaxed(block)] == [name + b":" + value for name, value in theirs]


# --- keys ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_a_key_is_read_back_as_it_was_written(kind: Kind):
    again = load(key(kind).pem, "dkim.pem", domain="example.org", selector=kind.value)
    assert again.record == key(kind).record
    assert signed(again) == signed(key(kind))


def test_keys_written_by_openssl_s_older_tools_are_read():
    private = key(Kind.RSA2048).private
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert load(pem, "dkim.pem", domain="example.org", selector="one").pem == key(Kind.RSA2048).pem


def test_a_key_does_not_show_itself():
    assert "private" not in repr(key(Kind.RSA2048))


@pytest.mark.parametrize("kind", Kind)
def test_a_record_is_named_below_its_domain_and_cut_for_zone_files(kind: Kind):
    record = key(kind).record
    assert record.name == f"{kind.value}._domainkey.example.org"
    assert re.fullmatch(r"v=DKIM1; k=(rsa|ed25519); p=[A-Za-z0-9+/]+=*", record.value)
    assert "".join(record.strings) == record.value
    assert all(len(piece) <= 255 for piece in record.strings)
    assert len(record.strings) == {Kind.RSA2048: 2, Kind.ED25519: 1}[kind]


def test_a_domain_is_written_as_the_dns_knows_it():
    german = generate(Kind.ED25519, domain="bücher.example", selector="digest1")
    assert german.record.name == "digest1._domainkey.xn--bcher-kva.example"
    assert holds(signed(german), german) == [True]


@pytest.mark.parametrize(
    "name",
    [
        *("", "a b", "a;b", "a..b", ".a", "a.", "-a", "a\r\nBcc: x", "a=b", "ü" * 80, "a/b", "\ud800"),
        *("a" * 64, f"b.{'a' * 64}.c", ".".join(["a" * 60] * 4)),
    ],
)
def test_what_is_no_name_in_the_dns_signs_nothing(name: str):
    with pytest.raises(ConfigError, match="is not a name in the DNS"):
        generate(Kind.ED25519, domain=name, selector="digest1")
    with pytest.raises(ConfigError, match="is not a name in the DNS"):
        load(key(Kind.ED25519).pem, "dkim.pem", domain="example.org", selector=name)


def pem(private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, password: bytes = b"") -> bytes:
    locked = BestAvailableEncryption(password) if password else NoEncryption()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked)


SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"", "not a private key in PEM"),
        (b"\xff\x00" * 50, "not a private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "not a private key in PEM"),
        (key(Kind.RSA2048).record.value.encode(), "not a private key in PEM"),
        (pem(SMALL), "an RSA key of 1024 bits, where DKIM wants 2048 to 4096"),
        (pem(SMALL, b"secret"), "the key has a password"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "this is another kind"),
    ],
)
def test_a_key_that_cannot_sign_is_named_with_what_to_do(written: bytes, said: str):
    with pytest.raises(ConfigError) as caught:
        load(written, "dkim.key_file: dkim.pem", domain="example.org", selector="one")
    assert caught.value.message.startswith("dkim.key_file: dkim.pem: ")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint
