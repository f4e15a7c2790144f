"""What is one story: articles that share a page, translations of one, and articles that are alike.

told, candidates ─▶ groups that share pages ─▶ the best of each ─▶ like one that is told? ─▶ a new story
                                                                              └─▶ told again
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urldefrag

from digest.compose.likeness import EQUAL, Features, features, likeness
from digest.compose.tongues import preference, translations, untranslated
from digest.identity import page_of, title_key
from digest.model import Article

BLURB = 3  # titles: an opening that more of them share says nothing of their stories
SHORT = 20  # characters: a shorter title may be that of another story in another edition
APART = timedelta(hours=12)  # a site that gives a title to two pages so long after one another has a column
LOOKED_AT = 12  # articles with one opening: so much work is never more than in proportion to the articles


@dataclass(frozen=True, slots=True)
class Told:
    """An article that was in an earlier edition; ``edition`` is "" for one of the edition that is made."""

    article: Article
    edition: str = ""


@dataclass(frozen=True, slots=True)
class Retold:
    """An article whose story ``original`` tells; ``score`` percent alike, EQUAL for what is known to be the same."""

    article: Article
    original: Told
    score: int


def tell_apart(
    candidates: Sequence[Article], told: Sequence[Told], alike: int, languages: Sequence[str] = ()
) -> tuple[tuple[Article, ...], tuple[Retold, ...]]:
    """The best article of each new story, and the others, from candidates and from what was told before.

    The order of both decides ties alone. ``alike`` is the percentage from which on two are one story. Of translations the
    one in the first of the ``languages`` is the best.
    """
    new: list[Article] = []
    again: list[Retold] = []
    groups: list[list[Article]] = []
    for before, group in _same(candidates, told, languages):
        if before:
            again += (Retold(article, before, EQUAL) for article in group)
        else:
            groups.append(group)

    groups.sort(key=lambda group: worth(group[0]))
    faces = _faces([*([each.article] for each in told), *groups])
    known = _Known()
    for each, shown in zip(told, faces, strict=False):
        known.add(each, [replace(face, meaning="") if len(face.title) < SHORT else face for face in shown])
    for (best, *others), shown in zip(groups, faces[len(told) :], strict=True):
        original, score = known.nearest(shown, alike)
        if original:
            again += (Retold(article, original, score) for article in (best, *others))
        else:
            new.append(best)
            known.add(Told(best), shown)
            again += (Retold(article, Told(best), EQUAL) for article in others)
    return tuple(new), tuple(again)


def worth(article: Article) -> tuple[bool, bool, bool, bool, int, datetime, str]:
    """Ascending: the best comes first. A site's own file comes before what a feed tells of it."""
    own, excerpt = bool(article.path), -len(article.excerpt)
    return not article.pinned, not own, not article.image, not article.source, excerpt, article.published, article.key


# --- the same page --------------------------------------------------------------------------------------------------


def _same(
    candidates: Sequence[Article], told: Sequence[Told], languages: Sequence[str]
) -> Iterator[tuple[Told | None, list[Article]]]:
    """The candidates in groups that share pages, the best of each first, with what told their story before.

    The friends of friends are one group (union-find, paths halved).
    """
    articles = (*(each.article for each in told), *candidates)
    translated = translations(articles)
    pages = [set(_pages(article, translated)) for article in articles]
    leader = list(range(len(pages)))

    def find(index: int) -> int:
        while leader[index] != index:
            leader[index] = index = leader[leader[index]]
        return index

    first_with: dict[str, int] = {}
    for index, named in enumerate(pages):
        for page in named:
            leader[find(index)] = find(first_with.setdefault(page, index))
    before: dict[int, Told] = {}
    for index, each in enumerate(told):
        before.setdefault(find(index), each)
    groups: defaultdict[int, list[Article]] = defaultdict(list)
    for index, article in enumerate(candidates, start=len(told)):
        groups[find(index)].append(article)
    return ((before.get(root), _best_first(group, languages)) for root, group in groups.items())


