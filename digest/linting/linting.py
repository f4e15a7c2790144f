"""All findings about a site's articles: what reading found, then what the rules find."""

from __future__ import annotations

from collections import Counter
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
    """The findings about articles as they were read, excerpts uncut: errors first, then by file and line.

    ``languages`` are those that any digest takes. Articles of feeds are others' to mend, and are not judged; drafts are
    not finished. Dates are told in the time zone of ``now``.
    """
    own = [article for article in articles if article.path and not article.draft]
    found = (*map(of_problem, problems), *_judged(own, languages, now))
    return tuple(sorted(found, key=lambda finding: (_LEVELS.index(finding.rule.level), finding.path, finding.line)))


def worst(findings: Iterable[Finding], most: int) -> tuple[tuple[str, int], ...]:
    """The files with the most findings that are more than a notice, with their number."""
    counts = Counter(finding.path for finding in findings if finding.rule.level is not Level.NOTICE)
    return tuple(counts.most_common(most))


def _judged(articles: Sequence[Article], languages: Collection[str], now: datetime) -> Iterator[Finding]:
    for article in articles:
        for judge in ALONE:
            yield from judge(article)
        yield from future(article, now)
        yield from foreign(article, languages)
    for compare in TOGETHER:
        yield from compare(articles)
