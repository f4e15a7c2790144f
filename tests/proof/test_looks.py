"""The cascade: what wins, what is inherited, what stands behind a text."""

from __future__ import annotations

import pytest

from digest.colour import contrast, lightness, lit, parse, ratio, written
from digest.proof import proofread_page
from digest.proof.cascade import Style, holds
from digest.proof.page import Page
from digest.proof.schemes import Scheme
from tests.proof.conftest import HTML, broken


def look(body: str, css: str = "", *, dark: bool = False) -> Style:
    """How the element with the id x looks."""
    page = Page(f"<html><head><style>{css}</style></head><body>{body}</body></html>")
    element = page.root.get_element_by_id("x")
    return (page.dark if dark else page.light)[element]


@pytest.mark.parametrize(
    ("css", "inline", "colour"),
    [
        ("p{color:#111111}", "", "#111111"),
        ("#x{color:#111111}.a{color:#222222}p{color:#333333}", "", "#111111"),
        (".a{color:#111111}.b{color:#222222}", "", "#222222"),
        (".a{color:#111111}", "color:#222222", "#222222"),
        (".a{color:#111111!important}", "color:#222222", "#111111"),
        (".a{color:#111111!important}", "color:#222222!important", "#222222"),
        ("div > p.a.b, h2{color:#111111}p{color:#222222}", "", "#111111"),
        ("p:hover{color:#111111}p::before{color:#222222}p:not(.c){color:#333333}", "", "#333333"),
        ("p,p:::x{color:#111111}p{color:#222222}", "", "#222222"),
        ("p{color:#111111}p{color:nonsense}", "", "#444444"),
        ("[data-ogsc] p{color:#111111}", "", "#444444"),
        ("p{color:rgb(17 17 17 / 100%)}", "", "#111111"),
    ],
)
def test_the_stronger_rule_wins(css: str, inline: str, colour: str) -> None:
    style = look(f'<div style="color:#444444"><p id="x" class="a b" style="{inline}">x</p></div>', css)
    assert written(style.colour) == colour


def test_rules_in_media_queries_hold_when_their_query_does() -> None:
    css = "@media (prefers-color-scheme:dark){p{color:#eeeeee}}@media (max-width:520px){p{color:#777777}}@media print{p{color:red}}"
    assert written(look('<p id="x">x</p>', css).colour) == "#000000"
    assert written(look('<p id="x">x</p>', css, dark=True).colour) == "#eeeeee"


@pytest.mark.parametrize(
    ("query", "true"),
    [
        ("screen", True),
        ("print", False),
        ("not print", True),
        ("only screen and (min-width:480px)", True),
        ("(max-width: 600px)", False),
        ("print, (min-width:1px)", True),
        ("screen and (-webkit-min-device-pixel-ratio:0)", True),
        ("(width <= 600px)", False),
        ("(prefers-color-scheme: dark)", False),
        ("(prefers-color-scheme: light)", True),
    ],
)
def test_a_query_is_asked_as_on_a_desk_in_the_light(query: str, true: bool) -> None:
    assert holds(query, Scheme.LIGHT) is true


def test_the_ground_is_what_is_seen_through() -> None:
    assert look('<table bgcolor="#eeeeee"><tr><td><b id="x">x</b></td></tr></table>').ground == (238, 238, 238)
    assert (
        look('<div style="background:#000"><p id="x" style="background:rgba(255,255,255,.5)">x</p></div>').ground
        == (128,) * 3
    )
    assert look('<div style="background:url(a.png) #fff"><p id="x">x</p></div>').ground is None
    assert look('<div style="background:url(a.png)"><p id="x" style="background:#fff">x</p></div>').ground == (255,) * 3


@pytest.mark.parametrize(
    ("style", "size", "leading"),
    [
        ("font-size:12pt;line-height:150%", 16, 1.5),
        ("font-size:1.5em;line-height:1.2", 30, 1.2),
        ("font:italic bold 14px/21px Arial", 14, 1.5),
        ("font-size:max(16px,1rem)", 16, 2.5),
        ("font-size:calc(1px + 2vw)", 20, 2),
        ("", 20, 2),
    ],
)
def test_sizes_are_worked_out_in_pixels(style: str, size: float, leading: float) -> None:
    found = look(f'<div style="font-size:20px;line-height:40px"><p id="x" style="{style}">x</p></div>')
    assert found.size == pytest.approx(size)
    assert found.line_height == pytest.approx(leading)


