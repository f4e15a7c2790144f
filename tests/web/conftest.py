"""The site of the journeys on the press; the pages of the live preview, and those for readers, behind a real server."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx
import pytest

from digest.app import App, clock
from digest.config import load
from digest.web.application import public
from digest.web.serving import address_of, answer
from digest.web.serving import listen as listen_at
from digest.web.studio import Choice, Press
from digest.web.studio.serving import listen, serve
from tests.journeys.conftest import MONDAY, Site, post_office, site

__all__ = ["post_office", "site"]

PATIENCE = 30  # seconds after which what does not come fails, and does not hang


def press_of(site: Site, start: Choice | None = None) -> Press:
    return Press(site.folder / "digest.toml", clock(datetime.fromisoformat(MONDAY)), start)


@contextmanager
def served(press: Press) -> Iterator[httpx.Client]:
    """A browser's view of the press, without the browser."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    with listen(0) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread = threading.Thread(target=lambda: loop.run_until_complete(serve(press, listening, stop)))
        thread.start()
        try:
            with httpx.Client(base_url=address, timeout=PATIENCE) as browser:
                yield browser
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


@pytest.fixture
def press(site: Site) -> Press:
    return press_of(site)


@pytest.fixture
def browser(press: Press) -> Iterator[httpx.Client]:
    with served(press) as client:
        yield client


@pytest.fixture
def post(browser: httpx.Client) -> Callable[..., httpx.Response]:
    """A form sent as the page sends it."""

    def send(**form: str) -> httpx.Response:
        return browser.post("/test", data=form, headers={"Origin": str(browser.base_url).rstrip("/")})

    return send


@contextmanager
def open_pages(
    site: Site, *, path: str = "", now: Callable[[], datetime] | None = None, busy_timeout: float = 5, **web: object
) -> Iterator[tuple[App, httpx.Client]]:
    """The pages for readers behind a real server on loopback, with these settings under [web]; they end with it.

    ``path`` is that of the base address, ``now`` the clock: Monday at eight, and it goes on, unless said otherwise.
    """
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    with listen_at("127.0.0.1", 0) as listening:
        url = address_of(listening) + path
        config = load(site.folder / "digest.toml", {"DIGEST_WEB": json.dumps({"url": url} | web)})
        app = App(config, now or clock(datetime.fromisoformat(MONDAY)), busy_timeout=busy_timeout)
        application = public(app, url)
        thread = threading.Thread(target=lambda: loop.run_until_complete(answer(application, listening, stop)))
        thread.start()
        try:
            with httpx.Client(base_url=url, timeout=PATIENCE) as client:
                yield app, client
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()
            loop.close()


@pytest.fixture
def pages(site: Site) -> Iterator[tuple[App, httpx.Client]]:
    """The pages for readers, as somebody who is there for the first time finds them."""
    with open_pages(site) as opened:
        yield opened
