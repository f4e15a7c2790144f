"""A page put together from pieces is the page that would have been made at once, to the byte."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.look import Look
from digest.model import Edition, Selection
from digest.render import Renderer, inline
from digest.render.inline import END, PIECE, Inliner, inlined, without_marks
from tests.samples import SAMPLES


class AtOnce(Inliner):
    """Inlines whole pages, with no regard to pieces."""

    def page(self, marked: str) -> str:
        return inlined(without_marks(marked))


def at_once(look: Look, folder: Path | None = None) -> Renderer:
    renderer = Renderer(look, folder)
    renderer._inliner = AtOnce()
    return renderer


def selections(edition: Edition, sizes: range) -> Iterator[Selection]:
    keys = [section.key for section in edition.sections]
    return (Selection(frozenset(chosen)) for size in sizes for chosen in combinations(keys, size))


@pytest.mark.parametrize("name", ["forty-five", "arabic", "traps", "headlines"])
def test_every_selection_gets_the_bytes_of_its_own_rendering(name: str):
    sample = SAMPLES[name]()
    ours, theirs = Renderer(sample.look), at_once(sample.look)
    for selection in (Selection(), *selections(sample.edition, range(1, 3))):
        assert ours.render(sample.edition, selection) == theirs.render(sample.edition, selection)


def test_the_order_in_which_selections_come_changes_nothing():
    sample = SAMPLES["forty-five"]()
    wanted = [Selection(), *selections(sample.edition, range(1, 2))]
    forth, back = Renderer(sample.look), Renderer(sample.look)
    first = [forth.render(sample.edition, selection) for selection in wanted]
    assert first == [back.render(sample.edition, selection) for selection in reversed(wanted)][::-1]


def test_each_card_is_rendered_and_inlined_once(monkeypatch: pytest.MonkeyPatch):
    given_to_premailer: list[str] = []

    def counting(html: str) -> str:
        given_to_premailer.append(html)
        return inlined(html)

    monkeypatch.setattr(inline, "inlined", counting)
    sample = SAMPLES["forty-five"]()
    renderer = Renderer(sample.look)
    for selection in selections(sample.edition, range(1, 5)):
        renderer.render(sample.edition, selection)
    runs = len(given_to_premailer)
    last = sample.edition.articles[-1].url.replace("&", "&amp;")
    cards = [page.count(f'<h3 class="ink"><a class="ink" href="{last}">') for page in given_to_premailer]
    assert sum(cards) == 1
    assert runs <= 2 * len(sample.edition.sections) + 2  # each section's first card also as the lead, and the frame
    for selection in selections(sample.edition, range(5, 7)):
        renderer.render(sample.edition, selection)
    assert len(given_to_premailer) == runs


def test_a_sites_own_templates_are_put_together_alike(tmp_path: Path):
    (tmp_path / "style.css").write_text(
        '{% include "digest/style.css" %} .sheet td h3 a {color: #123456} .pad > table h2 {margin: 1px}'
    )
    (tmp_path / "edition.html").write_text(
        '{% extends "digest/edition.html" %}{% block card %}<div class="mine">{{ super() }}{{ edition.number }}</div>{% endblock %}'
        '{% block more %}<p class="more">{{ section.more }} &amp; more</p>{% endblock %}'
    )
    sample = SAMPLES["five"]()
    ours, theirs = Renderer(sample.look, tmp_path), at_once(sample.look, tmp_path)
    for selection in (Selection(), *selections(sample.edition, range(1, 3))):
        page = ours.render(sample.edition, selection).html
        assert page == theirs.render(sample.edition, selection).html
        assert "color:#123456" in page
        assert "margin:1px" in page


@pytest.mark.parametrize(
    "torn", ["<div>{}<p>a</div></p>{}", "{}<td>{}x</td>", "<p>{}<table><tr><td>x</p>{}</td></tr></table>"]
)
def test_a_piece_that_is_no_whole_element_is_inlined_with_its_page(torn: str):
    page = f"<html><head><style>p{{color:red}}</style></head><body>{torn.format(PIECE, END)}</body></html>"
    assert Inliner().page(page) == inlined(without_marks(page))


@given(st.lists(st.sampled_from(("<p>a</p>", "<b>c</b>", PIECE, END, " ", "\n", "<!--x-->")), max_size=14))
def test_marks_that_do_not_match_lose_nothing(pieces: list[str]):
    page = f"<html><head></head><body>{''.join(pieces)}</body></html>"
    assert Inliner().page(page) == inlined(without_marks(page))


def test_nothing_of_the_marks_is_left(edition: Edition, look: Look):
    html = Renderer(replace(look, web=False)).render(edition).html
    assert PIECE not in html
    assert END not in html
    assert "hole" not in html
    assert "digest.mark.subject" not in html


def test_a_piece_has_the_styles_of_each_place_where_it_stands(tmp_path: Path):
    (tmp_path / "style.css").write_text('{% include "digest/style.css" %} .odd h3 {margin: 1px} .even h3 {margin: 2px}')
    (tmp_path / "edition.html").write_text(
        '{% extends "digest/edition.html" %}{% block section %}{% filter piece %}'
        "<tr class=\"{{ loop.cycle('odd', 'even') }}\"><td>{% for article in section.articles %}{{ card(article) }}{% endfor %}"
        "</td></tr>{% endfilter %}{% endblock %}"
    )
    sample = SAMPLES["forty-five"]()
    ours, theirs = Renderer(sample.look, tmp_path), at_once(sample.look, tmp_path)
    for selection in (Selection(), *selections(sample.edition, range(1, 3))):
        assert ours.render(sample.edition, selection).html == theirs.render(sample.edition, selection).html


FRAGMENTS = (
    *("<p>a</p>", "<b>c</b>", "text", "<p>open", "</p>", "<td>cell</td>", "<td>open", "</td>", "<tr><td>row</td></tr>"),
    *("</div>", "<div>open", "<div><p>x</div>", "<li>one<li>two", "<img src='a.png'>", "<br>", "<!-- open", "-->"),
    *("&nbsp;", "\n", " ", "<dl><dt>t</dl>", "<style>p{margin:1px}</style>", "<!DOCTYPE html>", "<a href='>'>b</a>"),
    *("<p>a<div>b</div></p>", "<table><tr><td>t</td></tr></table>", "<a href='x'>y</a>", "</body>", "<h3>t</h3>"),
)
PAGES = st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=4), min_size=1, max_size=4)


AROUND = ("<div>{}</div>", "<table><tr><td>{}</td></tr></table>", "<p>{}</p>", "<table>{}</table>", "<p><dl>{}\n</p>")


@given(PAGES, st.sampled_from(AROUND), st.sampled_from(("", "\n", "&nbsp;", " x ", "<br>")))
def test_what_was_seen_before_changes_no_page(pages: list[list[str]], around: str, between: str):
    inliner = Inliner()
    for pieces in pages:
        body = around.format(between.join(f"{PIECE}{piece}{END}" for piece in pieces))
        page = f"<html><head><style>p{{color:red}}td{{margin:0}}</style></head><body>{body}</body></html>"
        assert inliner.page(page) == inlined(without_marks(page))


@pytest.mark.parametrize("between", ["&nbsp;&nbsp;", "\u00a0", "&#8199;", " &nbsp; ", "\n", "x", "<br>", ""])
def test_what_stands_between_pieces_is_kept(between: str):
    page = f"<html><head></head><body><p>{PIECE}<b>a</b>{END}{between}{PIECE}<b>c</b>{END}</p></body></html>"
    inliner = Inliner()
    assert inliner.page(page) == inliner.page(page) == inlined(without_marks(page))
