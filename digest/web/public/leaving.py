"""The pages to leave by: unsubscribing at once, taking that back, fewer mails instead.

GET ───▶ a page with one button; nothing is changed, because scanners follow every link (RFC 8058, 1)
POST ──▶ unsubscribed, whoever posts: the one click of a mail program (RFC 8058, 3.2) or a person's button

Links to leave are forwarded with the mail they stand in: these pages show an address masked, and no choice of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any, Final, Self

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import LinkError, UsageError
from digest.links import Purpose
from digest.model import FREQUENCIES, Selection, Subscriber, SubscriberStatus
from digest.reception import Visitor
from digest.subscriptions.leaving import WORDS_MAXIMUM
from digest.web.public import forms
from digest.web.public.counter import Counter
from digest.web.public.forms import Form
from digest.web.public.masking import masked
from digest.web.public.posting import posted

_MONTH = timedelta(days=30)
_PAUSES: Final[Mapping[str, timedelta]] = {"1": _MONTH, "3": 3 * _MONTH}  # by the months that a form names


def routes(counter: Counter) -> list[Route]:
    return [
        Route("/unsubscribe/{token}", partial(offer, counter)),
        posted("/unsubscribe/{token}", leave, counter, whatever_is_sent),
        posted("/unsubscribe/{token}/fewer", fewer, counter),
        Route("/undo/{token}", partial(offer_back, counter)),
        Route("/undo/{token}", partial(back, counter), methods=["POST"]),
    ]


def offer(counter: Counter, request: Request) -> Response:
    """The page of the link in a mail: a button, and fewer mails instead."""
    visitor = counter.reception.visitor(Purpose.UNSUBSCRIBE, request.path_params["token"])
    person = _mailed(visitor)
    return _offered(counter, request, visitor, person) if person else _gone(counter, request, visitor.subscriber)


def leave(counter: Counter, request: Request, form: Form) -> Response:
    """Unsubscribes at once; twice is as good as once. The reason comes with what takes back the leaving before it."""
    words = form.text("words")
    left = counter.reception.leave(request.path_params["token"], words)
    undo = left.undo or _own_undo(counter, left.subscriber, form.text("undo"))
    return _gone(counter, request, left.subscriber, asked=True, undo=undo, told=bool(words))


def fewer(counter: Counter, request: Request, form: Form) -> Response:
    """Fewer mails for the person whose link it is."""
    token = request.path_params["token"]
    visitor = counter.reception.visitor(Purpose.UNSUBSCRIBE, token)
    person = _mailed(visitor)
    if person is None:
        return _gone(counter, request, visitor.subscriber)
    less = _Less.read(form, counter.reception.categories)
    if less == _Less():
        return _offered(counter, request, visitor, person, nothing_chosen=True)
    paused = counter.reception.now() + less.pause if less.pause else None
    try:
        counter.reception.fewer(token, every=less.every, categories=less.selection, paused=paused)
    except UsageError:  # more categories than can be kept
        return _offered(counter, request, visitor, person, nothing_chosen=True)
    return _page(
        counter,
        request,
        "fewer",
        person,
        every=less.every,
        categories=tuple(less.categories.values()),
        paused=paused.astimezone(counter.reception.zone(person.timezone)) if paused else None,
    )


def offer_back(counter: Counter, request: Request) -> Response:
    """The page of a link that takes back that somebody left."""
    return _back(counter, request, counter.reception.leaver(request.path_params["token"]), "undo")


def back(counter: Counter, request: Request) -> Response:
    """Takes it back, while that can be done."""
    return _back(counter, request, counter.reception.undo(request.path_params["token"]), "undone")


async def whatever_is_sent(request: Request) -> Form:
    """A form, or an empty one in place of what is none: whoever posts here wants to leave, in whatever words."""
    try:
        return await forms.read(request)
    except HTTPException as error:
        if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            raise
        return Form()


@dataclass(frozen=True, slots=True)
class _Less:
    """What somebody wants less of; ``categories``, names by key, are those that they still want, or {} for all."""

    every: int = 1
    pause: timedelta | None = None
    categories: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, form: Form, offered: Mapping[str, str]) -> Self:
        ticked = {key: name for key, name in offered.items() if key in form.texts("categories")}
        return cls(
            every=next((every for every in FREQUENCIES if str(every) == form.text("every")), 1),
            pause=_PAUSES.get(form.text("pause")),
            categories=ticked if len(ticked) < len(offered) else {},
        )

    @property
    def selection(self) -> Selection:
        return Selection(frozenset(self.categories))


def _mailed(visitor: Visitor) -> Subscriber | None:
    """The visitor, if there is anything to leave."""
    person = visitor.subscriber
    return person if person and person.status is SubscriberStatus.ACTIVE else None


def _own_undo(counter: Counter, person: Subscriber | None, token: str) -> str:
    """The token, if it takes back that this person has left; else ""."""
    try:
        leaver = counter.reception.leaver(token)
    except LinkError:
        return ""
    return token if person and leaver and leaver.id == person.id else ""


def _offered(
    counter: Counter, request: Request, visitor: Visitor, person: Subscriber, *, nothing_chosen: bool = False
) -> Response:
    return _page(
        counter,
        request,
        "unsubscribe",
        person,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if nothing_chosen else HTTPStatus.OK,
        digest=counter.reception.digests.get(visitor.edition.partition("/")[0], ""),
        categories=counter.reception.categories,
        words_maximum=WORDS_MAXIMUM,
        nothing_chosen=nothing_chosen,
    )


def _gone(
    counter: Counter,
    request: Request,
    person: Subscriber | None,
    *,
    asked: bool = False,
    undo: str = "",
    told: bool = False,
) -> Response:
    """The page for whoever gets no mails, whether they are known or not: because they have ``asked`` for it just now, or
    before.
    """
    return _page(counter, request, "left", person, asked=asked, undo=undo, told=told, words_maximum=WORDS_MAXIMUM)


def _back(counter: Counter, request: Request, person: Subscriber | None, name: str) -> Response:
    """A page about taking it back; without a person, that it is too late."""
    return _page(counter, request, name if person else "too_late", person, paused=_pause(counter, person))


def _pause(counter: Counter, person: Subscriber | None) -> datetime | None:
    """Until when they get nothing all the same, on their own clock."""
    if person is None or person.paused is None or person.paused <= counter.reception.now():
        return None
    return person.paused.astimezone(counter.reception.zone(person.timezone))


def _page(
    counter: Counter,
    request: Request,
    name: str,
    person: Subscriber | None,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **values: Any,
) -> Response:
    """A page with the token that led to it, and the address masked. Its forms go on in the language that was asked for."""
    return counter.page(
        request,
        name,
        status=status,
        person=person,
        token=request.path_params["token"],
        address=masked(person.address) if person else "",
        spoken=f"?lang={counter.language(request)}" if "lang" in request.query_params else "",
        **values,
    )
