"""The date of a file at a glance, and by its beginning: never another one than its article has."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Article
from digest.sources import front_matter
from digest.sources.glancing import FIRST_LOOK, glance
from digest.sources.reading import when
from tests.sources.recording import Recording

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("date: 2025-12-03", "date: '2025-12-03'", 'date: "2025-12-03T10:00:00Z"', "date: 2025-12-03 10:00"),
                *(
                    "date: 2025-02-31",
                    "date: 3 Dec 2025",
                    "Date: 2025-12-04",
                    "date:",
                    "date: [2025-12-03]",
                    "date: &a x",
                ),
                *(
                    "date: 2025-12-03 # or so",
                    "date: >-\n  2025-12-03",
                    "date:\n  - 2025-12-03",
                    "publishDate: 2026-01-01",
                ),
                *(
                    "published: 2024-01-01",
                    "published: 2027-01-01",
                    "pubDate: x",
                    "pubDate: 2027-01-01",
                    "layout: list",
                    "redirect: /x/",
                    "permalink: /2024/01/01/x/",
                ),
                *(
                    "type: redirect",
                    "params:\n  date: 2020-01-01",
                    "extra: {date: 2020-01-01}",
                    "pagination: {size: 1}",
                ),
                *(
                    "title: A story",
                    "title: 'two\n  lines'",
                    "tags:\n- a\n- b",
                    "tags: [a, b]",
                    "# date: 2020-01-01",
                    "",
                ),
                *("excerpt: |\n  date: 2020-01-01\n\n  more", "slug: x", "draft: true", "category: City", "- a", "x y"),
            ]
        ),
    ),
    max_size=7,
)


@settings(max_examples=400, deadline=None)
@given(
    LINES,
    st.sampled_from(
        ["Text.", "<meta http-equiv=refresh content=0>", "<META HTTP-EQUIV='Refresh'>", "---\ndate: 1\n---"]
    ),
    st.sampled_from(
        ["a.md", "2020-01-01-a.md", "index.md", "a/index.md", "404.md", "_part.md", "README.md", "a/x.de.md"]
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_a_date_at_a_glance_is_the_date(lines: list[str], body: str, name: str, ending: str):
    text = "\n".join(("---", *lines, "---", body)).replace("\n", ending).encode()
    folder = Recording(Path("/nowhere"), ZoneInfo("Europe/Berlin"))
    glanced = glance(folder, name, text)
    assert glanced is None or glanced == when(folder, folder.root / name, name, text)


def test_a_glance_is_enough_for_the_usual_front_matter():
    folder = Recording(Path("/nowhere"), ZoneInfo("UTC"))
    usual = (
        "---\ntitle: >-\n  Two\n  lines\ndate: '2025-12-03'\ntags:\n  - a\nreadTime: 5 min\ndraft: false\n---\n# Body\n"
    )
    assert glance(folder, "a/index.md", usual.encode()) == datetime(2025, 12, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "line", ["a:\n", "a:\n- b\n", "a: >-\n  b\n", "a: 'b'\n", "a: [b, c]\n", "a: b c\n", "#\n", "\n"]
)
def test_a_glance_at_what_never_ends_ends(line: str):
    folder = Recording(Path("/nowhere"), ZoneInfo("UTC"))
    assert glance(folder, "a.md", f"---\n{line * 2_000}".encode()[:FIRST_LOOK]) is None
    assert glance(folder, "a.md", f"---\na: {line.strip() * 2_000}".encode()[:FIRST_LOOK]) is None


# --- whatever is wrong with a file -----------------------------------------------------------------------------------

WHOLE = (
    '---\ntitle: A story\ndate: 2025-12-03\ntags:\n  - a\n  - b\nauthor: "A. B"\n---\n\nText of it.\n',
    "+++\ntitle = 'A story'\ndate = 2025-12-03\n[extra]\nb = 'c'\n+++\nText of it.\n",
    '{"title": "A story", "date": "2025-12-03"}\n\nText of it.\n',
    "Title: A story\nDate: 2025-12-03\nTags: a, b\n\nText of it.\n",
    "title: A story\ntags:\n- a\ndate: 2025-12-03\n---\nText of it.\n",
)
PIECES = st.sampled_from(
    [
        *(
            "---\n",
            "+++\n",
            "\n",
            '"',
            "'",
            "date: 2025-01-02\n",
            "\ndate: 2024-05-06\n",
            "layout: list\n",
            "\n  12:00\n",
        ),
        *(
            "publishDate: 2030-01-01\n",
            "  ",
            "\t",
            ": ",
            "|\n",
            ">-\n",
            "# ",
            "\r\n",
            "\r",
            "{",
            "}",
            "[",
            "&a ",
            "*a ",
        ),
        *(
            "!!str ",
            "x" * 5_000,
            '"a\ndate: 2020-02-02\nb: "',
            "...\n",
            "? ",
            "params:\n  date: 2021-01-01\n",
            " ---\n",
        ),
        *("# why\n", "\ufeff", "\x85", "\u2028", "<meta http-equiv=refresh>", "permalink: /2020/01/02/x\n", "- a\n"),
    ]
)
DAMAGES = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 12), PIECES), max_size=4)


@settings(max_examples=300)
@given(st.sampled_from(WHOLE), DAMAGES, st.sampled_from(["a.md", "2025-03-04-a.md", "x/index.md", "a.html"]))
def test_the_index_dates_no_file_otherwise_than_who_reads_it(text: str, damages: list[tuple[int, int, str]], name: str):
    for at, gone, piece in damages:
        text = text[:at] + piece + text[at + gone :]
    folder, data = Recording(Path("/nowhere"), ZoneInfo("Europe/Berlin")), text.encode()
    articles = [found for found in folder.parse(folder.root / name, data) if isinstance(found, Article)]
    glanced = glance(folder, name, data[:FIRST_LOOK])
    looked = when(folder, folder.root / name, name, front_matter.opening(io.BytesIO(data)))
    assert glanced in {None, looked}
    assert not articles or articles[0].published == looked
