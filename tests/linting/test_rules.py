"""Each rule of the linter finds what it is for, and nothing in articles that are well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.linting import RULES, Finding, Level, lint, worst
from digest.model import Article, Fault, Image, Problem

NOW = datetime(2025, 12, 3, 7, tzinfo=UTC)
EXCERPT = "The night ferry is back since Monday, and this time it runs on batteries alone."
PAGE = (Path(__file__).parents[2] / "docs" / "linting.md").read_text(encoding="utf-8")


def article(number: int = 1, **values: Any) -> Article:
    usual = {
        "key": f"path:{number}.md",
        "path": f"posts/{number}.md",
        "title": f"Ferry number {number}",
        "published": NOW - timedelta(days=number % 30),
        "url": f"https://example.org/{number}",
        "category": "City",
        "excerpt": f"{number} of them. {EXCERPT}",
        "image": Image(url=f"https://example.org/{number}.jpg"),
        "minutes": 2,
        "language": "en",
    }
    return Article(**(usual | values))


def findings(
    articles: Sequence[Article], *problems: Problem, languages: tuple[str, ...] = ("en",)
) -> tuple[Finding, ...]:
    return lint(articles, problems, languages=languages, now=NOW)


def kinds(*articles: Article, **terms: Any) -> list[tuple[str, str]]:
    return [(finding.path, finding.rule.name) for finding in findings(articles, **terms)]


WELL = [article(number) for number in range(2, 40)]


def test_nothing_is_found_in_articles_that_are_well():
    assert kinds(*WELL) == []


@pytest.mark.parametrize(
    ("rule", "values"),
    [
        ("title-capitals", {"title": "THE FERRY IS BACK"}),
        ("title-cut", {"title": "The ferry is back, and the..."}),
        ("title-cut", {"title": "The ferry is back, and…"}),
        ("escaped-twice", {"title": "Fish &amp; Chips"}),
        ("escaped-twice", {"excerpt": f"It&#39;s back. {EXCERPT}"}),
        ("escaped-twice", {"author": "A&nbsp;B"}),
        ("no-excerpt", {"excerpt": ""}),
        ("nearly-empty", {"excerpt": "Soon.", "minutes": 0}),
        ("future", {"published": NOW + timedelta(days=1)}),
        ("foreign-language", {"language": "de"}),
        ("same-source", {"key": "path:7.md", "url": "https://example.org/7"}),
        ("same-page", {"url": "https://example.org/7"}),
        ("same-title", {"title": "Ferry: Number 7!"}),
        ("no-cover", {"image": None}),
        ("no-category", {"category": ""}),
        ("category-spelling", {"category": "CITY"}),
        ("category-once", {"category": "Gardens"}),
        (
            "refrain",
            {"title": "What everybody should know", "excerpt": f"Home City What everybody should know {EXCERPT}"},
        ),
    ],
)
def test_a_rule_finds_the_article_that_breaks_it(rule: str, values: dict[str, Any]):
    assert (("posts/1.md", rule)) in kinds(article(**values), *WELL) or ("posts/7.md", rule) in kinds(
        article(**values), *WELL
    )
    assert rule in {one.name for one in RULES}


@pytest.mark.parametrize(
    "values",
    [
        {"title": "NASA"},
        {"title": "NASA & ESA"},
        {"title": "AT&T and R&D"},
        {"language": "en-GB"},
        {"language": ""},
        {"published": NOW},
        {"excerpt": "Soon.", "minutes": 3},
    ],
)
def test_what_only_looks_like_a_fault_is_none(values: dict[str, Any]):
    assert kinds(article(**values), *WELL) == []


def test_with_a_digest_that_takes_all_languages_none_is_foreign():
    assert kinds(article(language="de"), languages=()) == []


def test_a_picture_on_very_many_articles_is_named_once():
    stock = Image(url="https://example.org/stock.jpg")
    found = findings([article(number, image=stock) for number in range(25)])
    assert [(one.rule.name, "25 articles" in one.what) for one in found] == [("stock-cover", True)]


def test_each_rare_spelling_of_a_category_is_named_once():
    rare = [article(101, category="Night-Life"), article(102, category="nightlife"), article(103, category="nightlife")]
    found = findings([*(article(number, category="Night Life") for number in range(5)), *rare])
    assert [one.path for one in found] == ["posts/101.md", "posts/102.md"]
    assert found[1].what == "2 times the category is 'nightlife', and 5 times 'Night Life'"


def test_where_few_have_a_cover_or_a_category_nobody_misses_it():
    assert kinds(*(article(number, image=None, category="") for number in range(15)), article(15)) == []


def test_a_translation_may_have_the_title_of_what_it_translates():
    assert kinds(article(1, title="Berlin"), article(2, title="Berlin", language="de"), languages=()) == []


def test_drafts_and_what_feeds_hold_are_not_judged():
    assert kinds(article(draft=True, title="TO BE WRITTEN YET"), article(2, path="", title="ALL IN CAPITALS")) == []


@pytest.mark.parametrize("fault", Fault)
def test_what_reading_found_has_a_kind_a_level_and_advice(fault: Fault):
    found = findings([], Problem("a.md", "is odd", "do this", 3, fault))[0]
    assert (found.place, found.what, found.advice) == ("a.md:3", "is odd", "do this")
    assert found.rule.advice
    assert (found.rule.level is Level.ERROR) is not Problem("a.md", "is odd", fault=fault).is_note


def test_errors_come_first_and_of_files_the_worst():
    problems = [
        Problem("b.md", "x", fault=Fault.PASSED_OVER),
        Problem("b.md", "x", line=4),
        Problem("c.md", "x", line=7),
        Problem("c.md", "x", line=2),
        Problem("a.md", "x", line=9),
    ]
    found = findings([article(title="THE FERRY IS BACK")], *problems)
    assert [one.place for one in found] == ["c.md:2", "c.md:7", "b.md:4", "a.md:9", "posts/1.md", "b.md"]


def test_the_worst_files_are_those_with_most_errors_then_warnings_then_notices():
    problems = [
        *(Problem("warned.md", "x", fault=Fault.CONTENT) for _ in range(9)),
        *(Problem("noted.md", "x", fault=Fault.PASSED_OVER) for _ in range(9)),
        Problem("a.md", "x"),
        Problem("b.md", "x"),
        Problem("b.md", "x", fault=Fault.CONTENT),
    ]
    ranked = worst(findings([], *problems))
    assert [path for path, _ in ranked] == ["b.md", "a.md", "warned.md", "noted.md"]
    assert ranked[0][1] == {Level.ERROR: 1, Level.WARNING: 1, Level.NOTICE: 0}


def test_the_page_has_every_rule_with_its_level_and_what_to_do():
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in PAGE.splitlines() if line.startswith("| `")
    ]
    assert [tuple(row) for row in rows] == [(f"`{rule.name}`", rule.level.value, rule.advice) for rule in RULES]


def test_no_two_rules_have_one_name():
    assert len({rule.name for rule in RULES}) == len(RULES)


@given(
    st.lists(
        st.builds(
            article,
            st.integers(0, 5),
            title=st.text(max_size=20),
            excerpt=st.text(max_size=60),
            category=st.text(max_size=6),
            language=st.text(max_size=4),
            url=st.sampled_from(["", "https://example.org/1"]),
        ),
        max_size=12,
    )
)
def test_no_articles_break_the_linter(articles: list[Article]):
    assert all(finding.path for finding in findings(articles))
