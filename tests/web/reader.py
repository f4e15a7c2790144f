"""Somebody on the list, with the links of their mails, before the pages behind a real server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

import httpx

from digest.app import App
from digest.links import Purpose
from digest.model import Subscriber
from digest.subscriptions.addresses import mailbox
from tests.journeys.conftest import MONDAY, Site
from tests.journeys.steps import Time, subscribe
from tests.journeys.visiting import Page, everything_known
from tests.web.conftest import open_pages

READER, OTHER = "quiet.reader@example.org", "second@example.org"
EDITION = "weekly/2025-W49"


@dataclass(frozen=True)
class Reader:
    """The first of two who are on the list."""

    site: Site
    app: App
    client: httpx.Client
    time: Time

    @property
    def person(self) -> Subscriber:
        found = self.app.subscribers.find(READER)
        assert found
        return found

    def becomes(self, **values: Any) -> Subscriber:
        """The person with other values, as an operator may have given them."""
        with self.app.subscribers.changing() as changes:
            changes.write([(mailbox(READER).key, replace(self.person, **values))])
        return self.person

    def erased(self) -> None:
        with self.app.subscribers.changing() as changes:
            changes.erase(mailbox(READER).key, self.time())

    def token(self, purpose: Purpose, *, subscriber: int = 1) -> str:
        if purpose is Purpose.PREFERENCES:
            return self.app.signer.sign_preferences(EDITION, subscriber, READER)
        return self.app.signer.sign(purpose, EDITION, subscriber)

    @property
    def leave(self) -> str:
        return f"/unsubscribe/{self.token(Purpose.UNSUBSCRIBE)}"

    @property
    def preferences(self) -> str:
        return f"/preferences/{self.token(Purpose.PREFERENCES)}"

    @property
    def undo(self) -> str:
        """The link that takes back that they left, as they are now."""
        assert self.person.changed
        return f"/undo/{self.app.signer.sign_undo(self.person.id, self.person.changed)}"

    def open(self, path: str, status: int = 200, headers: dict[str, str] | None = None) -> Page:
        return told(self.client.get(path, headers=headers), status)

    def send(self, path: str, status: int = 200, **fields: str | list[str]) -> Page:
        """A form without a page around it."""
        return told(self.client.post(path, data=fields), status)

    def press(self, page: Page, action: str, status: int = 200, **filled: str | list[str]) -> Page:
        """Posts a form of the page as a browser does, with what is in it and what is filled in."""
        form = page.form(action)
        fields: dict[str, Any] = {}
        for name, value in form.form_values():
            fields.setdefault(name, []).append(value)
        address = urljoin(str(page.answer.url), form.action)
        return told(self.client.post(address, data=fields | filled, headers={"Origin": "null"}), status)

    def known(self) -> tuple[str, ...]:
        return everything_known(self.site)


def told(answer: httpx.Response, status: int) -> Page:
    assert answer.status_code == status, (answer.status_code, answer.text)
    assert "set-cookie" not in answer.headers
    assert len(answer.content) < 50_000
    return Page(answer)


@contextmanager
def reading(site: Site, *, busy_timeout: float = 5, **web: Any) -> Iterator[Reader]:
    subscribe(site, [READER, OTHER])
    time = Time(MONDAY)
    with open_pages(site, now=time, busy_timeout=busy_timeout, **web) as (app, client):
        yield Reader(site, app, client, time)
