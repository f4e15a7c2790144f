"""Confirming by the link that was mailed: a page with one button, and what the button does.

Scanners of mail follow every link: GET changes nothing. Whoever presses the button twice is told that it is done.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from digest.model import RequestKind
from digest.subscriptions.asking import Stage, Standing
from digest.web.public.counter import Counter, client
from digest.web.public.masking import masked

_TOO_LATE = 400


def show(counter: Counter, request: Request) -> Response:
    """What the link asks for, and the button."""
    standing = counter.reception.request(request.path_params["token"])
    return _page(counter, request, standing, "confirm" if standing.stage is Stage.OPEN else "confirmed")


def confirm(counter: Counter, request: Request) -> Response:
    """Does it. Only whoever really confirms is led on to the preferences, where a person's data are."""
    token = request.path_params["token"]
    before = counter.reception.request(token)
    standing = counter.reception.confirm(token, client(request))
    person = standing.subscriber if (before.stage, standing.stage) == (Stage.OPEN, Stage.CONFIRMED) else None
    preferences = counter.reception.preferences_token(person) if person else ""
    return _page(counter, request, standing, "confirmed", preferences)


def _page(counter: Counter, request: Request, standing: Standing, name: str, preferences: str = "") -> Response:
    asked = standing.request
    if asked is None or standing.stage in {Stage.EXPIRED, Stage.GONE}:
        return counter.page(request, "lapsed", status=_TOO_LATE, expired=standing.stage is Stage.EXPIRED)
    titles = counter.reception.digests
    return counter.page(
        request,
        name,
        person=standing.subscriber,
        address=masked(asked.address),
        moving=asked.kind is RequestKind.MOVE,
        digests=[title for key, title in titles.items() if not asked.choices.digests or key in asked.choices.digests],
        preferences=preferences,
    )
