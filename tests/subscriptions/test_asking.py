from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import AddressError
from digest.model import Choices, Request, RequestKind, Selection, SubscriberStatus
from digest.store.database import Database
from digest.subscriptions.asking import Answer, Stage, Standing
from digest.subscriptions.cells import clean
from tests.subscriptions.requesting import (
    ACTIVE,
    CHOICES,
    DAY,
    HOUR,
    NOW,
    PENDING,
    READER,
    SECOND,
    SUPPRESSED,
    TERMS,
    UNSUBSCRIBED,
    WEEK,
    Desk,
    at_once,
    there,
)


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def test_who_asks_and_confirms_is_mailed_as_they_chose(desk: Desk):
    letter = desk.letter(page="https://example.org/join", wording="I want it.")
    pending = desk.person()
    assert (pending.status, pending.reason, letter.subscriber) == (PENDING, "", pending.id)
    assert (letter.kind, letter.address, letter.mailed) == (RequestKind.SUBSCRIBE, READER, NOW)
    assert desk.look(letter) == Standing(Stage.OPEN, letter, pending)
    confirmed = desk.confirm(letter)
    assert confirmed.stage is Stage.CONFIRMED
    person = desk.person()
    assert (person.id, person.address, person.status) == (pending.id, READER, ACTIVE)
    assert Choices(person.name, person.digests, person.selection, person.language, person.timezone) == CHOICES
    assert (person.created, person.changed) == (NOW, NOW + SECOND)
    (consent,) = desk.book.asked_by(person.id)
    assert confirmed == Standing(Stage.CONFIRMED, consent, person)
    assert (consent.created, consent.page, consent.wording) == (NOW, "https://example.org/join", "I want it.")
    assert (consent.client, consent.confirmed, consent.confirmed_client) == ("c1", NOW + SECOND, "c2")


# who is there; what kind of letter they get, if any; what they are until they confirm; what they are then
Row = tuple[str, RequestKind | None, SubscriberStatus | None, SubscriberStatus | None]
STATES: list[Row] = [
    ("nobody", RequestKind.SUBSCRIBE, PENDING, ACTIVE),
    ("pending", RequestKind.SUBSCRIBE, PENDING, ACTIVE),
    ("unsubscribed", RequestKind.SUBSCRIBE, UNSUBSCRIBED, ACTIVE),
    ("erased", RequestKind.SUBSCRIBE, None, ACTIVE),
    ("active", RequestKind.KNOWN, ACTIVE, ACTIVE),
    ("suppressed", None, SUPPRESSED, SUPPRESSED),
]


@pytest.mark.parametrize(("who", "kind", "until", "after"), STATES)
def test_what_becomes_of_whom(
    desk: Desk,
    who: str,
    kind: RequestKind | None,
    until: SubscriberStatus | None,
    after: SubscriberStatus | None,
):
    there(desk, who)
    before = desk.people.find("reader@example.org")
    assert desk.ask() is Answer.WRITTEN
    known = desk.people.find("reader@example.org")
    assert (known.status if known else None) is until
    assert before in {None, known}
    letters = desk.post()
    assert [letter.kind for letter in letters] == ([kind] if kind else [])
    for letter in letters:
        standing = desk.confirm(letter)
        assert standing.stage is (Stage.CONFIRMED if kind is RequestKind.SUBSCRIBE else Stage.GONE)
    person = desk.person()
    assert person.status is after
    if kind is RequestKind.SUBSCRIBE:
        assert (person.reason, person.digests) == ("", CHOICES.digests)
        assert person.created == (before.created if before else person.changed if who == "erased" else NOW)
    else:
        assert person == before


@pytest.mark.parametrize("who", [row[0] for row in STATES])
def test_nothing_tells_whether_an_address_is_known_not_even_how_many_may_be_asked_for(desk: Desk, who: str):
    there(desk, who)
    heard = [desk.ask(now=NOW + number * SECOND) for number in range(12)]
    assert heard == [Answer.WRITTEN] * 10 + [Answer.TOO_MANY] * 2


def test_no_series_of_answers_tells_an_address_that_gets_no_letter_from_one_that_is_unknown(desk: Desk):
    fresh = itertools.count()

    @given(
        who=st.sampled_from([row[0] for row in STATES]),
        asks=st.lists(st.tuples(st.booleans(), st.timedeltas(timedelta(), HOUR)), min_size=1, max_size=12),
        limit=st.integers(1, 4),
    )
    @settings(deadline=None, max_examples=30)
    def sounds_alike(who: str, asks: list[tuple[bool, timedelta]], limit: int) -> None:
        known, unknown = f"known{next(fresh)}@example.org", f"unknown{next(fresh)}@example.org"
        there(desk, who, known)
        terms = replace(TERMS, per_client=limit)

        def heard(target: str) -> list[Answer]:
            now, answers = NOW, []
            for targeted, pause in asks:
                now += pause
                address = target if targeted else f"other{next(fresh)}@example.org"
                answers.append(desk.ask(address, now=now, terms=terms, client=target))
            return answers

        assert heard(known) == heard(unknown)

    sounds_alike()


