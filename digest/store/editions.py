"""Editions in the ledger: frozen in one transaction, found again, stopped and resumed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from digest.model import (
    Article,
    Attachment,
    DeliveryStatus,
    Edition,
    EditionRecord,
    History,
    Period,
    Rendition,
    Selection,
    Sender,
    SubscriberStatus,
)
from digest.period import Hours
from digest.store.database import Database
from digest.store.tables import (
    acts,
    attachments,
    deliveries,
    edition_articles,
    editions,
    meta,
    moments,
    renditions,
    subscribers,
)

CATEGORIES_OF = 12  # editions: a category that none of them had is not offered
_LONGEST_NUMBER = 9  # digits: what every database holds as an integer


class Editions:
    """The editions of every digest in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def history(self, digest: str, *, of: Period | None = None) -> History:
        """What the edition ``of`` a period has to know of the others: the previous one ended no later than it starts."""
        mine = and_(editions.c.digest == digest, editions.c.period != (of.name if of else ""))
        earlier = case((editions.c.ends <= of.start, editions.c.ends)) if of else editions.c.ends
        with self._database.read() as connection:
            number, first, previous = connection.execute(
                select(func.max(editions.c.number), func.min(editions.c.starts), func.max(earlier)).where(mine)
            ).one()
            began = connection.execute(select(meta.c.value).where(meta.c.name == _began(digest))).scalar()
            rows = connection.execute(
                select(edition_articles.c.key, edition_articles.c.path, editions.c.period)
                .join_from(edition_articles, editions)
                .where(mine)
            ).all()
        placed = {identity: f"{digest}/{period}" for key, path, period in rows for identity in (key, path) if identity}
        starts = [start for start in (first, datetime.fromisoformat(began) if began else None) if start]
        return History(number or 0, min(starts, default=None), previous, placed)

    def begin(self, digest: str, start: datetime) -> None:
        """Remembers the first period that had too little for an edition: its articles wait for the next one."""
        with self._database.write() as connection:
            known = connection.execute(select(meta.c.value).where(meta.c.name == _began(digest))).scalar()
            if known is None:
                connection.execute(insert(meta).values(name=_began(digest), value=start.isoformat()))

    def selections(self, digest: str) -> tuple[Selection, ...]:
        """The different selections among those who would get this digest now."""
        with self._database.read() as connection:
            return _selections(connection, digest)

    def readers(self, digest: str) -> int:
        """How many would get this digest now."""
        with self._database.read() as connection:
            count: int = connection.execute(
                select(func.count()).select_from(subscribers).where(_readers(digest))
            ).scalar_one()
            return count

    def freeze(
        self,
        edition: Edition,
        made: Sequence[Rendition],
        *,
        considered: Sequence[tuple[Article, bool]],
        sender: Sender,
        message_key: str,
        now: datetime,
        hours: Hours | None = None,
    ) -> EditionRecord | None:
        """Edition, renditions and one delivery for each reader, due at its hour or else at once, in one transaction.

        None when it changed nothing: this digest and period are frozen already (then ``find`` finds it); or a reader has
        meanwhile chosen a selection that is not among ``made``, or another period of this digest took the number: then
        it has to be made again.
        """
        try:
            with self._database.write() as connection:
                if _unrendered(connection, edition, made):
                    return None
                row = _edition_row(connection, edition, sender, message_key, now)
                _write_articles(connection, row, considered)
                _write_moments(connection, row, edition.digest, hours)
                _write_renditions(connection, row, edition, made, slices=hours.slices if hours else 1)
                connection.execute(delete(moments).where(moments.c.edition == row))
                return _counted(connection, row, edition)
        except IntegrityError:
            if not self._is_taken(edition):
                raise
            return None

    def _is_taken(self, edition: Edition) -> bool:
        same = or_(editions.c.period == edition.period.name, editions.c.number == edition.number)
        with self._database.read() as connection:
            query = select(func.count()).where(editions.c.digest == edition.digest, same)
            return bool(connection.execute(query).scalar_one())

    def find(self, digest: str, name: str) -> EditionRecord | None:
        """An edition by its number or its period."""
        is_number = name.isdecimal() and len(name) <= _LONGEST_NUMBER
        wanted = editions.c.number == int(name) if is_number else editions.c.period == name
        with self._database.read() as connection:
            row = connection.execute(_records().where(editions.c.digest == digest, wanted)).one_or_none()
            return _record(row) if row else None

    def every(self, digest: str | None = None) -> tuple[EditionRecord, ...]:
        """All editions, or those of one digest, newest first."""
        query = _records().order_by(editions.c.frozen.desc(), editions.c.id.desc())
        if digest is not None:
            query = query.where(editions.c.digest == digest)
        with self._database.read() as connection:
            return tuple(_record(row) for row in connection.execute(query))

    def renditions(self, edition: int) -> dict[int, Rendition]:
        """The renditions of an edition by their ids."""
        with self._database.read() as connection:
            images = {
                row.cid: Attachment(row.cid, row.media_type, row.data)
                for row in connection.execute(select(attachments).where(attachments.c.edition == edition))
            }
            rows = connection.execute(select(renditions).where(renditions.c.edition == edition)).all()
        return {
            row.id: Rendition(
                selection=Selection.parse(row.selection),
                subject=row.subject,
                preheader=row.preheader,
                html=row.html,
                text=row.text,
                attachments=tuple(images[cid] for cid in row.attachments),
                trimmed=tuple(row.trimmed),
            )
            for row in rows
        }

    def categories(self, latest: int = CATEGORIES_OF) -> tuple[str, ...]:
        """The names of the sections that the latest editions had, the most recent first, each once."""
        query = select(editions.c.content).order_by(editions.c.frozen.desc(), editions.c.id.desc()).limit(latest)
        with self._database.read() as connection:
            contents = connection.execute(query).scalars().all()
        return tuple(dict.fromkeys(section["category"] for content in contents for section in content))

    def recorded(self, edition: int) -> dict[str, bool]:
        """The articles that were considered, by key and by path: whether they are in it."""
        query = select(edition_articles).where(edition_articles.c.edition == edition)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        included = {identity for row in rows if row.included for identity in (row.key, row.path)}
        return {identity: identity in included for row in rows for identity in (row.key, row.path) if identity}

    def stop(self, edition: int, now: datetime) -> bool:
        """From now on nothing of this edition is claimed or handed over; what is in hand ends as it ends.

        False when it was stopped before: then nothing has changed.
        """
        return self._act("stop", edition, now, editions.c.stopped.is_(None), stopped=now)

    def resume(self, edition: int, now: datetime) -> bool:
        """What is left of a stopped edition is due again. False when it was not stopped."""
        return self._act("resume", edition, now, editions.c.stopped.is_not(None), stopped=None)

    def _act(self, act: str, edition: int, now: datetime, wanted: ColumnElement[bool], **values: Any) -> bool:
        with self._database.write() as connection:
            changed = connection.execute(update(editions).where(editions.c.id == edition, wanted).values(values))
            if changed.rowcount:
                connection.execute(insert(acts).values(at=now, edition=edition, act=act, detail=""))
            return bool(changed.rowcount)

    def acts(self, edition: int) -> tuple[tuple[datetime, str, str], ...]:
        """What operators did to an edition: when, what, detail."""
        query = select(acts.c.at, acts.c.act, acts.c.detail).where(acts.c.edition == edition).order_by(acts.c.id)
        with self._database.read() as connection:
            return tuple((row.at, row.act, row.detail) for row in connection.execute(query))


