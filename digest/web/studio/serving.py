"""Serving the live preview on loopback, until somebody says stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from digest.errors import UsageError
from digest.web.studio import create_studio
from digest.web.studio.press import Press

LOOPBACK = "127.0.0.1"
PORT = 8025
PORTS_TRIED = 20  # beginning with PORT, when nobody named one
_LAST_WORDS = 3  # seconds that open requests may take once it was stopped


class _Server(uvicorn.Server):
    """Signals are the business of the command that serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(port: int | None = None) -> socket.socket:
    """A socket on loopback at this port (0: any), or at the first free one from PORT on. Raises UsageError."""
    for candidate in (port,) if port is not None else range(PORT, PORT + PORTS_TRIED):
        try:
            return socket.create_server((LOOPBACK, candidate))
        except OSError as error:
            why = error.strerror or str(error)
    raise UsageError(f"port {candidate}: {why}", hint="name another with --port, or 0 for any that is free")


async def serve(press: Press, listening: socket.socket, stop: asyncio.Event) -> None:
    """Answers on this socket until ``stop`` is set."""
    config = uvicorn.Config(
        create_studio(press),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_LAST_WORDS,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    press.bell.silence()
    server.should_exit = True
    await serving