def test_where_no_letter_is_written_it_is_not_kept_for_whom_it_was_asked(desk: Desk):
    desk.is_there(status=SUPPRESSED)
    desk.ask(page="https://example.org/join", wording="I want it.")
    kept = desk.book.find(1)
    assert kept == Request(1, RequestKind.SUBSCRIBE, "", "", "", NOW, client="c1")


def test_somebody_erased_who_never_confirms_stays_erased(desk: Desk):
    desk.is_there()
    desk.erase()
    letter = desk.letter()
    assert letter.subscriber == 0
    assert desk.people.find("reader@example.org") is None
    assert desk.people.erased_at("reader@example.org")
    desk.confirm(letter)
    assert desk.people.erased_at("reader@example.org") is None
    (consent,) = desk.book.asked_by(desk.person().id)
    assert consent.id == letter.id


def test_who_is_known_is_led_to_their_own_preferences_and_nothing_a_stranger_chose_is_kept(desk: Desk):
    reader = desk.is_there(language="fr", digests=frozenset({"daily"}))
    letter = desk.letter()
    assert (letter.kind, letter.subscriber) == (RequestKind.KNOWN, reader)
    assert letter.choices == Choices(language="fr", digests=frozenset({"daily"}))
    assert desk.look(letter).stage is Stage.GONE


def test_a_name_or_language_that_was_not_said_stays_and_whoever_comes_back_begins_anew(desk: Desk):
    desk.is_there(
        status=UNSUBSCRIBED, name="Their Own", language="fr", timezone="Europe/Paris", every=4, paused=NOW + WEEK
    )
    desk.confirm(desk.letter(choices=Choices()))
    person = desk.person()
    assert (person.name, person.language, person.timezone) == ("Their Own", "fr", "Europe/Paris")
    assert (person.every, person.paused) == (1, None)


# --- words of strangers


def test_what_is_no_address_is_refused(desk: Desk):
    for text in ("", "reader", "a@b@c.example", "reader@example.org\r\nBcc: all@example.org", "x" * 300 + "@a.example"):
        with pytest.raises(AddressError):
            desk.ask(text)
    assert desk.everything() == ((), ())


def test_values_that_a_form_cannot_send_are_dropped_or_cut(desk: Desk):
    letter = desk.letter(
        choices=Choices(
            name="Eve\r\nBcc: all@example.org\x1b" + "x" * 500,
            digests=frozenset({"weekly", "", "\x00"}),
            selection=Selection(frozenset({"General AI", "---", "b\n"})),
            language="klingon!",
            timezone="../../etc/passwd",
        ),
        page="https://example.org/\u202e\n" + "p" * 900,
        wording="agreed\r\n" + "w" * 2000,
    )
    chosen = letter.choices
    assert chosen.name.startswith("Eve Bcc: all@example.org xxx")
    assert len(chosen.name) == 200
    assert (chosen.digests, chosen.selection) == (
        frozenset({"weekly"}),
        Selection(frozenset({"general-ai", "b"})),
    )
    assert (chosen.language, chosen.timezone) == ("", "")
    assert (len(letter.page), len(letter.wording)) == (500, 1000)
    assert letter.page.isprintable()
    assert letter.wording.isprintable()


WORDS = st.text(max_size=300)


def test_whatever_a_stranger_writes_is_kept_as_one_clean_line_or_not_at_all(desk: Desk):
    strangers = itertools.count()

    @given(name=WORDS, words=st.frozensets(WORDS, max_size=8), tag=WORDS, page=st.text(max_size=1500))
    @settings(deadline=None, max_examples=100)
    def keeps(name: str, words: frozenset[str], tag: str, page: str) -> None:
        address = f"stranger{next(strangers)}@example.org"
        choices = Choices(name, words, Selection(words), tag, tag)
        letter = desk.letter(address, choices=choices, page=page, wording=page, client=address)
        chosen = letter.choices
        kept = [chosen.name, *chosen.digests, *chosen.selection.categories, chosen.language, chosen.timezone]
        for text in (*kept, letter.page, letter.wording):
            assert clean(text) == text
            assert len(text.splitlines()) <= 1
        assert len(chosen.name) <= 200
        assert len(letter.page) <= 500
        assert len(letter.wording) <= 1000
        assert desk.confirm(letter).stage is Stage.CONFIRMED
        person = desk.person(address)
        assert (person.name, person.digests, person.selection) == (chosen.name, chosen.digests, chosen.selection)

    keeps()


@pytest.mark.parametrize(
    "address",
    [
        "a@blocked.example",
        "a@BLOCKED.example",
        "a@mail.blocked.example",
        "a@xn--mnchen-3ya.example",
        "a@post.münchen.example",
    ],
)
def test_a_blocked_domain_and_all_below_it_are_not_taken(desk: Desk, address: str):
    assert desk.ask(address) is Answer.BLOCKED
    assert desk.move(desk.is_there(), address) is Answer.BLOCKED
    assert not desk.post()


def test_a_domain_that_only_ends_alike_is_not_blocked(desk: Desk):
    assert desk.ask("a@unblocked.example") is Answer.WRITTEN


