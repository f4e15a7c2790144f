"""A rule can be broken in more ways than one: those that are easily overlooked, and what stands close to them."""

from __future__ import annotations

import pytest

from digest.proof import proofread, proofread_page
from tests.proof.conftest import HTML, Mail, broken
from tests.proof.test_rules import END, Change, added, headed, paged

INK = 'class="ink" style="color:#17191c"'
DATE, URIS = "Mon, 08 Dec 2025 07:00:00 +0000", "<https://news.quay.example.org/u/4d7e1c0a>,\n <mailto:"
LEAVE_BY_MAIL = "<mailto:leave@quay.example.org?subject=4d7e1c0a>"


def linked(href: str) -> Change:
    return added(f'<a {INK} href="{href}">The harbour</a>')


def said(words: str) -> Change:
    return added(f"<p>{words}</p>")


WAYS: dict[str, tuple[str, Change]] = {
    "a name without an address": ("from", headed("Quay News <weekly@quay.example.org>", "Weekly")),
    "an address without a domain": ("from", headed("<weekly@quay.example.org>", "<weekly@>")),
    "a mail that a person wrote": ("auto-replies", headed("auto-generated", "no")),
    "a mail that a person wrote, with a remark": ("auto-replies", headed("auto-generated", "No (by hand)")),
    "https and nothing behind it": ("list-unsubscribe", headed("<https://news.quay.example.org/u/4d7e1c0a>", "<https://>")),
    "mailto and nothing behind it": ("list-unsubscribe", headed(LEAVE_BY_MAIL, "<mailto:>")),
    "no comma between the URIs": ("list-unsubscribe-broken", headed(URIS, URIS.replace(",", ""))),
    "a link to https alone": ("link-empty", linked("https://")),
    "a link to no host": ("link-empty", linked("https:///posts/harbour")),
    "a link to http alone": ("link-empty", linked("HTTP://")),
    "a link to mailto alone": ("link-empty", linked("mailto:")),
    "braces that were encoded": ("template-address", linked("https://quay.example.org/%7B%7Bx%7D%7D")),
    "braces that were encoded, as the whole address": ("template-address", linked("%7b%7b url %7d%7d")),
    "a background that was not filled in": ("template-address", paged('<td class="ink"', '<td background="{{ url }}" class="ink"')),
    "a letter with an accent": ("escaped-twice", said("A caf&amp;eacute; on the quay")),
    "an entity with a number in its name": ("escaped-twice", said("A tide of &amp;frac12; a metre")),
    "an entity behind an ampersand": ("escaped-twice", said("Q&amp;A; fish &amp;amp; chips")),
    "a background by http": ("image-source", paged('<td class="ink"', '<td background="http://quay.example.org/b.png" class="ink"')),
    "a larger image by http": ("image-source", paged('<img src="https:', '<img srcset="https://quay.example.org/1.png 1x, HTTP://quay.example.org/2.png 2x" src="https:')),
    "another day of the week": ("date", headed(DATE, "Tue, 08 Dec 2025 07:00:00 +0000")),
    "no zone": ("date", headed(DATE, "Mon, 08 Dec 2025 07:00:00")),
    "a year of two digits": ("date", headed(DATE, "Mon, 08 Dec 25 07:00:00 +0000")),
    "text far to the left": ("hidden-text", added('<div style="text-indent:-9999px"><p>Some more words</p></div>')),
    "text far to the left, by its size": ("hidden-text", added('<p style="text-indent:-999em">Some more words</p>')),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change"), WAYS.values(), ids=WAYS)
def test_a_rule_is_broken_in_this_way_too(name: str, change: Change) -> None:
    changed = change(Mail())
    assert broken(proofread(changed.data if isinstance(changed, Mail) else changed)) == {name}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Quay News <weekly@quay.example.org>", "weekly@quay.example.org"),
        ("Quay News <weekly@quay.example.org>", '"Quay @ News" <"a@b"@quay.example.org>'),
        ("auto-generated", "auto-generated; owner-email=weekly@quay.example.org"),
        ("Auto-Submitted: auto-generated", "Auto-Submitted: no\nPrecedence: bulk"),
        (URIS, URIS.replace(",\n", "\n ,")),
        (LEAVE_BY_MAIL, f"{LEAVE_BY_MAIL},"),
        (DATE, "8 Dec 2025 07:00 -0000"),
        (DATE, "Mon,  8 Dec 2025\n 23:59:59 -0800 (PST)"),
        (DATE, "Monday, 08 Dec 2025 07:00:00 GMT"),
    ],
)
def test_a_header_that_is_well_is_not_found(old: str, new: str) -> None:
    assert broken(proofread(Mail().headed(old, new).data)) == set()


NEAR = {
    "a mail to whom the reader likes": f'<a {INK} href="mailto:?subject=Cranes">Share</a>',
    "one brace that was encoded": f'<a {INK} href="https://quay.example.org/?q=%7Bx%7D">Look</a>',
    "an ampersand and a semicolon": "<p>AT&amp;T; Q&amp;A; a&amp;ampere; fish&amp;chips;</p>",
    "entities deep in code": "<pre><b>caf&amp;eacute;</b></pre><p><code><i>&amp;ndash;</i></code></p>",
    "images by https": (
        '<img alt="A" width="1" height="1" style="display:block" src="https://quay.example.org/1.png"'
        ' srcset="https://quay.example.org/1.png?from=http://x 1x, https://quay.example.org/2.png 2x"> and'
    ),
    "backgrounds by https and cid": (
        '<p background="https://quay.example.org/b.png">One</p><p background="cid:b@quay">Two</p><p background="">3</p>'
    ),
    "a hanging indent": '<p style="text-indent:-2em;padding:0">Some more words</p>',
    "an indent that is taken back": '<div style="text-indent:-9999px"><p style="text-indent:0">Some words</p></div>',
}


@pytest.mark.parametrize("html", NEAR.values(), ids=NEAR)
def test_what_stands_close_to_it_is_not_found(html: str) -> None:
    assert broken(proofread_page(HTML.replace(END, html + END))) == set()


@pytest.mark.parametrize(
    ("outer", "inner", "found"),
    [
        ("1", ".15", True),
        (".7", "70%", True),
        (".7", "1", False),
        ("100%", "0.9", False),
        ("nonsense", "7", False),
    ],
)
def test_opacity_takes_from_the_contrast_that_of_all_that_is_above_together(
    outer: str, inner: str, *, found: bool
) -> None:
    html = f'<div style="opacity:{outer}"><p style="opacity:{inner}">Some more words</p></div>'
    names = broken(proofread_page(HTML.replace(END, html + END))) - {"css-looks"}  # some clients know no opacity
    assert ("contrast-light" in names) if found else not names
