"""Serving an application over HTTP, until somebody says stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from digest.errors import UsageError

_LAST_WORDS = 30  # seconds that requests in hand may take once it was stopped
_AT_ONCE = 250  # connections; further ones are told to come back (503)


class _Server(uvicorn.Server):
    """Signals are the business of the command that serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there (port 0: any that is free). Raises UsageError."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{host} port {port}: {why}", hint="name others with --host and --port") from error


def address_of(listening: socket.socket) -> str:
    """Where a browser on this machine finds it."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def answer(
    application: ASGIApp,
    listening: socket.socket,
    stop: asyncio.Event,
    *,
    last_words: int = _LAST_WORDS,
    stopping: Callable[[], object] = lambda: None,
) -> None:
    """Answers on this socket until ``stop`` is set; what is in hand then is finished within ``last_words`` seconds.

    ``stopping`` is called first, to end what would go on for ever.
    """
    config = uvicorn.Config(
        application,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # which proxies are believed is for the configuration to say, not for the environment
        limit_concurrency=_AT_ONCE,
        timeout_graceful_shutdown=last_words,
    )
    server = _Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    told = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    stopping()
    server.should_exit = True
    await serving
