"""Mails in a headless Chromium, each opened as a page of its own, with nothing loaded from anywhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Literal

from playwright.sync_api import BrowserContext, Page, Route, sync_playwright
from said import Mails, body, pictures

ORIGIN = "http://mail.invalid"  # RFC 2606: no such host can ever exist
FLAGS = (
    "--no-sandbox",  # which Chromium cannot have as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def reading(*, scheme: Literal["light", "dark"], width: int) -> Iterator[BrowserContext]:
    """A browser with a window of that width, whose reader prefers that colour scheme."""
    with sync_playwright() as player, player.chromium.launch(executable_path=_chromium(), args=FLAGS) as browser:
        yield browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})


def opened(context: BrowserContext, mails: Mails) -> Iterator[tuple[str, Page]]:
    """Each mail's HTML part in turn, ready laid out. Embedded pictures show; others stay away, as if switched off."""
    page = context.new_page()
    for name, data in mails.items():
        html = body(data, "html").replace('"cid:', f'"{ORIGIN}/')
        inside = {f"{ORIGIN}/{cid}": picture for cid, picture in pictures(data).items()}
        inside[f"{ORIGIN}/"] = ("text/html; charset=utf-8", html.encode())
        page.unroute_all()
        page.route("**/*", partial(_answer, inside))
        page.goto(f"{ORIGIN}/")
        yield name, page


def _answer(inside: Mapping[str, tuple[str, bytes]], route: Route) -> None:
    """Only what is inside the mail itself is ever answered."""
    if found := inside.get(route.request.url):
        media_type, content = found
        route.fulfill(content_type=media_type, body=content)
    else:
        route.abort()


def _chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        raise SystemExit("checks/email: there is no Chromium; on Debian: apt-get install chromium")
    return found
