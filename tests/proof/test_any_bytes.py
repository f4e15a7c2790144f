"""Whatever bytes come: a report, never an exception; and a long mail is read in no time."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.proof import Scheme, as_seen, links, proofread, proofread_page
from tests.proof.conftest import HTML, Mail, broken

SAMPLE = Mail().data
PIECES = st.sampled_from(
    [
        *("<style>", "</style>", "<table>", "<td style='", "'>", "@media (", "{", "}", "color:", "#12", "rgb(", "var(--x)"),
        *("<a href='", "https://[", "//", "\x00", "\ud800", "<!--", "-->", "<![if mso]>", "&#1114112;", "&#0;", "{{", "/*"),
        *("<svg><style>", "<html lang=x", "<body", "<frameset>", "<img width=", "\n", " ", "1e999px", "9" * 400, "*", ">", "~"),
        *("font:", "line-height:", "max(1px,", "background:url(", "\x1f", "&#1;", "media=", ":not(", "::before", "[a=", "\\", "١px", "²"),
    ]
)  # fmt: skip


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message(data: bytes) -> None:
    assert proofread(data).message_bytes == len(data)


@given(st.lists(st.tuples(st.integers(0, len(SAMPLE)), st.binary(max_size=12), st.integers(0, 60)), max_size=6))
def test_a_damaged_message_is_read_all_the_same(cuts: list[tuple[int, bytes, int]]) -> None:
    data = SAMPLE
    for at, new, gone in cuts:
        data = data[:at] + new + data[at + gone :]
    report = proofread(data)
    assert not [one.what for one in report.findings if one.rule.name == "unreadable" and "empty" not in one.what]


@given(st.lists(PIECES | st.text(max_size=8), max_size=30).map("".join))
def test_any_page_is_read_and_shown_in_every_scheme(html: str) -> None:
    report = proofread_page(html)
    assert not [one.what for one in report.findings if one.rule.name == "unreadable" and "empty" not in one.what]
    for scheme in Scheme:
        assert isinstance(as_seen(html, scheme, images=False), str)
    assert all(re.match("https?://", address, re.IGNORECASE) for address in links(html))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_any_style_in_a_whole_page_is_read(css: str) -> None:
    css = css.replace("<", "")
    for page in (HTML.replace(":root{", f"{css}:root{{", 1), HTML.replace("<h2>", f'<h2 style="{css}">', 1)):
        assert "unreadable" not in broken(proofread_page(page))
        for scheme in Scheme:
            as_seen(page, scheme)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 20_000,
        f"<style>{'a ' * 3_000}{{color:red}}</style><p>x",
        f"<style>{'(' * 5_000}</style><p style='{'[' * 5_000}'>x",
        f"<style>{'@media all{' * 3_000}</style><p>x",
        f"<style>{':not(' * 2_000}</style><p>x",
        f"<p style='color:{'(' * 3_000}'>x",
    ],
    ids=["tags", "selectors", "brackets", "media", "not", "values"],
)
def test_what_is_nested_without_end_is_told_and_not_followed(page: str) -> None:
    assert proofread_page(page).findings
    for scheme in Scheme:
        as_seen(page, scheme)
