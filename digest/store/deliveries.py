"""The record of deliveries, as people read and settle it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select, update

from digest.model import Delivery, DeliveryStatus, Settlement
from digest.store.database import Database
from digest.store.tables import acts, deliveries, editions, subscribers

DUE = (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)
FREE: dict[str, Any] = {"sender": None, "token": None, "lease": None}


class Deliveries:
    """The record that is read and settled by people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, edition: int) -> dict[DeliveryStatus, int]:
        """How many deliveries stand where; the sum is the number that was frozen."""
        query = (
            select(deliveries.c.status, func.count())
            .where(deliveries.c.edition == edition)
            .group_by(deliveries.c.status)
        )
        with self._database.read() as connection:
            found = {DeliveryStatus(status): int(count) for status, count in connection.execute(query)}
        return {status: found[status] for status in DeliveryStatus if status in found}

    def next_due(self, edition: int) -> datetime | None:
        """When the next deferred delivery will be tried."""
        query = select(func.min(deliveries.c.due)).where(
            deliveries.c.edition == edition, deliveries.c.status == DeliveryStatus.DEFERRED
        )
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found

    def each(
        self, edition: int, status: DeliveryStatus | None = None
    ) -> Iterator[tuple[Delivery, str, datetime | None]]:
        """Every delivery of an edition with its server and the time of its last change."""
        query = joined().where(deliveries.c.edition == edition).order_by(deliveries.c.id)
        if status is not None:
            query = query.where(deliveries.c.status == status)
        with self._database.read() as connection:
            for row in connection.execute(query).yield_per(1000):
                yield delivery_of(row), row.server, row.changed

    def unfinished(self, now: datetime) -> tuple[int, ...]:
        """The editions that have something to hand over at this moment."""
        query = (
            select(deliveries.c.edition)
            .join_from(deliveries, editions)
            .where(
                editions.c.stopped.is_(None),
                or_(
                    deliveries.c.status.in_((DeliveryStatus.CLAIMED, DeliveryStatus.HANDING)),
                    and_(deliveries.c.status.in_(DUE), or_(deliveries.c.due.is_(None), deliveries.c.due <= now)),
                ),
            )
            .distinct()
            .order_by(deliveries.c.edition)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def settle(self, edition: int, how: Settlement, now: datetime) -> int:
        """Settles all uncertain deliveries of an edition by a person's word; returns how many."""
        doubtful = (deliveries.c.edition == edition, deliveries.c.status == DeliveryStatus.UNCERTAIN)
        values: dict[str, Any] = {
            "status": DeliveryStatus.ACCEPTED if how is Settlement.ACCEPT else DeliveryStatus.QUEUED,
            "reply": deliveries.c.reply + f" (settled by the operator: {how})",
            "due": None,
            "changed": now,
            **FREE,
        }
        with self._database.write() as connection:
            count = connection.execute(update(deliveries).where(*doubtful).values(values)).rowcount
            detail = f"{count} uncertain: {how}"
            connection.execute(insert(acts).values(at=now, edition=edition, act="settle", detail=detail))
        return count


def joined() -> Any:
    """Deliveries with the person they go to."""
    return select(
        deliveries, subscribers.c.address, subscribers.c.name, subscribers.c.status.label("person")
    ).join_from(deliveries, subscribers, deliveries.c.subscriber == subscribers.c.id, isouter=True)


def delivery_of(row: Row[Any]) -> Delivery:
    return Delivery(
        id=row.id,
        edition=row.edition,
        rendition=row.rendition,
        subscriber=row.subscriber or 0,
        address=row.address or "",
        name=row.name or "",
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        first_tried=row.first_tried,
        due=row.due,
        reply=row.reply,
    )
