"""A mail as a page on the web: nothing of its reader's own is left, nothing acts, and all that was told is there."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import RenderError
from digest.look import Look
from digest.marks import Mark, split
from digest.model import Edition, Image, Section
from digest.render import Renderer
from digest.render.online import Online, nameless, online
from tests.render.conftest import LIBRARY, WEEK
from tests.render.test_foreign_text import TRAPS
from tests.samples import SAMPLES

LEAVE, CHOOSE, VIEW = Mark.UNSUBSCRIBE, Mark.PREFERENCES, Mark.ARCHIVE
LOOK = Look("Fieldnotes", postal_address="1 Sample Street", web=True)
RENDERER = Renderer(LOOK)


def address(cid: str) -> str:
    return f"/pictures/{cid}"


def page(inside: str, head: str = "", body: str = "<body>") -> Online:
    return online(f"<html><head>{head}</head>{body}{inside}</body></html>", address)


def kept(inside: str) -> str:
    """What is left of a piece of a mail, on one line."""
    return " ".join(page(inside).content.split())


def whole(made: Online) -> str:
    return f"{made.styles}{made.attributes}{made.content}"


# --- names ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("greeting", "left"),
    [
        ("Good morning, {}!", "Good morning!"),
        ("Good morning {}, here is the week", "Good morning, here is the week"),
        ("Good morning,&nbsp;{}.", "Good morning."),
        ("{}: the week", "the week"),
        ("{}, this is the week", "this is the week"),
        ("Hello {}", "Hello"),
        ("Hello <b>{}</b>!", "Hello!"),
        ('Hello, <span style="color:#000">{}</span> and all', "Hello and all"),
        ("<p>{}!</p>", "<p></p>"),
        ('<p title="{}, look">Hi</p>', '<p title="look">Hi</p>'),
        ("nobody is named", "nobody is named"),
    ],
)
def test_nobody_is_greeted(greeting: str, left: str) -> None:
    assert nameless(greeting.format(Mark.NAME)) == left


# --- links ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<p><a href='{leave}'>Unsubscribe</a> &nbsp;·&nbsp; <a href='{choose}'>Preferences</a></p>", ""),
        ("<p><a href='{leave}'>Unsubscribe</a> | <a href='/x'>Site</a></p>", '<p><a href="/x">Site</a></p>'),
        ("<p><a href='/x'>Site</a> | <a href='{leave}'>Unsubscribe</a></p>", '<p><a href="/x">Site</a></p>'),
        (
            "<p><a href='/x'>Site</a> | <a href='{leave}'>Unsubscribe</a> | <a href='/y'>Imprint</a></p>",
            '<p><a href="/x">Site</a> | <a href="/y">Imprint</a></p>',
        ),
        ("<p>1 Quay Street · <a href='{leave}'>Leave</a> · <a href='{view}'>Online</a></p>", "<p>1 Quay Street</p>"),
        ("<p>1 Quay Street <a href='{leave}'>Unsubscribe</a></p>", "<p>1 Quay Street</p>"),
        ("<p>Tired of us? <a href='{leave}'>Leave</a>.</p>", "<p>Tired of us?</p>"),
        ("<p>You can <a href='{leave}'>leave</a> at any time.</p>", "<p>You can leave at any time.</p>"),
        ("<p><a href='{view}'>Read this</a> in a browser.</p>", "<p>Read this in a browser.</p>"),
        ("<p>Tired of us? (<a href='{leave}'>Leave</a>)</p>", "<p>Tired of us?</p>"),
        (
            "<p><a href='/x'>Site</a> | <a href='{leave}'>Leave</a><br>Saltmere</p>",
            "<p><a href='/x'>Site</a><br>Saltmere</p>",
        ),
        ("<p><a href='{leave}'>Unsubscribe</a>.</p>", ""),
        ("<table><tr><td><a href='{view}'>Online</a></td></tr></table>", ""),
        (
            "<table><tr><td>Left</td><td><a href='{view}'>Online</a></td></tr></table>",
            "<table><tr><td>Left</td><td></td></tr></table>",
        ),
        ("<ul><li><a href='{view}?from=mail'>Online</a></li><li>Other</li></ul>", "<ul><li>Other</li></ul>"),
        ("<p><a href='{view}'><img src='https://example.org/button.png'></a></p>", ""),
        ("<p>One</p><p><a href='{view}'></a><a href='{leave}'></a></p>", "<p>One</p>"),
        ("<p>{view}</p>", "<p></p>"),
        ("<p title='{view}'>Words</p>", "<p>Words</p>"),
        ("<p><a href='https://example.org/?u=digest'>Words</a></p>",) * 2,
    ],
)
def test_a_reader_s_own_links_go_with_what_parts_them(written: str, left: str) -> None:
    marked = written.format(leave=LEAVE, choose=CHOOSE, view=VIEW)
    assert kept(marked).replace('"', "'") == left.replace('"', "'")


def test_a_link_that_greets_by_name_stays() -> None:
    assert (
        kept(f"<a href='https://example.org/?for={Mark.NAME}'>Hi</a>") == '<a href="https://example.org/?for=">Hi</a>'
    )


# --- what only a mail has ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("style", ["display:none", "max-height: 0; overflow: hidden", "font-size:1px;color:#fff"])
def test_the_line_for_lists_of_mails_goes_where_it_is_hidden(style: str) -> None:
    html = f"<body><div style='{style}'>In this week&#8199;&#65279;</div><p>In this week</p></body>"
    assert online(html, address, preheader="In this week").content == "<p>In this week</p>"


def test_a_hidden_line_with_other_words_stays() -> None:
    html = "<body><p style='display:none'>For small screens</p></body>"
    assert "For small screens" in online(html, address, preheader="In this week").content


def test_words_to_outlook_go_and_what_it_is_to_hide_stays() -> None:
    assert kept("<!--[if mso]><table><tr><td><![endif]-->Words<!--[if mso]></td></tr></table><![endif]-->") == "Words"
    assert kept("<!--[if !mso]><!--><p>Words</p><!--<![endif]-->") == "<p>Words</p>"


def test_what_is_marked_as_the_mail_s_own_goes_and_what_follows_stays() -> None:
    marked = "<p>One</p><p data-mail>Only <b>you</b> get this.</p> and <p>Two</p><p DATA-MAIL='x'>Bye</p>"
    assert kept(marked) == "<p>One</p> and <p>Two</p>"
    assert kept("<table><tr><td><p data-mail>Only you get this.</p></td></tr></table><p>Two</p>") == "<p>Two</p>"
    assert kept(
        "<p>One</p><div data-mail>For <p data-mail>you</p></div><div><b data-mail></b><b data-mail></b></div>"
    ) == ("<p>One</p>")


@pytest.mark.parametrize("why", ["", "Because you asked for it & paid."])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_why_readers_get_it_is_not_told_to_those_who_do_not(language: str, why: str) -> None:
    edition = Edition("weekly", 1, "Fieldnotes & Co", WEEK, (Section("x", "X", (LIBRARY,)),))
    html = Renderer(replace(LOOK, language=language, reason=why)).render(edition).html
    (told,) = lxml.html.document_fromstring(html).xpath("//*[@data-mail]")
    assert (why or "Fieldnotes & Co") in told.text_content()
    made = online(html, address).content
    assert told.text_content() not in lxml.html.fragment_fromstring(made, create_parent=True).text_content()
    assert "1 Sample Street" in made


def test_its_own_main_part_makes_room_for_that_of_the_page() -> None:
    assert kept("<main>Words</main>") == "<div>Words</div>"


def test_what_it_says_of_colours_and_its_styles_move_into_the_head() -> None:
    made = page(
        "<style>h2{color:red}</style><p>Words</p>",
        '<meta name="color-scheme" content="light only"><meta name="other" content="x"><style>h1{color:red}</style>',
        '<body class="ground" style="margin:0" onload="x()">',
    )
    assert made.styles.split("\n") == [
        '<meta name="color-scheme" content="light only">',
        "<style>h1{color:red}</style>",
        "<style>h2{color:red}</style>",
    ]
    assert made.attributes == ' class="ground" style="margin:0"'
    assert made.content == "<p>Words</p>"


def test_what_is_no_page_is_told() -> None:
    with pytest.raises(RenderError, match="no <body>"):
        online("<html><frameset></frameset></html>", address)


# --- pictures ------------------------------------------------------------------------------------------------------


def test_what_travels_along_gets_an_address_wherever_it_is_shown() -> None:
    made = page(
        '<img src="cid:a@b"><table background="cid:c@d"><tr><td style="background:url(cid:e@f)"></td></tr></table>'
    )
    assert re.findall(r"/pictures/\w@\w", made.content) == ["/pictures/a@b", "/pictures/c@d", "/pictures/e@f"]
    assert made.hosts == ()


def test_the_hosts_of_all_pictures_are_named_and_no_others() -> None:
    made = page(
        '<a href="https://linked.example.org"><img src="https://One.example.org/a.png?x=1"></a>'
        '<img src="http://two.example.org:8080/b.png" srcset="https://three.example.org/c.png 2x, /d.png 3x">'
        '<p style="background-image:url(https://four.example.org/e.png)"></p><img src="https://user@five.example.org/">'
        '<img src="https://one.example.org/again.png"><img src="https://[bad/x.png"><img src="https://six;.example.org/">',
        "<style>p{background:url('https://seven.example.org/f.png')}</style>",
    )
    assert set(made.hosts) == {
        "https://one.example.org",
        "http://two.example.org:8080",
        "https://three.example.org",
        "https://four.example.org",
        "https://seven.example.org",
    }


def test_the_largest_picture_stands_for_the_page() -> None:
    made = page(
        '<img src="https://a/logo.png" width="240" height="48"><img src="https://a/first.png" width="536" height="280">'
        '<img src="https://a/second.png" width="536" height="280"><img src="https://a/unknown.png">'
    )
    assert made.picture == "https://a/first.png"
    assert page("<p>none</p>").picture == ""


# --- what acts -----------------------------------------------------------------------------------------------------

ACTIVE = (
    "<script>x()</script>",
    "<p onclick='x()' ONMOUSEOVER='x()'>x</p>",
    "<a href='javascript:x()'>x</a>",
    "<a href=' Java&#10;Script:x()'>x</a>",
    "<a href='data:text/html,x'>x</a>",
    "<img src='vbscript:x' onerror='x()'>",
    "<iframe src='https://example.org' srcdoc='x'></iframe>",
    "<object data='x'></object><embed src='x'>",
    "<base href='https://example.org/'>",
    "<meta http-equiv='refresh' content='0;url=https://example.org'>",
    "<link rel='stylesheet' href='https://example.org/x.css'>",
    "<svg><a xlink:href='javascript:x()'><text>x</text></a><script>x()</script></svg>",
    "<form action='javascript:x()'><button formaction='javascript:x()'>x</button></form>",
)
_NEVER = ".//script | .//iframe | .//object | .//embed | .//base | .//link | .//meta[@http-equiv] | .//comment()"


def passive(made: Online) -> bool:
    tree = lxml.html.document_fromstring(
        f"<html><head>{made.styles}</head><body{made.attributes}>{made.content}</body></html>"
    )
    attributes = [(name, value) for element in tree.iter() for name, value in element.attrib.items()]
    acting = [
        (name, value)
        for name, value in attributes
        if name.startswith("on")
        or re.match(r"(javascript|vbscript|data:text)", re.sub(r"\s", "", value), re.IGNORECASE)
        if name not in {"alt", "title", "aria-label"}
    ]
    return not tree.xpath(_NEVER) and not acting


@pytest.mark.parametrize("written", ACTIVE)
def test_nothing_acts_not_even_what_a_site_wrote_into_its_template(written: str) -> None:
    made = page(f"<p>before</p>{written}<p>after</p>")
    assert passive(made)
    assert "<p>before</p>" in made.content
    assert "<p>after</p>" in made.content


FOREIGN = st.one_of(st.text(max_size=40), st.sampled_from((*TRAPS, *ACTIVE, *Mark)))


@settings(max_examples=60, deadline=None)
@given(FOREIGN, FOREIGN, FOREIGN, FOREIGN)
def test_whatever_an_article_holds_is_text(title: str, words: str, url: str, picture: str) -> None:
    story = replace(LIBRARY, title=title, excerpt=words, author=words, url=url, source=url, image=Image(url=picture))
    edition = Edition("weekly", 1, "Weekly", WEEK, (Section("x", title, (story, LIBRARY)),))
    rendition = RENDERER.render(edition)
    made = online(rendition.html, address, preheader=rendition.preheader)
    assert passive(made)
    assert not [piece for piece in split(whole(made)) if isinstance(piece, Mark)]
    mail, shown = (lxml.html.document_fromstring(html) for html in (rendition.html, f"<div>{made.content}</div>"))
    assert shown.xpath("//h3//text()") == mail.xpath("//h3//text()")


@pytest.mark.parametrize("name", SAMPLES)
def test_a_whole_mail_keeps_every_story(name: str) -> None:
    sample = SAMPLES[name]()
    rendition = sample.rendition()
    made = online(rendition.html, address, preheader=rendition.preheader)
    assert "digest.mark" not in whole(made)
    mail, shown = (lxml.html.document_fromstring(html) for html in (rendition.html, f"<div>{made.content}</div>"))
    for stories in ("//h3//text()", "//h2//text()", "//h3/a/@href", "//p[contains(@class,'excerpt')]//text()"):
        assert shown.xpath(stories) == mail.xpath(stories)
    assert len(shown.xpath("//img")) == len(mail.xpath("//img"))
    assert (made.language, made.dir) == (mail.get("lang"), mail.get("dir"))
    assert passive(made)


def test_a_site_s_own_page_is_read_alike(tmp_path: Path) -> None:
    (tmp_path / "edition.html").write_text(
        "<html lang='en'><head><title>{{ subject }}</title></head><body bgcolor='#eeeeee'>"
        "<span style='display:none'>{{ preheader }}</span><center>Dear {{ reader.name }}, "
        "<a href='{{ reader.archive }}'>View online</a></center><div>{% for article in edition.articles %}"
        "<h2>{{ article.title }}</h2>{% endfor %}</div><div>Mailed by us <br>"
        "<a href='{{ reader.preferences }}'>Change</a> | <a href='{{ reader.unsubscribe }}'>Leave</a></div></body></html>"
    )
    edition = Edition("weekly", 1, "Weekly", WEEK, (Section("x", "X", (LIBRARY,)),))
    rendition = Renderer(LOOK, tmp_path).render(edition)
    made = online(rendition.html, address, preheader=rendition.preheader)
    assert made.attributes == ' bgcolor="#eeeeee"'
    assert " ".join(made.content.split()) == (
        f"<center>Dear</center><div><h2>{LIBRARY.title}</h2></div><div>Mailed by us <br></div>"
    )
