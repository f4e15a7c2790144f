"""The mail servers of one run together: which of them take mail, and who is told when that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from digest.errors import TransportError
from digest.sending.pace import Pace
from digest.sending.ports import Clock, Watch
from digest.sending.relay import Outlet, Relay, warmed_up
from digest.sending.supply import Supply
from digest.sending.taps import Taps

LONG = 10.0  # seconds; who has to wait longer for a server's limits is told of it
TOO_LONG = 3700.0  # seconds; a server whose limits last longer is spent for this run


class Fleet:
    """Outlets by the names of their servers. ``shared`` are those of other runs of this process: what the limits allow
    is for all of them together.
    """

    def __init__(self, pace: Pace, taps: Taps, clock: Clock, watch: Watch, shared: dict[str, Outlet]) -> None:
        self._pace = pace
        self._taps = taps
        self._shared = shared
        self._clock = clock
        self._watch = watch
        self._sick_since: datetime | None = None  # all of them
        self._outlets: dict[str, Outlet] = {}
        self.is_over = False  # there is no use in waiting for what is left of the servers

    @property
    def outlets(self) -> Mapping[str, Outlet]:
        return self._outlets

    async def open(self, relays: Sequence[Relay], supply: Supply) -> None:
        """What each may take still, by what it was given before."""
        for relay in relays:
            whole = warmed_up(relay, await supply.first_used(relay), self._clock.now())
            used = () if self._taps.are_shared else await supply.used(relay)
            part = self._pace.share(replace(whole, connections=relay.connections))
            if relay.name not in self._shared:
                gate = self._taps.gate(relay.name, whole, part, _part(used, self._pace.processes))
                self._shared[relay.name] = Outlet(relay, part.connections, gate)
            outlet = self._shared[relay.name]
            outlet.users += 1
            self._outlets[relay.name] = outlet

    async def close(self, supply: Supply) -> None:
        """Lets go of the servers; those that no other run shares are looked at anew by the next one."""
        for name, outlet in self._outlets.items():
            outlet.users -= 1
            if not outlet.users:
                self._shared.pop(name, None)
                self._taps.answer_for(outlet.gate)
        for outlet in self._outlets.values():
            if outlet.relay.warm_up and outlet.has_carried:
                await supply.note_first_use(outlet.relay)

    def places(self, most: int) -> list[tuple[Outlet, int]]:
        """One place for each connection, numbered for each server: as many as are allowed, but no more than there is to
        carry.
        """
        return [(outlet, n) for outlet in self._outlets.values() for n in range(min(outlet.connections, most))]

    def fell_ill(self, outlet: Outlet, error: TransportError) -> bool:
        """A connection of it broke; whether no server takes mail now. Raises the error when that lasts for too long.

        One that had carried mail is given another chance before it counts as sick. One that has had all that its limits
        allow is not sick: then nothing is raised, and ``is_over`` when that has lasted for too long.
        """
        now = self._clock.now()
        outlet.broken += 1
        if not outlet.proven and outlet.sick_since is None and (outlet.broken > 1 or not outlet.has_carried):
            outlet.sick_since = now
            self._come_or_gone()
            if len(self._outlets) > 1:
                self._watch.failing(outlet.name, error)
        if not self._nobody_can:
            return False
        if self._sick_since is None:
            self._sick_since = now
            self._watch.paused(error)
        if now - self._sick_since >= self._pace.outage:
            if not any(one.sick_since is None for one in self._outlets.values()):
                raise error
            self.is_over = True
        return True

    def is_well(self, outlet: Outlet, connection: object) -> None:
        """That connection has carried mail."""
        if not outlet.proven:
            self._come_or_gone()
        outlet.proven.add(connection)
        outlet.has_carried, outlet.broken = True, 0
        if outlet.sick_since is not None:
            outlet.sick_since = None
            self._come_or_gone()
            if len(self._outlets) > 1:
                self._watch.back(outlet.name)
        if self._sick_since is not None:
            self._sick_since = None
            self._watch.resumed()

    def wait(self, outlet: Outlet, now: datetime) -> float | None:
        """Seconds until it may take one more; None when this run should not wait for that. Told once, if it is long."""
        news = [one for one in self._outlets.values() if one.listen(now.timestamp())]
        if news:
            self._come_or_gone()
        wait = outlet.wait(now.timestamp(), self._outlets)
        until = now + timedelta(seconds=wait) if wait > LONG else None
        if (until is None) != (outlet.spent_until is None):
            self._come_or_gone()
            if until is not None:
                self._watch.spent(outlet.name, until)
        outlet.spent_until = until
        return None if wait > TOO_LONG else wait

    def goes_on_at(self) -> datetime | None:
        """When the first of them may take something again, if none may now."""
        untils = [outlet.spent_until for outlet in self._outlets.values()]
        return min((until for until in untils if until is not None), default=None) if self._nobody_can else None

    @property
    def _nobody_can(self) -> bool:
        return not any(one.can_take for one in self._outlets.values())

    def _come_or_gone(self) -> None:
        """The shares begin again: a server has come or gone."""
        for outlet in self._outlets.values():
            outlet.taken = 0


def _part(used: Sequence[tuple[float, int]], processes: int) -> list[tuple[float, int]]:
    """What one of several processes is to count of what was used before: rounded up once, not for each minute."""
    sums = [0, *accumulate(count for _, count in used)]
    parts = [-(-after // processes) - -(-before // processes) for before, after in pairwise(sums)]
    return [(ago, part) for (ago, _), part in zip(used, parts, strict=True)]
