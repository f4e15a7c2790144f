"""Asking to be mailed, on a page, and confirming it by the link that was mailed: double opt-in.

ask ──▶ Request, its letter due ──mailed──▶ link ──▶ confirm ──▶ subscriber
  └─ whoever asks hears the same, be the address known, left, suppressed, erased or new

who asks        is kept as            confirmed
unknown         subscribe, pending    active
pending         subscribe             active
unsubscribed    subscribe             active
erased          subscribe, nobody     active: only now is it forgotten that they were erased
active          known                 nothing to confirm: the letter leads to their preferences
suppressed      nothing               nothing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from digest.errors import UsageError
from digest.identity import category_key
from digest.model import Choices, Request, RequestKind, Selection, Subscriber, SubscriberStatus
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.cells import NAME_MAXIMUM, clean, entry
from digest.subscriptions.entries import Entry
from digest.subscriptions.lettering import STAYING, has_left
from digest.subscriptions.ports import Asked, RequestChanges, Requests
from digest.subscriptions.restraint import HOUR, inbox, may_write

PAGE_MAXIMUM = 500  # characters
WORDING_MAXIMUM = 1000
_ACTIVE: Final = SubscriberStatus.ACTIVE


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
    return _take(book, _request(RequestKind.SUBSCRIBE, asked, now), terms, _to_subscribe)


def ask_to_move(book: Requests, subscriber: int, asked: Ask, terms: Terms, *, now: datetime) -> Answer:
    """The same for a subscriber's new address, ``asked.address``. Raises AddressError."""
    request = replace(_request(RequestKind.MOVE, asked, now), subscriber=subscriber)
    return _take(book, request, terms, _to_move)


def look(book: Requests, request: int, terms: Terms, *, now: datetime) -> Standing:
    """Where a request stands; nothing is changed."""
    with book.looking() as there:
        return _standing(there, request, terms, now)


def confirm(book: Requests, request: int, terms: Terms, *, client: str, now: datetime) -> Standing:
    """Does what was asked, once; afterwards it stays CONFIRMED however often the link is followed."""
    with book.changing() as changes:
        standing = _standing(changes, request, terms, now)
        asked = standing.request
        if asked is None or standing.stage is not Stage.OPEN:
            return standing
        changes.write([(asked.address_key, _granted(asked, standing.subscriber, now))])
        if standing.subscriber and asked.kind is RequestKind.MOVE:  # a table with their old address brings it not back
            changes.keep_out(mailbox(standing.subscriber.address).key, now)
        person = changes.known([asked.address_key])[asked.address_key]
        done = replace(asked, subscriber=person.id, due=None, confirmed=now, confirmed_client=client)
        changes.keep(done)
        return Standing(Stage.CONFIRMED, done, person)


# --- asking


def _request(kind: RequestKind, asked: Ask, now: datetime) -> Request:
    named = mailbox(asked.address)
    return Request(
        id=0,
        kind=kind,
        address=named.address,
        address_key=named.key,
        inbox=inbox(named.key),
        created=now,
        choices=_usable(named.address, asked.choices),
        page=_bounded(asked.page, PAGE_MAXIMUM),
        wording=_bounded(asked.wording, WORDING_MAXIMUM),
        client=asked.client,
        due=now,
    )


def _take(
    book: Requests, request: Request, terms: Terms, judge: Callable[[RequestChanges, Request], Request | None]
) -> Answer:
    if _is_blocked(request, terms):
        return Answer.BLOCKED
    with book.changing() as changes:
        if changes.asked_from(request.client, request.created - HOUR) >= terms.per_client:
            return Answer.TOO_MANY
        free = may_write(changes.to_inbox(request.inbox), request.created)
        letter = judge(changes, request) if free else None
        changes.keep(letter or _tally(request))
    return Answer.WRITTEN


def _is_blocked(request: Request, terms: Terms) -> bool:
    """By any domain above theirs, in the script of its country or in its ASCII form (RFC 5891)."""
    domains = [f".{spelled.rpartition('@')[2]}" for spelled in (request.address, request.address_key)]
    return any(domain.endswith(f".{blocked}") for domain in domains for blocked in terms.blocked_domains)


def _tally(request: Request) -> Request:
    """What is kept where no letter is written: that this client asked, and not for whom.

    Were it not counted, a client's limit would tell which addresses get no letter.
    """
    return Request(
        id=0, kind=request.kind, address="", address_key="", inbox="", created=request.created, client=request.client
    )


def _to_subscribe(changes: RequestChanges, request: Request) -> Request | None:
    """The request whose letter answers this one; None where nothing may be written.

    Whoever is known is written to at the address that they gave: another spelling of its key may be somebody else's.
    """
    there = changes.known([request.address_key, request.inbox])
    if any(person.status is SubscriberStatus.SUPPRESSED for person in there.values()):
        return None  # with or without a tag: who must not be mailed is the same
    person = there.get(request.address_key)
    if person is None:
        return replace(request, subscriber=_enlisted(changes, request))
    own = replace(request, subscriber=person.id, address=person.address)
    return replace(own, kind=RequestKind.KNOWN, choices=_of(person)) if person.status is _ACTIVE else own


