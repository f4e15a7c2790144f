"""``digest worker``: one of many that publish and send, as a process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import click

from digest.cli.run import ready
from digest.cli.send import until_told
from digest.cli.session import Session, pass_session
from digest.cli.telling import telling
from digest.errors import ConfigError
from digest.logs import log_to_stderr
from digest.sending import running

if TYPE_CHECKING:
    from digest.app import App


@click.command(short_help="Publish and send, as one of many, on PostgreSQL.")
@click.option(
    "--log", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Log lines."
)
@pass_session
def worker(session: Session, style: str) -> None:
    """Take a part of publishing and sending, as one of any number on any machines, until stopped by SIGTERM or Ctrl-C."""
    app = session.app()
    if not app.config.database.url.startswith("postgresql:"):
        raise ConfigError(
            "database.url: workers share their work through PostgreSQL, and this is a file",
            hint="`digest run` does all of it on one machine; to grow beyond it, `digest migrate-store --to postgresql://…`",
        )
    ready(app)
    log_to_stderr(style, logging.DEBUG if session.verbose else logging.INFO)
    running.run(_work(app))


async def _work(app: App) -> None:
    from digest.cluster import Worker
    from digest.scheduler.logged import log
    from digest.scheduler.shift import Shift

    stop = asyncio.Event()
    shift = Shift(app, stop)
    config = app.config
    worker = Worker(config.database.url, shift, config.worker.jobs)
    try:
        with telling(app, config.worker.status, lambda: (worker.is_connected, {"in_hand": list(worker.in_hand)})):
            await until_told(worker.work(stop), stop, lambda _words: log.info("stopping"))
    finally:
        await shift.end()
    log.info("stopped")
