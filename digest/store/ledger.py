"""The delivery ledger: claims, hand-overs and outcomes, each committed before it is acted on or told."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, case, exists, func, or_, select, update

from digest.model import Claim, DeliveryStatus, Outcome, SubscriberStatus
from digest.store.database import Database, clock
from digest.store.deliveries import DUE, FREE, delivery_of, joined
from digest.store.senders import SenderLock
from digest.store.tables import deliveries, editions, subscribers


class Ledger:
    """One sender's hands on the deliveries. Every write names the token of its claim; without it nothing is changed."""

    def __init__(self, database: Database, sender: SenderLock) -> None:
        self._database = database
        self._sender = sender

    def recover(self, *, resend: bool) -> tuple[int, int]:
        """Takes back what dead or overdue senders held: (claims that are due again, hand-overs now uncertain)."""
        held = deliveries.c.status.in_((DeliveryStatus.CLAIMED, DeliveryStatus.HANDING))
        with self._database.read() as connection:
            holders = connection.execute(select(deliveries.c.sender).where(held).distinct()).scalars().all()
        if not holders:
            return 0, 0
        dead = self._sender.dead(holders)
        with self._database.write() as connection:
            now = clock(connection)
            lost = or_(deliveries.c.sender.in_(dead), deliveries.c.lease < now)
            doubts = _give_up_hand_overs(connection, lost, now, resend=resend)
            claims = connection.execute(
                update(deliveries)
                .where(deliveries.c.status == DeliveryStatus.CLAIMED, lost)
                .values(status=DeliveryStatus.QUEUED, **FREE)
            ).rowcount
        return claims, doubts

    def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim:
        """Takes up to ``most`` due deliveries for the time of ``lease``; those who have left are skipped on the way."""
        token = secrets.token_hex(8)
        with self._database.write() as connection:
            rows = connection.execute(
                joined()
                .join(editions, editions.c.id == deliveries.c.edition)
                .where(
                    deliveries.c.edition == edition,
                    deliveries.c.status.in_(DUE),
                    or_(deliveries.c.due.is_(None), deliveries.c.due <= now),
                    editions.c.stopped.is_(None),
                )
                .limit(most)
            ).all()
            staying = [row for row in rows if row.person == SubscriberStatus.ACTIVE]
            _skip(connection, [row for row in rows if row.person != SubscriberStatus.ACTIVE], now)
            connection.execute(
                update(deliveries)
                .where(deliveries.c.id.in_([row.id for row in staying]))
                .values(
                    status=DeliveryStatus.CLAIMED,
                    sender=self._sender.id,
                    token=token,
                    lease=clock(connection) + lease,
                )
            )
        return Claim(token, tuple(delivery_of(row) for row in staying), skipped=len(rows) - len(staying))

    def commit(
        self, handing: Sequence[tuple[int, str]], outcomes: Sequence[Outcome], now: datetime, lease: timedelta
    ) -> frozenset[int]:
        """One transaction for outcomes and hand-overs; returns the deliveries whose content may leave now.

        A hand-over is refused when the claim was lost, the subscriber has left, or the edition was stopped.
        """
        with self._database.write() as connection:
            _record(connection, outcomes, now)
            return _hand_over(connection, handing, now, lease) if handing else frozenset()

    def hand_back(self, claimed: Sequence[tuple[int, str]]) -> None:
        """Claims that will not be used are due again at once."""
        with self._database.write() as connection:
            for delivery, token in claimed:
                connection.execute(
                    update(deliveries)
                    .where(
                        deliveries.c.id == delivery,
                        deliveries.c.token == token,
                        deliveries.c.status == DeliveryStatus.CLAIMED,
                    )
                    .values(status=DeliveryStatus.QUEUED, **FREE)
                )


# --- statements ----------------------------------------------------------------------------------------------------


def _skip(connection: Connection, rows: Sequence[Row[Any]], now: datetime) -> None:
    for row in rows:
        reply = f"{row.person or 'erased'} before it was sent"
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == row.id)
            .values(status=DeliveryStatus.SKIPPED, reply=reply, due=None, changed=now, **FREE)
        )