# --- freezing ------------------------------------------------------------------------------------------------------


def _began(digest: str) -> str:
    return f"began:{digest}"


def _gets(digest: str) -> ColumnElement[bool]:
    """Whether a subscriber gets this digest; names hold no ``;``, ``%`` or ``_`` that LIKE would mind."""
    listed = (literal(";") + subscribers.c.digests + ";").contains(f";{digest};", autoescape=True)
    return or_(subscribers.c.digests == "", listed)


def _readers(digest: str) -> ColumnElement[bool]:
    return and_(subscribers.c.status == SubscriberStatus.ACTIVE, _gets(digest))


def _selections(connection: Connection, digest: str) -> tuple[Selection, ...]:
    found = connection.execute(select(subscribers.c.selection).where(_readers(digest)).distinct()).scalars()
    return tuple(Selection.parse(text) for text in sorted(found))


def _unrendered(connection: Connection, edition: Edition, made: Sequence[Rendition]) -> bool:
    have = {rendition.selection for rendition in made}
    return any(s not in have and edition.only(s).sections for s in _selections(connection, edition.digest))


def _edition_row(connection: Connection, edition: Edition, sender: Sender, message_key: str, now: datetime) -> int:
    made: int = connection.execute(
        insert(editions)
        .values(
            digest=edition.digest,
            number=edition.number,
            period=edition.period.name,
            starts=edition.period.start,
            ends=edition.period.end,
            title=edition.title,
            frozen=now,
            sender=asdict(sender) | {"message_key": message_key},
            content=[_section(section) for section in edition.sections],
            deliveries=0,
            exclusions={},
        )
        .returning(editions.c.id)
    ).scalar_one()
    return made


def _section(section: Any) -> dict[str, Any]:
    shown = ("key", "title", "url", "source", "author", "path")
    return {
        "category": section.category,
        "more": section.more,
        "articles": [{name: getattr(article, name) for name in shown} for article in section.articles],
    }


