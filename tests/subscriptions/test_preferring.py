from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DigestError, UsageError
from digest.model import (
    FREQUENCIES,
    Choices,
    DeliveryStatus,
    Noted,
    NoticeKind,
    Receipt,
    Request,
    RequestKind,
    Selection,
    Subscriber,
    SubscriberStatus,
)
from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions import acts, cells
from digest.subscriptions.preferring import PAUSE_MAXIMUM, Preferences, data, erase, prefer

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
CHOICES = Choices(
    name="First Reader",
    digests=frozenset({"weekly", "daily"}),
    selection=Selection(frozenset({"ai", "work"})),
    language="de",
    timezone="Europe/Berlin",
)


def somebody(people: Subscribers, status: SubscriberStatus = SubscriberStatus.ACTIVE) -> Subscriber:
    acts.add(people, cells.entry("reader@example.org", status=str(status), categories="Culture"), now=NOW)
    (person,) = people.each()
    return person


def test_all_that_can_be_chosen_is_kept(people: Subscribers):
    person = somebody(people)
    until = NOW + timedelta(days=30)
    chosen = prefer(people, person.id, Preferences(CHOICES, every=2, paused=until), now=LATER)
    assert chosen == people.get(person.id)
    assert chosen == Subscriber(
        person.id, person.address, CHOICES.name, person.status, CHOICES.digests, CHOICES.selection, CHOICES.language,
        CHOICES.timezone, "", NOW, LATER, 2, until,
    )  # fmt: skip


def test_preferences_can_also_make_it_more_again(people: Subscribers):
    person = somebody(people)
    prefer(people, person.id, Preferences(CHOICES, every=4, paused=NOW + timedelta(days=30)), now=NOW)
    chosen = prefer(people, person.id, Preferences(Choices()), now=LATER)
    assert chosen == replace(person, selection=Selection(), changed=LATER)


def test_choosing_what_is_so_already_changes_nothing(people: Subscribers):
    person = somebody(people)
    first = prefer(people, person.id, Preferences(CHOICES), now=NOW)
    assert prefer(people, person.id, Preferences(CHOICES), now=LATER) == first == people.get(person.id)


@pytest.mark.parametrize("status", SubscriberStatus)
def test_whether_somebody_is_mailed_stays(people: Subscribers, status: SubscriberStatus):
    person = somebody(people, status)
    chosen = prefer(people, person.id, Preferences(CHOICES, every=4), now=LATER)
    assert chosen
    assert (chosen.status, chosen.reason, chosen.name, chosen.every) == (status, person.reason, "First Reader", 4)


@pytest.mark.parametrize("status", [SubscriberStatus.UNSUBSCRIBED, SubscriberStatus.SUPPRESSED])
def test_since_when_somebody_is_not_mailed_stays_too(people: Subscribers, status: SubscriberStatus):
    person = somebody(people, status)
    chosen = prefer(people, person.id, Preferences(CHOICES), now=LATER)
    assert chosen
    assert chosen.changed == NOW


def test_a_name_is_one_clean_line_and_categories_are_keys(people: Subscribers):
    person = somebody(people)
    wild = Choices(name=" First\r\nBcc: x\x1b Reader\u202e", selection=Selection(frozenset({"General AI", "a;b"})))
    chosen = prefer(people, person.id, Preferences(wild), now=LATER)
    assert chosen == people.get(person.id)
    assert chosen
    assert (chosen.name, str(chosen.selection)) == ("First Bcc: x Reader", "a;b;general-ai")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Preferences(Choices(name="x" * 201)), "longer than 200"),
        (Preferences(Choices(language="English please")), "not a language"),
        (Preferences(Choices(timezone="Mars/Olympus")), "unknown time zone"),
        (Preferences(Choices(selection=Selection(frozenset({"!"})))), "not the name of a category"),
        (Preferences(Choices(digests=frozenset({"x" * 2001}))), "longer than 2000"),
        (Preferences(Choices(), every=3), "'3' is not how often; one of: 1, 2, 4"),
        (Preferences(Choices(), paused=LATER), "in the future, and within a year"),
        (Preferences(Choices(), paused=LATER + PAUSE_MAXIMUM + timedelta(seconds=1)), "within a year"),
        (Preferences(Choices(), paused=datetime.max.replace(tzinfo=UTC)), "within a year"),
    ],
)
def test_what_cannot_be_wanted_is_refused_in_words_and_changes_nothing(
    people: Subscribers, wanted: Preferences, said: str
):
    person = somebody(people)
    with pytest.raises(UsageError, match=said) as refused:
        prefer(people, person.id, wanted, now=LATER)
    assert refused.value.message.isprintable()
    assert people.get(person.id) == person