def test_in_the_dark_a_page_that_asks_for_it_gets_the_colours_of_the_night() -> None:
    assert look('<p id="x">x</p>', ":root{color-scheme:light dark}", dark=True).colour == (255, 255, 255)
    assert look('<p id="x">x</p>', dark=True).colour == (0, 0, 0)


@pytest.mark.parametrize("hidden", ["display:none", "visibility:hidden", "opacity:0", "max-height:0;overflow:hidden"])
def test_what_is_hidden_is_not_shown_nor_is_what_it_holds(hidden: str) -> None:
    assert not look(f'<div style="{hidden}"><p id="x">x</p></div>').shown


def test_lightness_and_the_way_back() -> None:
    assert lightness((255, 255, 255)) == pytest.approx(100)
    assert lightness((0, 0, 0)) == 0
    for colour in ("#0f5b66", "#ffe08a", "#101010"):
        for goal in (5, 20, 50, 80):
            assert lightness(lit(parse(colour), goal)) == pytest.approx(goal, abs=1)
    assert ratio(parse("#777777"), parse("#ffffff")) == contrast("#777777", "#ffffff")


# --- what must not be found ------------------------------------------------------------------------------------------

GOOD = {
    "a headline about nothing": ("The cranes are back", "None of the above: null, nan and undefined explained"),
    "a headline about a program": ("The cranes are back", "ASP.NET"),
    "a site as a headline, of the same owner": ("The cranes are back", "www.example.org"),
    "an address as a headline, of the same owner": ("The cranes are back", "https://news.quay.example.org/posts"),
    "entities in code": ("it happen.", "it happen. <code>&amp;amp;</code>"),
    "large text of less contrast": ("it happen.", 'it happen.</p><p style="background:#fff;font-size:24px;color:#8a8a8a"><span style="color:#8a8a8a">Large</span>'),
    "a table of data": ("<h2>Work</h2>", "<h2>Work</h2><table><tr><th>Day</th><td>One</td></tr></table>"),
    "an icon in a line of text": ("it happen.", 'it <img src="https://x.example/i.png" alt="" width="16" height="16"> happen.'),
    "a gradient behind a picture": ("it happen.", 'it happen.<span style="color:#222222;text-align:center">!</span>'),
    "a flex box for those who know it": (":root{", "@media (min-width:1px){h2{display:flex;position:absolute}}:root{"),
    "a rule that meets nothing": (":root{", ".nothing{display:flex;float:left;color:var(--x)}:root{"),
    "a fragment of a page": ('href="https://news.quay.example.org/7"', 'href="https://news.quay.example.org/7#work"'),
    "the top": ('href="https://news.quay.example.org/7"', 'href="#top"'),
    "an anchor by name": ('href="https://news.quay.example.org/7"', 'href="#w" name="w"'),
    "writing from right to left": ('lang="en" dir="ltr"', 'lang="fa-IR" dir="rtl"'),
    "a language in another script": ('lang="en"', 'lang="uz-Latn"'),
    "a long headline set close": ("<h2>Work</h2>", f'<h2 style="line-height:1.2"><a href="https://news.quay.example.org/9">{"Work " * 30}</a></h2>'),
    "leaving in another language": ("Unsubscribe</a>", "Abmelden</a>"),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), GOOD.values(), ids=GOOD)
def test_what_is_well_is_not_found(old: str, new: str) -> None:
    assert old in HTML
    assert broken(proofread_page(HTML.replace(old, new))) == set()


def test_a_finding_says_where_it_is() -> None:
    page = HTML.replace(' alt="A map of the quay"', "")
    (finding,) = proofread_page(page).findings
    assert finding.line == 1 + page.count("\n", 0, page.index("map.png"))
    assert finding.path == "/html/body/table/tr/td/img"


def test_many_places_of_one_pair_of_colours_are_one_finding() -> None:
    grey = "".join(f"<p class='ink' style='color:#999999'>Word {number}</p>" for number in range(40))
    findings = proofread_page(HTML.replace("<h2>", f"{grey}<h2>")).findings
    assert [finding.rule.name for finding in findings] == ["contrast-light"]
    assert findings[0].what == "#999999 on #ffffff is 2.85 to 1, 4.5 is needed: 'Word 0', and in 39 more places"
