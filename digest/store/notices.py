"""Notices in the ledger: what came back, each report once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from digest.model import Concerned, DeliveryStatus, Noted, Notice, NoticeKind, SubscriberStatus
from digest.store.database import Database
from digest.store.erasing import is_erased
from digest.store.tables import deliveries, editions, notices, proofs, subscribers

_BOUNCED = (NoticeKind.HARD, NoticeKind.SOFT)
_POLICY = "_.7.%"  # RFC 3463, 3.8: spam, reputation, signatures; one day on a blocklist must not cost us every reader


class _TakenBackError(Exception):
    """Ends a transaction that was never to be kept."""


class NoticeChanges:
    """One transaction over notices and the people they are about."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def known(self, key: str) -> bool:
        """Whether this report was recorded before."""
        return bool(self._connection.execute(select(exists().where(notices.c.key == key))).scalar_one())

    def concerned(self, notice: Notice, mailbox: str, *, since: datetime) -> Concerned:
        """Whom it is about: by its delivery, else by its subscriber, else by the key of the mailbox that it names.

        A report that does not say which edition is about the last one that was accepted ``since`` then, if there is one.
        """
        edition, person = 0, notice.subscriber
        if notice.delivery:
            edition, person = self._delivered(notice.delivery)
        traced = bool(notice.delivery or person)
        who = subscribers.c.id == person if traced else subscribers.c.address_key == mailbox
        row = self._connection.execute(select(subscribers.c.id, subscribers.c.status).where(who)).one_or_none()
        edition = edition or self._edition(notice.edition)
        if row:
            return Concerned(row.id, SubscriberStatus(row.status), edition or self._last_accepted(row.id, since))
        return Concerned(edition=edition, erased=traced or is_erased(self._connection, mailbox))

    def add(self, notice: Notice, concerned: Concerned, now: datetime) -> None:
        self._connection.execute(
            insert(notices).values(
                key=notice.key,
                at=now,
                kind=notice.kind.value,
                source=notice.source,
                subscriber=concerned.subscriber or None,
                edition=concerned.edition or None,
                status=notice.status,
                text=notice.text,
                proven=notice.proven,
                raw=notice.raw or None,
            )
        )

    def soft_editions(self, subscriber: int, *, since: datetime, arrived_before: datetime) -> int:
        """How many editions bounced softly for somebody since then, after the last one that arrived.

        An edition arrived that was accepted before ``arrived_before`` and has not bounced. A refusal by policy neither
        counts nor arrives: it is about us. What is not proven is as good as not there.
        """
        bounced = exists().where(
            notices.c.edition == deliveries.c.edition,
            notices.c.subscriber == subscriber,
            notices.c.kind.in_(_BOUNCED),
            notices.c.proven,
        )
        arrived = (
            select(func.max(editions.c.frozen))
            .join_from(deliveries, editions)
            .where(
                deliveries.c.subscriber == subscriber,
                deliveries.c.status == DeliveryStatus.ACCEPTED,
                deliveries.c.changed < arrived_before,
                ~bounced,
            )
        )
        last = self._connection.execute(arrived).scalar() or datetime.min.replace(tzinfo=UTC)
        soft = (
            select(func.count(notices.c.edition.distinct()))
            .join_from(notices, editions)
            .where(
                notices.c.subscriber == subscriber,
                notices.c.kind == NoticeKind.SOFT,
                notices.c.proven,
                notices.c.status.not_like(_POLICY),
                notices.c.at > since,
                editions.c.frozen > last,
            )
        )
        return int(self._connection.execute(soft).scalar_one())

    def turn(self, subscriber: int, status: SubscriberStatus, reason: str, now: datetime) -> None:
        """Changes the status of a subscriber, and why it is so."""
        self._connection.execute(
            update(subscribers)
            .where(subscribers.c.id == subscriber)
            .values(status=status.value, reason=reason, changed=now)
        )

    def _delivered(self, delivery: int) -> tuple[int, int]:
        row = self._connection.execute(
            select(deliveries.c.edition, deliveries.c.subscriber).where(deliveries.c.id == delivery)
        ).one_or_none()
        return (row.edition, row.subscriber or 0) if row else (0, 0)

    def _edition(self, name: str) -> int:
        digest, _, period = name.partition("/")
        named = and_(editions.c.digest == digest, editions.c.period == period)
        return int(self._connection.execute(select(editions.c.id).where(named)).scalar_one_or_none() or 0)

    def _last_accepted(self, subscriber: int, since: datetime) -> int:
        accepted = (
            select(deliveries.c.edition)
            .where(
                deliveries.c.subscriber == subscriber,
                deliveries.c.status == DeliveryStatus.ACCEPTED,
                deliveries.c.changed >= since,
            )
            .order_by(deliveries.c.changed.desc(), deliveries.c.id.desc())
            .limit(1)
        )
        return int(self._connection.execute(accepted).scalar_one_or_none() or 0)


