"""Excerpts taken from bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.body import minutes, opening
from tests.sources.conftest import Content


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("First line\nsecond line.\n\nNext paragraph.", "First line second line. Next paragraph."),
        ("# Heading\n\n![cover](a.png)\n\nText with [a link](https://example.org).", "Text with a link."),
        ("Heading\n=======\n\n```\ncode()\n```\n\n    more code\n\nText.", "Text."),
        ('{{< figure src="a.png" >}}\n\n{% include x.html %}Text {{ page.title }}here.', "Text here."),
        ("<p>One&nbsp;&amp; two.</p><script>bad()</script><style>p {}</style><p>Three.</p>", "One & two. Three."),
        ("- a list\n- of links\n\nText.", "Text."),
        ("| a | b |\n|---|---|\n| 1 | 2 |\n\nText.", "Text."),
        ("> Quoted.\n\nText.", "Quoted. Text."),
        ("Text<br>after a break with `inline` code.", "Text after a break with inline code."),
        ("<!-- hidden -->\nText.", "Text."),
        ("AT&amp;amp;T grows", "AT&amp;T grows"),
        (":::note\n\nText.\n\n:::", "Text."),
        ("", ""),
        ("<!-- only -->", ""),
    ],
)
def test_the_first_paragraphs_of_a_markdown_body_are_its_text(body: str, shown: str):
    assert opening(body, ".md", 240) == shown


def test_a_body_in_html_is_not_read_as_markdown():
    page = "<html><head><title>No</title></head><body><h1>No</h1>    <p>Yes *and* yes.</p>Loose.</body></html>"
    assert opening(page, ".html", 240) == "Yes *and* yes. Loose."


def test_the_imports_of_mdx_are_left_out():
    assert opening("import X from './x'\n\nexport const a = 1\n\nText.", ".mdx", 240) == "Text."


def test_an_article_without_an_excerpt_gets_the_first_sentences_of_its_body(content: Content):
    body = "## Intro\n\n" + "One sentence about the harbour. " * 20
    article = content.fields("category: City", body, excerpt_length=100)
    assert (
        article.excerpt
        == "One sentence about the harbour. One sentence about the harbour. One sentence about the harbour."
    )


def test_an_article_with_an_empty_body_has_an_empty_excerpt(content: Content):
    assert content.fields("excerpt: ''").excerpt == ""


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>/&;{}%[]()`#*-|\n pdiv")), max_size=300))
def test_no_body_raises(body: str):
    for suffix in (".md", ".mdx", ".html"):
        assert "\n" not in opening(body, suffix, 240)


@pytest.mark.parametrize("piece", ["<div>", "{{", "{%", "> ", "- ", "[", "*a ", "`", "<!--", "![", "\\", "&"])
def test_hostile_repetition_costs_little(piece: str):
    for suffix in (".md", ".html"):
        opening(piece * 50_000, suffix, 240)


@pytest.mark.parametrize(
    ("body", "took"),
    [
        ("", 0),
        ("A stub of a few words.", 0),
        ("word " * 230, 1),
        ("word " * 1100, 5),
        ("word\n" * 460, 2),
        ("没有空格的文字" * 300, 4),
        ("A" * 2_000_000, 0),
    ],
)
def test_reading_time_is_reckoned_from_the_length(body: str, took: int):
    assert minutes(body) == took


@given(st.text())
def test_reading_time_is_less_than_an_hour_or_unknown(body: str):
    assert 0 <= minutes(body) <= 60
