"""A site with everything that its public pages can show, and a real browser in front of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journeys.conftest import MONDAY, Site, article, on_duty
from tests.journeys.conftest import site as quay
from tests.journeys.steps import configure, subscribe
from tests.journeys.visiting import WaitingOffice, open_to_the_public, serving

__all__ = ["quay"]

LANGUAGES = ("en", "de", "fr", "es", "ar")
NOW = "2025-12-08T09:00:00+00:00"
EARLIER = ("2025-11-24T09:00:00+00:00", "2025-12-01T09:00:00+00:00")
STORIES = (
    ("The night timetable of the harbour ferries", "Travel"),
    ("What a crane weighs when nobody looks", "Work"),
    ("How the tide tables are made", "Science"),
    ("Fish market: opening hours in winter", "Food and Drink"),
    ("The lighthouse keeper's last lamp", "History"),
    ("Ein Kutter kommt nach Hause", "Culture"),
    ("السفن في الميناء القديم", "Culture"),
)
MORE = """
[digests.monthly]
title = "Quay News, the month in one mail"
from = "Quay News <monthly@quay.example.org>"
cadence = "month"

[smtp]"""


@dataclass(frozen=True)
class Ran:
    """What came of a command."""

    exit_code: int
    stdout: str
    output: str


class Beside(Site):
    """A site whose commands run in a process of their own: in this one, an event loop belongs to the browser."""

    def run(self, *words: str, now: str = MONDAY, **_options: Any) -> Any:
        process = self.start(*words, now=now)
        stdout, stderr = process.communicate()
        return Ran(process.returncode, stdout, stdout + stderr)


@pytest.fixture
def site(quay: Site) -> Site:
    return Beside(quay.folder)


@pytest.fixture
def post_office() -> Iterator[WaitingOffice]:
    with on_duty(WaitingOffice()) as office:
        yield office  # type: ignore[misc] # it is the office that was given


@pytest.fixture
def url(site: Site, post_office: WaitingOffice) -> Iterator[str]:
    """Where the pages are served; three editions have been sent to somebody before."""
    languages = ", ".join(f'"{language}"' for language in LANGUAGES)
    configure(site, 'title = "Quay News"', f'title = "Quay News"\nlanguages = [{languages}]')
    configure(site, "[smtp]", MORE)
    for week, month_day in enumerate(("11-18", "11-25", "12-02")):
        for number, (title, category) in enumerate(STORIES):
            site.write(
                f"{week}-{number}.md",
                article(title, f"2025-{month_day}", category, source=f"https://news.example.com/{week}/{number}"),
            )
    address = open_to_the_public(site, 'privacy_url = "https://quay.example.org/privacy"\n')
    subscribe(site, ["friend@example.org"])
    for now in (*EARLIER, NOW):
        result = site.run("send", "--yes", "--digest", "weekly", now=now)
        assert result.exit_code == 0, result.output
    while not post_office.arrived.empty():
        post_office.arrived.get()
    with serving(site, address, now=NOW):
        yield address
