"""What the clockwork writes to its log: one line for each event that an operator may ask about."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from digest.errors import TransportError
from digest.metrics import MESSAGES
from digest.model import DeliveryStatus, EditionRecord, Outcome
from digest.sending.server import nameless

log = logging.getLogger("digest")


class LogWatch:
    """Writes down what happens to an edition; never an address above DEBUG.

    ``paused`` is called when sending pauses, ``goes_on`` with the first message that is through, at first or again.
    """

    def __init__(self, record: EditionRecord, *, paused: Callable[[], object], goes_on: Callable[[], object]) -> None:
        self._edition = record.name
        self._handed = 0
        self._pauses = paused
        self._goes_on = goes_on

    def recorded(self, outcome: Outcome) -> None:
        if not self._handed:
            self._goes_on()
        self._handed += 1
        MESSAGES.labels(outcome.server, outcome.delivery.status.value).inc()
        level = logging.DEBUG if outcome.delivery.status is DeliveryStatus.ACCEPTED else logging.INFO
        if not log.isEnabledFor(level):
            return
        facts = {
            "edition": self._edition,
            "delivery": outcome.delivery.id,
            "status": outcome.delivery.status.value,
            "attempts": outcome.delivery.attempts,
            "reply": nameless(outcome.delivery.reply),
            "server": outcome.server,
        }
        log.log(level, "delivery", extra=facts)

    def skipped(self, count: int) -> None:
        self._handed += count
        log.info("skipped", extra={"edition": self._edition, "deliveries": count})

    def recovered(self, claims: int, doubts: int) -> None:
        if claims or doubts:
            log.warning("recovered", extra={"edition": self._edition, "due_again": claims, "uncertain": doubts})

    def paused(self, error: TransportError) -> None:
        self._pauses()
        log.error("paused", extra={"edition": self._edition, "why": error.message, "hint": error.hint})

    def resumed(self) -> None:
        self._goes_on()
        log.info("resumed", extra={"edition": self._edition})

    def failing(self, server: str, error: TransportError) -> None:
        facts = {"edition": self._edition, "server": server, "why": error.message, "hint": error.hint}
        log.warning("failing", extra=facts)

    def back(self, server: str) -> None:
        log.info("back", extra={"edition": self._edition, "server": server})

    def slowed(self, whom: str, reply: str) -> None:
        log.info("slowed", extra={"edition": self._edition, "whom": whom, "reply": nameless(reply)})

    def spent(self, server: str, until: datetime) -> None:
        log.info("spent", extra={"edition": self._edition, "server": server, "until": until.isoformat()})

    @property
    def has_handed(self) -> bool:
        """Whether something became of a delivery."""
        return self._handed > 0

    def summed_up(self, counts: dict[DeliveryStatus, int]) -> None:
        log.info("sent", extra={"edition": self._edition, **{status.value: n for status, n in counts.items()}})
