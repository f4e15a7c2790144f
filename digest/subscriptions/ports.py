"""What the acts on subscribers need from whatever remembers them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from digest.model import Receipt, Request, Subscriber, SubscriberStatus


class Changes(Protocol):
    """One transaction over people: what is known, and what shall be. Everyone is named by the key of their mailbox."""

    def known(self, keys: Collection[str]) -> Mapping[str, Subscriber]:
        """Those of the keys that are subscribers, whatever their status."""

    def erased(self, keys: Collection[str]) -> frozenset[str]:
        """Those of the keys that were erased on request."""

    def get(self, subscriber: int) -> Subscriber | None:
        """The person with this id."""

    def write(self, people: Sequence[tuple[str, Subscriber]]) -> None:
        """Adds whoever has no id yet (and forgets that they were erased), changes the others."""

    def keep_out(self, key: str, now: datetime) -> None:
        """Keeps a salted hash, so that no table brings in whoever has this key, until they subscribe by themselves."""

    def erase(self, key: str, now: datetime) -> bool:
        """Deletes the person and keeps a salted hash that keeps them out; False if there was nobody to delete."""


class People(Protocol):
    def changing(self, *, keep: bool = True) -> AbstractContextManager[Changes]:
        """One transaction, all or nothing; without ``keep`` it is taken back at its end."""

    def find(self, key: str) -> Subscriber | None: ...

    def erased_at(self, key: str) -> datetime | None:
        """When this person was erased on request, if they were."""

    def each(
        self,
        *,
        status: SubscriberStatus | None = None,
        digest: str = "",
        category: str = "",
        limit: int | None = None,
    ) -> Iterator[Subscriber]:
        """Subscribers in the order they came, one at a time: of a status, who get a digest, who want a category."""

    def receipts(self, subscriber: int) -> tuple[Receipt, ...]:
        """What became of each edition for one subscriber, the newest first."""


class Circle(Protocol):
    """The people, for what they do by their own links."""

    def changing(self, *, patience: float | None = None) -> AbstractContextManager[Changes]:
        """One transaction, all or nothing; ``patience`` is how many seconds it may wait for another one."""


class Asked(Protocol):
    """People and what they have asked for, as they are at one moment."""

    def known(self, keys: Collection[str]) -> Mapping[str, Subscriber]:
        """Those of the keys that are subscribers, whatever their status."""

    def get(self, subscriber: int) -> Subscriber | None:
        """The person with this id."""

    def request(self, request: int) -> Request | None:
        """What was asked, by its id."""

    def last_move(self, subscriber: int) -> int:
        """The request by which this person wanted to move last; 0 if they never did."""

    def to_inbox(self, inbox: str) -> Sequence[Request]:
        """All that was asked for an inbox and is not forgotten, whoever asked, the newest first."""


class RequestChanges(Changes, Asked, Protocol):
    """One transaction over people and what they ask for."""

    def asked_from(self, client: str, since: datetime) -> int:
        """How many requests came from a client after that instant."""

    def keep(self, request: Request) -> int:
        """Adds a request (id 0) or changes one; its id."""


class Requests(Protocol):
    def looking(self) -> AbstractContextManager[Asked]:
        """What there is, to look at."""

    def changing(self) -> AbstractContextManager[RequestChanges]:
        """One transaction, all or nothing."""
