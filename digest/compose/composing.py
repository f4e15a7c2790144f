"""Chooses what an edition holds: the flow, from articles to an edition with a verdict on each of them.

    articles ─▶ objections ─▶ candidates ─▶ one of each story ─▶ sections ─▶ their order ─▶ room ─▶ Edition
                    │                             │                                           │        │
                    └─ out                        └─ out: told again                          └─ out   └─ in  ─▶ Verdicts

Where an editor has listed the articles, their list takes the place of what the rules propose. Every article given gets one verdict, in
a reader's words. The result does not depend on the order they are given in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter

from digest.compose import curated
from digest.compose.door import Door
from digest.compose.likeness import EQUAL
from digest.compose.ranking import Ranking
from digest.compose.rules import Rules
from digest.compose.sections import Group, group, section, verdicts
from digest.compose.stories import Retold, tell_apart
from digest.compose.verdicts import Composition, Verdict, out
from digest.model import Article, Curation, Edition, Period

REQUIRABLE = ("source", "url", "excerpt", "author", "image", "category", "tags")

Chosen = tuple[tuple[Group, ...], tuple[Verdict, ...]]  # the sections, and the verdicts on what is in none


def compose(
    articles: Iterable[Article],
    *,
    digest: str,
    title: str,
    number: int,
    period: Period,
    since: datetime,
    placed: Mapping[str, str],
    told: Collection[str] = (),
    rules: Rules,
    now: datetime,
    intro: str = "",
    curation: Curation | None = None,
) -> Composition:
    """The edition of a period, from what was published in ``[since, period.end)`` and has not had its turn.

    ``placed`` maps keys and paths of articles to the name of the earlier edition that considered them, ``told`` are those
    that were in it: the stories of the last MEMORY that are not told again. ``curation`` is what an editor says of this
    edition.
    """
    given: Sequence[Article] = sorted(articles, key=_everything)
    if curation:
        given = [curated.pinned(article, curation) for article in given]
        rules = curated.ordered(rules, curation)
    door, ranking = Door(period, since, now, rules, placed=placed, told=told), Ranking(rules, period)
    edition = Edition(digest, number, title, period, (), intro)
    by_hand = curation if curation and curation.sections else None
    groups, rest = _by_rules(given, None if by_hand else curation, door, rules, ranking)
    judged = [*rest, *(verdict for each in groups for verdict in verdicts(each, edition, rules, ranking))]
    if by_hand:
        groups, rest = curated.listed(given, by_hand, door, rules, curated.Proposal(groups, judged))
        judged = [*rest, *(verdict for each in groups for verdict in verdicts(each, edition, rules, ranking))]
    edition = replace(edition, sections=tuple(section(each, rules) for each in groups if each.room))
    if curation:
        edition = curated.worded(edition, curation)
    own = [verdict for verdict in judged if verdict.included]
    others = sorted((verdict for verdict in judged if not verdict.included), key=_newest, reverse=True)
    return Composition(edition, (*own, *others), enough=len(own) >= (1 if by_hand else rules.minimum))


def _by_rules(
    given: Sequence[Article], curation: Curation | None, door: Door, rules: Rules, ranking: Ranking
) -> Chosen:
    judged: list[Verdict] = []
    candidates: list[Article] = []
    for article in given:
        if curation and curated.named(article, curation.excluded):
            judged.append(curated.left_out(article, curation, door))
        elif objection := door.objection(article):
            judged.append(out(article, objection, edition=door.earlier(article)))
        else:
            candidates.append(article)
    new, again = tell_apart(candidates, door.told(given), rules.alike, rules.languages)
    return group(new, rules, ranking), (*judged, *map(_repeated, again))


def _repeated(retold: Retold) -> Verdict:
    original = retold.original.article
    reason = f"same story as {original.title} ({original.path or original.key})"
    if retold.original.edition:
        reason += f" of edition {retold.original.edition}"
    if retold.score < EQUAL:
        reason += f", {retold.score} % alike"
    return replace(out(retold.article, reason, considered=True), like=original, score=retold.score)


_FIELDS = attrgetter(
    *("key", "path", "published", "title", "url", "source", "category", "excerpt", "author", "tags", "draft", "pinned")
)


def _everything(article: Article) -> tuple[object, ...]:
    """Articles are sorted once by all they have, so that every later tie is settled whatever order they came in."""
    return (*_FIELDS(article), repr(article))


def _newest(verdict: Verdict) -> datetime:
    return verdict.article.published
