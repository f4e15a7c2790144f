"""A page as clients in each colour scheme show it."""

from __future__ import annotations

import lxml.html
import pytest

from digest.colour import lightness, parse
from digest.proof import Scheme, as_seen, proofread_page
from digest.proof.schemes import darkened, lightened
from tests.proof.conftest import HTML

PAGE = """\
<!DOCTYPE html>
<html lang="en"><head><meta name="color-scheme" content="light dark">
<style>.ink{color:#17191c}@media (prefers-color-scheme:dark){.ink{color:#f2f1ee!important}}
@media screen and (prefers-color-scheme: light){.sun{display:block}}</style></head>
<body bgcolor="#ffffff" style="background-color:#ffffff;border:1px solid #e4e2dc">
<!--[if mso]><p>Word</p><![endif]-->
<p class="ink" style="color:#17191c;background:#fff url(https://x.example/%23fff.png)">Ask for (prefers-color-scheme:dark)</p>
<img src="https://x.example/a.png" alt="A map">
</body></html>"""


def test_dark_turns_the_rules_for_the_dark_on_and_the_others_off() -> None:
    seen = as_seen(PAGE, Scheme.DARK)
    assert "@media (min-width:0){.ink{color:#f2f1ee!important}}" in seen
    assert "@media screen and (max-width:0){.sun" in seen
    assert "<style>:root{color-scheme:dark!important}</style>" in seen


def test_light_turns_them_off() -> None:
    seen = as_seen(PAGE, Scheme.LIGHT)
    assert "@media (max-width:0){.ink{color:#f2f1ee!important}}" in seen
    assert "@media screen and (min-width:0){.sun" in seen
    assert "<style>:root{color-scheme:light!important}</style>" in seen


def test_a_page_that_knows_no_dark_stays_light_in_the_dark() -> None:
    assert "color-scheme:light!important" in as_seen("<p>Words</p>", Scheme.DARK)


@pytest.mark.parametrize("scheme", Scheme)
def test_words_and_comments_stay_as_they_are(scheme: Scheme) -> None:
    seen = as_seen(PAGE, scheme)
    assert seen.startswith("<!DOCTYPE html>")
    assert "Ask for (prefers-color-scheme:dark)" in seen
    assert "<!--[if mso]><p>Word</p><![endif]-->" in seen


def test_forced_darkness_turns_colours_and_passes_over_the_senders_own() -> None:
    seen = as_seen(PAGE, Scheme.FORCED)
    assert "@media (max-width:0){.ink{" in seen
    assert ".ink{color:#e9e9e9}" in seen
    root = lxml.html.document_fromstring(seen)
    body = root.find("body")
    assert body.get("bgcolor") == "#1d1d1d"
    assert body.get("style") == "background-color:#1d1d1d;border:1px solid #31302f"
    assert "url(https://x.example/%23fff.png)" in seen
    assert root.find(".//img").get("src") == "https://x.example/a.png"


def test_without_images_their_words_are_left() -> None:
    seen = as_seen(PAGE, Scheme.LIGHT, images=False)
    assert '<img alt="A map">' in seen
    assert "background:#fff none" in seen


def test_a_page_of_nothing_is_nothing() -> None:
    assert as_seen(" ", Scheme.DARK) == " "


def test_what_forced_darkness_makes_of_a_readable_mail_is_dark_and_readable() -> None:
    report = proofread_page(as_seen(HTML, Scheme.FORCED))
    assert {finding.rule.name for finding in report.findings} <= {"image-embedded"}


@pytest.mark.parametrize("colour", ["#ffffff", "#f4f3ef", "#ffe08a", "#cfe8d5"])
def test_a_light_ground_becomes_dark_and_a_dark_one_stays(colour: str) -> None:
    assert lightness(darkened(parse(colour))) < 30
    assert darkened((27, 29, 32)) == (27, 29, 32)


@pytest.mark.parametrize("colour", ["#000000", "#17191c", "#0f5b66", "#0000ee"])
def test_dark_text_becomes_light_and_light_text_stays(colour: str) -> None:
    assert lightness(lightened(parse(colour))) > 60
    assert lightened((242, 241, 238)) == (242, 241, 238)


def test_a_style_of_a_thousand_grounds_is_read_once() -> None:
    styles = "background:" * 40_000 + "url(" * 40_000
    assert "background:background" in as_seen(f'<p style="{styles}">x</p>', Scheme.LIGHT, images=False)
