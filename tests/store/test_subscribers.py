from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from digest.model import DeliveryStatus, Receipt, Selection, Subscriber, SubscriberStatus
from digest.store import tables
from digest.store.database import Database
from digest.store.subscribers import Subscribers

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=7)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    yield database
    database.close()


@pytest.fixture
def people(database: Database) -> Subscribers:
    return Subscribers(database)


def someone(
    address: str,
    *,
    status: SubscriberStatus = SubscriberStatus.ACTIVE,
    digests: tuple[str, ...] = (),
    categories: tuple[str, ...] = (),
) -> Subscriber:
    return Subscriber(
        id=0,
        address=address,
        status=status,
        digests=frozenset(digests),
        selection=Selection(frozenset(categories)),
        created=NOW,
        changed=NOW,
    )


def added(people: Subscribers, *who: Subscriber) -> None:
    with people.changing() as changes:
        changes.write([(person.address.lower(), person) for person in who])


def test_who_is_written_is_read_back_equal(people: Subscribers):
    person = Subscriber(
        id=0,
        address="Reader@example.org",
        name="First Reader",
        status=SubscriberStatus.SUPPRESSED,
        digests=frozenset({"weekly", "daily"}),
        selection=Selection(frozenset({"ai", "work"})),
        language="pt-BR",
        timezone="Europe/Paris",
        reason="a complaint",
        created=NOW,
        changed=LATER,
        every=4,
        paused=LATER,
    )
    added(people, person)
    found = people.find("reader@example.org")
    assert found
    assert found.id > 0
    assert replace(found, id=0) == person


def test_somebody_who_moves_is_found_by_the_new_key_alone(people: Subscribers):
    added(people, someone("old@example.org"))
    person = people.find("old@example.org")
    assert person
    moved = replace(person, address="New@example.org")
    with people.changing() as changes:
        changes.write([("new@example.org", moved)])
    assert people.find("new@example.org") == moved
    assert people.find("old@example.org") is None


def test_a_change_goes_to_the_row_of_its_id(people: Subscribers):
    added(people, someone("a@example.org"), someone("b@example.org"))
    first = people.find("a@example.org")
    assert first
    added(people, replace(first, name="First Reader", changed=LATER))
    assert [(person.address, person.name) for person in people.each()] == [
        ("a@example.org", "First Reader"),
        ("b@example.org", ""),
    ]


def test_a_transaction_that_is_not_to_be_kept_leaves_nothing(people: Subscribers):
    with people.changing(keep=False) as changes:
        changes.write([("a@example.org", someone("a@example.org"))])
        assert list(changes.known(["a@example.org", "b@example.org"])) == ["a@example.org"]
    assert people.find("a@example.org") is None


def test_a_transaction_that_fails_leaves_nothing(people: Subscribers):
    who = ("a@example.org", someone("a@example.org"))
    with pytest.raises(IntegrityError), people.changing() as changes:
        changes.write([who, who])
    assert people.find("a@example.org") is None


def test_more_keys_than_a_statement_takes_are_asked_in_parts(people: Subscribers):
    keys = [f"reader{number}@example.org" for number in range(2500)]
    added(people, *map(someone, keys))
    with people.changing() as changes:
        assert set(changes.known(keys)) == set(keys)


def test_listing_is_by_status_digest_and_category_and_empty_means_all(people: Subscribers):
    added(
        people,
        someone("all@example.org"),
        someone("weekly@example.org", digests=("weekly",)),
        someone("ai@example.org", categories=("ai",)),
        someone("more-ai@example.org", categories=("more-ai", "a_i")),
        someone("left@example.org", status=SubscriberStatus.UNSUBSCRIBED),
    )

    def listed(**chosen: object) -> set[str]:
        return {person.address.partition("@")[0] for person in people.each(**chosen)}  # type: ignore[arg-type]

    assert listed(status=SubscriberStatus.UNSUBSCRIBED) == {"left"}
    assert listed(digest="daily") == {"all", "ai", "more-ai", "left"}
    assert listed(category="ai") == {"all", "weekly", "ai", "left"}
    assert listed(category="a_i") == {"all", "weekly", "more-ai", "left"}
    assert len(list(people.each(limit=2))) == 2
    assert not list(people.each(limit=0))


def test_what_is_kept_of_an_erased_person_is_a_salted_hash(people: Subscribers, database: Database):
    added(people, someone("a@example.org"))
    with people.changing() as changes:
        assert changes.erase("a@example.org", NOW)
        assert changes.erased(["a@example.org", "b@example.org"]) == {"a@example.org"}
    with database.read() as connection:
        assert connection.execute(select(tables.subscribers)).all() == []
        salt = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == "erasure_salt")).scalar_one()
        (row,) = connection.execute(select(tables.erased)).all()
    assert len(salt) == 64
    assert len(row.address_hash) == 64
    assert people.erased_at("a@example.org") == NOW
    assert people.erased_at("b@example.org") is None


def test_the_salt_is_made_once(people: Subscribers):
    for name in ("a", "b"):
        with people.changing() as changes:
            assert not changes.erase(f"{name}@example.org", NOW)
    assert people.erased_at("a@example.org")
    assert people.erased_at("b@example.org")


def test_whoever_is_added_again_is_no_longer_erased(people: Subscribers):
    with people.changing() as changes:
        changes.erase("a@example.org", NOW)
    added(people, someone("a@example.org"))
    assert people.erased_at("a@example.org") is None


def frozen(database: Database, subscriber: int) -> None:
    """Two editions, the second of which the subscriber has been given."""
    content = {"subject": "", "preheader": "", "html": "", "text": "", "attachments": [], "selection": ""}
    with database.write() as connection:
        for number in (1, 2):
            when = NOW if number == 1 else LATER
            connection.execute(
                insert(tables.editions).values(
                    id=number, digest="weekly", number=number, period=f"2025-W{39 + number}", starts=when, ends=when,
                    title="Weekly", frozen=when, sender={}, content={}, deliveries=1, exclusions={},
                )
            )  # fmt: skip
            connection.execute(insert(tables.renditions).values(id=number, edition=number, **content))
            connection.execute(
                insert(tables.deliveries).values(
                    edition=number, subscriber=subscriber, rendition=number,
                    status="queued" if number == 1 else "accepted", attempts=number - 1, reply="250 ok", changed=when,
                )
            )  # fmt: skip


def test_receipts_are_told_newest_first(people: Subscribers, database: Database):
    added(people, someone("a@example.org"))
    person = people.find("a@example.org")
    assert person
    frozen(database, person.id)
    assert people.receipts(person.id) == (
        Receipt("weekly/2025-W41", 2, DeliveryStatus.ACCEPTED, attempts=1, changed=LATER, reply="250 ok"),
        Receipt("weekly/2025-W40", 1, DeliveryStatus.QUEUED, changed=NOW, reply="250 ok"),
    )


def test_the_deliveries_of_an_erased_person_still_count(people: Subscribers, database: Database):
    added(people, someone("a@example.org"))
    person = people.find("a@example.org")
    assert person
    frozen(database, person.id)
    with people.changing() as changes:
        changes.erase("a@example.org", LATER)
    with database.read() as connection:
        assert connection.execute(select(tables.deliveries.c.subscriber)).scalars().all() == [None, None]


def test_an_id_is_never_given_twice(people: Subscribers):
    added(people, someone("a@example.org"))
    first = people.find("a@example.org")
    with people.changing() as changes:
        changes.erase("a@example.org", NOW)
    added(people, someone("b@example.org"))
    second = people.find("b@example.org")
    assert first
    assert second
    assert second.id > first.id
