"""The public pages as the command serves them, and somebody who visits them with a browser that runs no scripts."""

from __future__ import annotations

import queue
import re
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html

from tests.journeys.conftest import MONDAY, PostOffice, Site, free_port
from tests.journeys.steps import PATIENCE, body, heard, opened

PAGES = """
[web]
url = "{url}"
filling = "0s"
"""


@dataclass
class WaitingOffice(PostOffice):
    """A mail server that can be waited for."""

    arrived: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        reply = await super().handle_DATA(server, session, envelope)
        self.arrived.put(envelope.rcpt_tos[0])
        return reply

    def latest(self, address: str) -> bytes:
        """The last message that somebody got."""
        return next(data for to, data in reversed(self.messages) if to == address)

    def next(self) -> bytes:
        """The next message, once it is there."""
        self.arrived.get(timeout=PATIENCE)
        return self.messages[-1][1]


def open_to_the_public(site: Site, more: str = "") -> str:
    """Gives the site public pages on a free port; their address."""
    url = f"http://127.0.0.1:{free_port()}"
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + PAGES.format(url=url) + more, encoding="utf-8")
    return url


@contextmanager
def serving(site: Site, url: str, *words: str, now: str = MONDAY) -> Iterator[list[str]]:
    """``digest serve`` at work; what it says on stderr, all of it once it has ended."""
    process = site.start("serve", "--port", url.rpartition(":")[2], *words, now=now)
    hung = threading.Timer(PATIENCE, process.kill)
    hung.start()
    said: list[str] = []
    try:
        said += heard(process, "listening on")
        hung.cancel()
        assert process.stderr
        listener = threading.Thread(target=said.extend, args=(process.stderr,))
        listener.start()
        try:
            yield said
        finally:
            process.terminate()
            listener.join()
    finally:
        hung.cancel()
        process.kill()
        process.communicate()


@dataclass(frozen=True)
class Page:
    """A page that was opened."""

    answer: httpx.Response

    @cached_property
    def tree(self) -> Any:
        return html.document_fromstring(self.answer.text)

    @property
    def words(self) -> str:
        return " ".join(self.tree.text_content().split())

    def form(self, action: str = "") -> Any:
        """The form that posts to an address which ends so; the first one if that is not said."""
        for form in self.tree.forms:
            if form.method == "POST" and (form.get("action") or str(self.answer.url)).endswith(action):
                return form
        raise AssertionError(f"no form posts to {action!r}: {self.answer.text}")


class Visitor:
    """Goes from page to page as somebody does who has no JavaScript."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def open(self, address: str) -> Page:
        return self._page(self.client.get(address))

    def press(self, page: Page, action: str = "", **filled: str | tuple[str, ...]) -> Page:
        """Posts a form of the page with what is in it already and what is filled in; a tuple ticks exactly those boxes."""
        form = page.form(action)
        values: dict[str, Any] = {}
        for name, value in form.form_values():
            values.setdefault(name, []).append(value)
        values |= filled
        address = urljoin(str(page.answer.url), form.get("action") or "")
        origin = str(self.client.base_url).rstrip("/")
        return self._page(self.client.post(address, data=values, headers={"Origin": origin}))

    def _page(self, answer: httpx.Response) -> Page:
        assert answer.status_code == 200, (answer.status_code, str(answer.url), answer.text)
        assert "set-cookie" not in answer.headers
        return Page(answer)


@contextmanager
def visiting(url: str) -> Iterator[Visitor]:
    with httpx.Client(base_url=url, timeout=PATIENCE, follow_redirects=True) as client:
        yield Visitor(client)


def links(mail: bytes, url: str) -> dict[str, str]:
    """The links of a mail to the public pages, each once: from its header, its text and its HTML, by their first word."""
    message = opened(mail)
    everything = " ".join((str(message["List-Unsubscribe"]), body(message, "plain"), body(message, "html")))
    found = re.findall(re.escape(url) + r"/([a-z]+)/([\w.-]+)(?![\w./-])", everything)
    by_purpose: dict[str, set[str]] = {}
    for purpose, token in found:
        by_purpose.setdefault(purpose, set()).add(f"{url}/{purpose}/{token}")
    assert all(len(same) == 1 for same in by_purpose.values()), by_purpose
    return {purpose: same.pop() for purpose, same in by_purpose.items()}


def everything_known(site: Site) -> tuple[str, ...]:
    """Every row of every table."""
    with closing(sqlite3.connect(site.folder / "digest.db")) as connection:
        return tuple(connection.iterdump())
