"""Hands over the letters that readers wait for: links that confirm something. One at a time, each once."""

from __future__ import annotations

import asyncio

from digest.app import App


class Postman:
    """Carries what is due, whenever he is woken and every so often; ``url`` is the base of the public pages."""

    def __init__(self, app: App, url: str) -> None:
        self._app = app
        self._url = url

    def wake(self) -> None:
        """There may be a letter. To be called on the event loop that ``run`` runs on."""
        raise NotImplementedError

    async def run(self, stop: asyncio.Event) -> None:
        """Carries letters until ``stop`` is set."""
        raise NotImplementedError
