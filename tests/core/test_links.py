from __future__ import annotations

import base64
import hashlib
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer

from digest.errors import LinkError
from digest.links import Purpose, ReaderLinks, Signer, _encoded
from digest.model import Sender

SIGNER = Signer(["a key of some length"])
SENDER = Sender(
    name="Example Weekly",
    address="weekly@example.org",
    list_id="weekly.example.org",
    unsubscribe_to="leave@example.org",
    web="https://news.example.org",
)
EDITION = "weekly/2025-W40"
TOKEN = SIGNER.sign(Purpose.UNSUBSCRIBE, EDITION, 7)


@given(
    st.sampled_from(Purpose),
    st.text(st.characters(codec="utf-8"), max_size=300),
    st.integers(min_value=0, max_value=2**63 - 1),
)
def test_what_was_signed_is_read_back(purpose: Purpose, edition: str, subscriber: int):
    assert SIGNER.read(purpose, SIGNER.sign(purpose, edition, subscriber)) == (edition, subscriber)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(string.printable + "é\ud800\0"))
def test_a_token_with_one_character_changed_is_refused(position: int, character: str):
    if TOKEN[position] == character:
        return
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, TOKEN[:position] + character + TOKEN[position + 1 :])


def test_there_is_one_way_to_write_each_token():
    """The last character of a signature has bits that base64 does not use."""
    accepted = []
    for character in string.ascii_letters + string.digits + "-_=":
        token = TOKEN[:-1] + character
        try:
            SIGNER.read(Purpose.UNSUBSCRIBE, token)
        except LinkError:
            continue
        accepted.append(token)
    assert accepted == [TOKEN]


@given(st.integers(0, len(TOKEN)), st.text(min_size=1, max_size=3))
def test_a_token_with_something_put_in_is_refused(position: int, more: str):
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, TOKEN[:position] + more + TOKEN[position:])


@given(st.integers(0, len(TOKEN) - 1))
def test_a_token_that_was_cut_is_refused(length: int):
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, TOKEN[:length])


@given(st.text())
def test_anything_else_is_refused(token: str):
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, token)


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.ARCHIVE])
def test_a_token_acts_for_its_own_purpose_only(purpose: Purpose):
    with pytest.raises(LinkError):
        SIGNER.read(purpose, TOKEN)


def test_an_error_says_that_the_link_is_not_ours_and_shows_nothing_of_it():
    with pytest.raises(LinkError) as caught:
        SIGNER.read(Purpose.UNSUBSCRIBE, "WyJ3ZWVr.forged")
    assert caught.value.message == "this link is not complete, or not one of ours"


def test_tokens_of_an_older_key_are_read_and_the_newest_key_signs():
    rotated = Signer(["a key of some length", "the key after it"])
    assert rotated.read(Purpose.UNSUBSCRIBE, TOKEN) == (EDITION, 7)

    signed = rotated.sign(Purpose.UNSUBSCRIBE, EDITION, 7)
    assert Signer(["the key after it"]).read(Purpose.UNSUBSCRIBE, signed) == (EDITION, 7)
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, signed)


def test_tokens_of_a_key_that_was_dropped_are_refused():
    with pytest.raises(LinkError):
        Signer(["the key after it"]).read(Purpose.UNSUBSCRIBE, TOKEN)


def test_a_token_is_safe_in_a_url_and_a_mail_header():
    assert set(TOKEN) <= set(string.ascii_letters + string.digits + "-_.")
    assert len(TOKEN) < 200


def test_a_token_holds_edition_and_subscriber_and_nothing_of_the_person():
    payload = TOKEN.partition(".")[0]
    assert base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)) == b'["weekly/2025-W40",7]'


@pytest.mark.parametrize("purpose", Purpose)
@pytest.mark.parametrize("edition", [EDITION, "long " * 50])
def test_tokens_that_itsdangerous_made_are_read(purpose: Purpose, edition: str):
    """Those in mails of older versions, which were compressed where that made them shorter."""
    theirs = URLSafeSerializer(
        "a key of some length", salt=f"digest.{purpose}", signer_kwargs={"digest_method": hashlib.sha256}
    )
    made = theirs.dumps([edition, 7])
    assert SIGNER.read(purpose, made) == (edition, 7)
    assert theirs.loads(SIGNER.sign(purpose, edition, 7)) == [edition, 7]
    assert (made == SIGNER.sign(purpose, edition, 7)) == (edition == EDITION)


def test_the_same_reader_gets_the_same_links_each_time():
    assert SIGNER.for_reader(SENDER, EDITION, 7) == SIGNER.for_reader(SENDER, EDITION, 7)


