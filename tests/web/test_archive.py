"""The archive over HTTP: what is asked for again and has not changed is not sent again, and nobody's own is kept anywhere."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException

from digest.errors import DigestError
from digest.links import Purpose
from digest.postman import Postman
from digest.reception import Reception
from digest.web import archive
from digest.web.public.counter import Counter
from digest.web.public.faults import Faults
from digest.web.serving import address_of, answer, listen
from tests.archive.conftest import HARBOUR, URL, House, house
from tests.journeys.steps import PATIENCE

__all__ = ["house"]

PUBLIC = ("/archive", "/archive/weekly/1", "/archive/feed.atom", "/archive/sitemap.xml", "/archive/static/pages.css")


def application(house: House) -> Starlette:
    counter = Counter(Reception(house.app), house.app.pages, Postman(house.app, URL), URL)
    faults = Faults(counter)
    made = Starlette(
        routes=archive.routes(counter, house.app), exception_handlers={HTTPException: faults, DigestError: faults}
    )
    made.router.redirect_slashes = False
    return made


@contextmanager
def visiting(house: House) -> Iterator[httpx.Client]:
    """A client of the archive behind a real server."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    made = application(house)
    with listen("127.0.0.1", 0) as listening:
        thread = threading.Thread(target=lambda: loop.run_until_complete(answer(made, listening, stop)))
        thread.start()
        try:
            with httpx.Client(base_url=address_of(listening), timeout=PATIENCE) as client:
                yield client
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


@pytest.fixture
def visitor(house: House) -> Iterator[httpx.Client]:
    house.publish(1, photo=True)
    with visiting(house) as client:
        yield client


def picture(house: House) -> str:
    """The path of a picture of some edition."""
    return next(found.path for found in house.archive.every() if found.is_picture)


# --- documents -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/archive", "text/html; charset=utf-8"),
        ("/archive/weekly/1", "text/html; charset=utf-8"),
        ("/archive/feed.atom", "application/atom+xml"),
        ("/archive/sitemap.xml", "application/xml"),
        ("/archive/static/pages.css", "text/css; charset=utf-8"),
        ("/archive/favicon.svg", "image/svg+xml"),
    ],
)
def test_each_is_of_its_kind_and_may_be_kept_for_minutes(visitor: httpx.Client, path: str, kind: str) -> None:
    found = visitor.get(path)
    assert (found.status_code, found.headers["content-type"]) == (200, kind)
    assert found.headers["cache-control"] == "public, max-age=300"
    assert found.headers["last-modified"] == "Mon, 06 Oct 2025 07:00:00 GMT"
    assert "set-cookie" not in found.headers


def test_a_picture_is_kept_for_good(house: House, visitor: httpx.Client) -> None:
    found = visitor.get(f"/archive/{picture(house)}")
    assert (found.status_code, found.headers["content-type"]) == (200, "image/jpeg")
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "vary" not in found.headers
    assert "content-encoding" not in found.headers


def test_what_is_exported_is_what_is_served(house: House, visitor: httpx.Client) -> None:
    for document in house.archive.every():
        path = f"/archive/{document.path}".rstrip("/")
        assert visitor.get(path).content == document.data, path


def test_an_edition_may_load_its_pictures_and_nothing_else(house: House, visitor: httpx.Client) -> None:
    with house.app.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE renditions SET html = replace(html, '</body>', '<img src=\"https://cdn.example.org/a.png\"></body>')"
        )
    assert visitor.get("/archive/weekly/1").headers["content-security-policy"] == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https://cdn.example.org; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert "content-security-policy" not in visitor.get("/archive").headers  # that of all pages holds


@pytest.mark.parametrize("path", PUBLIC)
def test_head_says_what_get_says_and_sends_nothing(visitor: httpx.Client, path: str) -> None:
    for encoding in ("gzip", "identity"):
        asked, told = (
            visitor.request(method, path, headers={"Accept-Encoding": encoding}) for method in ("GET", "HEAD")
        )
        for headers in (asked.headers, told.headers):
            headers.pop("date", None)
        assert told.headers == asked.headers
        assert told.content == b""


