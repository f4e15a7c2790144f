"""Chooses what an edition holds: who is a candidate, what is one story, sections, their order, what fits.

    articles ─▶ objections ─▶ candidates ─▶ stories ─▶ the best of each ─▶ groups ─▶ room ─▶ sections ─▶ Edition
                    │                          │                                      │          │
                    └─ out                     └─ out: the same story                 └─ out     └─ in       ─▶ Verdicts

Every article given gets one verdict, in a reader's words. The result does not depend on the order they are given in.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import heapify, heapreplace
from operator import attrgetter
from urllib.parse import quote

from digest.compose.rules import Rules
from digest.identity import canonical_url, category_key, title_key
from digest.model import Article, Curation, Edition, Period, Section

REQUIRABLE = ("source", "url", "excerpt", "author", "image", "category", "tags")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an article. ``edition`` names the edition, this or an earlier one, that it belongs to, or is "".

    ``considered`` articles are to be remembered with this edition, so that no later one takes them: they are in it, or
    did not fit, or tell a story that is or did not. ``section`` is the one it is in.
    """

    article: Article
    included: bool
    edition: str
    reason: str
    considered: bool
    section: str = ""


@dataclass(frozen=True, slots=True)
class Composition:
    """An edition with the verdicts on all articles: its own in reading order, then the others, newest first.

    ``enough`` is false when it holds fewer than the rules' minimum, and should wait.
    """

    edition: Edition
    verdicts: tuple[Verdict, ...]
    enough: bool


def compose(
    articles: Iterable[Article],
    *,
    digest: str,
    title: str,
    number: int,
    period: Period,
    since: datetime,
    placed: Mapping[str, str],
    rules: Rules,
    now: datetime,
    intro: str = "",
    curation: Curation | None = None,  # noqa: ARG001 - honoured in the next step
) -> Composition:
    """The edition of a period, from what was published in ``[since, period.end)`` and has not had its turn.

    ``placed`` maps keys and paths of articles to the name of the earlier edition that considered them.
    """
    door = _Door(period, since, now, placed, rules)
    verdicts: list[Verdict] = []
    candidates: list[Article] = []
    for article in sorted(articles, key=_everything):
        if objection := next(door.objections(article), ""):
            verdicts.append(_out(article, objection, edition=door.earlier(article)))
        else:
            candidates.append(article)

    stories = _stories(candidates)
    for best, *others in stories:
        reason = f"same story as {best.title} ({best.path or best.key})"
        verdicts += (_out(other, reason, considered=True) for other in others)

    groups = _groups((best for best, *_ in stories), rules)
    room = _room([len(group.articles) for group in groups], rules)
    sections = tuple(_section(group, count, rules) for group, count in zip(groups, room, strict=True) if count)
    edition = Edition(digest, number, title, period, sections, intro)
    for group, count in zip(groups, room, strict=True):
        verdicts += _verdicts(group, count, edition, rules)

    own = [verdict for verdict in verdicts if verdict.included]
    rest = sorted((verdict for verdict in verdicts if not verdict.included), key=_newest, reverse=True)
    return Composition(edition, (*own, *rest), enough=len(own) >= rules.minimum)


_FIELDS = attrgetter(
    *("key", "path", "published", "title", "url", "source", "category", "excerpt", "author", "tags", "draft", "pinned")
)


def _everything(article: Article) -> tuple[object, ...]:
    """Articles are sorted once by all they have, so that every later tie is settled whatever order they came in."""
    return (*_FIELDS(article), repr(article.image))


def _out(article: Article, reason: str, *, edition: str = "", considered: bool = False) -> Verdict:
    return Verdict(article, included=False, edition=edition, reason=reason, considered=considered)


def _newest(verdict: Verdict) -> datetime:
    return verdict.article.published


# --- who is a candidate --------------------------------------------------------------------------------------------


class _Naming:
    """Which category is meant, and what it is called."""

    def __init__(self, rules: Rules) -> None:
        self._meant = {category_key(written): meant for written, meant in rules.aliases.items()}
        self._called = {category_key(meant): meant for meant in sorted(rules.aliases.values(), reverse=True)}
        self._uncategorised = rules.uncategorised
        order = dict.fromkeys(category_key(self.meant(category)) for category in rules.order)
        self._rank = {key: rank for rank, key in enumerate(order)}

    def meant(self, category: str) -> str:
        key = category_key(category)
        return self._meant.get(key, category if key else self._uncategorised)

    def called(self, key: str, spellings: Counter[str]) -> str:
        """As an alias spells it, else as most articles do."""
        return self._called.get(key) or min(spellings, key=lambda spelling: (-spellings[spelling], spelling))

    def rank(self, key: str) -> int:
        return self._rank.get(key, len(self._rank))


