"""Watching a sending run: the bar on the terminal, the lines in the log."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from digest.cli.session import Gauge
from digest.errors import TransportError
from digest.model import DeliveryStatus, Outcome


class GaugeWatch:
    """Shows each recorded outcome as progress, and says what a person should know at once."""

    def __init__(self, gauge: Gauge, *, event: Callable[[Outcome], None] = lambda _outcome: None) -> None:
        self._gauge = gauge
        self._event = event
        self.counts: Counter[DeliveryStatus] = Counter()

    def recorded(self, outcome: Outcome) -> None:
        self.counts[outcome.delivery.status] += 1
        self._gauge.advance(1)
        self._event(outcome)

    def skipped(self, count: int) -> None:
        self.counts[DeliveryStatus.SKIPPED] += count
        self._gauge.advance(count)

    def recovered(self, claims: int, doubts: int) -> None:
        if claims:
            self._gauge.say(f"due again, after an earlier run had claimed them: {claims:,}")
        if doubts:
            self._gauge.say(f"uncertain, for an earlier run ended while it handed them over: {doubts:,}")

    def paused(self, error: TransportError) -> None:
        hint = f" ({error.hint})" if error.hint else ""
        self._gauge.say(f"sending pauses: {error.message}{hint}; it goes on by itself when the server is back")

    def resumed(self) -> None:
        self._gauge.say("sending goes on")
