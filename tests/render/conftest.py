"""Editions to render, and readers of what was rendered.

``DIGEST_ACCEPT_GOLDEN=1 pytest tests/render`` writes the golden files anew; look at the difference before keeping it.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import lxml.html
import pytest

from digest.look import Look
from digest.model import Article, Edition, Image, Period, Section
from digest.render import Renderer

GOLDEN = Path(__file__).parent / "golden"
MONDAY = datetime(2025, 12, 1, tzinfo=UTC)
WEEK = Period(MONDAY, datetime(2025, 12, 8, tzinfo=UTC), "2025-W49")

Page = lxml.html.HtmlElement
Read = Callable[[str], Page]
One = Callable[..., Edition]

LIBRARY = Article(
    key="example.com/library",
    title="The quiet return of the town library",
    published=datetime(2025, 12, 1, 9, tzinfo=UTC),
    url="https://example.org/posts/library?ref=mail&copy=2",
    source="https://www.example.com/library",
    excerpt="Branch libraries lent more tools than novels last winter, and those who run them rethink what a shelf is for.",
    author="Newsroom",
    image=Image(url="https://example.org/covers/library.png", file="covers/library.png", width=1200, height=630),
)
TRAINS = Article(
    key="example.com/trains",
    title="Why the night trains are full again",
    published=datetime(2025, 12, 2, 9, tzinfo=UTC),
    url="https://example.org/posts/trains",
    source="https://example.net/trains",
    excerpt="Bookings for sleepers doubled in two years.",
    author="City desk",
    minutes=4,
    image=Image(url="https://example.org/covers/trains.png", file="covers/trains.png"),
)
KITCHENS = Article(
    key="path:kitchens.md",
    title="Small kitchens, large pots",
    published=datetime(2025, 12, 7, 23, 30, tzinfo=UTC),
    url="https://example.org/posts/kitchens",
)
NOTE = Article(key="path:note.md", title="A note without a page of its own", published=MONDAY)


@pytest.fixture
def edition() -> Edition:
    """Two sections; articles with everything, with a picture of unknown size, with no picture, with no address."""
    return Edition(
        digest="weekly",
        number=12,
        title="Fieldnotes Weekly",
        period=WEEK,
        intro="Snow came early.\n\nOurs begins in a library that lends ladders.",
        sections=(
            Section("cities", "Cities", (LIBRARY, TRAINS), more=12, more_url="https://example.org/categories/cities"),
            Section("home", "Home & Garden", (KITCHENS, NOTE), more=1),
        ),
    )


@pytest.fixture
def one() -> One:
    """An edition of a single article, the library's but for what is given."""

    def make(**changes: object) -> Edition:
        section = Section("cities", "Cities", (replace(LIBRARY, **changes),))
        return Edition("weekly", 12, "Fieldnotes Weekly", WEEK, (section,))

    return make


@pytest.fixture
def look() -> Look:
    return Look(
        site_title="Fieldnotes",
        site_url="https://example.org",
        postal_address="Fieldnotes, 1 Sample Street\n12345 Sampleton",
        web=True,
    )


@pytest.fixture
def renderer(look: Look) -> Renderer:
    return Renderer(look)


@pytest.fixture
def page() -> Read:
    """The page as a tree."""
    return lxml.html.document_fromstring


@pytest.fixture
def same_as_golden() -> Callable[[str, str], None]:
    """Compares a text with the golden file of that name, and shows the difference."""

    def compare(name: str, text: str) -> None:
        path = GOLDEN / name
        if os.environ.get("DIGEST_ACCEPT_GOLDEN"):
            path.write_text(text, encoding="utf-8", newline="\n")
        kept = path.read_text(encoding="utf-8")
        difference = difflib.unified_diff(kept.splitlines(), text.splitlines(), "golden", "rendered", lineterm="", n=1)
        assert kept == text, "\n".join((f"{name} has changed", *difference))

    return compare
