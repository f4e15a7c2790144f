"""What stands around every page: headers that keep it safe, and who may post to it.

request ──▶ Trusted ──▶ Below ──▶ Safe ──▶ Bugs ──▶ SamePage ──▶ the page
             proxies    prefix   headers    500       403
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from digest.web.public import neighbours
from digest.web.public.faults import Faults

_POLICY = (  # a page is made of its words, one style sheet and one icon, all of them from here
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",  # an address may hold a token
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_FOR_A_YEAR = {"Strict-Transport-Security": "max-age=31536000"}
_HIDDEN = {"X-Robots-Tag": "noindex, nofollow"}
# What search engines may list: where people subscribe, and editions. An archive page with a token is one reader's own.
_LISTED = re.compile(r"/(subscribe|archive(/[^/]+/.+|/feed\.atom|/sitemap\.xml)?|favicon\.\w+|static/.*)?")
# Anybody may post here: other sites' forms; providers, which prove themselves; mail programs (RFC 8058), whose one
# click does all that the page behind the same address can do.
_OPEN = re.compile(r"/subscribe|/hooks/[^/]+|/unsubscribe/[^/]+")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Below:
    """Takes the path of the base address away, so that it does not matter whether a proxy did so already."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        self._app = app
        self._root = root

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path == self._root or path.startswith(f"{self._root}/"):
            scope = {**scope, "path": path.removeprefix(self._root) or "/", "root_path": ""}
        await self._app(scope, receive, send)


class Safe:
    """Gives every answer the headers that keep it safe, but for those that a page has set itself."""

    def __init__(self, app: ASGIApp, url: str, *, index: bool) -> None:
        self._app = app
        parts = urlsplit(url)
        alone = parts.scheme == "https" and not parts.path  # below a path it would speak for all that is on the host
        self._headers = _HEADERS | (_FOR_A_YEAR if alone else {})
        self._index = index

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        listed = self._index and _LISTED.fullmatch(scope["path"])
        headers = self._headers if listed else self._headers | _HIDDEN
        await self._app(scope, receive, _with(headers, send))


def _with(headers: Mapping[str, str], send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = MutableHeaders(scope=message)
            for name, value in headers.items():
                present.setdefault(name, value)
        await send(message)

    return headed


class SamePage:
    """Turns away what a page of another site makes a browser send: forms that act for a person are posted from here.

    Nobody who does not know the token could send one; this is for tokens that have become known.
    """

    def __init__(self, app: ASGIApp, url: str, faults: Faults) -> None:
        self._app = app
        self._url = url
        self._faults = faults

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._foreign(scope):
            await self._faults.page(Request(scope), 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _foreign(self, scope: Scope) -> bool:
        if scope["method"] in _SAFE_METHODS or _OPEN.fullmatch(scope["path"]):
            return False
        return neighbours.foreign(Headers(scope=scope), self._url)
