"""One real browser for all checks; where there is no Chromium, they fail and say what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Error, sync_playwright

from digest import screens
from digest.errors import DigestError


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A Chromium that is in PATH, else the one that Playwright has installed."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    try:
        found: str | None = screens.find()
    except DigestError:
        found = None
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=found, args=arguments)
        except Error as error:
            pytest.fail(f"these checks need a Chromium: `python -m playwright install chromium` brings one ({error})")
        yield browser
        browser.close()