def test_a_domain_may_be_blocked_in_its_ascii_form_too(desk: Desk):
    terms = replace(TERMS, blocked_domains=frozenset({"xn--mnchen-3ya.example"}))
    assert desk.ask("a@münchen.example", terms=terms) is Answer.BLOCKED


# --- how much may be asked for


def test_a_client_may_ask_for_so_many_in_an_hour_and_others_go_on(desk: Desk):
    terms = replace(TERMS, per_client=2)

    def ask(number: int, now: datetime, client: str = "c1") -> Answer:
        return desk.ask(f"reader{number}@example.org", now=now, terms=terms, client=client)

    assert [ask(number, NOW + number * SECOND) for number in range(3)] == [
        Answer.WRITTEN,
        Answer.WRITTEN,
        Answer.TOO_MANY,
    ]
    assert len(desk.post(NOW + HOUR)) == 2
    assert ask(3, NOW + SECOND, client="c9") is Answer.WRITTEN
    assert ask(4, NOW + HOUR - SECOND) is Answer.TOO_MANY
    assert ask(5, NOW + HOUR) is Answer.WRITTEN
    assert ask(6, NOW + HOUR) is Answer.TOO_MANY


def test_an_inbox_gets_one_letter_whichever_spelling_or_tag_is_asked_for(desk: Desk):
    for address in (READER, "reader@EXAMPLE.org", "reader+a@example.org", "READER+b@example.org"):
        assert desk.ask(address) is Answer.WRITTEN
    assert [letter.address for letter in desk.post()] == [READER]
    assert [person.address for person in desk.people.each()] == [READER]


@pytest.mark.parametrize("who", ["nobody", "active", "unsubscribed", "erased"])
def test_letters_to_an_inbox_that_does_not_answer_grow_rare(desk: Desk, who: str):
    there(desk, who)
    left = []
    for hour in (0, 0, 1, 2, 12, 24, 25, 26, 100, 192, 193, 194, 300, 360, 361, 362):
        now = NOW + hour * HOUR
        assert desk.ask(now=now, client=f"c{hour}") is Answer.WRITTEN
        left += [hour for _ in desk.post(now)]
    assert left == [0, 1, 25, 25 + 7 * 24, 25 + 2 * 7 * 24]


def test_even_after_a_confirmation_the_next_letter_waits_for_its_hour(desk: Desk):
    desk.confirm(desk.letter())
    desk.ask(now=NOW + HOUR - SECOND)
    assert not desk.post(NOW + DAY)
    desk.ask(now=NOW + HOUR)
    assert [letter.kind for letter in desk.post(NOW + DAY)] == [RequestKind.KNOWN]


@pytest.mark.parametrize("who", ["nobody", "erased", "active"])
def test_many_who_ask_for_the_same_address_at_the_same_moment_cause_one_letter(desk: Desk, who: str):
    there(desk, who)
    assert at_once(8, lambda number: desk.ask(client=f"c{number}")) == [Answer.WRITTEN] * 8
    assert len(desk.post()) == 1


# --- who could be taken for somebody else ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [PENDING, ACTIVE, UNSUBSCRIBED])
@pytest.mark.parametrize(
    ("known", "alike"), [("first@example.org", "fir\u017ft@example.org"), ("strasse@example.org", "straße@example.org")]
)
def test_a_letter_goes_to_whoever_is_known_and_never_to_an_address_that_only_looks_alike(
    desk: Desk, known: str, alike: str, status: SubscriberStatus
):
    desk.is_there(known, status)
    letter = desk.letter(alike)
    assert letter.address == known
    desk.confirm(letter)
    assert desk.person(known).address == known


@pytest.mark.parametrize("known", ["victim@gmail.com", "victim@example.org"])
def test_whoever_must_not_be_mailed_is_not_mailed_under_a_tag_either(desk: Desk, known: str):
    desk.is_there(known, SUPPRESSED)
    tagged = known.replace("@", "+once.more@")
    assert desk.ask(tagged) is Answer.WRITTEN
    mover = desk.is_there("mover@example.org")
    assert desk.move(mover, tagged) is Answer.WRITTEN
    assert desk.post() == []


def test_being_erased_sets_nobody_free_to_write_on(desk: Desk):
    """Joining, moving to somebody's address and being erased, again and again."""
    letters = []
    for turn in range(8):
        now = NOW + turn * SECOND
        own = f"own{turn}@example.org"
        desk.confirm(desk.letter(own, now=now, client=f"c{turn}"), now)
        desk.move(desk.person(own).id, "victim@example.org", now=now)
        letters += desk.post(now)
        with desk.people.changing() as changes:
            changes.erase(own, now)
    assert [letter.address for letter in letters] == ["victim@example.org"]


def test_a_client_is_counted_whoever_of_theirs_is_erased(desk: Desk):
    answers = []
    for turn in range(TERMS.per_client + 1):
        own = f"own{turn}@example.org"
        answers.append(desk.ask(own, now=NOW + turn * SECOND))
        with desk.people.changing() as changes:
            changes.erase(own, NOW)
    assert answers == [Answer.WRITTEN] * TERMS.per_client + [Answer.TOO_MANY]
