"""The live preview, served by the real command and opened in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import Site, post_office, site
from tests.journeys.steps import started

__all__ = ["post_office", "site"]


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    """Where ``digest preview --live`` serves the site, as a process of its own."""
    (site.folder / "templates").mkdir()
    config = site.folder / "digest.toml"
    config.write_text(config.read_text() + '\n[templates]\nfolder = "templates"\n', encoding="utf-8")
    with started(site.start("preview", "--live", "--port", "0")) as process:
        assert process.stdout
        yield process.stdout.readline().strip()


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """The page, opened and live. Whatever its script stumbles over, and whatever its policy forbids it, fails the check."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    page.goto(address)
    page.wait_for_selector("#frames iframe:not(.behind)")
    yield page
    context.close()
    assert errors == []


def template(site: Site, text: str) -> Path:
    path = site.folder / "templates" / "edition.html"
    path.write_text(text, encoding="utf-8")
    return path
