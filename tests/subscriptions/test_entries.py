from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from digest.model import Subscriber, SubscriberStatus
from digest.subscriptions import entries
from digest.subscriptions.addresses import mailbox
from digest.subscriptions.entries import Entry, Outcome, Pause, decide

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
ASKED = (
    None,
    SubscriberStatus.ACTIVE,
    SubscriberStatus.PENDING,
    SubscriberStatus.UNSUBSCRIBED,
    SubscriberStatus.SUPPRESSED,
)


def _table() -> list[tuple[str, SubscriberStatus | None, str]]:
    """The table in the module's docstring, cell by cell: what is there, what is asked, what comes out."""
    rows = [line for line in (entries.__doc__ or "").splitlines() if line.startswith("    ")][1:]
    cells = [[cell.strip() for cell in line.replace("kept out", "kept_out").split()] for line in rows]
    return [(there, asked, result) for there, *results in cells for asked, result in zip(ASKED, results, strict=True)]


def _decided(there: str, asked: SubscriberStatus | None, *, resubscribe: bool) -> str:
    known = None
    if there not in {"nobody", "erased"}:
        known = Subscriber(7, "reader@example.org", status=SubscriberStatus(there), created=NOW, changed=NOW)
    entry = Entry(mailbox("reader@example.org"), status=asked)
    verdict = decide(entry, known, erased=there == "erased", resubscribe=resubscribe, now=NOW)
    if verdict.outcome is Outcome.KEPT_OUT:
        return "kept_out"
    return str((verdict.subscriber or known or entry).status)


@pytest.mark.parametrize(("there", "asked", "result"), _table())
def test_the_table_in_the_docstring_is_what_happens(there: str, asked: SubscriberStatus | None, result: str):
    assert _decided(there, asked, resubscribe=False) == result


@pytest.mark.parametrize(("there", "asked", "result"), _table())
def test_with_resubscribe_whoever_was_kept_out_becomes_what_was_asked(
    there: str, asked: SubscriberStatus | None, result: str
):
    expected = str(asked or SubscriberStatus.ACTIVE) if result == "kept_out" else result
    if there == "pending" and asked is None:
        expected = "active"
    assert _decided(there, asked, resubscribe=True) == expected


def test_the_table_has_every_case():
    assert len(_table()) == 6 * len(ASKED)


def test_how_often_and_a_pause_are_kept_until_something_else_is_said():
    rare = Entry(mailbox("reader@example.org"), every=4, pause=Pause(LATER))
    there = _followed(rare, None)
    assert (there.every, there.paused) == (4, LATER)
    named = _followed(Entry(mailbox("reader@example.org"), name="First Reader"), there)
    assert (named.every, named.paused) == (4, LATER)
    again = _followed(Entry(mailbox("reader@example.org"), every=1, pause=Pause(None)), named)
    assert (again.every, again.paused) == (1, None)
    assert _followed(Entry(mailbox("reader@example.org")), None) == replace(again, name="")


def _followed(entry: Entry, known: Subscriber | None) -> Subscriber:
    person = decide(entry, known, erased=False, resubscribe=False, now=NOW).subscriber
    assert person
    return person


def test_a_reason_is_kept_with_the_status_it_explains_and_goes_with_it():
    there = Subscriber(7, "reader@example.org", created=NOW, changed=NOW)
    left = decide(
        Entry(mailbox("reader@example.org"), status=SubscriberStatus.SUPPRESSED, reason="a complaint"),
        there, erased=False, resubscribe=False, now=NOW,
    ).subscriber  # fmt: skip
    assert left
    assert left.reason == "a complaint"
    back = decide(
        Entry(mailbox("reader@example.org"), reason="imported"), left, erased=False, resubscribe=True, now=NOW
    ).subscriber
    assert back
    assert (back.status, back.reason) == (SubscriberStatus.ACTIVE, "")
