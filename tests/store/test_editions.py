from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
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
    Section,
    Selection,
    Sender,
    Subscriber,
    SubscriberStatus,
    Variant,
)
from digest.store import tables
from digest.store.database import Database
from digest.store.deliveries import Deliveries
from digest.store.editions import Editions
from digest.store.subscribers import Subscribers

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
PERIOD = Period(NOW - timedelta(weeks=1), NOW, "2025-W40")
SENDER = Sender(
    "Example Weekly",
    "weekly@example.org",
    "weekly.example.org",
    "leave@example.org",
    "desk@example.org",
    "https://e.org",
)
WEEKLY = Audience("weekly", 1, NOW)
ACTIVE = SubscriberStatus.ACTIVE
Enlist = Callable[..., None]
Make = Callable[..., Edition]
Freeze = Callable[..., EditionRecord | None]


def reader(
    address: str, *categories: str, status: SubscriberStatus = ACTIVE, digests: tuple[str, ...] = ()
) -> Subscriber:
    return Subscriber(
        0, address, "", status, frozenset(digests), Selection(frozenset(categories)), created=NOW, changed=NOW
    )


def frozen(made: EditionRecord | None) -> EditionRecord:
    assert made is not None
    return made


def sizes(database: Database) -> dict[str, int]:
    """How many rows each table holds."""
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in tables.metadata.tables.values()
        }


# --- what is frozen ------------------------------------------------------------------------------------------------


def test_everything_is_found_again_as_it_was_frozen(editions: Editions, enlist: Enlist):
    enlist(reader("a@example.org"), reader("b@example.org", "work"))
    image = Attachment("cover1@example.org", "image/png", bytes(range(256)))
    whole = Rendition(
        Selection(), "Subject \N{PARTY POPPER}", "first", "<p>\r\n é</p>\n", "text\n", (image,), ("b", "c")
    )
    some = Rendition(Selection(frozenset({"work"})), "Work", "", "<p>work</p>", "work", (image,))
    kept, left_out = Article("a", "A", NOW, path="a.md"), Article("b", "B", NOW, path="b.md")
    edition = Edition("weekly", 3, "Example Weekly", PERIOD, (Section("work", "Work", (kept,), more=2),))
    record = frozen(
        editions.freeze(
            edition,
            [whole, some],
            considered=[(kept, True), (left_out, False)],
            sender=SENDER,
            message_key="key",
            now=NOW,
        )
    )
    assert record == EditionRecord(
        id=record.id,
        digest="weekly",
        number=3,
        title="Example Weekly",
        period=PERIOD,
        frozen=NOW,
        stopped=None,
        deliveries=2,
        articles=1,
        exclusions=(),
        sender=SENDER,
        message_key="key",
    )
    assert editions.find("weekly", "2025-W40") == record
    assert set(editions.renditions(record.id).values()) == {whole, some}


def test_each_reader_gets_the_rendition_of_their_selection(
    editions: Editions, deliveries: Deliveries, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("all@example.org"), reader("work@example.org", "work"), reader("two@example.org", "work", "play"))
    record = frozen(freeze(edition(1, "work", "play"), "", "work", "play;work"))
    made = editions.renditions(record.id)
    assert {d.address: str(made[d.rendition].selection) for d, _, _ in deliveries.each(record.id)} == {
        "all@example.org": "",
        "work@example.org": "work",
        "two@example.org": "play;work",
    }


def test_everybody_on_the_list_has_a_delivery_or_a_reason(enlist: Enlist, edition: Make, freeze: Freeze):
    enlist(
        reader("all@example.org"),
        reader("other-digest@example.org", digests=("daily",)),
        reader("this-digest@example.org", digests=("daily", "weekly")),
        reader("nothing@example.org", "sport"),
        reader("left@example.org", status=SubscriberStatus.UNSUBSCRIBED),
        reader("dead@example.org", status=SubscriberStatus.SUPPRESSED),
        reader("dead-too@example.org", status=SubscriberStatus.SUPPRESSED),
        reader("asked@example.org", status=SubscriberStatus.PENDING),
    )
    record = frozen(freeze(edition()))
    assert record.deliveries == 2
    assert dict(record.exclusions) == {
        "unsubscribed": 1,
        "suppressed": 2,
        "pending": 1,
        "gets other digests": 1,
        "nothing in their categories": 1,
    }