class _Door:
    """Says why an article is no candidate."""

    def __init__(self, period: Period, since: datetime, now: datetime, placed: Mapping[str, str], rules: Rules) -> None:
        self._period, self._since, self._now = period, since, now
        self._placed = placed
        self._required, self._zone = rules.require, rules.zone
        self._naming = _Naming(rules)
        self._excluded_categories = frozenset(map(category_key, rules.exclude_categories))
        self._excluded_tags = frozenset(map(category_key, rules.exclude_tags))

    def earlier(self, article: Article) -> str:
        """The earlier edition in which it had its turn, or ""; an article without a path is known by its key alone."""
        return self._placed.get(article.key) or (article.path and self._placed.get(article.path)) or ""

    def objections(self, article: Article) -> Iterator[str]:
        """The first one counts."""
        if article.draft:
            yield "draft"
        yield from self._time(article)
        if earlier := self.earlier(article):
            yield f"had its turn in edition {earlier}"
        yield from self._rules(article)

    def _time(self, article: Article) -> Iterator[str]:
        day = article.published.astimezone(self._zone).date()
        if article.published > self._now:
            yield f"dated in the future ({day})"
        if article.published >= self._period.end:
            yield f"published {day}, after this period"
        if article.published < self._since:
            yield f"published {day}, before this period"

    def _rules(self, article: Article) -> Iterator[str]:
        yield from (f"has no {name}" for name in self._required if not getattr(article, name))
        meant = self._naming.meant(article.category)
        if not self._excluded_categories.isdisjoint({category_key(article.category), category_key(meant)}):
            yield f"category {article.category or meant} is excluded"
        yield from (f'tag "{tag}" is excluded' for tag in article.tags if category_key(tag) in self._excluded_tags)


# --- what is one story ---------------------------------------------------------------------------------------------


def _stories(candidates: Sequence[Article]) -> list[list[Article]]:
    """The candidates in groups that tell one story, the best of each group first.

    Two articles are one story when they share a mark; so are the friends of friends (union-find, paths halved).
    """
    leader = list(range(len(candidates)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    first_with: dict[str, int] = {}
    for index, article in enumerate(candidates):
        for mark in _marks(article):
            leader[find(index)] = find(first_with.setdefault(mark, index))
    groups: defaultdict[int, list[Article]] = defaultdict(list)
    for index, article in enumerate(candidates):
        groups[find(index)].append(article)
    return [sorted(group, key=_worth) for group in groups.values()]


def _marks(article: Article) -> Iterator[str]:
    """What no two stories share. A URL that names a whole site marks nothing: it may stand in all of its articles."""
    yield f"page {article.key}"
    for page in map(canonical_url, {article.source, article.url}):
        if "/" in page or "?" in page:
            yield f"page {page}"
    if title := title_key(article.title):
        yield f"title {title}"


def _worth(article: Article) -> tuple[bool, bool, int, datetime, str]:
    """Ascending: the best comes first."""
    return not article.image, not article.source, -len(article.excerpt), article.published, article.key


# --- sections, their order, and what fits --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Group:
    """A section before its cap."""

    key: str
    category: str
    articles: Sequence[Article]


def _groups(articles: Iterable[Article], rules: Rules) -> list[_Group]:
    """By category: those that the rules name first, then the largest. Inside: pinned first, then the newest."""
    naming = _Naming(rules)
    members: defaultdict[str, list[Article]] = defaultdict(list)
    spellings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for article in sorted(articles, key=attrgetter("key")):
        meant = naming.meant(article.category)
        key = category_key(meant)
        members[key].append(article)
        spellings[key][meant] += 1
    groups = []
    for key, group in members.items():
        group.sort(key=attrgetter("pinned", "published"), reverse=True)
        groups.append(_Group(key, naming.called(key, spellings[key]), group))
    return sorted(groups, key=lambda group: (naming.rank(group.key), -len(group.articles), group.category, group.key))


def _room(sizes: Sequence[int], rules: Rules) -> list[int]:
    """How many articles of each group fit; while there are too many in all, the largest (the last such) gives one up."""
    room = [min(size, rules.per_section) for size in sizes]
    largest = [(-count, -position) for position, count in enumerate(room)]
    heapify(largest)
    for _ in range(sum(room) - rules.maximum):
        count, position = largest[0]
        heapreplace(largest, (count + 1, position))
        room[-position] -= 1
    return room


def _section(group: _Group, count: int, rules: Rules) -> Section:
    more_url = rules.category_url.replace("{category}", quote(group.key, safe=""))
    aliases = frozenset(
        category_key(written) for written, meant in rules.aliases.items() if category_key(meant) == group.key
    )
    return Section(
        key=group.key,
        category=group.category,
        articles=tuple(group.articles[:count]),
        more=len(group.articles) - count,
        more_url=more_url,
        aliases=aliases,
    )


def _verdicts(group: _Group, count: int, edition: Edition, rules: Rules) -> Iterator[Verdict]:
    for place, article in enumerate(group.articles, start=1):
        if place <= count:
            late = ", a late arrival" if article.published < edition.period.start else ""
            reason = f"{group.category}, {_ordinal(place)} of {count}{late}"
            yield Verdict(
                article, included=True, edition=edition.name, reason=reason, considered=True, section=group.category
            )
        elif place <= rules.per_section:
            yield _out(article, f"over {rules.maximum} in all", considered=True)
        else:
            yield _out(article, f"over {rules.per_section} in {group.category}", considered=True)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in {11, 12, 13} else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
