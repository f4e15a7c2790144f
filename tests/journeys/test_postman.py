"""The postman and a real mail server: each letter arrives, once, whatever happens on the way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import postman
from digest.app import App
from digest.config import load
from digest.dkim import Kind, generate
from digest.model import Choices, Request, RequestKind, Subscriber
from digest.postman import FIRST_RETRY, KEPT, LONGEST_RETRY, SWEEP, Postman, wait
from digest.store.database import Database
from tests.core.test_dkim import holds
from tests.sending.server import CUT, FINAL, HANG, Answer, Moment, ScriptedServer, say

START = datetime(2025, 12, 8, 8, tzinfo=UTC)
WITHIN = timedelta(days=7)  # a link confirms
URL = "https://news.quay.example.org"
READER = "reader@example.net"
PATIENCE = 30  # seconds after which what does not come fails, and does not hang
CONFIGURATION = """
[site]
title = "Quay News"
postal_address = "Quay News, 1 Quay Street, Saltmere"
languages = ["de"]

[[sources]]
files = "content"

[digests.weekly]
title = "Quay Weekly"
from = "Quay News <weekly@quay.example.org>"

[digests.daily]
title = "Quay Daily"
from = "Quay Daily <daily@quay.example.org>"
cadence = "day"

[templates]
folder = "templates"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
messages_per_connection = 7
"""
Script = Callable[[Moment], Answer | None]


@dataclass
class House:
    """A site with its mail server, and a clock that is set by hand."""

    folder: Path
    server: ScriptedServer
    now: datetime = START
    app: App = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "digest.key").write_text("k" * 48)
        (self.folder / "content").mkdir()
        (self.folder / "templates" / "notes").mkdir(parents=True)
        self.configure()

    def configure(self, change: Callable[[str], str] = lambda text: text) -> None:
        text = change(CONFIGURATION.format(port=self.server.port))
        (self.folder / "digest.toml").write_text(text, encoding="utf-8")
        self.app = self.opened()

    def opened(self) -> App:
        """The site as one more process sees it; it does not wait long for the database."""
        app = App(load(self.folder / "digest.toml"), lambda: self.now)
        app.__dict__["database"] = Database(app.config.database.url, busy_timeout=0.05)
        return app

    def ask(self, address: str = READER, kind: RequestKind = RequestKind.SUBSCRIBE, **more: Any) -> int:
        """Somebody asks; the id of what they asked."""
        asked = Request(0, kind, address, address, address, created=self.now, due=self.now)
        with self.app.requests.changing() as changes:
            return changes.keep(replace(asked, **more))

    def ask_all(self, count: int) -> Counter[str]:
        """So many readers ask; what is to arrive."""
        addresses = [f"reader{number}@example.net" for number in range(count)]
        for address in addresses:
            self.ask(address)
        return Counter(addresses)

    def find(self, request: int) -> Request:
        found = self.app.requests.find(request)
        assert found is not None
        return found

    def person(self, address: str = READER) -> int:
        """Somebody who is on the list."""
        with self.app.subscribers.changing() as changes:
            changes.write([(address, Subscriber(0, address, created=self.now, changed=self.now))])
            return changes.known([address])[address].id

    @property
    def mails(self) -> list[EmailMessage]:
        """All that the server has taken."""
        return [
            message_from_bytes(content.data, _class=EmailMessage, policy=policy.default)
            for content in self.server.contents
            if content.code // 100 == 2
        ]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else writes into the database."""
        other = sqlite3.connect(self.folder / "digest.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    @contextlib.asynccontextmanager
    async def postman(self, app: App | None = None) -> AsyncIterator[Postman]:
        """At work while the context lasts."""
        stop, one = asyncio.Event(), Postman(app or self.app, URL)
        work = asyncio.create_task(one.run(stop))
        try:
            yield one
        finally:
            stop.set()
            await asyncio.wait_for(work, PATIENCE)


@contextlib.asynccontextmanager
async def housed(folder: Path, script: Script = lambda _: None, **server: Any) -> AsyncIterator[House]:
    async with ScriptedServer(script, **server) as running:
        yield House(folder, running)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what another process sees in a database wakes nobody
            await asyncio.sleep(0.01)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == event]


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
        asked = house.ask("new@example.net", RequestKind.MOVE, subscriber=house.person())
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


