"""The pages to leave by, as somebody goes through them: the button, fewer mails instead, taking it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest.links import Purpose
from digest.model import Selection, SubscriberStatus
from tests.journeys.conftest import Site
from tests.journeys.steps import configure, subscribe
from tests.web.reader import OTHER, READER, Reader, reading

ACTIVE, UNSUBSCRIBED = SubscriberStatus.ACTIVE, SubscriberStatus.UNSUBSCRIBED
NOBODY = ("left", "erased", "suppressed", "pending", "a sample")


@pytest.fixture
def reader(site: Site) -> Iterator[Reader]:
    with reading(site) as made:
        yield made


@pytest.fixture
def informed(site: Site) -> Iterator[Reader]:
    """Somebody who has got an edition, so that there are categories to choose from."""
    subscribe(site, [READER, OTHER])
    result = site.run("send", "--yes")
    assert result.exit_code == 0, result.output
    with reading(site) as made:
        yield made


def gone(reader: Reader, how: str) -> str:
    """The link to leave of somebody who gets no mails."""
    match how:
        case "left":
            reader.becomes(status=UNSUBSCRIBED, reason="left by link")
        case "erased":
            reader.erased()
        case "suppressed":
            reader.becomes(status=SubscriberStatus.SUPPRESSED)
        case "pending":
            reader.becomes(status=SubscriberStatus.PENDING)
        case _:
            return f"/unsubscribe/{reader.token(Purpose.UNSUBSCRIBE, subscriber=0)}"
    return reader.leave


# --- leaving -------------------------------------------------------------------------------------------------------


def test_the_link_shows_whom_it_is_for_masked_and_one_button(reader: Reader) -> None:
    page = reader.open(reader.leave)
    assert "Quay News Weekly goes to q•••@example.org" in page.words
    assert READER not in page.answer.text
    assert [button.text for button in page.tree.iter("button") if button.get("class") == "primary"] == ["Unsubscribe"]
    assert reader.person.status is ACTIVE


def test_the_button_unsubscribes_and_the_next_page_takes_it_back(reader: Reader) -> None:
    left = reader.press(reader.open(reader.leave), reader.leave)
    assert "You are unsubscribed" in left.words
    assert "q•••@example.org" in left.words
    assert READER not in left.answer.text
    assert reader.person.status is UNSUBSCRIBED
    back = reader.press(left, reader.undo)
    assert "You get the mails again" in back.words
    assert READER not in back.answer.text
    assert (reader.person.status, reader.person.reason) == (ACTIVE, "")


def test_a_reason_can_be_given_before(reader: Reader) -> None:
    page = reader.press(reader.open(reader.leave), reader.leave, words="too <b>many</b>\r\nof them")
    assert reader.person.reason.endswith(": too <b>many</b> of them")
    assert "Thank you" in page.words
    assert not page.tree.xpath("//textarea")


def test_a_reason_can_be_given_afterwards_and_the_undo_stays(reader: Reader) -> None:
    left = reader.send(reader.leave)
    reader.time.go(minutes=1)
    told = reader.press(left, reader.leave, words="x" * 2000)
    assert "Thank you" in told.words
    assert reader.person.reason.endswith(": " + "x" * 500)
    reader.press(told, reader.undo)
    assert reader.person.status is ACTIVE


def test_who_had_left_before_is_not_brought_back_by_a_link_to_leave(reader: Reader) -> None:
    reader.send(reader.leave)
    reader.time.go(minutes=1)
    for words in ("", "too many"):
        page = reader.send(reader.leave, words=words, undo="")
        assert "You are unsubscribed" in page.words
        assert not page.tree.xpath("//form[contains(@action, '/undo/')]")
        assert page.tree.xpath("//a[contains(@href, '/subscribe')]")


def test_an_undo_that_is_none_of_theirs_is_not_offered(reader: Reader) -> None:
    reader.send(reader.leave)
    own, now = reader.undo.rpartition("/")[2], reader.time()
    reader.time.go(minutes=1)
    signer = reader.app.signer
    others = [signer.sign_undo(subscriber, now) for subscriber in (0, 2, 999)]
    for undo in (*others, own[:-1], f"{own}x", reader.token(Purpose.UNSUBSCRIBE), "x", '"><script>', "x" * 5000):
        page = reader.send(reader.leave, words="too many", undo=undo)
        assert "Thank you" in page.words
        assert not page.tree.xpath("//form[contains(@action, '/undo/')] | //script")


@pytest.mark.parametrize("how", NOBODY)
def test_who_gets_no_mails_is_told_so_kindly(reader: Reader, how: str) -> None:
    link = gone(reader, how)
    known = reader.known()
    page = reader.open(link)
    assert "You get no mails from us" in page.words
    assert READER not in page.answer.text
    assert page.tree.xpath("//a[contains(@href, '/subscribe')]")
    assert "You get no mails from us" in reader.send(f"{link}/fewer", every="4").words
    assert reader.known() == known


def test_who_has_not_confirmed_yet_can_leave_and_not_come_back_by_it(reader: Reader) -> None:
    assert not reader.send(gone(reader, "pending")).tree.xpath("//form[contains(@action, '/undo/')]")
    assert reader.person.status is UNSUBSCRIBED


def test_the_name_of_a_digest_is_written_and_never_run(site: Site) -> None:
    configure(site, "[digests.weekly]", '[digests.weekly]\ntitle = "<script>alert(1)</script>"')
    with reading(site) as reader:
        page = reader.open(reader.leave)
        assert "<script>alert(1)</script> goes to" in page.words
        assert not page.tree.xpath("//script")


# --- taking it back ------------------------------------------------------------------------------------------------


def test_the_link_to_take_it_back_is_a_button_first(reader: Reader) -> None:
    reader.send(reader.leave)
    known = reader.known()
    page = reader.open(reader.undo)
    assert "q•••@example.org" in page.words
    assert READER not in page.answer.text
    assert reader.known() == known
    reader.press(page, reader.undo)
    assert reader.person.status is ACTIVE


def test_too_late_it_leads_to_subscribing_again(reader: Reader) -> None:
    left = reader.send(reader.leave)
    reader.time.go(days=2)
    known = reader.known()
    page = reader.press(left, reader.undo)
    assert "too late" in page.words
    assert page.tree.xpath("//a[contains(@href, '/subscribe')]")
    assert reader.known() == known


def test_who_was_erased_is_not_brought_back(reader: Reader) -> None:
    reader.send(reader.leave)
    link = reader.undo
    reader.erased()
    known = reader.known()
    assert "too late" in reader.open(link).words
    assert "too late" in reader.send(link).words
    assert reader.known() == known


# --- fewer ---------------------------------------------------------------------------------------------------------


def test_fewer_mails_instead_of_none(informed: Reader) -> None:
    page = informed.open(informed.leave)
    told = informed.press(page, "/fewer", every="2", pause="1", categories=["work", "travel"])
    assert "at most" in told.words
    assert "No mails before 7 January 2026." in told.words
    assert [item.text_content() for item in told.tree.xpath("//li//li")] == ["Travel", "Work"]
    assert READER not in told.answer.text
    person = informed.person
    assert (person.status, person.every, person.selection) == (ACTIVE, 2, Selection(frozenset({"work", "travel"})))
    assert person.paused == informed.time() + timedelta(days=30)


def test_the_form_does_not_show_what_somebody_has_chosen(informed: Reader) -> None:
    before = informed.open(informed.leave).answer.text
    informed.becomes(
        every=4, selection=Selection(frozenset({"work"})), paused=informed.time() + timedelta(days=9), name="Ann"
    )
    assert informed.open(informed.leave).answer.text == before


def test_the_answer_does_not_show_what_somebody_had_chosen(informed: Reader) -> None:
    chosen: dict[str, Any] = {"every": "2", "pause": "1", "categories": ["work"]}
    before = informed.send(f"{informed.leave}/fewer", **chosen).answer.text
    informed.becomes(every=4, selection=Selection(frozenset({"travel"})), paused=informed.time() + timedelta(days=300))
    person = informed.person
    assert informed.send(f"{informed.leave}/fewer", **chosen).answer.text == before
    assert informed.person == replace(person, changed=informed.person.changed)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"every": "1", "pause": ""},
        {"every": "3", "pause": "-1", "categories": ["unheard-of", "<script>"]},
        {"categories": ["work", "travel", "science"]},
    ],
)
def test_what_makes_nothing_fewer_is_asked_again(informed: Reader, fields: dict[str, Any]) -> None:
    known = informed.known()
    page = informed.send(f"{informed.leave}/fewer", 422, **fields)
    assert "Nothing would become fewer" in page.words
    assert "<script>" not in page.answer.text
    assert informed.known() == known


def test_in_the_reader_s_language(site: Site) -> None:
    configure(site, 'title = "Quay News"', 'title = "Quay News"\nlanguages = ["de", "ar"]')
    with reading(site) as reader:
        assert "Abbestellen" in reader.open(reader.leave, headers={"Accept-Language": "de"}).words
        reader.becomes(language="ar")
        page = reader.open(reader.leave, headers={"Accept-Language": "de"})
        assert (page.tree.get("lang"), page.tree.get("dir")) == ("ar", "rtl")
        assert "إلغاء الاشتراك" in page.words
        asked = reader.press(reader.open(f"{reader.leave}?lang=de"), "?lang=de")
        assert (asked.tree.get("lang"), reader.person.status) == ("de", UNSUBSCRIBED)


# --- tokens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"])
def test_looking_at_any_address_changes_nothing(reader: Reader, method: str) -> None:
    reader.send(reader.leave)
    undo = reader.undo
    reader.send(undo)
    known = reader.known()
    own = ("", "/move", "/data.json", "/erase")
    for path in (reader.leave, f"{reader.leave}/fewer", undo, *(f"{reader.preferences}{more}" for more in own)):
        assert reader.client.request(method, path).status_code in (200, 405)
    assert reader.known() == known


@pytest.mark.parametrize(
    ("page", "below"),
    [("unsubscribe", ["", "/fewer"]), ("undo", [""]), ("preferences", ["", "/move", "/data.json", "/erase"])],
)
def test_a_token_for_something_else_opens_nothing(reader: Reader, page: str, below: list[str]) -> None:
    tokens = {purpose: reader.token(purpose) for purpose in Purpose} | {Purpose.UNDO: reader.undo.rpartition("/")[2]}
    known = reader.known()
    cut = tokens.pop(Purpose(page))[:-1]
    for token in (*tokens.values(), cut, f"{cut}.", "x", "." * 40, "%00", "ü" * 9):
        for more in below:
            for method in ("GET", "POST"):
                answer = reader.client.request(method, f"/{page}/{token}{more}")
                assert answer.status_code in (400, 404, 405)
                assert READER not in answer.text
                assert "q•••" not in answer.text
    assert reader.known() == known


def test_whoever_comes_back_is_told_that_their_pause_goes_on(reader: Reader) -> None:
    reader.becomes(paused=reader.time() + timedelta(days=30))
    reader.send(reader.leave)
    page = reader.send(reader.undo)
    assert "You are subscribed again" in page.words
    assert "The pause that you have chosen goes on" in page.words
    assert reader.person.status is ACTIVE
