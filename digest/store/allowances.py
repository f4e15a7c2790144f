"""What limits allow all senders together: each fetches some of it at a time, so that it costs no question per message.

Measured by the database's clock, since the machines that senders run on may differ.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from digest.pacing import DAY, HOUR, MINUTE, Grant, Limits
from digest.store.database import Database, clock
from digest.store.tables import allowances, takings

AHEAD = timedelta(seconds=1)  # what a rate allows may be fetched so far ahead: the burst of all senders together
_DAY = timedelta(seconds=DAY)
_NO_LIMIT = sys.maxsize
_ROUNDING = 1e-6  # of a message


class Allowances:
    """A token bucket for each rate, and a count of what was fetched for each window, by the name of what is limited."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fetch(self, name: str, limits: Limits, most: int) -> Grant:
        """Up to ``most`` messages that may go now; none, and how long to wait for one."""
        with self._database.write(alone=False) as connection:
            due = _locked(connection, name)
            now = clock(connection)
            free, wait = _of_windows(connection, name, limits, now)
            count = min(most, free, _of_rate(limits, due, now))
            if count <= 0:
                return Grant(0, max(wait, _until_due(limits, due, now)))
            if limits.per_second:
                _spend(connection, name, max(due or now, now) + timedelta(seconds=count / limits.per_second))
            if limits.per_minute or limits.per_hour or limits.per_day:
                _note(connection, name, now, count)
        return Grant(count)

    def give_back(self, name: str, limits: Limits, count: int) -> None:
        """Messages that were fetched and did not go."""
        with self._database.write(alone=False) as connection:
            due = _locked(connection, name)
            last = select(func.max(takings.c.id)).where(takings.c.name == name, takings.c.count >= count)
            connection.execute(
                update(takings).where(takings.c.id == last.scalar_subquery()).values(count=takings.c.count - count)
            )
            if limits.per_second and due:
                _spend(connection, name, due - timedelta(seconds=count / limits.per_second))


_BEGIN = text("INSERT INTO allowances (name) VALUES (:of) ON CONFLICT DO NOTHING")  # in the words of both databases
_SET_DUE = update(allowances).where(allowances.c.name == bindparam("of")).values(due=bindparam("then"))


def _locked(connection: Connection, name: str) -> datetime | None:
    """Until when the rate is spent; the row is this transaction's until its end."""
    query = select(allowances.c.due).where(allowances.c.name == name).with_for_update()
    row = connection.execute(query).one_or_none()
    if row is None:
        connection.execute(_BEGIN, {"of": name})
        row = connection.execute(query).one()
    due: datetime | None = row.due
    return due


def _of_rate(limits: Limits, due: datetime | None, now: datetime) -> int:
    if not limits.per_second:
        return _NO_LIMIT
    room = (now + AHEAD - max(due or now, now)).total_seconds()
    return int(room * limits.per_second + _ROUNDING) or int(due is None or due <= now)  # a rate below one in AHEAD


def _until_due(limits: Limits, due: datetime | None, now: datetime) -> float:
    if not limits.per_second or due is None:
        return 0.0
    return max(0.0, (due - now).total_seconds() + min(0.0, 1 / limits.per_second - AHEAD.total_seconds()))


def _of_windows(connection: Connection, name: str, limits: Limits, now: datetime) -> tuple[int, float]:
    """How many more go into each window, and the seconds until the first of what fills one leaves it."""
    free, wait = _NO_LIMIT, 0.0
    for length, most in ((MINUTE, limits.per_minute), (HOUR, limits.per_hour), (DAY, limits.per_day)):
        if not most:
            continue
        since = now - timedelta(seconds=length)
        query = select(func.coalesce(func.sum(takings.c.count), 0), func.min(takings.c.at))
        taken, first = connection.execute(query.where(takings.c.name == name, takings.c.at > since)).one()
        if taken >= most:
            wait = max(wait, length - (now - first).total_seconds())
        free = min(free, most - int(taken))
    return free, wait


def _spend(connection: Connection, name: str, until: datetime) -> None:
    connection.execute(_SET_DUE, {"of": name, "then": until})


def _note(connection: Connection, name: str, now: datetime, count: int) -> None:
    """What was fetched counts for a day, the longest window."""
    connection.execute(delete(takings).where(takings.c.name == name, takings.c.at <= now - _DAY))
    connection.execute(insert(takings).values(name=name, at=now, count=count))
