"""A folder of articles, with the traps that real ones hold; each on a real file."""

import itertools
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.errors import SourceError
from digest.model import Article, Problem
from digest.sources.files import FILE_MAXIMUM, Folder
from digest.sources.listing import NO_FILE
from digest.sources.reading import LinkTo
from tests.sources.conftest import Content

WHOLE = """---
title: >-
  Council's plan for the harbour is folded over
  two lines
date: '2025-12-03'
excerpt: >-
  The first sentence. The second one stands
  on another line.
coverImage: >-
  https://images.example.org/harbour?w=400&h=200&fit=crop&copy=2
author: City desk
tags:
  - Harbour
  - City
  - Budget
category: City
source: https://www.example.com/news/harbour?utm_source=feed&id=7&copy=2
readTime: 4
---
<p>The body.</p>
"""


def test_an_article_of_the_usual_kind_is_read_whole(content: Content):
    article = content.article(WHOLE)
    assert article.title == "Council's plan for the harbour is folded over two lines"
    assert article.published == datetime(2025, 12, 2, 23, tzinfo=UTC)
    assert article.excerpt == "The first sentence. The second one stands on another line."
    assert article.author == "City desk"
    assert article.category == "City"
    assert article.path == "story.md"
    assert not article.draft
    assert not article.pinned


def test_a_category_that_repeats_among_the_tags_is_dropped_from_them(content: Content):
    assert content.article(WHOLE).tags == ("Harbour", "Budget")
    assert content.fields("category: AI\ntags: [ai, Robots, robots, '']").tags == ("Robots",)


def test_urls_keep_their_query_byte_for_byte(content: Content):
    article = content.article(WHOLE)
    assert article.image.url == "https://images.example.org/harbour?w=400&h=200&fit=crop&copy=2"
    assert article.source == "https://www.example.com/news/harbour?utm_source=feed&id=7&copy=2"


def test_the_key_of_a_sourced_article_has_no_tracking_in_it(content: Content):
    assert content.article(WHOLE).key == "example.com/news/harbour?id=7&copy=2"


def test_the_key_of_an_article_of_ones_own_is_its_path(content: Content):
    assert content.article("---\ntitle: T\ndate: 2025-12-03\n---", "2025/été.md").key == "path:2025/été.md"


def test_a_name_in_pieces_and_a_composed_one_give_the_same_key(content: Content):
    assert content.article("---\ntitle: T\ndate: 2025-12-03\n---", "e\u0301te\u0301.md").key == "path:été.md"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Amazon&#39;s deal", "Amazon's deal"),
        ("It&#8217;s&nbsp;here", "It’s here"),
        ("AT&amp;amp;T", "AT&amp;T"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("The &lt;b&gt; element", "The <b> element"),
        ("'&amp;lt;b&amp;gt;'", "&lt;b&gt;"),
        ("<em>New</em> &amp; old", "New & old"),
        ("Sorting a List<String>", "Sorting a List<String>"),
        ("When a < b", "When a < b"),
        ("a<br>b", "a b"),
        ("Cafe\u0301", "Café"),
        ("safe\u202eexe.gpj", "safeexe.gpj"),
        ("one\u2028two\u0085three", "one two three"),
        ("2025", "2025"),
        ("010", "010"),
        ("1.10", "1.10"),
        ("12:30", "12:30"),
        ("true", "true"),
        ("No", "No"),
        ("'# Not a comment'", "# Not a comment"),
        ("<script>alert(1)</script>Quiet", "Quiet"),
        ("می\u200cخواهم", "می\u200cخواهم"),
    ],
)
def test_a_title_is_plain_text_with_its_entities_decoded_once(content: Content, written: str, shown: str):
    assert content.article(f"---\ntitle: {written}\ndate: 2025-12-03\n---\n").title == shown


def test_every_text_field_is_decoded_once(content: Content):
    article = content.fields(
        "excerpt: Q&amp;A &#39;live&#39;\nauthor: A&amp;B desk\ncategory: R&amp;D\ntags: [M&amp;A, '&lt;b&gt;']"
    )
    assert article.excerpt == "Q&A 'live'"
    assert article.author == "A&B desk"
    assert article.category == "R&D"
    assert article.tags == ("M&A", "<b>")


