"""Readers who chose another of the site's languages get its words, dates and direction; articles stay as they are."""

from __future__ import annotations

from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import body, configure, opened

PEOPLE = (
    "email,language,categories\nhere@example.org,,\nda@example.org,de-AT,\nhuna@example.org,ar,\nla@example.org,fr,\n"
)


def enlist(site: Site) -> None:
    table = site.folder / "people.csv"
    table.write_text(PEOPLE, encoding="utf-8")
    assert site.run("subscribers", "import", str(table)).exit_code == 0


def text_for(post_office: PostOffice, address: str) -> str:
    return body(opened(post_office.message_for(address)), "plain")


def html_for(post_office: PostOffice, address: str) -> str:
    return body(opened(post_office.message_for(address)), "html")


def test_each_reader_gets_the_words_of_their_language_where_it_is_offered(site: Site, post_office: PostOffice) -> None:
    configure(site, "[site]", '[site]\nlanguages = ["de", "ar"]')
    enlist(site)
    dry = site.run("send", "--dry-run", str(site.folder / "dry"))
    assert dry.exit_code == 0, dry.output
    assert site.run("send", "--yes").exit_code == 0
    assert "Abbestellen" in text_for(post_office, "da@example.org")
    assert "December" in text_for(post_office, "here@example.org")
    assert "Dezember" in text_for(post_office, "da@example.org")
    assert "Unsubscribe" in text_for(post_office, "la@example.org")
    assert 'dir="rtl"' in html_for(post_office, "huna@example.org")
    assert all("Tides" in text_for(post_office, address) for address in ("here@example.org", "huna@example.org"))
    frozen = site.run("preview", "--for", "da@example.org", "--out", str(site.folder / "out"), "--no-screenshots")
    assert frozen.exit_code == 0, frozen.output
    (shown,) = (site.folder / "out").glob("*.txt")
    assert "Abbestellen" in shown.read_text(encoding="utf-8")


def test_without_further_languages_nobody_is_spoken_to_in_another_one(site: Site, post_office: PostOffice) -> None:
    enlist(site)
    assert site.run("send", "--yes").exit_code == 0
    assert "Unsubscribe" in text_for(post_office, "da@example.org")


def test_a_language_that_nobody_knows_is_told_at_once(site: Site) -> None:
    configure(site, "[site]", '[site]\nlanguages = ["de", "klingonese"]')
    result = site.run("check")
    assert result.exit_code != 0
    assert "klingonese" in result.stderr + result.stdout
    assert "Traceback" not in result.output
