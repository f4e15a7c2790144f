"""The log of commands that stay: one form for all of its lines, whoever writes them."""

from __future__ import annotations

import json
import logging

import pytest

from digest.logs import log_to_stderr


@pytest.fixture(autouse=True)
def _loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were, afterwards."""
    for name in ("digest", "uvicorn"):
        for attribute in ("handlers", "level", "propagate"):
            logger = logging.getLogger(name)
            monkeypatch.setattr(logger, attribute, getattr(logger, attribute))


def test_what_the_web_server_has_to_say_takes_the_form_of_all_lines(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr("json", logging.INFO)
    logging.getLogger("digest").info("waiting", extra={"digest": "weekly"})
    logging.getLogger("uvicorn.error").warning("Exceeded concurrency limit.")
    logging.getLogger("uvicorn.error").info("Started server process")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["level"], line["event"]) for line in lines] == [
        ("info", "waiting"),
        ("warning", "Exceeded concurrency limit."),
    ]
