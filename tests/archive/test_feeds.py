"""What the archive has for programs, the feed and the map, and the addresses of all of it."""

from __future__ import annotations

import re
from typing import Any

import lxml.html
import pytest
from lxml import etree

from digest.archive.catalogue import picture_name
from digest.archive.place import Place
from digest.errors import UsageError
from tests.archive.conftest import URL, House

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def tree(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def links(house: House, path: str = "") -> list[str]:
    return [str(href) for href in tree(house.page(path)).xpath("//a/@href")]


def listed(house: House) -> list[list[str]]:
    """What the links of the list say, and the headlines below them."""
    rows = tree(house.page("")).xpath("//ul[@class='years']/li//li")
    return [[" ".join(row.xpath(f"string({part})").split()) for part in ("a", "p[1]")] for row in rows]


# --- for programs --------------------------------------------------------------------------------------------------


def one(node: Any, path: str) -> str:
    (found,) = node.xpath(path, namespaces=ATOM)
    return str(found)


def test_the_feed_is_what_rfc_4287_wants(house: House) -> None:
    for number in range(1, 24):
        house.publish(number, f"Story <{number}> & more")
    feed = etree.fromstring(house.page("feed.atom").encode())
    assert feed.tag == f"{{{ATOM['a']}}}feed"
    assert one(feed, "a:link[@rel='self']/@href") == f"{URL}/archive/feed.atom"
    assert one(feed, "a:link[@rel='alternate']/@href") == one(feed, "a:id/text()") == f"{URL}/archive"
    assert one(feed, "a:author/a:name/text()") == one(feed, "a:title/text()") == "Quay News"
    entries = feed.findall("a:entry", ATOM)
    assert len(entries) == 20
    instants = [one(entry, "a:updated/text()") for entry in entries]
    assert instants == sorted(instants, reverse=True)
    assert one(feed, "a:updated/text()") == instants[0] == "2026-03-09T07:00:00Z"
    assert len({one(entry, "a:id/text()") for entry in entries}) == 20
    newest = entries[0]
    assert one(newest, "a:id/text()") == "tag:quay.example.org,2026-03-09:weekly/23"
    assert one(newest, "a:title/text()") == "Quay Weekly #23: Story <23> & more"
    assert one(newest, "a:link[@rel='alternate']/@href") == f"{URL}/archive/weekly/23"
    assert "Eels are back" in one(newest, "a:summary/text()")
    for node in feed.iter():
        assert node.tag.startswith(f"{{{ATOM['a']}}}")


def test_an_entry_keeps_its_name_wherever_the_site_moves(house: House) -> None:
    house.publish(1)
    names = re.findall("tag:[^<]+", house.page("feed.atom"))
    house.configure('url = "https://news.example.org"', 'url = "https://elsewhere.example.net/news"')
    moved = House(house.folder, house.time)
    assert re.findall("tag:[^<]+", moved.page("feed.atom")) == names != []


def test_the_map_has_every_page_once(house: House) -> None:
    for number in (1, 2):
        house.publish(number)
    urlset = etree.fromstring(house.page("sitemap.xml").encode())
    assert urlset.tag == "{http://www.sitemaps.org/schemas/sitemap/0.9}urlset"
    assert [[child.text for child in page] for page in urlset] == [
        [f"{URL}/archive", "2025-10-13T07:00:00Z"],
        [f"{URL}/archive/weekly/2", "2025-10-13T07:00:00Z"],
        [f"{URL}/archive/weekly/1", "2025-10-13T07:00:00Z"],  # since then it links to the next one
    ]


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["weekly", "weekly/", "weekly/01", "weekly/2", "weekly/1/x.png", "../x", "rendition 1", "x"]
)
def test_what_is_not_there_is_nothing(house: House, path: str) -> None:
    house.publish(1)
    assert house.archive.find(path) is None


def test_an_edition_is_known_by_its_period_too(house: House) -> None:
    house.publish(1)
    assert house.archive.number("weekly/2025-W40") == "weekly/1"
    assert house.archive.number("weekly/2025-W41") == house.archive.number("tides/2025-W40") == ""
    assert (house.archive.has("weekly"), house.archive.has("tides")) == (True, False)


def test_a_place_writes_addresses_whole_and_for_its_own_pages() -> None:
    place = Place.parse("https://example.org/news/archive/")
    assert [place.of(path) for path in ("", "a/1")] == [
        "https://example.org/news/archive",
        "https://example.org/news/archive/a/1",
    ]
    assert [place.link(path) for path in ("", "a/1")] == ["/news/archive", "/news/archive/a/1"]
    assert place.near("https://example.org/subscribe") == "/subscribe"
    assert place.near("https://example.org") == "/"
    assert place.near("http://example.org/subscribe") == "http://example.org/subscribe"
    assert place.whole("/x.png") == "https://example.org/x.png"
    assert place.whole("https://cdn.example.org/x.png") == "https://cdn.example.org/x.png"
    top = Place.parse("https://example.org")
    assert (top.of(""), top.link(""), top.of("a/1"), top.link("a/1")) == (
        "https://example.org/",
        "/",
        "https://example.org/a/1",
        "/a/1",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.org",
        "ftp://example.org",
        "https://",
        "https://example.org/?x",
        "https://[x",
        "https://a b",
        "https://example.org/#x",
        "https://exämple.org",
        "https://a:x/",
    ],
)
def test_what_is_no_place_is_told(text: str) -> None:
    with pytest.raises(UsageError, match="not the address of an archive"):
        Place.parse(text)


def test_a_picture_s_file_can_be_named_by_every_system() -> None:
    assert picture_name("a1b2@covers", "image/jpeg") == "a1b2.jpeg"
    assert picture_name("../../x y@covers", "image/svg+xml") == "------x-y.svg"
