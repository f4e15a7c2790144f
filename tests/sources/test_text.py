"""Plain text, excerpts, and where they are cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.text import cut, excerpt, plain

SENTENCES = "The harbour opens on Monday. Ships come from everywhere. Nobody knows how many there will be this year"


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


def test_a_long_text_ends_with_a_sentence_where_one_ends_late_enough():
    assert cut(SENTENCES, 70) == "The harbour opens on Monday. Ships come from everywhere."


def test_a_long_text_ends_with_a_word_where_no_sentence_does():
    assert cut(SENTENCES, 50) == "The harbour opens on Monday. Ships come from…"


@pytest.mark.parametrize("text", ["The mayor thanked Dr. Smithers for it", "It came to the U.S. Senate for a vote"])
def test_an_abbreviation_ends_no_sentence(text: str):
    assert cut(text, len(text) - 8).endswith("…")


def test_a_text_without_blanks_is_cut_between_its_characters():
    assert cut("港口将于星期一开放许多船只会从世界各地到来", 10) == "港口将于星期一开放…"
    assert cut("港口将于星期一开放。许多船只会从世界各地到来", 12) == "港口将于星期一开放。"


@pytest.mark.parametrize("character", ["👩\u200d🚀", "e\u0323\u0302", "🇩🇪", "👍🏽", "ก็", "क्षि", "❤\ufe0f"], ids=ascii)
def test_a_cut_never_parts_what_the_eye_takes_for_one_character(character: str):
    for start in range(4):
        text = "x" * start + character * 20
        for longest in range(8, 30):
            shown = cut(text, longest).removesuffix("…")
            assert text == shown or (len(shown) - start) % len(character) == 0 or len(shown) <= start


@given(st.text(max_size=400), st.integers(2, 300))
def test_a_cut_is_never_longer_than_asked_for(text: str, longest: int):
    assert len(cut(" ".join(text.split()), longest)) <= longest


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


@pytest.mark.parametrize("piece", ["<a ", '<a "', "<!--", "&", "....", "**[", "<script>", "`", "((", "<a '\""])
def test_hostile_repetition_costs_little(piece: str):
    assert len(excerpt(piece * 100_000, 240)) <= 240
