"""What a row or a command asks for one address, and the pure decision about what becomes of it.

    asked ▸              (nothing)        active            pending          unsubscribed     suppressed
    nobody               active           active            pending          unsubscribed     suppressed
    pending              pending          kept out          pending          unsubscribed     suppressed
    active               active           active            active           unsubscribed     suppressed
    unsubscribed         kept out         kept out          kept out         unsubscribed     suppressed
    suppressed           kept out         kept out          kept out         suppressed       suppressed
    erased               kept out         kept out          kept out         kept out         kept out

Whoever left, was suppressed or was erased comes back by their own will alone, or when the operator says ``resubscribe``;
a pending person has asked and not confirmed, so a table's word does not confirm for them either. With ``resubscribe``
whoever is kept out or pending becomes what is asked, and active where nothing is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from digest.model import Selection, Subscriber, SubscriberStatus
from digest.subscriptions.addresses import Mailbox

_ACTIVE, _PENDING = SubscriberStatus.ACTIVE, SubscriberStatus.PENDING
_UNSUBSCRIBED, _SUPPRESSED = SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.SUPPRESSED


@dataclass(frozen=True, slots=True)
class Pause:
    """Until when nothing is sent; None ends a pause."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Entry:
    """What is asked for one mailbox. None leaves a value that is there, and means its default for somebody new.

    ``reason`` is kept when the entry makes somebody unsubscribed or suppressed.
    """

    mailbox: Mailbox
    name: str | None = None
    status: SubscriberStatus | None = None
    digests: frozenset[str] | None = None
    selection: Selection | None = None
    language: str | None = None
    timezone: str | None = None
    every: int | None = None
    pause: Pause | None = None
    reason: str = ""


class Outcome(StrEnum):
    ADDED = "added"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT_OUT = "kept out"


@dataclass(frozen=True, slots=True)
class Verdict:
    """``subscriber`` is what to write, None where nothing is; ``reason`` says why somebody is kept out."""

    outcome: Outcome
    subscriber: Subscriber | None = None
    reason: str = ""


def decide(entry: Entry, known: Subscriber | None, *, erased: bool, resubscribe: bool, now: datetime) -> Verdict:
    """What becomes of an entry, by the table above."""
    if known is None:
        if erased and not resubscribe:
            return Verdict(Outcome.KEPT_OUT, reason="was erased on request")
        return Verdict(Outcome.ADDED, _newcomer(entry, now))
    status = _status(known.status, entry.status, resubscribe=resubscribe)
    if status is None:
        return Verdict(Outcome.KEPT_OUT, reason=_why(known))
    changed = applied(entry, known, status)
    if changed == known:
        return Verdict(Outcome.UNCHANGED)
    return Verdict(Outcome.UPDATED, replace(changed, changed=now))


def _status(current: SubscriberStatus, asked: SubscriberStatus | None, *, resubscribe: bool) -> SubscriberStatus | None:
    if asked in (_UNSUBSCRIBED, _SUPPRESSED):
        return _SUPPRESSED if current is _SUPPRESSED else asked
    if current is _ACTIVE:
        return _ACTIVE
    if resubscribe:
        return asked or _ACTIVE
    if current is _PENDING and asked is not _ACTIVE:
        return _PENDING
    return None


def _newcomer(entry: Entry, now: datetime) -> Subscriber:
    status = entry.status or _ACTIVE
    return Subscriber(
        id=0,
        address=entry.mailbox.address,
        name=entry.name or "",
        status=status,
        digests=entry.digests or frozenset(),
        selection=entry.selection or Selection(),
        language=entry.language or "",
        timezone=entry.timezone or "",
        reason=_reason(entry, status),
        created=now,
        changed=now,
        every=entry.every or 1,
        paused=entry.pause.until if entry.pause else None,
    )


def applied(entry: Entry, known: Subscriber, status: SubscriberStatus) -> Subscriber:
    """The person with what the entry says, and with that status."""
    return replace(
        known,
        name=known.name if entry.name is None else entry.name,
        status=status,
        digests=known.digests if entry.digests is None else entry.digests,
        selection=known.selection if entry.selection is None else entry.selection,
        language=known.language if entry.language is None else entry.language,
        timezone=known.timezone if entry.timezone is None else entry.timezone,
        reason=known.reason if status is known.status else _reason(entry, status),
        every=known.every if entry.every is None else entry.every,
        paused=known.paused if entry.pause is None else entry.pause.until,
    )


def _reason(entry: Entry, status: SubscriberStatus) -> str:
    return entry.reason if status in (_UNSUBSCRIBED, _SUPPRESSED) else ""


def _why(known: Subscriber) -> str:
    if known.status is _PENDING:
        return "has asked, and not confirmed yet"
    since = f" since {known.changed:%Y-%m-%d}" if known.changed else ""
    return f"{known.status}{since}" + (f": {known.reason}" if known.reason else "")
