"""Confirming by the link that was mailed: a page with one button, and what the button does.

Scanners of mail follow every link: GET changes nothing. Whoever presses the button twice is told that it is done.
Somebody else may have filled in the form, so whoever confirms is shown what is going to be kept, and agrees to that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from digest.model import Request as Asked
from digest.model import RequestKind
from digest.subscriptions.asking import Stage, Standing
from digest.web.public.counter import Counter, client
from digest.web.public.masking import masked

_TOO_LATE = 400


def show(counter: Counter, request: Request) -> Response:
    """What the link asks for, and the button."""
    standing = counter.reception.request(request.path_params["token"])
    if standing.request is None or standing.stage is not Stage.OPEN:
        return _page(counter, request, standing, "confirmed")
    return _page(counter, request, standing, "confirm", kept=_kept(counter, standing.request))


def confirm(counter: Counter, request: Request) -> Response:
    """Does it. Only whoever really confirms is led on to the preferences, where a person's data are; and nobody who moves:
    at an address that was mistyped somebody else presses the button.
    """
    token = request.path_params["token"]
    before = counter.reception.request(token)
    standing = counter.reception.confirm(token, client(request))
    just_now = (before.stage, standing.stage) == (Stage.OPEN, Stage.CONFIRMED)
    person = standing.subscriber if just_now and not _moves(before) else None
    preferences = counter.reception.preferences_token(person) if person else ""
    return _page(counter, request, standing, "confirmed", preferences=preferences)


def _moves(standing: Standing) -> bool:
    return standing.request is not None and standing.request.kind is RequestKind.MOVE


def _kept(counter: Counter, asked: Asked) -> Mapping[str, Any]:
    """What a form has said of a person, as a page shows it; of whoever moves nothing is said, and nothing shown."""
    if asked.kind is RequestKind.MOVE:
        return {}
    choices, languages = asked.choices, counter.pages.named()
    known = counter.reception.categories
    return {
        "name": choices.name,
        "topics": sorted((known.get(key, key) for key in choices.selection.categories), key=str.casefold),
        "language": languages.get(choices.language, choices.language) if len(languages) > 1 else "",
        "timezone": choices.timezone,
        "wording": asked.wording,
    }


def _page(
    counter: Counter,
    request: Request,
    standing: Standing,
    name: str,
    *,
    preferences: str = "",
    kept: Mapping[str, Any] | None = None,
) -> Response:
    asked = standing.request
    if asked is None or standing.stage in {Stage.EXPIRED, Stage.GONE}:
        return counter.page(request, "lapsed", status=_TOO_LATE, expired=standing.stage is Stage.EXPIRED)
    titles = counter.reception.digests
    return counter.page(
        request,
        name,
        person=standing.subscriber,
        address=masked(asked.address),
        moving=_moves(standing),
        digests=[title for key, title in titles.items() if not asked.choices.digests or key in asked.choices.digests],
        preferences=preferences,
        kept=kept,
    )
