"""A site whose readers wait for letters, its mail server, its clock, and the postman at work."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from digest.app import App
from digest.config import load
from digest.model import Request, RequestKind, Subscriber, SubscriberStatus
from digest.postman import Postman
from digest.store.database import Database
from tests.sending.server import Answer, Moment, ScriptedServer

START = datetime(2025, 12, 8, 8, tzinfo=UTC)
WITHIN = timedelta(days=7)  # a link confirms
URL = "https://news.quay.example.org"
READER = "reader@example.net"
PATIENCE = 30  # seconds after which what does not come fails, and does not hang
CONFIGURATION = """
[site]
title = "Quay News"
postal_address = "Quay News, 1 Quay Street, Saltmere"
languages = ["de"]

[[sources]]
files = "content"

[digests.weekly]
title = "Quay Weekly"
from = "Quay News <weekly@quay.example.org>"

[digests.daily]
title = "Quay Daily"
from = "Quay Daily <daily@quay.example.org>"
cadence = "day"

[templates]
folder = "templates"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
messages_per_connection = 7
"""
Script = Callable[[Moment], Answer | None]


@dataclass
class House:
    """A site with its mail server, and a clock that is set by hand."""

    folder: Path
    server: ScriptedServer
    now: datetime = START
    app: App = field(init=False)

    def __post_init__(self) -> None:
        (self.folder / "digest.key").write_text("k" * 48)
        (self.folder / "content").mkdir()
        (self.folder / "templates" / "notes").mkdir(parents=True)
        self.configure()

    def configure(self, change: Callable[[str], str] = lambda text: text) -> None:
        text = change(CONFIGURATION.format(port=self.server.port))
        (self.folder / "digest.toml").write_text(text, encoding="utf-8")
        self.app = self.opened()

    def opened(self) -> App:
        """The site as one more process sees it; it does not wait long for the database."""
        app = App(load(self.folder / "digest.toml"), lambda: self.now)
        app.__dict__["database"] = Database(app.config.database.url, busy_timeout=0.05)
        return app

    def ask(self, address: str = READER, kind: RequestKind = RequestKind.SUBSCRIBE, **more: Any) -> int:
        """Somebody asks; the id of what they asked."""
        asked = Request(0, kind, address, address, address, created=self.now, due=self.now)
        with self.app.requests.changing() as changes:
            return changes.keep(replace(asked, **more))

    def ask_all(self, count: int) -> Counter[str]:
        """So many readers ask; what is to arrive."""
        addresses = [f"reader{number}@example.net" for number in range(count)]
        for address in addresses:
            self.ask(address)
        return Counter(addresses)

    def find(self, request: int) -> Request:
        found = self.app.requests.find(request)
        assert found is not None
        return found

    def person(self, address: str = READER) -> int:
        """Somebody who is on the list."""
        with self.app.subscribers.changing() as changes:
            changes.write([(address, Subscriber(0, address, created=self.now, changed=self.now))])
            return changes.known([address])[address].id

    def turn(self, status: SubscriberStatus, address: str = READER) -> None:
        with self.app.subscribers.changing() as changes:
            changes.write([(address, replace(changes.known([address])[address], status=status))])

    @property
    def mails(self) -> list[EmailMessage]:
        """All that the server has taken."""
        return [
            message_from_bytes(content.data, _class=EmailMessage, policy=policy.default)
            for content in self.server.contents
            if content.code // 100 == 2
        ]

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody else writes into the database."""
        other = sqlite3.connect(self.folder / "digest.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.close()

    @contextlib.asynccontextmanager
    async def postman(self, app: App | None = None) -> AsyncIterator[Postman]:
        """At work while the context lasts."""
        stop, one = asyncio.Event(), Postman(app or self.app, URL)
        work = asyncio.create_task(one.run(stop))
        try:
            yield one
        finally:
            stop.set()
            await asyncio.wait_for(work, PATIENCE)


@contextlib.asynccontextmanager
async def housed(folder: Path, script: Script = lambda _: None, **server: Any) -> AsyncIterator[House]:
    async with ScriptedServer(script, **server) as running:
        yield House(folder, running)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 - what another process sees in a database wakes nobody
            await asyncio.sleep(0.01)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == event]
