"""The doors that providers knock at: who is let in, what is recorded before anybody is thanked, and the command."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest.app import App
from digest.bounces.providers.ses import Ses
from digest.bounces.providers.sns import Topics
from digest.store.database import Database
from digest.web.hooks import BODY_MAXIMUM, hooks
from digest.web.serving import address_of, answer, listen
from tests.bounces.providers.signed import (
    NOW,
    TOPIC,
    Amazon,
    basic,
    confirmation,
    enveloped,
    mailgun,
    sendgrid,
    sendgrid_key,
)
from tests.journeys.conftest import Site
from tests.journeys.steps import PATIENCE, Time, app_of, heard, started, subscribe

FIRST, SECOND = "first@example.org", "second@example.org"
AT = NOW.isoformat()
KEYS = f"""
[webhooks]
ses_topic = ["{TOPIC}"]
postmark_password = "secret"
mailgun_key = "mailgun-key"
sendgrid_key = "{sendgrid_key()}"
"""


@contextmanager
def open_doors(app: App) -> Iterator[httpx.Client]:
    """The doors behind a real server on loopback."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    application = hooks(app)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=lambda: loop.run_until_complete(answer(application, listening, stop)))
        thread.start()
        try:
            with httpx.Client(base_url=address_of(listening), timeout=PATIENCE) as client:
                yield client
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


@pytest.fixture
def keys(site: Site) -> Site:
    """A site that has a key of every provider, and two readers."""
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + KEYS, encoding="utf-8")
    subscribe(site)
    return site


@pytest.fixture
def app(keys: Site) -> App:
    made = app_of(keys, Time(AT))
    made.reporters = {**made.reporters, "ses": Ses(Topics([TOPIC], Amazon()), made.delivery_of)}
    return made


@pytest.fixture
def doors(app: App) -> Iterator[httpx.Client]:
    with open_doors(app) as client:
        yield client


def status(app: App, address: str) -> str:
    person = app.subscribers.find(address)
    assert person
    return person.status.value


def recorded(app: App) -> list[str]:
    return [noted.kind.value for noted in app.notices.each()]


def hard_bounce(address: str = FIRST, **fields: Any) -> bytes:
    report = {"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": address, "Details": "550 5.1.1 unknown"}
    return json.dumps(report | fields).encode()


def ses_bounce(address: str, source: str = "weekly@quay.example.org") -> bytes:
    recipient = {"emailAddress": address, "status": "5.1.1", "action": "failed"}
    bounce = {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [recipient],
        "feedbackId": "1",
    }
    return enveloped({"notificationType": "Bounce", "bounce": bounce, "mail": {"source": source}})


# --- each provider -----------------------------------------------------------------------------------------------


def test_each_provider_s_word_is_acted_on(app: App, doors: httpx.Client) -> None:
    headers, events = sendgrid([{"event": "unsubscribe", "email": FIRST, "sg_event_id": "1"}])
    assert doors.post("/hooks/sendgrid", content=events, headers=headers).status_code == 200
    assert status(app, FIRST) == "unsubscribed"
    assert doors.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret")).status_code == 200
    assert status(app, FIRST) == "suppressed"
    complaint = mailgun({"event": "complained", "id": "1", "recipient": SECOND})
    assert doors.post("/hooks/mailgun", content=complaint).status_code == 200
    assert status(app, SECOND) == "suppressed"
    assert recorded(app) == ["complaint", "hard", "unsubscribe"]


def test_amazon_s_word_is_acted_on_and_its_subscription_confirmed(app: App, doors: httpx.Client) -> None:
    amazon = Amazon()
    url = json.loads(confirmation())["SubscribeURL"]
    amazon.pages[url] = b"yes"
    app.reporters["ses"]._topics._web = amazon  # type: ignore[attr-defined] # the web of this test
    assert doors.post("/hooks/ses", content=confirmation()).status_code == 200
    assert amazon.asked[-1] == url
    assert doors.post("/hooks/ses", content=ses_bounce(FIRST)).status_code == 200
    assert status(app, FIRST) == "suppressed"


