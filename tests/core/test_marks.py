from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from digest.marks import Mark, neutralise, split

WORDS = st.lists(st.sampled_from([*Mark, "Hello ", "digest.mark.", "DIGEST.Mark.name.", ".", "<b>é</b>", "\n"]))


def test_a_text_is_cut_at_each_mark_and_keeps_what_stands_between():
    text = f"Hello {Mark.NAME}, {Mark.UNSUBSCRIBE}{Mark.ARCHIVE} bye"
    assert list(split(text)) == ["Hello ", Mark.NAME, ", ", Mark.UNSUBSCRIBE, Mark.ARCHIVE, " bye"]


def test_a_text_without_marks_is_one_piece_and_an_empty_one_is_none():
    assert list(split("just text")) == ["just text"]
    assert list(split("")) == []


@given(WORDS.map("".join))
def test_the_pieces_joined_are_the_text_again(text: str):
    pieces = list(split(text))
    assert "".join(pieces) == text
    assert all(pieces)


@given(st.one_of(WORDS.map("".join), st.text()))
def test_foreign_text_can_hold_no_mark(text: str):
    assert not any(isinstance(piece, Mark) for piece in split(neutralise(text)))


def test_foreign_text_cannot_hide_a_mark_inside_a_mark():
    nested = "digest.mark.digest.mark.name.name. DIGEST.MARK.name. digest.mdigest.mark.ark.name."
    assert "digest.mark." not in neutralise(nested).casefold()


@given(st.text().filter(lambda text: "digest" not in text.casefold()))
def test_ordinary_text_is_left_alone(text: str):
    assert neutralise(text) == text


def test_a_mark_survives_html_and_urls_as_it_is():
    assert all(mark.isascii() and mark.replace(".", "").isalpha() for mark in Mark)
