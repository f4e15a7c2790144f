"""Where providers report bounces and complaints: ``POST /hooks/NAME`` for each that has a key.

POST ──▶ no more than so many bytes ──▶ proved, read ──▶ recorded, committed ──▶ 200
                   └ 413                    └ 401             └ 503: it comes again later
"""

from __future__ import annotations

import logging

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.app import App
from digest.bounces.providers.ports import Reader
from digest.errors import DigestError, SignatureError, StoreError, TryLaterError
from digest.web.bodies import body_of

BODY_MAXIMUM = 4_000_000  # bytes: more than any of them sends at once
_STATUS: dict[type[DigestError], int] = {SignatureError: 401, TryLaterError: 503, StoreError: 503}
# RFC 9110, 15.5.2 and 10.2.3. Only Postmark has a password to send; for the others the challenge means nothing.
_HEADERS = {401: {"WWW-Authenticate": 'Basic realm="hooks"'}, 503: {"Retry-After": "60"}}
_LOGGER = logging.getLogger(__name__)


def hooks(app: App) -> Starlette:
    """Takes the reports of the providers that are configured. Raises ConfigError for a key that is none."""
    return Starlette(routes=doors(app))


def doors(app: App) -> list[Route]:
    """One for each provider. Raises ConfigError for a key that is none."""
    return [_door(app, name, reader) for name, reader in app.reporters.items()]


def _door(app: App, name: str, reader: Reader) -> Route:
    def take(headers: dict[str, str], body: bytes) -> None:
        now = app.now()
        if notices := reader.read(headers, body, now):
            tally = app.bounces.record(notices, now)
            kinds = {kind.value: count for kind, count in tally.kinds.items()}
            _LOGGER.info("reported", extra={"provider": name, "known": tally.known, **kinds})

    async def answer(request: Request) -> Response:
        try:
            body = await body_of(request, BODY_MAXIMUM)
            await run_in_threadpool(take, dict(request.headers), body)
        except tuple(_STATUS) as error:
            return _refusal(name, error)
        return PlainTextResponse("thank you")

    return Route(f"/hooks/{name}", answer, methods=["POST"])


def _refusal(name: str, error: DigestError) -> Response:
    status = _STATUS[type(error)]
    _LOGGER.warning("not taken", extra={"provider": name, "status": status, "why": error.message, "hint": error.hint})
    words = error.message if status == 401 else "not now"  # noqa: PLR2004 - what ails us is for the log alone
    return PlainTextResponse(words, status, _HEADERS[status])
