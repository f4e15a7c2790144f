"""Asking to be mailed, on a page, and confirming it by the link that was mailed: double opt-in.

ask ──▶ Request, its letter due ──mailed──▶ link ──▶ confirm ──▶ subscriber
  └─ whoever asks hears the same, be the address known, left, suppressed, erased or new
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from digest.model import Choices, Request, Subscriber
from digest.subscriptions.ports import Requests


@dataclass(frozen=True, slots=True)
class Ask:
    """What somebody asks for; ``page``, ``wording`` and ``client`` as in ``Request``. All of it is untrusted."""

    address: str
    choices: Choices = field(default_factory=Choices)
    page: str = ""
    wording: str = ""
    client: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long a link confirms; how many requests from one client in an hour; domains that are not taken."""

    confirm_within: timedelta
    per_client: int
    blocked_domains: frozenset[str] = frozenset()


class Answer(StrEnum):
    """What whoever asked is told; it never says whether the address is known."""

    WRITTEN = "written"  # look into your mailbox
    TOO_MANY = "too many"  # from this client; later again
    BLOCKED = "blocked"  # this domain is not taken


class Stage(StrEnum):
    """Where a request stands when its link is followed."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"
    GONE = "gone"  # nothing is known of it any more, or what it asked for cannot be had any more


@dataclass(frozen=True, slots=True)
class Standing:
    """A request with its stage; ``subscriber`` is the person it is about, if there is one."""

    stage: Stage
    request: Request | None = None
    subscriber: Subscriber | None = None


def ask(book: Requests, asked: Ask, terms: Terms, *, now: datetime) -> Answer:
    """Keeps what is asked, so that a letter goes out. Raises AddressError for what is no address."""
    raise NotImplementedError


def ask_to_move(book: Requests, subscriber: int, asked: Ask, terms: Terms, *, now: datetime) -> Answer:
    """The same for a subscriber's new address, ``asked.address``. Raises AddressError."""
    raise NotImplementedError


def look(book: Requests, request: int, terms: Terms, *, now: datetime) -> Standing:
    """Where a request stands; nothing is changed."""
    raise NotImplementedError


def confirm(book: Requests, request: int, terms: Terms, *, client: str, now: datetime) -> Standing:
    """Does what was asked, once; afterwards it stays CONFIRMED however often the link is followed."""
    raise NotImplementedError
