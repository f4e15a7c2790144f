"""Notices recorded once, and what follows from them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import bindparam, select, update

from digest.bounces.recording import KEPT, Recorder, Score, Tally
from digest.config import load, meaning
from digest.model import Notice, NoticeKind, SubscriberStatus
from digest.store.database import Database
from digest.store.notices import Notices
from digest.store.subscribers import Subscribers
from digest.store.tables import deliveries
from digest.subscriptions import acts
from digest.subscriptions.addresses import mailbox
from tests.bounces.conftest import START, Ledger
from tests.journeys.conftest import Site
from tests.journeys.steps import configure

NOW = START + timedelta(weeks=2)
KEYS = count()
READER = "reader@mail.example"


def notice(kind: NoticeKind, delivery: int = 0, **fields: object) -> Notice:
    values: dict[str, object] = {"key": f"key {next(KEYS)}", "source": "mail", "proven": True}
    return Notice(kind=kind, delivery=delivery, **(values | fields))  # type: ignore[arg-type] # fields are named by tests


@pytest.mark.parametrize(
    ("kind", "became"),
    [
        (NoticeKind.HARD, ("suppressed", "hard bounce: 550 5.1.1 unknown")),
        (NoticeKind.COMPLAINT, ("suppressed", "complaint: 550 5.1.1 unknown")),
        (NoticeKind.UNSUBSCRIBE, ("unsubscribed", "550 5.1.1 unknown")),
        (NoticeKind.SOFT, ("active", "")),
        (NoticeKind.DELAYED, ("active", "")),
        (NoticeKind.AUTOMATIC, ("active", "")),
        (NoticeKind.UNKNOWN, ("active", "")),
    ],
)
def test_what_follows_from_each_kind(
    ledger: Ledger, recorder: Recorder, kind: NoticeKind, became: tuple[str, str]
) -> None:
    told = notice(kind, ledger.accepted(1), status="5.1.1", text="550 5.1.1 unknown")
    assert recorder.record([told], NOW).kinds == {kind: 1}
    assert ledger.status() == became


def test_the_code_stands_in_the_reason_where_the_words_do_not_name_it(ledger: Ledger, recorder: Recorder) -> None:
    recorder.record([notice(NoticeKind.HARD, ledger.accepted(1), status="5.1.1", text="gone")], NOW)
    assert ledger.status() == ("suppressed", "hard bounce: 5.1.1 gone")


def test_the_same_report_counts_once(ledger: Ledger, recorder: Recorder, notices: Notices) -> None:
    told = notice(NoticeKind.HARD, ledger.accepted(1))
    first = recorder.record([told, told], NOW)
    again = recorder.record([told], NOW + timedelta(days=1))
    assert (first.kinds, first.known, first.changed) == ({NoticeKind.HARD: 1}, 1, {SubscriberStatus.SUPPRESSED: 1})
    assert again == Tally(known=1)
    assert len(list(notices.each())) == 1


def test_a_dry_run_tells_the_same_and_keeps_nothing(ledger: Ledger, recorder: Recorder, notices: Notices) -> None:
    told = notice(NoticeKind.HARD, ledger.accepted(1))
    assert recorder.record([told], NOW, keep=False) == recorder.record([told], NOW)
    assert len(list(notices.each())) == 1


@pytest.mark.parametrize("kinds", list(permutations([NoticeKind.HARD, NoticeKind.UNSUBSCRIBE, NoticeKind.COMPLAINT])))
def test_nobody_comes_back_by_a_notice(ledger: Ledger, recorder: Recorder, kinds: tuple[NoticeKind, ...]) -> None:
    delivery = ledger.accepted(1)
    for kind in kinds:
        recorder.record([notice(kind, delivery, text=kind.value)], NOW)
    assert ledger.status()[0] == "suppressed"


def test_who_is_suppressed_keeps_the_first_reason(ledger: Ledger, recorder: Recorder) -> None:
    delivery = ledger.accepted(1)
    recorder.record([notice(NoticeKind.HARD, delivery, text="gone"), notice(NoticeKind.COMPLAINT, delivery)], NOW)
    assert ledger.status() == ("suppressed", "hard bounce: gone")


# --- whom it is about ------------------------------------------------------------------------------------------------


def test_the_delivery_decides_whatever_address_the_report_names(
    ledger: Ledger, recorder: Recorder, notices: Notices
) -> None:
    ledger.subscribe("victim@mail.example")
    told = notice(NoticeKind.HARD, ledger.accepted(1), address="victim@mail.example")
    recorder.record([told], NOW)
    assert ledger.status("victim@mail.example")[0] == "active"
    (noted,) = notices.each()
    assert (noted.address, noted.edition) == (READER, "weekly/2025-W40")


def test_a_link_names_the_subscriber_and_the_edition(ledger: Ledger, recorder: Recorder, notices: Notices) -> None:
    ledger.accepted(1)
    ledger.accepted(2)
    person = ledger.subscriber(READER).id
    recorder.record([notice(NoticeKind.UNSUBSCRIBE, subscriber=person, edition="weekly/2025-W40")], NOW)
    assert ledger.status()[0] == "unsubscribed"
    assert [noted.edition for noted in notices.each()] == ["weekly/2025-W40"]


@pytest.mark.parametrize("spelt", ["reader@mail.example", "READER@Mail.Example"])
def test_an_address_is_known_in_all_its_spellings_and_means_the_last_edition(
    ledger: Ledger, recorder: Recorder, notices: Notices, spelt: str
) -> None:
    ledger.accepted(1)
    ledger.accepted(2)
    recorder.record([notice(NoticeKind.HARD, address=spelt)], NOW)
    assert ledger.status()[0] == "suppressed"
    assert [noted.edition for noted in notices.each()] == ["weekly/2025-W41"]


@pytest.mark.parametrize("address", ["stranger@mail.example", "no address", "a@b@c", "", "x" * 300 + "@mail.example"])
def test_a_report_about_a_stranger_is_recorded_and_changes_nobody(
    ledger: Ledger, recorder: Recorder, notices: Notices, address: str
) -> None:
    assert recorder.record([notice(NoticeKind.HARD, address=address, text="gone")], NOW).changed == {}
    (noted,) = notices.each()
    assert noted.text == (f"{address}: gone" if address else "gone")
    assert ledger.status()[0] == "active"


def test_a_stranger_who_wants_to_leave_is_kept_for_a_person(recorder: Recorder, notices: Notices) -> None:
    told = notice(NoticeKind.UNSUBSCRIBE, address="other@mail.example", text="asked by mail", raw=b"let me go")
    assert recorder.record([told], NOW).kinds == {NoticeKind.UNKNOWN: 1}
    (noted,) = notices.each()
    assert noted.text == "wants to leave, and is not a subscriber: other@mail.example: asked by mail"
    assert notices.raw(noted.id) == b"let me go"


def test_a_delivery_that_is_not_there_is_about_nobody(ledger: Ledger, recorder: Recorder) -> None:
    recorder.record([notice(NoticeKind.HARD, 99, address=READER)], NOW)
    assert ledger.status()[0] == "active"


# --- the score -------------------------------------------------------------------------------------------------------


def bounce_softly(recorder: Recorder, delivery: int, at: datetime, status: str = "5.2.2") -> None:
    recorder.record([notice(NoticeKind.SOFT, delivery, status=status, text="mailbox full")], at)


def test_the_fourth_edition_in_a_row_that_bounces_suppresses(ledger: Ledger, recorder: Recorder) -> None:
    for number in range(1, 5):
        assert ledger.status()[0] == "active"
        bounce_softly(recorder, ledger.accepted(number), START + timedelta(weeks=number, hours=1))
    assert ledger.status() == ("suppressed", "4 editions in a row bounced, the last one: 5.2.2 mailbox full")


def test_several_bounces_of_one_edition_count_once(ledger: Ledger, recorder: Recorder) -> None:
    delivery = ledger.accepted(1)
    for _ in range(10):
        bounce_softly(recorder, delivery, NOW)
    assert ledger.status()[0] == "active"


def test_one_edition_that_arrives_forgets_the_bounces_before_it(ledger: Ledger, recorder: Recorder) -> None:
    for number in range(1, 10):
        delivery = ledger.accepted(number)
        if number != 4:
            bounce_softly(recorder, delivery, START + timedelta(weeks=number, hours=1))
        assert ledger.status()[0] == ("active" if number < 8 else "suppressed")


def test_an_edition_that_may_still_come_back_has_not_arrived(ledger: Ledger, recorder: Recorder) -> None:
    """A daily digest whose every mail is given back after five days: the next ones are under way meanwhile."""
    delivered = [ledger.accepted(number, at=START + timedelta(days=number)) for number in range(1, 12)]
    for number, delivery in enumerate(delivered[:4], 1):
        bounce_softly(recorder, delivery, START + timedelta(days=number + 5))
    assert ledger.status()[0] == "suppressed"


def test_weeks_on_a_blocklist_cost_no_reader(ledger: Ledger, recorder: Recorder) -> None:
    """And forgive nothing: what was refused for our sake has not arrived."""
    for number in range(1, 7):
        assert ledger.status()[0] == "active"
        status = "5.7.1" if number in {2, 3} else "5.2.2"
        bounce_softly(recorder, ledger.accepted(number), START + timedelta(weeks=number, hours=1), status)
    assert ledger.status()[0] == "suppressed"


def test_a_delay_is_no_bounce(ledger: Ledger, recorder: Recorder) -> None:
    for number in range(1, 9):
        delivery = ledger.accepted(number)
        kind = NoticeKind.DELAYED if number % 3 == 0 else NoticeKind.SOFT
        recorder.record([notice(kind, delivery)], START + timedelta(weeks=number, hours=1))
    assert ledger.status()[0] == "active"


def test_bounces_older_than_the_window_do_not_count(ledger: Ledger, recorder: Recorder) -> None:
    for number in (1, 2, 3, 8):
        bounce_softly(recorder, ledger.accepted(number), START + timedelta(weeks=number, hours=1))
    assert ledger.status()[0] == "active"


def forge(recorder: Recorder, at: datetime) -> None:
    recorder.record([notice(NoticeKind.SOFT, address=READER, text="gone", proven=False)], at)


def test_what_proves_nothing_is_written_down_and_never_counts(
    ledger: Ledger, recorder: Recorder, notices: Notices
) -> None:
    """Anybody may write four reports about an address; they need nothing for it but that address."""
    for number in range(1, 9):
        ledger.accepted(number)
        forge(recorder, START + timedelta(weeks=number, hours=1))
    assert ledger.status()[0] == "active"
    assert len(notices.of_subscriber(ledger.subscriber(READER).id)) == 8


def test_what_proves_nothing_does_not_keep_an_edition_from_having_arrived(ledger: Ledger, recorder: Recorder) -> None:
    for number in range(1, 7):
        delivery, at = ledger.accepted(number), START + timedelta(weeks=number, hours=1)
        if number % 2:
            bounce_softly(recorder, delivery, at)
        else:
            forge(recorder, at)
    assert ledger.status()[0] == "active"


def test_a_forged_report_is_no_last_straw(ledger: Ledger, recorder: Recorder) -> None:
    """Somebody was let in again by hand after four of them."""
    for number in range(1, 5):
        bounce_softly(recorder, ledger.accepted(number), START + timedelta(weeks=number, hours=1))
    person = replace(ledger.subscriber(READER), status=SubscriberStatus.ACTIVE)
    with Subscribers(ledger.database).changing() as changes:
        changes.write([(READER, person)])
    forge(recorder, START + timedelta(weeks=4, hours=2))
    assert ledger.status()[0] == "active"


@pytest.mark.parametrize(("hours", "status"), [(1, "suppressed"), (24 * 6 + 1, "active")])
def test_where_nothing_can_be_proven_a_report_counts_for_an_edition_that_may_still_come_back(
    ledger: Ledger, notices: Notices, hours: int, status: str
) -> None:
    recorder = Recorder(notices, Score(4, timedelta(days=60), provable=False), lambda text: mailbox(text).key)
    for number in range(1, 5):
        ledger.accepted(number)
        forge(recorder, START + timedelta(weeks=number, hours=hours))
    assert ledger.status()[0] == status


@pytest.mark.parametrize("cadence", ["day", "week", "month"])
def test_the_window_has_room_for_the_editions_of_the_rarest_digest(site: Site, cadence: str) -> None:
    configure(site, "[digests.weekly]", f'[digests.weekly]\ncadence = "{cadence}"')
    score = meaning.score(load(site.folder / "digest.toml", {}))
    assert score.window == (timedelta(days=4 * 31) if cadence == "month" else timedelta(days=42))


@pytest.fixture(scope="module")
def in_memory() -> Iterator[Database]:
    database = Database("sqlite://")
    yield database
    database.close()


@settings(deadline=None)
@given(fates=st.lists(st.booleans(), min_size=1, max_size=12))
def test_the_score_is_the_bounces_at_the_end_of_the_row(in_memory: Database, fates: list[bool]) -> None:
    """Against the rule said plainly: four weekly editions in a row, without one that arrived between them."""
    ledger, recorder = Ledger(in_memory), Recorder(Notices(in_memory), Score(4, timedelta(days=42), provable=True), str)
    address = f"reader{next(KEYS)}@mail.example"
    ledger.subscribe(address)
    row, suppressed = 0, False
    for number, bounced in enumerate(fates, 1):
        delivery = ledger.accepted(number, to=address)
        row = row + 1 if bounced else 0
        suppressed = suppressed or row >= 4
        if bounced:
            bounce_softly(recorder, delivery, START + timedelta(weeks=number, hours=1))
        assert (ledger.status(address)[0] == "suppressed") is suppressed


# --- what is kept ----------------------------------------------------------------------------------------------------


def test_only_what_was_not_understood_is_kept_whole_and_not_for_ever(
    ledger: Ledger, recorder: Recorder, notices: Notices
) -> None:
    delivery = ledger.accepted(1)
    told = [notice(kind, delivery, raw=b"the report") for kind in (NoticeKind.HARD, NoticeKind.UNKNOWN)]
    recorder.record(told, NOW)
    unknown, hard = notices.each()
    assert (notices.raw(unknown.id), notices.raw(hard.id), notices.raw(99)) == (b"the report", None, None)
    recorder.let_go(NOW + KEPT)
    assert notices.raw(unknown.id) == b"the report"
    recorder.let_go(NOW + KEPT + timedelta(seconds=1))
    assert notices.raw(unknown.id) is None
    assert len(list(notices.each())) == 2


def test_notices_are_counted_by_edition_and_listed_by_subscriber(
    ledger: Ledger, recorder: Recorder, notices: Notices
) -> None:
    ledger.subscribe("other@mail.example")
    first = ledger.accepted(1)
    ledger.accepted(2, to="other@mail.example")
    recorder.record([notice(NoticeKind.SOFT, first), notice(NoticeKind.HARD, first)], NOW)
    assert notices.of_edition(1) == {NoticeKind.HARD: 1, NoticeKind.SOFT: 1}
    assert notices.of_edition(2) == {}
    assert [noted.kind for noted in notices.of_subscriber(ledger.subscriber(READER).id)] == ["hard", "soft"]
    assert notices.of_subscriber(ledger.subscriber("other@mail.example").id) == ()
    assert [noted.kind for noted in notices.each(NoticeKind.SOFT)] == ["soft"]


def test_who_is_erased_stands_in_no_report(ledger: Ledger, recorder: Recorder, notices: Notices) -> None:
    ledger.subscribe("other@mail.example")
    recorder.record(
        [
            notice(NoticeKind.HARD, ledger.accepted(1), text="<Reader@Mail.example>: gone"),
            notice(NoticeKind.UNKNOWN, address=READER, text="hello", raw=READER.encode()),
            notice(NoticeKind.SOFT, address="stranger@mail.example", text=f"forwarded from {READER}"),
            notice(NoticeKind.SOFT, address="other@mail.example", text="full"),
        ],
        NOW,
    )
    assert acts.erase(Subscribers(ledger.database), READER, now=NOW)
    assert [noted.text for noted in notices.each()] == ["full", "", "", ""]
    assert all(notices.raw(noted.id) is None for noted in notices.each())


def test_who_is_erased_stands_in_no_report_that_was_kept_whole(
    ledger: Ledger, recorder: Recorder, notices: Notices
) -> None:
    """They wrote from another address, and signed with this one."""
    told = [
        notice(NoticeKind.UNKNOWN, address="other@mail.example", text="hm", raw=b"I am <Reader@Mail.example>, stop"),
        notice(NoticeKind.UNKNOWN, address="other@mail.example", text="hi", raw=b"Hello"),
    ]
    recorder.record(told, NOW)
    assert acts.erase(Subscribers(ledger.database), READER, now=NOW)
    hello, stop = notices.each()
    assert (notices.raw(hello.id), hello.text) == (b"Hello", "other@mail.example: hi")
    assert (notices.raw(stop.id), stop.text) == (None, "")


@pytest.mark.parametrize(
    ("reply", "stays"),
    [
        ("550 5.7.1 <reader@mail.example>: Recipient address rejected", "550 5.7.1"),
        ("550 no Reader here", "550"),
        ("gave up after 4 tries: 452 4.2.2 <READER@MAIL.EXAMPLE> is full", "452 4.2.2"),
        ("250 2.0.0 Ok: queued as 4dR", "250 2.0.0"),
        ("no message can be written to reader@mail.example", ""),
        ("", ""),
    ],
)
def test_of_what_servers_said_of_the_erased_the_codes_stay(
    ledger: Ledger, recorder: Recorder, reply: str, stays: str
) -> None:
    ledger.subscribe("other@mail.example")
    mine, others = ledger.accepted(1), ledger.accepted(2, to="other@mail.example")
    said = update(deliveries).values(reply=bindparam("said")).where(deliveries.c.id == bindparam("row"))
    with ledger.database.write() as connection:
        connection.execute(said, [{"row": mine, "said": reply}, {"row": others, "said": "550 5.7.1 no"}])
    assert acts.erase(Subscribers(ledger.database), READER, now=NOW)
    with ledger.database.read() as connection:
        assert connection.execute(select(deliveries.c.reply)).scalars().all() == [stays, "550 5.7.1 no"]


@pytest.mark.parametrize("kind", list(NoticeKind))
@pytest.mark.parametrize("by", ["delivery", "subscriber", "address"])
def test_what_comes_back_of_the_erased_is_counted_and_not_kept(
    ledger: Ledger, recorder: Recorder, notices: Notices, kind: NoticeKind, by: str
) -> None:
    about = {"delivery": ledger.accepted(1), "subscriber": ledger.subscriber(READER).id, "address": READER}
    assert acts.erase(Subscribers(ledger.database), READER, now=NOW)
    told = {"address": "Reader@mail.example", "text": f"<{READER}> gone", "raw": READER.encode(), "status": "5.1.1"}
    assert recorder.record([notice(kind, **{**told, by: about[by]})], NOW).kinds == {kind: 1}
    (noted,) = notices.each()
    assert (noted.text, noted.address, noted.status, notices.raw(noted.id)) == ("", "", "5.1.1", None)


def test_who_was_erased_and_came_back_is_known_again(ledger: Ledger, recorder: Recorder) -> None:
    assert acts.erase(Subscribers(ledger.database), READER, now=NOW)
    ledger.subscribe(READER)
    recorder.record([notice(NoticeKind.HARD, address=READER, text="gone")], NOW)
    assert ledger.status() == ("suppressed", "hard bounce: gone")
