"""Sections: which articles stand together, what the sections are called, their order, and what fits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heapreplace
from urllib.parse import quote

from digest.compose.naming import Naming
from digest.compose.ranking import Ranking, shared
from digest.compose.rules import Rules
from digest.compose.verdicts import Verdict, out
from digest.identity import category_key
from digest.model import Article, Edition, Section


@dataclass(frozen=True, slots=True)
class Group:
    """A section before its cap: ``room`` of its articles fit.

    ``has_page`` says whether its category is one of the site, whose page a link may lead to. ``further`` counts those of
    its category that an editor has not listed.
    """

    key: str
    category: str
    articles: tuple[Article, ...]
    has_page: bool = True
    room: int = 0
    further: int = 0


def group(articles: Iterable[Article], rules: Rules, ranking: Ranking) -> tuple[Group, ...]:
    """The sections that the rules make of stories, each with its room."""
    naming = Naming(rules)
    groups = _collected(_categories(articles, naming), naming, rules)
    groups = [replace(each, articles=ranking.ordered(each.articles)) for each in groups]
    groups.sort(key=lambda g: (naming.rank(g.key), g.key == naming.rest, -len(g.articles), g.category, g.key))
    best = ranking.best(article for each in groups for article in each.articles) if rules.lead else None
    if best:
        groups = _opened_by(best, groups)
    room = fitting([len(each.articles) for each in groups], _without_categories(rules, naming, groups))
    members = shared([each.articles for each in groups], room, rules.variety, best)
    placed = zip(groups, members, room, strict=True)
    return tuple(replace(each, articles=its, room=count) for each, its, count in placed)


def _without_categories(rules: Rules, naming: Naming, groups: Sequence[Group]) -> Rules:
    """Where no article has a category there are no sections to keep short: all of them are the edition."""
    only_rest = [each.key for each in groups] == [naming.rest]
    return replace(rules, per_section=rules.maximum) if only_rest else rules


def _categories(articles: Iterable[Article], naming: Naming) -> Iterator[Group]:
    members: defaultdict[str, list[Article]] = defaultdict(list)
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article in articles:
        meant = naming.meant(article.category)
        key = category_key(meant)
        members[key].append(article)
        spellings[key][meant] += 1
    return (Group(key, naming.called(key, spellings[key]), tuple(members[key])) for key in members)


def _collected(groups: Iterable[Group], naming: Naming, rules: Rules) -> list[Group]:
    """The groups, those that are too small put together; readers find them there by the categories that they chose."""
    large: list[Group] = []
    small: list[Group] = []
    for each in groups:
        (small if each.key == naming.rest or len(each.articles) < rules.smallest else large).append(each)
    if len(small) <= 1:
        return [*large, *small]
    rest = Group(
        key=naming.rest,
        category=rules.uncategorised,
        articles=tuple(article for each in small for article in each.articles),
        has_page=False,
    )
    return [*large, rest]


def _opened_by(best: Article, groups: Sequence[Group]) -> list[Group]:
    """The section with the best article first, and it first in there."""
    lead = next(each for each in groups if best in each.articles)
    rest = list(lead.articles)
    rest.remove(best)
    return [replace(lead, articles=(best, *rest)), *(each for each in groups if each is not lead)]


def fitting(sizes: Sequence[int], rules: Rules) -> list[int]:
    """How many of each group fit; while there are too many in all, the largest (the last such) gives one up."""
    room = [min(size, rules.per_section) for size in sizes]
    largest = [(-count, -position) for position, count in enumerate(room)]
    heapify(largest)
    for _ in range(sum(room) - rules.maximum):
        count, position = largest[0]
        heapreplace(largest, (count + 1, position))
        room[-position] -= 1
    return room


def section(group: Group, rules: Rules) -> Section:
    """As readers get it, each article to be found by the section's key and by its own category's."""
    page, naming = rules.category_url if group.has_page else "", Naming(rules)
    shown, here = group.articles[: group.room], naming.keys(group.key)
    return Section(
        key=group.key,
        category=group.category,
        articles=shown,
        more=len(group.articles) - group.room + group.further,
        more_url=page.replace("{category}", quote(group.key, safe="")),
        keys=tuple(here | naming.keys(naming.key(article.category)) for article in shown),
    )


def verdicts(group: Group, edition: Edition, rules: Rules, ranking: Ranking) -> Iterator[Verdict]:
    """In reading order, what became of the articles of a group."""
    for place, article in enumerate(group.articles, start=1):
        score = ranking.told(article)
        if place <= group.room:
            late = ", a late arrival" if article.published < edition.period.start else ""
            yield Verdict(
                article,
                included=True,
                edition=edition.name,
                reason=f"{group.category}, {_ordinal(place)} of {group.room}{late}",
                considered=True,
                section=group.category,
                rank_score=score,
            )
        else:
            over = (
                f"over {rules.maximum} in all"
                if place <= rules.per_section
                else f"over {rules.per_section} in {group.category}"
            )
            yield replace(out(article, over, considered=True), rank_score=score)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
