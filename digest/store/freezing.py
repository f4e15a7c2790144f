"""Freezing an edition: what one transaction writes, from the edition itself to one delivery for each reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, insert, literal, select, update

from digest.model import Article, Audience, DeliveryStatus, Edition, Rendition, Selection, Sender, Variant
from digest.period import Hours
from digest.store import readers
from digest.store.tables import (
    attachments,
    deliveries,
    edition_articles,
    editions,
    moments,
    renditions,
    subscribers,
)

# Why an active subscriber gets no edition, in the order of ``readers.conditions``; the last one finds nothing in it.
_REASONS = ("gets other digests", "paused", "gets fewer editions", "nothing in their categories")


def variants(connection: Connection, audience: Audience) -> tuple[Variant, ...]:
    """The different mails that an audience wants."""
    spoken = readers.language(audience).label("language")
    found = connection.execute(
        select(subscribers.c.selection, spoken)
        .where(readers.readers(audience))
        .distinct()
        .order_by("selection", spoken)
    )
    return tuple(Variant(Selection.parse(row.selection), row.language) for row in found)


def lacks(connection: Connection, edition: Edition, made: Sequence[Rendition], audience: Audience) -> bool:
    """Whether somebody wants a mail that was not made."""
    have = {rendition.variant for rendition in made}
    return any(v not in have and edition.only(v.selection).sections for v in variants(connection, audience))


def count(connection: Connection, *wanted: ColumnElement[bool]) -> int:
    """How many subscribers are so."""
    found: int = connection.execute(select(func.count()).select_from(subscribers).where(*wanted)).scalar_one()
    return found


def deliver(
    connection: Connection, row: int, made: Sequence[Rendition], audience: Audience, hours: Hours | None
) -> None:
    """The renditions, a delivery for each reader, and how many there are."""
    _write_moments(connection, row, audience, hours)
    _write_renditions(connection, row, made, audience, slices=hours.slices if hours else 1)
    connection.execute(delete(moments).where(moments.c.edition == row))
    _account(connection, row, audience)


def write(connection: Connection, edition: Edition, sender: Sender, message_key: str, now: datetime) -> int:
    """The edition itself; its row."""
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


def write_articles(connection: Connection, edition: int, considered: Sequence[tuple[Article, bool]]) -> None:
    """What was considered for it, in or out."""
    rows = [
        {"edition": edition, "position": position, "key": article.key, "path": article.path, "included": included}
        for position, (article, included) in enumerate(considered)
    ]
    if rows:
        connection.execute(insert(edition_articles), rows)


def _write_moments(connection: Connection, row: int, audience: Audience, hours: Hours | None) -> None:
    """The due time of each slice in each time zone that readers live in, for the statement that writes deliveries."""
    if hours is None:
        return
    zones = (
        connection.execute(select(subscribers.c.timezone).where(readers.readers(audience)).distinct()).scalars().all()
    )
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
    connection: Connection, row: int, made: Sequence[Rendition], audience: Audience, *, slices: int
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
                language=rendition.language,
            )
            .returning(renditions.c.id)
        ).scalar_one()
        connection.execute(
            insert(deliveries).from_select(
                ["edition", "subscriber", "rendition", "status", "due"],
                _deliveries(row, rendition_id, rendition.variant, audience, slices),
            )
        )


def _deliveries(row: int, rendition: int, variant: Variant, audience: Audience, slices: int) -> Select[Any]:
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
        .where(
            readers.readers(audience),
            subscribers.c.selection == str(variant.selection),
            readers.language(audience) == variant.language,
        )
        .order_by(subscribers.c.id)
    )


def _account(connection: Connection, row: int, audience: Audience) -> None:
    """Everybody on the list is accounted for: one delivery, or one reason why there is none."""
    frozen = connection.execute(select(func.count()).where(deliveries.c.edition == row)).scalar_one()
    left = connection.execute(
        select(subscribers.c.status, func.count())
        .where(~readers.IS_ACTIVE)
        .group_by(subscribers.c.status)
        .order_by(subscribers.c.status)
    )
    exclusions = {str(status): int(number) for status, number in left}
    wanted = readers.conditions(audience)
    sums = [func.coalesce(func.sum(case((and_(*wanted[:most]), 1), else_=0)), 0) for most in range(1, len(wanted) + 1)]
    numbers = connection.execute(select(*sums).select_from(subscribers)).one()
    for reason, before, after in zip(_REASONS, numbers, [*numbers[1:], frozen], strict=True):
        exclusions[reason] = before - after
    connection.execute(
        update(editions)
        .where(editions.c.id == row)
        .values(deliveries=frozen, exclusions={reason: number for reason, number in exclusions.items() if number})
    )
