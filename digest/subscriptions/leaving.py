"""Leaving by a link, taking that back, and getting fewer mails instead."""

from __future__ import annotations

from datetime import datetime

from digest.model import Selection, Subscriber
from digest.subscriptions.ports import Circle


def leave(people: Circle, subscriber: int, *, edition: str, words: str, now: datetime) -> Subscriber | None:
    """Unsubscribes; the person afterwards, None if nobody is known by that id. ``words``: their reason, untrusted.

    ``edition`` is the name of the one whose link was followed. Whoever has left or is suppressed stays as they are, but
    for the reason of one who has left and now gives ``words``.
    """
    raise NotImplementedError


def undo(people: Circle, subscriber: int, *, left: datetime, now: datetime) -> Subscriber | None:
    """Takes back that they left at ``left``, and nothing else: None when it is not so any more, or too long ago."""
    raise NotImplementedError


def fewer(
    people: Circle, subscriber: int, *, every: int, categories: Selection, paused: datetime | None, now: datetime
) -> Subscriber | None:
    """Makes it fewer, never more: every so many-th edition, of their categories those alone, nothing before ``paused``."""
    raise NotImplementedError
