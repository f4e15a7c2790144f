"""A feed's bytes, read: RSS, Atom, RDF and JSON Feed become entries of plain text and absolute URLs."""

from __future__ import annotations

from dataclasses import dataclass

from digest.model import Entry


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a feed holds. ``faults`` say what was wrong with it, in words for its maker; they cost it nothing else."""

    title: str
    entries: tuple[Entry, ...]
    language: str = ""
    site: str = ""  # the page that the feed belongs to
    faults: tuple[str, ...] = ()


def parse(data: bytes, url: str, media_type: str = "", charset: str = "") -> Parsed:
    """The feed that came from ``url``; ``charset`` is the one that its server named.

    Raises FeedError where it is no feed at all.
    """
    raise NotImplementedError
