"""What collecting needs from a mailbox, and recording from whatever remembers notices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from digest.errors import DigestError
from digest.model import Concerned, Notice, SubscriberStatus

# The delivery that the token of a return path names; raises LinkError for one that is not ours.
DeliveryOf = Callable[[str], int]


class MailError(DigestError):
    """One mail of a mailbox that cannot be had; the others can."""


class PostBox(Protocol):
    """A mailbox that is open; its mails are named by words of its own. All of it raises TransportError or DigestError."""

    def waiting(self) -> Sequence[str]:
        """The mails that nobody has read yet."""

    def fetch(self, mail: str) -> bytes | None:
        """The beginning of a mail, as much as is read of one; None if it has gone. Raises MailError for this one alone."""

    def mark(self, mails: Sequence[str]) -> None:
        """Sees to it that they wait no more."""


class Changes(Protocol):
    """One transaction over notices and the people they are about."""

    def known(self, key: str) -> bool:
        """Whether this report was recorded before."""

    def concerned(self, notice: Notice, mailbox: str, *, since: datetime) -> Concerned:
        """Whom it is about: by its delivery, else by its subscriber, else by the key of the mailbox that it names.

        A report that does not say which edition is about the last one that was accepted ``since`` then, if there is one.
        """

    def add(self, notice: Notice, concerned: Concerned, now: datetime) -> None: ...

    def soft_editions(self, subscriber: int, *, since: datetime, arrived_before: datetime) -> int:
        """How many editions bounced softly for somebody since then, after the last one that arrived.

        An edition arrived that was accepted before ``arrived_before`` and has not bounced. A refusal by policy (x.7.z)
        neither counts nor arrives: it is about us. What is not proven is as good as not there.
        """

    def turn(self, subscriber: int, status: SubscriberStatus, reason: str, now: datetime) -> None:
        """Changes the status of a subscriber, and why it is so."""


class Record(Protocol):
    def changing(self, *, keep: bool = True) -> AbstractContextManager[Changes]:
        """One transaction, all or nothing; without ``keep`` it is taken back at its end."""

    def drop_raw(self, before: datetime) -> None:
        """Lets go of the reports that were recorded before then; what was recorded of them stays."""
