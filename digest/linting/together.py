"""Judges articles by what the others are like."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

from digest.cutting import cut
from digest.identity import category_key, title_key
from digest.linting.rules import (
    CATEGORY_ONCE,
    CATEGORY_SPELLING,
    NO_CATEGORY,
    NO_COVER,
    REFRAIN,
    SAME_PAGE,
    SAME_SOURCE,
    SAME_TITLE,
    STOCK_COVER,
    Finding,
    of_article,
)
from digest.model import EXCERPT_MAXIMUM, Article
from digest.refrains import for_mail

MOST = 0.8  # of the articles: what so many have, the others lack
STOCK = 20  # articles with one picture
MANY = 20  # articles: with fewer, a category of one is nothing strange
SHOWN = 80  # characters of an excerpt


def same_source(articles: Sequence[Article]) -> Iterator[Finding]:
    for first, again in _repeats(articles, lambda article: article.key):
        yield of_article(SAME_SOURCE, again, f"tells the same story as {_name(first)}: {again.source or again.key}")


def same_page(articles: Sequence[Article]) -> Iterator[Finding]:
    """One address for two stories; stories that are one are ``same_source``."""
    for first, again in _repeats(articles, lambda article: article.url):
        if first.key != again.key:
            yield of_article(SAME_PAGE, again, f"has the same page as {_name(first)}: {again.url}")


def same_title(articles: Sequence[Article]) -> Iterator[Finding]:
    for first, again in _repeats(articles, _titled):
        if first.key != again.key:
            yield of_article(SAME_TITLE, again, f"has the same title as {_name(first)}: {again.title}")


def refrain(articles: Sequence[Article]) -> Iterator[Finding]:
    for article, shown in zip(articles, for_mail(articles, EXCERPT_MAXIMUM), strict=True):
        if article.excerpt[:SHOWN] != shown.excerpt[:SHOWN]:
            begins = cut(article.excerpt, SHOWN)
            yield of_article(REFRAIN, article, f"digests do not show all that the excerpt begins with: {begins}")


def no_cover(articles: Sequence[Article]) -> Iterator[Finding]:
    if sum(article.image is not None for article in articles) >= len(articles) * MOST:
        yield from (of_article(NO_COVER, article, "has no cover") for article in articles if not article.image)


def stock_cover(articles: Sequence[Article]) -> Iterator[Finding]:
    """Named once for each picture, at the first article with it."""
    covered = [article for article in articles if article.image]
    for same in _groups(covered, lambda article: article.image and (article.image.file or article.image.url)):
        if len(same) >= STOCK and same[0].image:
            picture = same[0].image.url or same[0].image.file
            yield of_article(STOCK_COVER, same[0], f"one picture is the cover of {len(same):,} articles: {picture}")


def no_category(articles: Sequence[Article]) -> Iterator[Finding]:
    if sum(bool(article.category) for article in articles) >= len(articles) * MOST:
        yield from (of_article(NO_CATEGORY, article, "has no category") for article in articles if not article.category)


def category_spelling(articles: Sequence[Article]) -> Iterator[Finding]:
    """Named at the first article of each rare spelling."""
    for same in _groups(articles, lambda article: category_key(article.category).replace("-", "")):
        counts = Counter(article.category for article in same)
        usual, often = counts.most_common(1)[0]
        for rare, count in counts.most_common()[1:]:
            first = next(article for article in same if article.category == rare)
            yield of_article(
                CATEGORY_SPELLING, first, f"{count:,} times the category is {rare!r}, and {often:,} times {usual!r}"
            )


def category_once(articles: Sequence[Article]) -> Iterator[Finding]:
    if len(articles) >= MANY:
        for same in _groups(articles, lambda article: category_key(article.category)):
            if len(same) == 1:
                yield of_article(CATEGORY_ONCE, same[0], f"no other article has the category {same[0].category!r}")


TOGETHER: tuple[Callable[[Sequence[Article]], Iterator[Finding]], ...] = (
    *(same_source, same_page, same_title, refrain),
    *(no_cover, stock_cover, no_category, category_spelling, category_once),
)


def _groups(articles: Sequence[Article], key: Callable[[Article], Hashable]) -> Iterator[list[Article]]:
    """The articles by what they have in common; those that have nothing of it are in no group."""
    groups: dict[Hashable, list[Article]] = defaultdict(list)
    for article in articles:
        if common := key(article):
            groups[common].append(article)
    yield from groups.values()


def _repeats(articles: Sequence[Article], key: Callable[[Article], Hashable]) -> Iterator[tuple[Article, Article]]:
    """The first article of each group with each of the others."""
    for first, *others in _groups(articles, key):
        yield from ((first, again) for again in others)


def _titled(article: Article) -> tuple[str, str] | None:
    """A translation may have the title of what it translates."""
    title = title_key(article.title)
    return (title, article.language) if title else None


def _name(article: Article) -> str:
    return article.path or article.key
