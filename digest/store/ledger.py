"""The delivery ledger: claims, hand-overs and outcomes, each committed before it is acted on or told.

Senders lock the deliveries that they take and wait for no other writer, unless a refusal has consequences for a person.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    null,
    or_,
    select,
    text,
    update,
)

from digest.model import Claim, Delivery, DeliveryStatus, Notice, Outcome, SubscriberStatus
from digest.store.database import Database, clock
from digest.store.deliveries import FREE, joined
from digest.store.notices import NoticeChanges
from digest.store.readers import IS_ACTIVE, IS_AWAKE, STANDING
from digest.store.rows import ROWS, given, written
from digest.store.senders import SenderLock
from digest.store.tables import Instant, deliveries, editions, meta, senders, subscribers

_DAY = timedelta(days=1)

# What follows from a refusal, in the transaction that records it.
Take = Callable[[NoticeChanges, Notice, datetime], object]


def _nothing(_changes: NoticeChanges, _bounce: Notice, _now: datetime) -> None:
    pass


class Ledger:
    """One sender's hands on the deliveries. Every write names the token of its claim; without it nothing is changed.

    ``take`` is told of each refusal that counts against a mailbox.
    """

    def __init__(self, database: Database, sender: SenderLock, take: Take = _nothing) -> None:
        self._database = database
        self._sender = sender
        self._take = take

    def recover(self, *, resend: bool) -> tuple[int, int]:
        """Takes back what dead or overdue senders held: (claims that are due again, hand-overs now uncertain).

        Claims are taken back from those that are only missing, too: without them nothing leaves.
        """
        with self._database.read() as connection:
            holders = frozenset(connection.execute(select(deliveries.c.sender).where(_IS_HELD).distinct()).scalars())
            enlisted = frozenset(connection.execute(select(senders.c.id)).scalars())
        others = (holders | enlisted) - {None, self._sender.id}
        if not holders and not others:
            return 0, 0
        with self._database.write(alone=False) as connection:
            absent, now = self._sender.absent(connection, others), clock(connection)
            overdue = deliveries.c.lease < now
            doubts = _give_up_hand_overs(
                connection, or_(deliveries.c.sender.in_(absent.dead), overdue), now, resend=resend
            )
            claims = _take_back_claims(connection, or_(deliveries.c.sender.in_(absent.missing), overdue))
            if absent.dead:
                connection.execute(delete(senders).where(senders.c.id.in_(absent.dead)))
        return claims, doubts

    def claim(self, edition: int, most: int, now: datetime, lease: timedelta) -> Claim:
        """Takes up to ``most`` due deliveries for the time of ``lease``; those who have left are skipped on the way.

        Those that were deferred get half of it at most, so that they neither wait for all others nor hold them up.
        """
        token = secrets.token_hex(8)
        self._sender.keep()
        with self._database.write(alone=False) as connection:
            rows = list(_due(connection, edition, most, now))
            staying = [row for row in rows if row.person == SubscriberStatus.ACTIVE]
            _skip(connection, [row for row in rows if row.person != SubscriberStatus.ACTIVE], now)
            connection.execute(
                _CLAIM,
                {
                    "rows": written([[row.id] for row in staying]),
                    "by": self._sender.id,
                    "claim": token,
                    "until": clock(connection) + lease,
                },
            )
        return Claim(token, tuple(_claimed(row) for row in staying), skipped=len(rows) - len(staying))

    def apart(self, outcome: Outcome) -> bool:
        """Whether an outcome is better committed by itself: for its consequences it waits until nobody else is alone, and
        so would whatever comes with it. Where there is one writer anyway, another transaction would only cost more.
        """
        return self._database.server is not None and _has_consequences(outcome)

    def commit(
        self,
        handing: Sequence[tuple[int, str, str]],
        outcomes: Sequence[Outcome],
        now: datetime,
        lease: timedelta,
        *,
        again: bool = False,
    ) -> frozenset[int]:
        """One transaction for outcomes and hand-overs; returns the deliveries whose content may leave now.

        A hand-over is a delivery, the token of its claim, and the server it goes to: whoever looks into a doubt after a
        crash has to know whose log to read.

        A hand-over is refused when the claim was lost, the subscriber has left, or the edition was stopped. It is granted
        once, unless this is the same call ``again``, because nobody knows what became of it.
        """
        alone = any(map(_has_consequences, outcomes))
        self._sender.keep()
        with self._database.write(alone=alone) as connection:
            _record(connection, outcomes, now, self._take)
            return _hand_over(connection, handing, now, lease, again=again) if handing else frozenset()

    def hand_back(self, claimed: Sequence[tuple[int, str]], due: datetime | None = None) -> None:
        """Claims that will not be used are due again: at once, or when they are said to be."""
        with self._database.write(alone=False) as connection:
            connection.execute(_HAND_BACK, {"rows": written(claimed), "later": due})

    def is_stopped(self, edition: int) -> bool:
        """Whether nothing more of an edition may leave."""
        with self._database.read() as connection:
            query = select(editions.c.stopped).where(editions.c.id == edition)
            return connection.execute(query).scalar() is not None

    def used(self, server: str, now: datetime) -> tuple[tuple[float, int], ...]:
        """What a server was given within the last day: seconds ago, and how many then."""
        recent = (deliveries.c.server == server, deliveries.c.attempts > 0, deliveries.c.changed > now - _DAY)
        query = select(deliveries.c.changed, deliveries.c.attempts).where(*recent)
        counted: dict[float, int] = {}
        with self._database.read() as connection:
            for moment, attempts in connection.execute(query).yield_per(1000):
                ago = float(max(0, (now - moment).total_seconds()) // 60 * 60)
                counted[ago] = counted.get(ago, 0) + attempts  # as if all had been made at the last of them
        return tuple(sorted(counted.items(), reverse=True))

    def first_used(self, server: str) -> datetime | None:
        """When a server took its first message; None if that is still to come."""
        with self._database.read() as connection:
            known = connection.execute(select(meta.c.value).where(meta.c.name == _first_use(server))).scalar()
        return datetime.fromisoformat(known).astimezone(UTC) if known else None

    def note_first_use(self, server: str, now: datetime) -> None:
        """Remembers it, unless it is known."""
        with self._database.write(alone=False) as connection:
            connection.execute(_FIRST_USE, {"name": _first_use(server), "value": now.isoformat()})


_FIRST_USE = text("INSERT INTO meta (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")


def _first_use(server: str) -> str:
    return f"first_used:{server}"


# --- statements ----------------------------------------------------------------------------------------------------

_ID, _TOKEN = given(0, BigInteger()), given(1)


_IS_HELD = deliveries.c.status.in_((DeliveryStatus.CLAIMED, DeliveryStatus.HANDING))
# What a delivery was before it was claimed.
_AS_BEFORE = case(
    (or_(deliveries.c.due.is_(None), deliveries.c.attempts == 0), DeliveryStatus.QUEUED), else_=DeliveryStatus.DEFERRED
)
_CLAIM = (
    update(deliveries)
    .where(deliveries.c.id == _ID)
    .values(status=DeliveryStatus.CLAIMED, sender=bindparam("by"), token=bindparam("claim"), lease=bindparam("until"))
)
_HAND_BACK = (
    update(deliveries)
    .where(
        deliveries.c.id == _ID,
        deliveries.c.token == _TOKEN,
        deliveries.c.status == DeliveryStatus.CLAIMED,
    )
    .values(
        status=_AS_BEFORE, due=func.coalesce(bindparam("later", type_=deliveries.c.due.type), deliveries.c.due), **FREE
    )
)
# A late acceptance may still settle the doubt of its own claim, and a doubt keeps its claim for that.
_RECORD = (
    update(deliveries)
    .where(
        deliveries.c.id == _ID,
        deliveries.c.token == _TOKEN,
        or_(
            deliveries.c.status == DeliveryStatus.HANDING,
            and_(deliveries.c.status == DeliveryStatus.UNCERTAIN, given(2) == DeliveryStatus.ACCEPTED),
        ),
    )
    .values(
        status=given(2),
        attempts=given(3, BigInteger()),
        first_tried=given(4, Instant()),
        due=given(5, Instant()),
        reply=case((deliveries.c.subscriber.is_(None), ""), else_=given(6)),  # it may name who was erased meanwhile
        server=given(7),
        changed=bindparam("now"),
        **{name: case((given(2) == DeliveryStatus.UNCERTAIN, deliveries.c[name]), else_=null()) for name in FREE},
    )
)
_IS_MAILED = exists().where(subscribers.c.id == deliveries.c.subscriber, IS_ACTIVE, IS_AWAKE)
_MINE = (
    deliveries.c.id == _ID,
    deliveries.c.token == _TOKEN,
    deliveries.c.status.in_(bindparam("before", expanding=True)),
    deliveries.c.lease > bindparam("moment"),
)
# Held from the first look to the commit, in one order: nobody takes them away in between, and nobody is waited for twice.
_HOLD = (
    select(
        deliveries.c.id,
        and_(
            _IS_MAILED,
            deliveries.c.edition.not_in(select(editions.c.id).where(editions.c.stopped.is_not(None))),
        ).label("may_leave"),
    )
    .where(*_MINE)
    .order_by(deliveries.c.id)
    .with_for_update(of=deliveries)
    .cte("mine")
)
_MAY_LEAVE = select(func.all_of(_HOLD.c.id)).where(_HOLD.c.may_leave)
_HAND_OVER = (
    update(deliveries)
    .where(*_MINE)
    .values(status=DeliveryStatus.HANDING, lease=bindparam("until"), changed=bindparam("now"), server=given(2))
)
_REFUSED = joined().add_columns(STANDING.label("person")).join(ROWS, deliveries.c.id == _ID).where(*_MINE[1:])
_GIVE_UP = update(deliveries).where(*_MINE).values(status=_AS_BEFORE, **FREE)


_CLAIMABLE = (
    select(
        *(deliveries.c[name] for name in ("id", "edition", "rendition", "subscriber")),
        *(deliveries.c[name] for name in ("attempts", "first_tried", "due", "reply")),
        subscribers.c.address,
        subscribers.c.name,
        STANDING.label("person"),
    )
    .join_from(deliveries, subscribers, deliveries.c.subscriber == subscribers.c.id, isouter=True)
    .where(deliveries.c.edition == bindparam("of"))
    .order_by(deliveries.c.due)
    .limit(bindparam("most"))
    .with_for_update(of=deliveries, skip_locked=True)
)
_IS_DUE = deliveries.c.due <= bindparam("now")
_KINDS = (
    _CLAIMABLE.where(deliveries.c.status == DeliveryStatus.DEFERRED, _IS_DUE),
    _CLAIMABLE.where(deliveries.c.status == DeliveryStatus.QUEUED, deliveries.c.due.is_(None)),
    _CLAIMABLE.where(deliveries.c.status == DeliveryStatus.QUEUED, _IS_DUE),
)


def _due(connection: Connection, edition: int, most: int, now: datetime) -> Iterable[Any]:
    """Each kind by itself, so that each is the beginning of an index and none has to be sorted."""
    stopped = connection.execute(select(editions.c.stopped).where(editions.c.id == edition)).scalar()
    if stopped is not None:
        return
    for kind, room in zip(_KINDS, (max(1, most // 2), most, most), strict=True):
        found = connection.execute(kind, {"of": edition, "now": now, "most": min(room, most)}).all() if most > 0 else ()
        most -= len(found)
        yield from found


def _claimed(row: Sequence[Any]) -> Delivery:
    number, edition, rendition, subscriber, attempts, first_tried, due, reply, address, name, _person = row
    return Delivery(
        number,
        edition,
        rendition,
        subscriber,
        address,
        name,
        DeliveryStatus.CLAIMED,
        attempts,
        first_tried,
        due,
        reply,
    )


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
        update(deliveries).where(_free(deliveries.c.status == DeliveryStatus.HANDING, lost)).values(values)
    ).rowcount


def _take_back_claims(connection: Connection, lost: ColumnElement[bool]) -> int:
    claimed = _free(deliveries.c.status == DeliveryStatus.CLAIMED, lost)
    return connection.execute(update(deliveries).where(claimed).values(status=_AS_BEFORE, **FREE)).rowcount


def _free(*wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Those that nobody is writing to just now: a sender that does is alive, and would be waited for in vain."""
    return deliveries.c.id.in_(select(deliveries.c.id).where(*wanted).with_for_update(skip_locked=True))


