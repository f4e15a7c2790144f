"""``digest run``: the clockwork, as a process that is stopped by a signal."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from digest.cli.send import until_told
from digest.cli.session import Session, pass_session
from digest.sending import running

if TYPE_CHECKING:
    from digest.app import App

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


@click.command(short_help="Publish and send at every cadence.")
@click.option(
    "--log", "style", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Log lines."
)
@pass_session
def run(session: Session, style: str) -> None:
    """Publish and send at each digest's cadence, until stopped by SIGTERM or Ctrl-C."""
    app = session.app()
    app.require_postal_address()
    app.signer, app.database  # noqa: B018 - what is missing is told now, not on Monday at seven
    app.renderer.check()
    log_to_stderr(style, logging.DEBUG if session.verbose else logging.INFO)
    running.run(_run(app))


async def _run(app: App) -> None:
    from digest.scheduler import run as tick

    stop = asyncio.Event()
    await until_told(tick(app, stop), stop, lambda _words: None)


def log_to_stderr(style: str, level: int) -> None:
    """One line an event, ``text`` or ``json``; of the web server's own only what is wrong."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_Json() if style == "json" else _KeyValue())
    for name, least in (("digest", level), ("uvicorn", max(level, logging.WARNING))):
        logger = logging.getLogger(name)
        logger.handlers = [output]
        logger.setLevel(least)
        logger.propagate = False


def _facts(record: logging.LogRecord) -> dict[str, Any]:
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    own = {key: value for key, value in vars(record).items() if key not in _STANDARD and value != ""}
    return {"at": at, "level": record.levelname.lower(), "event": record.getMessage(), **own}


class _KeyValue(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return " ".join(f"{key}={_quoted(str(value))}" for key, value in _facts(record).items())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(_facts(record), ensure_ascii=False, default=str)


def _quoted(value: str) -> str:
    return value if value and not any(c in value for c in ' "=\n') else json.dumps(value, ensure_ascii=False)