# --- what goes wrong ------------------------------------------------------------------------------------------------


async def test_a_server_that_is_down_gets_each_letter_once_when_it_is_back(tmp_path: Path) -> None:
    async with housed(tmp_path, listening=False) as house:
        wanted = house.ask_all(25)
        first = house.ask()
        async with house.postman() as one:
            await until(lambda: house.find(first).reply)
            assert house.find(first).mailed is None
            assert house.find(first).due == START + FIRST_RETRY
            await house.server.listen()
            house.now += FIRST_RETRY
            one.wake()
            await until(lambda: house.server.taken.total() >= 26)
    assert house.server.taken == wanted + Counter([READER])
    assert house.find(first).mailed == START + FIRST_RETRY


async def tried(house: House, request: int) -> Request:
    """The request once its letter was tried and not taken."""
    async with house.postman():
        await until(lambda: house.find(request).reply and (house.find(request).due or START) != house.now)
    return house.find(request)


async def test_a_letter_that_is_put_off_is_tried_again_later_and_later(tmp_path: Path) -> None:
    async with housed(
        tmp_path, lambda at: say("450 4.2.1 busy") if at.stage == "RCPT" and at.turn < 9 else None
    ) as house:
        asked = house.ask()
        minutes = []
        for _ in range(8):
            found = await tried(house, asked)
            assert found.due is not None
            assert found.mailed is None
            assert found.reply == "450 4.2.1 busy"
            minutes.append((found.due - house.now) // timedelta(minutes=1))
            house.now = found.due
        async with house.postman():
            await until(lambda: house.mails)
    assert minutes == [1, 1, 2, 4, 8, 16, 30, 30]
    assert house.server.taken == Counter([READER])


@given(st.timedeltas(min_value=timedelta(0)))
def test_the_wait_grows_with_the_age_and_stays_within_bounds(age: timedelta) -> None:
    assert FIRST_RETRY <= wait(age) <= LONGEST_RETRY
    assert wait(age) <= wait(age + timedelta(seconds=1))


async def test_a_refusal_for_good_is_not_tried_again(tmp_path: Path) -> None:
    refusal = say("550 5.1.1 nobody of that name")
    async with housed(tmp_path, lambda at: refusal if at.stage == "RCPT" and READER in at.argument else None) as house:
        refused = house.ask()
        house.ask("other@example.net")
        async with house.postman():
            await until(lambda: house.find(refused).reply)
    assert house.find(refused).due is None
    assert house.find(refused).reply == "550 5.1.1 nobody of that name"
    assert house.server.taken == Counter(["other@example.net"])


async def test_a_letter_is_given_up_when_its_link_would_have_ended(tmp_path: Path) -> None:
    async with housed(tmp_path, lambda at: say("450 4.2.1 busy") if at.stage == "RCPT" else None) as house:
        asked = house.ask()
        house.now += WITHIN - LONGEST_RETRY
        async with house.postman():
            await until(lambda: house.find(asked).reply)
        assert house.find(asked).due is None
        late = house.ask("late@example.net")
        house.now += WITHIN
        async with house.postman():
            await until(lambda: house.find(late).reply)
    assert house.find(late).reply == "its link had ended before it could be mailed"
    assert house.server.verbs().count("RCPT") == 1


async def test_a_letter_that_is_in_doubt_is_not_mailed_again(tmp_path: Path) -> None:
    async with housed(tmp_path, lambda at: CUT if at.stage == FINAL and at.turn == 1 else None) as house:
        first, second = house.ask(), house.ask("other@example.net")
        async with house.postman():
            await until(lambda: house.find(second).reply)
        house.now += WITHIN / 2
        async with house.postman():
            await until(lambda: house.server.taken["other@example.net"])
    assert house.server.begun == Counter([READER, "other@example.net"])
    assert house.find(first).mailed == START


async def test_a_letter_that_the_server_will_not_carry_does_not_hold_up_the_others(tmp_path: Path) -> None:
    refusal = say("554 5.7.1 relay access denied")
    async with housed(tmp_path, lambda at: refusal if at.stage == "RCPT" and READER in at.argument else None) as house:
        refused = house.ask()
        wanted = house.ask_all(25)
        while house.server.taken != wanted:
            async with house.postman():
                await until(lambda: (house.app.requests.next_due() or house.now) > house.now)
            house.now += FIRST_RETRY
            assert house.now < START + timedelta(minutes=5)
    assert house.find(refused).due is not None


async def test_those_on_their_way_when_he_is_stopped_are_in_doubt_and_the_others_are_mailed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postman, "GRACE", 0.01)
    async with housed(tmp_path, lambda at: HANG if at.stage == FINAL and at.turn == 1 else None) as house:
        wanted = house.ask_all(25)
        async with house.postman():
            await until(lambda: house.server.begun)
        assert house.server.taken.total() == 0
        house.now += FIRST_RETRY
        async with house.postman():
            await until(lambda: house.server.taken.total() == 24)
    assert house.server.begun == wanted


