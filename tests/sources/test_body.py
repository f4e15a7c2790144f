"""Excerpts taken from bodies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.body import continued, heading, minutes, opening
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


@pytest.mark.parametrize(
    "mark",
    [
        *(
            "<!-- more -->",
            "<!--more-->",
            "<!--truncate-->",
            "<!-- truncate -->",
            "{/* truncate */}",
            "<!-- excerpt -->",
        ),
        *("<!-- PELICAN_END_SUMMARY -->", "<!-- end-excerpt -->", "<!--more Go on-->"),
    ],
)
def test_a_mark_for_more_ends_the_excerpt(mark: str):
    assert opening(f"First.\n\nSecond.\n\n{mark}\n\nThird.", ".md") == "First. Second."
    assert opening(f"![cover](a.png)\n\n{mark}\n\nThird.\n\n{mark}\n\nFourth.", ".md") == "Third. Fourth."


def test_an_article_may_name_its_own_mark_for_more():
    assert opening("First.\n\n~~~~\n\nSecond.", ".md", separator="~~~~") == "First."
    assert opening("First.\n\nSecond.", ".md", separator="~~~~") == "First. Second."


@pytest.mark.parametrize(
    "noise",
    [
        *("{{< youtube abc >}}", "{% include ad.html %}", "{{ page.title }}", "{: .wide}", "{.wide}", "{{% toc %}}"),
        *("{% highlight ruby %}\nputs 1\n\nputs 2\n{% endhighlight %}", "{% comment %}\nNo.\n{% endcomment %}"),
        *("{{< highlight go >}}\nfunc x()\n\nfunc y()\n{{< /highlight >}}", "```\n# not a heading\n```", "~~~\nx\n~~~"),
        *("[TOC]", "[[_TOC_]]", "${toc}", "Table of contents", "* TOC\n{:toc}", "![[picture.png]]", "![a][b]"),
        *("![x](a.png)\n*A caption*", "![x](a.png)\n\n*A caption*", "<figure><figcaption>No</figcaption></figure>"),
        *(
            "Listen to this article",
            "5 min read",
            "Reading time: 3 minutes",
            "Photo by A. Quay on Unsplash",
            "By Jo Quay",
        ),
        *("Image credit: Jo Quay", "Posted on 3 December 2025", "Tags: one, two", "Subscribe to our letter for more"),
        *(
            "[^1]: A note at length\n  and more of it",
            "<iframe src='https://example.org'>No</iframe>",
            "<script>no()</script>",
        ),
        *('<div class="toc">On this page</div>', '<p class="wp-caption-text">No</p>', "https://example.org/a/b/c"),
        *('!!! note "Mind"', "> [!NOTE]", "::: tip", "::youtube{id=x}", "Advertisement", "Skip to content"),
        *("Get it: https://example.org/a/long/address/of/a/file.zip",),
    ],
)
def test_what_fills_a_page_is_no_part_of_an_excerpt(noise: str):
    assert opening(f"{noise}\n\nText of it.", ".md") == "Text of it."


@pytest.mark.parametrize(
    "text",
    [
        "By the river we sat down.",
        "Published in 1920, it is read again.",
        "Photographs of it were taken.",
        "Contents may settle.",
        "*Slanted words begin it.*",
        "Sign up for the walk on Monday.",
    ],
)
def test_a_sentence_that_only_looks_like_a_notice_stays(text: str):
    assert opening(f"{text}\n\nMore.", ".md") == f"{text.strip('*')} More."


@pytest.mark.parametrize(
    "noise",
    [
        *("import X from './x'", "import {\n  A,\n  B,\n} from './x'", "export const meta = {\n  a: [1, 2],\n}"),
        *("<Tabs items={['a', 'b']}>", "<Tweet id='1' />", '<Image src={a} style={{width: 1}} alt="a > b" />'),
        *("{/* a comment */}", "{props.title}", "<>", "<Chart data={[{a: 1}, {b: {c: 2}}]} onClick={() => go()} />"),
    ],
)
def test_modules_and_components_of_mdx_are_left_out(noise: str):
    assert opening(f"{noise}\n\nText of `<it>`.", ".mdx") == "Text of <it>."


def test_text_inside_of_a_component_stays():
    assert opening("<Callout type={kind}>\n\nMind the gap.\n\n</Callout>\n\nText.", ".mdx") == "Mind the gap. Text."
    assert opening('<div style={{color: "red"}}>\n\nRed.\n\n</div>', ".mdx") == "Red."


def test_a_page_in_markdown_with_modules_is_read_as_mdx():
    assert opening("import X from './x';\n\n<X a={1}/>\n\nText.", ".md") == "Text."


def test_prose_that_begins_as_a_module_does_is_prose():
    code = "```js\nimport X from './x'\n```\n\nUse {name} in a <Quay> of yours.\n"
    assert opening(code, ".md") == "Use {name} in a of yours."
    said = 'Import rules are new.\nimport goods from "the far" harbours, {as they say}.'
    assert opening(said.lower(), ".md") == 'import rules are new. import goods from "the far" harbours, {as they say}.'


def test_who_is_named_as_a_source_in_a_sentence_is_no_credit_of_a_picture():
    said = "Sources: the council and two ferrymen say that the night ferry comes back."
    assert opening(f"{said}\n\nMore.", ".md") == f"{said} More."
    assert opening("Source: City desk\n\nMore.", ".md") == "More."


def test_a_link_by_reference_is_its_words_wherever_its_address_stands():
    body = "See [the map][map] now. " + "And on it goes, and on. " * 400 + "\n\n[map]: https://example.org"
    assert opening(body, ".md", 40).startswith("See the map now. And on it goes")


def test_a_reference_to_a_character_that_no_text_may_hold_stops_nothing():
    assert opening("A&#1;b and&#xb;<br>c&#x1; d.<p>&#31;E.</p>&#2;F.", ".html") == "A b and c d. E. F."


def test_only_the_beginning_of_a_large_body_is_looked_at():
    assert opening("- list\n" * 3_000 + "\nText.", ".md") == ""
    assert opening("Text.\n\n" + "x" * 20_000_000, ".md", 4).startswith("Text.")
    assert heading("x\n\n" + "y " * 10_000_000, ".md") == ""


@pytest.mark.parametrize(
    ("excerpt", "body", "whole"),
    [
        ("The ferry is…", "The ferry is open   again.\nAnd so on.", "The ferry is open again. And so on."),
        ("The ferry is…", "The ferry &amp; the quay", "The ferry is…"),
        ("The ferry…", "<b>The</b> ferry is open &amp; full of", "The ferry is open & full…"),
        ("The ferry…", "The **ferry** is [open](https://example.org).\n\n## And so on", "The ferry is open."),
        ("The ferry…", "The ferry is open.\n![x](y.png)\nMore.", "The ferry is open."),
        ("Other words…", "The ferry is open again.", "Other words…"),
        ("Über allem…", "U\u0308ber allem Ruh.", "Über allem Ruh."),
        ("The ferry…", "> ## The   ferry\nis open_ed_ again.", "The ferry is open_ed_ again."),
        ("The ferry is…", "The", "The ferry is…"),
        ("The ferry is", "The ferry is open again.", "The ferry is"),
        ("The ferry…", "", "The ferry…"),
        ("…", "Text.", "…"),
    ],
)
def test_an_excerpt_that_was_cut_out_of_the_body_goes_on_as_the_body_does(excerpt: str, body: str, whole: str):
    assert continued(excerpt, body, 1_000) == whole


def test_an_article_without_an_excerpt_gets_the_first_sentences_of_its_body(content: Content):
    body = "## Intro\n\n" + "One sentence about the harbour. " * 20
    assert content.fields("category: City", body).excerpt == ("One sentence about the harbour. " * 20).strip()


def test_an_article_with_an_empty_body_has_an_empty_excerpt(content: Content):
    assert content.fields("excerpt: ''").excerpt == ""


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>/&;{}%[]()`#*-|\n pdiv")), max_size=300))
def test_no_body_raises(body: str):
    for suffix in (".md", ".mdx", ".html"):
        assert "\n" not in opening(body, suffix, 240)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "<div>",
            "{{",
            "{%",
            "> ",
            "- ",
            "[",
            "*a ",
            "`",
            "<!--",
            "![",
            "\\",
            "&",
            "{{< code >}}",
            "{{{",
            "a={",
            "[a][",
        ),
        *(
            "{% highlight x %}",
            "<A ",
            '<A b="',
            "import a\n",
            "```\n",
            "<!-- more -->",
            "![](a)\n",
            "<img>",
            "[^a]: x\n",
        ),
    ],
)
def test_hostile_repetition_costs_little(piece: str):
    for suffix in (".md", ".mdx", ".html"):
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