PEOPLE = st.lists(
    st.tuples(
        st.sampled_from(SubscriberStatus),
        st.sets(st.sampled_from(["weekly", "daily", "week", "weekly2"])),
        st.sets(st.sampled_from(["work", "play", "sport"])),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@given(PEOPLE)
def test_deliveries_and_exclusions_add_up_to_the_list(
    people: list[tuple[SubscriberStatus, set[str], set[str]]],
):
    sections = tuple(Section(key, key, (Article(key, key, NOW),)) for key in ("work", "play"))
    edition = Edition("weekly", 1, "Weekly", PERIOD, sections)
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/digest.db")
        editions = Editions(database)
        with Subscribers(database).changing() as changes:
            changes.write(
                [
                    (f"{n}@example.org", reader(f"{n}@example.org", *wants, status=status, digests=tuple(digests)))
                    for n, (status, digests, wants) in enumerate(people)
                ]
            )
        made = [
            Rendition(variant.selection, "", "", "", "")
            for variant in editions.variants(WEEKLY)
            if edition.only(variant.selection).sections
        ]
        readers = editions.readers(WEEKLY)
        record = frozen(editions.freeze(edition, made, considered=[], sender=SENDER, message_key="", now=NOW))
        database.close()
    assert record.deliveries + sum(count for _, count in record.exclusions) == len(people)
    assert all(count > 0 for _, count in record.exclusions)
    expected = [p for p in people if p[0] is ACTIVE and (not p[1] or "weekly" in p[1])]
    assert readers == len(expected)
    assert record.deliveries == len([p for p in expected if not p[2] or p[2] & {"work", "play"}])


def test_a_digest_is_not_mistaken_for_one_whose_name_holds_its_own(editions: Editions, enlist: Enlist):
    enlist(reader("a@example.org", digests=("weekly2",)), reader("b@example.org", digests=("bi-weekly",)))
    assert editions.readers(WEEKLY) == 0
    assert editions.variants(WEEKLY) == ()


def test_the_selections_are_those_of_readers_alone(editions: Editions, enlist: Enlist):
    enlist(
        reader("a@example.org", "work"),
        reader("b@example.org", "work"),
        reader("c@example.org", "play", digests=("daily",)),
        reader("d@example.org", "sport", status=SubscriberStatus.UNSUBSCRIBED),
        reader("e@example.org"),
    )
    assert editions.variants(WEEKLY) == (Variant(), Variant(Selection(frozenset({"work"}))))


# --- all or nothing, once ------------------------------------------------------------------------------------------


def test_a_freeze_that_fails_in_its_middle_leaves_nothing(
    database: Database, enlist: Enlist, edition: Make, freeze: Freeze, monkeypatch: pytest.MonkeyPatch
):
    enlist(reader("a@example.org"))
    before = sizes(database)

    def fail(*_: object) -> None:
        raise LookupError("in the middle")

    monkeypatch.setattr("digest.store.freezing._account", fail)
    with pytest.raises(LookupError):
        freeze(edition())
    assert sizes(database) == before


def test_a_freeze_that_the_database_refuses_in_its_middle_leaves_nothing(
    database: Database, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"))
    before = sizes(database)
    with pytest.raises(IntegrityError):
        freeze(edition(), "", "")  # two deliveries for one reader
    assert sizes(database) == before


def test_a_period_is_frozen_once(database: Database, editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze):
    enlist(reader("a@example.org"))
    first = frozen(freeze(edition(1, "work")))
    before = sizes(database)
    enlist(reader("later@example.org"))
    assert freeze(edition(1, "play")) is None
    assert freeze(replace(edition(1, "play"), number=2)) is None
    assert sizes(database) == before | {"subscribers": 2}
    assert editions.find("weekly", first.period.name) == first


def test_another_digest_freezes_the_same_period_for_itself(enlist: Enlist, edition: Make, freeze: Freeze):
    enlist(reader("a@example.org"))
    assert freeze(edition(1)) is not None
    assert freeze(edition(1, digest="daily")) is not None


def test_two_who_freeze_at_once_make_one_edition(
    url: str, database: Database, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(*(reader(f"{n}@example.org") for n in range(50)))
    others = [Database(url) for _ in range(4)]
    start = threading.Barrier(len(others))
    made: list[EditionRecord | None] = []

    def publish(mine: Database) -> None:
        start.wait()
        made.append(freeze(edition(), editions=Editions(mine)))

    threads = [threading.Thread(target=publish, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        other.close()
    assert len(made) == 4
    assert [record for record in made if record] == list(Editions(database).every())
    assert sizes(database)["deliveries"] == 50


def test_a_number_that_was_taken_meanwhile_changes_nothing(
    database: Database, editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    """Another period of this digest was frozen since its history was read: the edition has to be composed again."""
    enlist(reader("a@example.org"))
    freeze(edition(1))
    before = sizes(database)
    assert freeze(replace(edition(2), number=1)) is None
    assert sizes(database) == before
    assert editions.find("weekly", edition(2).period.name) is None


def test_a_selection_chosen_between_render_and_freeze_stops_the_freeze(
    database: Database, editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"), reader("new@example.org", "play"))
    before = sizes(database)
    assert freeze(edition(1, "work", "play"), "") is None
    assert sizes(database) == before
    assert editions.find("weekly", "2025-W40") is None
    assert frozen(freeze(edition(1, "work", "play"), "", "play")).deliveries == 2


def test_a_selection_with_nothing_in_the_edition_does_not_stop_the_freeze(
    enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"), reader("new@example.org", "sport"))
    record = frozen(freeze(edition(1, "work", "play"), ""))
    assert (record.deliveries, record.exclusions) == (1, (("nothing in their categories", 1),))


# --- found again ---------------------------------------------------------------------------------------------------


def test_an_edition_is_found_by_its_number_and_by_its_period(
    editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"))
    first, second = frozen(freeze(edition(1))), frozen(freeze(edition(2)))
    assert editions.find("weekly", "1") == first
    assert editions.find("weekly", second.period.name) == second
    assert editions.every("weekly") == editions.every() == (second, first)
    assert editions.every("daily") == ()


@pytest.mark.parametrize("name", ["3", "2025-W50", "", "99999999999999999999", "²", "٣", "'; DROP TABLE editions"])
def test_an_edition_that_is_not_there_is_not_found(
    name: str, editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"))
    freeze(edition(1))
    assert editions.find("weekly", name) is None
    assert editions.find("daily", "1") is None


def test_a_digest_without_editions_has_no_history(editions: Editions):
    assert editions.history("weekly") == History()


def test_history_knows_the_last_number_the_edges_and_where_each_article_was(
    editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"))
    freeze(edition(1, "work"))
    freeze(edition(2, "play"))
    freeze(edition(7, "sport", digest="daily"))
    assert editions.history("weekly") == History(
        number=2,
        first_start=edition(1).period.start,
        previous_end=edition(2).period.end,
        placed={
            "example.net/work/1": "weekly/2025-W40",
            "work1.md": "weekly/2025-W40",
            "example.net/play/2": "weekly/2025-W41",
            "play2.md": "weekly/2025-W41",
        },
        told=frozenset({"example.net/work/1", "work1.md", "example.net/play/2", "play2.md"}),
    )


def test_history_knows_the_articles_that_were_considered_and_left_out_and_that_no_reader_was_told_them(
    editions: Editions, enlist: Enlist, edition: Make
):
    enlist(reader("a@example.org"))
    editions.freeze(
        edition(1),
        [Rendition(Selection(), "", "", "", "")],
        considered=[(Article("out", "Out", NOW), False)],
        sender=SENDER,
        message_key="",
        now=NOW,
    )
    history = editions.history("weekly")
    assert (history.placed, history.told) == ({"out": "weekly/2025-W40"}, frozenset())


# --- stopped -------------------------------------------------------------------------------------------------------


def test_an_edition_is_stopped_and_resumed_once_and_every_act_that_changed_it_is_kept(
    editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze
):
    enlist(reader("a@example.org"))
    record = frozen(freeze(edition(1)))
    later = [NOW + timedelta(hours=n) for n in range(5)]
    assert not editions.resume(record.id, later[0])
    assert editions.stop(record.id, later[1])
    assert not editions.stop(record.id, later[2])
    assert frozen(editions.find("weekly", "1")).stopped == later[1]
    assert editions.resume(record.id, later[3])
    assert not editions.resume(record.id, later[4])
    assert frozen(editions.find("weekly", "1")).stopped is None
    assert editions.acts(record.id) == ((later[1], "stop", ""), (later[3], "resume", ""))


def test_another_edition_is_not_stopped_with_it(editions: Editions, enlist: Enlist, edition: Make, freeze: Freeze):
    enlist(reader("a@example.org"))
    first, second = frozen(freeze(edition(1))), frozen(freeze(edition(2)))
    editions.stop(first.id, NOW)
    assert frozen(editions.find("weekly", "2")).stopped is None
    assert editions.acts(second.id) == ()