class Notices:
    """The record of what came back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def changing(self, *, keep: bool = True) -> Iterator[NoticeChanges]:
        """One transaction, all or nothing; without ``keep`` it is taken back at its end."""
        with suppress(_TakenBackError), self._database.write() as connection:
            yield NoticeChanges(connection)
            if not keep:
                raise _TakenBackError

    def each(self, kind: NoticeKind | None = None) -> Iterator[Noted]:
        """What was recorded, the newest first."""
        yield from self._noted(notices.c.kind == kind if kind else literal(value=True))

    def of_subscriber(self, subscriber: int) -> tuple[Noted, ...]:
        """What came back from one subscriber, the newest first."""
        return tuple(self._noted(notices.c.subscriber == subscriber))

    def of_edition(self, edition: int) -> dict[NoticeKind, int]:
        """How many notices of each kind there are about an edition."""
        query = select(notices.c.kind, func.count()).where(notices.c.edition == edition).group_by(notices.c.kind)
        with self._database.read() as connection:
            found = {NoticeKind(kind): int(count) for kind, count in connection.execute(query)}
        return {kind: found[kind] for kind in NoticeKind if kind in found}

    def raw(self, identity: int) -> bytes | None:
        """The report itself, where it was kept."""
        that_one = notices.c.id == literal(identity, BigInteger())  # people may ask for more than an id has bits
        with self._database.read() as connection:
            found: bytes | None = connection.execute(select(notices.c.raw).where(that_one)).scalar()
            return found

    def edition_of(self, delivery: int) -> tuple[str, datetime] | None:
        """The name of a delivery's edition, and when that was frozen; None where there is no such delivery."""
        query = (
            select(editions.c.digest, editions.c.period, editions.c.frozen)
            .join_from(deliveries, editions)
            .where(deliveries.c.id == delivery)
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return (f"{row.digest}/{row.period}", row.frozen) if row else None

    def binds(self, proof: str, report: str, until: datetime, now: datetime) -> bool:
        """Whether this proof is for that report: it is for the first that came with it, and remembered until then."""
        with self._database.write() as connection:
            connection.execute(delete(proofs).where(proofs.c.until < now))
            known = connection.execute(select(proofs.c.report).where(proofs.c.proof == proof)).scalar()
            if known is None:
                connection.execute(insert(proofs).values(proof=proof, report=report, until=until))
        return known in {None, report}

    def drop_raw(self, before: datetime) -> None:
        """Lets go of the reports that were recorded before then; what was recorded of them stays."""
        old = and_(notices.c.at < before, notices.c.raw.is_not(None))
        with self._database.write() as connection:
            connection.execute(update(notices).where(old).values(raw=None))

    def _noted(self, which: ColumnElement[bool]) -> Iterator[Noted]:
        name = (editions.c.digest + "/" + editions.c.period).label("edition_name")
        query = (
            select(notices, subscribers.c.address, name)
            .join_from(notices, subscribers, notices.c.subscriber == subscribers.c.id, isouter=True)
            .join(editions, notices.c.edition == editions.c.id, isouter=True)
            .where(which)
            .order_by(notices.c.id.desc())
        )
        streamed = query.execution_options(yield_per=1000)
        with self._database.read() as connection, connection.execute(streamed) as rows:
            for row in rows:
                yield Noted(
                    id=row.id,
                    at=row.at,
                    kind=NoticeKind(row.kind),
                    source=row.source,
                    address=row.address or "",
                    edition=row.edition_name or "",
                    status=row.status,
                    text=row.text,
                )
