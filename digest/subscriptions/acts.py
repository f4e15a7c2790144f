"""What an operator does to one subscriber: adding, removing, suppressing, erasing, looking up."""

from __future__ import annotations

from datetime import datetime

from digest.errors import DigestError
from digest.model import Receipt, Subscriber, SubscriberStatus
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.cells import clean
from digest.subscriptions.entries import Entry, Outcome, Verdict, decide
from digest.subscriptions.ports import Changes, People

REMOVED = "removed by the operator"
SUPPRESSED = "suppressed by the operator"


def add(people: People, entry: Entry, *, now: datetime, resubscribe: bool = False) -> Verdict:
    """Adds the person or changes what the entry says; raises DigestError for somebody who is kept out."""
    with people.changing() as changes:
        verdict = _follow(changes, entry, now=now, resubscribe=resubscribe)
    if verdict.outcome is Outcome.KEPT_OUT:
        raise DigestError(
            f"{entry.mailbox.address} is kept out: {verdict.reason}",
            hint="with their consent, add them with --resubscribe",
        )
    return verdict


def remove(people: People, address: str, *, now: datetime) -> Verdict:
    """Unsubscribes somebody, who stays known so that no table brings them back. Raises DigestError if unknown."""
    entry = Entry(mailbox(address), status=SubscriberStatus.UNSUBSCRIBED, reason=REMOVED)
    with people.changing() as changes:
        if not changes.known([entry.mailbox.key]):
            raise DigestError(f"{entry.mailbox.address} is not a subscriber")
        return _follow(changes, entry, now=now)


def suppress(people: People, address: str, *, now: datetime, reason: str = "") -> Verdict:
    """Makes sure that somebody is not mailed, be they known so far or not."""
    entry = Entry(mailbox(address), status=SubscriberStatus.SUPPRESSED, reason=clean(reason) or SUPPRESSED)
    with people.changing() as changes:
        return _follow(changes, entry, now=now)


def erase(people: People, address: str, *, now: datetime) -> bool:
    """Forgets a person but for a salted hash that keeps them out; False if they were not known before."""
    with people.changing() as changes:
        return changes.erase(mailbox(address).key, now)


def look_up(people: People, address: str) -> tuple[Subscriber, tuple[Receipt, ...]]:
    """All that is known about one person, their editions included. Raises DigestError if there is nothing."""
    named = mailbox(address)
    found = people.find(named.key)
    if found is None and (erased := people.erased_at(named.key)):
        raise DigestError(f"{named.address} was erased on {erased:%Y-%m-%d}; nothing is known but that they stay out")
    if found is None:
        raise DigestError(f"{named.address} is not a subscriber")
    return found, people.receipts(found.id)


def _follow(changes: Changes, entry: Entry, *, now: datetime, resubscribe: bool = False) -> Verdict:
    key = entry.mailbox.key
    verdict = decide(
        entry,
        changes.known([key]).get(key),
        erased=bool(changes.erased([key])),
        resubscribe=resubscribe,
        now=now,
    )
    if verdict.subscriber:
        changes.write([(key, verdict.subscriber)])
    return verdict
