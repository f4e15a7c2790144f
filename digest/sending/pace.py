"""How sending goes about it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from digest.delivery import Policy
from digest.pacing import Limits


@dataclass(frozen=True, slots=True)
class Part:
    """What one of many takes: ``processes`` share the limits, and this is the one at ``place``, from 0. It claims ``most``
    deliveries, and leaves the rest to others.
    """

    processes: int = 1
    place: int = 0
    most: int = sys.maxsize


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Pace:
    """``outage`` is how long sick servers are waited for; the others are those of ``Part``."""

    batch: int
    lease: timedelta
    outage: timedelta
    policy: Policy
    domains: Mapping[str, Limits] = field(default_factory=dict)
    processes: int = 1
    place: int = 0
    most: int = sys.maxsize

    def share(self, limits: Limits) -> Limits:
        """What this process may use of them."""
        return limits.share(self.processes, self.place)

    def batch_for(self, rates: Sequence[float]) -> int:
        """Deliveries to claim at once: no more than half a lease can carry where every server has a rate (in seconds)."""
        if not rates or not all(rates):
            return self.batch
        return max(1, min(self.batch, int(sum(rates) / self.processes * self.lease.total_seconds() / 2)))
