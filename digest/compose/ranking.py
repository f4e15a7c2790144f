"""What comes first: the newest, the weightiest, or the one with the best score; no source fills a section or an edition.

    score = (recency * weights.recency + cover * weights.image) * weight of its source * weight of its category

``recency`` falls from 1 at the end of the period to 0 at its start, ``cover`` is 1 with an image, and weights that are
not given are 1.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from operator import itemgetter

from digest.compose.naming import Naming, maker, source_name, source_names
from digest.compose.rules import Rank, Rules
from digest.identity import category_key
from digest.model import Article, Period

SHARE = 3  # one part in so many of an edition's room is for one source


class Ranking:
    """The order of articles under the rules of a digest, for the edition of a period."""

    def __init__(self, rules: Rules, period: Period) -> None:
        self._rank, self._variety, self._period = rules.rank, rules.variety, period
        self._weights, self._naming = rules.weights, Naming(rules)
        self._sources = {source_name(name): weight for name, weight in rules.weights.source.items()}
        self._categories = {category_key(name): weight for name, weight in rules.weights.category.items()}

    def score(self, article: Article) -> float:
        recency = (article.published - self._period.start) / (self._period.end - self._period.start)
        weights = self._weights
        base = weights.recency * min(max(recency, 0.0), 1.0) + weights.image * (article.image is not None)
        source = next((self._sources[name] for name in source_names(article) if name in self._sources), 1.0)
        return base * source * self._category(article)

    def told(self, article: Article) -> float | None:
        """The score that it is ranked by, None where something else counts."""
        return self.score(article) if self._rank is Rank.SCORE else None

    def ordered(self, articles: Iterable[Article]) -> tuple[Article, ...]:
        """Those of a section: pinned ones first, then as the rules rank them; those over the variety behind the others."""
        return varied(sorted(articles, key=self._place), self._variety)

    def best(self, articles: Iterable[Article]) -> Article | None:
        """The one to open with: pinned, with a cover, with the best score."""
        return min(articles, key=lambda a: (not a.pinned, a.image is None, -self.score(a), *_newest(a)), default=None)

    def _place(self, article: Article) -> tuple[bool, float, float, str]:
        """Ascending."""
        match self._rank:
            case Rank.NEWEST:
                value = 0.0
            case Rank.WEIGHT:
                value = math.inf if article.weight is None else article.weight
            case Rank.SCORE:
                value = -self.score(article)
        return not article.pinned, value, *_newest(article)

    def _category(self, article: Article) -> float:
        keys = (self._naming.key(article.category), category_key(article.category))
        return next((self._categories[key] for key in keys if key in self._categories), 1.0)


def _newest(article: Article) -> tuple[float, str]:
    return -article.published.timestamp(), article.key


def varied(articles: Sequence[Article], most: int) -> tuple[Article, ...]:
    """The same articles; of each source those over ``most`` stand behind the others, 0 for no matter.

    Pinned ones keep their place, and where all are of one source nothing moves.
    """
    if not most:
        return tuple(articles)
    met: Counter[str] = Counter()
    kept: list[Article] = []
    behind: list[Article] = []
    for article in articles:
        met[maker(article)] += 1
        (kept if article.pinned or met[maker(article)] <= most else behind).append(article)
    return (*kept, *behind)


def shared(
    groups: Sequence[Sequence[Article]], room: Sequence[int], most: int, lead: Article | None = None
) -> tuple[tuple[Article, ...], ...]:
    """The same articles of each group, of which the first ``room`` are shown: what a source has there over its share of
    all the room gives way to what waits in its group of sources that have less than theirs.

    The share is never less than ``most``, 0 for no matter. What is pinned, and the ``lead``, give way to nothing.
    """
    shown = [list(group[:count]) for group, count in zip(groups, room, strict=True)]
    waiting = [list(group[count:]) for group, count in zip(groups, room, strict=True)]
    share = max(most, sum(room) // SHARE) if most else sum(room)
    has = Counter(maker(article) for group in shown for article in group)
    for at, article in _last_first(shown):
        if article.pinned or article is lead or has[maker(article)] <= share:
            continue
        if other := next((each for each in waiting[at] if has[maker(each)] < share), None):
            waiting[at].remove(other)
            shown[at].remove(article)
            shown[at].append(other)
            waiting[at].insert(0, article)
            has.update({maker(other): 1, maker(article): -1})
    return tuple((*here, *behind) for here, behind in zip(shown, waiting, strict=True))


def _last_first(groups: Iterable[Iterable[Article]]) -> list[tuple[int, Article]]:
    """Every article with the place of its group: first those before which their source has the most in there."""
    turns: list[tuple[int, int, Article]] = []
    for at, group in enumerate(groups):
        met: Counter[str] = Counter()
        for article in group:
            met[maker(article)] += 1
            turns.append((met[maker(article)], at, article))
    return [(at, article) for _, at, article in sorted(turns, key=itemgetter(0, 1), reverse=True)]
