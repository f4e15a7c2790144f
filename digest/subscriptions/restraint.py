"""How often an inbox may be written to that has not answered: nobody can make us bomb somebody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from digest.model import Request

HOUR: Final = timedelta(hours=1)
WAITS: Final = (
    HOUR,
    timedelta(days=1),
    timedelta(weeks=1),
)  # after the first unanswered letter, the second, each later
_DOTLESS: Final = frozenset({"gmail.com", "googlemail.com"})  # one domain, and dots in its local parts mean nothing


def inbox(key: str) -> str:
    """Whom a letter to the mailbox of that key would bother: the same for all tags of an address."""
    local, _, domain = key.rpartition("@")
    whose = local.partition("+")[0] or local
    if domain in _DOTLESS:
        whose, domain = whose.replace(".", "") or whose, "gmail.com"
    return f"{whose}@{domain}"


def may_write(previous: Sequence[Request], now: datetime) -> bool:
    """Whether one more letter may go to an inbox, after all that were asked for: they count from when they left.

    One an hour at most, even to those who answer by confirming; fewer to those who do not; none while one is on its way.
    """
    if any(request.due for request in previous):
        return False
    unanswered = [_left(request) for request in previous if request.confirmed is None]
    patient = not unanswered or now - max(unanswered) >= WAITS[min(len(unanswered), len(WAITS)) - 1]
    return patient and all(now - _left(request) >= HOUR for request in previous)


def _left(request: Request) -> datetime:
    """When its letter was handed over; when it was asked for, if no server ever took it."""
    return request.mailed or request.created
