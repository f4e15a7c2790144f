"""What subscribers decide about themselves by the link to their preferences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from digest.model import Choices, Receipt, Request, Subscriber
from digest.subscriptions.ports import Circle


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that can be chosen; ``every`` and ``paused`` as in ``Subscriber``."""

    choices: Choices
    every: int = 1
    paused: datetime | None = None


def prefer(people: Circle, subscriber: int, wanted: Preferences, *, now: datetime) -> Subscriber | None:
    """Keeps what they want; the person afterwards, None if nobody is known by that id. Whether they are mailed stays."""
    raise NotImplementedError


def erase(people: Circle, subscriber: int, *, now: datetime) -> bool:
    """Forgets the person but for a salted hash that keeps them out of imports; False if nobody is known by that id."""
    raise NotImplementedError


def data(subscriber: Subscriber, receipts: Sequence[Receipt], consents: Sequence[Request]) -> dict[str, Any]:
    """All that is known of them, for a JSON document of their own (GDPR, articles 15 and 20)."""
    raise NotImplementedError
