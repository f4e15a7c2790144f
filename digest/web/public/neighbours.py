"""Forms on other sites: which of those are ours to trust, what their browsers are told, and what is kept of them.

A browser says in ``Origin`` which site a form was sent from (RFC 6454; WHATWG Fetch, 3.2), and no page can forge it.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ADDRESS_MAXIMUM = 2000  # characters
_REMEMBERED = "86400"  # seconds that a browser need not ask again
_REFUSED = frozenset(' \\"<>^`{|}')  # in no address (RFC 3986), and browsers read some of them differently


def trusted(request: Request, origins: Collection[str]) -> bool:
    """Whether it was sent from a page of one of these sites."""
    return request.headers.get("origin", "") in origins


def foreign(headers: Headers, url: str) -> bool:
    """Whether the browser says that it was sent from a page of any other site than that of ``url``."""
    site = headers.get("sec-fetch-site", "none")
    # "null" is what a browser says on a page that lets no referrer out, as ours do (WHATWG Fetch, 3.2).
    origin = headers.get("origin", "null")
    return site not in {"same-origin", "none"} or origin not in {"null", _origin(urlsplit(url))}


def permission(request: Request, origins: Collection[str]) -> Response:
    """What a browser is told that asks before it sends JSON from another site (WHATWG Fetch, 3.3.5); see ``Shared``."""
    headers = {"Allow": "GET, HEAD, OPTIONS, POST"}
    if trusted(request, origins):
        headers |= {
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type",
            "Access-Control-Max-Age": _REMEMBERED,
        }
    return Response(status_code=204, headers=headers)


class Shared:
    """Lets pages of these sites read what is answered to them, errors too (WHATWG Fetch, 3.3.3)."""

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)

        async def shared(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if trusted(request, self._origins):
                    headers["Access-Control-Allow-Origin"] = request.headers["origin"]
            await send(message)

        await self._app(scope, receive, shared)


def way_back(address: str, origins: Collection[str]) -> str:
    """The address, if it is a page of one of these sites; else ""."""
    parts = _parsed(address)
    return address if parts and _origin(parts) in origins else ""


def page(request: Request, own: str) -> str:
    """The page that a form stands on, as far as the browser tells; ``own`` where it does not. Never its query."""
    referer = _parsed(request.headers.get("referer", ""))
    if referer:
        return f"{_origin(referer)}{referer.path}"
    origin = _parsed(request.headers.get("origin", ""))
    return _origin(origin) if origin else own


def _origin(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _parsed(address: str) -> SplitResult | None:
    """The parts of an address on the web that is written as it should be, without a name or password in it."""
    if len(address) > ADDRESS_MAXIMUM or not address.isascii() or not address.isprintable() or _REFUSED & set(address):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    return parts if parts.scheme in {"http", "https"} and parts.netloc and "@" not in parts.netloc else None
