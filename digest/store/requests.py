"""What readers ask for, in the ledger: what waits for its letter, what waits to be confirmed, what was agreed to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from digest.model import Request, Subscriber
from digest.store.database import Database
from digest.store.subscribers import SubscriberChanges, Subscribers


class RequestChanges(SubscriberChanges):
    """One transaction over people and what they ask for."""

    def request(self, request: int) -> Request | None:
        raise NotImplementedError

    def open_since(self, inbox: str, since: datetime) -> Sequence[datetime]:
        raise NotImplementedError

    def asked_from(self, client: str, since: datetime) -> int:
        raise NotImplementedError

    def keep(self, request: Request) -> int:
        raise NotImplementedError


class Requests:
    """The requests of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._people = Subscribers(database)

    @contextmanager
    def changing(self) -> Iterator[RequestChanges]:
        """One transaction, all or nothing."""
        with self._database.write() as connection:
            yield RequestChanges(connection)

    def find(self, request: int) -> Request | None:
        raise NotImplementedError

    def person(self, subscriber: int) -> Subscriber | None:
        """The subscriber with this id."""
        return self._people.get(subscriber)

    def confirmed_by(self, subscriber: int) -> tuple[Request, ...]:
        """What this person has agreed to, the newest first."""
        raise NotImplementedError

    def take_due(self, now: datetime, most: int) -> tuple[Request, ...]:
        """Requests whose letter is due, so many at most: from now on they count as mailed, so that none is mailed twice."""
        raise NotImplementedError

    def hand_back(self, request: int, due: datetime | None, reply: str) -> None:
        """A letter that was not taken: it is due again then, or never."""
        raise NotImplementedError

    def next_due(self) -> datetime | None:
        """When the next letter is due, if one is."""
        raise NotImplementedError

    def let_go(self, before: datetime) -> int:
        """Forgets what was asked before then and never confirmed, with the people who have only asked; how many."""
        raise NotImplementedError
