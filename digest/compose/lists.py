"""Pages that are lists: files of many stories name one such page as their source, and it tells no two of them apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import quote

from digest.compose.tongues import untranslated
from digest.compose.wording import key
from digest.identity import page_of
from digest.model import Article

LIST = 3  # titles without much in common: no page of one story has had so many


def apart(articles: Iterable[Article]) -> tuple[Article, ...]:
    """The articles, where files name a list as their source with keys that have more to them than that page."""
    given = tuple(articles)
    lists = _lists(article for article in given if _is_known_by_its_source(article))
    return tuple(
        replace(article, key=f"{article.key}#{quote(article.path, errors='surrogatepass')}")
        if article.key in lists and _is_known_by_its_source(article)
        else article
        for article in given
    )


def _is_known_by_its_source(article: Article) -> bool:
    return bool(article.path) and article.key == page_of(article.source)


def _lists(files: Iterable[Article]) -> set[str]:
    titles: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for article in sorted(files, key=lambda each: (each.path, each.title)):
        titles[article.key].setdefault(untranslated(article), article.title)
    return {page for page, named in titles.items() if len(named) >= LIST and _are_unlike(named.values())}


def _are_unlike(titles: Iterable[str]) -> bool:
    """Whether LIST of them have less than half of their words in common, each with each."""
    unlike: list[set[str]] = []
    for title in titles:
        words = set(key(title).split())
        if all(2 * len(words & other) < min(len(words), len(other)) for other in unlike):
            unlike.append(words)
        if len(unlike) == LIST:
            return True
    return False
