"""The record of deliveries, as people read and settle it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, literal_column, or_, select, update

from digest.errors import UsageError
from digest.model import Delivery, DeliveryStatus, Settlement
from digest.store.database import Database
from digest.store.readers import IS_ACTIVE, IS_AWAKE, STANDING
from digest.store.tables import acts, deliveries, editions, subscribers

DUE = (DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED)
HELD = (DeliveryStatus.CLAIMED, DeliveryStatus.HANDING)
FREE: dict[str, Any] = {"sender": None, "token": None, "lease": None}


@dataclass(frozen=True, slots=True)
class Passage:
    """How an edition went through the mail servers: deliveries by status for each, the first and the last try, the rate.

    ``per_second`` counts those that were accepted between the two.
    """

    servers: dict[str, dict[DeliveryStatus, int]]
    first_tried: datetime | None
    last_tried: datetime | None
    per_second: float | None


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

    def due(self, edition: int, now: datetime) -> int:
        """How many are to be handed over by now, those in hand among them."""
        held = deliveries.c.status.in_(HELD)
        arrived = and_(_waits(edition), or_(deliveries.c.due.is_(None), deliveries.c.due <= now))
        query = select(func.count()).where(deliveries.c.edition == edition, or_(held, arrived))
        with self._database.read() as connection:
            count: int = connection.execute(query).scalar_one()
            return count

    def free(self, edition: int, now: datetime, most: int) -> int:
        """How many are due by now and in nobody's hands. No more than ``most`` are counted."""
        arrived = or_(deliveries.c.due.is_(None), deliveries.c.due <= now)
        found = select(deliveries.c.id).where(_waits(edition), arrived).limit(most).subquery()
        with self._database.read() as connection:
            return int(connection.execute(select(func.count()).select_from(found)).scalar_one())

    def waiting(self, edition: int, now: datetime) -> dict[DeliveryStatus, tuple[int, datetime]]:
        """Those whose time is still to come: how many, and when the first is due. Queued ones were never tried."""
        query = (
            select(deliveries.c.status, func.count(), func.min(deliveries.c.due))
            .where(_waits(edition), deliveries.c.due > now)
            .group_by(deliveries.c.status)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return {DeliveryStatus(status): (count, first) for status, count, first in rows}

    def next_due(self, edition: int) -> datetime | None:
        """When the next delivery is due that waits for its time: its reader's hour, or another try."""
        query = select(func.min(deliveries.c.due)).where(_waits(edition))
        with self._database.read() as connection:
            found: datetime | None = connection.execute(query).scalar()
            return found

    def due_between(self, edition: int, after: datetime) -> tuple[datetime, datetime] | None:
        """The first and the last time for which deliveries wait, of those later than ``after``."""
        query = select(func.min(deliveries.c.due), func.max(deliveries.c.due))
        with self._database.read() as connection:
            first, last = connection.execute(query.where(_waits(edition), deliveries.c.due > after)).one()
        return (first, last) if first else None

    def passage(self, edition: int) -> Passage:
        """How far an edition has come, and through which servers."""
        query = (
            select(
                deliveries.c.server,
                deliveries.c.status,
                func.count().label("number"),
                func.min(deliveries.c.first_tried).label("first"),
                func.max(deliveries.c.changed).label("last"),
            )
            .where(deliveries.c.edition == edition, deliveries.c.server != "")
            .group_by(deliveries.c.server, deliveries.c.status)
            .order_by(deliveries.c.server, deliveries.c.status)
        )
        with self._database.read() as connection:
            return _passage(connection.execute(query).all())

    def each(
        self, edition: int, status: DeliveryStatus | None = None
    ) -> Iterator[tuple[Delivery, str, datetime | None]]:
        """Every delivery of an edition with its server and the time of its last change.

        In the order of an index, so that the first comes at once, and a million of them take no memory.
        """
        query = joined().where(deliveries.c.edition == edition)
        if status is None:
            query = query.order_by(deliveries.c.subscriber)
        else:
            query = query.where(deliveries.c.status == status).order_by(deliveries.c.due, deliveries.c.id)
        streamed = query.execution_options(yield_per=1000)
        with self._database.read() as connection, connection.execute(streamed) as rows:
            for row in rows:
                yield delivery_of(row), row.server, row.changed

    def unfinished(self, now: datetime) -> tuple[int, ...]:
        """The editions that have something to hand over at this moment, or in hand."""

        def some(*wanted: ColumnElement[bool]) -> ColumnElement[bool]:
            """The first in the order of an index, or none: one look into it, for this is asked every few seconds. What
            only EXISTS is asked of, PostgreSQL may look up for all editions at once, and read all that is due.
            """
            found = select(deliveries.c.id).where(deliveries.c.edition == editions.c.id, *wanted)
            first = found.order_by(deliveries.c.due).limit(literal_column("1"))
            return first.scalar_subquery().is_not(None)

        due = (deliveries.c.due.is_(None), deliveries.c.due <= now)
        query = (
            select(editions.c.id)
            .where(
                editions.c.stopped.is_(None),
                or_(
                    *(some(deliveries.c.status == status, when) for status in DUE for when in due),
                    *(some(deliveries.c.status == status) for status in HELD),
                ),
            )
            .order_by(editions.c.id)
        )
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def settle(self, edition: int, how: Settlement, now: datetime, *, keys: Collection[str] = ()) -> int:
        """Settles the uncertain deliveries of an edition by a person's word, all or those to the addresses with these
        keys; returns how many.

        Raises UsageError, and settles nothing, when one of the keys has no uncertain delivery.
        """
        doubtful = and_(deliveries.c.edition == edition, deliveries.c.status == DeliveryStatus.UNCERTAIN)
        values: dict[str, Any] = {
            "status": DeliveryStatus.ACCEPTED if how is Settlement.ACCEPT else DeliveryStatus.QUEUED,
            "reply": deliveries.c.reply + f" (settled by the operator: {how})",
            "due": None,
            **FREE,
        }
        with self._database.write() as connection:
            if keys:
                doubtful = deliveries.c.id.in_(_addressed(connection, doubtful, keys))
            held = select(deliveries.c.id).where(doubtful).order_by(deliveries.c.id).with_for_update()
            count = connection.execute(
                update(deliveries).where(deliveries.c.id.in_(held), doubtful).values(values)
            ).rowcount
            # Whom it was about stands in the deliveries; in an act, an address would outlive the person's erasure.
            if count:
                detail = f"{count} uncertain{', by address' if keys else ''}: {how}"
                connection.execute(insert(acts).values(at=now, edition=edition, act="settle", detail=detail))
        return count

    def retry(self, edition: int, now: datetime) -> tuple[int, dict[str, int]]:
        """Makes failed deliveries due again, with new patience: (how many, how many are left out, by the reason why).

        Left out are those whose reader must not be mailed, or does not want to be, any more.
        """
        failed = and_(deliveries.c.edition == edition, deliveries.c.status == DeliveryStatus.FAILED)
        active = exists().where(subscribers.c.id == deliveries.c.subscriber, IS_ACTIVE, IS_AWAKE)
        values: dict[str, Any] = {
            "status": DeliveryStatus.QUEUED,
            "reply": deliveries.c.reply + " (retried by the operator)",
            "first_tried": None,
            "due": None,
            **FREE,
        }
        with self._database.write() as connection:
            count = connection.execute(update(deliveries).where(failed, active).values(values), {"now": now}).rowcount
            why = func.coalesce(STANDING, "erased")
            left = connection.execute(
                select(why, func.count())
                .join_from(deliveries, subscribers, isouter=True)
                .where(failed)
                .group_by(why)
                .order_by(why),
                {"now": now},
            )
            left_out = {str(reason): int(number) for reason, number in left}
            if count:
                detail = f"{count} failed, {sum(left_out.values())} left out"
                connection.execute(insert(acts).values(at=now, edition=edition, act="retry", detail=detail))
        return count, left_out


def _waits(edition: int) -> ColumnElement[bool]:
    return and_(deliveries.c.edition == edition, deliveries.c.status.in_(DUE))


def _passage(rows: Sequence[Row[Any]]) -> Passage:
    servers: dict[str, dict[DeliveryStatus, int]] = {}
    for row in rows:
        servers.setdefault(row.server, {})[DeliveryStatus(row.status)] = row.number
    first = min((row.first for row in rows if row.first), default=None)
    last = max((row.last for row in rows if row.last), default=None)
    seconds = (last - first).total_seconds() if first and last else 0
    accepted = sum(row.number for row in rows if row.status == DeliveryStatus.ACCEPTED)
    return Passage(servers, first, last, round(accepted / seconds, 3) if seconds > 0 else None)


def _addressed(connection: Connection, wanted: ColumnElement[bool], keys: Collection[str]) -> list[int]:
    """The deliveries to these addresses. Raises UsageError, which names those that have none."""
    rows = connection.execute(
        select(deliveries.c.id, subscribers.c.address_key)
        .join_from(deliveries, subscribers)
        .where(wanted, subscribers.c.address_key.in_(keys))
    ).all()
    if unknown := sorted(set(keys) - {row.address_key for row in rows}):
        raise UsageError(
            f"no uncertain delivery to {', '.join(unknown)}: nothing was settled",
            hint="`digest editions deliveries NAME --status uncertain` lists them",
        )
    return [row.id for row in rows]


def joined() -> Any:
    """Deliveries with the person they go to."""
    return select(deliveries, subscribers.c.address, subscribers.c.name).join_from(
        deliveries, subscribers, deliveries.c.subscriber == subscribers.c.id, isouter=True
    )


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
