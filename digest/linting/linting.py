"""All findings about a site's articles: what reading found, then what the rules find."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from digest.linting.rules import Finding, Level, of_problem
from digest.linting.single import ALONE, foreign, future
from digest.linting.together import TOGETHER
from digest.model import Article, Problem

_LEVELS = tuple(Level)


def lint(
    articles: Iterable[Article], problems: Iterable[Problem], *, languages: Collection[str], now: datetime
) -> tuple[Finding, ...]:
    """The findings about articles as they were read, excerpts uncut: errors first, then by file, the worst first.

    ``languages`` are those that any digest takes. Articles of feeds are others' to mend, and are not judged; drafts are
    not finished. Dates are told in the time zone of ``now``.
    """
    own = [article for article in articles if article.path and not article.draft]
    found = (*map(of_problem, problems), *_judged(own, languages, now))
    rank = {path: rank for rank, (path, _) in enumerate(worst(found))}
    return tuple(sorted(found, key=lambda one: (_LEVELS.index(one.rule.level), rank[one.path], one.line)))


def worst(findings: Iterable[Finding]) -> tuple[tuple[str, dict[Level, int]], ...]:
    """The files with how many errors, warnings and notices each has: the one with most errors first, then warnings."""
    counts: dict[str, dict[Level, int]] = {}
    for finding in findings:
        counts.setdefault(finding.path, dict.fromkeys(Level, 0))[finding.rule.level] += 1
    return tuple(sorted(counts.items(), key=lambda file: (*(-count for count in file[1].values()), file[0])))


def _judged(articles: Sequence[Article], languages: Collection[str], now: datetime) -> Iterator[Finding]:
    for article in articles:
        for judge in ALONE:
            yield from judge(article)
        yield from future(article, now)
        yield from foreign(article, languages)
    for compare in TOGETHER:
        yield from compare(articles)
