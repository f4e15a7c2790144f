"""What became of each article, and the edition that came of it."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Article, Edition


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an article. ``edition`` names the edition, this or an earlier one, that it belongs to, or is "".

    ``considered`` articles are to be remembered with this edition, so that no later one takes them: they are in it, or
    did not fit, or tell a story that is told already. ``section`` is the one it is in. ``like`` is the article whose
    story it tells, ``score`` how alike they are in percent; ``rank_score`` is what it is ranked by, None where the rules
    rank by something else.
    """

    article: Article
    included: bool
    edition: str
    reason: str
    considered: bool
    section: str = ""
    like: Article | None = None
    score: int | None = None
    rank_score: float | None = None


@dataclass(frozen=True, slots=True)
class Composition:
    """An edition with the verdicts on all articles: its own in reading order, then the others, newest first.

    ``enough`` is false when it holds fewer than the rules' minimum, and should wait.
    """

    edition: Edition
    verdicts: tuple[Verdict, ...]
    enough: bool


def out(article: Article, reason: str, *, edition: str = "", considered: bool = False) -> Verdict:
    return Verdict(article, included=False, edition=edition, reason=reason, considered=considered)
