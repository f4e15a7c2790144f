"""The record of deliveries as people read it, settle it and try again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, select, update

from digest.errors import UsageError
from digest.model import DeliveryStatus, Edition, EditionRecord, Settlement, Subscriber, SubscriberStatus
from digest.store.database import Database
from digest.store.deliveries import Deliveries, Passage
from digest.store.editions import Editions
from digest.store.subscribers import Subscribers
from digest.store.tables import deliveries as table
from digest.store.tables import subscribers as people
from tests.store.conftest import on_postgresql, on_sqlite

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
QUEUED, ACCEPTED, FAILED = DeliveryStatus.QUEUED, DeliveryStatus.ACCEPTED, DeliveryStatus.FAILED
DEFERRED, UNCERTAIN = DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN

Enlist = Callable[..., None]
Make = Callable[..., Edition]
Freeze = Callable[..., EditionRecord | None]


@pytest.fixture
def record(enlist: Enlist, edition: Make, freeze: Freeze) -> EditionRecord:
    """An edition for a, b, c, d and e."""
    enlist(*(Subscriber(0, f"{name}@example.org", created=NOW, changed=NOW) for name in "abcde"))
    made = freeze(edition())
    assert made is not None
    return made


@pytest.fixture
def stand(database: Database, record: EditionRecord) -> Callable[..., None]:
    """Puts deliveries, by the first letters of their addresses, into a state."""

    def stand(names: str, status: DeliveryStatus, **values: Any) -> None:
        with database.write() as connection:
            for name in names:
                whose = select(people.c.id).where(people.c.address == f"{name}@example.org").scalar_subquery()
                mine = (table.c.edition == record.id, table.c.subscriber == whose)
                connection.execute(update(table).where(*mine).values(status=status, **values))

    return stand


@pytest.fixture
def stands(deliveries: Deliveries, record: EditionRecord) -> Callable[[], dict[str, DeliveryStatus]]:
    def stands() -> dict[str, DeliveryStatus]:
        return {delivery.address[:1]: delivery.status for delivery, _, _ in deliveries.each(record.id)}

    return stands


def turn(database: Database, name: str, status: SubscriberStatus) -> None:
    with database.write() as connection:
        connection.execute(update(people).where(people.c.address == f"{name}@example.org").values(status=status))


# --- what is due -------------------------------------------------------------------------------------------------


def test_what_waits_for_its_time_is_not_due_and_what_is_in_hand_is(
    deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    assert deliveries.due(record.id, NOW) == 5
    assert deliveries.waiting(record.id, NOW) == {}
    stand("a", QUEUED, due=LATER)
    stand("b", DEFERRED, due=NOW + timedelta(minutes=1), attempts=1)
    stand("c", DeliveryStatus.HANDING)
    stand("d", ACCEPTED)
    assert deliveries.due(record.id, NOW) == 2
    assert deliveries.waiting(record.id, NOW) == {QUEUED: (1, LATER), DEFERRED: (1, NOW + timedelta(minutes=1))}
    assert deliveries.due(record.id, LATER) == 4
    assert deliveries.waiting(record.id, LATER) == {}


# --- what failed, again --------------------------------------------------------------------------------------------


def test_what_failed_is_due_again_at_once_with_new_patience(
    editions: Editions, deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    tried = NOW - timedelta(days=2)
    stand("ab", FAILED, attempts=9, first_tried=tried, changed=NOW, reply="451 later", server="mx")
    stand("c", ACCEPTED, attempts=1, first_tried=tried, changed=tried, reply="250 taken")
    assert deliveries.retry(record.id, LATER) == (2, {})
    again = [(d, server, changed) for d, server, changed in deliveries.each(record.id, QUEUED) if d.attempts]
    assert [delivery.address for delivery, *_ in again] == ["a@example.org", "b@example.org"]
    for delivery, server, changed in again:
        assert (delivery.attempts, delivery.first_tried, delivery.due) == (9, None, None)
        assert (delivery.reply, server, changed) == ("451 later (retried by the operator)", "mx", NOW)
    assert deliveries.counts(record.id) == {QUEUED: 4, ACCEPTED: 1}
    assert deliveries.unfinished(LATER) == (record.id,)
    assert editions.acts(record.id) == ((LATER, "retry", "2 failed, 0 left out"),)


def test_who_must_not_be_mailed_or_has_left_is_not_tried_again(
    *,
    database: Database,
    editions: Editions,
    deliveries: Deliveries,
    record: EditionRecord,
    stand: Callable[..., None],
    stands: Callable[[], dict[str, DeliveryStatus]],
) -> None:
    stand("abcde", FAILED)
    turn(database, "a", SubscriberStatus.SUPPRESSED)
    turn(database, "b", SubscriberStatus.UNSUBSCRIBED)
    turn(database, "c", SubscriberStatus.SUPPRESSED)
    with Subscribers(database).changing() as changes:
        changes.erase("d@example.org", NOW)
    assert deliveries.retry(record.id, NOW) == (1, {"erased": 1, "suppressed": 2, "unsubscribed": 1})
    assert stands() == {"a": FAILED, "b": FAILED, "c": FAILED, "": FAILED, "e": QUEUED}
    assert editions.acts(record.id) == ((NOW, "retry", "1 failed, 4 left out"),)


def test_where_nothing_failed_nothing_is_tried_again_and_it_is_no_act(
    editions: Editions, deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    stand("a", UNCERTAIN)
    stand("b", DEFERRED, due=LATER)
    assert deliveries.retry(record.id, NOW) == (0, {})
    assert deliveries.counts(record.id) == {QUEUED: 3, DEFERRED: 1, UNCERTAIN: 1}
    assert editions.acts(record.id) == ()


def test_another_edition_s_failures_stay(
    edition: Make, freeze: Freeze, deliveries: Deliveries, record: EditionRecord, database: Database
) -> None:
    other = freeze(edition(2))
    assert other is not None
    with database.write() as connection:
        connection.execute(update(table).values(status=FAILED))
    assert deliveries.retry(record.id, NOW) == (5, {})
    assert deliveries.counts(other.id) == {FAILED: 5}


# --- what is uncertain, settled ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("how", "status"), [(Settlement.ACCEPT, ACCEPTED), (Settlement.RESEND, QUEUED)])
def test_some_are_settled_by_their_addresses_and_the_others_wait(
    *,
    editions: Editions,
    deliveries: Deliveries,
    record: EditionRecord,
    stand: Callable[..., None],
    stands: Callable[[], dict[str, DeliveryStatus]],
    how: Settlement,
    status: DeliveryStatus,
) -> None:
    stand("abc", UNCERTAIN, reply="the line was cut", changed=NOW)
    assert deliveries.settle(record.id, how, LATER, keys={"a@example.org", "b@example.org"}) == 2
    assert stands() == {"a": status, "b": status, "c": UNCERTAIN, "d": QUEUED, "e": QUEUED}
    (act,) = editions.acts(record.id)
    assert act == (LATER, "settle", f"2 uncertain, by address: {how}")
    assert "@" not in act[2]  # it would outlive the person's erasure


def test_one_address_without_a_doubt_settles_nothing(
    editions: Editions,
    deliveries: Deliveries,
    record: EditionRecord,
    stand: Callable[..., None],
    stands: Callable[[], dict[str, DeliveryStatus]],
) -> None:
    stand("a", UNCERTAIN)
    before = stands()
    with pytest.raises(UsageError, match=r"no uncertain delivery to b@example\.org, nobody@example\.org"):
        deliveries.settle(
            record.id, Settlement.ACCEPT, NOW, keys={"a@example.org", "b@example.org", "nobody@example.org"}
        )
    assert stands() == before
    assert editions.acts(record.id) == ()


def test_the_time_of_the_last_try_is_kept_to_be_looked_up_in_the_server_s_log(
    deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    stand("a", UNCERTAIN, changed=NOW)
    deliveries.settle(record.id, Settlement.ACCEPT, LATER)
    ((_, _, changed),) = deliveries.each(record.id, ACCEPTED)
    assert changed == NOW


# --- what is told --------------------------------------------------------------------------------------------------


def test_how_an_edition_went_through_its_servers(
    deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    assert deliveries.passage(record.id) == Passage({}, None, None, None)
    stand("ab", ACCEPTED, server="one", first_tried=NOW, changed=NOW)
    stand("c", ACCEPTED, server="two", first_tried=NOW, changed=NOW + timedelta(seconds=10))
    stand("d", FAILED, server="two", first_tried=NOW, changed=NOW + timedelta(seconds=2))
    assert deliveries.passage(record.id) == Passage(
        servers={"one": {ACCEPTED: 2}, "two": {ACCEPTED: 1, FAILED: 1}},
        first_tried=NOW,
        last_tried=NOW + timedelta(seconds=10),
        per_second=0.3,
    )


def test_a_rate_that_no_time_was_taken_for_is_not_told(
    deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    stand("a", ACCEPTED, server="one", first_tried=NOW, changed=NOW)
    assert deliveries.passage(record.id).per_second is None


@on_sqlite
@pytest.mark.parametrize("status", [None, QUEUED])
def test_a_long_list_comes_in_the_order_of_an_index(
    database: Database, deliveries: Deliveries, record: EditionRecord, status: DeliveryStatus | None
) -> None:
    """So nothing is gathered and sorted before the first one is told."""
    said: list[tuple[str, Any]] = []
    event.listen(
        database._engine, "before_cursor_execute", lambda _c, _u, text, values, *_: said.append((text, values))
    )
    assert len(list(deliveries.each(record.id, status))) == 5
    ((text, values),) = [(text, values) for text, values in said if text.startswith("SELECT")]
    with database.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
    assert plan
    assert not [step for *_, step in plan if "TEMP B-TREE" in step]


def test_unfinished_is_what_is_due_now_or_in_hand(
    database: Database, deliveries: Deliveries, record: EditionRecord, stand: Callable[..., None]
) -> None:
    for status, due, found in (
        (QUEUED, None, True),
        (QUEUED, NOW, True),
        (QUEUED, LATER, False),
        (DEFERRED, NOW, True),
        (DEFERRED, LATER, False),
        (DeliveryStatus.CLAIMED, LATER, True),
        (DeliveryStatus.HANDING, None, True),
        (ACCEPTED, None, False),
        (FAILED, None, False),
        (UNCERTAIN, None, False),
    ):
        stand("abcde", status, due=due)
        assert bool(deliveries.unfinished(NOW)) is found, (status, due)


@on_postgresql
@pytest.mark.parametrize(("status", "due"), [(QUEUED, None), (QUEUED, NOW), (DEFERRED, NOW), (DEFERRED, LATER)])
@pytest.mark.parametrize("with_statistics", [True, False])
def test_unfinished_reads_no_more_than_one_delivery_for_each_question(
    *,
    database: Database,
    deliveries: Deliveries,
    enlist: Enlist,
    edition: Make,
    freeze: Freeze,
    status: DeliveryStatus,
    due: datetime | None,
    with_statistics: bool,
) -> None:
    """It is asked every few seconds, while millions may be due."""
    enlist(*(Subscriber(0, f"{number}@example.org", created=NOW, changed=NOW) for number in range(1500)))
    for number in (1, 2, 3):
        assert freeze(edition(number))
    with database.write() as connection:
        connection.execute(update(table).values(status=status, due=due))
        if with_statistics:
            connection.exec_driver_sql("ANALYZE")
    said: list[tuple[str, Any]] = []
    event.listen(
        database._engine, "before_cursor_execute", lambda _c, _u, text, values, *_: said.append((text, values))
    )
    assert bool(deliveries.unfinished(NOW)) is (due != LATER)
    ((text, values),) = [(text, values) for text, values in said if text.startswith("SELECT")]
    with database.read() as connection:
        (plan,) = connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}", values).scalar_one()
    looks = [node for node in _nodes(plan["Plan"]) if node.get("Relation Name") == table.name]
    assert looks
    assert max(_read(node) for node in looks) <= 3  # one for each edition


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _read(node: dict[str, Any]) -> float:
    rows: float = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
    return rows * node["Actual Loops"]


def test_the_person_who_was_erased_is_in_the_list_without_a_name(
    database: Database, deliveries: Deliveries, record: EditionRecord
) -> None:
    with Subscribers(database).changing() as changes:
        changes.erase("a@example.org", NOW)
    listed = [(delivery.subscriber, delivery.address) for delivery, _, _ in deliveries.each(record.id)]
    assert len(listed) == 5
    assert listed.count((0, "")) == 1
