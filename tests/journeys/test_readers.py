"""What readers do by themselves, from the form to the last mail: over HTTP, with the links that their mails hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.journeys.conftest import Site, article, on_duty
from tests.journeys.steps import PATIENCE, body, deliveries, opened
from tests.journeys.visiting import (
    Visitor,
    WaitingOffice,
    everything_known,
    links,
    open_to_the_public,
    serving,
    visiting,
)

READER = "reader@example.org"
NOW = "2025-12-08T09:00:00+00:00"
NEXT = "2025-12-15T09:00:00+00:00"
LAST = "2025-12-22T09:00:00+00:00"

# RFC 8058, 8.1 and 8.3; the boundary of the latter as its errata 5117 and 8927 mend it.
URL_ENCODED = ("application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
MULTIPART = (
    "multipart/form-data; boundary=-FormBoundaryjWmhtjORrn",
    (
        b'---FormBoundaryjWmhtjORrn\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
        b"---FormBoundaryjWmhtjORrn--\r\n"
    ),
)
# The boundary as it is printed there, which begins with none of the two dashes that belong before it.
AS_PRINTED = (f"multipart/form-data; boundary=--{MULTIPART[0].rpartition('=')[2]}", MULTIPART[1])


@pytest.fixture
def post_office() -> Iterator[WaitingOffice]:
    with on_duty(WaitingOffice()) as office:
        yield office  # type: ignore[misc] # it is the office that was given


@pytest.fixture
def url(site: Site) -> str:
    for week, day in (("next", "09"), ("last", "16")):
        for title, category in (("Trams", "Travel"), ("Shifts", "Work"), ("Moons", "Science")):
            site.write(f"{week}-{title.lower()}.md", article(f"{title} {week}", f"2025-12-{day}", category))
    return open_to_the_public(site)


@pytest.fixture
def visitor(site: Site, url: str) -> Iterator[Visitor]:
    """Somebody before the open doors; nothing that the server says names a reader or shows a token."""
    with serving(site, url) as said, visiting(url) as client:
        yield client
    assert not [line for line in said if "@" in line or "eyJ" in line or "WyJ" in line or "Traceback" in line]


def subscribed(visitor: Visitor, office: WaitingOffice, address: str = READER) -> str:
    """Asks and confirms; the link that confirmed it."""
    page = visitor.open("/subscribe")
    visitor.press(page, "/subscribe", email=address)
    confirm = links(office.next(), str(visitor.client.base_url).rstrip("/"))["confirm"]
    visitor.press(visitor.open(confirm))
    return confirm


def sent(site: Site, now: str) -> None:
    result = site.run("send", "--yes", now=now)
    assert result.exit_code == 0, result.output


def one_click(link: str, encoding: tuple[str, bytes]) -> httpx.Response:
    """What a mail program sends: no cookie, no other header than those that there have to be."""
    content_type, content = encoding
    parts = urlsplit(link)
    with httpx.Client(timeout=PATIENCE) as client:
        request = httpx.Request(
            "POST", link, headers={"Host": parts.netloc, "Content-Type": content_type}, content=content
        )
        return client.send(request)


def person(site: Site, address: str = READER) -> dict[str, Any]:
    return dict(site.lines("subscribers", "show", address)[0])


def titles(mail: bytes) -> set[str]:
    text = body(opened(mail), "plain")
    known = ("Cranes", "Ferries", "Tides", "Wages", "Trams next", "Shifts next", "Moons next")
    return {title for title in known if title in text}


def test_from_the_form_to_the_last_mail(site: Site, url: str, post_office: WaitingOffice, visitor: Visitor) -> None:
    subscribed(visitor, post_office, "friend@example.org")
    asked = visitor.press(visitor.open("/subscribe"), "/subscribe", email=READER, name="Ann Reader")
    assert READER not in {fact["email"] for fact in site.lines("subscribers", "list", "--status", "active")}
    confirm = links(post_office.next(), url)["confirm"]
    before = everything_known(site)
    page = visitor.open(confirm)
    assert everything_known(site) == before, asked.words
    visitor.press(page)
    assert (person(site)["status"], person(site)["name"]) == ("active", "Ann Reader")

    sent(site, NOW)
    mail = post_office.latest(READER)
    assert titles(mail) == {"Cranes", "Ferries", "Tides", "Wages"}
    found = links(mail, url)
    assert set(found) == {"unsubscribe", "preferences", "archive"}
    assert "Ferries" in visitor.open(found["archive"]).words
    chosen = visitor.press(
        visitor.open(found["preferences"]), urlsplit(found["preferences"]).path, categories=("travel",)
    )
    assert "travel" in str(person(site)), chosen.words

    post_office.messages.clear()
    sent(site, NEXT)
    mail = post_office.latest(READER)
    assert titles(mail) == {"Trams next"}
    assert titles(post_office.latest("friend@example.org")) == {"Trams next", "Shifts next", "Moons next"}

    answer = one_click(links(mail, url)["unsubscribe"], URL_ENCODED)
    assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert person(site)["status"] == "unsubscribed"

    post_office.messages.clear()
    sent(site, LAST)
    assert dict(post_office.received) == {"friend@example.org": 1}
    assert deliveries(site, "3") == {"friend@example.org": "accepted"}
    (edition,) = site.lines("editions", "show", "3")
    assert edition["exclusions"] == {"unsubscribed": 1}
    assert sum(edition["counts"].values()) == edition["deliveries"] == 1


@pytest.mark.parametrize("encoding", [URL_ENCODED, MULTIPART, AS_PRINTED], ids=["8.1", "8.3", "8.3 as printed"])
def test_one_click_is_obeyed_at_once_and_as_often_as_it_comes(
    site: Site, url: str, post_office: WaitingOffice, visitor: Visitor, encoding: tuple[str, bytes]
) -> None:
    subscribed(visitor, post_office)
    sent(site, NOW)
    message = opened(post_office.latest(READER))
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert str(message["List-Unsubscribe"]).startswith(f"<{url}/unsubscribe/")
    link = links(post_office.latest(READER), url)["unsubscribe"]
    for _ in range(3):
        answer = one_click(link, encoding)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert person(site)["status"] == "unsubscribed"


SCANNERS: tuple[tuple[str, dict[str, str]], ...] = (
    ("GET", {}),
    ("HEAD", {}),
    ("OPTIONS", {}),
    ("OPTIONS", {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}),
    ("GET", {"Purpose": "prefetch", "X-Moz": "prefetch"}),
    ("GET", {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Dest": "document"}),
    ("GET", {"User-Agent": "Mozilla/5.0 (compatible; link scanner)", "Range": "bytes=0-1023"}),
    ("GET", {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST"}),
)


def test_nothing_changes_however_the_links_of_a_mail_are_looked_at(
    site: Site, url: str, post_office: WaitingOffice, visitor: Visitor
) -> None:
    subscribed(visitor, post_office)
    page = visitor.open("/subscribe")
    visitor.press(page, "/subscribe", email="other@example.org")
    open_request = links(post_office.next(), url)["confirm"]
    sent(site, NOW)
    mail = links(post_office.latest(READER), url)
    left = visitor.press(visitor.open(mail["unsubscribe"]), urlsplit(mail["unsubscribe"]).path)
    undo = next(form.get("action") for form in left.tree.forms if "/undo/" in form.get("action"))
    looked_at = [open_request, undo, *mail.values(), f"{mail['unsubscribe']}/fewer"]
    looked_at += [f"{mail['preferences']}/{more}" for more in ("move", "data.json", "erase")]
    before = everything_known(site)
    for link in looked_at:
        for method, headers in SCANNERS:
            answer = visitor.client.request(method, f"{link}?_method=POST", headers=headers)
            assert answer.status_code < 500, (method, link)
            assert everything_known(site) == before, (method, link, headers)