def test_nothing_can_be_posted(visitor: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE"):
        assert visitor.request(method, "/archive/weekly/1").status_code == 405


# --- packed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("*", True),
        ("gzip; q=1.0", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, *", False),
        ("*;q=0", False),
        ("br", False),
        ("identity", False),
        ("", False),
    ],
)
def test_it_is_packed_for_those_who_can_unpack_it(visitor: httpx.Client, accepted: str, packed: bool) -> None:
    with visitor.stream("GET", "/archive/weekly/1", headers={"Accept-Encoding": accepted}) as found:
        sent = b"".join(found.iter_raw())
    assert (found.headers.get("content-encoding") == "gzip") is packed
    assert found.headers["vary"] == "Accept-Encoding"
    assert int(found.headers["content-length"]) == len(sent)
    assert b"Eels are back" in (gzip.decompress(sent) if packed else sent)


# --- asked for again -----------------------------------------------------------------------------------------------

PLAIN, PACKED, BEFORE, AT, AFTER = "PLAIN", "PACKED", "BEFORE", "AT", "AFTER"
DATES = {
    BEFORE: "Mon, 06 Oct 2025 06:59:59 GMT",
    AT: "Mon, 06 Oct 2025 07:00:00 GMT",
    AFTER: "Tue, 07 Oct 2025 07:00:00 GMT",
}


@pytest.mark.parametrize(
    ("tags", "since", "encoding", "status"),
    [
        (PLAIN, None, "identity", 304),
        (f"W/{PLAIN}", None, "identity", 304),
        (f'"x", W/"y" ,{PLAIN}', None, "identity", 304),
        ("*", None, "identity", 304),
        (PACKED, None, "gzip", 304),
        (PACKED, None, "identity", 200),  # another representation
        (PLAIN, None, "gzip", 200),
        ('"x"', None, "identity", 200),
        ("", None, "identity", 200),
        ('"x"', AFTER, "identity", 200),  # where there is a tag, the date counts for nothing
        (PLAIN, BEFORE, "identity", 304),
        (None, AT, "identity", 304),
        (None, AFTER, "gzip", 304),
        (None, BEFORE, "identity", 200),
        (None, "yesterday", "identity", 200),
        (None, "", "identity", 200),
        (None, None, "identity", 200),
    ],
)
def test_what_has_not_changed_is_not_sent_again(
    visitor: httpx.Client, tags: str | None, since: str | None, encoding: str, status: int
) -> None:
    known = {
        name: visitor.get("/archive/weekly/1", headers={"Accept-Encoding": coding}).headers
        for name, coding in ((PLAIN, "identity"), (PACKED, "gzip"))
    }
    headers = {"Accept-Encoding": encoding}
    if tags is not None:
        for name in known:
            tags = tags.replace(name, known[name]["etag"])
        headers["If-None-Match"] = tags
    if since is not None:
        headers["If-Modified-Since"] = DATES.get(since, since)
    for method in ("GET", "HEAD"):
        found = visitor.request(method, "/archive/weekly/1", headers=headers)
        assert found.status_code == status
        if status == 304:
            assert found.content == b""
            assert "content-length" not in found.headers
            wanted = known[PACKED if encoding == "gzip" else PLAIN]
            for name in ("etag", "last-modified", "cache-control", "vary", "content-security-policy"):
                assert found.headers[name] == wanted[name]


def test_tags_are_strong_and_each_representation_has_its_own(visitor: httpx.Client) -> None:
    tags = {
        visitor.get(path, headers={"Accept-Encoding": encoding}).headers["etag"]
        for path in PUBLIC
        for encoding in ("gzip", "identity")
    }
    assert len(tags) == 2 * len(PUBLIC)
    assert all(tag.startswith('"') for tag in tags)


# --- other addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        ("/archive/", "/archive"),
        ("/archive/weekly/1/", "/archive/weekly/1"),
        ("/archive/weekly/1//", "/archive/weekly/1"),
        ("/archive/weekly/2025-W40", "/archive/weekly/1"),
        ("/archive/weekly", "/archive"),
        ("/archive//example.org/", "/archive//example.org"),
        ("/archive/a%20b%3Fc=%2525/", "/archive/a%20b%3Fc%3D%2525"),
    ],
)
def test_what_has_another_address_is_moved_for_good(visitor: httpx.Client, path: str, leads: str) -> None:
    for _ in range(2):  # at hand or not
        found = visitor.get(path)
        assert (found.status_code, found.headers["location"]) == (308, leads)
        visitor.get("/archive")


@pytest.mark.parametrize(
    "path",
    ["/archive/weekly/2", "/archive/weekly/01", "/archive/tides/1", "/archive/weekly/1/no.png", "/archive/a/b/c/d"],
)
def test_what_is_not_there_is_a_friendly_page(visitor: httpx.Client, path: str) -> None:
    found = visitor.get(path)
    assert found.status_code == 404
    assert "There is nothing here" in found.text


