"""Signs of life: each process gives its own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.store.database import Database
from digest.store.heartbeat import FRESH, Heartbeat

NOW = datetime(2025, 12, 8, 8, tzinfo=UTC)
MOMENT = timedelta(seconds=1)


@pytest.fixture
def both(database: Database, monkeypatch: pytest.MonkeyPatch) -> tuple[Heartbeat, Heartbeat]:
    """Of two machines."""
    hearts = []
    for host in ("quay", "lock"):
        monkeypatch.setattr("socket.gethostname", lambda host=host: host)
        hearts.append(Heartbeat(database))
    return hearts[0], hearts[1]


def hosts(names: tuple[str, ...]) -> list[str]:
    return [name.partition(":")[0] for name in names]


def test_nobody_was_ever_seen(database: Database):
    assert Heartbeat(database).last() is None
    assert Heartbeat(database).alive(NOW) == ()


def test_one_that_stops_does_not_stop_the_others(both: tuple[Heartbeat, Heartbeat]):
    for seconds, heart in enumerate(both):
        heart.beat(NOW + seconds * MOMENT)
    assert hosts(both[0].alive(NOW)) == ["lock", "quay"]
    both[1].stop()
    assert hosts(both[0].alive(NOW)) == ["quay"]
    assert both[1].last() == NOW
    both[0].stop()
    assert both[1].last() is None


def test_one_that_says_nothing_any_more_is_not_alive_and_forgotten_a_day_later(both: tuple[Heartbeat, Heartbeat]):
    for heart in both:
        heart.beat(NOW)
    both[0].beat(NOW + FRESH)
    assert hosts(both[0].alive(NOW + FRESH)) == ["quay"]
    assert both[1].last() == NOW + FRESH
    both[0].beat(NOW + timedelta(days=1) + MOMENT)
    both[0].stop()
    assert both[1].last() is None
