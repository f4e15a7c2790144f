"""The rules of a digest: what it takes, in which order, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum

ALIKE = 90  # percent


class Rank(StrEnum):
    """What comes first in a section, after what is pinned."""

    NEWEST = "newest"
    WEIGHT = "weight"  # the smallest that the articles give themselves, then the newest
    SCORE = "score"


@dataclass(frozen=True, slots=True)
class Weights:
    """What counts how much for a score. ``source`` is by host or by name of a source, ``category`` by category."""

    recency: float = 1.0
    image: float = 0.5
    source: Mapping[str, float] = field(default_factory=dict)
    category: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a digest takes and how much of it. Categories and tags are compared by their ``category_key``.

    ``require`` names fields (of REQUIRABLE) that an article must have; ``exclude_title`` is a regular expression.
    ``aliases`` maps a category as written to the one meant. ``order`` names the categories that come first.
    ``category_url`` is a pattern with ``{category}``. ``zone`` is where the dates in reasons are read. ``languages`` are
    those of the articles it takes; with none it takes all. ``alike`` is the likeness in percent from which on two
    articles are one story. ``variety`` is how many of one source a section has while there are others, 0 for no matter;
    with it, a source has no more than a third of an edition while there are others.
    Sections with fewer than ``smallest`` articles are put together. With ``lead`` the best article opens the edition.
    """

    require: tuple[str, ...] = ()
    exclude_categories: frozenset[str] = frozenset()
    exclude_tags: frozenset[str] = frozenset()
    exclude_title: str = ""
    exclude_sources: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    per_section: int = 5
    maximum: int = 40
    minimum: int = 3
    category_url: str = ""
    uncategorised: str = "Other"
    zone: tzinfo = UTC
    languages: tuple[str, ...] = ()
    alike: int = ALIKE
    rank: Rank = Rank.NEWEST
    weights: Weights = field(default_factory=Weights)
    variety: int = 0
    smallest: int = 1
    lead: bool = False
