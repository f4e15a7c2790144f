"""Notices recorded once, and what follows from them for the people they are about.

    hard, complaint ──▶ suppressed at once
    soft            ──▶ suppressed with the n-th edition in a row that bounces, within the window
    unsubscribe     ──▶ unsubscribed
    others          ──▶ nothing

What is not proven, where it could have been, is written down and never counts.

Nobody comes back by a notice: who has left stays so or is suppressed, and who is suppressed stays so. The delivery
itself stays ``accepted``, for that is what the server said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from digest.bounces.ports import Changes, Record
from digest.errors import AddressError
from digest.model import Concerned, Notice, NoticeKind, SubscriberStatus

# A server keeps trying for four or five days before it gives a message back (RFC 5321, 4.5.4.1): an edition that has
# not come back after six has arrived. It is less than a week, so that the next weekly edition can already be judged.
ARRIVED_AFTER = timedelta(days=6)
KEPT = timedelta(days=90)  # how long a person may look at what was not understood: it is other people's mail
_RANK = {
    SubscriberStatus.PENDING: 0,
    SubscriberStatus.ACTIVE: 0,
    SubscriberStatus.UNSUBSCRIBED: 1,
    SubscriberStatus.SUPPRESSED: 2,
}


@dataclass(frozen=True, slots=True)
class Tally:
    """What was recorded, by kind; how many notices were ``known`` before; how many people changed, by what became of them."""

    kinds: Mapping[NoticeKind, int] = field(default_factory=dict)
    known: int = 0
    changed: Mapping[SubscriberStatus, int] = field(default_factory=dict)

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            Counter(self.kinds) + Counter(other.kinds),
            self.known + other.known,
            Counter(self.changed) + Counter(other.changed),
        )


@dataclass(frozen=True, slots=True)
class Score:
    """``limit`` soft bounces, of different editions, within ``window`` suppress.

    ``provable``: our messages have return paths that prove what comes back by them, so that what proves nothing does not
    count. Where they have none, it counts for an edition that may still come back.
    """

    limit: int
    window: timedelta
    provable: bool


class Recorder:
    """Where notices go, whoever made them. ``mailbox_key`` gives the key of an address, or raises AddressError."""

    def __init__(self, record: Record, score: Score, mailbox_key: Callable[[str], str]) -> None:
        self._record = record
        self._score = score
        self._mailbox_key = mailbox_key

    def record(self, notices: Iterable[Notice], now: datetime, *, keep: bool = True) -> Tally:
        """All of them in one transaction; one that was recorded before changes nothing. Raises StoreError."""
        tally = Tally()
        with self._record.changing(keep=keep) as changes:
            for notice in notices:
                tally += self.take(changes, notice, now)
        return tally

    def let_go(self, now: datetime) -> None:
        """Drops the reports themselves that were kept for long enough; what was recorded of them stays."""
        self._record.drop_raw(now - KEPT)

    def take(self, changes: Changes, notice: Notice, now: datetime) -> Tally:
        """One of them, in a transaction of somebody else's."""
        if changes.known(notice.key):
            return Tally(known=1)
        since = datetime.min.replace(tzinfo=UTC) if notice.proven else now - ARRIVED_AFTER
        concerned = changes.concerned(notice, self._key(notice.address), since=since)
        kept = _as_kept(replace(notice, proven=notice.proven or not self._score.provable), concerned)
        changes.add(kept, concerned, now)
        softs = self._softs(changes, concerned.subscriber, now) if kept.kind is NoticeKind.SOFT and kept.proven else 0
        tally = Tally({kept.kind: 1})
        became = _asked(kept, softs, self._score.limit)
        if became and concerned.status and _RANK[became[0]] > _RANK[concerned.status]:
            changes.turn(concerned.subscriber, *became, now)
            tally += Tally(changed={became[0]: 1})
        return tally

    def _softs(self, changes: Changes, subscriber: int, now: datetime) -> int:
        since, arrived_before = now - self._score.window, now - ARRIVED_AFTER
        return changes.soft_editions(subscriber, since=since, arrived_before=arrived_before) if subscriber else 0

    def _key(self, address: str) -> str:
        try:
            return self._mailbox_key(address) if address else ""
        except AddressError:
            return ""


def _as_kept(notice: Notice, concerned: Concerned) -> Notice:
    """What is written down: of somebody who was erased, nothing that names them. A wish to leave that names nobody we know
    is kept whole: a person has to see to it.
    """
    if concerned.erased:
        return replace(notice, address="", text="", raw=b"")
    if concerned.subscriber:
        return notice if notice.kind is NoticeKind.UNKNOWN else replace(notice, raw=b"")
    named = ": ".join(filter(None, (notice.address, notice.text)))
    if notice.kind is NoticeKind.UNSUBSCRIBE:
        return replace(notice, kind=NoticeKind.UNKNOWN, text=f"wants to leave, and is not a subscriber: {named}")
    return replace(notice, text=named, raw=notice.raw if notice.kind is NoticeKind.UNKNOWN else b"")


def _asked(notice: Notice, softs: int, limit: int) -> tuple[SubscriberStatus, str] | None:
    """The status that the notice asks for, and the reason to be kept with it."""
    said = " ".join(filter(None, (notice.status if notice.status not in notice.text else "", notice.text)))
    match notice.kind:
        case NoticeKind.HARD:
            return SubscriberStatus.SUPPRESSED, f"hard bounce: {said}"
        case NoticeKind.COMPLAINT:
            return SubscriberStatus.SUPPRESSED, f"complaint: {said}"
        case NoticeKind.UNSUBSCRIBE:
            return SubscriberStatus.UNSUBSCRIBED, said
        case NoticeKind.SOFT if softs >= limit:
            return SubscriberStatus.SUPPRESSED, f"{softs} editions in a row bounced, the last one: {said}"
    return None