def test_a_very_long_title_is_cut_at_a_word(content: Content):
    title = content.article(f"---\ntitle: {'word ' * 500}\ndate: 2025-12-03\n---\n").title
    assert len(title) <= 300
    assert title.endswith("word…")


@pytest.mark.parametrize("nothing", ["title:", "title: ''", "title: null", "title: ~", "title: '<b></b>'", "other: x"])
def test_without_a_title_the_first_heading_is_the_title(content: Content, nothing: str):
    body = "```\n# a comment\n```\n\n# Harbour & city\n\nText."
    assert content.article(f"---\n{nothing}\ndate: 2025-12-03\n---\n{body}").title == "Harbour & city"


def test_without_a_title_and_a_heading_there_is_a_problem(content: Content):
    problem = content.problem("---\ndate: 2025-12-03\n---\nText.")
    assert (problem.where, problem.what) == ("story.md", "has no title")


def test_without_a_date_there_is_a_problem_and_never_today(content: Content):
    problem = content.problem("---\ntitle: T\n---\n")
    assert problem.what == "has no date"
    assert "date: 2025" in problem.hint


@pytest.mark.parametrize("name", ["2025-12-03-harbour.md", "2025-12-03-harbour/index.md"])
def test_the_date_may_stand_at_the_start_of_the_name(content: Content, name: str):
    article = content.article("---\ntitle: T\n---\n", name, article_url="https://example.org/{year}/{month}/{slug}")
    assert article.published == datetime(2025, 12, 2, 23, tzinfo=UTC)
    assert article.url == "https://example.org/2025/12/harbour"


def test_an_impossible_date_is_a_problem_with_its_line(content: Content):
    problem = content.problem("\n---\ntitle: T\ndate: 2025-02-31\n---\n")
    assert problem.place == "story.md:4"
    assert "2025-02-31" in problem.what


def test_published_may_be_a_date_or_a_switch(content: Content):
    assert content.article("---\ntitle: T\npublished: 2025-12-03\n---").published == datetime(
        2025, 12, 2, 23, tzinfo=UTC
    )
    assert content.fields("published: false").draft
    assert not content.fields("published: true").draft


@pytest.mark.parametrize("line", ["draft: true", "draft: 'yes'", "Draft: True", "published: 'false'", "status: Draft"])
def test_drafts_are_marked(content: Content, line: str):
    assert content.fields(line).draft


@pytest.mark.parametrize(
    ("line", "minutes"),
    [
        ("readTime: 5", 5),
        ("reading_time: 12 min read", 12),
        ("timeToRead: ~", 0),
        ("readTime: soon", 0),
        ("readTime: 12345", 0),
    ],
)
def test_reading_time_is_taken_from_the_fields(content: Content, line: str, minutes: int):
    assert content.fields(line).minutes == minutes


@pytest.mark.parametrize("line", ["pin: true", "pinned: yes", "featured: 'true'"])
def test_pinned_articles_are_marked(content: Content, line: str):
    assert content.fields(line).pinned


@pytest.mark.parametrize(
    ("line", "author"),
    [
        ("author: [City desk, Newsroom]", "City desk, Newsroom"),
        ("author: {name: City desk, url: https://example.org}", "City desk"),
        ("authors:\n  - name: City desk\n  - Newsroom", "City desk, Newsroom"),
        ("author: []", ""),
        ("author:", ""),
    ],
)
def test_an_author_may_be_text_a_list_or_an_object(content: Content, line: str, author: str):
    assert content.fields(line).author == author


@pytest.mark.parametrize(
    ("line", "category", "tags"),
    [
        ("category: General AI", "General AI", ()),
        ("categories: [City, Sports]", "City", ()),
        ("categories: City, Sports\ntags: Harbour, Boats", "City", ("Harbour", "Boats")),
        ("category: Food, drink", "Food, drink", ()),
        ("Categories:\n  - City\ntags: [1984, true, [nested]]", "City", ("1984", "true")),
        ("category:", "", ()),
    ],
)
def test_category_and_tags_in_their_several_forms(content: Content, line: str, category: str, tags: tuple[str, ...]):
    article = content.fields(line)
    assert (article.category, article.tags) == (category, tags)