def test_the_delivery_says_who_it_was_whatever_the_address(keys: Site, app: App, doors: httpx.Client) -> None:
    assert keys.run("send", "--yes").exit_code == 0
    with app.database.read() as connection:
        query = "SELECT d.id FROM deliveries d JOIN subscribers s ON s.id = d.subscriber WHERE s.address = ?"
        ((delivery,),) = connection.exec_driver_sql(query, (SECOND,)).all()
    edition = app.edition("2025-W49")
    token = app.signer.return_token(delivery, edition.name, edition.frozen)
    forwarded = ses_bounce("moved@elsewhere.example", f"bounces+{token}@quay.example.org")
    assert doors.post("/hooks/ses", content=forwarded).status_code == 200
    assert (status(app, FIRST), status(app, SECOND)) == ("active", "suppressed")
    (noted,) = app.notices.each()
    assert (noted.address, noted.edition) == (SECOND, "weekly/2025-W49")


def test_the_same_event_counts_once_however_often_it_comes(app: App, doors: httpx.Client) -> None:
    for _ in range(3):
        assert doors.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret")).status_code == 200
        assert doors.post("/hooks/ses", content=ses_bounce(SECOND)).status_code == 200
    assert recorded(app) == ["hard", "hard"]


def test_many_at_the_same_time_are_each_recorded_once(app: App, doors: httpx.Client) -> None:
    def post(number: int) -> None:
        body = hard_bounce(f"nobody{number}@example.org", ID=number % 10)
        assert doors.post("/hooks/postmark", content=body, headers=basic("secret")).status_code == 200

    threads = [threading.Thread(target=post, args=(number % 10,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorded(app) == ["hard"] * 10


def test_what_is_not_understood_is_kept_and_thanked_for(app: App, doors: httpx.Client) -> None:
    assert doors.post("/hooks/postmark", content=b"no json", headers=basic("secret")).status_code == 200
    (noted,) = app.notices.each()
    assert (noted.kind.value, app.notices.raw(noted.id)) == ("unknown", b"no json")


# --- who is not let in -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ses", "postmark", "mailgun", "sendgrid"])
def test_what_is_not_proved_is_refused_and_leaves_no_trace(app: App, doors: httpx.Client, name: str) -> None:
    for body in (b"", b"{}", hard_bounce(), b"\xff" * 1000):
        answer = doors.post(f"/hooks/{name}", content=body)
        assert answer.status_code == 401
        assert "WWW-Authenticate" in answer.headers
    assert recorded(app) == []
    assert status(app, FIRST) == "active"


def test_only_those_with_a_key_have_a_door(site: Site) -> None:
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + '[webhooks]\npostmark_password = "secret"\n', encoding="utf-8")
    app = app_of(site, Time(AT))
    with open_doors(app) as doors:
        for name in ("ses", "mailgun", "sendgrid", "", "..", "others"):
            assert doors.post(f"/hooks/{name}").status_code == 404
        assert doors.post("/").status_code == 404
        assert doors.post("/hooks/postmark").status_code == 401


def test_the_doors_are_for_posting_alone(doors: httpx.Client) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        assert doors.request(method, "/hooks/postmark").status_code == 405


def test_a_body_that_is_too_large_is_not_waited_for(app: App, doors: httpx.Client) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    content: tuple[Any, ...] = (b"x" * (BODY_MAXIMUM + 1), endless())
    for body in content:
        with suppress(httpx.NetworkError):  # it hangs up in the middle, which says it too
            assert doors.post("/hooks/postmark", content=body, headers=basic("secret")).status_code == 413
    assert recorded(app) == []
    assert doors.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret")).status_code == 200


# --- when it cannot be kept --------------------------------------------------------------------------------------


def test_while_the_database_is_locked_the_provider_is_told_to_come_again(keys: Site, app: App) -> None:
    file = keys.folder / "digest.db"
    app.database = Database(f"sqlite:///{file}", busy_timeout=0.05)
    with open_doors(app) as doors, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = doors.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret"))
        assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "60", "not now")
        assert recorded(app) == []
        other.execute("ROLLBACK")
        assert doors.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret")).status_code == 200
    assert status(app, FIRST) == "suppressed"


def test_while_amazon_s_certificate_cannot_be_had_it_is_told_to_come_again(app: App) -> None:
    app.reporters["ses"] = Ses(Topics([TOPIC], Amazon(pages={})), app.delivery_of)
    with open_doors(app) as doors:
        assert doors.post("/hooks/ses", content=ses_bounce(FIRST)).status_code == 503
    assert recorded(app) == []


# --- the command -------------------------------------------------------------------------------------------------


def ended(process: Any) -> tuple[int, str, list[str]]:
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate()
    return process.returncode, out, said.splitlines()


def test_the_command_takes_reports_until_it_is_told_to_stop(keys: Site) -> None:
    headers, events = sendgrid([{"event": "spamreport", "email": SECOND, "sg_event_id": "1"}])
    with started(keys.start("bounces", "serve", "--port", "0", now=AT)) as process:
        here = re.findall(r"http://127\.0\.0\.1:\d+", "\n".join(heard(process, "listening on")))[0]
        with httpx.Client(base_url=here, timeout=PATIENCE) as client:
            for _ in range(2):
                assert client.post("/hooks/postmark", content=hard_bounce(), headers=basic("secret")).status_code == 200
                assert client.post("/hooks/sendgrid", content=events, headers=headers).status_code == 200
            assert client.post("/hooks/postmark", content=hard_bounce(), headers=basic("guess")).status_code == 401
            people = {fact["email"]: fact["status"] for fact in keys.lines("subscribers", "list")}
        code, out, said = ended(process)
    assert code == 0
    assert people == {FIRST: "suppressed", SECOND: "suppressed"}
    assert [fact["kind"] for fact in keys.lines("bounces", "list")] == ["complaint", "hard"]
    assert out.splitlines() == [
        f"ses: {here}/hooks/ses",
        f"postmark: {here.replace('://', '://digest:PASSWORD@')}/hooks/postmark",
        f"mailgun: {here}/hooks/mailgun",
        f"sendgrid: {here}/hooks/sendgrid",
    ]
    assert [line.count("event=reported") for line in said] == [1, 1, 1, 1, 0]
    assert 'event="not taken" provider=postmark status=401' in said[-1]
    assert not any("@" in line or "secret" in line for line in said)


def test_the_addresses_are_those_of_the_public_pages_where_there_are_some(keys: Site) -> None:
    path = keys.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + '[web]\nurl = "https://news.example.org/"\n', encoding="utf-8")
    with started(keys.start("bounces", "serve", "--port", "0", now=AT)) as process:
        heard(process, "listening on")
        code, out, _ = ended(process)
    assert code == 0
    assert "postmark: https://digest:PASSWORD@news.example.org/hooks/postmark" in out.splitlines()
    assert "ses: https://news.example.org/hooks/ses" in out.splitlines()


def test_without_a_provider_there_is_nothing_to_serve(site: Site) -> None:
    result = site.run("bounces", "serve")
    assert result.exit_code == 78
    assert "no provider is configured" in result.stderr
    assert "[webhooks]" in result.stderr


@pytest.mark.parametrize(
    ("line", "words"),
    [('ses_topic = ["bounces"]', "webhooks.ses_topic"), ('sendgrid_key = "SG.x"', "webhooks.sendgrid_key")],
)
def test_a_key_that_is_none_is_told_at_once(site: Site, line: str, words: str) -> None:
    path = site.folder / "digest.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n[webhooks]\n{line}\n", encoding="utf-8")
    result = site.run("bounces", "serve")
    assert result.exit_code == 78
    assert words in result.stderr


def test_a_port_that_is_taken_is_told_with_what_to_do(keys: Site) -> None:
    with listen("127.0.0.1", 0) as taken:
        result = keys.run("bounces", "serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "--port" in result.stderr


def test_a_host_may_be_named_in_every_way(tmp_path: Path) -> None:
    with listen("::1", 0) as listening:
        assert address_of(listening).startswith("http://[::1]:")