def _write_articles(connection: Connection, edition: int, considered: Sequence[tuple[Article, bool]]) -> None:
    rows = [
        {"edition": edition, "position": position, "key": article.key, "path": article.path, "included": included}
        for position, (article, included) in enumerate(considered)
    ]
    if rows:
        connection.execute(insert(edition_articles), rows)


def _write_moments(connection: Connection, row: int, digest: str, hours: Hours | None) -> None:
    """The due time of each slice in each time zone that readers live in, for the statement that writes deliveries."""
    if hours is None:
        return
    zones = connection.execute(select(subscribers.c.timezone).where(_readers(digest)).distinct()).scalars().all()
    rows = [
        {"edition": row, "timezone": name, "slice": number, "due": due}
        for name in zones
        for number, due in enumerate(hours.of(_zone(name)))
    ]
    if rows:
        connection.execute(insert(moments), rows)


def _zone(name: str) -> ZoneInfo | None:
    """None for a zone that this machine does not know, or nobody."""
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):  # not there, not a name, a folder
        return None


def _write_renditions(
    connection: Connection, row: int, edition: Edition, made: Sequence[Rendition], *, slices: int
) -> None:
    images = {attachment.cid: attachment for rendition in made for attachment in rendition.attachments}
    if images:
        connection.execute(insert(attachments), [asdict(image) | {"edition": row} for image in images.values()])
    for rendition in made:
        rendition_id = connection.execute(
            insert(renditions)
            .values(
                edition=row,
                selection=str(rendition.selection),
                subject=rendition.subject,
                preheader=rendition.preheader,
                html=rendition.html,
                text=rendition.text,
                attachments=[attachment.cid for attachment in rendition.attachments],
                trimmed=list(rendition.trimmed),
            )
            .returning(renditions.c.id)
        ).scalar_one()
        connection.execute(
            insert(deliveries).from_select(
                ["edition", "subscriber", "rendition", "status", "due"],
                _deliveries(row, edition.digest, rendition_id, rendition.selection, slices),
            )
        )


def _deliveries(row: int, digest: str, rendition: int, selection: Selection, slices: int) -> Select[Any]:
    """One for each reader of a rendition; where no moments were written, due at once."""
    mine = and_(
        moments.c.edition == row,
        moments.c.timezone == subscribers.c.timezone,
        moments.c.slice == subscribers.c.id % slices,
    )
    return (
        select(
            literal(row),
            subscribers.c.id,
            literal(rendition),
            literal(DeliveryStatus.QUEUED.value),
            moments.c.due,
        )
        .join_from(subscribers, moments, mine, isouter=True)
        .where(_readers(digest), subscribers.c.selection == str(selection))
        .order_by(subscribers.c.id)
    )


def _counted(connection: Connection, row: int, edition: Edition) -> EditionRecord:
    """Everybody on the list is accounted for: one delivery, or one reason why there is none."""
    frozen = connection.execute(select(func.count()).where(deliveries.c.edition == row)).scalar_one()
    left = connection.execute(
        select(subscribers.c.status, func.count())
        .where(subscribers.c.status != SubscriberStatus.ACTIVE)
        .group_by(subscribers.c.status)
        .order_by(subscribers.c.status)
    )
    exclusions = {str(status): int(count) for status, count in left}
    active = connection.execute(
        select(func.count()).where(subscribers.c.status == SubscriberStatus.ACTIVE)
    ).scalar_one()
    readers = connection.execute(
        select(func.count()).select_from(subscribers).where(_readers(edition.digest))
    ).scalar_one()
    exclusions |= {"gets other digests": active - readers, "nothing in their categories": readers - frozen}
    connection.execute(
        update(editions)
        .where(editions.c.id == row)
        .values(deliveries=frozen, exclusions={reason: count for reason, count in exclusions.items() if count})
    )
    return _record(connection.execute(_records().where(editions.c.id == row)).one())


def _records() -> Any:
    included = (
        select(func.count())
        .where(edition_articles.c.edition == editions.c.id, edition_articles.c.included)
        .scalar_subquery()
    )
    return select(editions, included.label("articles"))


def _record(row: Row[Any]) -> EditionRecord:
    sender = dict(row.sender)
    message_key = sender.pop("message_key")
    return EditionRecord(
        id=row.id,
        digest=row.digest,
        number=row.number,
        title=row.title,
        period=Period(row.starts, row.ends, row.period),
        frozen=row.frozen,
        stopped=row.stopped,
        deliveries=row.deliveries,
        articles=row.articles,
        exclusions=tuple(row.exclusions.items()),
        sender=Sender(**sender),
        message_key=message_key,
    )