def test_a_stopped_edition_is_gone_within_seconds(house: House, visitor: httpx.Client) -> None:
    shown = picture(house)
    assert visitor.get("/archive/weekly/1").status_code == visitor.get(f"/archive/{shown}").status_code == 200
    house.app.editions.stop(house.app.edition("weekly/1").id, house.time())
    house.time.go(seconds=6)
    assert visitor.get("/archive/weekly/1").status_code == 404
    assert visitor.get(f"/archive/{shown}").status_code == 404
    assert "weekly/1" not in visitor.get("/archive").text


def test_who_knows_dates_alone_hears_of_an_edition_that_was_stopped_and_of_one_that_is_back(
    house: House, visitor: httpx.Client
) -> None:
    edition = house.app.edition("weekly/1").id
    for turn in (house.app.editions.stop, house.app.editions.resume):
        known = visitor.get("/archive").headers["last-modified"]
        house.time.go(minutes=1)
        turn(edition, house.time())
        house.time.go(seconds=6)
        for path in ("/archive", "/archive/feed.atom", "/archive/sitemap.xml"):
            assert visitor.get(path, headers={"If-Modified-Since": known}).status_code == 200


def test_a_document_that_is_not_there_is_no_broken_link(visitor: httpx.Client) -> None:
    assert visitor.get("/archive/other.xml").status_code == 404
    assert visitor.get("/archive/forged.token").status_code == 400


def test_below_a_path_of_its_own_every_address_is(house: House) -> None:
    house.configure('url = "https://news.example.org"', 'url = "https://example.org/news"')
    house.publish(1)
    counter = Counter(Reception(house.app), house.app.pages, Postman(house.app, ""), "https://example.org/news")
    (route, *_) = archive.routes(counter, house.app)
    assert route.path == "/archive"  # what stands before it is taken away around all pages
    with visiting(house) as client:
        assert client.get("/archive").status_code == 200


# --- what one reader was sent --------------------------------------------------------------------------------------


def test_a_reader_s_own_edition_is_kept_nowhere(house: House) -> None:
    bea = house.subscribe("bea@example.org", HARBOUR)
    edition = house.publish(1)
    token = house.app.signer.sign(Purpose.ARCHIVE, edition.name, bea)
    with visiting(house) as client:
        found = client.get(f"/archive/{token}")
        assert found.status_code == 200
        assert "Story 1" in found.text
        assert "Eels are back" not in found.text
        assert token not in found.text
        assert found.headers["cache-control"] == "private, no-store"
        assert found.headers["x-robots-tag"] == "noindex, nofollow"
        assert found.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in found.headers["content-security-policy"]
        assert not {"etag", "last-modified"} & set(found.headers)
        head = client.head(f"/archive/{token}")
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-length"] == found.headers["content-length"]
        assert client.get(f"/archive/{token}", headers={"If-None-Match": "*"}).status_code == 200
        forged = client.get(f"/archive/{token[:-2]}")
        assert forged.status_code == 400
        assert "This link does not work" in forged.text
        assert client.get("/archive/nonsense").status_code == 400
        house.app.editions.stop(edition.id, house.time())
        house.time.go(minutes=1)
        assert client.get(f"/archive/{token}").status_code == 404


# --- hard times ----------------------------------------------------------------------------------------------------


def test_many_at_once_get_the_same(visitor: httpx.Client) -> None:
    got: list[bytes] = []

    def ask() -> None:
        got.extend(visitor.get(path).content for path in PUBLIC)

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 16 * len(PUBLIC)
    assert len(set(got)) == len(PUBLIC)


def test_editions_are_shown_while_somebody_writes(house: House, visitor: httpx.Client) -> None:
    with closing(sqlite3.connect(house.folder / "digest.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert visitor.get("/archive/weekly/1").status_code == 200
        other.execute("ROLLBACK")


def test_a_large_edition_is_small_on_the_wire(house: House) -> None:
    house.publish(1, *(f"Story {number} of a very long week by the water, told in full" for number in range(60)))
    with visiting(house) as client, client.stream("GET", "/archive/weekly/1") as found:
        sent = b"".join(found.iter_raw())
    assert len(gzip.decompress(sent)) > 60_000
    assert len(sent) < 50_000 / 4
