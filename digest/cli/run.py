"""``digest run``: the clockwork, as a process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import click

from digest.cli.send import until_told
from digest.cli.session import Session, pass_session
from digest.logs import log_to_stderr
from digest.sending import running

if TYPE_CHECKING:
    from digest.app import App


@click.command(short_help="Publish and send at every cadence.")
@click.option(
    "--log", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Log lines."
)
@pass_session
def run(session: Session, style: str) -> None:
    """Publish and send at each digest's cadence, until stopped by SIGTERM or Ctrl-C."""
    app = session.app()
    ready(app)
    log_to_stderr(style, logging.DEBUG if session.verbose else logging.INFO)
    running.run(_run(app))


def ready(app: App) -> None:
    """What is missing is told now, not on Monday at seven. Raises DigestError."""
    app.require_postal_address()
    app.signer, app.database  # noqa: B018 - made here
    app.renderer.check()


async def _run(app: App) -> None:
    from digest.scheduler import run as tick

    stop = asyncio.Event()
    await until_told(tick(app, stop), stop, lambda _words: None)
