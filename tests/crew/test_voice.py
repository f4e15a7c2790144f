"""What is told of several processes: what would be told of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest.crew import Voice
from digest.errors import TransportError

NOW = datetime(2025, 12, 8, 7, tzinfo=UTC)
AWAY = TransportError("nothing answers there")


class Listening:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Any:
        return lambda *words: self.heard.append((name, *words))


@pytest.fixture
def watch() -> Listening:
    return Listening()


def voice(watch: Any, processes: int = 2) -> Voice:
    return Voice(watch, processes, lambda: NOW)


def test_sending_has_paused_when_it_has_for_all_and_goes_on_when_it_does_for_one(watch: Listening) -> None:
    joined = voice(watch, 3)
    for process in (0, 1):
        joined.hear(process, "paused", (AWAY,))
    assert watch.heard == []
    joined.hear(2, "paused", (AWAY,))
    assert watch.heard == [("paused", AWAY)]
    for process in (1, 0, 2):
        joined.hear(process, "resumed", ())
    assert watch.heard == [("paused", AWAY), ("resumed",)]


def test_one_that_is_gone_is_not_waited_for(watch: Listening) -> None:
    joined = voice(watch)
    joined.hear(0, "paused", (AWAY,))
    joined.gone(1)
    assert watch.heard == [("paused", AWAY)]
    joined.gone(0)
    assert watch.heard == [("paused", AWAY)]


def test_a_server_fails_with_the_first_and_is_back_with_the_last(watch: Listening) -> None:
    joined = voice(watch)
    for process in (0, 1):
        joined.hear(process, "failing", ("east", AWAY))
    joined.hear(0, "back", ("east",))
    assert watch.heard == [("failing", "east", AWAY)]
    joined.hear(1, "back", ("east",))
    assert watch.heard == [("failing", "east", AWAY), ("back", "east")]


def test_a_limit_is_told_once(watch: Listening) -> None:
    joined = voice(watch)
    until = NOW + timedelta(hours=1)
    joined.hear(0, "spent", ("east", until))
    joined.hear(1, "spent", ("east", until + timedelta(seconds=1)))
    assert watch.heard == [("spent", "east", until)]


def test_everything_else_is_passed_on(watch: Listening) -> None:
    joined = voice(watch)
    joined.hear(0, "skipped", (3,))
    joined.hear(1, "recovered", (2, 1))
    joined.hear(1, "slowed", ("example.org", "421 too many"))
    assert watch.heard == [("skipped", 3), ("recovered", 2, 1), ("slowed", "example.org", "421 too many")]
