"""The live preview: a page on this machine that shows an edition as a reader gets it, and follows every change.

watching ──changed──▶ press ◀──look── pages ◀── doors ◀── browser
                        └── bell ──versions──▶ /events ──▶ the page fetches what is other than before
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.middleware import Middleware

from digest.web.studio.choices import Choice
from digest.web.studio.doors import LoopbackOnly
from digest.web.studio.pages import Pages
from digest.web.studio.press import Press
from digest.web.studio.watching import watch

__all__ = ["Choice", "Press", "create_studio"]


def create_studio(press: Press) -> Starlette:
    """The page as an ASGI application; while it lives, what the ``press`` prints from is watched."""

    @asynccontextmanager
    async def watching(_app: Starlette) -> AsyncIterator[None]:
        watcher = asyncio.create_task(watch(press))
        try:
            yield
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    return Starlette(routes=Pages(press).routes(), middleware=[Middleware(LoopbackOnly)], lifespan=watching)
