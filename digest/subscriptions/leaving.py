"""Leaving by a link, taking that back, and getting fewer mails instead.

active ──leave──▶ unsubscribed ──undo, within a day, of what a link did──▶ active
pending ──leave──▶ unsubscribed                        they had not confirmed, so there is nothing to go back to
suppressed                                             whatever they do
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from digest.model import Selection, Subscriber, SubscriberStatus
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.cells import clean, frequency, selection
from digest.subscriptions.ports import Changes, Circle
from digest.subscriptions.preferring import PAUSE_MAXIMUM

LEFT: Final = "left by link"
LEFT_UNCONFIRMED: Final = f"{LEFT} before confirming"
WORDS_MAXIMUM = 500  # characters of the reason that somebody gives
UNDO_WITHIN = timedelta(days=1)
PATIENCE = 25.0  # seconds that leaving waits for the database: a mail program asks once, and waits for half a minute


def leave(people: Circle, subscriber: int, *, edition: str, words: str, now: datetime) -> Subscriber | None:
    """Unsubscribes; the person afterwards, None if nobody is known by that id. ``words``: their reason, untrusted.

    ``edition`` is the name of the one whose link was followed. Whoever has left or is suppressed stays as they are, but
    for the reason of one who has left and now gives ``words``; when they left is the same then.
    """
    said = clean(words)[:WORDS_MAXIMUM].strip()
    with people.changing(patience=PATIENCE) as changes:
        person = changes.get(subscriber)
        return _kept(changes, person, _left(person, edition, said, now)) if person else None


def undo(people: Circle, subscriber: int, *, left: datetime, now: datetime) -> Subscriber | None:
    """Takes back that they left at ``left``, and nothing else: None when it is not so any more, or too long ago.

    Twice is once: whoever is mailed is returned as they are.
    """
    with people.changing() as changes:
        person = changes.get(subscriber)
        if person is None or person.status is SubscriberStatus.ACTIVE:
            return person
        if person.changed != left or not may_undo(person, now):
            return None
        return _kept(changes, person, replace(person, status=SubscriberStatus.ACTIVE, reason="", changed=now))


def may_undo(person: Subscriber, now: datetime) -> bool:
    """Whether a link may still take back that they left: by a link, after they had confirmed, and within a day."""
    return (
        person.status is SubscriberStatus.UNSUBSCRIBED
        and person.reason.startswith(LEFT)
        and not person.reason.startswith(LEFT_UNCONFIRMED)
        and person.changed is not None
        and now - person.changed <= UNDO_WITHIN
    )


def fewer(
    people: Circle, subscriber: int, *, every: int, categories: Selection, paused: datetime | None, now: datetime
) -> Subscriber | None:
    """Makes it fewer, never more: every so many-th edition, of their categories those alone, nothing before ``paused``.

    The person afterwards, None if nobody is known by that id; who is not mailed stays as they are. No categories, and
    none of theirs, leave those that they have; a pause ends within a year. Raises UsageError for a frequency that is not
    offered and for what names no category.
    """
    every, chosen = frequency(str(every)), selection(str(categories))
    with people.changing() as changes:
        person = changes.get(subscriber)
        if person is None or person.status is not SubscriberStatus.ACTIVE:
            return person
        narrowed = replace(
            person,
            every=max(person.every, every),
            selection=_narrowed(person.selection, chosen),
            paused=_prolonged(person.paused, paused, now),
        )
        return _kept(changes, person, narrowed if narrowed == person else replace(narrowed, changed=now))


def _left(person: Subscriber, edition: str, words: str, now: datetime) -> Subscriber:
    match person.status:
        case SubscriberStatus.SUPPRESSED:
            return person
        case SubscriberStatus.UNSUBSCRIBED:
            completes = person.reason.startswith(LEFT) and ": " not in person.reason
            return replace(person, reason=_reason(person.reason, words)) if completes else person
        case SubscriberStatus.PENDING | SubscriberStatus.ACTIVE:
            how = LEFT if person.status is SubscriberStatus.ACTIVE else LEFT_UNCONFIRMED
            reason = _reason(f"{how} in {edition}" if edition else how, words)
            return replace(person, status=SubscriberStatus.UNSUBSCRIBED, reason=reason, changed=now)


def _reason(how: str, words: str) -> str:
    return f"{how}: {words}" if words else how


def _narrowed(present: Selection, chosen: Selection) -> Selection:
    """What both name; everything is named by who has chosen nothing."""
    if not present.categories:
        return chosen
    return Selection(present.categories & chosen.categories or present.categories)


def _prolonged(present: datetime | None, asked: datetime | None, now: datetime) -> datetime | None:
    if asked is None or asked <= now:
        return present
    bounded = min(asked, now + PAUSE_MAXIMUM)
    return max(present, bounded) if present else bounded


def _kept(changes: Changes, before: Subscriber, after: Subscriber) -> Subscriber:
    if after != before:
        changes.write([(mailbox(after.address).key, after)])
    return after
