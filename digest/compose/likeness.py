"""How alike two articles are, from 0 to 100: a measure that would rather miss a story told twice than lose one.

Titles that say the same make one story. Titles that are only similar need the same excerpt on another site: one word is
enough to make two stories of them ("Former president arrested"), and an excerpt that one site repeats is its blurb. On
one site they are one page with a new title if that is long, and differs in nothing but small words.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz.distance import Indel

from digest.compose.telling import is_telling
from digest.compose.wording import UNSPACED, key, meaning, said
from digest.identity import site_key
from digest.model import Article

EQUAL = 100  # percent: the same page, or the same title
SAID = 95  # titles that say the same in other letters
TITLE_READ = 1000  # characters of a title that are compared
EXCERPT_LEAST = 80  # characters of an excerpt that says something
EXCERPT_READ = 300  # characters of it that are compared
OPENING = 8  # words
LONG = 12  # words of a title that no two pages of one site have nearly in common by chance
EXCHANGED = 1.5  # times as much as words that are only added

_WORD = re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+")  # where words are not parted by blanks, each character is one

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Features:
    """What an article is compared by.

    ``title`` are its words in one form, ``said`` those that mean something, ``small`` those that are no names by their
    first letter. ``meaning`` is what it says, or "" where it says nothing of the story; ``excerpt`` are the words of an
    excerpt that says something, ``opening`` is how it begins. ``site`` is "" for one's own.
    """

    title: str
    said: Words
    small: frozenset[str]
    meaning: str
    excerpt: Words
    opening: str
    site: str
    published: datetime


def features(article: Article) -> Features:
    written, site = article.title[:TITLE_READ], site_key(article.source)
    title = key(written)
    excerpt = key(article.excerpt[: len(written) + 2 * EXCERPT_READ]).removeprefix(title)[:EXCERPT_READ]
    teaser = _words(excerpt) if len(excerpt) >= EXCERPT_LEAST else ()
    words = said(written, site)
    small = frozenset(key(" ".join(word for word in written.split() if word[0].islower())).split())
    return Features(title, words, small, meaning(words), teaser, " ".join(teaser[:OPENING]), site, article.published)


def likeness(one: Features, other: Features) -> int:
    """How alike they are, rounded down: by their titles alone, else as much as both their titles and excerpts are."""
    if one.meaning and one.meaning == other.meaning:
        return EQUAL if one.title == other.title else SAID
    if not one.opening or one.opening != other.opening:
        return 0
    if one.site == other.site:
        return _retitled(one, other)
    return int(min(_alike(_words(one.title), _words(other.title)), _alike(one.excerpt, other.excerpt), EQUAL - 1))


def _retitled(one: Features, other: Features) -> int:
    """How many of their words two titles of one site share, in any order, if one page may have had both."""
    if one.excerpt != other.excerpt or min(len(one.said), len(other.said)) < LONG:
        return 0
    mine, yours = Counter(one.said), Counter(other.said)
    own = (mine - yours) + (yours - mine)
    if any(is_telling(word) or word not in one.small | other.small for word in own):
        return 0
    return int(min(EQUAL - 1, 100 * (1 - own.total() / (mine.total() + yours.total()))))


def _words(text: str) -> Words:
    return tuple(_WORD.findall(text))


def _alike(one: Words, other: Words) -> float:
    """How many of their words both have in the same order, in percent; 0 where they differ in a word that tells."""
    mine, yours = _own(*sorted((one, other)))  # so that it goes both ways
    if any(map(is_telling, (*mine, *yours))):
        return 0
    own = len(mine) + len(yours)
    shared = len(one) + len(other) - own
    against = EXCHANGED * own if mine and yours else own
    return 100 * (shared / (shared + against)) if shared else 0


def _own(one: Words, other: Words) -> tuple[Words, Words]:
    """The words that each has and the other has not, or not in this order."""
    steps = Indel.editops(one, other)
    mine = tuple(one[step.src_pos] for step in steps if step.tag == "delete")
    yours = tuple(other[step.dest_pos] for step in steps if step.tag == "insert")
    return mine, yours
