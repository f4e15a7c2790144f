"""Who may come in: a browser on this machine that asked for this machine, and posts only from the pages themselves.

A page from elsewhere can make a browser ask a server on loopback, under a name of its own that leads there (DNS
rebinding) or by a form (CSRF). The first is told by the Host header, the second by Origin, and both are turned away.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAMES = ("127.0.0.1", "localhost", "[::1]")
_HTTP_PORT = 80
_SAFE = frozenset({"GET", "HEAD"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class LoopbackOnly:
    """Lets a request through to ``app`` if it was made to this server by name, and every answer out with safe headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if headers.get("host", "") not in _hosts(scope["server"][1]):
            refusal = PlainTextResponse("this page is for this machine alone: open the address that was printed", 421)
            await refusal(scope, receive, send)
        elif scope["method"] not in _SAFE and headers.get("origin") != f"http://{headers['host']}":
            await PlainTextResponse("only the page itself may send this", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, _guarded(send))


def _hosts(port: int) -> frozenset[str]:
    """What may stand in Host: browsers leave the port away where it is the usual one."""
    return frozenset(f"{name}:{port}" for name in NAMES) | (frozenset(NAMES) if port == _HTTP_PORT else frozenset())


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return guarded
