"""Who remembers what was seen: ``store.sightings`` for files, ``store.feeds`` for feeds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from digest.model import Entry, FeedState, FolderState, SeenEntry, Sighting


class Index(Protocol):
    """What was seen of the files of a folder, which ``source`` names; paths are below the folder."""

    def known(self, source: str) -> Mapping[str, Sighting]: ...

    def within(self, source: str, state: bytes, start: int, end: int) -> Mapping[str, Sighting] | None:
        """Those published or first met in ``[start, end)``, microseconds since 1970, and those without a date; None
        unless the whole folder is known to be in this state.
        """
        ...

    def learn(self, source: str, found: Mapping[str, Sighting], gone: Collection[str], state: FolderState) -> None:
        """Keeps what was found, but for ``seen`` where that is known already, and forgets what is gone."""
        ...


class Feeds(Protocol):
    """What feeds have held, and when each is to be asked again."""

    def state(self, url: str) -> FeedState:
        """Of a feed that was never asked: a state with its url alone."""
        ...

    def entries(self, url: str, since: datetime | None, until: datetime | None) -> Sequence[SeenEntry]:
        """Those published or first met in ``[since, until)``."""
        ...

    def record(self, state: FeedState, entries: Sequence[Entry], now: datetime) -> None:
        """What an answer held; what was known of an entry but its date of first meeting is replaced."""
        ...
