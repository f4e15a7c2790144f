"""Tokens change the looks of a mail without anybody writing HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import lxml.html
import pytest

from digest.errors import RenderError
from digest.look import FONTS, Density, Look, font
from digest.model import Edition
from digest.render import Renderer

Read = Callable[[str], lxml.html.HtmlElement]


def test_tokens_are_carried_out(edition: Edition, look: Look):
    own = replace(look, accent="#ffcc00", font="Inter, Arial, sans-serif", headings="sans", corner=0, width=680)
    html = Renderer(own).render(edition).html
    assert "font-family:Inter, Arial, sans-serif" in html
    assert "Georgia" not in html
    assert "border-radius:0" in html
    assert "max-width:680px" in html
    assert '<table role="presentation" width="680"' in html
    assert "border-top:6px solid #fc0" in html
    assert "; color:#fc0" not in html  # it cannot be read as text


def test_a_denser_mail_shows_less_of_each_article(edition: Edition, look: Look, page: Read):
    def shown(density: Density) -> tuple[int, int, int]:
        tree = page(Renderer(replace(look, density=density)).render(edition).html)
        return len(tree.xpath("//img")), len(tree.xpath("//p[@class='excerpt']")), len(tree.xpath("//h3"))

    assert shown(Density.CARDS) == (2, 2, 4)
    assert shown(Density.COMPACT) == (1, 2, 4)
    assert shown(Density.HEADLINES) == (0, 0, 4)


def test_reading_time_is_told_where_it_is_known(edition: Edition, renderer: Renderer, page: Read):
    metas = [node.text_content() for node in page(renderer.render(edition).html).xpath("//p[contains(@class, 'meta')]")]
    assert [meta.replace("\u00a0", " ") for meta in metas[:2]] == [
        "Newsroom · example.com · 1 Dec",
        "City desk · example.net · 2 Dec · 4 min read",
    ]


def test_an_author_who_is_the_site_is_not_repeated(edition: Edition, look: Look):
    assert "Newsroom" not in Renderer(replace(look, site_title="Newsroom")).render(edition).text.partition("--")[0]


@pytest.mark.parametrize("written", [*FONTS, "Inter, Arial, sans-serif", '"Source Serif", Georgia, serif'])
def test_quotes_are_not_needed_around_families(written: str):
    assert font(written).endswith("serif")
    assert '"' not in font(written)


@pytest.mark.parametrize(
    "written", ["", "Inter", "4x, serif", "Inter, Arial", "x;color:red, serif", "a{}, serif", "url(x), serif"]
)
def test_a_font_that_says_more_than_families_is_refused(written: str):
    with pytest.raises(RenderError, match="is not a list of fonts"):
        font(written)


@pytest.mark.parametrize("wrong", [{"width": 300}, {"width": 2000}, {"corner": -1}, {"corner": 99}])
def test_a_size_that_no_mail_can_have_is_refused(wrong: dict[str, int], look: Look):
    with pytest.raises(RenderError, match="pixels wide"):
        Renderer(replace(look, **wrong))
