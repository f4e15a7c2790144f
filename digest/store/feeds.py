"""What feeds have held, and when each of them is to be asked again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from digest.model import Entry, FeedState, SeenEntry
from digest.store.database import Database


class Feeds:
    """Kept in the database; without ``writes`` what is new is remembered for as long as this lives, and not kept."""

    def __init__(self, database: Database, *, writes: bool) -> None:
        self._database = database
        self._writes = writes

    def state(self, url: str) -> FeedState:
        """Of a feed that was never asked: a state with its url alone."""
        raise NotImplementedError

    def entries(self, url: str, since: datetime | None, until: datetime | None) -> Sequence[SeenEntry]:
        """Those published or first met in ``[since, until)``."""
        raise NotImplementedError

    def record(self, state: FeedState, entries: Sequence[Entry], now: datetime) -> None:
        """What an answer held; what was known of an entry but its date of first meeting is replaced."""
        raise NotImplementedError
