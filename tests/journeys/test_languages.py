"""Readers who chose another of the site's languages get its words, dates and direction; articles stay as they are."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import PostOffice, Site, article
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


# --- articles in other languages


def in_german(site: Site) -> None:
    for title in ("Cranes", "Ferries", "Tides", "Wages"):
        site.write(f"{title.lower()}.md", article(title, "2025-12-02", lang="de"))


def test_a_language_that_nobody_wrote_keeps_no_article_out(site: Site) -> None:
    in_german(site)
    assert len(site.lines("articles")) == 4
    assert all(one["in"] for one in site.lines("articles"))
    assert "digests.weekly.languages" not in site.run("preview").stderr


@pytest.mark.parametrize("place", ["file", "environment"])
def test_where_the_language_is_written_the_articles_in_another_one_are_out_and_it_is_told(
    site: Site, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_german(site)
    site.write("gulls.md", article("Gulls", "2025-12-03"))
    if place == "file":
        configure(site, "[site]", '[site]\nlanguage = "en"')
    else:
        monkeypatch.setenv("DIGEST_SITE__LANGUAGE", "en")
    said = "4 of 5 articles are in de, and no digest takes that"
    assert [one["title"] for one in site.lines("articles") if one["in"]] == ["Gulls"]
    for command in ("preview", "send"):
        result = site.run(command, *(["--yes"] if command == "send" else []))
        assert f"problem: digests.weekly.languages: {said} (only en is taken: " in result.stderr
    check = site.run("check")
    assert "warn  articles: " in check.stdout
    assert said in check.stdout
    assert "digests.weekly.languages: only en is taken" in check.stdout


def test_a_digest_may_take_all_languages_whatever_that_of_the_site_is(site: Site) -> None:
    in_german(site)
    configure(site, "[site]", '[site]\nlanguage = "en"')
    configure(site, "[digests.weekly]", "[digests.weekly]\nlanguages = []")
    assert all(one["in"] for one in site.lines("articles"))


def test_what_another_digest_takes_is_not_missed(site: Site) -> None:
    in_german(site)
    sender = '"Quay News <weekly@quay.example.org>"'
    german = f"[digests.woche]\nfrom = {sender}\nlanguages = ['de']\n[digests.weekly]\nlanguages = ['en']"
    configure(site, "[digests.weekly]", german)
    assert "languages" not in site.run("articles", "--digest", "weekly").stderr
