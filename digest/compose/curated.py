"""An edition as an editor wrote it: the sections that their file names, and what it says over the rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from digest.compose.door import Door
from digest.compose.naming import Naming
from digest.compose.rules import Rules
from digest.compose.sections import Group
from digest.compose.stories import worth
from digest.compose.verdicts import Verdict, out
from digest.identity import category_key
from digest.model import Article, Curation, Edition


@dataclass(frozen=True)
class Proposal:
    """What the rules would choose: their sections, and what would become of each article."""

    groups: Sequence[Group]
    verdicts: Sequence[Verdict]

    @cached_property
    def by_article(self) -> dict[Article, Verdict]:
        return {verdict.article: verdict for verdict in self.verdicts}

    def has_page(self, key: str) -> bool | None:
        """None for what is no section of it."""
        return next((group.has_page for group in self.groups if group.key == key), None)

    def further(self, listed: Collection[Article], shown: Collection[str], naming: Naming) -> Counter[str]:
        """How many more stories than ``listed`` it had no room for, for each of the ``shown`` sections: for that of an
        article's own category, or where there is none for the one in which it would be put together with others. Those
        that it had room for were taken out by hand, and nobody is told of them.
        """
        told = {*listed, *(self.by_article[article].like for article in listed)}
        over = ((group.key, article) for group in self.groups for article in group.articles[group.room :])
        homes = ((key, article) for key, article in over if article not in told)
        owns = ((key, naming.key(article.category)) for key, article in homes)
        return Counter(own if own in shown else key for key, own in owns)


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
    articles: Sequence[Article], curation: Curation, door: Door, rules: Rules, proposal: Proposal
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
    others = ((place, article) for place, article in enumerate(articles) if place not in taken)
    return tuple(_groups(sections, articles, naming, proposal)), tuple(
        _unlisted(article, refused.get(place, ""), curation, door, proposal) for place, article in others
    )


def _places(articles: Sequence[Article]) -> dict[str, int]:
    """Where each article stands by its path, and by its key the best of those that have no path, else of all with it."""
    ranked = sorted(range(len(articles)), key=lambda place: (bool(articles[place].path), worth(articles[place])))
    paths = {articles[place].path: place for place in reversed(ranked) if articles[place].path}
    return {articles[place].key: place for place in reversed(ranked)} | paths


def _groups(
    sections: dict[str, tuple[str, list[int]]], articles: Sequence[Article], naming: Naming, proposal: Proposal
) -> Iterator[Group]:
    known = {naming.key(article.category) for article in articles}
    shown = {key: tuple(articles[place] for place in places) for key, (_, places) in sections.items() if places}
    further = proposal.further({article for members in shown.values() for article in members}, shown, naming)
    for key, members in shown.items():
        page = proposal.has_page(key)
        has_page = key in known if page is None else page
        yield Group(key, sections[key][0], members, has_page, len(members), further[key])


def _unlisted(article: Article, refused: str, curation: Curation, door: Door, proposal: Proposal) -> Verdict:
    """What the rules say of it, unless it is out for no other reason than the file."""
    if named(article, curation.excluded):
        proposed = proposal.by_article[article]
        return left_out(article, curation, door) if proposed.included else proposed
    reason = refused or door.objection(article) or f"not in the list of {curation.file}"
    return out(article, reason, edition=door.earlier(article))
