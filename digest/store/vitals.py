"""What is going on: who is sending, what is in hand since when, how much was accepted lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from digest.model import DeliveryStatus
from digest.store.database import Database
from digest.store.deliveries import HELD
from digest.store.senders import living
from digest.store.tables import deliveries, senders

LATELY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Sending:
    """A process that sends, as it enlisted."""

    id: int
    host: str
    process: int
    started: datetime


class Vitals:
    """Looks, and changes nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def senders(self) -> tuple[Sending, ...]:
        """Those that are alive."""
        with self._database.read() as connection:
            rows = connection.execute(select(senders).order_by(senders.c.id)).all()
        alive = living(self._database, [row.id for row in rows])
        return tuple(Sending(row.id, row.host, row.process, row.started) for row in rows if row.id in alive)

    def soonest_lease(self, edition: int) -> datetime | None:
        """When the oldest claim of an edition is over, if somebody holds one."""
        query = select(func.min(deliveries.c.lease)).where(
            deliveries.c.edition == edition, deliveries.c.status.in_(HELD)
        )
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
        return found

    def accepted_lately(self, edition: int, now: datetime) -> int:
        """How many messages of an edition were accepted within LATELY."""
        query = select(func.count()).where(
            deliveries.c.edition == edition,
            deliveries.c.status == DeliveryStatus.ACCEPTED,
            deliveries.c.changed > now - LATELY,
        )
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one())