def _give_up_hand_overs(connection: Connection, lost: ColumnElement[bool], now: datetime, *, resend: bool) -> int:
    """Their token stays: if the sender was only asleep, its late answer may still turn the doubt into certainty."""
    values: dict[str, Any] = {
        "status": DeliveryStatus.QUEUED if resend else DeliveryStatus.UNCERTAIN,
        "attempts": deliveries.c.attempts + 1,
        "first_tried": func.coalesce(deliveries.c.first_tried, deliveries.c.changed),
        "reply": "the sender ended while this message was being handed over",
        "changed": now,
        "lease": None,
    }
    if resend:
        values |= FREE
    return connection.execute(
        update(deliveries).where(deliveries.c.status == DeliveryStatus.HANDING, lost).values(values)
    ).rowcount


# One statement for every outcome, built once: a late acceptance may still settle the doubt of its own claim, and a doubt
# keeps its claim for that.
_RECORD = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        deliveries.c.token == bindparam("claim"),
        or_(
            deliveries.c.status == DeliveryStatus.HANDING,
            and_(deliveries.c.status == DeliveryStatus.UNCERTAIN, bindparam("new_status") == DeliveryStatus.ACCEPTED),
        ),
    )
    .values(
        status=bindparam("new_status"),
        attempts=bindparam("new_attempts"),
        first_tried=bindparam("new_first_tried"),
        due=bindparam("new_due"),
        reply=bindparam("new_reply"),
        server=bindparam("new_server"),
        changed=bindparam("new_changed"),
        **{
            name: case((bindparam("new_status") == DeliveryStatus.UNCERTAIN, deliveries.c[name]), else_=None)
            for name in FREE
        },
    )
)


def _record(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    if plain := [_recorded(outcome, now) for outcome in outcomes if not outcome.suppress]:
        connection.execute(_RECORD, plain)
    for outcome in outcomes:
        if outcome.suppress and connection.execute(_RECORD, _recorded(outcome, now)).rowcount:
            connection.execute(
                update(subscribers)
                .where(
                    subscribers.c.id == outcome.delivery.subscriber,
                    subscribers.c.status == SubscriberStatus.ACTIVE,
                )
                .values(status=SubscriberStatus.SUPPRESSED, reason=outcome.suppress, changed=now)
            )


def _recorded(outcome: Outcome, now: datetime) -> dict[str, Any]:
    after = outcome.delivery
    return {
        "delivery": after.id,
        "claim": outcome.token,
        "new_status": after.status.value,
        "new_attempts": after.attempts,
        "new_first_tried": after.first_tried,
        "new_due": after.due,
        "new_reply": after.reply,
        "new_server": outcome.server,
        "new_changed": now,
    }


def _hand_over(
    connection: Connection, handing: Sequence[tuple[int, str]], now: datetime, lease: timedelta
) -> frozenset[int]:
    moment = clock(connection)
    by_token: dict[str, list[int]] = {}
    for delivery, token in handing:
        by_token.setdefault(token, []).append(delivery)
    claimed = and_(
        or_(*(and_(deliveries.c.token == token, deliveries.c.id.in_(ids)) for token, ids in by_token.items())),
        deliveries.c.status == DeliveryStatus.CLAIMED,
        deliveries.c.lease > moment,
    )
    active = exists().where(
        subscribers.c.id == deliveries.c.subscriber, subscribers.c.status == SubscriberStatus.ACTIVE
    )
    stopped = select(editions.c.id).where(editions.c.stopped.is_not(None))
    granted = connection.execute(
        update(deliveries)
        .where(claimed, active, deliveries.c.edition.not_in(stopped))
        .values(status=DeliveryStatus.HANDING, lease=moment + lease, changed=now)
        .returning(deliveries.c.id)
    )
    may_leave = frozenset(granted.scalars())
    if len(may_leave) < len(handing):
        gone = connection.execute(joined().where(claimed)).all()  # what is claimed still was refused for a reason
        _skip(connection, [row for row in gone if row.person != SubscriberStatus.ACTIVE], now)
        connection.execute(
            update(deliveries)
            .where(claimed)
            .values(
                status=case((deliveries.c.due.is_(None), DeliveryStatus.QUEUED), else_=DeliveryStatus.DEFERRED), **FREE
            )
        )
    return may_leave
