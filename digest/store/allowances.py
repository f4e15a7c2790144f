"""What limits allow all senders together: each fetches some of it at a time, so that it costs no question per message.

Measured by the database's clock, since the machines that senders run on may differ.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic

from sqlalchemy import Connection, bindparam, delete, func, select, text, update

from digest.pacing import DAY, Grant, Limits
from digest.store.database import Database, clock
from digest.store.tables import Instant, allowances, takings

AHEAD = timedelta(seconds=1)  # what a rate allows may be fetched so far ahead
AGE = 0.5  # seconds that a grant of a rate is good for
PARTS = 100  # of a window: a grant is good for one of them, and one of them is how exactly it is dated
_DAY = timedelta(seconds=DAY)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_LIMIT = sys.maxsize
_ROUNDING = 1e-6  # of a message


class Allowances:
    """A token bucket for each rate, and a count of what was fetched for each window, by the name of what is limited.

    A grant counts as gone when it has expired. So no window holds more than its limit, wherever it begins: take the grant
    that was fetched last of those that were used in it. The others were fetched before, and expire after the window's
    beginning: all of them were counted when that one was fetched.

    Each message of a rate has a time of its own, which lies within AHEAD after it was fetched, or has begun by then where
    it is longer than that. So in T seconds no more go than such times lie in T + AGE + AHEAD, or begin in T + AGE.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def fetch(self, name: str, limits: Limits, most: int, back: Sequence[Grant] = ()) -> Grant:
        """Up to ``most`` messages that may go now; none, and how long to wait for one. There is a limit on messages.

        ``back`` are grants with the number of those messages that did not go, in the order in which they expire.
        """
        with self._database.write(alone=False) as connection:
            due = _given_back(connection, name, limits, back)
            asked = monotonic()  # before the database looks at its clock: what it grants is over here first
            now = clock(connection)
            start = max(due or now, now)
            free, wait = _of_windows(connection, name, limits, now)
            count = min(most, free, _of_rate(limits, start, now))
            if count <= 0:
                return Grant(0, max(wait, _until_due(limits, start, now)))
            at = _noted(connection, name, limits, now, count) if limits.windows else None
            spent = _spent(connection, name, start + _time_of(count, limits)) if limits.per_second else None
            return Grant(count, 0.0, asked + _age(limits), at, spent)

    def give_back(self, name: str, limits: Limits, back: Sequence[Grant]) -> None:
        """Messages that were fetched and did not go."""
        with self._database.write(alone=False) as connection:
            _given_back(connection, name, limits, back)


def _age(limits: Limits) -> float:
    """Seconds that a grant is good for."""
    ages = [length / PARTS for length, _ in limits.windows]
    return min([*ages, AGE] if limits.per_second else ages)


# In the words of both databases.
_BEGIN = text("INSERT INTO allowances (name) VALUES (:of) ON CONFLICT DO NOTHING")
_ADD = text(
    "INSERT INTO takings (name, at, count) VALUES (:of, :at, :count)"
    " ON CONFLICT (name, at) DO UPDATE SET count = takings.count + excluded.count"
).bindparams(bindparam("at", type_=Instant()))
_SET_DUE = update(allowances).where(allowances.c.name == bindparam("of")).values(due=bindparam("then"))
_SUBTRACT = (
    update(takings)
    .where(takings.c.name == bindparam("of"), takings.c.at == bindparam("then"))
    .values(count=takings.c.count - bindparam("less"))
)


def _locked(connection: Connection, name: str) -> datetime | None:
    """Until when the rate is spent; the row is this transaction's until its end."""
    query = select(allowances.c.due).where(allowances.c.name == name).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        connection.execute(_BEGIN, {"of": name})
        row = connection.execute(query).one()
    due: datetime | None = row.due
    return due


def _given_back(connection: Connection, name: str, limits: Limits, back: Sequence[Grant]) -> datetime | None:
    """Until when the rate is spent then. Times before those that others have fetched since are lost: nobody else may have
    theirs a second time.
    """
    due = before = _locked(connection, name)
    for grant in reversed(back):
        if grant.at is not None:
            connection.execute(_SUBTRACT, {"of": name, "then": grant.at, "less": grant.messages})
        if grant.due is not None and grant.due == due:
            due = grant.due - _time_of(grant.messages, limits)
    if due is not None and due != before:
        _spent(connection, name, due)
    return due


def _time_of(count: int, limits: Limits) -> timedelta:
    return timedelta(seconds=count / limits.per_second)


def _of_rate(limits: Limits, start: datetime, now: datetime) -> int:
    if not limits.per_second:
        return _NO_LIMIT
    room = (now + AHEAD - start).total_seconds()
    return int(room * limits.per_second + _ROUNDING) or int(start <= now)  # a rate below one in AHEAD


def _until_due(limits: Limits, start: datetime, now: datetime) -> float:
    if not limits.per_second:
        return 0.0
    return max(0.0, (start - now).total_seconds() + min(0.0, 1 / limits.per_second - AHEAD.total_seconds()))


def _of_windows(connection: Connection, name: str, limits: Limits, now: datetime) -> tuple[int, float]:
    """How many more go into each window, and the seconds until the first of what fills one leaves it."""
    free, wait = _NO_LIMIT, 0.0
    for length, most in limits.windows:
        since = now - timedelta(seconds=length)
        counted = (takings.c.name == name, takings.c.at > since, takings.c.count > 0)
        query = select(func.coalesce(func.sum(takings.c.count), 0), func.min(takings.c.at)).where(*counted)
        taken, first = connection.execute(query).one()
        if taken >= most:
            wait = max(wait, length - (now - first).total_seconds())
        free = min(free, most - int(taken))
    return free, wait


def _spent(connection: Connection, name: str, until: datetime) -> datetime:
    connection.execute(_SET_DUE, {"of": name, "then": until})
    return until


def _noted(connection: Connection, name: str, limits: Limits, now: datetime, count: int) -> datetime:
    """When they count as gone: where a part of the shortest window ends, so that a day has no more rows than such parts.
    They count for a day, the longest window.
    """
    expires = now + timedelta(seconds=_age(limits))
    shortest, _ = limits.windows[0]
    at = expires + (_EPOCH - expires) % timedelta(seconds=shortest / PARTS)
    connection.execute(delete(takings).where(takings.c.name == name, takings.c.at <= now - _DAY))
    connection.execute(_ADD, {"of": name, "at": at, "count": count})
    return at
