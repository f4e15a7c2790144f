from __future__ import annotations

import io
from dataclasses import replace

import pytest

from digest.model import Choices, Concerned, Notice, NoticeKind, RequestKind, SubscriberStatus
from digest.store.database import Database
from digest.store.notices import Notices
from digest.subscriptions import asking
from digest.subscriptions.asking import Answer, Stage, Standing
from digest.subscriptions.importing import import_table
from tests.subscriptions.requesting import (
    ACTIVE,
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


def test_a_link_that_was_used_does_nothing_more(desk: Desk):
    letter = desk.letter()
    desk.confirm(letter)
    desk.turn(ACTIVE, NOW + DAY)
    before = desk.everything()
    assert desk.confirm(letter, NOW + DAY).stage is Stage.CONFIRMED
    assert desk.look(letter, NOW + 52 * WEEK).stage is Stage.CONFIRMED
    assert desk.everything() == before


def test_an_old_link_brings_nobody_back(desk: Desk):
    letter = desk.letter()
    desk.confirm(letter)
    desk.turn(UNSUBSCRIBED, NOW + HOUR)
    assert desk.confirm(letter, NOW + DAY).stage is Stage.CONFIRMED
    assert desk.person().status is UNSUBSCRIBED


def test_who_leaves_after_asking_has_taken_it_back(desk: Desk):
    first = desk.letter()
    second = desk.letter(now=NOW + HOUR)
    desk.confirm(first, NOW + HOUR)
    desk.turn(UNSUBSCRIBED, NOW + 2 * HOUR)
    assert desk.look(second, NOW + DAY) == Standing(Stage.GONE)
    assert desk.confirm(second, NOW + DAY) == Standing(Stage.GONE)
    third = desk.letter(now=NOW + 2 * DAY)
    assert desk.confirm(third, NOW + 2 * DAY).stage is Stage.CONFIRMED
    assert desk.person().status is ACTIVE


def test_an_older_link_does_not_undo_what_was_chosen_later(desk: Desk):
    older = desk.letter(choices=Choices("Older"))
    newer = desk.letter(now=NOW + HOUR, choices=Choices("Newer"))
    desk.confirm(newer, NOW + HOUR)
    before = desk.everything()
    assert desk.look(older, NOW + HOUR).stage is Stage.CONFIRMED
    assert desk.confirm(older, NOW + DAY) == Standing(Stage.CONFIRMED, older, desk.person())
    assert desk.everything() == before


def test_a_newer_link_brings_what_was_chosen_later(desk: Desk):
    older = desk.letter(choices=Choices("Older"))
    newer = desk.letter(now=NOW + HOUR, choices=Choices("Newer"))
    desk.confirm(older, NOW + HOUR)
    desk.confirm(newer, NOW + DAY)
    assert desk.person().name == "Newer"


def test_a_link_works_for_its_time_and_says_so_afterwards(desk: Desk):
    letter = desk.letter()
    assert desk.look(letter, NOW + WEEK).stage is Stage.OPEN
    for act in (desk.look, desk.confirm):
        assert act(letter, NOW + WEEK + SECOND) == Standing(Stage.EXPIRED, letter, desk.person())
    assert desk.person().status is PENDING
    assert desk.confirm(letter, NOW + WEEK).stage is Stage.CONFIRMED


def test_who_was_suppressed_or_erased_after_asking_is_not_brought_back(desk: Desk):
    letter = desk.letter()
    desk.turn(SUPPRESSED, NOW)
    assert (desk.look(letter), desk.confirm(letter)) == (Standing(Stage.GONE), Standing(Stage.GONE))
    assert desk.person().status is SUPPRESSED
    desk.erase()
    assert (desk.look(letter), desk.confirm(letter)) == (Standing(Stage.GONE), Standing(Stage.GONE))
    assert not list(desk.people.each())


def test_a_link_to_nothing_is_gone(desk: Desk):
    assert asking.look(desk.book, 7, TERMS, now=NOW) == Standing(Stage.GONE)
    assert asking.confirm(desk.book, 7, TERMS, client="c", now=NOW) == Standing(Stage.GONE)


def test_of_many_who_press_the_button_at_once_one_does_it(desk: Desk):
    letter = desk.letter()

    def press(number: int) -> Stage:
        now = NOW + (number + 1) * SECOND
        return asking.confirm(desk.book, letter.id, TERMS, client=f"c{number}", now=now).stage

    assert at_once(8, press) == [Stage.CONFIRMED] * 8
    (consent,) = desk.book.asked_by(letter.subscriber)
    assert consent.confirmed == desk.person().changed
    assert consent.confirmed_client == f"c{(desk.person().changed - NOW) // SECOND - 1}"  # type: ignore[operator] # it is one


def test_a_letter_in_doubt_is_not_mailed_again_once_its_link_was_followed(desk: Desk):
    letter = desk.letter()
    desk.book.hand_back(letter.id, NOW + HOUR, "451 later")
    desk.confirm(letter)
    assert not desk.post(NOW + WEEK)


# --- moving


def test_who_moves_and_confirms_is_mailed_at_the_new_address(desk: Desk):
    reader = desk.is_there(name="First Reader", language="de", every=2, paused=NOW + WEEK)
    before = desk.person()
    assert desk.move(reader, "New@example.org") is Answer.WRITTEN
    (letter,) = desk.post()
    assert (letter.kind, letter.address, letter.subscriber) == (RequestKind.MOVE, "New@example.org", reader)
    assert letter.choices.language == "de"
    assert desk.person() == before
    assert desk.look(letter) == Standing(Stage.OPEN, letter, before)
    moved = desk.confirm(letter)
    assert moved.subscriber == replace(before, address="New@example.org", changed=NOW + SECOND)
    assert desk.person("new@example.org") == moved.subscriber
    assert desk.people.find("reader@example.org") is None
    (consent,) = desk.book.asked_by(reader)
    assert (consent.kind, consent.page, consent.confirmed_client) == (RequestKind.MOVE, "page", "c2")


# who is at the new address; what kind of letter goes there, if any; about whom: the mover, or who is there
AT_THE_NEW_ADDRESS = [
    ("active", RequestKind.KNOWN, "holder"),
    ("pending", RequestKind.SUBSCRIBE, "holder"),
    ("unsubscribed", RequestKind.SUBSCRIBE, "holder"),
    ("suppressed", None, ""),
    ("erased", RequestKind.MOVE, "mover"),
    ("nobody", RequestKind.MOVE, "mover"),
]


@pytest.mark.parametrize(("who", "kind", "about"), AT_THE_NEW_ADDRESS)
def test_who_is_at_the_new_address_already_is_asked_themselves(
    desk: Desk, who: str, kind: RequestKind | None, about: str
):
    there(desk, who)
    known = desk.people.find("reader@example.org")
    ids = {"mover": desk.is_there("mover@example.org", digests=frozenset({"daily"})), "holder": known and known.id}
    assert desk.move(ids["mover"] or 0, READER) is Answer.WRITTEN
    assert [(letter.kind, letter.subscriber) for letter in desk.post()] == ([(kind, ids[about])] if kind else [])
    assert desk.people.find("reader@example.org") == known


def test_whoever_cannot_move_hears_the_same_and_nothing_is_mailed(desk: Desk):
    left = desk.is_there("left@example.org", UNSUBSCRIBED)
    suppressed = desk.is_there("suppressed@example.org", SUPPRESSED)
    reader = desk.is_there()
    heard = [desk.move(who, "new@example.org") for who in (left, suppressed, 999)]
    heard.append(desk.move(reader, "READER@Example.org"))
    assert heard == [Answer.WRITTEN] * 4
    assert not desk.post()


@pytest.mark.parametrize("status", [ACTIVE, PENDING])
def test_moving_leaves_the_status_as_it_is(desk: Desk, status: SubscriberStatus):
    desk.move(desk.is_there(status=status), "new@example.org")
    (letter,) = desk.post()
    assert desk.confirm(letter).stage is Stage.CONFIRMED
    assert desk.person("new@example.org").status is status


def test_a_move_is_gone_when_somebody_else_has_come_there_or_the_mover_has_left(desk: Desk):
    reader = desk.is_there()
    desk.move(reader, "new@example.org")
    (letter,) = desk.post()
    desk.is_there("new@example.org", PENDING)
    assert (desk.look(letter), desk.confirm(letter)) == (Standing(Stage.GONE), Standing(Stage.GONE))
    desk.erase("new@example.org")
    desk.move(reader, "newer@example.org")
    (letter,) = desk.post()
    desk.turn(UNSUBSCRIBED, NOW)
    assert desk.confirm(letter) == Standing(Stage.GONE)
    assert desk.person().address == READER


def test_a_move_that_was_confirmed_stays_so_and_is_not_repeated(desk: Desk):
    reader = desk.is_there()
    desk.move(reader, "new@example.org")
    (first,) = desk.post()
    desk.confirm(first)
    desk.move(reader, "newer@example.org")
    (second,) = desk.post()
    desk.confirm(second, NOW + DAY)
    assert desk.confirm(first, NOW + 2 * DAY).stage is Stage.CONFIRMED
    assert desk.person("newer@example.org").id == reader


def test_moving_can_bomb_nobody_either(desk: Desk):
    movers = [desk.is_there(f"mover{number}@example.org") for number in range(5)]
    for mover in movers:
        assert desk.move(mover, READER) is Answer.WRITTEN
    assert len(desk.post()) == 1
    terms = replace(TERMS, per_client=5)
    assert desk.move(movers[0], "other@example.org", terms=terms) is Answer.TOO_MANY


# --- what a move leaves behind -----------------------------------------------------------------------------------------


def test_no_table_brings_back_who_has_moved_and_left_or_was_erased(desk: Desk):
    mover = desk.is_there("old@example.org")
    desk.move(mover, "new@example.org")
    (letter,) = desk.post()
    assert letter.former == "old@example.org"
    desk.confirm(letter)
    table = io.BytesIO(b"email\nold@example.org\n")
    assert [n.reason for n in import_table(desk.people, table, name="t", now=NOW).kept_out] == ["was erased on request"]
    desk.erase("new@example.org")
    both = io.BytesIO(b"email\nold@example.org\nnew@example.org\n")
    assert len(import_table(desk.people, both, name="t", now=NOW).kept_out) == 2
    assert not list(desk.people.each())


def test_who_has_moved_can_come_back_to_the_old_address_by_their_own_will(desk: Desk):
    desk.move(desk.is_there("old@example.org"), "new@example.org")
    (letter,) = desk.post()
    desk.confirm(letter)
    again = desk.letter("old@example.org", now=NOW + WEEK)
    assert desk.confirm(again, NOW + WEEK).stage is Stage.CONFIRMED
    assert desk.person("old@example.org").status is desk.person("new@example.org").status is ACTIVE


def test_erasing_empties_reports_that_name_an_earlier_address(desk: Desk, database: Database):
    desk.move(desk.is_there("old@example.org"), "new@example.org")
    (letter,) = desk.post()
    desk.confirm(letter)
    with Notices(database).changing() as changes:
        told = Notice("k", NoticeKind.UNKNOWN, "mailbox", text="about old@example.org", raw=b"To: OLD@example.org")
        changes.add(told, Concerned(), NOW)
    desk.erase("new@example.org")
    ((text, raw),) = [(noted.text, Notices(database).raw(noted.id)) for noted in Notices(database).each()]
    assert (text, raw) == ("", None)


def test_nothing_of_who_was_erased_is_left_in_the_files_while_others_have_them_open(desk: Desk, database: Database):
    desk.confirm(desk.letter())
    desk.erase()
    assert database.path
    for file in database.path.parent.glob(f"{database.path.name}*"):
        held = file.read_bytes().lower()
        assert b"reader@example.org" not in held, file
        assert b"first reader" not in held, file


def test_of_several_moves_the_last_one_counts(desk: Desk):
    mover = desk.is_there("old@example.org")
    desk.move(mover, "typo@example.org")
    (mistaken,) = desk.post()
    desk.move(mover, "new@example.org", now=NOW + HOUR)
    (meant,) = desk.post(NOW + HOUR)
    assert desk.confirm(mistaken, NOW + HOUR).stage is Stage.GONE
    assert desk.confirm(meant, NOW + HOUR).stage is Stage.CONFIRMED
    assert desk.confirm(mistaken, NOW + DAY).stage is Stage.GONE
    assert desk.person("new@example.org").id == mover


def test_who_moves_to_an_address_that_was_erased_is_not_held_to_be_erased(desk: Desk):
    desk.is_there("new@example.org")
    desk.erase("new@example.org")
    desk.move(desk.is_there("old@example.org"), "new@example.org")
    (letter,) = desk.post()
    assert desk.confirm(letter).stage is Stage.CONFIRMED
    assert desk.people.erased_at("new@example.org") is None
