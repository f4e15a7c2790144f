"""The text part, and the plain-text rules behind subject and preheader."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from digest import marks
from digest.model import Edition
from digest.render import Renderer, addresses, text

One = Callable[..., Edition]


def test_each_article_is_title_excerpt_and_address_once_each(edition: Edition, renderer: Renderer):
    part = renderer.render(edition).text
    for article in edition.articles:
        assert part.count(article.title) == 1
        if article.url:
            assert part.count(article.url) == 1
    assert (
        part.index("CITIES")
        < part.index("Why the night trains")
        < part.index("HOME & GARDEN")
        < part.index("Unsubscribe")
    )
    assert "12 more in Cities\nhttps://example.org/categories/cities\n" in part


def test_lines_are_short_but_addresses_whole(one: One, renderer: Renderer):
    address = "https://example.org/" + "long-path/" * 20
    part = renderer.render(one(url=address, excerpt="A sentence of some words. " * 20)).text
    assert f"\n{address}\n" in part
    assert all(len(line) <= 78 for line in part.splitlines() if line != address)


def test_there_are_no_deserts_of_blank_lines(edition: Edition, renderer: Renderer):
    part = renderer.render(edition).text
    assert "\n\n\n" not in part
    assert part == part.strip() + "\n"


@given(st.text(), st.integers(min_value=10, max_value=140))
def test_a_shortened_text_is_one_line_within_its_limit(foreign: str, limit: int):
    short = text.shorten(foreign, limit)
    assert len(short) <= limit
    assert short == " ".join(short.split())


@given(st.text(alphabet=st.characters()))
def test_a_clean_line_can_be_encoded_and_holds_no_mark(foreign: str):
    clean = text.line(f"{foreign}digest.{foreign[:3]}mark.name.")
    clean.encode()
    assert not any(isinstance(piece, marks.Mark) for piece in marks.split(clean))


@given(st.text(alphabet=st.sampled_from("ab -\n\t/.é漢"), max_size=400))
def test_wrapping_loses_no_word(foreign: str):
    assert text.wrapped(foreign).split() == foreign.split()


@given(st.text())
def test_a_link_is_ascii_with_an_allowed_scheme_or_nothing(foreign: str):
    for address in (foreign, f"https://{foreign}", f"https://example.org/{foreign}", f"mailto:{foreign}"):
        found = addresses.link(address)
        assert not found or found.lower().startswith(("http://", "https://", "mailto:"))
        assert found.isascii()
        assert not set(found) & set(' "<>\n')
