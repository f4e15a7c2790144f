"""When an article was published, from when on and until when it may be shown."""

from datetime import UTC, datetime

import pytest

from digest.model import Article, Dated, Fault
from digest.sources.reading import when
from tests.sources.conftest import Content


def day(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)


def test_an_impossible_date_is_named_with_its_line(content: Content):
    problem = content.problem("---\ntitle: T\nlead: x\nPub-Date: 2025-02-31\n---\n")
    assert (problem.place, problem.fault) == ("story.md:4", Fault.DATE)
    assert problem.what == "the date '2025-02-31' does not exist"


def test_a_bad_date_gives_way_to_a_better_one_and_is_told(content: Content):
    article, problem = content.results("---\ntitle: T\ndate: soon\n---\n", "2025-12-03-regatta.md")
    assert (article.published, article.dated) == (day(2025, 12, 2, 23), Dated.NAME)
    assert (problem.place, problem.fault) == ("2025-12-03-regatta.md:3", Fault.DATE)


@pytest.mark.parametrize("date", ["Last Modified", "git Created"])
def test_a_date_that_only_the_generator_knows_is_none(content: Content, date: str):
    problem = content.problem(f"---\ntitle: T\ndate: {date}\n---\n")
    assert (problem.place, problem.fault) == ("story.md:3", Fault.DATE)
    assert problem.what == f"the date '{date}' is one that only the generator knows"
    assert "into the file's name" in problem.hint


@pytest.mark.parametrize("line", ["published: true", "date: ''", "x: y"])
def test_what_is_no_date_is_none_and_never_today(content: Content, line: str):
    problem = content.problem(f"---\ntitle: T\n{line}\n---\n")
    assert (problem.what, problem.fault) == ("has no date", Fault.DATE)
    article = content.article(f"---\ntitle: T\n{line}\n---\n", "2025/12/03/regatta.md")
    assert (article.published, article.dated) == (day(2025, 12, 2, 23), Dated.NAME)


@pytest.mark.parametrize("name", ["permalink", "url", "path"])
def test_the_address_of_the_page_may_tell_the_date(content: Content, name: str):
    article = content.article(f"---\ntitle: T\n{name}: /blog/2025/12/03/regatta\n---\n")
    assert (article.published, article.dated) == (day(2025, 12, 2, 23), Dated.PATH)


def test_a_date_whose_month_could_be_its_day_is_read_and_told(content: Content):
    article, problem = content.results("---\ntitle: T\ndate: 03/12/2025\n---\n")
    assert article.published == day(2025, 3, 11, 23)
    assert str(problem) == (
        "story.md:3: the date '03/12/2025' was read as 2025-03-12 (write it as 2025-03-12, or as what was meant)"
    )


def test_an_article_that_is_held_back_appears_when_it_is_published(content: Content):
    assert content.fields("publishDate: 2025-12-10").published == day(2025, 12, 9, 23)
    assert content.fields("publishDate: 2025-11-10").published == day(2025, 12, 2, 23)


@pytest.mark.parametrize("name", ["publishDate", "pubDate", "publishedAt", "published", "pub_datetime"])
def test_whatever_a_later_day_is_called_it_appears_then_and_of_several_on_the_last(content: Content, name: str):
    late = day(2099, 1, 1)
    assert content.fields(f"{name}: 2099-01-01T00:00Z").published == late
    assert (
        content.fields(f"{name}:\nextra: {{{name}: 2025-12-05}}\nparams: {{{name}: '2099-01-01T00:00Z'}}").published
        == late
    )
    content.write("story.yaml", f"params:\n  {name}: 2099-01-01T00:00Z")
    assert content.fields("params:\n  toc: true").published == late


def test_of_several_ends_the_first_one_counts(content: Content):
    assert content.fields("expiryDate: 2099-01-01\nunpublishDate: 2020-01-01").expires == day(2019, 12, 31, 23)
    assert content.fields("expiryDate:\nextra: {expires: 2020-01-01}").expires == day(2019, 12, 31, 23)
    assert content.fields("expires: never").expires is None


def test_when_it_was_changed_and_until_when_it_is_of_use(content: Content):
    article = content.fields("lastmod: 2025-12-04\nexpiryDate: 2025-12-24T12:00:00Z")
    assert article.updated == day(2025, 12, 3, 23)
    assert article.expires == day(2025, 12, 24, 12)
    assert content.fields("updated: true").updated is None


def test_an_end_that_cannot_be_read_may_have_come_and_holds_the_article_back(content: Content):
    article, problem = content.results("---\ntitle: T\ndate: 2025-12-03\nexpires: someday\n---\n")
    assert isinstance(article, Article)
    assert (article.expires, article.draft) == (None, True)
    assert (problem.line, problem.fault) == (4, Fault.FRONT_MATTER)


def test_the_beginning_of_a_file_is_enough_to_know_when(content: Content):
    folder = content.folder()
    for beginning, published in (
        (b"---\ntitle: T\ndate: 2025-12-03\n---\nA beg", day(2025, 12, 2, 23)),
        (b"---\ntitle: T\n---\n", None),
        (b"---\ndate: 2025-12-03\nlayout: redirect\n---\n", None),
        (b"---\na: [\n---\n", None),
        (b"\xff\xfe\x00", None),
    ):
        assert when(folder, content.root / "story.md", "story.md", beginning) == published
