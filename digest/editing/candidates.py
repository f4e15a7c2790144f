"""The articles that an editor may choose from, and what speaks against one whatever an editor says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from functools import cached_property

from digest.compose import Composition, Verdict
from digest.editing import notation
from digest.model import Article


@dataclass(frozen=True)
class Candidates:
    """The articles that there are. ``placed`` maps keys and paths to the earlier edition in which they had their turn;
    ``zone`` is where the days of objections are read.
    """

    articles: Sequence[Article]
    placed: Mapping[str, str]
    now: datetime
    zone: tzinfo

    @cached_property
    def by_token(self) -> dict[str, Article]:
        """By path, or by key where no path is the same; of several with a key it is the first that is called by it."""
        by_name = sorted(self.articles, key=lambda article: bool(article.path))
        keys = {notation.token(article.key): article for article in reversed(by_name)}
        return keys | {notation.token(article.path): article for article in self.articles if article.path}

    @cached_property
    def by_text(self) -> dict[str, set[str]]:
        """The names of those whose excerpt it is."""
        found: dict[str, set[str]] = {}
        for article in self.articles:
            found.setdefault(notation.text_below(article).strip(), set()).add(notation.name(article))
        return found

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(article.category for article in self.articles if article.category))

    def joined(self, others: Iterable[Article], named: frozenset[str]) -> Candidates:
        """With those of the ``others`` that are named."""
        found = (each for each in others if named & {notation.token(each.path), notation.token(each.key)})
        return replace(self, articles=(*self.articles, *found))

    def objection(self, article: Article) -> str:
        """Why it may be in no edition now, even if an editor wants it; "" if it may."""
        if article.draft:
            return "is a draft"
        if article.hidden:
            return "is hidden"
        if article.expires and article.expires <= self.now:
            return f"expired on {self._day(article.expires)}"
        if article.published > self.now:
            return f"is dated in the future ({self._day(article.published)})"
        earlier = self.placed.get(article.key) or (article.path and self.placed.get(article.path))
        return f"had its turn in edition {earlier}" if earlier else ""

    def _day(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def proposed(self, composition: Composition) -> tuple[Verdict, ...]:
        """The verdicts on the articles that an editor of this edition may choose from: those of its period, and those
        from before it that might be in the edition. Of articles with one name, which came by two feeds, the best.
        """
        period = composition.edition.period
        around = (v for v in composition.verdicts if v.included or v.considered or v.article.published in period)
        found: dict[str, Verdict] = {}
        for verdict in around:
            if not self.objection(verdict.article):
                found.setdefault(notation.name(verdict.article), verdict)
        return tuple(found.values())
