"""Claimed deliveries that wait for a connection, by the domain they go to: one that is slow holds up no other."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping

from digest.model import Delivery
from digest.pacing import Gate, Limits, Restraint

Claimed = tuple[Delivery, str]  # and the token of its claim
KEPT = 20  # of a slow domain; the others go back, so that they keep nobody out
A_MOMENT = 1.0  # seconds after which a server looks whether there is something for it among what others wait for
PATIENCE = 10.0  # seconds; who has to wait longer for their domain goes back to the ledger until then


class Waiting:
    """First come, first served, but for the limits of domains: configured ones, and those that replies ask for."""

    def __init__(self, limits: Mapping[str, Limits], gates: Mapping[str, Gate]) -> None:
        self._limits = limits
        self._gates = gates
        self._restraints: dict[str, Restraint] = {}
        self._in_hand: Counter[str] = Counter()
        self._free: deque[Claimed] = deque()
        self._parked: dict[str, deque[Claimed]] = {}
        self._aside: deque[Claimed] = deque()  # for a server that takes addresses beyond ASCII (RFC 6531)

    def __len__(self) -> int:
        return len(self._free) + len(self._aside) + sum(map(len, self._parked.values()))

    @property
    def free(self) -> int:
        """How many wait for nothing but a connection."""
        return len(self._free)

    def put(self, claimed: Iterable[Claimed]) -> None:
        self._free.extend(claimed)

    def take(self, now: float, *, ascii_only: bool = False) -> Claimed | None:
        """The next one that its domain lets go now; with ``ascii_only``, those for other servers are put aside."""
        if not ascii_only and self._aside:
            self._free.appendleft(self._aside.popleft())
        for domain, parked in self._parked.items():
            if self.wait_of(domain, now) <= 0:
                found = parked.popleft()
                if not parked:
                    del self._parked[domain]
                return self._took(found, domain, now)
        while self._free:
            found = self._free.popleft()
            if ascii_only and not is_ascii(found[0]):
                self._aside.append(found)
                continue
            domain = domain_of(found[0])
            if not self._is_watched(domain) or (domain not in self._parked and self.wait_of(domain, now) <= 0):
                return self._took(found, domain, now)
            self._parked.setdefault(domain, deque()).append(found)
        return None

    def done(self, delivery: Delivery) -> None:
        """One that was taken is in nobody's hand any more."""
        domain = domain_of(delivery)
        self._in_hand[domain] -= 1
        if not self._in_hand[domain]:
            del self._in_hand[domain]

    def accepted(self, delivery: Delivery, now: float) -> None:
        domain = domain_of(delivery)
        if (restraint := self._restraints.get(domain)) is not None:
            restraint.went_well(now)
            if restraint.free:
                del self._restraints[domain]

    def slowed(self, delivery: Delivery, now: float, chance: float) -> bool:
        """Its domain asked for less; whether that is news."""
        domain = domain_of(delivery)
        news = domain not in self._restraints
        self._restraints.setdefault(domain, Restraint()).slowed(now, self._in_hand[domain], chance)
        return news

    def wait(self, now: float, *, ascii_only: bool = False) -> float:
        """Seconds until one of them may go; 0.0 when one may now, or there is none."""
        if self._free or not len(self) or (self._aside and not ascii_only):
            return 0.0
        return min((self.wait_of(domain, now) for domain in self._parked), default=A_MOMENT)

    def wait_of(self, domain: str, now: float) -> float:
        """Seconds until one may go to this domain."""
        left = 0.0
        if (restraint := self._restraints.get(domain)) is not None:
            left = restraint.wait(now, self._in_hand[domain])
        if (gate := self._gates.get(domain)) is not None:
            most = self._limits[domain].connections
            left = max(left, gate.wait(now), 0.1 if most and self._in_hand[domain] >= most else 0.0)
        return left

    def overdue(self, now: float) -> Iterator[tuple[float, list[Claimed]]]:
        """Those whose domain has to be left alone for longer, with the seconds: they are taken out of here."""
        for domain in list(self._parked):
            if (left := self.wait_of(domain, now)) > PATIENCE:
                yield left, list(self._parked.pop(domain))
            elif len(parked := self._parked[domain]) > KEPT:
                yield PATIENCE, [parked.pop() for _ in range(len(parked) - KEPT)]

    def drain(self) -> list[Claimed]:
        """All of them; none is left."""
        parked = (claimed for claims in self._parked.values() for claimed in claims)
        everything = [*self._free, *self._aside, *parked]
        self._free.clear()
        self._aside.clear()
        self._parked.clear()
        return everything

    def _is_watched(self, domain: str) -> bool:
        return domain in self._restraints or domain in self._gates

    def _took(self, claimed: Claimed, domain: str, now: float) -> Claimed:
        self._in_hand[domain] += 1
        if (restraint := self._restraints.get(domain)) is not None:
            restraint.take(now)
        if (gate := self._gates.get(domain)) is not None:
            gate.take(now)
        return claimed


def domain_of(delivery: Delivery) -> str:
    return delivery.address.rpartition("@")[2].lower()


def is_ascii(delivery: Delivery) -> bool:
    """Whether every server takes its address: a domain has an ASCII form, what stands before the @ has none."""
    return delivery.address.isascii() or delivery.address.rpartition("@")[0].isascii()
