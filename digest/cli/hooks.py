"""``digest bounces serve``: takes the reports of providers over HTTP, as a process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from typing import Any

import click

from digest.cli.run import log_to_stderr
from digest.cli.session import Session, pass_session
from digest.errors import ConfigError


@click.command(short_help="Take the reports of providers over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8025, show_default=True, help="Port to listen on; 0: any."
)
@pass_session
def serve(session: Session, host: str, port: int) -> None:
    """Take the reports of providers over HTTP, until stopped by SIGTERM or Ctrl-C.

    Prints the address to give to each provider that has a key under [webhooks].
    """
    from digest.web.hooks import hooks
    from digest.web.serving import address_of, answer, listen

    app = session.app()
    application = hooks(app)
    if not app.reporters:
        raise ConfigError(
            "webhooks: no provider is configured",
            hint="give it the key of one under [webhooks] in digest.toml; docs/providers.md tells which",
        )
    app.bounces.let_go(app.now())
    log_to_stderr("text", logging.DEBUG if session.verbose else logging.INFO)
    with listen(host, port) as listening:
        here = address_of(listening)
        for name in app.reporters:
            session.out(f"{name}: {_with_login(name, app.config.web.url or here)}/hooks/{name}")
        stop = asyncio.Event()
        ready = f"listening on {here}; Ctrl-C ends it"
        asyncio.run(_until_told(answer(application, listening, stop), stop, lambda: session.note(ready)))


def _with_login(name: str, site: str) -> str:
    """Postmark proves itself by what stands before the host; the password itself is printed nowhere."""
    scheme, _, rest = site.rstrip("/").partition("://")
    login = "digest:PASSWORD@" if name == "postmark" else ""
    return f"{scheme}://{login}{rest}"


async def _until_told(answering: Coroutine[Any, Any, None], stop: asyncio.Event, ready: Callable[[], None]) -> None:
    """Finishes what is in hand at a signal; ``ready`` is called as soon as one is heeded."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    ready()
    await answering
