"""Which tags mean one language, and what a digest that takes some of them does with the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.compose import lost, otherwise_good
from digest.model import Article, is_read, primary
from tests.core.composed import PLAIN, article, composed, verdict


@pytest.mark.parametrize(
    ("one", "other"),
    [
        *[("no", "nb"), ("nn", "nb-NO"), ("zh-Hans", "zh-cn"), ("zh_TW", "zh-Hant"), ("iw", "he"), ("in", "id-ID")],
        *[("de", "de-AT"), ("DE", "de"), ("pt_BR", "pt"), ("sr-Latn", "sh"), ("tl", "fil"), (" en ", "en")],
    ],
)
def test_tags_of_one_language_are_the_same(one: str, other: str):
    assert primary(one) == primary(other)


@pytest.mark.parametrize(("one", "other"), [("de", "da"), ("no", "sv"), ("en", "de"), ("in", "it"), ("fi", "fil")])
def test_other_languages_stay_apart(one: str, other: str):
    assert primary(one) != primary(other)


@given(st.text(max_size=20))
def test_any_text_is_of_the_same_language_as_itself(tag: str):
    assert is_read(tag, [tag])
    assert primary(primary(tag)) == primary(tag)


@pytest.mark.parametrize(
    ("tag", "languages", "read"),
    [("de", [], True), ("", ["en"], True), ("de", ["en", "de"], True), ("de", ["en"], False), ("no", ["nb"], True)],
)
def test_who_names_no_language_reads_all(tag: str, languages: list[str], read: bool):
    assert is_read(tag, languages) is read


def test_an_article_in_another_tag_of_the_language_is_taken():
    rules = replace(PLAIN, languages=("nb",))
    composition = composed(article("fjord", language="no"), article("bay", language="da"), rules=rules)
    assert verdict(composition, "fjord.md").included
    assert verdict(composition, "bay.md").reason == "in another language (da)"
    assert [one.path for one in otherwise_good(composition.verdicts)] == ["fjord.md", "bay.md"]


def test_what_is_out_for_another_reason_is_not_lost_to_its_language():
    rules = replace(PLAIN, languages=("en",))
    composition = composed(article("draft", language="de", draft=True), rules=rules)
    assert otherwise_good(composition.verdicts) == ()


def articles(*tags: str) -> list[Article]:
    return [article(str(number), language=tag) for number, tag in enumerate(tags)]


def test_when_most_articles_are_in_languages_that_nobody_takes_it_is_told():
    [told] = lost(articles("de", "de", "fr", "en"), ["en"], "weekly")
    assert told.where == "digests.weekly.languages"
    assert told.what == "3 of 4 articles are in de and fr, and no digest takes that"
    assert told.hint == "only en is taken: name the languages in it, or [] for all"


@pytest.mark.parametrize(
    ("tags", "languages"),
    [((), ["en"]), (("de", "en"), ["en"]), (("de", "de"), []), (("", ""), ["en"]), (("en-GB", "en"), ["en"])],
)
def test_when_most_are_taken_nothing_is_told(tags: tuple[str, ...], languages: list[str]):
    assert lost(articles(*tags), languages, "weekly") == ()


# --- one article in several languages ------------------------------------------------------------------------------

BOTH = replace(PLAIN, languages=("en", "de"))
GERMAN_FIRST = replace(PLAIN, languages=("de-AT", "en"))


def told(path: str, language: str, **fields: object) -> Article:
    named = {"path": path, "key": f"path:{path}", "title": path.replace(".", " ")}
    return article(path, language=language, **named | fields)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        (told("p/regatta.md", ""), told("p/regatta.de.md", "de")),
        (told("p/regatta.en.md", "en"), told("p/regatta.de.md", "de")),
        (told("p/en/regatta.md", "en"), told("p/de/regatta.md", "de")),
        (told("regatta.md", "en"), told("de/regatta.md", "de")),
        (told("p/regatta/index.md", ""), told("p/regatta/index.de_AT.md", "de-at")),
        (told("en/2025/x.html", "en-gb"), told("de/2025/x.html", "de-de")),
    ],
)
def test_translations_are_one_story_in_the_language_that_is_named_first(english: Article, german: Article):
    german = replace(german, excerpt="Longer than the other one.", source="https://example.org/quelle")
    assert composed(german, english, rules=BOTH).edition.articles == (english,)
    assert composed(english, german, rules=GERMAN_FIRST).edition.articles == (german,)
    out = verdict(composed(german, english, rules=BOTH), german.path)
    assert out.reason == f"same story as {english.title} ({english.path})"
    assert out.considered


def test_where_no_language_is_named_the_one_that_says_none_stays():
    plain = told("regatta.md", "")
    german = told("regatta.de.md", "de", excerpt="Longer than the other one.")
    assert composed(german, plain).edition.articles == (plain,)


def test_the_pinned_translation_stays():
    pinned = told("regatta.de.md", "de", pinned=True)
    assert composed(told("regatta.md", "en"), pinned, rules=BOTH).edition.articles == (pinned,)


def test_a_translation_that_no_reader_of_the_digest_takes_keeps_nothing_out():
    german = told("regatta.de.md", "de")
    rules = replace(PLAIN, languages=("de",))
    assert composed(told("regatta.en.md", "en"), german, rules=rules).edition.articles == (german,)


def test_a_translation_that_comes_a_week_later_is_told_already():
    first = told("regatta.md", "en", day=-3)
    later = told("regatta.de.md", "de")
    composition = composed(first, later, rules=BOTH, placed={"regatta.md": "weekly/2025-W48"})
    assert composition.edition.articles == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (told("script.pl.md", ""), told("script.md", "")),
        (told("it/servers.md", "en"), told("servers.md", "en")),
        (told("a/regatta.md", "en"), told("b/regatta.de.md", "de")),
        (told("de/regatta.md", "de"), told("de/regatta-2.md", "de")),
        (told("", "de", title="Eins", key="1"), told("", "en", title="Two", key="2")),
    ],
)
def test_other_articles_are_no_translations(one: Article, other: Article):
    assert len(composed(one, other, rules=BOTH).edition.articles) == 2
