"""The pages of preferences: what somebody gets, how often and where; and all that is known of them, to have or to forget.

The link is its owner's: here alone an address stands in full, and whatever was chosen.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.errors import AddressError, UsageError
from digest.links import Purpose
from digest.model import ADDRESS_MAXIMUM, FREQUENCIES, Subscriber
from digest.subscriptions.asking import Answer, Ask
from digest.subscriptions.cells import NAME_MAXIMUM
from digest.web.public import zones
from digest.web.public.counter import IN_AN_HOUR, Counter, client
from digest.web.public.forms import Form
from digest.web.public.posting import answered, posted
from digest.web.public.wishes import Offer, Wish


def routes(counter: Counter) -> list[Route]:
    return [
        Route("/preferences/{token}", partial(show, counter)),
        posted("/preferences/{token}", choose, counter),
        Route("/preferences/{token}/move", partial(move, counter), methods=["POST"]),
        Route("/preferences/{token}/data.json", partial(data, counter)),
        Route("/preferences/{token}/erase", partial(offer_erasure, counter)),
        Route("/preferences/{token}/erase", partial(erase, counter), methods=["POST"]),
    ]


def show(counter: Counter, request: Request) -> Response:
    """Everything that can be chosen, as it is now."""
    person = _owner(counter, request)
    return _page(counter, request, _offer(counter, person)) if person else _nothing(counter, request)


def choose(counter: Counter, request: Request, form: Form) -> Response:
    """Keeps what was chosen, or shows it again with what is wrong with it."""
    person = _owner(counter, request)
    if person is None:
        return _nothing(counter, request)
    wish = Wish.read(form)
    offer = _offer(counter, person, wish.timezone)
    if faults := wish.faults(offer):
        return _page(counter, request, offer, wish=wish, faults=faults)
    try:
        changed = counter.reception.prefer(request.path_params["token"], wish.meant(offer))
    except UsageError:
        return _page(counter, request, offer, wish=wish, faults={"form"})
    if changed is None:
        return _nothing(counter, request)
    return _page(counter, request, _offer(counter, changed), saved=True)


async def move(counter: Counter, request: Request) -> Response:
    """Asks the new address to confirm."""
    answer = await answered(counter, ask_to_move, request)
    counter.postman.wake()
    return answer


def ask_to_move(counter: Counter, request: Request, form: Form) -> Response:
    """Says where to look, and never whether the address is known."""
    person = _owner(counter, request)
    if person is None:
        return _nothing(counter, request)
    address = form.text("email")[: ADDRESS_MAXIMUM + 1]
    ask = Ask(address, page=f"{counter.url}/preferences", client=client(request))
    try:
        answer = counter.reception.move(request.path_params["token"], ask)
    except AddressError:
        return _page(counter, request, _offer(counter, person), faults={"email"}, email=address)
    match answer:
        case Answer.WRITTEN:
            return counter.page(request, "moving", person=person, address=address, token=request.path_params["token"])
        case Answer.TOO_MANY:
            return _page(counter, request, _offer(counter, person), faults={"email", "often"}, email=address)
        case Answer.BLOCKED:
            return _page(counter, request, _offer(counter, person), faults={"email", "blocked"}, email=address)


def data(counter: Counter, request: Request) -> Response:
    """All that is known of the person, as a file of their own."""
    known = counter.reception.data(request.path_params["token"])
    if known is None:
        return _nothing(counter, request, HTTPStatus.NOT_FOUND)
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"}
    return Response(json.dumps(known, ensure_ascii=False, indent=2), media_type="application/json", headers=headers)


def offer_erasure(counter: Counter, request: Request) -> Response:
    """What it means to be erased, and the button."""
    person = _owner(counter, request)
    if person is None:
        return _nothing(counter, request)
    return counter.page(request, "erase", person=person, token=request.path_params["token"], address=person.address)


def erase(counter: Counter, request: Request) -> Response:
    """Forgets the person."""
    return _nothing(counter, request, just_now=counter.reception.erase(request.path_params["token"]))


def _owner(counter: Counter, request: Request) -> Subscriber | None:
    return counter.reception.visitor(Purpose.PREFERENCES, request.path_params["token"]).subscriber


def _offer(counter: Counter, person: Subscriber, timezone: str | None = None) -> Offer:
    """What they can choose from; on the clock of ``timezone`` where they have just chosen one."""
    reception = counter.reception
    offered = reception.categories
    return Offer(
        person=person,
        digests=reception.digests,
        categories={**offered, **{key: key for key in sorted(person.selection.categories - offered.keys())}},
        languages=counter.pages.named(),
        now=reception.now(),
        zone=reception.zone(person.timezone if timezone is None else timezone),
    )


def _page(
    counter: Counter,
    request: Request,
    offer: Offer,
    *,
    wish: Wish | None = None,
    faults: Collection[str] = (),
    email: str = "",
    saved: bool = False,
) -> Response:
    """The page of everything, with what was typed and the fields at fault; by default as it is kept."""
    status, headers = _status(faults)
    return counter.page(
        request,
        "preferences",
        status=status,
        headers=headers,
        person=offer.person,
        subscriber=offer.person,
        token=request.path_params["token"],
        leave=counter.reception.unsubscribe_token(offer.person),
        offer=offer,
        wish=wish or Wish.of(offer),
        zones=zones.zones(counter.language(request, offer.person)),
        own_zone="" if zones.offered(offer.person.timezone) else offer.person.timezone,
        every=FREQUENCIES,
        faults=faults,
        email=email,
        saved=saved,
        name_maximum=NAME_MAXIMUM,
        email_maximum=ADDRESS_MAXIMUM,
    )


def _status(faults: Collection[str]) -> tuple[HTTPStatus, Mapping[str, str]]:
    if "often" in faults:
        return HTTPStatus.TOO_MANY_REQUESTS, IN_AN_HOUR
    return (HTTPStatus.UNPROCESSABLE_ENTITY if faults else HTTPStatus.OK), {}


def _nothing(
    counter: Counter, request: Request, status: HTTPStatus = HTTPStatus.OK, *, just_now: bool = False
) -> Response:
    """The page of a link that belongs to nobody any more."""
    return counter.page(request, "erased", status=status, just_now=just_now)
