"""What an editor decides about one edition, as it is written in the edition's file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chosen:
    """A section as the editor wants it: its ``category`` and its articles in order, each by its path or key."""

    category: str
    articles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curation:
    """What the file ``file`` says of the edition ``edition`` (``weekly/2025-W49``); articles by their paths or keys.

    ``subject``, ``preheader`` and ``intro`` take the place of what would be written, unless they are "". With
    ``sections``, those are the edition: their articles, in their order, whatever the rules would have chosen; without,
    the rules choose, and ``pinned`` come first, ``excluded`` are out, ``order`` names the categories that come first.
    ``excluded`` are out in any case.
    """

    edition: str
    file: str
    subject: str = ""
    preheader: str = ""
    intro: str = ""
    pinned: frozenset[str] = frozenset()
    excluded: frozenset[str] = frozenset()
    order: tuple[str, ...] = ()
    sections: tuple[Chosen, ...] = ()
    approved: bool = False
