"""What tells the language of an article."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import Fault
from digest.sources import languages
from digest.sources.languages import of_folders, of_name, tag
from tests.sources.conftest import Content


@pytest.mark.parametrize(
    ("written", "is_meant"),
    [
        *(("de", "de"), ("pt-BR", "pt-br"), ("pt_BR", "pt-br"), ("zh-Hant-TW", "zh-hant-tw"), ("ckb", "ckb")),
        *(("en_US.UTF-8", "en-us"), ("English", "en"), ("german", "de"), (" fr ", "fr")),
        *(("deu", "de"), ("ger", "de"), ("eng-GB", "en-gb"), ("jp", "ja"), ("iw", "he"), ("English (US)", "en")),
        *(("Deutsch", "de"), ("fran\u00e7ais", "fr"), ("\u65e5\u672c\u8a9e", "ja"), ("und", ""), ("xx", "")),
        *(("python", ""), ("", ""), ("qq", ""), ("xx-yy", ""), ("de en", ""), ("i18n", "")),
    ],
)
def test_a_language_is_a_tag_a_locale_or_its_english_name(written: str, is_meant: str):
    assert tag(written) == is_meant


@given(st.text(max_size=20))
def test_no_text_is_more_than_no_language(text: str):
    assert tag(text).casefold() == tag(text)
    assert of_name(text).casefold() == of_name(text)


@pytest.mark.parametrize(
    ("stem", "language"),
    [
        *(("regatta.de", "de"), ("regatta.pt-br", "pt-br"), ("regatta.zh-Hans", "zh-hans"), ("index.ja", "ja")),
        *(("regatta", ""), ("de", ""), ("release-1.97.0", ""), ("vue.js", ""), ("next.io", ""), ("app.ts", "")),
    ],
)
def test_a_file_s_name_may_end_with_a_language(stem: str, language: str):
    assert of_name(stem) == language


def made(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).mkdir(parents=True)
    return root


def test_a_folder_among_languages_is_one(tmp_path: Path):
    made(tmp_path, "de/posts", "en/posts", "pt-br/posts", "images")
    assert of_folders(tmp_path, ("de", "posts")) == "de"
    assert of_folders(tmp_path, ("pt-br",)) == "pt-br"
    assert of_folders(tmp_path, ("images",)) == ""
    assert of_folders(tmp_path, ()) == ""


def test_a_language_may_lie_deeper(tmp_path: Path):
    made(tmp_path, "i18n/ja", "posts")
    assert of_folders(tmp_path, ("i18n", "ja", "2025")) == "ja"


def test_a_folder_among_categories_is_one_of_them(tmp_path: Path):
    made(tmp_path, "uk", "world", "sports", "it")
    assert of_folders(tmp_path, ("uk",)) == ""
    assert of_folders(tmp_path, ("it",)) == ""


def test_a_folder_that_cannot_be_looked_at_is_taken_at_its_word(tmp_path: Path):
    assert of_folders(tmp_path / "nowhere", ("de",)) == "de"


# --- of an article ---------------------------------------------------------------------------------------------------

PLAIN = "---\ntitle: T\ndate: 2025-12-03\n---\n"


def test_a_field_comes_before_the_name_before_the_folder_before_what_the_source_says(content: Content):
    made(content.root, "fr", "es")
    said = PLAIN.replace("title", "lang: de\ntitle")
    assert content.article(said, "fr/a.es.md", language="it").language == "de"
    assert content.article(PLAIN, "fr/a.es.md", language="it").language == "es"
    assert content.article(PLAIN, "fr/a.md", language="it").language == "fr"
    assert content.article(PLAIN, "a.md", language="it").language == "it"
    assert content.article(PLAIN, "a.md").language == ""


def test_two_languages_of_one_article_are_two_articles_and_have_two_pages(content: Content):
    settings = {"article_url": "https://example.org/{language}/{slug}", "language": "en"}
    found = [content.article(PLAIN, name, **settings) for name in ("regatta/index.md", "regatta/index.de.md")]
    assert [article.language for article in found] == ["en", "de"]
    assert [article.key for article in found] == ["path:regatta/index.md", "path:regatta/index.de.md"]
    assert [article.url for article in found] == ["https://example.org/regatta", "https://example.org/de/regatta"]


def test_a_language_that_is_none_is_told_and_costs_nothing(content: Content):
    article, problem = content.results(PLAIN.replace("title", "language: Klingonese\ntitle"), language="en")
    assert article.language == "en"
    assert (problem.fault, problem.line, problem.is_note) == (Fault.CONTENT, 2, True)


def test_a_language_that_is_left_open_on_purpose_is_not_even_noted(content: Content):
    assert content.article(PLAIN.replace("title", "lang: und\ntitle"), language="en").language == "en"


def test_a_name_that_ends_as_a_program_s_does_is_none_of_a_language(content: Content):
    for name in ("parse.pl.md", "learn.ml.md", "dr.no.md", "regatta.md", "ferry.md", "bridge.md", "tide.md"):
        content.write(name, PLAIN)
    assert content.article(PLAIN, "parse.pl.md").language == ""
    assert content.article(PLAIN, "dr.no.md").url == ""
    content.write("parse.md", PLAIN)
    assert languages.of_file(content.root / "parse.pl.md") == "pl"


def test_a_name_ends_with_a_language_where_another_one_lies_beside_it_or_most_do_so(content: Content):
    for name in ("a.de.md", "a.en.md", "notes.md", "more.md", "last.md"):
        content.write(name, PLAIN)
    assert content.article(PLAIN, "a.de.md").language == "de"
    for name in ("a.es.md", "b.es.md", "c.md"):
        content.write(f"most/{name}", PLAIN)
    assert content.article(PLAIN, "most/b.es.md").language == "es"
    assert content.article(PLAIN, "alone/index.fr.md").language == "fr"
