"""Serving an application over HTTP, until somebody says stop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from digest.errors import UsageError

_LAST_WORDS = 30  # seconds that requests in hand may take once it was stopped
_AT_ONCE = 250  # connections; further ones are told to come back (503)
_HEAD_WITHIN = 10  # seconds


class _Server(uvicorn.Server):
    """Signals are the business of the command that serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class _Prompt(H11Protocol):
    """Closes a connection on which no head is complete ``within`` so many seconds, of its opening or of an answer.

    Uvicorn waits for ever once a first byte has come: a few hundred connections that say half a line would keep everybody
    else out. A request that was handed to the application is left alone, however long it takes.
    """

    within: float
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        super().connection_made(transport)
        self._wait()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Of a body that makes no sense after it was answered nobody is told; uvicorn would fail trying to."""
        if self.cycle and self.cycle.response_started and self.cycle.more_body:
            self.transport.close()
        else:
            super().send_400_response(msg)

    def _wait(self) -> None:
        self._rest()
        self._limit = self.loop.call_later(self.within, self._close)

    def _rest(self) -> None:
        if self._limit:
            self._limit.cancel()

    def _close(self) -> None:
        if self.cycle is None or self.cycle.response_complete:  # else the time begins anew with the answer
            self.transport.close()


def _prompt(seconds: float) -> type[H11Protocol]:
    class Prompt(_Prompt):
        within = seconds

    return Prompt


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
    head_within: float = _HEAD_WITHIN,
    stopping: Callable[[], object] = lambda: None,
) -> None:
    """Answers on this socket until ``stop`` is set; what is in hand then is finished within ``last_words`` seconds.

    A connection may take ``head_within`` seconds to ask for something, and again after each answer. ``stopping`` is called
    first, to end what would go on for ever.
    """
    config = uvicorn.Config(
        application,
        http=_prompt(head_within),
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
