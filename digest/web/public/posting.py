"""Pages that are sent a form: it is read while others are served, and acted on in a thread of its own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.web.public import forms
from digest.web.public.counter import Counter
from digest.web.public.forms import Form

Act = Callable[[Counter, Request, Form], Response]
Read = Callable[[Request], Awaitable[Form]]


def posted(path: str, act: Act, counter: Counter, read: Read = forms.read) -> Route:
    """The route of a form that is sent there."""

    async def endpoint(request: Request) -> Response:
        return await answered(counter, act, request, read)

    return Route(path, endpoint, methods=["POST"])


async def answered(counter: Counter, act: Act, request: Request, read: Read = forms.read) -> Response:
    return await run_in_threadpool(act, counter, request, await read(request))
