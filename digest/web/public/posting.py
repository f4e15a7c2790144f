"""Pages that are sent a form: it is read while others are served, and acted on in a thread of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio.to_thread
from anyio import CapacityLimiter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.web.public import forms
from digest.web.public.counter import Counter
from digest.web.public.forms import Form

_ACTING = CapacityLimiter(
    16
)  # threads: where the database is busy, all of these wait, and pages are shown all the same
Act = Callable[[Counter, Request, Form], Response]
Read = Callable[[Request], Awaitable[Form]]


def posted(path: str, act: Act, counter: Counter, read: Read = forms.read) -> Route:
    """The route of a form that is sent there."""

    async def endpoint(request: Request) -> Response:
        return await answered(counter, act, request, read)

    return Route(path, endpoint, methods=["POST"])


async def answered(counter: Counter, act: Act, request: Request, read: Read = forms.read) -> Response:
    form = await read(request)
    return await anyio.to_thread.run_sync(act, counter, request, form, limiter=_ACTING)