def test_field_names_are_compared_without_case_hyphen_and_underscore(content: Content):
    article = content.article("---\nTITLE: T\nPub-Date: 2025-12-03\ncover_image: https://example.org/a.png\n---")
    assert article.title == "T"
    assert article.image.url == "https://example.org/a.png"


# --- where a reader is taken -----------------------------------------------------------------------------------------

SOURCED = "---\ntitle: T\ndate: 2025-12-03\ncategory: General AI\nsource: https://news.example.com/a\n---\n"
OWN = "---\ntitle: T\ndate: 2025-12-03\nslug: /blog/Über uns/\n---\n"
PATTERN = "https://example.org/{category}/{year}/{month}/{day}/{slug}/"


def test_a_reader_is_taken_to_the_source_when_the_site_has_no_pattern(content: Content):
    assert content.article(SOURCED).url == "https://news.example.com/a"
    assert content.article(OWN).url == ""


def test_a_reader_is_taken_to_the_page_when_the_site_has_a_pattern(content: Content):
    article = content.article(SOURCED, article_url=PATTERN)
    assert article.url == "https://example.org/general-ai/2025/12/03/story/"
    assert article.source == "https://news.example.com/a"


def test_a_preferred_source_gives_way_to_the_page_where_there_is_none(content: Content):
    settings = {"article_url": "https://example.org/{slug}", "prefer": LinkTo.SOURCE}
    assert content.article(SOURCED, **settings).url == "https://news.example.com/a"
    assert content.article(OWN, **settings).url == "https://example.org/blog/%C3%9Cber%20uns"


def test_an_article_that_lacks_what_the_pattern_needs_has_no_page(content: Content):
    assert content.article(OWN, article_url=PATTERN).url == ""


def test_a_slug_cannot_reach_into_the_pattern(content: Content):
    article = content.fields("slug: '{year}?x=1#y'", article_url="https://example.org/{slug}")
    assert article.url == "https://example.org/%7Byear%7D%3Fx%3D1%23y"


@pytest.mark.parametrize("source", ["Reuters", "''", "~", "/posts/local", "'news: x'"])
def test_a_source_that_is_only_a_name_is_none_and_no_fault(content: Content, source: str):
    assert content.fields(f"source: {source}").source == ""


@pytest.mark.parametrize("source", ["javascript:alert(1)", "ftp://example.org/a", "https://user@example.org/", "//"])
def test_a_source_that_may_not_stand_in_a_mail_is_a_problem_beside_the_article(content: Content, source: str):
    article, problem = content.results(f"---\ntitle: T\ndate: 2025-12-03\nsource: '{source}'\n---\n")
    assert isinstance(article, Article)
    assert (article.source, article.url) == ("", "")
    assert problem.place == "story.md:4"


def test_a_source_may_be_an_object(content: Content):
    assert content.fields("source: {name: A paper, url: https://example.com/a}").source == "https://example.com/a"


# --- the folder -------------------------------------------------------------------------------------------------------


def test_every_article_file_below_the_folder_is_found_in_order(content: Content):
    for name in ("b.md", "a.markdown", "deep/er/c.mdx", "deep/d.HTML", "_index.md"):
        content.write(name, WHOLE)
    for name in (
        ".hidden/x.md",
        ".x.md",
        ".md",
        "note.txt",
        "md",
        "e.md.bak",
        "deep/node_modules/x/README.md",
        "_site/x.html",
    ):
        content.write(name, WHOLE)
    names = [path.relative_to(content.root).as_posix() for path in content.folder().paths()]
    assert names == ["_index.md", "a.markdown", "b.md", "deep/d.HTML", "deep/er/c.mdx"]


def test_a_listing_knows_files_by_their_stamps(content: Content):
    path = content.write("deep/story.md", WHOLE)
    (content.root / "link.md").symlink_to(path)
    os.mkfifo(content.root / "pipe.md")
    status = path.stat()
    stamp = (status.st_mtime_ns, status.st_ctime_ns, status.st_size)
    assert content.folder().listing().files == {"deep/story.md": stamp, "link.md": stamp, "pipe.md": NO_FILE}


