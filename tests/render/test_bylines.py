"""Whose an article is: named where it tells the articles of an edition apart, and as the site calls its feeds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.model import Article, Edition, Section, Selection
from digest.render import Renderer
from tests.render.conftest import KITCHENS, LIBRARY, TRAINS, WEEK, One


def by(*authors: str) -> Edition:
    written = [replace(KITCHENS, key=f"path:{n}.md", author=author) for n, author in enumerate(authors)]
    sections = (Section("one", "One", tuple(written[:1])), Section("rest", "Rest", tuple(written[1:])))
    return Edition("weekly", 12, "Fieldnotes Weekly", WEEK, sections)


def parts(renderer: Renderer, edition: Edition, *categories: str) -> tuple[str, str]:
    rendition = renderer.render(edition, Selection(frozenset(categories)))
    return rendition.html, rendition.text


def test_an_author_of_all_articles_is_named_at_none(renderer: Renderer):
    assert all("Newsroom" not in part for part in parts(renderer, by("Newsroom", "Newsroom", "Newsroom")))


@pytest.mark.parametrize(
    "authors",
    [("Newsroom", "City desk", "Newsroom"), ("Newsroom",), ("Newsroom", "", "", "")],
    ids=["two of them", "one article", "one article of several"],
)
def test_authors_that_tell_something_are_named(renderer: Renderer, authors: tuple[str, ...]):
    assert all("Newsroom" in part for part in parts(renderer, by(*authors)))


def test_articles_without_an_author_do_not_make_the_others_worth_telling_apart(renderer: Renderer):
    assert all("Newsroom" not in part for part in parts(renderer, by("Newsroom", "Newsroom", "")))


def test_who_chose_some_sections_reads_the_same_authors_there(renderer: Renderer):
    edition = by("City desk", "Newsroom", "Newsroom")
    assert all("Newsroom" in part for part in parts(renderer, edition, "rest"))


FEED = replace(LIBRARY, origin="Harbour Blog", source=LIBRARY.url)


@pytest.mark.parametrize(
    ("article", "said"),
    [
        (FEED, "Harbour Blog"),
        (replace(FEED, origin="https://example.com/feed.xml"), "example.org"),
        (replace(FEED, origin=""), "example.org"),
        (replace(FEED, source="https://elsewhere.example.com/story"), "elsewhere.example.com"),
        (replace(FEED, path="posts/library.md"), "example.org"),
    ],
    ids=["named", "not named", "of no source", "of another site's story", "of a folder"],
)
def test_an_article_of_a_feed_is_of_what_the_site_calls_it(renderer: Renderer, one: One, article: Article, said: str):
    edition = replace(one(), sections=(Section("cities", "Cities", (article, TRAINS)),))
    html, text = parts(renderer, edition)
    assert said in html
    assert said in text
    assert ("Harbour Blog" in html) is (said == "Harbour Blog")
