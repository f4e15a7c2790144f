"""Judges each article by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from digest.linting.rules import (
    ESCAPED_TWICE,
    FOREIGN,
    FUTURE,
    NEARLY_EMPTY,
    NO_EXCERPT,
    TITLE_CAPITALS,
    TITLE_CUT,
    Finding,
    of_article,
)
from digest.model import Article, is_read

CAPITAL_WORDS = 3  # fewer may be an abbreviation
STUB = 80  # characters: of a body that takes no minute to read

_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|apos|nbsp|hellip|[lr][sd]quo|[mn]dash|#\d{2,6}|#x[0-9a-fA-F]{2,5});")


def title_capitals(article: Article) -> Iterator[Finding]:
    words = [word for word in article.title.split() if word.isupper()]
    if article.title.isupper() and len(words) >= CAPITAL_WORDS:
        yield of_article(TITLE_CAPITALS, article, f"the title is all in capitals: {article.title}")


def title_cut(article: Article) -> Iterator[Finding]:
    if article.title.endswith(("...", "…")):
        yield of_article(TITLE_CUT, article, f"the title is cut off: {article.title}")


def escaped_twice(article: Article) -> Iterator[Finding]:
    for name in ("title", "excerpt", "author", "category"):
        if found := _ENTITY.search(getattr(article, name)):
            yield of_article(ESCAPED_TWICE, article, f"readers see {found[0]} in the {name}")


def no_excerpt(article: Article) -> Iterator[Finding]:
    if not article.excerpt:
        yield of_article(NO_EXCERPT, article, "has no excerpt, and no paragraph in its body to take one from")


def nearly_empty(article: Article) -> Iterator[Finding]:
    if article.excerpt and not article.minutes and len(article.excerpt) < STUB:
        yield of_article(NEARLY_EMPTY, article, f"says no more than {article.excerpt!r}")


def future(article: Article, now: datetime) -> Iterator[Finding]:
    if article.published > now:
        yield of_article(FUTURE, article, f"is dated {article.published.astimezone(now.tzinfo):%Y-%m-%d}")


def foreign(article: Article, languages: Collection[str]) -> Iterator[Finding]:
    """``languages`` are those that any digest takes; with none they take all."""
    if not is_read(article.language, languages):
        yield of_article(FOREIGN, article, f"is in the language `{article.language}`, and no digest takes that")


ALONE: tuple[Callable[[Article], Iterator[Finding]], ...] = (
    *(title_capitals, title_cut, escaped_twice, no_excerpt, nearly_empty),
)
