"""Editions in the ledger as the archive shows them: the whole edition, and what one reader was sent. Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from digest.model import Selection
from digest.store.database import Database
from digest.store.tables import acts, attachments, deliveries, editions, renditions

_WHOLE = and_(renditions.c.selection == str(Selection()), renditions.c.language == "")


@dataclass(frozen=True, slots=True)
class Published:
    """An edition of which there is a whole rendition, and that nobody has stopped."""

    id: int
    digest: str
    number: int
    title: str
    period: str
    frozen: datetime
    address: str  # that its mails came from
    subject: str
    preheader: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a browser is shown of a rendition. ``pictures`` are the media types of what travels along, by Content-ID."""

    id: int
    subject: str
    preheader: str
    html: str
    language: str
    pictures: Mapping[str, str]


class Publications:
    """What was published, of every digest in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stamp(self) -> tuple[int, int, int, datetime | None]:
        """What changes whenever an edition is published, stopped or resumed; its last part is when somebody last did one of
        the latter two.

        Cheap: it is asked every few seconds.
        """
        columns = (func.count(), func.max(editions.c.id), func.count(editions.c.stopped))
        turned = select(func.max(acts.c.at)).where(acts.c.act.in_(("stop", "resume")))
        with self._database.read() as connection:
            count, newest, stopped = connection.execute(select(*columns).select_from(editions)).one()
            last = connection.execute(turned).scalar_one()
        return count, newest or 0, stopped, last

    def every(self) -> tuple[Published, ...]:
        """All that may be shown, newest first."""
        query = (
            select(
                *(editions.c[name] for name in ("id", "digest", "number", "title", "period", "frozen", "sender")),
                renditions.c.subject,
                renditions.c.preheader,
            )
            .join_from(editions, renditions)
            .where(editions.c.stopped.is_(None), _WHOLE)
            .order_by(editions.c.frozen.desc(), editions.c.id.desc())
        )
        with self._database.read() as connection:
            return tuple(_published(row) for row in connection.execute(query))

    def whole(self, edition: int) -> Sheet | None:
        """The whole edition in the site's language."""
        return self._sheet(select(renditions).where(renditions.c.edition == edition, _WHOLE))

    def own(self, edition: int, subscriber: int) -> Sheet | None:
        """What this reader was sent of it; None where that was nothing."""
        return self._sheet(
            select(renditions)
            .join_from(deliveries, renditions)
            .where(deliveries.c.edition == edition, deliveries.c.subscriber == subscriber)
        )

    def picture(self, edition: int, cid: str) -> bytes | None:
        """What travels along with an edition under this Content-ID."""
        query = select(attachments.c.data).where(attachments.c.edition == edition, attachments.c.cid == cid)
        with self._database.read() as connection:
            found: bytes | None = connection.scalar(query)
        return found

    def pictures(self, edition: int) -> dict[str, str]:
        """The media types of all that travels along with an edition, by Content-ID."""
        query = select(attachments.c.cid, attachments.c.media_type).where(attachments.c.edition == edition)
        with self._database.read() as connection:
            return {row.cid: row.media_type for row in connection.execute(query)}

    def _sheet(self, query: Select[Any]) -> Sheet | None:
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        known = self.pictures(row.edition)
        return Sheet(
            id=row.id,
            subject=row.subject,
            preheader=row.preheader,
            html=row.html,
            language=row.language,
            pictures={cid: known[cid] for cid in row.attachments},
        )


def _published(row: Any) -> Published:
    return Published(
        id=row.id,
        digest=row.digest,
        number=row.number,
        title=row.title,
        period=row.period,
        frozen=row.frozen,
        address=row.sender["address"],
        subject=row.subject,
        preheader=row.preheader,
    )
