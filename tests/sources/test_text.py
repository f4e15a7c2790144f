"""Plain text and excerpts."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.text import excerpt, plain


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<p>One <b>bold</b>.</p><p>Two.</p>", "One bold. Two."),
        (
            "**Bold**, *slanted* and `code` in [a link](https://example.org/?a=1&b=2).",
            "Bold, slanted and code in a link.",
        ),
        ("![A picture](a.png) Text", "Text"),
        ("# Heading", "Heading"),
        ("> Quoted words", "Quoted words"),
        ("snake_case_word and 5 * 3 * 2", "snake_case_word and 5 * 3 * 2"),
        ("*AT&amp;amp;T* grows", "AT&amp;T grows"),
        ("*x* &lt;b&gt;", "x <b>"),
        ("A claim[^1] made", "A claim made"),
        ("<!-- note -->Seen<style>p {}</style>", "Seen"),
        ("line\n  line\u00a0line", "line line line"),
        ("Use `<div>` here", "Use <div> here"),
    ],
)
def test_tags_and_light_markdown_leave_an_excerpt(written: str, shown: str):
    assert excerpt(written, 240) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("The plan goes thr...", "The plan goes…"),
        ("The plan goes thr…", "The plan goes…"),
        ("The plan goes thr [...]", "The plan goes thr…"),
        ("The plan goes on ...", "The plan goes on…"),
        ("It opens on Monday. Th...", "It opens on Monday."),
        ("First, the city, th...", "First, the city…"),
        ("Wait...", "Wait…"),
        ("...", ""),
        ("港口将于星期一开...", "港口将于星期一开…"),
        ("AI 时代的来临让Pyth...", "AI 时代的来临让…"),
        ('It says <a href="https://exam...', "It says"),
        ("**Bold text is cu...", "Bold text is…"),
        ("So much, etc.", "So much, etc."),
    ],
)
def test_an_excerpt_that_was_cut_in_a_word_ends_with_the_last_whole_one(written: str, shown: str):
    assert excerpt(written, 240) == shown


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("<>&;#`*_[]()!\"'.…/ \nab")), max_size=300))
def test_no_text_makes_plain_text_that_is_not_one_clean_line(raw: str):
    for shown in (plain(raw, 200), excerpt(raw, 200)):
        assert len(shown) <= 200
        assert shown == " ".join(shown.split())
        assert unicodedata.is_normalized("NFC", shown)
        assert not any(unicodedata.category(c) in {"Cc", "Cs"} or c in "\u2028\u2029\u202e\u2066" for c in shown)
        shown.encode()


@given(st.text(alphabet="abc <>&'\"ü", max_size=100))
def test_what_was_escaped_once_comes_back_as_it_was(text: str):
    from html import escape

    assert plain(escape(text), 1000) == " ".join(text.split())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Fish &amp; Chips", "Fish & Chips"),
        ("Fish &amp;amp; Chips", "Fish &amp; Chips"),
        ("It&#39;s &quot;on&quot;", 'It\'s "on"'),
        ("It&#x2019;s&nbsp;on", "It\u2019s on"),
        ("AT&T and R&D; &nonsense;", "AT&T and R&D; &nonsense;"),
        ("<b>A &lt;i&gt; tag</b>", "A <i> tag"),
        ("cut in an &qu", "cut in an &qu"),
    ],
)
def test_entities_are_decoded_once_and_no_more(written: str, shown: str):
    assert plain(written, 240) == shown
    assert excerpt(written, 240) == shown


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("What <!-- means in <b>HTML</b>", "What <!-- means in HTML"),
        ("What `<!--` means", "What `<!--` means"),
        ("Seen<!-- not seen --> and <!-- seen", "Seen and <!-- seen"),
        ("From <!-- to -->", "From"),
    ],
)
def test_a_comment_that_never_ends_is_text_in_a_title(written: str, shown: str):
    assert plain(written, 240) == shown


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<!--", "&", "....", "**[", "<script>", "`", "((", "<a '\""])
def test_hostile_repetition_costs_little(piece: str):
    assert len(excerpt(piece * 100_000, 240)) <= 240
