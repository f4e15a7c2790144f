"""Editions in the ledger: frozen in one transaction, found again, stopped and resumed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    and_,
    case,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from digest.model import (
    Article,
    Attachment,
    Audience,
    Edition,
    EditionRecord,
    History,
    Period,
    Rendition,
    Selection,
    Sender,
    Variant,
)
from digest.period import Hours
from digest.store import freezing, readers
from digest.store.database import Database, outwait_senders
from digest.store.tables import (
    acts,
    attachments,
    edition_articles,
    editions,
    meta,
    renditions,
)

CATEGORIES_OF = 12  # editions: a category that none of them had is not offered
_LONGEST_NUMBER = 9  # digits: what every database holds as an integer


# What is done along with the freezing of an edition, on the driver's own connection.
Along = Callable[[Any, EditionRecord], None]


class Editions:
    """The editions of every digest in one database. What goes ``along`` is done in the transaction that freezes one."""

    def __init__(self, database: Database, along: Along | None = None) -> None:
        self._database = database
        self._along = along

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
                select(edition_articles.c.key, edition_articles.c.path, edition_articles.c.included, editions.c.period)
                .join_from(edition_articles, editions)
                .where(mine)
            ).all()
        placed = {name: f"{digest}/{row.period}" for row in rows for name in (row.key, row.path) if name}
        told = frozenset(name for row in rows if row.included for name in (row.key, row.path) if name)
        starts = [start for start in (first, datetime.fromisoformat(began) if began else None) if start]
        return History(number or 0, min(starts, default=None), previous, placed, told)

    def begin(self, digest: str, start: datetime) -> None:
        """Remembers the first period that had too little for an edition, or waited: its articles wait for the next one."""
        with self._database.write() as connection:
            known = connection.execute(select(meta.c.value).where(meta.c.name == _began(digest))).scalar()
            if known is None:
                connection.execute(insert(meta).values(name=_began(digest), value=start.isoformat()))

    def variants(self, audience: Audience) -> tuple[Variant, ...]:
        """The different mails that an audience wants."""
        with self._database.read() as connection:
            return freezing.variants(connection, audience)

    def readers(self, audience: Audience) -> int:
        """How many would get an edition."""
        with self._database.read() as connection:
            return freezing.count(connection, readers.readers(audience))

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
        languages: tuple[str, ...] = (),
    ) -> EditionRecord | None:
        """Edition, renditions and one delivery for each reader, due at its hour or else at once, in one transaction.

        None when it changed nothing: this digest and period are frozen already (then ``find`` finds it); or a reader has
        meanwhile chosen what is not among ``made``, or another period of this digest took the number: then it has to be
        made again.
        """
        audience = Audience(edition.digest, edition.number, now, languages)
        try:
            with self._database.write() as connection:
                if freezing.lacks(connection, edition, made, audience):
                    return None
                row = freezing.write(connection, edition, sender, message_key, now)
                freezing.write_articles(connection, row, considered)
                freezing.deliver(connection, row, made, audience, hours)
                record = _record(connection.execute(_records().where(editions.c.id == row)).one())
                if self._along:
                    self._along(connection.connection.driver_connection, record)
                return record
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
                language=row.language,
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
                outwait_senders(connection)
            return bool(changed.rowcount)

    def acts(self, edition: int) -> tuple[tuple[datetime, str, str], ...]:
        """What operators did to an edition: when, what, detail."""
        query = select(acts.c.at, acts.c.act, acts.c.detail).where(acts.c.edition == edition).order_by(acts.c.id)
        with self._database.read() as connection:
            return tuple((row.at, row.act, row.detail) for row in connection.execute(query))


def _began(digest: str) -> str:
    return f"began:{digest}"


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