def test_each_page_has_a_token_for_its_purpose():
    links = SIGNER.for_reader(SENDER, EDITION, 7)
    pages = {
        Purpose.UNSUBSCRIBE: links.unsubscribe_page,
        Purpose.ARCHIVE: links.archive,
    }
    for purpose, page in pages.items():
        prefix = f"https://news.example.org/{purpose}/"
        assert page.startswith(prefix)
        assert SIGNER.read(purpose, page.removeprefix(prefix)) == (EDITION, 7)
    assert links.preferences.startswith("https://news.example.org/preferences/")
    assert SIGNER.read_preferences(links.preferences.rpartition("/")[2])[:2] == (EDITION, 7)


@given(st.emails(), st.emails())
def test_a_link_to_preferences_is_for_the_address_that_it_was_sent_to(address: str, other: str):
    edition, subscriber, tag = SIGNER.read_preferences(SIGNER.sign_preferences(EDITION, 7, address))
    assert (edition, subscriber) == (EDITION, 7)
    assert SIGNER.is_of(tag, address.upper())
    assert SIGNER.is_of(tag, other) == (address.lower() == other.lower())


@pytest.mark.parametrize("web", ["https://example.org/news", "https://example.org/news/"])
def test_pages_live_below_the_address_of_the_web_part(web: str):
    links = SIGNER.for_reader(replace(SENDER, web=web), EDITION, 7)
    assert links.unsubscribe_page.startswith("https://example.org/news/unsubscribe/")


def test_without_public_pages_there_is_the_mail_link_alone():
    links = SIGNER.for_reader(replace(SENDER, web=""), EDITION, 7)
    assert links == ReaderLinks(unsubscribe_mail=links.unsubscribe_mail)
    assert links.unsubscribe == links.unsubscribe_mail


def test_with_public_pages_a_person_follows_the_page():
    links = SIGNER.for_reader(SENDER, EDITION, 7)
    assert links.unsubscribe == links.unsubscribe_page


@pytest.mark.parametrize(
    "mailbox", ["leave@example.org", "leave+weekly@example.org", "a%b?c&d=e#f/g@example.org", "läufer@example.org"]
)
def test_the_mail_link_is_encoded_as_rfc_6068_asks(mailbox: str):
    link = SIGNER.for_reader(replace(SENDER, unsubscribe_to=mailbox), EDITION, 7).unsubscribe_mail
    parts = urlsplit(link)
    assert link.isascii()
    assert " " not in link
    assert "+" not in link
    assert (parts.scheme, unquote(parts.path), parts.fragment) == ("mailto", mailbox, "")
    assert parse_qs(parts.query) == {"subject": [f"unsubscribe {TOKEN}"]}


def test_message_keys_differ_for_editions_and_keys_and_are_not_the_key():
    keys = {
        SIGNER.message_key(EDITION),
        SIGNER.message_key("weekly/2025-W41"),
        Signer(["another key"]).message_key(EDITION),
    }
    assert len(keys) == 3
    assert all(len(key) == 64 and "key" not in key for key in keys)
    assert SIGNER.message_key(EDITION) == Signer(["older", "a key of some length"]).message_key(EDITION)


# --- return paths --------------------------------------------------------------------------------------------------

FROZEN = datetime(2025, 10, 6, 7, 0, 0, 123456, tzinfo=UTC)


def returning(signer: Signer, delivery: int, edition: str = EDITION, frozen: datetime = FROZEN) -> str:
    return signer.return_token(delivery, edition, frozen)


def named(signer: Signer, token: str) -> int:
    """The delivery of a token, where every delivery is of one edition."""
    return signer.read_return_token(token, lambda _delivery: (EDITION, FROZEN))


RETURN = returning(SIGNER, 7)
DELIVERIES = st.integers(min_value=1, max_value=2**63 - 1)


@given(DELIVERIES)
def test_a_return_path_names_its_delivery(delivery: int):
    assert named(SIGNER, returning(SIGNER, delivery)) == delivery


@given(DELIVERIES)
def test_a_return_path_is_short_and_of_characters_that_survive(delivery: int):
    token = returning(SIGNER, delivery)
    assert set(token) <= set(string.ascii_lowercase + "234567")
    assert len(token) <= 32


@given(st.lists(st.booleans(), min_size=32, max_size=32))
def test_a_return_path_is_read_in_whatever_case_it_comes_back(capitals: list[bool]):
    changed = "".join(letter.upper() if big else letter for letter, big in zip(RETURN, capitals, strict=True))
    assert named(SIGNER, changed) == 7


@given(st.integers(0, len(RETURN) - 1), st.sampled_from(string.printable + "éſK\ud800\0"))
def test_a_return_path_with_one_character_changed_is_refused(position: int, character: str):
    if character.isascii() and RETURN[position] == character.lower():
        return
    with pytest.raises(LinkError):
        named(SIGNER, RETURN[:position] + character + RETURN[position + 1 :])


