"""Subscribers and addresses."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from digest.errors import AddressError
from digest.model.editions import Selection, Variant
from digest.model.languages import spoken


class SubscriberStatus(StrEnum):
    PENDING = "pending"  # has asked, has not confirmed
    ACTIVE = "active"  # is mailed
    UNSUBSCRIBED = "unsubscribed"  # has left by their own will
    SUPPRESSED = "suppressed"  # must not be mailed: a dead mailbox, a complaint, our decision


FREQUENCIES = (1, 2, 4)  # what ``every`` of a subscriber may be


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A person on the list. ``digests`` names the digests they get; empty means every one.

    ``every`` is 1 for each edition, 2 for every second one, 4 for one in four; nothing is sent before ``paused``.
    """

    id: int
    address: str
    name: str = ""
    status: SubscriberStatus = SubscriberStatus.ACTIVE
    digests: frozenset[str] = frozenset()
    selection: Selection = field(default_factory=Selection)
    language: str = ""
    timezone: str = ""
    reason: str = ""  # why the status is what it is, when somebody said so
    created: datetime | None = None
    changed: datetime | None = None
    every: int = 1
    paused: datetime | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who gets edition ``number`` of a digest that is frozen ``at`` an instant, and in which of the ``languages``, of which
    the first is the site's own.

    The same is asked of the database in ``digest.store.readers``.
    """

    digest: str
    number: int
    at: datetime
    languages: tuple[str, ...] = ()

    def includes(self, person: Subscriber) -> bool:
        return (
            person.status is SubscriberStatus.ACTIVE
            and (not person.digests or self.digest in person.digests)
            and (person.paused is None or person.paused <= self.at)
            and self.number % person.every == 0
        )

    def variant(self, person: Subscriber) -> Variant:
        """Which mail they get: ``de-AT`` speaks ``de`` where it is offered, and ``fy`` the site's own language."""
        found = spoken(person.language, self.languages)
        return Variant(person.selection, "" if found in self.languages[:1] else found)


# RFC 5321, 4.5.3.1.1-3: 64 octets of local part, 255 of domain, 254 of path without its angle brackets.
LOCAL_PART_MAXIMUM = 64
ADDRESS_MAXIMUM = 254
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff<>,;:\\\"()\[\]]")


@dataclass(frozen=True, slots=True)
class Address:
    r"""An address that is safe to put into a command and a header; whether it exists is another question.

    Refused before any library sees it: control characters, blanks, a second ``@``, an empty part, quoting and comment
    characters. Some versions of the e-mail libraries below us cut ``a@b.c\nx`` to ``a@b.c`` instead of refusing it.

    Raises AddressError.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Address:
        if found := _FORBIDDEN.search(text):
            raise AddressError(f"{text!r} is not an e-mail address: it holds {found.group()!r}")
        local, at, domain = text.partition("@")
        if not at or not local or not domain or "@" in domain:
            raise AddressError(f"{text!r} is not an e-mail address: it needs one @ with something on both sides")
        if len(local.encode()) > LOCAL_PART_MAXIMUM or len(text.encode()) > ADDRESS_MAXIMUM:
            raise AddressError(f"{text[:80]!r} is too long for an e-mail address")
        return cls(local, domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"