@given(
    st.builds(
        Preferences,
        st.builds(
            Choices,
            name=st.text(max_size=210),
            digests=st.frozensets(st.text(max_size=9), max_size=3),
            selection=st.frozensets(st.text(max_size=9), max_size=3).map(Selection),
            language=st.text(max_size=9) | st.sampled_from(["de", "pt_BR"]),
            timezone=st.text(max_size=9) | st.just("Asia/Tokyo"),
        ),
        st.integers() | st.sampled_from(FREQUENCIES),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
@settings(max_examples=60, deadline=None)
def test_whatever_is_sent_is_kept_in_order_or_refused(wanted: Preferences):
    database = Database("sqlite://")
    people = Subscribers(database)
    person = somebody(people)
    try:
        chosen = prefer(people, person.id, wanted, now=LATER)
    except UsageError:
        chosen = person
    assert chosen == people.get(person.id)
    assert chosen
    assert chosen.status is SubscriberStatus.ACTIVE
    assert cells.clean(chosen.name) == chosen.name
    assert chosen.every in FREQUENCIES
    database.close()


@pytest.mark.parametrize("nobody", [0, 7])
def test_nobody_prefers_nothing(people: Subscribers, nobody: int):
    assert prefer(people, nobody, Preferences(CHOICES), now=NOW) is None
    assert not erase(people, nobody, now=NOW)
    assert not list(people.each())


def test_erasing_oneself_forgets_and_keeps_out(people: Subscribers):
    person = somebody(people)
    assert erase(people, person.id, now=NOW)
    assert not list(people.each())
    with pytest.raises(DigestError, match="was erased on request"):
        acts.add(people, cells.entry("Reader@example.org"), now=LATER)
    assert not erase(people, person.id, now=LATER)


def test_all_that_is_known_is_one_json_document_with_instants_in_utc():
    paris = timezone(timedelta(hours=2))
    person = Subscriber(
        7, "reader@example.org", "First Reader", SubscriberStatus.UNSUBSCRIBED, frozenset({"weekly", "daily"}),
        Selection(frozenset({"work", "ai"})), "de", "Europe/Paris", "left by link in weekly/2025-W40",
        NOW, NOW.astimezone(paris), 2, LATER,
    )  # fmt: skip
    receipt = Receipt("weekly/2025-W40", 12, DeliveryStatus.ACCEPTED, 2, NOW, LATER, "250 2.0.0 taken")
    request = Request(
        3, RequestKind.SUBSCRIBE, "reader@example.org", "reader@example.org", "reader@example.org", NOW, 7,
        Choices("First", frozenset({"weekly"}), Selection(frozenset({"ai"})), "de", "Europe/Paris"),
        "https://example.org/subscribe", "Send me the digest.", "0a1b", None, NOW, "250 taken", LATER, "2c3d",
    )  # fmt: skip
    noted = Noted(5, NOW, NoticeKind.SOFT, "mailbox", person.address, "weekly/2025-W40", "4.2.2", "mailbox full")
    assert json.loads(json.dumps(data(person, [receipt], [request], [noted]))) == {
        "address": "reader@example.org",
        "status": "unsubscribed",
        "reason": "left by link in weekly/2025-W40",
        "created": "2025-10-06T07:00:00+00:00",
        "changed": "2025-10-06T07:00:00+00:00",
        "name": "First Reader",
        "digests": ["daily", "weekly"],
        "categories": ["ai", "work"],
        "language": "de",
        "timezone": "Europe/Paris",
        "every": 2,
        "paused": "2025-10-06T08:00:00+00:00",
        "deliveries": [
            {
                "edition": "weekly/2025-W40",
                "number": 12,
                "status": "accepted",
                "attempts": 2,
                "first_tried": "2025-10-06T07:00:00+00:00",
                "changed": "2025-10-06T08:00:00+00:00",
                "reply": "250 2.0.0 taken",
            }
        ],
        "consents": [
            {
                "kind": "subscribe",
                "address": "reader@example.org",
                "asked": "2025-10-06T07:00:00+00:00",
                "page": "https://example.org/subscribe",
                "wording": "Send me the digest.",
                "client": "0a1b",
                "name": "First",
                "digests": ["weekly"],
                "categories": ["ai"],
                "language": "de",
                "timezone": "Europe/Paris",
                "mailed": "2025-10-06T07:00:00+00:00",
                "reply": "250 taken",
                "confirmed": "2025-10-06T08:00:00+00:00",
                "confirmed_client": "2c3d",
            }
        ],
        "notices": [
            {
                "at": "2025-10-06T07:00:00+00:00",
                "kind": "soft",
                "source": "mailbox",
                "edition": "weekly/2025-W40",
                "status": "4.2.2",
                "text": "mailbox full",
            }
        ],
    }


def test_what_is_known_of_somebody_new_has_no_gaps(people: Subscribers):
    told = data(somebody(people), (), (), ())
    assert (told["paused"], told["every"], told["deliveries"], told["consents"]) == (None, 1, [], [])
