"""Every page in a real browser: in all languages, light and dark, on the narrowest screen, for everybody.

With $DIGEST_TEST_SCREENSHOTS, a picture of each is left in that folder.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from checks.readers.conftest import LANGUAGES, STORIES
from checks.readers.looking import looking, pictured
from checks.readers.walking import Walk, walk
from tests.journeys.conftest import Site, article
from tests.journeys.visiting import WaitingOffice

SENT_AT = "2025-12-15T09:00:00+00:00"


def screenshots(language: str) -> Path | None:
    wanted = os.environ.get("DIGEST_TEST_SCREENSHOTS")
    if not wanted:
        return None
    folder = Path(wanted, language)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def next_week(site: Site, url: str) -> None:
    """There is something to read in the edition after that."""
    for number, (title, category) in enumerate(STORIES):
        site.write(
            f"next-{number}.md", article(title, "2025-12-09", category, source=f"https://news.example.com/n/{number}")
        )


@pytest.mark.usefixtures("next_week")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_for_everybody(
    chromium: Browser, site: Site, post_office: WaitingOffice, url: str, language: str
) -> None:
    with looking(chromium, url, language, scripts=True) as looker, pictured(looker, screenshots(language)) as look:
        walk(Walk(looker.page, site, post_office, url, language, look), SENT_AT)
        assert len(looker.seen) > 30
