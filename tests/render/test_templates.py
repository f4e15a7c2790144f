"""A site's own templates: file by file over the built-in ones, and told apart when one is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.errors import RenderError
from digest.look import Look
from digest.model import Edition
from digest.render import Renderer

Own = Callable[..., Renderer]


@pytest.fixture
def own(look: Look, tmp_path: Path) -> Own:
    """A renderer with the given text as the site's own template of that name."""

    def make(**files: str) -> Renderer:
        for name, content in files.items():
            (tmp_path / name.replace("_", ".")).write_text(content, encoding="utf-8")
        return Renderer(look, tmp_path)

    return make


def test_the_built_in_templates_pass_their_check(renderer: Renderer):
    renderer.check()


def test_one_file_of_the_sites_own_takes_the_place_of_one(edition: Edition, own: Own):
    rendition = own(card_html="<p>{{ article.title }}</p>").render(edition)
    assert '<p style="margin:0">Small kitchens, large pots</p>' in rendition.html
    assert "<h1" in rendition.html


def test_a_site_can_extend_what_is_built_in(edition: Edition, own: Own):
    rendition = own(
        edition_html='{% extends "digest/edition.html" %}{% block masthead %}<h1>Ours & {{ edition.number }}</h1>{% endblock %}',
        style_css='{% include "digest/style.css" %} h1 { font-size: 50px; }',
    ).render(edition)
    assert ">Ours &amp; 12</h1>" in rendition.html
    assert "font-size:50px" in rendition.html
    assert "Home &amp; Garden" in rendition.html


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "card_html",
            "<p>\n{{ article.titel }}</p>",
            "card.html:2: 'digest.render.view.ArticleView object' has no attribute 'titel'",
        ),
        ("edition_txt", "\n\n{{ nothing }}", "edition.txt:3: 'nothing' is undefined"),
        ("subject_txt", "{% if %}", "subject.txt:1: Expected an expression, got 'end of statement block'"),
        ("preheader_txt", "{{ 'a'|shout }}", "preheader.txt:1: No filter named 'shout'."),
        ("edition_html", "x\n{% include 'aside.html' %}", "edition.html:2: there is no template 'aside.html'"),
        ("subject_txt", "\n{{ 1 // edition.number // 0 }}", "subject.txt:2: ZeroDivisionError: "),
        ("edition_html", '{% extends "edition.html" %}', "edition.html:1: the template goes round in circles"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(name: str, content: str, said: str, own: Own, tmp_path: Path):
    with pytest.raises(RenderError) as caught:
        own(**{name: content}).check()
    assert str(tmp_path / said) in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message


def test_a_template_in_another_encoding_is_named(look: Look, tmp_path: Path):
    (tmp_path / "subject.txt").write_bytes("Ausgabe für".encode("latin-1"))
    with pytest.raises(RenderError, match=r"subject\.txt: a template is not UTF-8") as caught:
        Renderer(look, tmp_path).check()
    assert caught.value.hint == "save it as UTF-8"


@pytest.mark.parametrize("content", ["", "\n", "<!-- nothing -->", "words"])
def test_a_page_without_a_body_is_refused(content: str, own: Own):
    with pytest.raises(RenderError, match=r"edition\.html has no <body>"):
        own(edition_html=content).check()


def test_a_style_that_cannot_be_read_is_passed_over(own: Own, edition: Edition, capsys: pytest.CaptureFixture[str]):
    html = own(style_css="h2 > { color: red } p { color: ; } h1 { color: #123456 }").render(edition).html
    assert '<h1 class="ink" style="color:#123456">' in html
    assert capsys.readouterr() == ("", "")


def test_a_folder_that_is_not_there_is_refused(look: Look, tmp_path: Path):
    with pytest.raises(RenderError, match="no such folder"):
        Renderer(look, tmp_path / "none")


def test_rendering_loads_nothing(own: Own, edition: Edition):
    html = own(
        edition_html='<html><head><link rel="stylesheet" href="https://example.invalid/x.css"></head><body><p>x</p></body></html>'
    ).render(edition)
    assert "https://example.invalid/x.css" in html.html


@pytest.mark.parametrize("accent", ["red", "#12345", "#123456;x:y", ""])
def test_an_accent_that_is_no_colour_is_refused(accent: str):
    with pytest.raises(RenderError, match="is not a colour"):
        Renderer(Look("Fieldnotes", accent=accent))


def test_a_language_that_is_none_is_refused():
    with pytest.raises(RenderError, match="'klingonese' is not known"):
        Renderer(Look("Fieldnotes", language="klingonese"))


@pytest.mark.parametrize("name", ["subject_txt", "preheader_txt", "edition_txt"])
def test_a_mark_that_a_template_changes_is_an_error(name: str, own: Own):
    with pytest.raises(RenderError, match="is left of a value that a template has changed"):
        own(**{name: "Good morning, {{ reader.name|upper }}, and more words to make a line"}).check()


@pytest.mark.parametrize("written", ["{{ subject|upper }}", "{{ preheader[:15] }}", "{{ reader.name|title }}"])
def test_what_is_put_in_later_cannot_be_changed_before(written: str, own: Own):
    template = '{% extends "digest/edition.html" %}{% block intro %}<tr><td>' + written + "</td></tr>{% endblock %}"
    with pytest.raises(RenderError, match="is left of a value") as caught:
        own(edition_html=template).check()
    assert "as they are" in caught.value.hint


def test_a_block_that_fills_nothing_is_named_with_its_line(own: Own, tmp_path: Path):
    template = '{% extends "digest/edition.html" %}\n{% block mastheadd %}x{% endblock %}'
    with pytest.raises(RenderError) as caught:
        own(edition_html=template).check()
    assert f"{tmp_path}/edition.html:2: digest/edition.html has no block 'mastheadd'" in caught.value.message
    assert "masthead" in caught.value.hint


def test_a_block_of_its_own_inside_of_one_that_is_filled_is_well(own: Own):
    template = '{% extends "digest/edition.html" %}{% block head %}{% block mine %}{% endblock %}{% endblock %}'
    own(edition_html=template).check()
