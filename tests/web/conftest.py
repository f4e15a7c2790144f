"""The site of the journeys on the press, and the pages of the live preview behind a real server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import httpx
import pytest

from digest.app import clock
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
