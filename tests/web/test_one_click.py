"""One click in a mail program: the POST of RFC 8058, byte for byte and in all the ways that it may come otherwise."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPResponse
from socket import create_connection

import httpx
import pytest

from digest.links import Purpose
from digest.model import SubscriberStatus
from digest.web.public.forms import FORM_MAXIMUM
from tests.journeys.conftest import Site
from tests.journeys.steps import PATIENCE
from tests.web.reader import EDITION, OTHER, READER, Reader, reading

# RFC 8058, 8.1 and 8.3, the latter as its errata 5117 and 8927 mend its boundary, and as it is printed.
URL_ENCODED = b"""POST %(path)s HTTP/1.1
Host: %(host)s
Content-Type: application/x-www-form-urlencoded
Content-Length: 26

List-Unsubscribe=One-Click"""
MULTIPART = b"""POST %(path)s HTTP/1.1
Host: %(host)s
Content-Type: multipart/form-data; boundary=-FormBoundaryjWmhtjORrn
Content-Length: 124

---FormBoundaryjWmhtjORrn
Content-Disposition: form-data; name="List-Unsubscribe"

One-Click
---FormBoundaryjWmhtjORrn--"""
AS_PRINTED = MULTIPART.replace(b"boundary=-Form", b"boundary=---Form")

ACTIVE, UNSUBSCRIBED, SUPPRESSED = (
    SubscriberStatus.ACTIVE,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.SUPPRESSED,
)


@pytest.fixture
def reader(site: Site) -> Iterator[Reader]:
    with reading(site) as made:
        yield made


def sent(reader: Reader, request: bytes) -> tuple[HTTPResponse, bytes]:
    """The answer to these bytes on a wire."""
    url = reader.client.base_url
    host = f"{url.host}:{url.port}".encode()
    lines = request.replace(b"\n", b"\r\n") % {b"path": reader.leave.encode(), b"host": host}
    with create_connection((url.host, url.port or 0), timeout=PATIENCE) as wire:
        wire.sendall(lines)
        answer = HTTPResponse(wire)
        answer.begin()
        return answer, answer.read()


# --- as the standard says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", [URL_ENCODED, MULTIPART, AS_PRINTED], ids=["form", "multipart", "as printed"])
def test_the_request_of_the_standard_unsubscribes_at_once(reader: Reader, request_: bytes) -> None:
    answer, page = sent(reader, request_)
    assert answer.status == 200
    assert answer.headers["Location"] is None
    assert answer.headers["Set-Cookie"] is None
    assert reader.person.status is UNSUBSCRIBED
    assert reader.person.reason == f"left by link in {EDITION}"
    assert READER.encode() not in page
    assert "q•••@example.org".encode() in page
    other = reader.app.subscribers.find(OTHER)
    assert other
    assert other.status is ACTIVE


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("", b""),
        ("application/x-www-form-urlencoded", b""),
        ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click\r\n"),
        ("application/x-www-form-urlencoded", b"\xff\x00%zz&&=;"),
        ("application/x-www-form-urlencoded", b"&".join(b"a=b" for _ in range(2000))),
        ("multipart/form-data", b"no boundary"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n--x--'),
        ("application/json", b"{"),
        ("application/json", b'"One-Click"'),
        ("text/plain", b"List-Unsubscribe=One-Click"),
        ("\xff/;=;", b"what is this"),
    ],
)  # fmt: skip
def test_whoever_posts_wants_to_leave_in_whatever_words(reader: Reader, kind: str, body: bytes) -> None:
    headers = {b"Content-Type": kind.encode("latin-1")} if kind else {}
    assert reader.client.post(reader.leave, content=body, headers=headers).status_code == 200
    assert reader.person.status is UNSUBSCRIBED


def test_it_may_come_in_pieces_and_from_anywhere(reader: Reader) -> None:
    pieces = iter([b"List-Unsub", b"scribe=One-Click"])
    headers = {"Origin": "https://mail.example.com", "Sec-Fetch-Site": "cross-site"}
    assert reader.client.post(reader.leave, content=pieces, headers=headers).status_code == 200
    assert reader.person.status is UNSUBSCRIBED


def test_years_later_and_with_a_new_key_the_link_still_works(site: Site) -> None:
    with reading(site) as reader:
        link = reader.leave
    (site.folder / "digest.key").write_text(f"{'k' * 48}\n{'n' * 48}\n", encoding="utf-8")
    with reading(site) as reader:
        reader.time.go(days=5 * 365)
        assert reader.leave != link
        reader.send(link)
        assert reader.person.status is UNSUBSCRIBED


# --- again, and of nobody ------------------------------------------------------------------------------------------


def test_twice_is_once(reader: Reader) -> None:
    reader.send(reader.leave)
    known = reader.known()
    reader.time.go(days=400)
    assert "You are unsubscribed" in reader.send(reader.leave).words
    assert reader.known() == known


def test_many_at_the_same_moment_are_all_answered_and_count_once(reader: Reader) -> None:
    at_once, statuses = threading.Barrier(8), list[int]()

    def post() -> None:
        at_once.wait(PATIENCE)
        statuses.append(httpx.post(f"{reader.client.base_url}{reader.leave}", timeout=PATIENCE).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert reader.person.reason == f"left by link in {EDITION}"


def test_somebody_of_whom_nothing_is_known_hears_the_same(reader: Reader) -> None:
    reader.erased()
    known = reader.known()
    sample = f"/unsubscribe/{reader.token(Purpose.UNSUBSCRIBE, subscriber=0)}"
    for link in (reader.leave, sample):
        assert "You are unsubscribed" in reader.send(link).words
    assert reader.known() == known


def test_who_must_not_be_mailed_stays_so(reader: Reader) -> None:
    reader.becomes(status=SUPPRESSED, reason="complained")
    known = reader.known()
    reader.send(reader.leave)
    assert reader.known() == known


# --- what does not act ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_nothing_but_a_post_unsubscribes(reader: Reader, method: str) -> None:
    known = reader.known()
    prefetch = {"Sec-Purpose": "prefetch;prerender", "Purpose": "prefetch"}
    for headers in ({}, prefetch):
        answer = reader.client.request(method, reader.leave, headers=headers)
        assert answer.status_code == (200 if method in ("GET", "HEAD") else 405)
    assert reader.known() == known


def test_a_token_with_any_character_changed_does_nothing_and_tells_nothing(reader: Reader) -> None:
    known = reader.known()
    token = reader.token(Purpose.UNSUBSCRIBE)
    for place, character in enumerate(token):
        forged = f"{token[:place]}{'B' if character == 'A' else 'A'}{token[place + 1 :]}"
        page = reader.send(f"/unsubscribe/{forged}", 400)
        assert "example.org" not in page.words.replace("quay.example.org", "")
    assert reader.known() == known


def test_a_body_that_is_too_large_is_not_waited_for(reader: Reader) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536

    for body in (b"x" * (FORM_MAXIMUM + 1), endless()):
        with suppress(httpx.NetworkError):  # it hangs up in the middle, which says it too
            assert reader.client.post(reader.leave, content=body).status_code == 413
    assert reader.person.status is ACTIVE
    reader.send(reader.leave)
    assert reader.person.status is UNSUBSCRIBED


def test_while_the_database_is_locked_the_mail_program_is_told_to_come_again(site: Site) -> None:
    with reading(site, busy_timeout=0.05) as reader:
        with closing(sqlite3.connect(site.folder / "digest.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            page = reader.send(reader.leave, 503)
            assert int(page.answer.headers["Retry-After"]) > 0
            assert "example.org" not in page.words
            assert "q•••@example.org" in reader.open(reader.leave).words  # looking is possible meanwhile
            other.execute("ROLLBACK")
        assert reader.person.status is ACTIVE
        reader.send(reader.leave)
        assert reader.person.status is UNSUBSCRIBED
