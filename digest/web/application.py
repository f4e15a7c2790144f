"""The public pages as one ASGI application; while it lives, the postman carries the letters that readers wait for."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from digest import logs
from digest.app import App, clock
from digest.config import load
from digest.errors import ConfigError, DigestError
from digest.postman import Postman
from digest.reception import Reception
from digest.web import archive, hooks
from digest.web.public import choosing, leaving, place, subscribing
from digest.web.public.counter import Counter
from digest.web.public.faults import Bugs, Faults
from digest.web.public.frame import Below, Safe, SamePage

BUSY_TIMEOUT = 5  # seconds that a reader waits for the database, and is then asked to come back
_LAST_WORDS = 30  # seconds that a letter in hand may take once it was stopped


def create_app(config: Path | None = None) -> ASGIApp:
    """The pages of a configuration, for any ASGI server: ``config``, else $DIGEST_CONFIG, else ``digest.toml``.

    Raises ConfigError, also where ``web.url`` is unset.
    """
    path = config or Path(os.environ.get("DIGEST_CONFIG", "digest.toml"))
    if not logs.is_set_up():
        logs.log_to_stderr("text", logging.INFO)
    app = App(load(path), clock(), busy_timeout=BUSY_TIMEOUT)
    if not app.config.web.url:
        raise ConfigError(
            "web.url: missing, and the pages have to know their own address",
            hint="write where a browser reaches them under [web] in digest.toml",
        )
    return public(app, app.config.web.url)


def public(app: App, url: str) -> ASGIApp:
    """The pages for readers below this base address. Raises ConfigError, StoreError, RenderError."""
    app.signer, app.database  # noqa: B018 - what is missing is told now, not to the first reader
    app.pages.check()
    url = url.rstrip("/")
    counter = Counter(Reception(app), app.pages, Postman(app, url), url, app.config.web.privacy_url)
    faults = Faults(counter)

    @asynccontextmanager
    async def carrying(_starlette: Starlette) -> AsyncIterator[None]:
        stop = asyncio.Event()
        round_ = asyncio.create_task(counter.postman.run(stop))
        try:
            yield
        finally:
            stop.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(round_, _LAST_WORDS)

    routes = [
        *place.routes(counter, app),
        *subscribing.routes(counter),
        *leaving.routes(counter),
        *choosing.routes(counter),
        *archive.routes(counter, app),
        *hooks.doors(app),
    ]
    inner = Starlette(
        routes=routes,
        exception_handlers={HTTPException: faults, DigestError: faults},
        middleware=[Middleware(Bugs, faults), Middleware(SamePage, url, faults)],
        lifespan=carrying,
    )
    inner.router.redirect_slashes = False  # it would write the address anew from whatever Host says
    return _framed(inner, app, url)


def _framed(inner: ASGIApp, app: App, url: str) -> ASGIApp:
    table = app.config.web
    framed: ASGIApp = Safe(inner, url, index=table.index)
    if root := urlsplit(url).path:
        framed = Below(framed, root)
    if table.trusted_proxies:
        inside: Any = framed  # uvicorn and Starlette have different names for the same types
        outside: Any = ProxyHeadersMiddleware(inside, list(table.trusted_proxies))
        return cast("ASGIApp", outside)
    return framed