def _record(connection: Connection, outcomes: Sequence[Outcome], now: datetime, take: Take) -> None:
    plain = {
        outcome.delivery.id: _recorded(outcome) for outcome in reversed(outcomes) if not _has_consequences(outcome)
    }
    if plain:  # of two for one delivery the first counts
        connection.execute(_RECORD, {"rows": written(plain[delivery] for delivery in sorted(plain)), "now": now})
    for outcome in filter(_has_consequences, outcomes):
        row = written([_recorded(outcome)])
        if connection.execute(_RECORD, {"rows": row, "now": now}).rowcount:
            if outcome.suppress:
                _suppress(connection, outcome, now)
            if outcome.bounce:
                take(NoticeChanges(connection), outcome.bounce, now)


def _has_consequences(outcome: Outcome) -> bool:
    return bool(outcome.suppress or outcome.bounce)


def _suppress(connection: Connection, outcome: Outcome, now: datetime) -> None:
    connection.execute(
        update(subscribers)
        .where(subscribers.c.id == outcome.delivery.subscriber, IS_ACTIVE)
        .values(status=SubscriberStatus.SUPPRESSED, reason=outcome.suppress, changed=now)
    )


def _recorded(outcome: Outcome) -> list[Any]:
    after = outcome.delivery
    state = (after.status, after.attempts, after.first_tried, after.due, after.reply)
    return [after.id, outcome.token, *state, outcome.server]


def _hand_over(
    connection: Connection,
    handing: Sequence[tuple[int, str, str]],
    now: datetime,
    lease: timedelta,
    *,
    again: bool = False,
) -> frozenset[int]:
    moment = clock(connection)
    before = [DeliveryStatus.CLAIMED, *([DeliveryStatus.HANDING] if again else [])]
    given = {"moment": moment, "before": before, "now": now}
    asked = connection.execute(_MAY_LEAVE, given | {"rows": written(handing)}).scalar_one()
    may_leave = frozenset(json.loads(asked))
    leaving = written(claim for claim in handing if claim[0] in may_leave)
    connection.execute(_HAND_OVER, given | {"rows": leaving, "until": moment + lease})
    if refused := [claim for claim in handing if claim[0] not in may_leave]:
        given["rows"] = written(refused)  # those that are this sender's still were refused for a reason
        gone = connection.execute(_REFUSED, given).all()
        _skip(connection, [row for row in gone if row.person != SubscriberStatus.ACTIVE], now)
        connection.execute(_GIVE_UP, given)
    return may_leave
