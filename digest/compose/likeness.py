"""How alike two articles are, from 0 to 100: a measure that would rather miss a story told twice than lose one.

Titles are compared word by word, in their order. What both have speaks for them, what only one has against them, and half
as much again where both have words of their own: "Schools in the north: what to expect" and "Roads in the north: what to
expect" are two stories. A word counts by how rare it is in titles. Titles that differ in a number, a day, a month or a
denial are never alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel, Levenshtein

from digest.compose.telling import is_telling
from digest.identity import site_key, title_key
from digest.model import Article

SHORT = 20  # characters: a shorter title is alike only where it is equal, and says less even then
SHORT_EQUAL = 80
EXCERPT_LEAST = 80  # characters of an excerpt that says something
EXCERPT_READ = 300  # characters of it that are compared
OPENING = 8  # words
SPELLINGS = 20  # percent that words in two spellings may add
SAME_EXCERPT = 97
EXCHANGED = 1.5  # times as much as words that are only added
VARIANT_LEAST = 5  # letters of a word in which one may differ: organise, organize

# Where words are not parted by blanks each character is one: Thai, Lao, Khmer, Japanese, Chinese.
_UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORD = re.compile(f"[{_UNSPACED}]|[^\\s{_UNSPACED}]+")

Words = tuple[str, ...]
Weigh = Callable[[Iterable[str]], float]


@dataclass(frozen=True, slots=True)
class Features:
    """What an article is compared by: the ``words`` of its title, which is so many characters long, and its excerpt.

    An excerpt that says nothing has no words; ``opening`` is how it begins. ``site`` is "" for one's own.
    """

    title: Words
    words: frozenset[str]
    length: int
    excerpt: Words
    opening: str
    site: str


def features(article: Article) -> Features:
    title, excerpt = title_key(article.title), title_key(article.excerpt[: 2 * EXCERPT_READ])[:EXCERPT_READ]
    words = tuple(_WORD.findall(title))
    said = tuple(_WORD.findall(excerpt)) if len(excerpt) >= EXCERPT_LEAST else ()
    return Features(words, frozenset(words), len(title), said, " ".join(said[:OPENING]), site_key(article.source))


def likeness(one: Features, other: Features, weigh: Weigh) -> int:
    """How alike they are, rounded down; ``weigh`` says how much words of titles count.

    Where the excerpts are the same, they count twice and the titles once. Else the titles alone count, for each site has
    its own words for a story; but the same title on the same site may be that of a column, and there both count.
    """
    one, other = sorted((one, other), key=lambda each: (each.title, each.excerpt))  # so that it goes both ways
    equal = one.title == other.title
    titles = _titles(one, other, weigh)
    if titles and _same_excerpt(one, other):
        titles = (titles + 2 * 100) / 3
    elif equal and one.site == other.site:
        titles = (titles + _alike(one.excerpt, other.excerpt, _count)) / 2
    return min(int(titles), 100 if equal else 99)


def might_be(one: Features, other: Features, shared: float, least: int) -> bool:
    """Whether it is worth looking whether they are at least so much alike: ``shared`` percent of their words they share."""
    needed = 3 * least - 2 * 100 if one.opening and one.opening == other.opening else least
    return shared >= needed - SPELLINGS


def _same_excerpt(one: Features, other: Features) -> bool:
    if not one.opening or one.opening != other.opening:
        return False
    return _alike(one.excerpt, other.excerpt, _count) >= SAME_EXCERPT


def _count(words: Iterable[str]) -> float:
    return sum(1 for _ in words)


def _titles(one: Features, other: Features, weigh: Weigh) -> float:
    if min(one.length, other.length) < SHORT:
        return SHORT_EQUAL if one.title == other.title and one.title else 0
    return _alike(one.title, other.title, weigh)


def _alike(one: Words, other: Words, weigh: Weigh) -> float:
    """0 where they differ in a word that tells."""
    mine, yours = _own(one, other)
    if any(map(is_telling, (*mine, *yours))):
        return 0
    own = weigh(mine) + weigh(yours)
    shared = weigh(one) + weigh(other) - own
    against = EXCHANGED * own if mine and yours else own
    return 100 * (shared / (shared + against)) if shared > 0 else 0


def _own(one: Words, other: Words) -> tuple[list[str], list[str]]:
    """The words that each has and the other has not, or not in this order."""
    mine: list[str] = []
    yours: list[str] = []
    for here, there in _differences(one, other):
        if not _variants("".join(here), "".join(there)):
            mine += here
            yours += there
    return mine, yours


def _differences(one: Words, other: Words) -> Iterator[tuple[Words, Words]]:
    """The places at which they differ, each with the words of both."""
    steps = Indel.opcodes(one, other)
    for same, group in groupby(steps, key=lambda step: step.tag == "equal"):
        if not same:
            run = list(group)
            first, last = run[0], run[-1]
            yield one[first.src_start : last.src_end], other[first.dest_start : last.dest_end]


def _variants(one: str, other: str) -> bool:
    """Whether they are one word in two spellings: e-mail and email, organise and organize."""
    if one == other:
        return True
    if min(len(one), len(other)) < VARIANT_LEAST or one[0] != other[0] or is_telling(one) or is_telling(other):
        return False
    return Levenshtein.distance(one, other, score_cutoff=1) <= 1