def test_a_stamp_is_for_an_article_and_its_sidecars_together(content: Content):
    names = ("posts/story.md", "posts/deep/index.md", "posts/deep/other.md", "alone.md")
    for name in names:
        content.write(name, WHOLE)
    listed = [content.folder().listing()]
    for sidecar in ("posts/story.yaml", "posts/posts.json", "posts/deep/meta.yml", "posts/nothing.json"):
        content.write(sidecar, "{}")
        listed.append(content.folder().listing())
    changed = [{name for name in names if a.files[name] != b.files[name]} for a, b in itertools.pairwise(listed)]
    assert changed == [{"posts/story.md"}, set(names[:3]), {"posts/deep/index.md"}, set()]
    assert listed[-1].accompanied == set(names[:3])


def test_a_loop_of_links_ends(content: Content):
    content.write("a/story.md", WHOLE)
    (content.root / "a" / "again").symlink_to(content.root)
    assert len(content.folder().paths()) == 1


def test_a_folder_that_is_not_there_is_an_error_with_its_name(content: Content, tmp_path: Path):
    with pytest.raises(SourceError, match="nowhere"):
        content.folder(root=tmp_path / "nowhere").paths()


def test_a_bad_file_never_stops_the_others_and_no_path_ends_in_nothing(content: Content):
    content.write("1-good.md", WHOLE)
    content.write("2-binary.md", bytes(range(256)) * 10)
    content.write("3-empty.md", b"")
    (content.root / "4-dangling.md").symlink_to("nowhere")
    os.mkfifo(content.root / "5-pipe.md")
    with content.write("6-huge.md", b"---\n").open("r+b") as huge:
        huge.truncate(FILE_MAXIMUM + 1)
    content.write("7-good.md", WHOLE)
    folder = content.folder()
    results = {path.name: list(folder.read([path])) for path in folder.paths()}
    assert all(results.values())
    assert [name for name, found in results.items() if any(isinstance(r, Article) for r in found)] == [
        "1-good.md",
        "7-good.md",
    ]


def test_a_folder_that_cannot_be_listed_becomes_a_problem(content: Content, monkeypatch: pytest.MonkeyPatch):
    content.write("open/story.md", WHOLE)
    closed = content.write("closed/story.md", WHOLE).parent
    real = os.scandir

    def scandir(path: Any) -> Any:
        if os.fspath(path) == str(closed):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    folder = content.folder()
    results = list(folder.read(folder.paths()))
    assert [type(result) for result in results] == [Problem, Article]
    assert results[0].where == "closed"


def test_a_file_name_that_is_no_text_makes_a_name_that_can_be_written(content: Content):
    content.write(os.fsdecode(b"bad\xff\nname.md"), WHOLE)
    folder = content.folder()
    (article,) = folder.read(folder.paths())
    assert article.path.isprintable()
    assert article.path.encode()


def test_two_folders_share_no_name(tmp_path: Path) -> None:
    for name in ("news", "blog"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index-of-week.md").write_text(f"---\ntitle: From {name}\ndate: 2025-12-03\n---\n")
    folders = [Folder(tmp_path / name, ZoneInfo("UTC"), base=tmp_path) for name in ("news", "blog")]
    found = [result for folder in folders for result in folder.read(folder.paths())]
    assert [(a.key, a.path) for a in found if isinstance(a, Article)] == [
        ("path:news/index-of-week.md", "news/index-of-week.md"),
        ("path:blog/index-of-week.md", "blog/index-of-week.md"),
    ]


def test_a_source_that_is_only_a_site_does_not_make_all_its_articles_one(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.md").write_text(
            f"---\ntitle: {name}\ndate: 2025-12-03\nsource: https://example.org/\n---\n"
        )
    folder = Folder(tmp_path, ZoneInfo("UTC"))
    keys = [result.key for result in folder.read(folder.paths()) if isinstance(result, Article)]
    assert keys == ["path:one.md", "path:two.md"]