async def test_whoever_stops_him_waits_for_a_server_that_is_slow(tmp_path: Path) -> None:
    asked_to_stop = asyncio.Event()

    async def slowly(at: Moment) -> Answer | None:
        if at.stage == FINAL:
            await asked_to_stop.wait()
        return None

    async with housed(tmp_path, slowly) as house:
        wanted = house.ask_all(3)
        async with house.postman():
            await until(lambda: house.server.begun)
            asyncio.get_running_loop().call_soon(asked_to_stop.set)
    assert house.server.taken == wanted


async def test_a_busy_database_is_waited_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with housed(tmp_path) as house:
        house.ask()
        with contextlib.ExitStack() as lock:
            lock.enter_context(house.locked())
            async with house.postman() as one:
                await until(lambda: logged(caplog, "waiting for the database"))
                assert not house.server.connections
                lock.close()
                one.wake()
                await until(lambda: house.mails)


async def test_what_a_busy_database_could_not_be_told_it_is_told_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with contextlib.ExitStack() as lock:

        def busy(at: Moment) -> Answer | None:
            if at.stage != "RCPT":
                return None
            lock.enter_context(house.locked())
            return say("450 4.2.1 busy")

        async with housed(tmp_path, busy) as house:
            asked = house.ask()
            async with house.postman() as one:
                await until(lambda: logged(caplog, "waiting for the database"))
                lock.close()
                one.wake()
                await until(lambda: house.find(asked).due)
    assert house.find(asked).due == START + FIRST_RETRY


async def test_without_a_postal_address_nothing_leaves_and_all_stays_due(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with housed(tmp_path) as house:
        house.configure(lambda text: re.sub("postal_address.*", "", text))
        asked, old = house.ask(), house.ask("old@example.net", created=START - 2 * KEPT, due=None)
        async with house.postman() as one:
            await until(lambda: house.app.requests.find(old) is None)  # a round is over
            older = house.ask("older@example.net", created=START - 2 * KEPT, due=None)
            house.now += SWEEP
            one.wake()
            await until(lambda: house.app.requests.find(older) is None)
        assert house.find(asked).due == START
        assert len(logged(caplog, "no letters")) == 1
        house.configure()
        async with house.postman():
            await until(lambda: house.mails)


async def test_a_broken_template_loses_no_letter(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with housed(tmp_path) as house:
        broken = house.folder / "templates" / "notes" / "note.txt"
        broken.write_text("{{ note.titel }}")
        asked = house.ask()
        await tried(house, asked)
        assert "note.txt:1" in logged(caplog, "not written")[0].why
        broken.unlink()
        house.now += FIRST_RETRY
        async with house.postman():
            await until(lambda: house.mails)


async def test_a_server_that_nobody_can_use_loses_no_letter(tmp_path: Path) -> None:
    async with housed(tmp_path) as house:
        (tmp_path / "empty.pem").write_text("")
        house.configure(lambda text: text.replace('tls = "none"', 'tls = "required"\nca_file = "empty.pem"'))
        asked = house.ask()
        assert "empty.pem" in (await tried(house, asked)).reply
    assert house.find(asked).due == START + FIRST_RETRY


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
            await until(lambda: all(house.find(request).reply for request in asked[1:]))
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
