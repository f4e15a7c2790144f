"""Mail servers side by side: what each may take, and how it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from digest.model import Delivery, Reply
from digest.pacing import Gate, Limits, Restraint, Share, is_rate_limit, may_take, warm_up
from digest.sending.ports import Transport
from digest.sending.waiting import domain_of

A_TURN = 0.05  # seconds after which a server looks whether its turn has come
SILENCE = 10.0  # seconds without a word about what it has in hand: then the others do not wait for its turn
DOMAINS_IN_A_ROW = 3  # asked for less, with nothing accepted between them: then it is the server that asks


@dataclass(frozen=True, slots=True)
class Relay:
    """A server to send through. ``weight`` 0: whatever it can take; ``warm_up`` 0: it is not new."""

    name: str
    transport: Transport
    connections: int
    limits: Limits = field(default_factory=Limits)
    weight: float = 0
    warm_up: int = 0
    warm_up_factor: float = 1.5


class Outlet:
    """A relay while sending goes on. Moments are seconds on the caller's clock."""

    def __init__(self, relay: Relay, connections: int, gate: Gate) -> None:
        self.relay = relay
        self.connections = connections
        self.users = 0  # runs that share it
        self.gate = gate
        self.proven: set[object] = set()  # connections that have carried mail
        self.sick_since: datetime | None = None
        self.spent_until: datetime | None = None
        self._restraint = Restraint()
        self._asked_for_less: set[str] = set()
        self._in_hand = 0
        self._heard = 0.0  # when it last had nothing to answer, or did
        self.is_silent = False
        self.takes_utf8: bool | None = None  # RFC 6531; nobody knows before it was greeted
        self.has_carried = False
        self.broken = 0  # connections in a row
        self.taken = 0  # since the servers that share the load were last others

    @property
    def name(self) -> str:
        return self.relay.name

    @property
    def can_take(self) -> bool:
        return self.sick_since is None and self.spent_until is None

    @property
    def seats(self) -> int:
        """Connections for each of the runs that share it."""
        return max(1, self.connections // max(1, self.users))

    @property
    def is_at_it(self) -> bool:
        """Whether it takes mail just now: who only may, such as one that is hanging while it is greeted, has no share."""
        return bool(self.proven) and self.can_take and not self.is_silent

    def wait(self, now: float, outlets: Mapping[str, Outlet]) -> float:
        """Seconds until it may take one more; 0.0 when it may now."""
        left = max(self.gate.wait(now), self._restraint.wait(now, self._in_hand))
        if left <= 0 and self.relay.weight and self.can_take:
            side_by_side = {name: one for name, one in outlets.items() if one.is_at_it}
            shares = {
                name: Share(one.relay.weight, one.taken) for name, one in (side_by_side | {self.name: self}).items()
            }
            left = 0.0 if may_take(self.name, shares) else A_TURN
        return left

    def listen(self, now: float) -> bool:
        """Whether it fell silent, or found its voice again."""
        before, self.is_silent = self.is_silent, bool(self._in_hand) and now - self._heard > SILENCE
        return before != self.is_silent

    def take(self, now: float) -> None:
        if not self._in_hand:
            self._heard = now
        self._in_hand += 1
        self.taken += 1
        self.gate.take(now)
        self._restraint.take(now)

    def take_back(self, taken: float, now: float) -> None:
        """One that was taken did not go."""
        self._heard = now
        self._in_hand -= 1
        self.taken -= 1
        self.gate.give_back(taken)

    def heard(self, delivery: Delivery, reply: Reply, now: float, chance: float) -> bool:
        """Its word on a message; whether it asks for less now, whatever the recipient's domain."""
        self._in_hand -= 1
        self._heard = now
        if not is_rate_limit(reply.code, reply.text):
            self._restraint.went_well(now)
            self._asked_for_less.clear()
            return False
        self._asked_for_less.add(domain_of(delivery))
        if len(self._asked_for_less) < DOMAINS_IN_A_ROW:
            return False
        self._asked_for_less.clear()
        self._restraint.slowed(now, self._in_hand + 1, chance)
        return True


def warmed_up(relay: Relay, first_used: datetime, now: datetime) -> Limits:
    """The limits of a server with what a new one may send today."""
    if not relay.warm_up:
        return relay.limits
    today = warm_up(relay.warm_up, relay.warm_up_factor, (now - first_used) // timedelta(days=1))
    return replace(relay.limits, per_day=min(relay.limits.per_day or today, today))
