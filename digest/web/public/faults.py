"""What is answered when something went wrong: a page that says so, or JSON, and never what ails us."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.errors import AddressError, DigestError, LinkError, RenderError, StoreError, TransportError, TryLaterError
from digest.logs import bug
from digest.web.bodies import wants_json
from digest.web.public.counter import Counter

_STATUS: tuple[tuple[type[DigestError], int], ...] = (
    (LinkError, 400),
    (AddressError, 400),
    (StoreError, 503),
    (TryLaterError, 503),
    (TransportError, 503),
    (DigestError, 500),
)
_LATER = {"Retry-After": "30"}  # seconds (RFC 9110, 10.2.3)
_SERVER = 500  # from here on it is the server's fault (RFC 9110, 15.6)
_NO_METHOD = 405
_BUSY = 503
_LOGGER = logging.getLogger(__name__)


class Faults:
    """Answers for a request that went wrong."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    async def __call__(self, request: Request, error: Exception) -> Response:
        """For errors that are raised on purpose, ours and Starlette's."""
        match error:
            case HTTPException():
                return self.page(
                    request, error.status_code, headers={**(error.headers or {}), **_allowed(request, error)}
                )
            case DigestError():
                status = next(status for kind, status in _STATUS if isinstance(error, kind))
                if status >= _SERVER:
                    self._log(logging.WARNING if status == _BUSY else logging.ERROR, page_of(request.scope), error)
                return self.page(
                    request,
                    status,
                    fault="link" if isinstance(error, LinkError) else None,
                    headers=_LATER if status == _BUSY else {},
                )
        raise error

    def page(
        self, request: Request, status: int, *, fault: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The page for a status, or JSON for who asks for it; ``fault`` names it more closely."""
        said = HTTPStatus(status).phrase.lower()
        if wants_json(request):
            return JSONResponse({"error": fault or said}, status, headers)
        try:
            return self._counter.page(request, "error", status=status, headers=headers, fault=fault or status)
        except RenderError as error:  # the site's own templates are broken
            self._log(logging.ERROR, "error", error)
            return PlainTextResponse(f"{status} {said}", status, headers)

    @staticmethod
    def _log(level: int, page: str, error: DigestError) -> None:
        _LOGGER.log(level, "page failed", extra={"page": page, "why": error.message, "hint": error.hint})


class Bugs:
    """Answers with 500 for what nobody raised on purpose; the log says where it was, and no values."""

    def __init__(self, app: ASGIApp, faults: Faults) -> None:
        self._app = app
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except Exception as error:  # whatever it is, the reader gets an answer and the log a line
            if scope["type"] != "http":
                raise
            bug(_LOGGER, page_of(scope), error)
            if not begun:
                await self._faults.page(Request(scope), _SERVER)(scope, receive, send)


def page_of(scope: Scope) -> str:
    """The page that a request is for, by the function that answers: an address may hold a token."""
    answers = scope.get("endpoint")
    named = answers.func if isinstance(answers, partial) else answers
    return f"{named.__module__}.{named.__qualname__}" if callable(named) else ""


def _allowed(request: Request, error: HTTPException) -> dict[str, str]:
    """All methods of an address, for 405 (RFC 9110, 15.5.6): several routes may share it."""
    if error.status_code != _NO_METHOD:
        return {}
    routes = (route for route in request.app.routes if isinstance(route, Route))
    methods = {
        method
        for route in routes
        if route.matches(request.scope)[0] is not Match.NONE
        for method in route.methods or ()
    }
    return {"Allow": ", ".join(sorted(methods))}
