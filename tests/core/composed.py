"""Articles of one week, and editions composed of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from digest.compose import Composition, Rules, Verdict, compose
from digest.model import Article, Edition, Period, Selection

START = datetime(2025, 12, 1, tzinfo=UTC)
END = datetime(2025, 12, 8, tzinfo=UTC)
WEEK = Period(START, END, "2025-W49")
NAME = "weekly/2025-W49"
PLAIN = Rules(minimum=1)


def article(name: str, *, day: float = 1, **fields: Any) -> Article:
    """An article of its own, ``day`` days after the week began."""
    facts = {"key": f"path:{name}.md", "path": f"{name}.md", "title": f"Title {name}", "category": "Work"}
    return Article(**{**facts, "published": START + timedelta(days=day), **fields})


def composed(*articles: Article, rules: Rules = PLAIN, **changes: Any) -> Composition:
    facts = {"digest": "weekly", "title": "Weekly", "number": 1, "period": WEEK, "since": START, "placed": {}}
    facts["told"] = changes.get("placed", {})  # whatever had its turn was shown
    return compose(articles, **{**facts, "rules": rules, "now": END + timedelta(hours=7), **changes})


def verdict(composition: Composition, path: str) -> Verdict:
    [found] = [verdict for verdict in composition.verdicts if verdict.article.path == path]
    return found


def shape(composition: Composition) -> dict[str, list[str]]:
    return _shape(composition.edition)


def chosen(composition: Composition, *categories: str) -> dict[str, list[str]]:
    """What a reader of these categories gets."""
    return _shape(composition.edition.only(Selection(frozenset(categories))))


def _shape(edition: Edition) -> dict[str, list[str]]:
    return {s.category: [a.path.removesuffix(".md") for a in s.articles] for s in edition.sections}
