"""Serving the live preview on loopback, until somebody says stop."""

from __future__ import annotations

import asyncio
import socket

from digest.errors import UsageError
from digest.web import serving
from digest.web.studio import create_studio
from digest.web.studio.press import Press

LOOPBACK = "127.0.0.1"
PORT = 8025
PORTS_TRIED = 20  # beginning with PORT, when nobody named one
_LAST_WORDS = 3  # seconds that open requests may take once it was stopped


def listen(port: int | None = None) -> socket.socket:
    """A socket on loopback at this port (0: any), or at the first free one from PORT on. Raises UsageError."""
    for candidate in (port,) if port is not None else range(PORT, PORT + PORTS_TRIED):
        try:
            return serving.listen(LOOPBACK, candidate)
        except UsageError as error:
            fault = error
    raise UsageError(fault.message, hint="name another with --port, or 0 for any that is free") from fault


async def serve(press: Press, listening: socket.socket, stop: asyncio.Event) -> None:
    """Answers on this socket until ``stop`` is set."""
    studio = create_studio(press)
    await serving.answer(studio, listening, stop, last_words=_LAST_WORDS, stopping=press.bell.silence)
