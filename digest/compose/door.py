"""Who is a candidate: the first thing that speaks against an article, in words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta

from digest.compose import tongues
from digest.compose.naming import Naming, source_name, source_names
from digest.compose.rules import Rules
from digest.compose.stories import Told
from digest.identity import category_key
from digest.model import Article, Period

TITLE_SEARCHED = 300  # characters: bounds the work of a regular expression on a hostile title
MEMORY = timedelta(days=60)  # before an edition reaches back: a story that was told then is not told again


class Door:
    """Says why an article is no candidate for an edition, and which ones had their turn."""

    def __init__(
        self,
        period: Period,
        since: datetime,
        now: datetime,
        rules: Rules,
        *,
        placed: Mapping[str, str],
        told: Collection[str],
    ) -> None:
        self._period, self._since, self._now = period, since, now
        self._placed, self._told = placed, told
        self._required, self._zone = rules.require, rules.zone
        self._naming = Naming(rules)
        self._excluded_categories = frozenset(map(category_key, rules.exclude_categories))
        self._excluded_tags = frozenset(map(category_key, rules.exclude_tags))
        self._excluded_sources = frozenset(map(source_name, rules.exclude_sources))
        self._excluded_title = re.compile(rules.exclude_title, re.IGNORECASE) if rules.exclude_title else None
        self._languages = rules.languages

    def earlier(self, article: Article) -> str:
        """The earlier edition in which it had its turn, or ""; an article without a path is known by its key alone."""
        return self._placed.get(article.key) or (article.path and self._placed.get(article.path)) or ""

    def told(self, articles: Iterable[Article]) -> tuple[Told, ...]:
        """The stories that the last editions showed, the newest first: what had its turn and did not fit told nothing."""
        recent = (each for each in articles if each.published >= self._since - MEMORY)
        told = [Told(article, self.earlier(article)) for article in recent if self._was_shown(article)]
        return tuple(sorted(told, key=lambda each: each.article.published, reverse=True))

    def _was_shown(self, article: Article) -> bool:
        return article.key in self._told or bool(article.path and article.path in self._told)

    def objection(self, article: Article) -> str:
        """What speaks against it, "" where nothing does."""
        return next(self._objections(article), "")

    def objection_of_hand(self, article: Article) -> str:
        """What speaks against it even where an editor has named it: the rest is theirs to decide."""
        return next(self._firm(article), "")

    def _objections(self, article: Article) -> Iterator[str]:
        """The first one counts."""
        yield from self._withheld(article)
        yield from self._time(article)
        yield from self._turn(article)
        yield from self._rules(article)

    def _firm(self, article: Article) -> Iterator[str]:
        yield from self._withheld(article)
        yield from self._future(article)
        yield from self._turn(article)

    def _withheld(self, article: Article) -> Iterator[str]:
        """What its author says of it."""
        if article.draft:
            yield "draft"
        if article.hidden:
            yield "hidden"
        if article.expires and article.expires <= self._now:
            yield f"expired on {self._day(article.expires)}"

    def _turn(self, article: Article) -> Iterator[str]:
        if earlier := self.earlier(article):
            yield f"had its turn in edition {earlier}"

    def _future(self, article: Article) -> Iterator[str]:
        if article.published > self._now:
            yield f"dated in the future ({self._day(article.published)})"

    def _time(self, article: Article) -> Iterator[str]:
        yield from self._future(article)
        day = self._day(article.published)
        if article.published >= self._period.end:
            yield f"published {day}, after this period"
        if article.published < self._since:
            if article.seen and article.seen in self._period:
                yield f"published {day}, first seen {self._day(article.seen)}: later than `grace` allows"
            yield f"published {day}, before this period"

    def _rules(self, article: Article) -> Iterator[str]:
        yield from (f"has no {name}" for name in self._required if not getattr(article, name))
        meant = self._naming.meant(article.category)
        if not self._excluded_categories.isdisjoint({category_key(article.category), category_key(meant)}):
            yield f"category {article.category or meant} is excluded"
        yield from (f'tag "{tag}" is excluded' for tag in article.tags if category_key(tag) in self._excluded_tags)
        if self._excluded_title and self._excluded_title.search(article.title[:TITLE_SEARCHED]):
            yield "title is excluded"
        if self._excluded_sources:
            yield from (
                f"source {name} is excluded" for name in source_names(article) if name in self._excluded_sources
            )
        if foreign := tongues.objection(article, self._languages):
            yield foreign

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self._zone).date()
