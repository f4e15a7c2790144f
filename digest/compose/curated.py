"""An edition as an editor wrote it: the sections that their file names, and what it says over the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from digest.compose.door import Door
from digest.compose.naming import Naming
from digest.compose.rules import Rules
from digest.compose.sections import Group
from digest.compose.stories import tell_apart
from digest.compose.verdicts import Verdict, out
from digest.identity import category_key
from digest.model import Article, Curation, Edition


def named(article: Article, names: Iterable[str]) -> bool:
    """Whether it is among those that a file names, by path or key."""
    return article.key in names or bool(article.path and article.path in names)


def pinned(article: Article, curation: Curation) -> Article:
    """The article, pinned if the file says so."""
    return replace(article, pinned=True) if named(article, curation.pinned) else article


def ordered(rules: Rules, curation: Curation) -> Rules:
    """The rules, with the categories that the file names before those that the rules name."""
    return replace(rules, order=(*curation.order, *rules.order))


def worded(edition: Edition, curation: Curation) -> Edition:
    """The edition in the words of the file, where it has some."""
    return replace(
        edition,
        intro=curation.intro or edition.intro,
        subject=curation.subject,
        preheader=curation.preheader,
    )


def left_out(article: Article, curation: Curation, door: Door) -> Verdict:
    """Out for good: what is left out of the edition in which it would have had its turn is in no later one."""
    candidate = not door.objection(article)
    reason = f"left out in {curation.file}"
    return out(article, reason, edition=door.earlier(article), considered=candidate)


def listed(
    articles: Sequence[Article], curation: Curation, door: Door, rules: Rules
) -> tuple[tuple[Group, ...], tuple[Verdict, ...]]:
    """The sections of the file with all of their articles that can be had, and what became of the others.

    An article named twice is taken where it is named first, and a section named twice is one.
    """
    places = _places(articles)
    naming = Naming(rules)
    sections: dict[str, tuple[str, list[int]]] = {}
    refused: dict[int, str] = {}
    taken: set[int] = set()
    for chosen in curation.sections:
        written = chosen.category if category_key(chosen.category) else rules.uncategorised
        _, members = sections.setdefault(naming.key(chosen.category), (written, []))
        for place in (places[name] for name in chosen.articles if name in places):
            if objection := door.objection_of_hand(articles[place]):
                refused[place] = objection
            elif place not in taken and not named(articles[place], curation.excluded):
                taken.add(place)
                members.append(place)
    others = [place for place in range(len(articles)) if place not in taken]
    further = _further([articles[p] for p in others], [articles[p] for p in taken], door, rules)
    groups = _groups(sections, articles, naming, further)
    return groups, tuple(
        _unlisted(articles[place], refused.get(place) or f"not in the list of {curation.file}", curation, door)
        for place in others
    )


def _places(articles: Sequence[Article]) -> dict[str, int]:
    """Where each article stands by its path, and where no path is the same, by its key."""
    paths = {article.path: place for place, article in reversed(tuple(enumerate(articles))) if article.path}
    return {article.key: place for place, article in reversed(tuple(enumerate(articles)))} | paths


def _unlisted(article: Article, reason: str, curation: Curation, door: Door) -> Verdict:
    if named(article, curation.excluded):
        return left_out(article, curation, door)
    return out(article, reason, edition=door.earlier(article))


def _further(others: Iterable[Article], listed: Iterable[Article], door: Door, rules: Rules) -> Counter[str]:
    """How many more stories of each category there are than the file lists."""
    listed = tuple(listed)
    candidates = [article for article in others if not door.objection(article)]
    new, again = tell_apart((*listed, *candidates), (), rules.alike)
    told = {*listed, *(retold.original.article for retold in again if retold.article in listed)}
    naming = Naming(rules)
    return Counter(naming.key(article.category) for article in new if article not in told)


def _groups(
    sections: dict[str, tuple[str, list[int]]], articles: Sequence[Article], naming: Naming, further: Counter[str]
) -> tuple[Group, ...]:
    """Who chose a category that has no section here finds its articles wherever they stand."""
    known = {naming.key(article.category) for article in articles}
    shown = {key for key, (_, places) in sections.items() if places}
    groups = []
    for key, (category, places) in sections.items():
        members = tuple(articles[place] for place in places)
        held = frozenset(naming.key(article.category) for article in members) - shown
        aliases = frozenset[str]().union(naming.aliases(key), held, *map(naming.aliases, held))
        groups.append(Group(key, category, members, aliases, key in known, len(members), further[key]))
    return tuple(each for each in groups if each.articles)
