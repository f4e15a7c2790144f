"""From the fields of a file to an Article: what is taken for what, and what is told beside it."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.values import ARTICLE_PLACEHOLDERS
from digest.model import EXCERPT_MAXIMUM, Article, Fault
from digest.sources.fields import CONTAINERS, Field
from digest.sources.files import Folder
from digest.sources.pages import PAGE_FIELDS, linkless, titled
from digest.sources.reading import when
from tests.sources.conftest import Content


def day(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


# --- which -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line", "category"),
    [
        ("inside-city/story.md", "x: y", "Inside city"),
        ("posts/city/2025/story.md", "x: y", "City"),
        ("18f/story.md", "x: y", "18f"),
        ("city/story/index.md", "x: y", "City"),
        ("story/index.md", "x: y", ""),
        ("2025/12/story.md", "x: y", ""),
        ("2025-12-03-story/text.md", "x: y", ""),
        ("_drafts/story.md", "x: y", ""),
        ("de/story.md", "x: y", ""),
        ("city/story.md", "section: Harbour", "Harbour"),
        ("city/story.md", "type: post", "City"),
        ("city/story.md", "category: '<b></b>'\nkicker: R&amp;D", "R&D"),
    ],
)
def test_the_top_folder_is_the_category_of_what_names_none(content: Content, name: str, line: str, category: str):
    assert content.article(f"---\ntitle: T\ndate: 2025-12-03\n{line}\n---\n", name).category == category


def test_a_source_may_have_one_category_for_all_and_names_of_its_own(content: Content):
    assert content.fields("category: City", category="Press").category == "Press"
    assert content.fields("rubric: City\ncategory: x", names={"category": ("rubric",)}).category == "City"


@pytest.mark.parametrize(
    ("line", "draft", "hidden"),
    [
        ("draft: yes", True, False),
        ("published: 'false'", True, False),
        ("status: Draft", True, False),
        ("status: private", True, False),
        ("hidden: true", False, True),
        ("unlisted: true", False, True),
        ("status: hidden", False, True),
        ("_build:\n  list: never", False, True),
        ("build:\n  render: false", False, True),
        ("build:\n  list: always", False, False),
        ("draft: false\nhidden: no\nstatus: published", False, False),
    ],
)
def test_what_is_not_for_everybody(content: Content, line: str, *, draft: bool, hidden: bool):
    article = content.fields(line)
    assert (article.draft, article.hidden) == (draft, hidden)


@pytest.mark.parametrize("name", ["_drafts/story.md", "city/drafts/story.md"])
def test_what_lies_among_drafts_is_one(content: Content, name: str):
    assert content.article("---\ntitle: T\ndate: 2025-12-03\n---\n", name).draft


@pytest.mark.parametrize(
    ("line", "weight"), [("weight: 3", 3), ("order: -1.5", -1.5), ("weight: 0", None), ("weight: heavy", None)]
)
def test_a_weight_is_a_number_and_0_is_none(content: Content, line: str, weight: float | None):
    assert content.fields(line).weight == weight


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("by: City desk, Newsroom and Weather", "City desk, Newsroom and Weather"),
        ("by:\n - City desk, on behalf of all\n - Newsroom", "City desk, on behalf of all, Newsroom"),
        ("author: '[City desk](https://example.org/desk)'", "City desk"),
        ("author: City desk <desk@example.org>", "City desk"),
        ("params:\n  author: City desk", "City desk"),
    ],
)
def test_authors_are_names_and_nothing_else(content: Content, line: str, author: str):
    assert content.fields(line).author == author


@pytest.mark.parametrize("lines", ["author: false", "category: true", "excerpt: true\npreview: false", "series: no"])
def test_a_yes_or_no_is_no_text_to_show(content: Content, lines: str):
    article = content.fields(lines)
    assert (article.author, article.category, article.excerpt) == ("", "", "")


def test_an_excerpt_stays_as_long_as_it_is_until_it_is_cut_for_the_mail(content: Content):
    text = "One sentence about the harbour. " * 20
    assert content.fields(f"summary: {text}").excerpt == text.strip()
    assert len(content.fields(f"summary: {text * 9}").excerpt) <= EXCERPT_MAXIMUM


def test_an_excerpt_that_was_cut_goes_on_in_the_body_and_a_body_ends_where_the_article_says(content: Content):
    body = "The ferry left the old harbour at six. It ran on batteries.\n\n<!--end-->\n\nThe rest."
    article = content.fields("excerpt: The ferry left the old har...", body)
    assert article.excerpt.startswith("The ferry left the old harbour at six. It ran on batteries.")
    article = content.fields("excerpt_separator: <!--end-->", body)
    assert article.excerpt == "The ferry left the old harbour at six. It ran on batteries."


# --- where it leads --------------------------------------------------------------------------------------------------


def test_the_placeholders_of_the_configuration_are_those_that_are_filled():
    assert ARTICLE_PLACEHOLDERS == PAGE_FIELDS


@pytest.mark.parametrize(
    ("name", "pattern", "url"),
    [
        ("city/2025-12-03-regatta.md", "{slug}", "regatta"),
        ("city/2025-12-03-regatta.md", "{filename}.html", "2025-12-03-regatta.html"),
        ("city/2025-12-03-regatta.md", "{path}/", "city/2025-12-03-regatta/"),
        ("city/regatta/index.md", "{path}/", "city/regatta/"),
        ("city/été 1.md", "{path}", "city/%C3%A9t%C3%A9%201"),
        ("city/Old Town/Slow Trains.md", "{folders:lower}/{slug:lower}", "city/old-town/slow-trains"),
        ("city/Old Town/Slow Trains.md", "{folders}/{slug}", "city/Old%20Town/Slow%20Trains"),
        ("city/regatta/index.md", "p/{folders}/{slug}/", "p/city/regatta/"),
        ("regatta/index.md", "p/{folders}/{slug}/", "p/regatta/"),
        ("2025-12-03-regatta.md", "{slug_or_filename}", "2025-12-03-regatta"),
        ("city/2025-12-3-regatta/index.md", "{slug_or_dated}", "2025/12/3/city/regatta"),
        ("2025/12/03/regatta.md", "{slug_or_dated}", "2025/12/03/regatta"),
        ("city/regatta.md", "{slug_or_dated}", "city/regatta"),
        ("City/old/_posts/2025/2025-12-03-regatta.md", "{categories}/{slug}.html", "city/old/regatta.html"),
        ("story.md", "{title}/", "the-night-ferrys-back/"),
        ("story.md", "{slug_or_title}/", "the-night-ferrys-back/"),
        ("2025-12-03-regatta.md", "{categories}/{slug}.html", "regatta.html"),
        ("story.md", "{category}/{slug}", None),
    ],
)
def test_the_pattern_of_pages_has_the_parts_of_the_file(content: Content, name: str, pattern: str, url: str | None):
    text = "---\ntitle: The night ferry\u2019s back\ndate: 2025-12-03\n---\n"
    article = content.article(text, name, article_url=f"https://example.org/{pattern}")
    assert article.url == ("" if url is None else f"https://example.org/{url}")


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("permalink: /2025/ferry/", "https://example.org/blog/2025/ferry/"),
        ("permalink: 2025/ferry/index.html", "https://example.org/blog/2025/ferry/"),
        ("permalink: https://other.example.org/ferry", "https://other.example.org/ferry"),
        ("url: /ferry.html", "https://example.org/blog/ferry.html"),
        ("path: 2025/12/03/ferry-1.0", "https://example.org/blog/2025/12/03/ferry-1.0"),
        ("permalink: pretty", "https://example.org/p/story"),
        ("permalink: false", ""),
        ("path: content/story.md", "https://example.org/p/story"),
        ("path: ./a/b", "https://example.org/p/story"),
        ("permalink: /a/../../b", ""),
        ("slug: ../b", ""),
        ("slug: a/./b", ""),
    ],
)
def test_the_page_that_an_article_names_comes_before_the_pattern(content: Content, line: str, url: str):
    settings = {"site_url": "https://example.org/blog/", "article_url": "https://example.org/p/{slug}"}
    assert content.fields(line, **settings).url == url


@pytest.mark.parametrize("permalink", ["/:year/:title/", ":title", "/{{ title | slug }}/", "{{ slug }}.html"])
def test_a_page_that_only_the_generator_can_tell_is_none_and_noted(content: Content, permalink: str):
    text = f"---\ntitle: T\ndate: 2025-12-03\npermalink: '{permalink}'\n---\n"
    article, note = content.results(text, site_url="https://example.org", article_url="https://example.org/{slug}")
    assert isinstance(article, Article)
    assert article.url == ""
    assert (note.place, note.fault) == ("story.md:4", Fault.CONTENT)
    assert permalink in note.what


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        ("slug: Ferry", "ferry/Ferry/ferry/Ferry"),
        ("categories: Boats Big", "boats/big/story/a-story/story"),
        ("categories: [Boats, Old Town]\ncategory: City", "boats/old%20town/city/story/a-story/story"),
        ("category: City", "city/story/a-story/story"),
    ],
)
def test_an_article_s_own_slug_and_categories_are_in_its_page(content: Content, lines: str, url: str):
    pattern = "https://example.org/{categories}/{slug:lower}/{slug_or_title}/{slug_or_filename}"
    if lines.startswith("slug"):
        pattern = "https://example.org/{slug:lower}/{slug_or_title}/{slug:lower}/{slug_or_filename}"
    assert content.fields(lines, article_url=pattern).url == f"https://example.org/{url}"


@pytest.mark.parametrize(
    ("name", "spoken", "pattern", "url"),
    [
        ("regatta.md", "", "p/{slug}/", "p/regatta/"),
        ("regatta.de.md", "en", "p/{slug}/", None),
        ("regatta.de.md", "", "p/{path}/", None),
        ("regatta.de.md", "de-AT", "p/{slug}/", "p/regatta/"),
        ("regatta.pt-br.md", "pt", "p/{slug}/", None),
        ("regatta.de.md", "en", "{language}/p/{slug}/", "de/p/regatta/"),
        ("regatta.de.md", "de", "{language}/p/{slug}/", "p/regatta/"),
        ("de/regatta.md", "en", "p/{slug}/", None),
        ("de/regatta.md", "en", "p/{path}/", "p/de/regatta/"),
        ("de/regatta.md", "en", "p/{folders}/{slug}/", "p/de/regatta/"),
        ("de/regatta.md", "en", "{language}/p/{slug}/", "de/p/regatta/"),
    ],
)
def test_a_translation_has_no_page_that_is_the_original_s(
    content: Content, name: str, spoken: str, pattern: str, url: str | None
):
    content.write("regatta.md", "---\ntitle: The original\ndate: 2025-12-03\n---\n")
    text = "---\ntitle: A story\ndate: 2025-12-03\n---\n"
    article = content.article(text, name, article_url=f"https://example.org/{pattern}", spoken=spoken)
    assert article.url == ("" if url is None else f"https://example.org/{url}")


@pytest.mark.parametrize(
    ("title", "address"),
    [
        ("Leek & potato soup, three ways", "leek-potato-soup-three-ways"),
        ("Boats \u2014 old and new!", "boats-old-and-new"),
        ("R&D, don\u2019t self-made", "rd-dont-self-made"),
        ("\u00c9t\u00e9 au port", "\u00e9t\u00e9-au-port"),
        *((title, "") for title in ("Version 2.0", "and/or", "C++", "snake_case", "old\u2014new", "!?", "")),
    ],
)
def test_a_title_in_an_address_is_as_all_generators_have_it_or_not_there(title: str, address: str):
    assert titled(title) == address


def test_it_is_told_once_how_many_articles_link_nowhere():
    there, gone = (Article(key=url, title="T", published=day(2025, 12, 3), url=url) for url in ("https://e.org", ""))
    assert linkless([there] * 9 + [gone]) == ()
    assert [problem.what for problem in linkless([there, gone])] == ["1 of 2 articles links nowhere"]
    assert [problem.what for problem in linkless([gone] * 5)] == ["5 of 5 articles link nowhere"]
    assert linkless([]) == ()


def test_a_page_needs_no_pattern_and_an_address_of_another_host_is_a_source(content: Content):
    assert content.fields("permalink: /ferry/", site_url="https://example.org").url == "https://example.org/ferry/"
    assert content.fields("permalink: /ferry/").url == ""
    article = content.fields("url: https://news.example.com/ferry", site_url="https://example.org")
    assert article.source == article.url == "https://news.example.com/ferry"


# --- the whole ----------------------------------------------------------------------------------------------------------


def test_faults_of_every_kind_stand_beside_one_article_each_with_its_line(content: Content):
    lines = (
        "title: T",
        "date: 2025-12-03",
        "cover: gone.png",
        "link: ftp://x",
        "lang: zz",
        "updated: x",
        "expires: someday",
    )
    article, *problems = content.results("---\n{}\n---\n".format("\n".join(lines)))
    assert isinstance(article, Article)
    assert [(p.fault.name, p.line) for p in problems] == [
        *(("COVER", 4), ("SOURCE", 5), ("DATE", 7), ("CONTENT", 6), ("FRONT_MATTER", 8)),
    ]


def test_a_year_in_which_nobody_writes_is_a_problem_and_the_file_s_name_is_asked(content: Content):
    text = "---\ntitle: T\ndate: 2568-12-03\n---\n"
    problem = content.problem(text)
    assert (problem.fault, problem.line) == (Fault.DATE, 3)
    assert "is that right?" in problem.what
    article, _ = content.results(text, "2025-12-03-story.md")
    assert isinstance(article, Article)
    assert article.published.year == 2025


NAMES = st.sampled_from([*(name for field in Field for name in field.value), *CONTAINERS, "pagination", "x"])
SCALARS = st.one_of(
    *(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=20)),
    st.sampled_from(
        ["2025-12-03", "03/12/2025", "99999999999", "/a/b", "https://[", "//", "de", "*.png", "~/", "{{a}}"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(NAMES, VALUES, max_size=12), st.sampled_from(["a.md", "de/2025/12/03/a.pt-br.mdx", "x/index.md"])
)
def test_whatever_the_fields_hold_something_is_said_of_the_file(fields: dict[str, Any], name: str):
    folder = Folder(
        Path("/nowhere"), ZoneInfo("Pacific/Apia"), "https://example.org", "https://example.org/{title}/{path}"
    )
    results = list(folder.parse(folder.root / name, json.dumps({"title": "T"} | fields, indent=1).encode()))
    assert results
    assert all("\n" not in str(result) for result in results)
    assert sum(isinstance(result, Article) for result in results) <= 1


def test_reading_when_opens_no_other_file(
    content: Content, picture: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
):
    picture(content.root / "a.png")
    path = content.write("story.md", "---\ntitle: T\ndate: 2025-12-03\ncover: a.png\n---\n")
    beginning = path.read_bytes()

    def refuse(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("digest.sources.covers._size", refuse)
    monkeypatch.setattr("digest.sources.reading.opening", refuse)
    assert when(content.folder(), path, "story.md", beginning) == day(2025, 12, 2, 23)
