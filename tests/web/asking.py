"""Somebody before the form, with a clock that the test moves and a mail server whose letters can be waited for."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import httpx
from lxml import html

from digest.app import App
from digest.model import Choices, Request, RequestKind
from digest.subscriptions.addresses import mailbox
from tests.journeys.conftest import MONDAY, Site
from tests.journeys.steps import Time
from tests.journeys.visiting import everything_known
from tests.web.conftest import open_pages

READER = "jane.doe@example.org"
NEIGHBOUR = "https://www.example.org"


@dataclass
class Door:
    """The pages, from outside and from inside."""

    site: Site
    app: App
    client: httpx.Client
    time: Time

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    def opened(self, path: str = "/subscribe", **headers: str) -> Any:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200
        return self.tree(answer)

    @staticmethod
    def tree(answer: httpx.Response) -> Any:
        return html.document_fromstring(answer.text)

    def press(self, tree: Any, *, seconds: float = 5, **filled: str | list[str]) -> httpx.Response:
        """Fills in the form of a page, and presses its button so many seconds later; all that it does not name stays."""
        (form,) = tree.forms
        fields: dict[str, Any] = {}
        for name, value in form.form_values():
            fields.setdefault(name, []).append(value)
        self.time.go(seconds=seconds)
        # What Chromium says of a page without referrers.
        return self.client.post(urljoin(self.url, form.action), data=fields | filled, headers={"Origin": "null"})

    def ask(self, email: str = READER, **filled: str | list[str]) -> httpx.Response:
        """Opens the page and sends its form."""
        return self.press(self.opened(), email=email, **filled)

    def sent(self, headers: dict[str, str] | None = None, **fields: str | list[str]) -> httpx.Response:
        """A form of another site."""
        return self.client.post("/subscribe", data={"email": READER} | fields, headers=headers or {"Origin": NEIGHBOUR})

    def rows(self, table: str = "requests") -> list[dict[str, Any]]:
        with closing(sqlite3.connect(self.site.folder / "digest.db")) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]

    def asked(self) -> Request:
        """The only request that there is."""
        (row,) = self.rows()
        found = self.app.requests.find(row["id"])
        assert found
        return found

    def known(self) -> tuple[str, ...]:
        return everything_known(self.site)

    def link(self, kind: RequestKind = RequestKind.SUBSCRIBE, address: str = READER, **fields: Any) -> str:
        """The path of a link to confirm something, whose letter was handed over already."""
        key = mailbox(address).key
        now = self.time()
        asked = Request(
            0, kind, address, key, key, now, choices=fields.pop("choices", Choices()), mailed=now, client="c", **fields
        )
        with self.app.requests.changing() as changes:
            return f"/confirm/{self.app.signer.sign_request(changes.keep(asked))}"


def words(answer: httpx.Response) -> str:
    """The text of a page as somebody reads it."""
    return re.sub(r"\s+", " ", html.document_fromstring(answer.text).text_content())


@contextmanager
def door(site: Site, **web: Any) -> Iterator[Door]:
    time = Time(MONDAY)
    with open_pages(site, now=time, **{"filling": "2s", "origins": [NEIGHBOUR], **web}) as (app, client):
        yield Door(site, app, client, time)