def _enlisted(changes: RequestChanges, request: Request) -> int:
    """The id of a new pending person; 0 for somebody who was erased: a row would forget that they were."""
    key = request.address_key
    if changes.erased([key]):
        return 0
    changes.write([(key, replace(_newcomer(request, request.created), status=SubscriberStatus.PENDING))])
    return changes.known([key])[key].id


def _to_move(changes: RequestChanges, request: Request) -> Request | None:
    """The same for a new address. Where somebody is known there, that person is asked as if they had asked themselves."""
    mover = changes.get(request.subscriber)
    if mover is None or mover.status not in STAYING or mailbox(mover.address).key == request.address_key:
        return None
    if holder := changes.known([request.address_key]).get(request.address_key):
        asked = replace(request, kind=RequestKind.SUBSCRIBE, subscriber=0, choices=_of(holder))
        return _to_subscribe(changes, asked)
    if any(person.status is SubscriberStatus.SUPPRESSED for person in changes.known([request.inbox]).values()):
        return None
    return replace(request, choices=_of(mover), former=mover.address)


# --- confirming


def _standing(there: Asked, identity: int, terms: Terms, now: datetime) -> Standing:
    request = there.request(identity)
    if (
        request is None or not request.address_key or request.kind is RequestKind.KNOWN
    ):  # without a key: of an erased one
        return Standing(Stage.GONE)
    holder = there.known([request.address_key]).get(request.address_key)
    if request.confirmed:
        return Standing(Stage.CONFIRMED, request, there.get(request.subscriber))
    moving = request.kind is RequestKind.MOVE
    if _is_superseded(there, request):
        return Standing(Stage.GONE) if moving else Standing(Stage.CONFIRMED, request, holder)
    person = there.get(request.subscriber) if moving else holder
    if not (_may_move(person, holder) if moving else _may_join(person, request)):
        return Standing(Stage.GONE)
    expired = now - request.created > terms.confirm_within
    return Standing(Stage.EXPIRED if expired else Stage.OPEN, request, person)


def _is_superseded(there: Asked, request: Request) -> bool:
    """Whether they asked again later and confirmed that: it holds what they want. Of several moves the last one counts,
    confirmed or not: the address before it was a mistake.
    """
    if request.kind is RequestKind.MOVE:
        return there.last_move(request.subscriber) != request.id
    return any(
        later.confirmed and later.id > request.id and later.address_key == request.address_key
        for later in there.to_inbox(request.inbox)
    )


def _may_join(person: Subscriber | None, request: Request) -> bool:
    """Who left after they had asked has taken it back."""
    if person is None:
        return True
    match person.status:
        case SubscriberStatus.SUPPRESSED:
            return False
        case SubscriberStatus.UNSUBSCRIBED:
            return not has_left(person, request)
        case SubscriberStatus.PENDING | SubscriberStatus.ACTIVE:
            return True


def _may_move(mover: Subscriber | None, holder: Subscriber | None) -> bool:
    return mover is not None and mover.status in STAYING and (holder is None or holder.id == mover.id)


def _granted(request: Request, person: Subscriber | None, now: datetime) -> Subscriber:
    """The person once they have what they asked for. Name, language and time zone that they did not say stay."""
    if person is None:
        return _newcomer(request, now)
    if request.kind is RequestKind.MOVE:
        return replace(person, address=request.address, changed=now)
    choices = request.choices
    anew = replace(person, every=1, paused=None) if person.status is SubscriberStatus.UNSUBSCRIBED else person
    return replace(
        anew,
        name=choices.name or person.name,
        status=SubscriberStatus.ACTIVE,
        digests=choices.digests,
        selection=choices.selection,
        language=choices.language or person.language,
        timezone=choices.timezone or person.timezone,
        reason="",
        changed=now,
    )


def _newcomer(request: Request, now: datetime) -> Subscriber:
    choices = request.choices
    return Subscriber(
        id=0,
        address=request.address,
        name=choices.name,
        digests=choices.digests,
        selection=choices.selection,
        language=choices.language,
        timezone=choices.timezone,
        created=now,
        changed=now,
    )


# --- words


def _of(person: Subscriber) -> Choices:
    return Choices(person.name, person.digests, person.selection, person.language, person.timezone)


def _usable(address: str, choices: Choices) -> Choices:
    """What can be kept of them. The rest is as if it had not been said: only a form that was tampered with says it."""

    def said(**words: str) -> Entry:
        try:
            return entry(address, **words)
        except UsageError:
            return entry(address)

    categories = ";".join(sorted(filter(category_key, choices.selection.categories)))
    return Choices(
        name=_bounded(choices.name, NAME_MAXIMUM),
        digests=said(digests=";".join(sorted(choices.digests))).digests or frozenset(),
        selection=said(categories=categories).selection or Selection(),
        language=said(language=choices.language).language or "",
        timezone=said(timezone=choices.timezone).timezone or "",
    )


def _bounded(text: str, maximum: int) -> str:
    return clean(text)[:maximum].rstrip()
