"""The log of what runs for long: one line an event on standard error, with facts and never with addresses."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def log_to_stderr(style: str, level: int) -> None:
    """One line an event, ``text`` or ``json``; of the web server's own only what is wrong."""
    output = logging.StreamHandler(sys.stderr)
    output.setFormatter(_Json() if style == "json" else _KeyValue())
    for name, least in (("digest", level), ("uvicorn", max(level, logging.WARNING))):
        logger = logging.getLogger(name)
        logger.handlers = [output]
        logger.setLevel(least)
        logger.propagate = False


def bug(log: logging.Logger, page: str, error: BaseException) -> None:
    """Writes down a bug: its kind and its place. Its words may hold an address, and stay out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))
    cause = error.__cause__ or error.__context__
    facts = {"page": page, "kind": type(error).__name__, "cause": type(cause).__name__ if cause else "", "where": where}
    log.error("bug", extra=facts)


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


def is_set_up() -> bool:
    """Whether somebody has said where the log goes: we, or the program that we are a part of."""
    return logging.getLogger("digest").hasHandlers()
