"""What the archive shows of the ledger: which editions, in which order, beside which others, and when it looks again."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import lxml.html
import pytest
from lxml import etree

from digest.archive.catalogue import Catalogue, headline
from digest.archive.document import Document
from digest.archive.memory import Memory
from digest.errors import LinkError
from digest.links import Purpose
from digest.store.archive import Published
from tests.archive.conftest import HARBOUR, START, URL, House

ATOM = {"a": "http://www.w3.org/2005/Atom"}


def tree(html: str) -> Any:
    return lxml.html.document_fromstring(html)


def links(house: House, path: str = "") -> list[str]:
    return [str(href) for href in tree(house.page(path)).xpath("//a/@href")]


def listed(house: House) -> list[list[str]]:
    """What the links of the list say, and the headlines below them."""
    rows = tree(house.page("")).xpath("//ul[@class='years']/li//li")
    return [[" ".join(row.xpath(f"string({part})").split()) for part in ("a", "p[1]")] for row in rows]


# --- the list ------------------------------------------------------------------------------------------------------


def test_the_list_has_every_edition_by_year_the_newest_first(house: House) -> None:
    for number in (1, 13, 14):
        house.publish(number)
    page = tree(house.page(""))
    assert page.xpath("//h2/text()") == ["2026", "2025"]
    assert listed(house) == [
        ["No. 14 · 5 January 2026", "Story 14"],
        ["No. 13 · 29 December 2025", "Story 13"],
        ["No. 1 · 6 October 2025", "Story 1"],
    ]
    assert [href for href in links(house) if "weekly" in href] == [f"/archive/weekly/{n}" for n in (14, 13, 1)]
    assert page.xpath("//time/@datetime") == ["2026-01-05", "2025-12-29", "2025-10-06"]


def test_the_year_is_that_of_the_site_s_own_clock(house: House) -> None:
    house.configure('postal_address = "Quay', 'timezone = "Pacific/Kiritimati"\npostal_address = "Quay')
    edition = house.publish(13)
    assert edition.frozen.isoformat() == "2025-12-29T07:00:00+00:00"
    late = replace(_published("weekly", 1), frozen=edition.frozen.replace(day=31, hour=11))
    assert [year for year, _ in Catalogue((late,)).years(house.app.look.zone)] == [2026]


def test_editions_of_several_digests_say_which_they_are_of(house: House) -> None:
    house.publish(1)
    house.publish(1, "High water", digest="tides")
    assert listed(house) == [
        ["Tide Tables No. 1 · 6 October 2025", "High water"],
        ["Quay Weekly No. 1 · 6 October 2025", "Story 1"],
    ]


def test_the_list_tells_what_else_is_in_an_edition_in_a_line(house: House) -> None:
    house.publish(1, "Cranes", *(f"Story {number} of a long week" for number in range(4)))
    (row,) = tree(house.page("")).xpath("//ul[@class='years']/li//li")
    told = row.xpath("string(p[2])")
    assert told.startswith("Story 0 of a long week · Story 1 of a long week")
    assert len(told) <= 130


def test_an_archive_without_editions_says_so(house: House) -> None:
    assert "There is no edition yet" in house.page("")
    feed = etree.fromstring(house.page("feed.atom").encode())
    assert feed.findtext("a:updated", namespaces=ATOM) == "1970-01-01T00:00:00Z"
    assert feed.findall("a:entry", ATOM) == []


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("Quay Weekly #7: Cranes", "Cranes"),
        ("Quay Weekly 7 – Cranes: tall", "Cranes: tall"),
        ("digest.mark.name.: Quay Weekly #7: Cranes", "Cranes"),
        ("Quay Weekly #7", "Quay Weekly #7"),
        ("Quay Weekly #77: Cranes", "Quay Weekly #77: Cranes"),
        ("Seven cranes", "Seven cranes"),
    ],
)
def test_a_headline_is_the_subject_without_what_the_list_says_anyway(subject: str, told: str) -> None:
    assert headline(replace(_published("weekly", 7), title="Quay Weekly", subject=subject)) == told


def _published(digest: str, number: int) -> Published:
    return Published(number, digest, number, "Title", f"p{number}", START, "a@example.org", "Subject", "Preheader")


# --- an edition ----------------------------------------------------------------------------------------------------


def test_an_edition_is_the_whole_of_it_without_anybody_s_links(house: House) -> None:
    house.subscribe("bea@example.org", HARBOUR)
    house.publish(1, "Cranes & <b>derricks</b>")
    html = house.page("weekly/1")
    page = tree(html)
    assert page.xpath("//h3//text()") == ["Cranes & <b>derricks</b>", "Eels are back"]
    assert page.xpath("//title/text()") == ["Quay Weekly #1: Cranes & <b>derricks</b>"]
    assert "digest.mark" not in html
    assert not re.search("Unsubscribe|Preferences|You get this because", html)
    assert len(page.xpath("//main")) == len(page.xpath("//main//h1")) == 1
    assert (page.get("lang"), page.get("dir")) == ("en", "ltr")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Quay News"', 'title = "Harbour Post"'),
        ('title = "Quay Weekly"', 'title = "Harbour Weekly"'),
        ('url = "https://quay', 'language = "de"\nurl = "https://quay'),
        ("[smtp]", '[look]\nreason = "You asked for it."\n\n[smtp]'),
        ("[smtp]", '[look]\naccent = "#aa0000"\n\n[smtp]'),
    ],
)
def test_it_stays_what_it_was_whatever_is_configured_later(house: House, old: str, new: str) -> None:
    house.publish(1, photo=True)
    before = _within(house.page("weekly/1"))
    house.configure(old, new)
    assert _within(house.page("weekly/1")) == before
    assert "You get this because" not in before


def _within(html: str) -> str:
    """What a page shows of the mail, without the bar and the way on."""
    return html.partition("<main>")[2].partition("</main>")[0]


def test_it_tells_programs_what_it_is(house: House) -> None:
    house.publish(1, photo=True)
    page = tree(house.page("weekly/1"))
    told = {meta.get("property") or meta.get("name"): meta.get("content") for meta in page.xpath("//meta[@content]")}
    preheader = house.app.publications.every()[0].preheader
    assert told["og:title"] == "Quay Weekly #1: Story 1"
    assert told["og:description"] == told["description"] == preheader
    assert told["og:url"] == page.xpath("string(//link[@rel='canonical']/@href)") == f"{URL}/archive/weekly/1"
    assert told["article:published_time"] == "2025-10-06T07:00:00+00:00"
    assert page.xpath("string(//link[@rel='alternate']/@href)") == f"{URL}/archive/feed.atom"
    assert "robots" not in told
    picture = page.xpath("string(//main//img/@src)")
    assert told["og:image"] == f"{URL}{picture}"
    found = house.archive.find(picture.removeprefix("/archive/"))
    assert found
    assert (found.media_type, found.data[:2], found.hosts) == ("image/jpeg", b"\xff\xd8", None)


def test_its_bar_names_the_site_by_its_initial_too_as_all_pages_do(house: House) -> None:
    house.publish(1)
    for path in ("", "weekly/1"):
        (home,) = tree(house.page(path)).xpath("//header//a[@href='/']")
        assert home.text_content().split() == ["Q", "Quay", "News"]
        assert home.xpath("string(span[@aria-hidden='true'])") == "Q"


def test_it_leads_to_the_editions_beside_it_of_the_same_digest(house: House) -> None:
    house.publish(1)
    house.publish(2, digest="tides")
    house.publish(3)
    house.publish(4)
    around = {rel: tree(house.page("weekly/3")).xpath(f"string(//a[@rel='{rel}']/@href)") for rel in ("prev", "next")}
    assert around == {"prev": "/archive/weekly/1", "next": "/archive/weekly/4"}
    assert tree(house.page("tides/2")).xpath("//a[@rel]") == []


def test_it_offers_to_subscribe_and_the_other_editions(house: House) -> None:
    house.publish(1)
    assert {"/", "/archive", "/subscribe"} <= set(links(house, "weekly/1"))
    assert {"/", "/subscribe", f"{URL}/archive/feed.atom"} <= set(links(house))


def test_all_hosts_of_its_pictures_are_known(house: House) -> None:
    record = house.publish(1)
    with house.app.database.write() as connection:
        connection.exec_driver_sql(
            "UPDATE renditions SET html = replace(html, '</body>', '<img src=\"https://cdn.example.org/a.png\"></body>')"
        )
    assert record.number == 1
    found = house.archive.find("weekly/1")
    assert found
    assert found.hosts == ("https://cdn.example.org",)


def test_what_no_search_engine_may_list_says_so_and_has_no_map(house: House) -> None:
    house.configure("[web]", "[web]\nindex = false")
    house.publish(1)
    for path in ("", "weekly/1"):
        assert tree(house.page(path)).xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert house.archive.find("sitemap.xml") is None


def test_a_site_in_arabic_reads_from_right_to_left(house: House) -> None:
    house.configure('url = "https://quay', 'language = "ar"\nurl = "https://quay')
    house.publish(1, "الرافعات")
    house.publish(2)
    for path in ("", "weekly/1"):
        page = tree(house.page(path))
        assert (page.get("lang"), page.get("dir")) == ("ar", "rtl")
        assert "الأعداد السابقة" in page.text_content()
    assert "العدد\u00a02 ←" in tree(house.page("weekly/1")).xpath("string(//a[@rel='next'])")


def test_words_that_have_no_catalogue_are_told_in_english_beside_the_edition_s_own(house: House) -> None:
    house.configure('url = "https://quay', 'language = "he"\nurl = "https://quay')
    house.publish(1)
    page = tree(house.page("weekly/1"))
    assert (page.get("lang"), page.get("dir")) == ("he", "rtl")
    assert {(bar.get("lang"), bar.get("dir")) for bar in page.xpath("//body/header | //body/footer")} == {("en", "ltr")}


def test_the_site_s_own_templates_come_first(house: House) -> None:
    own = house.folder / "templates"
    (own / "web").mkdir(parents=True)
    house.configure("[smtp]", '[templates]\nfolder = "templates"\n\n[smtp]')
    (own / "edition.html").write_text(
        "<html><body><div style='display:none'>{{ preheader }}</div><p>Hello {{ reader.name }}!</p>"
        "<h1>{{ edition.title }}</h1><p><a href='{{ reader.unsubscribe }}'>Leave</a></p></body></html>"
    )
    (own / "web" / "edition.html").write_text(
        '{% extends "digest/web/edition.html" %}{% block bar %}<header>Ours</header>{% endblock %}'
    )
    house.publish(1)
    house.publish(2)
    body = tree(house.page("weekly/1")).find("body")
    said = " ".join(" ".join(body.itertext()).split())
    assert said == "Ours Hello! Quay Weekly No. 2 → Story 2 Past editions Subscribe"


# --- what one reader was sent --------------------------------------------------------------------------------------


def token(house: House, edition: str, subscriber: int) -> str:
    return house.app.signer.sign(Purpose.ARCHIVE, edition, subscriber)


def test_a_reader_sees_what_they_were_sent_and_a_page_to_share(house: House) -> None:
    bea = house.subscribe("bea@example.org", HARBOUR)
    edition = house.publish(1)
    own = house.archive.own(token(house, edition.name, bea))
    assert own
    page = tree(own.data)
    assert page.xpath("//h3//text()") == ["Story 1"]
    assert "digest.mark" not in own.data.decode()
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert f"{URL}/archive/weekly/1" in page.xpath("//footer//a/@href")
    assert "Eels are back" in house.page("weekly/1")


def test_a_reader_s_own_page_speaks_the_language_they_were_written_to_in(house: House) -> None:
    house.configure('url = "https://quay', 'languages = ["de", "ar"]\nurl = "https://quay')
    dora = house.subscribe("dora@example.org", language="de")
    edition = house.publish(1)
    own = house.archive.own(token(house, edition.name, dora))
    assert own
    page = tree(own.data)
    assert page.get("lang") == "de"
    assert "Frühere Ausgaben" in page.text_content()
    assert "Sie erhalten" not in page.text_content()
    assert tree(house.page("weekly/1")).get("lang") == "en"


def test_whoever_is_not_known_or_was_sent_nothing_sees_the_whole_edition(house: House) -> None:
    edition = house.publish(1)
    late = house.subscribe("late@example.org", HARBOUR)
    for nobody in (late, 999_999, 0):
        own = house.archive.own(token(house, edition.name, nobody))
        assert own
        assert b"Eels are back" in own.data


def test_readers_who_were_sent_the_same_share_it(house: House) -> None:
    readers = [house.subscribe(f"{name}@example.org", HARBOUR) for name in ("bea", "cas")]
    edition = house.publish(1)
    first, second = (house.archive.own(token(house, edition.name, reader)) for reader in readers)
    assert first is second


def test_a_token_for_what_is_not_there_shows_nothing_and_a_forged_one_is_told(house: House) -> None:
    house.publish(1)
    assert house.archive.own(token(house, "weekly/2031-W01", 1)) is None
    good = token(house, "weekly/2025-W40", 1)
    other = house.app.signer.sign(Purpose.PREFERENCES, "weekly/2025-W40", 1)
    for forged in ("", "x", good[:-1], good[:-1] + ("A" if good[-1] != "A" else "B"), other, "é"):
        with pytest.raises(LinkError):
            house.archive.own(forged)


# --- stopping, and looking again -------------------------------------------------------------------------------------


def test_a_stopped_edition_vanishes_and_comes_back_when_it_is_resumed(house: House) -> None:
    edition = house.publish(1)
    house.publish(2)
    reader = token(house, edition.name, 1)
    assert house.archive.own(reader)
    before = house.archive.find("weekly/2")
    house.app.editions.stop(edition.id, house.time())
    house.time.go(minutes=1)
    assert house.archive.find("weekly/1") is None
    assert house.archive.own(reader) is None
    assert house.archive.number("weekly/2025-W40") == ""
    assert not any("weekly/1" in href for path in ("", "weekly/2") for href in links(house, path))
    for path in ("feed.atom", "sitemap.xml"):
        assert "weekly/1<" not in house.page(path)
    after = house.archive.find("weekly/2")
    assert before
    assert after
    assert after.modified > before.modified  # a client that knows dates alone asks for it again, too
    house.app.editions.resume(edition.id, house.time())
    house.time.go(minutes=1)
    again = house.archive.find("weekly/2")
    assert again
    assert (again.data, again.tag) == (before.data, before.tag)
    assert again.modified > after.modified  # who has it without the first edition, and knows dates alone


def test_what_is_at_hand_is_given_without_a_look_into_the_ledger(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.publish(1)
    assert house.archive.remembered("weekly/1") is None
    made = [house.archive.find(path) for path in ("", "weekly/1", "feed.atom")]

    def never(*_: object) -> None:
        raise AssertionError("the ledger was asked")

    monkeypatch.setattr(type(house.app.database), "read", never)
    assert [house.archive.remembered(path) for path in ("", "weekly/1", "feed.atom")] == made
    assert house.archive.find("weekly/1") is made[1]
    house.time.go(seconds=6)
    assert house.archive.remembered("weekly/1") is None


def test_what_has_not_changed_is_not_made_again(house: House) -> None:
    house.publish(1)
    first = house.archive.find("weekly/1")
    house.time.go(hours=1)
    assert house.archive.find("weekly/1") is first
    house.publish(2)
    assert house.archive.find("weekly/1") is not first


def test_memory_gives_up_what_was_not_asked_for_in_the_longest_time() -> None:
    memory = Memory(room=250)
    first, second, third = (Document(name, "image/png", name.encode() * 100, START) for name in "abc")
    memory.keep("a", first)
    memory.keep("b", second)
    assert memory.get("a") is first
    memory.keep("c", third)
    assert [memory.get(name) for name in "abc"] == [first, None, third]
