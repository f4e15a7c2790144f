"""A sign of life in the database, for whoever watches over the clockwork: `digest serve` shows it under ``/health``."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from digest.app import App
from digest.errors import StoreError

_EVERY = timedelta(minutes=1)


class Pulse:
    """Writes down that the clockwork ticks. A database that cannot be written to is told of by what needs it more."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._last: datetime | None = None

    def beat(self) -> None:
        now = self._app.now()
        if self._last is None or now - self._last >= _EVERY:
            with suppress(StoreError):
                self._app.heartbeat.beat(now)
                self._last = now

    def stop(self) -> None:
        """It was stopped on purpose: nobody has to worry."""
        with suppress(StoreError):
            self._app.heartbeat.stop()
