"""Whether the letter of a request may leave, and that it does: it goes by what is true now, not when it was asked for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from digest.model import Request, RequestKind, Subscriber, SubscriberStatus
from digest.subscriptions.ports import RequestChanges, Requests

_ACTIVE, _SUPPRESSED = SubscriberStatus.ACTIVE, SubscriberStatus.SUPPRESSED
STAYING: Final = (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING)  # who may move to another address


@dataclass(frozen=True, slots=True)
class Around:
    """Who there is around a request: ``person`` who asked, ``holder`` of the mailbox that it names, ``whose`` inbox that
    is without the tag of its address. ``last_move`` is the request by which the person wanted to move last, or 0.
    """

    person: Subscriber | None = None
    holder: Subscriber | None = None
    whose: Subscriber | None = None
    last_move: int = 0


def is_still_wanted(request: Request, around: Around) -> bool:
    """Whether this letter would be written today: it is to nobody who must not be mailed, and its link leads somewhere."""
    person, holder = around.person, around.holder
    if any(one is not None and one.status is _SUPPRESSED for one in (person, holder, around.whose)):
        return False
    match request.kind:
        case RequestKind.SUBSCRIBE:
            return holder is None or (holder.address == request.address and not has_left(holder, request))
        case RequestKind.KNOWN:
            return person is not None and person.status is _ACTIVE and person.address == request.address
        case RequestKind.MOVE:
            stays = person is not None and person.status in STAYING and person.address == request.former
            return stays and holder is None and around.last_move == request.id


def take(book: Requests, request: int, within: timedelta, *, now: datetime) -> Request | None:
    """A request whose letter may leave: from now on it counts as mailed, so that none is mailed twice.

    None if it is not due, as somebody else has taken it, or never will be, as nobody wants it any more or its link has
    ended: one confirms ``within`` some time.
    """
    with book.changing() as changes:
        found = changes.request(request)
        if found is None or found.due is None or found.due > now:
            return None
        wanted = now < found.created + within and is_still_wanted(found, _around(changes, found))
        taken = replace(found, due=None, mailed=now if wanted else None)
        changes.keep(taken)
    return taken if wanted else None


def _around(changes: RequestChanges, request: Request) -> Around:
    there = changes.known([request.address_key, request.inbox])
    return Around(
        person=changes.get(request.subscriber),
        holder=there.get(request.address_key),
        whose=there.get(request.inbox),
        last_move=changes.last_move(request.subscriber),
    )


def has_left(person: Subscriber, request: Request) -> bool:
    """Whether they left after they had asked, and so have taken it back."""
    left = person.status is SubscriberStatus.UNSUBSCRIBED
    return left and person.changed is not None and person.changed > request.created
