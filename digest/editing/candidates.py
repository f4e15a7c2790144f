"""The articles that an editor may choose from, and what speaks against one whatever an editor says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from digest.compose import Composition, Verdict
from digest.editing import notation
from digest.model import Article


@dataclass(frozen=True)
class Candidates:
    """The articles that there are. ``placed`` maps keys and paths to the earlier edition in which they had their turn."""

    articles: Sequence[Article]
    placed: Mapping[str, str]
    now: datetime

    @cached_property
    def by_token(self) -> dict[str, Article]:
        """By path, or by key where no path is the same."""
        keys = {notation.token(article.key): article for article in reversed(self.articles)}
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

    def objection(self, article: Article) -> str:
        """Why it may be in no edition now, even if an editor wants it; "" if it may."""
        if article.draft:
            return "is a draft"
        if article.published > self.now:
            return f"is dated in the future ({article.published:%Y-%m-%d})"
        earlier = self.placed.get(article.key) or (article.path and self.placed.get(article.path))
        return f"had its turn in edition {earlier}" if earlier else ""

    def proposed(self, composition: Composition) -> tuple[Verdict, ...]:
        """The verdicts on the articles that an editor of this edition may choose from: those of its period, and those
        from before it that might be in the edition.
        """
        period = composition.edition.period
        around = (v for v in composition.verdicts if v.included or v.considered or v.article.published in period)
        return tuple(verdict for verdict in around if not self.objection(verdict.article))
