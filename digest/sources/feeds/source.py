"""A feed as a source of articles: what was remembered of its entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from digest.identity import category_key
from digest.model import Article, Dated, Fault, Image, Period, Problem, SeenEntry
from digest.sources.ports import Feeds


@dataclass(frozen=True, slots=True)
class Feed:
    """The articles of one feed. ``name`` is what it is called, ``category`` and ``language`` are those of all of them
    ("" leaves it to each).
    """

    url: str
    feeds: Feeds
    name: str
    category: str = ""
    language: str = ""

    def read(self, window: Period | None, told: Callable[[int, int], None]) -> Iterator[Article | Problem]:
        """What was published or first met in the window, and one Problem for all that has no title, or no link."""
        since, until = (window.start, window.end) if window else (None, None)
        found = self.feeds.entries(self.url, since, until)
        titled = [met for met in found if met.entry.title]
        for done, met in enumerate(titled, start=1):
            yield self._article(met)
            told(done, len(titled))
        yield from self._counted("title", len(found) - len(titled), "left out")
        unlinked = sum(not met.entry.url for met in titled)
        yield from self._counted("link", unlinked, "shown without one")

    def _article(self, met: SeenEntry) -> Article:
        entry = met.entry
        category = self.category or next(iter(entry.categories), "")
        return Article(
            key=met.identity,
            title=entry.title,
            published=entry.published or met.seen,
            url=entry.url,
            source=entry.source or entry.url,
            category=category,
            excerpt=entry.excerpt,
            author=entry.author,
            image=Image(entry.image, width=entry.width, height=entry.height) if entry.image else None,
            tags=tuple(tag for tag in entry.categories if category_key(tag) != category_key(category)),
            minutes=entry.minutes,
            updated=entry.updated,
            dated=Dated.FEED if entry.published else Dated.SEEN,
            seen=met.seen,
            language=entry.language or self.language,
            origin=self.name,
        )

    def _counted(self, what: str, number: int, then: str) -> Iterator[Problem]:
        if number:
            entries = "1 entry has" if number == 1 else f"{number:,} entries have"
            yield Problem(self.name, f"{entries} no {what}", then, fault=Fault.FEED)
