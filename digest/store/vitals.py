"""What is going on: who is sending, what is in hand since when, how much was accepted lately."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, text

from digest.errors import StoreError
from digest.model import DeliveryStatus
from digest.store.database import Database, clock, file_of
from digest.store.deliveries import HELD
from digest.store.senders import living
from digest.store.tables import deliveries, senders

LATELY = timedelta(minutes=1)
_SHORTEST = timedelta(seconds=1)  # many are recorded at once, and say nothing of a time that is shorter


@dataclass(frozen=True, slots=True)
class Sending:
    """A process that sends, as it enlisted."""

    id: int
    host: str
    process: int
    started: datetime


class Vitals:
    """Looks, and changes nothing. It is ``now`` by the clock that the other times are told by: the database's own, by which
    senders enlist and claim, may be another one.
    """

    def __init__(self, database: Database, now: datetime) -> None:
        self._database = database
        self._now = now
        with database.read() as connection:
            self._ahead = now - clock(connection)

    def senders(self) -> tuple[Sending, ...]:
        """Those that are alive."""
        with self._database.read() as connection:
            rows = connection.execute(select(senders).order_by(senders.c.id)).all()
        alive = living(self._database, [row.id for row in rows])
        return tuple(
            Sending(row.id, row.host, row.process, row.started + self._ahead) for row in rows if row.id in alive
        )

    def soonest_lease(self, edition: int) -> datetime | None:
        """When the oldest claim of an edition is over, if somebody holds one."""
        query = select(func.min(deliveries.c.lease)).where(
            deliveries.c.edition == edition, deliveries.c.status.in_(HELD)
        )
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found and found + self._ahead

    def per_second(self, edition: int) -> float:
        """How many messages of an edition were accepted in a second, within LATELY, or since the first one."""
        lately = func.count().filter(deliveries.c.changed > self._now - LATELY)
        query = select(lately, func.min(deliveries.c.changed)).where(
            deliveries.c.edition == edition, deliveries.c.status == DeliveryStatus.ACCEPTED
        )
        with self._database.read() as connection:
            count, first = connection.execute(query).one()
        if not count:
            return 0.0
        return float(count / max(_SHORTEST, min(LATELY, self._now - first)).total_seconds())


def require_room(url: str) -> None:
    """Whether tables can be made in a database that has none. A file's are made with it. Raises StoreError."""
    if file_of(url):
        return
    with closing(Database(url, read_only=True)) as database, database.read() as connection:
        schema, role, allowed = connection.execute(_ROOM).one()
        if not allowed:
            quoted = connection.dialect.identifier_preparer.quote
            raise StoreError(
                f"{database.name}: empty, and this role may not make its tables",
                hint=f"GRANT USAGE, CREATE ON SCHEMA {quoted(schema)} TO {quoted(role)}",
            )


_ROOM = text(
    "SELECT coalesce(current_schema(), 'public'), current_user, has_schema_privilege(current_schema(), 'CREATE')"
)
