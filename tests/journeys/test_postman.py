"""The postman and a real mail server: what is in a letter, and that each arrives, once."""

from __future__ import annotations

import logging
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from digest import postman
from digest.dkim import Kind, generate
from digest.model import Choices, RequestKind, SubscriberStatus
from digest.postman import KEPT, SWEEP
from tests.core.test_dkim import holds
from tests.journeys.posting import PATIENCE, READER, START, URL, WITHIN, housed, logged, text_of, until
from tests.sending.server import Answer, Moment, say


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


# --- what is in a letter --------------------------------------------------------------------------------------------


async def test_a_letter_holds_the_link_that_confirms(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        asked = house.ask()
        async with house.postman():
            await until(lambda: house.mails)
    (mail,) = house.mails
    (token,) = re.findall(rf"{URL}/confirm/(\S+)", text_of(mail))
    assert house.app.signer.read_request(token) == asked
    assert "until 15 December 2025" in text_of(mail)
    assert "Quay Weekly\n- Quay Daily" in text_of(mail)
    assert mail["To"] == READER
    assert house.find(asked).mailed == START
    assert house.find(asked).due is None


async def test_somebody_on_the_list_gets_the_link_to_their_preferences(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        person = house.person()
        house.ask(kind=RequestKind.KNOWN, subscriber=person)
        async with house.postman():
            await until(lambda: house.mails)
    (mail,) = house.mails
    (token,) = re.findall(rf"{URL}/preferences/(\S+)", text_of(mail))
    assert house.app.signer.read_preferences(token)[:2] == ("", person)
    assert "/confirm/" not in mail.as_string()


async def test_a_new_address_gets_a_link_of_its_own(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        asked = house.ask("new@example.net", RequestKind.MOVE, subscriber=house.person(), former=READER)
        async with house.postman():
            await until(lambda: house.mails)
    (mail,) = house.mails
    (token,) = re.findall(rf"{URL}/confirm/(\S+)", text_of(mail))
    assert house.app.signer.read_request(token) == asked
    assert mail["Subject"] == "Please confirm your new address · Quay News"


@pytest.mark.parametrize(
    ("digests", "sender", "named"),
    [
        (("daily",), "daily@quay.example.org", ["Quay Daily"]),
        (("daily", "weekly"), "weekly@quay.example.org", ["Quay Weekly", "Quay Daily"]),
        (("gone", "daily"), "daily@quay.example.org", ["Quay Daily"]),
        (("gone",), "weekly@quay.example.org", []),
    ],
)
async def test_it_comes_from_the_first_digest_asked_for(
    digests: tuple[str, ...], sender: str, named: list[str], tmp_path: Path
) -> None:
    async with housed(tmp_path) as house:
        house.ask(choices=Choices(digests=frozenset(digests)))
        async with house.postman():
            await until(lambda: house.mails)
    (mail,) = house.mails
    assert mail["From"].addresses[0].addr_spec == sender
    assert re.findall(r"^- (.*)$", text_of(mail), re.MULTILINE) == named


async def test_it_speaks_the_reader_s_language_and_does_not_say_their_name(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        house.ask(choices=Choices(language="de-AT", name="Buy at https://example.com"))
        async with house.postman():
            await until(lambda: house.mails)
    (mail,) = house.mails
    assert mail["Subject"] == "Bitte bestätigen Sie Ihr Abonnement · Quay News"
    assert "example.com" not in mail.as_string()


async def test_it_is_signed_with_the_site_s_keys(tmp_path: Path) -> None:
    key = generate(Kind.ED25519, domain="quay.example.org", selector="s1")
    (tmp_path / "key.pem").write_bytes(key.pem)
    table = '[[dkim]]\ndomain = "quay.example.org"\nselector = "s1"\nkey_file = "key.pem"\n'
    async with housed(tmp_path) as house:
        house.configure(lambda text: text + table)
        house.ask()
        async with house.postman():
            await until(lambda: house.mails)
    assert holds(house.server.contents[0].data, key) == [True]


# --- once -----------------------------------------------------------------------------------------------------------


async def test_each_letter_arrives_once_though_connections_are_used_up(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        wanted = house.ask_all(45)
        async with house.postman():
            await until(lambda: house.server.taken == wanted)
            house.ask("one-more@example.net")
    assert house.server.taken - wanted == Counter()
    assert len({mail["Message-ID"] for mail in house.mails}) == 45


async def test_he_comes_at_once_when_he_is_woken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "IDLE", 10 * PATIENCE)
    async with housed(tmp_path) as house:
        house.ask()
        async with house.postman() as one:
            await until(lambda: house.mails)
            house.ask("later@example.net")
            one.wake()
            await until(lambda: house.server.taken["later@example.net"])


async def test_he_comes_by_himself_when_the_next_letter_is_due(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postman, "IDLE", 10 * PATIENCE)
    async with housed(tmp_path) as house:
        house.ask()
        house.ask("later@example.net", due=START + timedelta(seconds=1))
        async with house.postman():
            await until(lambda: house.mails)
            assert house.server.taken == Counter([READER])
            house.now += timedelta(seconds=1)
            await until(lambda: house.server.taken["later@example.net"])


async def test_two_postmen_on_one_database_carry_each_letter_once(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        wanted = house.ask_all(60)
        async with house.postman(), house.postman(house.opened()), house.postman(house.opened()):
            await until(lambda: house.server.taken.total() >= 60)
    assert house.server.taken == wanted


async def test_what_nobody_wants_any_more_when_it_could_leave_is_never_mailed(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        person = house.person()
        known = house.ask(kind=RequestKind.KNOWN, subscriber=person)
        moving = house.ask("new@example.net", RequestKind.MOVE, subscriber=person, former=READER)
        asked = house.ask("other@example.net", subscriber=house.person("other@example.net"))
        wanted = house.ask("last@example.net")
        for address in (READER, "other@example.net"):
            house.turn(SubscriberStatus.SUPPRESSED, address)
        async with house.postman():
            await until(lambda: house.mails)
    assert house.server.taken == Counter(["last@example.net"])
    assert house.find(wanted).mailed == START
    assert {(found.due, found.mailed) for found in map(house.find, (known, moving, asked))} == {(None, None)}


# --- what is kept, and what is written down -------------------------------------------------------------------------


async def test_what_was_never_confirmed_is_let_go_in_the_end(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        long_ago = START - WITHIN - KEPT - timedelta(seconds=1)
        old = house.ask("old@example.net", created=long_ago, due=None, mailed=long_ago)
        kept = house.ask("kept@example.net", created=long_ago + SWEEP, due=None)
        async with house.postman() as one:
            await until(lambda: house.app.requests.find(old) is None)
            assert house.app.requests.find(kept) is not None
            house.now += SWEEP
            one.wake()
            await until(lambda: house.app.requests.find(kept) is None)


async def test_the_log_holds_no_address_and_no_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def says(at: Moment) -> Answer | None:
        answers = {
            "one@example.net": "550 5.1.1 <one@example.net>: not here",
            "two@example.net": "450 4.2.1 two@example.net is busy",
            "three@example.net": "421 4.3.2 three@example.net, come again",
        }
        found = next((text for address, text in answers.items() if address in at.argument), "")
        return say(found) if at.stage == "RCPT" and found else None

    async with housed(tmp_path, says) as house:
        asked = [house.ask(f"{name}@example.net") for name in ("four", "one", "two", "three")]
        async with house.postman():
            await until(lambda: all(house.find(request).due != START for request in asked))
    (told,) = logged(caplog, "letters")
    assert {name: getattr(told, name) for name in ("accepted", "failed", "deferred", "held_up")} == {
        "accepted": 1,
        "failed": 1,
        "deferred": 1,
        "held_up": 1,
    }
    written = "\n".join(
        f"{record.getMessage()} {vars(record)}" for record in caplog.records if "postman" in record.name
    )
    assert "421 4.3.2" in written
    assert not re.search(r"example\.net|/confirm/|@", written)
