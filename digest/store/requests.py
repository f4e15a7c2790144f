"""What readers ask for, in the ledger: what waits for its letter, what waits to be confirmed, what was agreed to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, exists, func, insert, or_, select, update

from digest.model import Choices, Request, RequestKind, Selection, SubscriberStatus
from digest.store.database import Database
from digest.store.erasing import hashed
from digest.store.subscribers import SubscriberChanges
from digest.store.tables import requests, subscribers

_AT_ONCE = 1000  # people in one statement


class RequestChanges(SubscriberChanges):
    """One transaction over people and what they ask for."""

    def request(self, request: int) -> Request | None:
        """What was asked, by its id."""
        return _find(self._connection, request)

    def to_inbox(self, inbox: str) -> Sequence[Request]:
        """All that was asked for an inbox and is not forgotten, whoever asked, the newest first.

        Of those who were erased there are counts (``digest.store.erasing``), found by the hash that they left.
        """
        names = [inbox, hashed(self._salt, inbox)] if self._salt else [inbox]
        statement = select(requests).where(requests.c.inbox.in_(names)).order_by(requests.c.id.desc())
        return [_request(row) for row in self._connection.execute(statement)]

    def last_move(self, subscriber: int) -> int:
        """The request by which this person wanted to move last; 0 if they never did."""
        moves = and_(requests.c.subscriber == subscriber, requests.c.kind == RequestKind.MOVE)
        return self._connection.execute(select(func.max(requests.c.id)).where(moves)).scalar_one() or 0

    def asked_from(self, client: str, since: datetime) -> int:
        """How many requests came from a client after that instant."""
        asked = select(func.count()).where(requests.c.client == client, requests.c.created > since)
        return int(self._connection.execute(asked).scalar_one())

    def keep(self, request: Request) -> int:
        """Adds a request (id 0) or changes one; its id."""
        if request.id:
            self._connection.execute(update(requests).where(requests.c.id == request.id).values(_values(request)))
            return request.id
        added = insert(requests).values(_values(request)).returning(requests.c.id)
        return int(self._connection.execute(added).scalar_one())


class Requests:
    """The requests of the ledger."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def looking(self) -> Iterator[RequestChanges]:
        """What there is, to look at; it waits for no writer."""
        with self._database.read() as connection:
            yield RequestChanges(connection)

    @contextmanager
    def changing(self) -> Iterator[RequestChanges]:
        """One transaction, all or nothing."""
        with self._database.write() as connection:
            changes = RequestChanges(connection)
            yield changes
            changes.hold()

    def find(self, request: int) -> Request | None:
        """What was asked, by its id."""
        with self._database.read() as connection:
            return _find(connection, request)

    def asked_by(self, subscriber: int) -> tuple[Request, ...]:
        """What this person has asked for, the newest first; what they have confirmed is what they agreed to."""
        theirs = requests.c.subscriber == subscriber
        statement = select(requests).where(theirs).order_by(requests.c.confirmed.desc(), requests.c.id.desc())
        with self._database.read() as connection:
            return tuple(_request(row) for row in connection.execute(statement))

    def due(self, now: datetime) -> Request | None:
        """Whose letter has been due for longest; nothing is changed."""
        statement = select(requests).where(requests.c.due <= now).order_by(requests.c.due, requests.c.id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(statement).one_or_none()
        return _request(row) if row else None

    def hand_back(self, request: int, due: datetime | None, reply: str) -> None:
        """A letter that was taken (``digest.subscriptions.lettering``) and is with no server: it is due again then, or
        never. One that was confirmed did arrive, and whoever was erased is written to no more.
        """
        waiting = and_(requests.c.id == request, requests.c.confirmed.is_(None), requests.c.address_key != "")
        with self._database.write() as connection:
            connection.execute(update(requests).where(waiting).values(mailed=None, due=due, reply=reply))

    def next_due(self) -> datetime | None:
        """When the next letter is due, if one is."""
        with self._database.read() as connection:
            due: datetime | None = connection.execute(select(func.min(requests.c.due))).scalar_one()
        return due

    def let_go(self, before: datetime) -> int:
        """Forgets what was asked before then and never confirmed, with the people who have only asked; how many requests.

        Of one person all goes or nothing, so that the first request, which made them known, is there with the last.
        """
        outlived = _outlived(before)
        with self._database.write() as connection:
            newcomers = _newcomers(connection, outlived)
            count = connection.execute(delete(requests).where(outlived)).rowcount
            asked_more = exists().where(requests.c.subscriber == subscribers.c.id)
            for start in range(0, len(newcomers), _AT_ONCE):
                some = subscribers.c.id.in_(newcomers[start : start + _AT_ONCE])
                connection.execute(delete(subscribers).where(some, ~asked_more))
        return count

    def waiting(self) -> tuple[int, datetime | None]:
        """How many letters are to leave, and when the oldest of those was asked for that no server has put off (4yz)."""
        oldest = func.min(requests.c.created).filter(~requests.c.reply.like("4__ %"))
        statement = select(func.count(), oldest).where(requests.c.due.is_not(None))
        with self._database.read() as connection:
            count, since = connection.execute(statement).one()
        return int(count), since


def _outlived(before: datetime) -> ColumnElement[bool]:
    """Requests that were never confirmed, and all that the same person has asked since, are from before then."""
    later = requests.alias()
    younger = exists().where(later.c.subscriber == requests.c.subscriber, later.c.created >= before)
    unproven = or_(requests.c.confirmed.is_(None), requests.c.address_key == "")  # the latter proves nothing of anybody
    return and_(unproven, requests.c.created < before, ~younger)


def _newcomers(connection: Connection, which: ColumnElement[bool]) -> list[int]:
    """Pending people who were made known by one of those requests, and by no table or command."""
    statement = (
        select(subscribers.c.id)
        .join_from(requests, subscribers)
        .where(
            which,
            requests.c.kind == RequestKind.SUBSCRIBE,
            subscribers.c.status == SubscriberStatus.PENDING,
            subscribers.c.created == requests.c.created,
        )
    )
    return list(connection.execute(statement).scalars())


def _find(connection: Connection, request: int) -> Request | None:
    row = connection.execute(select(requests).where(requests.c.id == request)).one_or_none()
    return _request(row) if row else None


def _values(request: Request) -> dict[str, Any]:
    return {
        "kind": str(request.kind),
        "address": request.address,
        "address_key": request.address_key,
        "inbox": request.inbox,
        "subscriber": request.subscriber or None,
        "former": request.former,
        "choices": {
            "name": request.choices.name,
            "digests": sorted(request.choices.digests),
            "categories": sorted(request.choices.selection.categories),
            "language": request.choices.language,
            "timezone": request.choices.timezone,
        },
        "page": request.page,
        "wording": request.wording,
        "client": request.client,
        "created": request.created,
        "due": request.due,
        "mailed": request.mailed,
        "reply": request.reply,
        "confirmed": request.confirmed,
        "confirmed_client": request.confirmed_client,
    }


def _request(row: Row[Any]) -> Request:
    return Request(
        id=row.id,
        kind=RequestKind(row.kind),
        address=row.address,
        address_key=row.address_key,
        inbox=row.inbox,
        subscriber=row.subscriber or 0,
        former=row.former,
        choices=_choices(row.choices),
        page=row.page,
        wording=row.wording,
        client=row.client,
        created=row.created,
        due=row.due,
        mailed=row.mailed,
        reply=row.reply,
        confirmed=row.confirmed,
        confirmed_client=row.confirmed_client,
    )


def _choices(written: Mapping[str, Any]) -> Choices:
    return Choices(
        name=written["name"],
        digests=frozenset(written["digests"]),
        selection=Selection(frozenset(written["categories"])),
        language=written["language"],
        timezone=written["timezone"],
    )
