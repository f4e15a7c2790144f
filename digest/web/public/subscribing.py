"""Subscribing: the form, here and on other sites, and what becomes of it.

POST ──▶ read ──▶ a robot's? whose form? how old? ──▶ reception.ask ──▶ a letter goes out later ──▶ "look into your mailbox"
                     └ the form once more, as it was filled in, and why
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from digest.errors import AddressError, LinkError
from digest.identity import category_key
from digest.model import ADDRESS_MAXIMUM, Choices, Selection
from digest.subscriptions.asking import Answer, Ask
from digest.web.bodies import wants_json
from digest.web.public import confirming, forms, neighbours
from digest.web.public.counter import IN_AN_HOUR, Counter, client
from digest.web.public.forms import Form
from digest.web.public.neighbours import Shared

FRESH = timedelta(days=1)  # for so long a form counts as one that we have shown to whoever sends it


class Fate(StrEnum):
    """What becomes of a form. Each but the first has its sentence in ``web/said.txt``."""

    WRITTEN = "written"
    TOO_MANY = "too many"
    BLOCKED = "blocked"
    NO_ADDRESS = "no address"
    NO_DIGEST = "no digest"
    TOO_SOON = "too soon"  # filled in more quickly than people can
    STALE = "stale"  # shown too long ago to be taken without a look at it
    STRANGE = "strange"  # neither our form nor that of a site that is configured


_STATUS = {Fate.WRITTEN: 200, Fate.TOO_MANY: 429, Fate.STRANGE: 403}
_REFUSED = 422  # RFC 9110, 15.5.21: understood, and cannot be done as it is
_FIELD = {Fate.BLOCKED: "email", Fate.NO_ADDRESS: "email", Fate.NO_DIGEST: "digests"}
_ANSWERED = {Answer.WRITTEN: Fate.WRITTEN, Answer.TOO_MANY: Fate.TOO_MANY, Answer.BLOCKED: Fate.BLOCKED}


def routes(counter: Counter) -> list[Route]:
    """The pages to subscribe and to confirm."""
    shared = [Middleware(Shared, counter.reception.web.origins)]
    return [
        Route("/", partial(show, counter)),
        Route("/subscribe", partial(show, counter)),
        Route("/subscribe", partial(subscribe, counter), methods=["POST"], middleware=shared),
        Route("/subscribe", partial(permit, counter), methods=["OPTIONS"], middleware=shared),
        Route("/confirm/{token}", partial(confirming.show, counter)),
        Route("/confirm/{token}", partial(confirming.confirm, counter), methods=["POST"]),
    ]


def show(counter: Counter, request: Request) -> Response:
    """The form; whatever the address names of its fields is filled in already."""
    query = request.query_params
    return _form(counter, request, Form({name: tuple(query.getlist(name)) for name in query}))


def permit(counter: Counter, request: Request) -> Response:
    """What forms of other sites may do."""
    return neighbours.permission(request, counter.reception.web.origins)


async def subscribe(counter: Counter, request: Request) -> Response:
    """Takes a form, and says the same of every address: known, left, erased or new."""
    form = await forms.read(request)
    fate = await run_in_threadpool(_take, counter, request, form)
    if fate is Fate.WRITTEN:
        counter.postman.wake()
    return await run_in_threadpool(_told_json if wants_json(request) else _told, counter, request, form, fate)


def _take(counter: Counter, request: Request, form: Form) -> Fate:
    """Asks what a form asks for, if it is one that may."""
    if form.text("website"):
        return Fate.WRITTEN  # only a robot fills in what nobody sees; it is told what everybody is
    reception = counter.reception
    trusted = neighbours.trusted(request, reception.web.origins)
    age = _age(counter, form) if trusted or not neighbours.foreign(request.headers, counter.url) else None
    if age is None and not trusted:
        return Fate.STRANGE
    if age is not None and age < reception.web.filling:
        return Fate.TOO_SOON
    ours = age is not None and age <= FRESH
    if not (ours or trusted):
        return Fate.STALE
    return _ask(counter, request, form, ours=ours)


def _ask(counter: Counter, request: Request, form: Form, *, ours: bool) -> Fate:
    """Asks for a letter to be written. What is agreed to on our own page, we know; other sites tell."""
    reception = counter.reception
    if _none_chosen(form, reception.digests, asked=ours and len(reception.digests) > 1):
        return Fate.NO_DIGEST
    ask = Ask(
        address=form.text("email"),
        choices=_choices(counter, request, form),
        page=neighbours.page(request, f"{counter.url}/subscribe"),
        wording=_wording(counter, request) if ours else form.text("consent"),
        client=client(request),
    )
    try:
        return _ANSWERED[reception.ask(ask)]
    except AddressError:
        return Fate.NO_ADDRESS


def _age(counter: Counter, form: Form) -> timedelta | None:
    """How long ago we have shown the form; None for one that is not ours."""
    try:
        return counter.reception.form_age(form.text("form"))
    except LinkError:
        return None


def _none_chosen(form: Form, known: Collection[str], *, asked: bool) -> bool:
    """Whether no digest is named that there is; a form that does not ask for them means all."""
    named = form.texts("digests")
    return (asked or bool(named)) and not set(named) & set(known)


def _choices(counter: Counter, request: Request, form: Form) -> Choices:
    """What was chosen; all of the digests means every one that there will be. Where several languages are offered and the
    form names none, it is the one that the browser is answered in.
    """
    known = counter.reception.digests.keys()
    digests, language = known & set(form.texts("digests")), form.text("language")
    return Choices(
        name=form.text("name"),
        digests=frozenset() if digests == known else frozenset(digests),
        selection=Selection(frozenset(map(category_key, form.texts("categories"))) - {""}),
        language=_language(counter, request, language),
        timezone=form.text("timezone"),
    )


def _language(counter: Counter, request: Request, said: str) -> str:
    if said:
        return counter.pages.choose([said])
    return counter.language(request) if len(counter.pages.languages) > 1 else ""


def _wording(counter: Counter, request: Request) -> str:
    """What people agree to on our page, in the language that it speaks."""
    language = counter.language(request)
    return counter.pages.render("web/consent.txt", language, consent=counter.reception.web.consent).strip()


def _said(counter: Counter, request: Request, fate: Fate) -> str:
    return counter.pages.render("web/said.txt", counter.language(request), fate=fate.value).strip()


def _told(counter: Counter, request: Request, form: Form, fate: Fate) -> Response:
    if fate is not Fate.WRITTEN:
        return _form(counter, request, form, fate)
    if back := neighbours.way_back(form.text("redirect"), counter.reception.web.origins):
        return RedirectResponse(back, 303)
    return counter.page(request, "written", address=form.text("email")[:ADDRESS_MAXIMUM])


def _told_json(counter: Counter, request: Request, _form: Form, fate: Fate) -> Response:
    if fate is Fate.WRITTEN:
        return JSONResponse({"status": fate.value})
    said = {"error": _said(counter, request, fate), "field": _FIELD.get(fate, "form")}
    return JSONResponse(said, _STATUS.get(fate, _REFUSED), IN_AN_HOUR if fate is Fate.TOO_MANY else {})


def _form(counter: Counter, request: Request, form: Form, fate: Fate | None = None) -> Response:
    """The page with the form, filled in, and what is the matter with it."""
    return counter.page(
        request,
        "subscribe",
        status=_STATUS.get(fate, _REFUSED) if fate else 200,
        headers=IN_AN_HOUR if fate is Fate.TOO_MANY else {},
        form=form,
        token=_token(counter, form),
        said=_said(counter, request, fate) if fate else "",
        field=_FIELD.get(fate, "form") if fate else "",
        digests=counter.reception.digests,
        categories=counter.reception.categories,
        speaking=counter.language(request),
        consent=_wording(counter, request),
    )


def _token(counter: Counter, form: Form) -> str:
    """Of a form that is shown once more its own, whose time goes on, unless that is over; else a new one."""
    age = _age(counter, form)
    return counter.reception.form() if age is None or age > FRESH else form.text("form")
