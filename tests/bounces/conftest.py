"""A record in a real file with editions that were accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from digest.bounces.recording import Recorder, Score
from digest.model import DeliveryStatus, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.notices import Notices
from digest.store.subscribers import Subscribers
from digest.store.tables import deliveries, editions, renditions
from digest.subscriptions.addresses import mailbox
from tests.journeys.conftest import PostOffice, on_duty, site

__all__ = ["site"]

START = datetime(2025, 10, 6, 7, tzinfo=UTC)


@dataclass
class Ledger:
    """People and editions as they stand after sending."""

    database: Database

    def subscribe(self, *addresses: str, status: SubscriberStatus = SubscriberStatus.ACTIVE) -> None:
        with Subscribers(self.database).changing() as changes:
            changes.write(
                [
                    (mailbox(address).key, Subscriber(0, address, status=status, created=START, changed=START))
                    for address in addresses
                ]
            )

    def accepted(self, number: int, *, at: datetime | None = None, to: str = "reader@mail.example") -> int:
        """An edition, weekly unless said otherwise, that was accepted for one reader; returns the delivery."""
        frozen = at or START + timedelta(weeks=number)
        person = self.subscriber(to).id
        with self.database.write() as connection:
            edition = _edition(connection, number, frozen)
            return _made(
                connection,
                deliveries,
                edition=edition,
                subscriber=person,
                rendition=edition,
                status=DeliveryStatus.ACCEPTED.value,
                changed=frozen,
            )

    def subscriber(self, address: str) -> Subscriber:
        found = Subscribers(self.database).find(mailbox(address).key)
        assert found
        return found

    def status(self, address: str = "reader@mail.example") -> tuple[str, str]:
        person = self.subscriber(address)
        return person.status.value, person.reason


def _edition(connection: Connection, number: int, frozen: datetime) -> int:
    """An edition of that number, with one rendition of the same id."""
    found = connection.execute(select(editions.c.id).where(editions.c.number == number)).scalar()
    if found is not None:
        return int(found)
    made = _made(
        connection,
        editions,
        digest="weekly",
        number=number,
        period=f"2025-W{39 + number}",
        starts=frozen - timedelta(weeks=1),
        ends=frozen,
        title="Example Weekly",
        frozen=frozen,
        sender={},
        content=[],
        deliveries=1,
        exclusions={},
    )
    empty = dict.fromkeys(("selection", "subject", "preheader", "html", "text"), "")
    _made(connection, renditions, id=made, edition=made, attachments=[], **empty)
    return made


def _made(connection: Connection, table: Table, **values: Any) -> int:
    return int(connection.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    yield database
    database.close()


@pytest.fixture
def ledger(database: Database) -> Ledger:
    made = Ledger(database)
    made.subscribe("reader@mail.example")
    return made


@pytest.fixture
def notices(database: Database) -> Notices:
    return Notices(database)


@pytest.fixture
def recorder(notices: Notices) -> Recorder:
    return Recorder(notices, Score(4, timedelta(days=42), provable=True), lambda text: mailbox(text).key)


@dataclass
class ReturningOffice(PostOffice):
    """A mail server that also remembers where each message wants what comes back, by recipient."""

    return_paths: dict[str, str] = field(default_factory=dict)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.return_paths[envelope.rcpt_tos[0]] = envelope.mail_from
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def post_office() -> Iterator[ReturningOffice]:
    with on_duty(ReturningOffice()) as office:
        yield office
