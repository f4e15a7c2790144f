"""Whatever strangers send: each gets an answer that fits, is told nothing, and changes nothing that is not theirs."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import quote

import httpx
import pytest
from starlette.types import ASGIApp

from digest.app import App
from digest.config import load
from digest.links import Purpose, Signer
from digest.web.application import public
from digest.web.serving import address_of, answer, listen
from tests.journeys.conftest import Site, on_duty
from tests.journeys.steps import PATIENCE, Time, app_of, opened, subscribe
from tests.journeys.visiting import WaitingOffice, everything_known, links, open_to_the_public, serving
from tests.web.chaos import Chaos

READER, OTHER = "quiet.reader@example.org", "second@example.org"
EDITION = "weekly/2025-W49"
NOW = "2025-12-08T09:00:00+00:00"
REQUESTS = 1000
OWN = (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.ARCHIVE)
NEEDED = {"Content-Security-Policy": "default-src 'none'", "X-Content-Type-Options": "nosniff"}
SECRETS = re.compile(r'Traceback|site-packages|\.py", line|digest\.(toml|key|db)|sqlite', re.IGNORECASE)


@dataclass
class Grounds:
    """The pages under attack, and what their answers must never hold."""

    site: Site
    client: httpx.Client
    tokens: dict[Purpose, str]
    sent: set[str] = field(default_factory=set)  # tokens that were in an address

    def request(
        self, method: str, target: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> httpx.Response:
        """Asks for a target as it is written, without a client that mends it."""
        written = {name: value.encode("latin-1") for name, value in (headers or {}).items()}
        request = self.client.build_request(
            method, "/", headers=written, content=body or None, extensions={"target": target.encode("ascii")}
        )
        return self.judged(self.client.send(request), target)

    def judged(self, answer: httpx.Response, what: str) -> httpx.Response:
        said = f"{answer.headers}\n{answer.text}"
        assert answer.status_code < 500, (what, answer.status_code, said)
        assert not SECRETS.search(said), (what, said)
        assert READER not in said or self.tokens[Purpose.PREFERENCES] in what, (what, said)
        assert str(self.site.folder) not in said, (what, said)
        for name, value in NEEDED.items():
            assert answer.headers.get(name, "").startswith(value), (what, name, answer.status_code)
        assert answer.headers["Referrer-Policy"] == "no-referrer", what
        assert "Set-Cookie" not in answer.headers, what
        return answer

    def token(self, purpose: Purpose) -> str:
        self.sent.add(self.tokens[purpose])
        return self.tokens[purpose]

    def pages(self) -> Iterator[tuple[str, str]]:
        """Every address that acts for somebody, and its methods."""
        for purpose, below in (
            (Purpose.CONFIRM, ("",)),
            (Purpose.UNSUBSCRIBE, ("", "/fewer")),
            (Purpose.UNDO, ("",)),
            (Purpose.PREFERENCES, ("", "/move", "/data.json", "/erase")),
            (Purpose.ARCHIVE, ("",)),
        ):
            for more in below:
                yield f"/{purpose}/{{token}}{more}", purpose


@pytest.fixture
def post_office() -> Iterator[WaitingOffice]:
    with on_duty(WaitingOffice()) as office:
        yield office  # type: ignore[misc] # it is the office that was given


@pytest.fixture
def grounds(site: Site, post_office: WaitingOffice) -> Iterator[Grounds]:
    """A reader who has an edition, another one who has asked and not confirmed, and somebody before the doors."""
    url = open_to_the_public(site, 'origins = ["https://www.example.org"]\nper_client = 1000\n')
    subscribe(site, [READER])
    assert site.run("send", "--yes", now=NOW).exit_code == 0
    with serving(site, url) as said, httpx.Client(base_url=url, timeout=PATIENCE) as client:
        post_office.arrived.get(timeout=PATIENCE)
        form = re.findall(r'name="form" value="([^"]+)"', client.get("/subscribe").text)[0]
        assert client.post("/subscribe", data={"email": OTHER, "form": form}).status_code == 200
        confirm = links(post_office.next(), url)["confirm"].rpartition("/")[2]
        signer = Signer(["k" * 48])
        tokens = {purpose: signed(signer, purpose) for purpose in OWN}
        tokens[Purpose.PREFERENCES] = signer.sign_preferences(EDITION, 1, READER)
        tokens |= {Purpose.CONFIRM: confirm, Purpose.UNDO: undo_of(site, signer), Purpose.FORM: form}
        yield (made := Grounds(site, client, tokens))
    log = "\n".join(said)
    assert "bug" not in log, log
    assert not SECRETS.search(log), log
    assert "@" not in log, log
    assert not [token for token in (*made.sent, *tokens.values()) if token in log], log


def signed(signer: Signer, purpose: Purpose, edition: str = EDITION, subscriber: int = 1) -> str:
    if purpose is Purpose.PREFERENCES:
        return signer.sign_preferences(edition, subscriber, READER)
    return signer.sign(purpose, edition, subscriber)


def undo_of(site: Site, signer: Signer) -> str:
    person = app_of(site, Time(NOW)).subscribers.find(READER)
    assert person is not None
    assert person.changed is not None
    return signer.sign_undo(person.id, person.changed)


# --- requests ---------------------------------------------------------------------------------------------------


def test_a_thousand_requests_that_make_no_sense_are_answered(grounds: Grounds) -> None:
    chaos = Chaos(58, [grounds.token(Purpose.ARCHIVE)])
    before = grounds.site.lines("subscribers", "list")
    seen: set[int] = set()
    for _ in range(REQUESTS):
        method, target = chaos.method(), chaos.target()
        body = b"" if method == "TRACE" else chaos.body()
        seen.add(grounds.request(method, target, chaos.headers(), body).status_code)
    assert {200, 404, 405} <= seen
    assert grounds.site.lines("subscribers", "list") == before


# --- tokens ------------------------------------------------------------------------------------------------------


def changed(token: str) -> Iterator[str]:
    """Each character another one, each end missing, and what people and programs make of links."""
    for place, character in enumerate(token):
        yield f"{token[:place]}{'B' if character == 'A' else 'A'}{token[place + 1 :]}"
    yield from (token[:end] for end in (1, len(token) // 2, token.rindex("."), len(token) - 1))
    yield from (
        token[1:],
        f"{token}A",
        f"{token}.",
        f"{token}=",
        token.upper(),
        token.swapcase(),
        f"{token}.{token}",
        "x",
        ".",
        "A.A",
    )


def test_a_token_that_is_not_quite_ours_acts_for_nobody(grounds: Grounds) -> None:
    foreign = Signer(["another key, of another site, 48 characters long."])
    before = everything_known(grounds.site)
    for page, purpose in grounds.pages():
        own = grounds.token(Purpose(purpose))
        borrowed = [token for other, token in grounds.tokens.items() if other != purpose]
        for token in (*changed(own), *borrowed, signed(foreign, Purpose(purpose))):
            for method in ("GET", "POST"):
                status = grounds.request(method, page.format(token=quote(token))).status_code
                assert status in {400, 404, 405}, (method, page, token, status)
    assert everything_known(grounds.site) == before


def test_a_signed_token_for_somebody_who_is_not_there_tells_nothing(grounds: Grounds) -> None:
    signer = Signer(["k" * 48])
    before = everything_known(grounds.site)
    for purpose in OWN:
        for edition in ("", EDITION, "weekly/2031-W01", "nothing/like/it", "\x00", "ä" * 1000):
            for number in (0, -1, 999, 2**63, 2**200):
                for method in ("GET", "POST"):
                    grounds.request(method, f"/{purpose}/{signed(signer, purpose, edition, number)}")
    assert everything_known(grounds.site) == before


# --- bodies ------------------------------------------------------------------------------------------------------


def part(name: str, value: bytes, more: bytes = b"") -> bytes:
    return (
        b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"' + more + b"\r\n\r\n" + value + b"\r\n"
    )


FORM, MULTIPART, JSON = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/json"
BODIES: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", part("email", b"a@b.c")),
    "another boundary": ("multipart/form-data; boundary=y", part("email", b"a@b.c") + b"--x--"),
    "a boundary without end": (f"multipart/form-data; boundary={'x' * 5000}", b"--x"),
    "cut off": (MULTIPART, part("email", b"a@b.c")[:-9]),
    "a file": (MULTIPART, part("email", b"a@b.c", b'; filename="../../etc/passwd"') + b"--x--"),
    "many parts": (MULTIPART, part("a", b"") * 1200 + b"--x--"),
    "no name": (MULTIPART, b"--x\r\nContent-Disposition: form-data\r\n\r\nv\r\n--x--"),
    "a header of its own": (MULTIPART, b"--x\r\n" + b"a: " + b"b" * 30_000 + b"\r\n\r\nv\r\n--x--"),
    "bytes that are no text": (FORM, b"email=\xff\xfe&name=\x00\x01"),
    "escapes that are no text": (FORM, b"email=%ff%fe&name=%ed%a0%80&%zz=%"),
    "nothing but separators": (FORM, b"&" * 60_000),
    "many fields": (FORM, b"digests=a&" * 6000),
    "UTF-16": (f"{FORM}; charset=utf-16", "email=a@b.c".encode("utf-16")),
    "a charset that there is not": (f"{FORM}; charset=x-none", b"email=a@b.c"),
    "no JSON": (JSON, b"{'email': "),
    "JSON that is no object": (JSON, b'["email", "a@b.c"]'),
    "JSON of other kinds": (
        JSON,
        b'{"email": {"a": [1]}, "name": null, "digests": 7, "form": true, "categories": [[]]}',
    ),
    "JSON without end": (JSON, b"[" * 60_000),
    "a number without end": (JSON, b'{"email": ' + b"9" * 60_000 + b"}"),
    "no number": (JSON, b'{"email": NaN, "name": 1e999}'),
    "half a character": (JSON, rb'{"email": "\ud800@b.c", "name": "\udfff\u0000"}'),
    "JSON twice": (JSON, b'{"email": "a@b.c"}{"email": "a@b.c"}'),
    "another kind of body": ("text/plain", b"email=a@b.c"),
    "a kind that is none": ("\x7f;;;=", b"email=a@b.c"),
    "nothing": ("", b""),
}


def acting(grounds: Grounds) -> list[str]:
    return ["/subscribe", *(page.format(token=grounds.token(Purpose(purpose))) for page, purpose in grounds.pages())]


def test_a_body_that_is_malformed_is_answered(grounds: Grounds) -> None:
    pages = sorted(acting(grounds), key=lambda page: page.endswith("/erase"))  # which acts, whatever is sent
    for page in pages:
        for name, (kind, body) in BODIES.items():
            for accept in ("text/html", "application/json"):
                headers = {"Accept": accept} | ({"Content-Type": kind} if kind else {})
                status = grounds.request("POST", page, headers, body).status_code
                assert status in {200, 400, 403, 405, 413, 415, 422}, (page, name, status)
    assert READER not in {fact["email"] for fact in grounds.site.lines("subscribers", "list")}


def test_a_body_that_is_too_large_is_not_waited_for(grounds: Grounds) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"email=" + b"x" * 65_536

    for page in ("/subscribe", *(page for page in acting(grounds) if page.endswith(("/move", "/fewer")))):
        for kind in (FORM, MULTIPART, JSON):
            for body in (b"x" * 10_000_000, endless()):
                with suppress(httpx.NetworkError, httpx.RemoteProtocolError):  # it hangs up in the middle
                    answer = grounds.client.post(page, content=body, headers={"Content-Type": kind})
                    assert grounds.judged(answer, page).status_code == 413
    assert grounds.request("GET", "/health").status_code == 200


def test_headers_that_are_too_large_are_refused(grounds: Grounds) -> None:
    for name in ("Cookie", "Accept-Language", "X-Forwarded-For", "Referer"):
        with suppress(httpx.NetworkError, httpx.RemoteProtocolError):  # it hangs up in the middle
            assert grounds.client.get("/subscribe", headers={name: "x" * 1_000_000}).status_code in {400, 431}
    many = [(f"X-{number}", "y" * 50) for number in range(500)]
    grounds.judged(grounds.client.get("/subscribe", headers=many), "many headers")


# --- words that end a header -------------------------------------------------------------------------------------

INJECTIONS = (
    "Ann\r\nBcc: victim@example.net",
    "Ann\nBcc: victim@example.net",
    "=?utf-8?q?=0aBcc=3A_victim=40example.net?=",
    "Ann\x00\x0b\x0c\x85\u2028Bcc: victim@example.net",
    'Ann" <victim@example.net>, "',
    "😀\n" * 50,
)


def test_no_field_can_end_a_header_or_add_a_recipient(grounds: Grounds, post_office: WaitingOffice) -> None:
    form = grounds.tokens[Purpose.FORM]
    fields = set(opened(post_office.messages[-1][1]).keys())
    for number, name in enumerate(INJECTIONS):
        data = {"email": f"new{number}@example.com", "name": name, "form": form, "timezone": name, "language": name}
        answer = grounds.judged(grounds.client.post("/subscribe", data=data), name)
        if answer.status_code != 200:  # not everything is taken for a name
            assert answer.status_code in {400, 422}, (name, answer.text)
            continue
        message = opened(post_office.next())
        assert (set(message.keys()), message["To"].addresses[0].addr_spec) == (fields, f"new{number}@example.com")
        assert len(message["To"].addresses) == 1
    for address in (
        *INJECTIONS,
        *(f"new@example.com{name}" for name in INJECTIONS),
        "a@b.c,victim@example.net",
        "a@b.c\n",
    ):
        answer = grounds.client.post(
            "/subscribe",
            content=json.dumps({"email": address, "form": form}),
            headers={"Content-Type": JSON, "Accept": JSON},
        )
        assert grounds.judged(answer, address).status_code in {200, 400, 422}
    assert not [to for to, data in post_office.messages if "victim" in to or b"\nBcc" in data]


def test_no_address_can_end_a_header_of_the_answer(grounds: Grounds) -> None:
    for target in (
        "/subscribe?lang=de%0d%0aSet-Cookie:%20a=b",
        "/%0d%0aSet-Cookie:%20a=b",
        "/archive%0aX:y/",
        "//evil.example/%2e%2e",
    ):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            answer = grounds.request(method, target)
            assert not {"set-cookie", "x"} & set(answer.headers)
            assert "evil.example" not in answer.headers.get("location", "")
    form = grounds.tokens[Purpose.FORM]
    for back in ("https://evil.example/", "//evil.example", "https://www.example.org@evil.example/", "https://www.example.org\\@evil.example",
                 "https://www.example.org.evil.example/", "javascript:alert(1)", "https://www.example.org/\r\nSet-Cookie: a=b"):  # fmt: skip
        data = {"email": "third@example.com", "form": form, "redirect": back}
        answer = grounds.judged(grounds.client.post("/subscribe", data=data), back)
        assert "location" not in answer.headers, back


# --- all at once -------------------------------------------------------------------------------------------------


def test_many_who_press_at_the_same_moment_press_once(grounds: Grounds) -> None:
    before = {fact["email"]: fact["status"] for fact in grounds.site.lines("subscribers", "list")}
    assert before[READER] == "active"
    pressed = [f"/confirm/{grounds.token(Purpose.CONFIRM)}", f"/unsubscribe/{grounds.token(Purpose.UNSUBSCRIBE)}"] * 15
    statuses: list[int] = []

    def press(page: str) -> None:
        statuses.append(grounds.judged(grounds.client.post(page), page).status_code)

    threads = [threading.Thread(target=press, args=(page,)) for page in pressed]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 30
    people = [(fact["email"], fact["status"]) for fact in grounds.site.lines("subscribers", "list")]
    assert sorted(people) == [(READER, "unsubscribed"), (OTHER, "active")]


@contextmanager
def locked(site: Site) -> Iterator[None]:
    with closing(sqlite3.connect(site.folder / "digest.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def served(application: ASGIApp) -> Iterator[httpx.Client]:
    """The pages in this process, so that a database may be given that does not wait."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
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