@given(st.integers(0, len(RETURN) - 1))
def test_a_return_path_that_was_cut_is_refused(length: int):
    with pytest.raises(LinkError):
        named(SIGNER, RETURN[:length])


@given(st.one_of(st.text(), st.text("abcdefghijklmnopqrstuvwxyz234567=", max_size=40)))
def test_any_other_return_path_is_refused(token: str):
    with pytest.raises(LinkError) as caught:
        named(SIGNER, token)
    assert caught.value.message == "this return path is not one of ours"


def test_return_paths_of_an_older_key_are_read_and_the_newest_key_signs():
    rotated = Signer(["a key of some length", "the key after it"])
    assert named(rotated, RETURN) == 7
    assert named(Signer(["the key after it"]), returning(rotated, 7)) == 7
    with pytest.raises(LinkError):
        named(SIGNER, returning(rotated, 7))
    with pytest.raises(LinkError):
        named(Signer(["the key after it"]), RETURN)


@given(st.integers(0, 2**64 - 1))
def test_a_return_path_of_a_delivery_that_is_not_there_is_refused(delivery: int):
    with pytest.raises(LinkError):
        SIGNER.read_return_token(returning(SIGNER, delivery), lambda _delivery: None)


def test_a_return_path_does_not_outlive_its_database():
    """The key is the old one, and so is the number; the edition is another, or was frozen at another instant."""
    for other in (("weekly/2025-W41", FROZEN), (EDITION, FROZEN + timedelta(microseconds=1))):
        with pytest.raises(LinkError):
            SIGNER.read_return_token(RETURN, lambda _delivery, found=other: found)


def test_an_instant_is_the_same_by_every_clock():
    elsewhere = FROZEN.astimezone(ZoneInfo("Asia/Tokyo"))
    assert returning(SIGNER, 7, frozen=elsewhere) == RETURN


def test_a_number_that_no_database_has_is_not_looked_up():
    def look(delivery: int) -> tuple[str, datetime]:
        raise AssertionError(delivery)

    with pytest.raises(LinkError):
        SIGNER.read_return_token(returning(SIGNER, 2**63), look)


# --- requests, undoing, forms ----------------------------------------------------------------------------------------


@given(st.integers(min_value=0, max_value=2**63 - 1), st.datetimes(timezones=st.just(UTC)))
def test_requests_undoing_and_forms_are_read_back(number: int, moment: datetime):
    assert SIGNER.read_request(SIGNER.sign_request(number)) == number
    assert SIGNER.read_undo(SIGNER.sign_undo(number, moment)) == (number, moment)
    assert SIGNER.read_form(SIGNER.sign_form(moment)) == moment


def test_a_token_opens_one_door_alone():
    moment = datetime(2025, 10, 6, 7, tzinfo=UTC)
    tokens = [SIGNER.sign(purpose, "", 7) for purpose in Purpose]
    tokens += [
        SIGNER.sign_preferences("", 7, "a@example.org"),
        SIGNER.sign_request(7),
        SIGNER.sign_undo(7, moment),
        SIGNER.sign_form(moment),
    ]
    doors = [lambda token, purpose=purpose: SIGNER.read(purpose, token) for purpose in Purpose]
    doors += [SIGNER.read_preferences, SIGNER.read_request, SIGNER.read_undo, SIGNER.read_form]
    opened = 0
    for token in tokens:
        for door in doors:
            try:
                door(token)
            except LinkError:
                continue
            opened += 1
    assert opened == len(tokens)


@given(st.one_of(st.integers(max_value=-1), st.integers(min_value=2**63), st.text(), st.floats(), st.booleans()))
def test_whom_no_database_can_number_is_no_reader(number: object):
    with pytest.raises(LinkError):
        SIGNER.read(Purpose.UNSUBSCRIBE, SIGNER.sign(Purpose.UNSUBSCRIBE, EDITION, number))  # type: ignore[arg-type] # on purpose


def test_a_moment_that_is_none_is_refused():
    for made in (["2025-99-99"], [7], [None], []):
        token = SIGNER._signed(Purpose.FORM, _encoded(made))
        with pytest.raises(LinkError):
            SIGNER.read_form(token)


def test_where_somebody_comes_from_is_told_by_nobody_without_the_key():
    assert SIGNER.hashed_client("192.0.2.1") == SIGNER.hashed_client("192.0.2.1")
    assert SIGNER.hashed_client("192.0.2.1") != SIGNER.hashed_client("192.0.2.2")
    assert SIGNER.hashed_client("192.0.2.1") != Signer(["another key of some length"]).hashed_client("192.0.2.1")
    assert "192.0.2.1" not in SIGNER.hashed_client("192.0.2.1")
