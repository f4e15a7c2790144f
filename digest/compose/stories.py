"""What is one story: articles that share a page or a title, and articles that are nearly alike.

told, candidates ─▶ groups with a mark in common ─▶ the best of each ─▶ like one that is told? ─▶ a new story
                                                                                    └─▶ told again
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import log

from digest.compose.likeness import Features, features, likeness, might_be
from digest.identity import canonical_url, title_key
from digest.model import Article

EQUAL = 100  # percent: the same page, or the same title in the same edition
BLURB = 3  # articles: an opening that more of them share says nothing of their stories
FEW = 100  # titles: among fewer, it says little how rare a word is
RAREST = 5  # words of a title that are looked up
LOOKED_AT = 12  # articles at each of them: so much work is never more than in proportion to the articles


@dataclass(frozen=True, slots=True)
class Told:
    """An article that had its turn in an earlier edition; ``edition`` is "" for one of the edition that is made."""

    article: Article
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Retold:
    """An article whose story ``original`` tells; ``score`` percent alike, EQUAL for what is known to be the same."""

    article: Article
    original: Told
    score: int


def tell_apart(
    candidates: Sequence[Article], told: Sequence[Told], alike: int
) -> tuple[tuple[Article, ...], tuple[Retold, ...]]:
    """The best article of each new story, and the others, from candidates and from what was told before.

    The order of both decides ties alone. ``alike`` is the percentage from which on two are one story.
    """
    new: list[Article] = []
    again: list[Retold] = []
    groups: list[list[Article]] = []
    for before, group in _same(candidates, told):
        if before:
            again += (Retold(article, before, EQUAL) for article in group)
        else:
            groups.append(group)

    groups.sort(key=lambda group: _worth(group[0]))
    faces = _faces([*([each.article] for each in told), *groups])
    known = _Known([face for each in faces for face in each])
    for each, shown in zip(told, faces, strict=False):
        known.add(each, shown)
    for (best, *others), shown in zip(groups, faces[len(told) :], strict=True):
        original, score = known.nearest(shown, alike)
        if original:
            again += (Retold(article, original, score) for article in (best, *others))
        else:
            new.append(best)
            known.add(Told(best), shown)
            again += (Retold(article, Told(best), EQUAL) for article in others)
    return tuple(new), tuple(again)


def _worth(article: Article) -> tuple[bool, bool, bool, int, datetime, str]:
    """Ascending: the best comes first."""
    excerpt = -len(article.excerpt)
    return not article.pinned, not article.image, not article.source, excerpt, article.published, article.key


# --- the same page, the same title ----------------------------------------------------------------------------------


def _same(candidates: Sequence[Article], told: Sequence[Told]) -> Iterator[tuple[Told | None, list[Article]]]:
    """The candidates in groups that share marks, the best of each first, with what told their story before.

    The friends of friends are one group (union-find, paths halved).
    """
    marks = [*(set(_pages(each.article)) for each in told), *(set(_marks(article)) for article in candidates)]
    leader = list(range(len(marks)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    first_with: dict[str, int] = {}
    for index, marked in enumerate(marks):
        for mark in marked:
            leader[find(index)] = find(first_with.setdefault(mark, index))
    before: dict[int, Told] = {}
    for index, each in enumerate(told):
        before.setdefault(find(index), each)
    groups: defaultdict[int, list[Article]] = defaultdict(list)
    for index, article in enumerate(candidates, start=len(told)):
        groups[find(index)].append(article)
    return ((before.get(root), sorted(group, key=_worth)) for root, group in groups.items())


def _pages(article: Article) -> Iterator[str]:
    """A URL that names a whole site marks nothing: it may stand in all of its articles."""
    yield f"page {article.key}"
    for page in map(canonical_url, {article.source, article.url}):
        if "/" in page or "?" in page:
            yield f"page {page}"


def _marks(article: Article) -> Iterator[str]:
    """What no two stories of an edition share. (In another edition the same title may be that of a column.)"""
    yield from _pages(article)
    if title := title_key(article.title):
        yield f"title {title}"


# --- nearly alike ---------------------------------------------------------------------------------------------------


Faces = Sequence[Features]  # of one story: each way in which it is told


class _Known:
    """Stories that are told, found again by the rarest words of their titles, and by how they begin."""

    def __init__(self, faces: Faces) -> None:
        self._titles = Counter(word for face in faces for word in face.words)
        count = max(len(faces), FEW)
        self._weights = {word: log((count + 1) / often) for word, often in self._titles.items()}
        self._shown: list[tuple[Told, Features, float]] = []
        self._places: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, told: Told, faces: Faces) -> None:
        for face in faces:
            for key in self._keys(face):
                self._places[key].append(len(self._shown))
            self._shown.append((told, face, self._weigh(face.words)))

    def nearest(self, faces: Faces, least: int) -> tuple[Told | None, int]:
        """The story that is most like this one, the first of equals, and how alike they are; None below ``least``."""
        nearest, most = None, least - 1
        for face in faces:
            weight = self._weigh(face.words)
            for place in sorted({place for key in self._keys(face) for place in self._places[key][:LOOKED_AT]}):
                told, other, others = self._shown[place]
                shared = 2 * 100 * self._weigh(face.words & other.words) / (weight + others)
                if might_be(face, other, shared, least):
                    score = likeness(face, other, self._weigh)
                    nearest, most = (told, score) if score > most else (nearest, most)
        return nearest, most

    def _weigh(self, words: Iterable[str]) -> float:
        return sum(map(self._weights.__getitem__, words))

    def _keys(self, face: Features) -> list[str]:
        rarest = sorted(face.words, key=lambda word: (self._titles[word], word))[:RAREST]
        return [*rarest, f"opening {face.opening}"] if rarest and face.opening else rarest


def _faces(groups: Iterable[Sequence[Article]]) -> list[Faces]:
    """What the articles of each group are compared by, without the excerpts that are no more than a blurb."""
    faces = [tuple(dict.fromkeys(map(features, group))) for group in groups]
    often = Counter(opening for opening, _ in {(face.opening, face.title) for each in faces for face in each})
    return [
        [replace(face, excerpt=(), opening="") if often[face.opening] > BLURB else face for face in each]
        for each in faces
    ]
