"""Who gets an edition and which mail: the database and the model must say the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import (
    FREQUENCIES,
    Article,
    Audience,
    Edition,
    Period,
    Rendition,
    Section,
    Selection,
    Sender,
    Subscriber,
    SubscriberStatus,
    Variant,
)
from digest.store.database import Database
from digest.store.editions import Editions
from digest.store.subscribers import Subscribers

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
PERIOD = Period(NOW - timedelta(weeks=1), NOW, "2025-W40")
SENDER = Sender("Example", "weekly@example.org", "weekly.example.org", "leave@example.org")
TAGS = ("", "de", "DE", "de-AT", "de-CH", "den", "fr", "fr-CA", "pt-br", "pt", "ar", "_", "d%")

people = st.builds(
    Subscriber,
    id=st.just(0),
    address=st.just(""),
    status=st.sampled_from(SubscriberStatus),
    digests=st.sampled_from((frozenset(), frozenset({"weekly"}), frozenset({"daily"}), frozenset({"weekly", "daily"}))),
    selection=st.sampled_from((Selection(), Selection(frozenset({"work"})), Selection(frozenset({"gone"})))),
    language=st.sampled_from(TAGS),
    every=st.sampled_from(FREQUENCIES),
    paused=st.sampled_from((None, NOW - timedelta(seconds=1), NOW, NOW + timedelta(seconds=1))),
    created=st.just(NOW),
    changed=st.just(NOW),
)
audiences = st.builds(
    Audience,
    digest=st.just("weekly"),
    number=st.integers(1, 9),
    at=st.just(NOW),
    languages=st.lists(st.sampled_from(("de", "de-AT", "fr", "pt-BR", "pt", "ar")), unique=True).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(people, max_size=12), audiences)
def test_the_database_finds_the_readers_and_the_mails_that_the_model_names(found: list[Subscriber], audience: Audience):
    persons = [replace(person, address=f"{n}@example.org") for n, person in enumerate(found)]
    story = Article("example.org/1", "One", NOW - timedelta(days=1))
    edition = Edition("weekly", audience.number, "Weekly", PERIOD, (Section("work", "Work", (story,)),))
    readers = [person for person in persons if audience.includes(person)]
    wanted = {audience.variant(person) for person in readers}
    with TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/digest.db")
        editions = Editions(database)
        with Subscribers(database).changing() as changes:
            changes.write([(person.address, person) for person in persons])
        assert editions.readers(audience) == len(readers)
        assert set(editions.variants(audience)) == wanted
        made = [Rendition(v.selection, "", "", "", "", language=v.language) for v in {Variant(), *wanted}]
        kept = [rendition for rendition in made if edition.only(rendition.selection).sections]
        record = editions.freeze(
            edition, kept, considered=[], sender=SENDER, message_key="", now=NOW, languages=audience.languages
        )
        assert record is not None
        with database.read() as connection:
            rows = connection.exec_driver_sql(
                "SELECT s.address, r.selection, r.language FROM deliveries d"
                " JOIN subscribers s ON s.id = d.subscriber JOIN renditions r ON r.id = d.rendition"
            ).all()
        database.close()
    expected = {
        (person.address, str(person.selection), audience.variant(person).language)
        for person in readers
        if edition.only(person.selection).sections
    }
    assert {tuple(row) for row in rows} == expected
    assert record.deliveries + sum(number for _, number in record.exclusions) == len(persons)


def test_a_mail_in_another_language_is_not_taken_for_the_same(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    audience = Audience("weekly", 1, NOW, ("en", "de"))
    story = Article("example.org/1", "One", NOW - timedelta(days=1))
    edition = Edition("weekly", 1, "Weekly", PERIOD, (Section("work", "Work", (story,)),))
    person = Subscriber(0, "a@example.org", language="de-AT", created=NOW, changed=NOW)
    with Subscribers(database).changing() as changes:
        changes.write([(person.address, person)])
    editions = Editions(database)
    whole = Rendition(Selection(), "", "", "", "")
    assert not editions.freeze(
        edition, [whole], considered=[], sender=SENDER, message_key="", now=NOW, languages=audience.languages
    )
    both = [whole, replace(whole, language="de")]
    assert editions.freeze(
        edition, both, considered=[], sender=SENDER, message_key="", now=NOW, languages=audience.languages
    )
    database.close()


def test_who_wants_the_sites_own_language_gets_it_even_where_a_near_one_is_offered():
    audience = Audience("weekly", 1, NOW, ("pt-BR", "pt"))
    tags = {"pt-BR": "", "pt_br": "", "pt": "pt", "pt-PT": "pt", "fr": ""}
    for tag, language in tags.items():
        person = Subscriber(0, "a@example.org", language=tag)
        assert audience.variant(person).language == language
