"""Fields that stand beside an article, in a file of their own."""

import json
import os
from pathlib import Path

import pytest

from digest.model import Article, Fault, Problem
from tests.sources.conftest import Content

BARE = "Text of the body.\n"


def article_beside(content: Content, name: str, text: str, article: str = "story.md", body: str = BARE) -> Article:
    content.write(name, text)
    return content.article(body, article)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("story.yaml", "title: Beside\ndate: 2025-12-03\ncategory: City"),
        ("story.yml", "---\ntitle: Beside\ndate: 2025-12-03\ncategory: City\n"),
        ("story.toml", "title = 'Beside'\ndate = 2025-12-03\ncategory = 'City'"),
        ("story.json", '\ufeff{"title": "Beside", "date": "2025-12-03", "category": "City"}'),
        ("story.11tydata.json", '{"title": "Beside", "date": "2025-12-03", "category": "City"}'),
        ("story.meta", ".. title: Beside\n.. date: 2025-12-03\n.. category: City\n"),
    ],
)
def test_an_article_may_have_its_fields_in_a_file_beside_it(content: Content, name: str, text: str):
    article = article_beside(content, name, text)
    assert (article.title, article.category) == ("Beside", "City")
    assert article.excerpt == "Text of the body."


def test_an_articles_own_fields_win(content: Content):
    own = "---\ntitle: Own\nDate: 2025-12-03\n---\n"
    article = article_beside(content, "story.yaml", "title: Beside\ndate: 2020-01-01\nauthor: Desk", body=own)
    assert (article.title, article.published.year, article.author) == ("Own", 2025, "Desk")


@pytest.mark.parametrize("name", ["meta.json", "meta.yaml"])
def test_an_index_may_have_its_fields_in_a_meta_file(content: Content, name: str):
    text = json.dumps({"title": "Beside", "date": "2025-12-03"})
    assert article_beside(content, f"ferry/{name}", text, "ferry/index.md").title == "Beside"
    assert [type(found) for found in content.results(BARE, "ferry/other.md")] == [Problem]


def test_a_folder_may_have_fields_for_all_that_is_in_it_and_the_nearer_one_wins(content: Content):
    content.write("posts.json", '{"author": "All", "category": "All", "tags": ["all"]}')
    content.write("town/town.11tydata.json", '{"category": "Town", "tags": ["town"]}')
    content.write("town/deep/deep.json", '{"tags": ["deep"]}')
    article = content.article("---\ntitle: T\ndate: 2025-12-03\n---\n", "town/deep/story.md")
    assert (article.author, article.category, article.tags) == ("All", "Town", ("deep",))


def test_what_is_above_the_source_is_none_of_its_business(content: Content):
    (content.root.parent / f"{content.root.parent.name}.json").write_text('{"author": "Above"}')
    assert content.article("---\ntitle: T\ndate: 2025-12-03\n---\n").author == ""


@pytest.mark.parametrize(
    ("name", "text", "place", "what"),
    [
        ("story.json", '{"title":\n "T",,}', "story.json:2", "cannot be read: Expecting property name"),
        ("story.json", '{"layout": "post", "draft": true,}', "story.json:1", "cannot be read: Expecting property name"),
        ("story.yaml", "- a\n", "story.yaml", "cannot be read: it holds no fields"),
        ("story.yaml", "title: T\n" * 50_000 + "draft: true", "story.yaml", "longer than 256 KB"),
        ("posts.json", "{", "posts.json:1", "cannot be read"),
    ],
)
def test_a_sidecar_that_cannot_be_read_is_named_and_makes_a_draft_of_its_article(
    content: Content, name: str, text: str, place: str, what: str
):
    content.write(name, text)
    problem, article, doubt = content.results("---\ntitle: T\ndate: 2025-12-03\n---\n")
    assert isinstance(article, Article)
    assert article.draft
    assert (problem.place, problem.fault) == (place, Fault.FRONT_MATTER)
    assert what in problem.what
    assert doubt.where == "story.md"


def test_a_bad_line_of_a_sidecar_is_named_and_costs_no_article(content: Content):
    content.write("story.yaml", "author: A: b\n")
    problem, article = content.results("---\ntitle: T\ndate: 2025-12-03\n---\n")
    assert (problem.place, problem.fault) == ("story.yaml:1", Fault.FRONT_MATTER)
    assert "its value was taken as it stands" in problem.what
    assert (article.author, article.draft) == ("A: b", False)


def test_a_list_beside_an_article_is_data_of_something_else(content: Content):
    assert article_beside(content, "story.json", "[1, 2]", body="---\ntitle: T\ndate: 2025-12-03\n---\n").title == "T"


def test_what_is_no_file_is_not_waited_for(content: Content):
    os.mkfifo(content.root / "story.yaml")
    (content.root / "story.toml").symlink_to("nowhere")
    problem, article, _ = content.results("---\ntitle: T\ndate: 2025-12-03\n---\n")
    assert isinstance(article, Article)
    assert article.draft
    assert problem.where == "story.toml"


def test_a_sidecar_that_comes_or_changes_later_is_seen(content: Content):
    text = "---\ntitle: T\ndate: 2025-12-03\n---\n"
    assert content.article(text).author == ""
    sidecar: Path = content.write("story.yaml", "author: Desk")
    assert content.article(text).author == "Desk"
    content.write("story.yaml", "author: Newsroom")
    assert content.article(text).author == "Newsroom"
    sidecar.unlink()
    assert content.article(text).author == ""
