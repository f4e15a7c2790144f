"""A site with public pages, and a press that publishes what a test wants to see in the archive."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import pytest

from digest.app import App
from digest.archive import Archive
from digest.config import load
from digest.model import Article, Edition, EditionRecord, Period, Section, Selection, Subscriber
from digest.publishing import render_all
from tests.journeys.steps import Time
from tests.samples import article, embedded

URL = "https://news.example.org"
START = datetime(2025, 9, 29, tzinfo=UTC)
WEEK = timedelta(days=7)
WHOLE = Selection()
HARBOUR = Selection(frozenset({"harbour"}))

CONFIGURATION = """
[site]
title = "Quay News"
url = "https://quay.example.org"
postal_address = "Quay News, 1 Quay Street, Saltmere"

[[sources]]
files = "content"

[digests.weekly]
title = "Quay Weekly"
from = "Quay News <weekly@quay.example.org>"

[digests.tides]
title = "Tide Tables"
from = "Quay News <tides@quay.example.org>"

[smtp]
host = "127.0.0.1"

[web]
url = "https://news.example.org"
"""


def harbour(title: str) -> Article:
    return replace(article(1, "Harbour", title), image=None)


@dataclass
class House:
    """A site in a folder, and what it publishes."""

    folder: Path
    time: Time

    @cached_property
    def app(self) -> App:
        return App(load(self.folder / "digest.toml", {}), self.time)

    @cached_property
    def archive(self) -> Archive:
        return Archive(self.app, f"{URL}/archive")

    def configure(self, old: str, new: str) -> None:
        """One place of the configuration written anew."""
        for made in ("app", "archive"):
            self.__dict__.pop(made, None)
        path = self.folder / "digest.toml"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def subscribe(self, address: str, selection: Selection = WHOLE, language: str = "") -> int:
        now = self.time()
        person = Subscriber(0, address, selection=selection, language=language, created=now, changed=now)
        with self.app.subscribers.changing() as changes:
            changes.write([(address, person)])
        found = self.app.subscribers.find(address)
        assert found
        return found.id

    def publish(self, number: int, *titles: str, digest: str = "weekly", photo: bool = False) -> EditionRecord:
        """Freezes an edition of a week: the harbour's articles, and one of the market with a photo if there is to be one."""
        start = START + (number - 1) * WEEK
        stories = tuple(harbour(title) for title in titles or (f"Story {number}",))
        market = article(1, "Market", "Eels are back", photo=photo)
        edition = Edition(
            digest=digest,
            number=number,
            title=self.app.digest(digest).title,
            period=Period(start, start + WEEK, f"{start:%G-W%V}"),
            sections=(Section("harbour", "Harbour", stories), Section("market", "Market", (market,))),
        )
        return self.freeze(edition)

    def freeze(self, edition: Edition) -> EditionRecord:
        images = [found.image for found in edition.articles if found.image]
        covers = {image: embedded(Path(image.file)) for image in images if image.file}
        digest, now = self.app.digest(edition.digest), edition.period.end + timedelta(hours=7)
        variants = self.app.editions.variants(digest.audience(edition.number, now))
        record = self.app.editions.freeze(
            edition,
            render_all(edition, variants, self.app.renderer, covers),
            considered=[(found, True) for found in edition.articles],
            sender=digest.sender,
            message_key="key",
            now=now,
            languages=digest.languages,
        )
        assert record
        self.time.go(minutes=1)  # the archive looks again
        return record

    def page(self, path: str) -> str:
        """The page of the archive under a path."""
        document = self.archive.find(path)
        assert document, f"nothing at {path!r}"
        return document.data.decode()


@pytest.fixture
def house(tmp_path: Path) -> House:
    folder = tmp_path / "house"
    (folder / "content").mkdir(parents=True)
    (folder / "digest.toml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "digest.key").write_text("k" * 48, encoding="utf-8")
    made = House(folder, Time("2026-02-01T00:00:00+00:00"))
    made.subscribe("ann@example.org")
    return made
