from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import AddressError, DigestError
from digest.model import SubscriberStatus
from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions import acts, cells
from digest.subscriptions.entries import Outcome
from digest.subscriptions.importing import import_table

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)

LATER = NOW + timedelta(days=1)


def test_adding_makes_a_subscriber_with_what_is_said(people: Subscribers):
    verdict = acts.add(people, cells.entry("Reader@Example.org", name="First Reader", categories="General AI"), now=NOW)
    assert verdict.outcome is Outcome.ADDED
    person, receipts = acts.look_up(people, "READER@example.org")
    assert (person.address, person.name, str(person.selection)) == ("Reader@example.org", "First Reader", "general-ai")
    assert (person.status, person.created, receipts) == (SubscriberStatus.ACTIVE, NOW, ())


def test_adding_again_changes_what_is_said_and_an_empty_word_clears(people: Subscribers):
    acts.add(people, cells.entry("reader@example.org", name="First", categories="ai"), now=NOW)
    assert acts.add(people, cells.entry("reader@example.org"), now=LATER).outcome is Outcome.UNCHANGED
    acts.add(people, cells.entry("reader@example.org", categories=""), now=LATER)
    person, _ = acts.look_up(people, "reader@example.org")
    assert (person.name, str(person.selection), person.created, person.changed) == ("First", "", NOW, LATER)


def test_somebody_who_left_is_added_only_with_resubscribe(people: Subscribers):
    entry = cells.entry("reader@example.org", status="active")
    acts.add(people, entry, now=NOW)
    acts.remove(people, "reader@example.org", now=NOW)
    with pytest.raises(DigestError, match="kept out: unsubscribed since 2025-10-06") as refused:
        acts.add(people, entry, now=LATER)
    assert "--resubscribe" in refused.value.hint
    assert acts.add(people, entry, now=LATER, resubscribe=True).outcome is Outcome.UPDATED


def test_removing_keeps_somebody_known_and_twice_is_once(people: Subscribers):
    acts.add(people, cells.entry("reader@example.org"), now=NOW)
    acts.remove(people, "Reader@example.org", now=NOW)
    person, _ = acts.look_up(people, "reader@example.org")
    assert (person.status, person.reason) == (SubscriberStatus.UNSUBSCRIBED, "removed by the operator")
    assert acts.remove(people, "reader@example.org", now=LATER).outcome is Outcome.UNCHANGED


def test_removing_does_not_lift_a_suppression(people: Subscribers):
    acts.suppress(people, "reader@example.org", now=NOW)
    acts.remove(people, "reader@example.org", now=NOW)
    assert acts.look_up(people, "reader@example.org")[0].status is SubscriberStatus.SUPPRESSED


def test_somebody_unknown_can_be_suppressed_in_advance_with_one_line_of_reason(people: Subscribers):
    acts.suppress(people, "reader@example.org", now=NOW, reason="a\ncomplaint\x1b")
    person, _ = acts.look_up(people, "reader@example.org")
    assert (person.status, person.reason) == (SubscriberStatus.SUPPRESSED, "a complaint")


def test_erasing_forgets_and_keeps_out(people: Subscribers):
    acts.add(people, cells.entry("Reader@example.org"), now=NOW)
    assert acts.erase(people, "reader@EXAMPLE.org", now=NOW)
    assert not list(people.each())
    with pytest.raises(DigestError, match="was erased on 2025-10-06"):
        acts.look_up(people, "reader@example.org")
    with pytest.raises(DigestError, match="kept out: was erased"):
        acts.add(people, cells.entry("reader@example.org"), now=NOW)
    assert acts.suppress(people, "reader@example.org", now=NOW).outcome is Outcome.KEPT_OUT
    assert not list(people.each())


def test_erasing_somebody_unknown_keeps_them_out_too_and_twice_is_once(people: Subscribers):
    assert not acts.erase(people, "reader@example.org", now=NOW)
    assert not acts.erase(people, "reader@example.org", now=LATER)
    with pytest.raises(DigestError, match="was erased on 2025-10-06"):
        acts.look_up(people, "reader@example.org")


def test_acts_on_nobody_say_so(people: Subscribers):
    with pytest.raises(DigestError, match="is not a subscriber"):
        acts.remove(people, "reader@example.org", now=NOW)
    with pytest.raises(DigestError, match="is not a subscriber"):
        acts.look_up(people, "reader@example.org")
    with pytest.raises(AddressError):
        acts.erase(people, "reader", now=NOW)


STATUSES = [str(status) for status in SubscriberStatus]
ROWS = st.tuples(st.sampled_from(["a@example.org", "B@example.org"]), st.sampled_from(["", *STATUSES]))
ACTS = st.one_of(
    st.tuples(st.just("import"), st.lists(ROWS, min_size=1, max_size=3)),
    st.tuples(st.sampled_from(["add", "remove", "suppress", "erase"]), st.lists(ROWS, min_size=1, max_size=1)),
)


def _do(people: Subscribers, act: str, rows: list[tuple[str, str]]) -> None:
    address, status = rows[0]
    try:
        match act:
            case "import":
                table = "email,status\n" + "".join(f"{one},{asked}\n" for one, asked in rows)
                import_table(people, io.BytesIO(table.encode()), name="list.csv", now=NOW)
            case "add":
                acts.add(people, cells.entry(address, status=status or None), now=NOW)
            case "remove":
                acts.remove(people, address, now=NOW)
            case "suppress":
                acts.suppress(people, address, now=NOW)
            case _:
                acts.erase(people, address, now=NOW)
    except DigestError:
        pass  # refusals are part of the story


@given(st.lists(ACTS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_nobody_who_left_is_ever_mailed_again_without_resubscribe(story: list[tuple[str, list[tuple[str, str]]]]):
    database = Database("sqlite://")
    people = Subscribers(database)
    away: set[str] = set()
    for act, rows in story:
        _do(people, act, rows)
        here = {person.address.lower(): person.status for person in people.each()}
        mailed = {address for address, status in here.items() if status is SubscriberStatus.ACTIVE}
        assert not mailed & away
        away |= {
            one for one, status in here.items() if status not in (SubscriberStatus.ACTIVE, SubscriberStatus.PENDING)
        }
        if act == "erase":
            away.add(rows[0][0].lower())
    database.close()
