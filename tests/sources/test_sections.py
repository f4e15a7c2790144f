"""What a section says of all its pages holds these back, in the folder and below."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.model import Article, Problem
from digest.sources.listing import listing
from digest.store.database import Database
from tests.sources.conftest import Content
from tests.sources.indexing import Site, story
from tests.sources.test_drafts import DOUBTED

TEXT = "---\ntitle: T\ndate: 2025-12-03\n---\nWords.\n"


def standing(content: Content, text: str = TEXT, name: str = "news/2025/story.md") -> tuple[bool, bool, bool]:
    """Whether it is a draft, whether it is hidden, and whether that is doubted."""
    results = content.results(text, name)
    (article,) = (found for found in results if isinstance(found, Article))
    doubted = any(not isinstance(found, Article) and found.what.startswith(DOUBTED) for found in results)
    return article.draft, article.hidden, doubted


@pytest.mark.parametrize(
    ("name", "said", "draft", "hidden"),
    [
        ("news/_index.md", "---\ncascade: {draft: true}\n---\n", True, False),
        ("_index.md", "+++\n[cascade]\nDraft = true\n+++\n", True, False),
        ("news/2025/_index.html", "---\ncascade:\n  build:\n    list: never\n---\n", False, True),
        ("news/_index.md", "---\ncascade:\n- params: {draft: true}\n---\n", True, False),
        ("news/_index.md", "+++\n[[cascade]]\ndraft = true\n[cascade.target]\nkind = 'page'\n+++\n", True, False),
        ("news/_index.md", "---\ncascade: {draft: true, _target: {kind: section}}\n---\n", False, False),
        ("news/_index.md", "---\ncascade: {draft: true, target: {path: /news/2025/**}}\n---\n", True, False),
        ("news/_index.md", "---\ncascade: {draft: true, target: {path: '{/news,/x}/**'}}\n---\n", True, False),
        ("news/_index.md", "---\ncascade: {draft: true, target: {path: /news/2024/**}}\n---\n", False, False),
        ("news/_index.md", "---\ntitle: News\ndraft: true\ndate: 2020-01-01\n---\n", False, False),
        ("news/_index.md", "---\ntitle: News\nstatus: draft\nauthor: Desk\n---\n", False, False),
        ("other/_index.md", "---\ncascade: {draft: true}\n---\n", False, False),
        ("news/_metadata.yml", "draft: true\n", True, False),
        ("news/_metadata.yml", "author: Desk\n", False, False),
    ],
)
def test_a_section_may_hold_back_all_that_is_in_it(
    content: Content, name: str, said: str, *, draft: bool, hidden: bool
) -> None:
    content.write(name, said)
    assert standing(content) == (draft, hidden, False)


def test_a_section_that_is_a_draft_may_be_one_of_a_generator_that_leaves_all_of_it_out(content: Content) -> None:
    content.write("news/_index.md", "+++\ntitle = 'News'\ndraft = true\n+++\n")
    assert standing(content) == (True, False, True)
    assert standing(content, TEXT.replace("---\nWords", "draft: false\n---\nWords")) == (False, False, False)


def test_an_article_says_more_of_itself_than_its_section_and_a_near_section_more_than_one_above(
    content: Content,
) -> None:
    content.write("_index.md", "---\ncascade: {draft: true}\n---\n")
    assert standing(content, TEXT.replace("title", "draft: false\ntitle")) == (False, False, False)
    content.write("news/_index.md", "---\ncascade: {draft: false}\n---\n")
    assert standing(content) == (False, False, False)
    assert standing(content, name="other/story.md") == (True, False, False)


def test_a_section_says_nothing_else_of_its_articles(content: Content) -> None:
    content.write("news/_index.md", "---\ncascade: {author: Desk, category: Sea, layout: list, tags: [a]}\n---\n")
    article = content.article(TEXT, "news/story.md")
    assert (article.author, article.category, article.tags) == ("", "News", ())


def test_a_section_that_cannot_be_read_may_say_that_its_articles_are_drafts(content: Content) -> None:
    content.write("news/_index.md", f"---\ntitle: T\nx: {'[' * 2_000}\n---\n")
    assert standing(content) == (True, False, True)


def test_a_section_that_changes_changes_the_stamps_of_all_that_is_in_it(content: Content) -> None:
    for name in ("news/story.md", "news/2025/story.md", "other/story.md"):
        content.write(name, TEXT)
    before = listing(content.root).files
    content.write("news/_index.md", "---\ncascade: {publishDate: 2099-01-01}\n---\n")
    after = listing(content.root).files
    assert {name for name in before if before[name] != after[name]} == {"news/story.md", "news/2025/story.md"}


@pytest.mark.parametrize(
    "said", ["publishDate: 2099-01-01", "pubDate: 2025-01-01", "published: 2099-01-01", "params: {published: soon}"]
)
@pytest.mark.parametrize("name", ["_index.md", "_metadata.yml"])
def test_a_section_that_says_when_its_articles_appear_makes_drafts_of_them_and_changes_no_date(
    content: Content, name: str, said: str
) -> None:
    content.write(f"news/{name}", f"---\ncascade: {{{said}}}\n---\n" if name == "_index.md" else said)
    article, doubt = content.results(TEXT, "news/story.md")
    assert isinstance(article, Article)
    assert isinstance(doubt, Problem)
    assert (article.draft, article.published) == (True, datetime(2025, 12, 2, 23, tzinfo=UTC))
    assert name in doubt.what


def test_what_a_section_says_is_known_though_its_articles_are_known_at_a_glance(tmp_path: Path) -> None:
    site = Site(tmp_path / "posts", Database("sqlite://"))
    site.write("news/story.md", story())
    assert [found.draft for found in site.read() if isinstance(found, Article)] == [False]
    site.write("news/_index.md", "---\ncascade: {draft: true}\n---\n")
    assert not listing(site.root).accompanied
    assert [found.draft for found in site.read() if isinstance(found, Article)] == [True]
