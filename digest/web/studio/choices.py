"""What somebody may look at: a digest, one of its periods, as a subscriber or with categories of their choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

from digest import desk
from digest.app import App
from digest.identity import category_key
from digest.model import Period, Selection, Subscriber
from digest.period import Unit, last_complete
from digest.publishing import Digest

PERIODS_OFFERED = 12
# From the end of one period to an instant at which the next has ended, and the one after it has not.
_BEYOND = {Unit.DAY: timedelta(hours=30), Unit.WEEK: timedelta(days=8), Unit.MONTH: timedelta(days=32)}


class Parameters(Protocol):
    """What stands behind the question mark of an address."""

    def get(self, key: str, /) -> str | None: ...

    def getlist(self, key: str, /) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class Choice:
    """What is looked at; what is empty is left to the configuration, and with ``address`` the categories do not count."""

    digest: str = ""
    period: str = ""
    address: str = ""
    categories: frozenset[str] = frozenset()

    @classmethod
    def read(cls, parameters: Parameters) -> Choice:
        """The choice that a page's address holds."""
        return cls(
            digest=parameters.get("digest") or "",
            period=parameters.get("period") or "",
            address=(parameters.get("for") or "").strip(),
            categories=frozenset(filter(None, map(category_key, parameters.getlist("category")))),
        )

    def query(self, **more: str) -> str:
        """The reverse of ``read``, with ``more`` behind it."""
        named: Mapping[str, str] = {"digest": self.digest, "period": self.period, "for": self.address}
        pairs = [(key, value) for key, value in named.items() if value]
        return urlencode([*pairs, *(("category", key) for key in sorted(self.categories)), *more.items()])

    def reader(self, app: App) -> Subscriber:
        """Whose mail it is. Raises UsageError for somebody who is not subscribed, AddressError."""
        if self.address:
            return desk.subscribed(app, self.address)
        return desk.choosing(Selection(self.categories))


def periods(app: App, digest: Digest, chosen: Period) -> tuple[Period, ...]:
    """Those to choose from, the latest first: the running one, the last complete ones, the frozen ones, the chosen one."""
    latest = last_complete(digest.cadence, app.now())
    offered = [last_complete(digest.cadence, latest.end + _BEYOND[digest.cadence.unit]), latest]
    while len(offered) < PERIODS_OFFERED:
        offered.append(last_complete(digest.cadence, offered[-1].start))
    offered += (record.period for record in app.editions.every(digest.name))
    by_name = {period.name: period for period in (*offered, chosen)}
    return tuple(sorted(by_name.values(), key=lambda period: (period.start, period.end), reverse=True))
