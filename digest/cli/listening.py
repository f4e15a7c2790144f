"""What commands that answer over HTTP share: where they listen, and how they are stopped."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click

from digest.cli.session import Session
from digest.logs import log_to_stderr

Command = TypeVar("Command", bound=Callable[..., Any])


def listens(port: int) -> Callable[[Command], Command]:
    """The options that say where; ``port`` is where nobody says so."""

    def with_options(command: Command) -> Command:
        command = click.option(
            "--port", type=click.IntRange(0, 65535), default=port, show_default=True, help="Port to listen on; 0: any."
        )(command)
        return click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")(command)

    return with_options


def stand(session: Session, here: str, answering: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Lets it answer ``here`` until SIGTERM or Ctrl-C sets its event; what is in hand then is finished. The log is on
    stderr.
    """
    from digest.sending.running import run

    log_to_stderr("text", logging.DEBUG if session.verbose else logging.INFO)
    stop = asyncio.Event()
    run(until_signalled(answering(stop), stop, lambda: session.note(f"listening on {here}; Ctrl-C ends it")))


async def until_signalled(
    answering: Coroutine[Any, Any, None], stop: asyncio.Event, ready: Callable[[], None] = lambda: None
) -> None:
    """Sets ``stop`` at a signal; ``ready`` is called as soon as one is heeded."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    ready()
    await answering
