"""What was seen of article files, for whoever looks at a folder again."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from digest.model import Sighting
from digest.store.database import Database


class Sightings:
    """Kept in the database; without ``writes`` it is only looked at, and nothing new is kept."""

    def __init__(self, database: Database, *, writes: bool) -> None:
        self._database = database
        self._writes = writes

    def known(self, source: str) -> dict[str, Sighting]:
        """By path below the folder; ``source`` names the folder and the way it is read."""
        return {}

    def learn(self, source: str, found: Mapping[str, Sighting], gone: Collection[str]) -> None:
        """Keeps what was found, and forgets what is gone."""
