"""Deliveries that are due at each reader's own hour: written with the edition, and never again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from digest.model import Article, Edition, EditionRecord, Rendition, Section, Selection, Sender, Subscriber
from digest.period import Cadence, Clock, Hours, Unit, hours, parse
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.subscribers import Subscribers
from digest.store.tables import moments

BERLIN, AUCKLAND, NEW_YORK = "Europe/Berlin", "Pacific/Auckland", "America/New_York"
WEEKLY = Cadence(Unit.WEEK, on=0, at=time(7), cutoff=time(18), zone=ZoneInfo(BERLIN), by=Clock.SUBSCRIBER)
WINDOW = replace(WEEKLY, until=time(8))
PERIOD = parse("2025-W39", WEEKLY)  # to Sunday at six
EVENING = datetime(2025, 10, 5, 17, tzinfo=UTC)
MORNING = datetime(2025, 10, 6, 5, tzinfo=UTC)  # seven in Berlin
SENDER = Sender("Example Weekly", "weekly@example.org", "weekly.example.org", "leave@example.org")


def reader(name: str, timezone: str = "", *categories: str) -> Subscriber:
    wants = Selection(frozenset(categories))
    return Subscriber(0, f"{name}@example.org", timezone=timezone, selection=wants, created=EVENING, changed=EVENING)


def enlist(database: Database, people: Sequence[Subscriber]) -> None:
    with Subscribers(database).changing() as changes:
        changes.write([(person.address, person) for person in people])


def freeze(database: Database, times: Hours | None, *selections: str) -> EditionRecord:
    sections = tuple(Section(key, key, (Article(key, key, EVENING),)) for key in ("work", "play"))
    record = Editions(database).freeze(
        Edition("weekly", 1, "Weekly", PERIOD, sections),
        [Rendition(Selection.parse(wants), "", "", "", "") for wants in selections or ("",)],
        considered=[],
        sender=SENDER,
        message_key="key",
        now=EVENING,
        hours=times,
    )
    assert record is not None
    return record


def of(cadence: Cadence, frozen: datetime = EVENING) -> Hours:
    found = hours(cadence, PERIOD, frozen)
    assert found is not None
    return found


def due(database: Database) -> dict[str, datetime | None]:
    return {d.address.partition("@")[0]: d.due for d, _, _ in Deliveries(database).each(1)}


def test_each_is_due_at_seven_on_their_own_clock_and_the_others_by_the_site_s(database: Database) -> None:
    enlist(
        database,
        [
            reader("auckland", AUCKLAND),
            reader("berlin", BERLIN),
            reader("new-york", NEW_YORK),
            reader("nowhere"),
            reader("gone", "Europe/Atlantis"),
            reader("folder", "Europe"),
            reader("strange", "../etc/passwd"),
        ],
    )
    freeze(database, of(WEEKLY))
    assert due(database) == {
        "auckland": MORNING - timedelta(hours=11),
        "berlin": MORNING,
        "new-york": MORNING + timedelta(hours=6),
        **dict.fromkeys(("nowhere", "gone", "folder", "strange"), MORNING),
    }


def test_whose_hour_has_passed_is_due_when_it_is_frozen(database: Database) -> None:
    enlist(database, [reader("auckland", AUCKLAND), reader("berlin", BERLIN)])
    freeze(database, of(WEEKLY, frozen=MORNING - timedelta(hours=1)))
    assert due(database) == {"auckland": MORNING - timedelta(hours=1), "berlin": MORNING}


def test_with_neither_clock_nor_window_all_are_due_at_once(database: Database) -> None:
    enlist(database, [reader("auckland", AUCKLAND), reader("berlin", BERLIN)])
    freeze(database, None)
    assert due(database) == {"auckland": None, "berlin": None}


def test_the_readers_of_every_mail_are_due_at_their_hour(database: Database) -> None:
    enlist(database, [reader("all", AUCKLAND), reader("work", NEW_YORK, "work"), reader("sport", BERLIN, "sport")])
    record = freeze(database, of(WEEKLY), "", "work")
    assert due(database) == {"all": MORNING - timedelta(hours=11), "work": MORNING + timedelta(hours=6)}
    assert dict(record.exclusions) == {"nothing in their categories": 1}


def test_a_window_spreads_readers_evenly_and_the_same_way_each_time(database: Database) -> None:
    enlist(database, [reader(f"reader{n}", (BERLIN, AUCKLAND)[n % 2]) for n in range(240)])
    freeze(database, of(WINDOW))
    found = due(database)
    ids = {person.address.partition("@")[0]: person.id for person in Subscribers(database).each()}
    for name, identity in ids.items():
        zone = (BERLIN, AUCKLAND)[int(name.removeprefix("reader")) % 2]
        assert found[name] == of(WINDOW).of(ZoneInfo(zone))[identity % 60]
    assert all(
        MORNING - timedelta(hours=11) <= moment < MORNING + timedelta(hours=1) for moment in found.values() if moment
    )


def test_who_moves_after_the_freeze_moves_nothing_of_it(database: Database) -> None:
    enlist(database, [reader("traveller", BERLIN)])
    freeze(database, of(WEEKLY))
    with Subscribers(database).changing() as changes:
        (known,) = changes.known(["traveller@example.org"]).values()
        changes.write([("traveller@example.org", replace(known, timezone=AUCKLAND))])
    assert due(database) == {"traveller": MORNING}


def test_nothing_is_kept_but_the_deliveries(database: Database) -> None:
    enlist(database, [reader("berlin", BERLIN)])
    freeze(database, of(WINDOW))
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(moments)).scalar_one() == 0


def test_what_waits_for_its_hour_is_not_unfinished_and_is_known_to_come(database: Database) -> None:
    enlist(database, [reader("auckland", AUCKLAND), reader("new-york", NEW_YORK)])
    record = freeze(database, of(WEEKLY))
    first, last = MORNING - timedelta(hours=11), MORNING + timedelta(hours=6)
    found = Deliveries(database)
    assert found.unfinished(EVENING) == ()
    assert found.unfinished(first) == (record.id,)
    assert found.next_due(record.id) == first
    assert found.due_between(record.id, EVENING) == (first, last)
    assert found.due_between(record.id, first) == (last, last)
    assert found.due_between(record.id, last) is None


@contextmanager
def fresh() -> Iterator[Database]:
    with TemporaryDirectory() as folder:
        made = Database(f"sqlite:///{folder}/digest.db")
        yield made
        made.close()


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(["", AUCKLAND, BERLIN, NEW_YORK, "Pacific/Kiritimati", "Etc/GMT+12", "Asia/Kathmandu", "None"]),
        st.sets(st.sampled_from(["work", "play", "sport"])),
    ),
    min_size=1,
    max_size=15,
)
cadences = st.builds(
    replace,
    st.just(WEEKLY),
    by=st.sampled_from(Clock),
    until=st.sampled_from([None, time(7, 2), time(10), time(6), time(0)]),
).filter(lambda cadence: cadence.by is Clock.SUBSCRIBER or cadence.until)


@settings(max_examples=25, deadline=None)
@given(PEOPLE, cadences, st.timedeltas(timedelta(0), timedelta(days=2)))
def test_every_reader_is_due_once_at_the_hour_of_their_zone_and_slice(
    listed: list[tuple[str, set[str]]], cadence: Cadence, late: timedelta
) -> None:
    frozen = EVENING + late
    with fresh() as database:
        enlist(database, [reader(f"reader{n}", zone, *wants) for n, (zone, wants) in enumerate(listed)])
        selections = {str(Selection(frozenset(wants))) for _, wants in listed if not wants or wants & {"work", "play"}}
        record = freeze(database, of(cadence, frozen), *(selections or {""}))
        found = {d.subscriber: d.due for d, _, _ in Deliveries(database).each(record.id)}
        ids = {person.id: person for person in Subscribers(database).each()}
    assert len(found) == record.deliveries
    times = of(cadence, frozen)
    for identity, moment in found.items():
        zone = ids[identity].timezone
        assert moment == times.of(ZoneInfo(zone) if "/" in zone else None)[identity % times.slices]
    assert all(moment and moment >= max(frozen, PERIOD.end) for moment in found.values())


def test_a_period_that_was_frozen_keeps_its_hours(database: Database) -> None:
    enlist(database, [reader("berlin", BERLIN)])
    record = freeze(database, of(WEEKLY))
    before = due(database)
    again = Editions(database).freeze(
        Edition("weekly", 2, "Weekly", record.period, ()),
        [Rendition(Selection(), "", "", "", "")],
        considered=[],
        sender=SENDER,
        message_key="key",
        now=MORNING,
        hours=of(WEEKLY, MORNING),
    )
    assert again is None
    assert due(database) == before
