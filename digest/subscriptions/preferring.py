"""What subscribers decide about themselves by the link to their preferences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.errors import UsageError
from digest.model import Choices, Noted, Receipt, Request, Subscriber, SubscriberStatus
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.cells import entry
from digest.subscriptions.entries import Entry, applied
from digest.subscriptions.ports import Circle

PAUSE_MAXIMUM = timedelta(days=366)  # a year, be it a leap year: longer, and they have forgotten who writes to them


@dataclass(frozen=True, slots=True)
class Preferences:
    """All that can be chosen; ``every`` and ``paused`` as in ``Subscriber``."""

    choices: Choices
    every: int = 1
    paused: datetime | None = None


def prefer(people: Circle, subscriber: int, wanted: Preferences, *, now: datetime) -> Subscriber | None:
    """Keeps what they want; the person afterwards, None if nobody is known by that id. Whether they are mailed stays.

    So does, of those who are not mailed, since when that is. Raises UsageError, for the page to show, for what cannot be
    wanted.
    """
    if wanted.paused is not None and not now < wanted.paused <= now + PAUSE_MAXIMUM:
        raise UsageError("a pause ends in the future, and within a year")
    with people.changing() as changes:
        person = changes.get(subscriber)
        if person is None:
            return None
        asked = _entry(person.address, wanted)
        chosen = applied(asked, person, person.status)
        if chosen == person:
            return person
        if person.status in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING):
            chosen = replace(chosen, changed=now)
        changes.write([(asked.mailbox.key, chosen)])
        return chosen


def erase(people: Circle, subscriber: int, *, now: datetime) -> bool:
    """Forgets the person but for a salted hash that keeps them out of imports; False if nobody is known by that id."""
    with people.changing() as changes:
        person = changes.get(subscriber)
        return person is not None and changes.erase(mailbox(person.address).key, now)


def data(
    subscriber: Subscriber, receipts: Sequence[Receipt], consents: Sequence[Request], notices: Sequence[Noted]
) -> dict[str, Any]:
    """All that is known of them, for a JSON document of their own (GDPR, articles 15 and 20)."""
    return {
        "address": subscriber.address,
        "status": str(subscriber.status),
        "reason": subscriber.reason,
        "created": _instant(subscriber.created),
        "changed": _instant(subscriber.changed),
        "name": subscriber.name,
        "digests": sorted(subscriber.digests),
        "categories": sorted(subscriber.selection.categories),
        "language": subscriber.language,
        "timezone": subscriber.timezone,
        "every": subscriber.every,
        "paused": _instant(subscriber.paused),
        "deliveries": [_delivery(receipt) for receipt in receipts],
        "consents": [_consent(request) for request in consents],
        "notices": [_notice(noted) for noted in notices],
    }


def _entry(address: str, wanted: Preferences) -> Entry:
    """What is wanted, by the rules for every word about a subscriber, wherever it comes from."""
    choices = wanted.choices
    return entry(
        address,
        name=choices.name,
        digests=";".join(sorted(choices.digests)),
        categories=str(choices.selection),
        language=choices.language,
        timezone=choices.timezone,
        every=str(wanted.every),
        paused=_instant(wanted.paused) or "",
    )


def _delivery(receipt: Receipt) -> dict[str, Any]:
    return {
        "edition": receipt.edition,
        "number": receipt.number,
        "status": str(receipt.status),
        "attempts": receipt.attempts,
        "first_tried": _instant(receipt.first_tried),
        "changed": _instant(receipt.changed),
        "reply": receipt.reply,
    }


def _consent(request: Request) -> dict[str, Any]:
    """``client`` and ``confirmed_client`` are hashes, as in ``Request``."""
    return {
        "kind": str(request.kind),
        "address": request.address,
        "asked": _instant(request.created),
        "page": request.page,
        "wording": request.wording,
        "client": request.client,
        "name": request.choices.name,
        "digests": sorted(request.choices.digests),
        "categories": sorted(request.choices.selection.categories),
        "language": request.choices.language,
        "timezone": request.choices.timezone,
        "mailed": _instant(request.mailed),
        "reply": request.reply,
        "confirmed": _instant(request.confirmed),
        "confirmed_client": request.confirmed_client,
    }


def _notice(noted: Noted) -> dict[str, Any]:
    """What came back from their mailbox."""
    return {
        "at": _instant(noted.at),
        "kind": str(noted.kind),
        "source": noted.source,
        "edition": noted.edition,
        "status": noted.status,
        "text": noted.text,
    }


def _instant(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat() if moment else None