def test_while_the_database_is_locked_people_read_on_and_are_asked_to_press_again(
    site: Site, post_office: WaitingOffice
) -> None:
    url = open_to_the_public(site)
    subscribe(site, [READER])
    assert site.run("send", "--yes", now=NOW).exit_code == 0
    mine = {purpose: f"/{purpose}/{signed(Signer(['k' * 48]), purpose)}" for purpose in OWN}
    app = App(load(site.folder / "digest.toml", {}), Time(NOW), busy_timeout=0.05)
    with served(public(app, url)) as client:
        grounds = Grounds(site, client, {Purpose.PREFERENCES: mine[Purpose.PREFERENCES]})
        form = re.findall(r'name="form" value="([^"]+)"', client.get("/subscribe").text)[0]
        presses = [
            (mine[Purpose.UNSUBSCRIBE], {"List-Unsubscribe": "One-Click"}),
            (f"{mine[Purpose.UNSUBSCRIBE]}/fewer", {"every": "2"}),
            (mine[Purpose.PREFERENCES], {"every": "2", "name": "Ann"}),
            (f"{mine[Purpose.PREFERENCES]}/move", {"email": OTHER}),
            (f"{mine[Purpose.PREFERENCES]}/erase", {}),
            ("/subscribe", {"email": OTHER, "form": form}),
        ]
        before = everything_known(site)
        with locked(site):
            for page in ("/", "/health", "/archive", "/archive/weekly/1", *mine.values()):
                assert grounds.judged(client.get(page), page).status_code == 200
            for page, data in presses:
                answer = client.post(page, data=data)
                assert (answer.status_code, "Retry-After" in answer.headers) == (503, True), page
                assert "<h1" in answer.text
                assert not SECRETS.search(answer.text)
        assert everything_known(site) == before
        for page, data in presses[-1:] + presses[:-1]:
            assert grounds.judged(client.post(page, data=data), page).status_code == 200, page
    assert post_office.received[OTHER] >= 1