def _best_first(group: Iterable[Article], languages: Sequence[str]) -> list[Article]:
    """By their worth; but in place of the best the translation of it that is preferred, unless an editor pinned it."""
    best, *others = sorted(group, key=worth)
    page = untranslated(best)
    translations = [best, *(other for other in others if page and untranslated(other) == page)]
    chosen = min(translations, key=lambda each: (not each.pinned, preference(each, languages)))
    return [chosen, *(each for each in (best, *others) if each is not chosen)]


def _pages(article: Article, translated: Collection[str]) -> Iterator[str]:
    """What names its page. A URL that names a whole site names none: it may stand in all of its articles. Nor does that
    of an entry whose key has more to it than its page, for it shares that with others of its feed.

    The same page with another fragment is the same if the title is: release notes of many things may stand on one page,
    and a fragment may also say how a reader came.
    """
    yield f"{article.key}#"
    if (file := untranslated(article)) in translated:
        yield f"file {file}"
    shared = article.key.rpartition("#")[0]
    for url in {article.source, article.url}:
        page = page_of(url)
        if page and page != shared:
            yield f"{page}#{urldefrag(url).fragment}"
            yield f"title {page} {title_key(article.title)}"


# --- alike ----------------------------------------------------------------------------------------------------------


Faces = Sequence[Features]  # of one story: each way in which it is told


class _Known:
    """Stories that are told, found again by what their titles say, and by how their excerpts begin."""

    def __init__(self) -> None:
        self._said: dict[tuple[str, str], tuple[Told, Features]] = {}
        self._opened: defaultdict[str, list[tuple[Told, Features]]] = defaultdict(list)

    def add(self, told: Told, faces: Faces) -> None:
        for face in faces:
            for said in _said(face):
                self._said.setdefault(said, (told, face))
            self._opened[face.opening].append((told, face))

    def nearest(self, faces: Faces, least: int) -> tuple[Told | None, int]:
        """The story that is most like this one, the first of equals, and how alike they are; None below ``least``."""
        nearest, most = None, least - 1
        for face in faces:
            for told, other in self._like(face):
                score = likeness(face, other)
                nearest, most = (told, score) if score > most else (nearest, most)
        return nearest, most

    def _like(self, face: Features) -> Iterator[tuple[Told, Features]]:
        yield from (self._said[said] for said in _said(face) if said in self._said)
        if face.opening:
            yield from self._opened[face.opening][:LOOKED_AT]


def _said(face: Features) -> tuple[tuple[str, str], ...]:
    """What its title says, in the same words and in any."""
    return ((face.meaning, face.title), (face.meaning, "")) if face.meaning else ()


def _faces(groups: Iterable[Sequence[Article]]) -> list[Faces]:
    """What the articles of each group are compared by, without titles of columns, and excerpts that are a blurb."""
    faces = [tuple(dict.fromkeys(map(features, group))) for group in groups]
    columns = _columns(faces)
    often = Counter(opening for opening, _ in {(face.opening, face.meaning) for each in faces for face in each})

    def telling(face: Features) -> Features:
        if face.meaning in columns:
            face = replace(face, meaning="")
        return replace(face, excerpt=(), opening="") if often[face.opening] > BLURB else face

    return [tuple(map(telling, each)) for each in faces]


def _columns(faces: Iterable[Faces]) -> set[str]:
    """What titles say that a site gives to several stories: at other times, or with other excerpts."""
    used: defaultdict[tuple[str, str], list[Features]] = defaultdict(list)
    for each in faces:
        for name, face in {(face.site, face.meaning): face for face in each}.items():
            used[name].append(face)
    return {meaning for (_, meaning), stories in used.items() if _differ(stories)}


def _differ(stories: Sequence[Features]) -> bool:
    times = [face.published for face in stories]
    return max(times) - min(times) >= APART or len({face.excerpt for face in stories if face.excerpt}) > 1
