"""The form to subscribe: what it asks, what becomes of whatever is sent, and what nobody learns from the answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import httpx
import pytest

from digest.model import Address, Subscriber, SubscriberStatus
from tests.journeys.conftest import MONDAY, Site, on_duty
from tests.journeys.steps import configure, opened, subscribe
from tests.journeys.visiting import WaitingOffice
from tests.web.asking import READER, Door, door, words

TWO_DIGESTS = (
    '\n[digests.daily]\ntitle = "Quay <Daily>"\ncadence = "day"\nfrom = "Quay News <daily@quay.example.org>"\n'
)
NOW = datetime.fromisoformat(MONDAY)
NO_ADDRESSES = (
    "",
    "jane",
    "jane@",
    "@example.org",
    "jane@localhost",
    "jane@@example.org",
    "jane doe@example.org",
    "jane@example.org\r\nBcc: other@example.org",
    "jane@example.org\nSubject: hello",
    "jane@example.org,other@example.org",
    "Jane <jane@example.org>",
    "jane@example.org\u2028Bcc: x@example.org",
    '"><script>alert(1)</script>@example.org',
    f"{'j' * 65}@example.org",
    f"jane@{'example.' * 40}org",
    "j" * 5000,
)


@pytest.fixture
def post_office() -> Iterator[WaitingOffice]:
    with on_duty(WaitingOffice()) as office:
        yield office  # type: ignore[misc] # it is the office that was given


@pytest.fixture
def at(site: Site) -> Iterator[Door]:
    with door(site) as opened_door:
        yield opened_door


@pytest.fixture
def at_two(site: Site) -> Iterator[Door]:
    """Where two digests and three languages are offered."""
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + TWO_DIGESTS, encoding="utf-8")
    configure(site, "[[sources]]", 'languages = ["de", "ar"]\n\n[[sources]]')
    subscribe(site, ["first@example.org"])
    assert site.run("send", "--digest", "weekly", "--yes").exit_code == 0  # so that there are categories
    with door(site) as opened_door:
        yield opened_door


# --- the form ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/subscribe"])
def test_the_form_asks_for_an_address_and_tells_what_is_agreed_to(at: Door, path: str) -> None:
    tree = at.opened(path)
    assert tree.xpath("string(//h1)") == "Subscribe to Quay News Weekly"
    (email,) = tree.xpath("//input[@type='email' and @required and @autocomplete='email' and @name='email']")
    assert tree.xpath(f"//label[@for='{email.get('id')}']")
    assert tree.get_element_by_id(email.get("aria-describedby")).text
    assert "I agree that Quay News writes to me" in tree.get_element_by_id("consent").text_content()
    (trap,) = tree.xpath("//*[@class='trap' and @aria-hidden='true']//input")
    assert (trap.name, trap.get("tabindex"), trap.get("autocomplete")) == ("website", "-1", "off")
    assert not tree.xpath("//script | //*[@style] | //input[@name='digests'] | //select")
    assert tree.xpath("//a[@href='/archive']")
    for field in tree.xpath("//input[not(@type='hidden')]"):
        assert field.label is not None


def test_the_form_offers_what_there_is_to_choose_from(at_two: Door) -> None:
    tree = at_two.opened()
    ticked = tree.xpath("//input[@name='digests' and @checked]/@value")
    assert ticked == ["weekly", "daily"]
    assert "Quay <Daily>" in tree.text_content()
    assert tree.xpath("//details[not(@open)]//input[@name='categories' and not(@checked)]/@value") == [
        *("science", "travel", "work")
    ]
    assert tree.xpath("//select[@name='language']/option/@value") == ["en", "de", "ar"]


def test_a_link_can_fill_in_the_form(at_two: Door) -> None:
    tree = at_two.opened("/subscribe?email=jane%40example.org&digests=daily&categories=work&language=de&name=%22%3E<b>")
    (form,) = tree.forms
    assert dict(form.form_values()) | {"form": ""} == {
        "email": "jane@example.org",
        "name": '"><b>',
        "digests": "daily",
        "categories": "work",
        "language": "de",
        "form": "",
    }
    assert tree.xpath("//details[@open]")


def test_the_page_speaks_the_language_of_its_reader(at_two: Door) -> None:
    german = at_two.opened(**{"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"})
    assert german.get("lang") == "de"
    assert german.xpath("//select/option[@selected]/@value") == ["de"]
    answer = at_two.press(german, email=READER)
    assert "Sehen Sie in Ihr Postfach" in words(answer)
    kept = at_two.asked()
    assert kept.choices.language == "de"
    assert kept.wording == german.get_element_by_id("consent").text_content().strip()
    arabic = at_two.opened("/subscribe?lang=ar")
    assert (arabic.get("dir"), arabic.xpath("//input[@type='email']/@dir")) == ("rtl", ["ltr"])


def test_the_site_s_own_words_of_consent_and_its_page_about_privacy_stand_on_the_form(site: Site) -> None:
    with door(site, consent="Write to me <weekly>.", privacy_url="https://quay.example.org/privacy") as at:
        tree = at.opened()
        assert "Write to me <weekly>." in tree.get_element_by_id("consent").text_content()
        assert tree.xpath("//*[@id='consent']/a/@href") == ["https://quay.example.org/privacy"]
        at.press(tree, email=READER)
        assert at.asked().wording == "Write to me <weekly>."


# --- asking ------------------------------------------------------------------------------------------------------


def test_whoever_asks_is_told_to_look_into_their_mailbox_and_gets_one_letter(
    at: Door, post_office: WaitingOffice
) -> None:
    answer = at.ask(name="Jane Doe")
    assert answer.status_code == 200
    assert "Look into your mailbox" in words(answer)
    assert at.tree(answer).xpath("//bdi[@dir='ltr']/text()") == [READER]
    assert opened(post_office.next())["To"] == READER
    assert post_office.received == {READER: 1}
    kept = at.asked()
    assert (kept.address, kept.choices.name, kept.page) == (READER, "Jane Doe", f"{at.url}/subscribe")
    assert kept.wording.startswith("By pressing the button I agree")
    assert kept.client != "127.0.0.1"
    assert not at.rows("subscribers") or at.rows("subscribers")[0]["status"] == "pending"


@pytest.mark.parametrize("path", ["/", "/subscribe", "/subscribe?email=jane@example.org&form=x&website=y"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(at: Door, method: str, path: str) -> None:
    before = at.known()
    for purpose in ("", "prefetch"):
        answer = at.client.request(method, path, headers={"Sec-Purpose": purpose, "Origin": "https://evil.example"})
        assert answer.status_code in {200, 204, 405}
    assert at.known() == before


def test_the_answer_never_tells_whether_the_address_is_known(site: Site) -> None:
    people = {
        "active@example.org": SubscriberStatus.ACTIVE,
        "pending@example.org": SubscriberStatus.PENDING,
        "left@example.org": SubscriberStatus.UNSUBSCRIBED,
        "suppressed@example.org": SubscriberStatus.SUPPRESSED,
        "erased@example.org": SubscriberStatus.ACTIVE,
    }
    with door(site, per_client=100) as at:
        entries = [(each, Subscriber(0, each, status=people[each], created=NOW, changed=NOW)) for each in people]
        with at.app.subscribers.changing() as changes:
            changes.write(entries)
            changes.erase("erased@example.org", NOW)
        answers = [at.ask(address) for address in ("new@example.org", *people, *people)]
    assert all(seen(answer) == seen(answers[0]) for answer in answers)
    assert answers[0].status_code == 200


def seen(answer: httpx.Response) -> tuple[Any, ...]:
    """All that a stranger learns, but for the address that they typed themselves."""
    (shown,) = Door.tree(answer).xpath("//bdi/text()")
    told = {name: value for name, value in answer.headers.items() if name not in {"date", "content-length"}}
    return answer.status_code, told, answer.text.replace(shown, "")


def test_two_posts_at_the_same_moment_are_one_letter(at: Door, post_office: WaitingOffice) -> None:
    tree = at.opened()
    at.time.go(seconds=5)
    answers: list[int] = []
    both = threading.Barrier(8)

    def post() -> None:
        (form,) = tree.forms
        fields = dict(form.form_values()) | {"email": READER}
        both.wait()
        answers.append(at.client.post("/subscribe", data=fields).status_code)

    threads = [threading.Thread(target=post) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8
    post_office.next()
    at.ask("other@example.org")
    post_office.next()  # whatever else was to be mailed to the first would have been mailed by now
    assert post_office.received == {READER: 1, "other@example.org": 1}


def test_a_name_is_one_line_of_text_wherever_it_goes(at: Door, post_office: WaitingOffice) -> None:
    at.ask(name="Jane\r\nBcc: other@example.org\u202e\u2028<b>" + "x" * 5000)
    message = opened(post_office.next())
    assert message["Bcc"] is None
    assert post_office.received == {READER: 1}
    assert not {"\r", "\n", "\u2028", "\u202e"} & set(at.asked().choices.name)
    assert len(at.asked().choices.name) <= 200


# --- what is wrong -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("email", NO_ADDRESSES, ids=range(len(NO_ADDRESSES)))
def test_what_is_no_address_is_shown_again_with_a_word_at_the_field(at: Door, email: str) -> None:
    before = at.known()
    answer = at.ask(email, name="Jäne <&> 王")
    assert answer.status_code == 422
    tree = at.tree(answer)
    (field,) = tree.xpath("//input[@name='email']")
    assert (field.get("aria-invalid"), "autofocus" in field.attrib) == ("true", True)
    assert "not a complete e-mail address" in tree.get_element_by_id(field.get("aria-describedby")).text
    assert field.value.split() == email.split()
    assert tree.xpath("//input[@name='name']/@value") == ["Jäne <&> 王"]
    assert "<script" not in answer.text
    assert at.known() == before
    assert at.press(tree, email=READER, seconds=0).status_code == 200  # nothing is lost, and nothing waited for


@pytest.mark.parametrize(
    "email", ["jürg@example.org", "jane@münchen.example.org", "jane+news@EXAMPLE.org", "o'x@a.org"]
)
def test_addresses_of_every_script_are_taken(at: Door, email: str) -> None:
    assert at.ask(email).status_code == 200
    assert Address.parse(at.asked().address)


def test_an_address_of_a_domain_that_is_not_taken_is_told_so(site: Site) -> None:
    with door(site, blocked_domains=["throwaway.example"]) as at:
        answer = at.ask("jane@throwaway.example")
        assert answer.status_code == 422
        assert "addresses of this domain" in at.tree(answer).get_element_by_id("email-hint").text
        assert not at.rows()


def test_too_many_from_one_place_are_asked_to_come_back_later(site: Site) -> None:
    with door(site, per_client=2) as at:
        assert [at.ask(f"{number}@example.org").status_code for number in range(3)] == [200, 200, 429]
        answer = at.ask("again@example.org")
        assert answer.headers["Retry-After"] == "3600"
        assert "try again later" in words(answer)
        assert at.tree(answer).xpath("//input[@name='email']/@value") == ["again@example.org"]
        at.time.go(hours=2)
        assert at.ask("again@example.org").status_code == 200


def test_a_robot_that_fills_in_what_nobody_sees_is_told_the_same_and_nothing_happens(at: Door) -> None:
    person = at.ask("person@example.org")
    before = len(at.rows())
    robot = at.ask("robot@example.org", website="https://spam.example")
    assert len(at.rows()) == before
    assert robot.status_code == person.status_code == 200
    assert robot.text.replace("robot", "") == person.text.replace("person", "")


def test_whoever_is_quicker_than_a_person_presses_the_button_once_more(at: Door) -> None:
    first = at.press(at.opened(), email=READER, name="Jane", seconds=1)
    assert first.status_code == 422
    assert "press the button once more" in words(first)
    assert not at.rows()
    second = at.press(at.tree(first), seconds=1)
    assert second.status_code == 200
    assert (at.asked().address, at.asked().choices.name) == (READER, "Jane")


def test_a_form_of_yesterday_is_shown_once_more_with_all_that_was_filled_in(at_two: Door) -> None:
    tree = at_two.opened()
    filled: dict[str, Any] = {"name": "Jäne <&>", "digests": ["daily"], "categories": ["work"], "language": "de"}
    stale = at_two.press(tree, seconds=24 * 3600 + 1, email=READER, **filled)
    assert stale.status_code == 422
    assert "open for a long time" in words(stale)
    assert not at_two.rows("requests")
    again = at_two.tree(stale)
    assert again.xpath("//input[@name='form']/@value") != tree.xpath("//input[@name='form']/@value")
    assert at_two.press(again).status_code == 200
    kept = at_two.asked().choices
    assert (kept.name, kept.language) == ("Jäne <&>", "de")
    assert (kept.digests, kept.selection.categories) == (frozenset({"daily"}), frozenset({"work"}))


def test_a_form_can_be_filled_in_for_a_day(at: Door) -> None:
    assert at.press(at.opened(), seconds=24 * 3600, email=READER).status_code == 200


def test_a_script_that_sends_a_form_of_yesterday_is_told_so(at: Door) -> None:
    token = at.opened().xpath("//input[@name='form']/@value")[0]
    at.time.go(days=2)
    answer = at.client.post("/subscribe", json={"email": READER, "form": token})
    assert (answer.status_code, answer.json()["field"]) == (422, "form")
    assert "open for a long time" in answer.json()["error"]
    assert not at.rows()


def test_a_body_that_is_too_large_or_none_at_all_is_refused(at: Door) -> None:
    before = at.known()
    assert at.client.post("/subscribe", data={"email": "x" * 70_000}).status_code == 413
    assert at.client.post("/subscribe", data={"email": "a\0b@example.org"}).status_code == 400
    assert at.client.post("/subscribe", content=b"<a/>", headers={"Content-Type": "text/xml"}).status_code == 415
    assert at.client.post("/subscribe").status_code == 403  # an empty form, that nobody has seen
    assert at.known() == before


# --- choices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ticked", "kept"),
    [(["daily"], {"daily"}), (["daily", "weekly"], set()), (["daily", "nothing"], {"daily"})],
)
def test_the_digests_that_were_ticked_are_kept_and_all_means_whatever_there_will_be(
    at_two: Door, ticked: list[str], kept: set[str]
) -> None:
    assert at_two.ask(digests=ticked).status_code == 200
    assert at_two.asked().choices.digests == kept


@pytest.mark.parametrize("ticked", [[], ["nothing"]])
def test_no_digest_at_all_is_asked_about(at_two: Door, ticked: list[str]) -> None:
    answer = at_two.ask(digests=ticked, categories=["work"])
    assert answer.status_code == 422
    tree = at_two.tree(answer)
    assert tree.get_element_by_id("digests-hint").text == "Please choose at least one."
    assert not tree.xpath("//input[@name='digests' and @checked]")
    assert tree.xpath("//input[@name='categories' and @checked]/@value") == ["work"]
    assert not at_two.rows()


def test_the_other_choices_are_kept_if_they_mean_anything(at_two: Door) -> None:
    at_two.ask(categories=["work", "Science", "", "!!", "x" * 500], language="ar-EG", timezone="Africa/Cairo")
    choices = at_two.asked().choices
    assert {"science", "work"} <= choices.selection.categories
    assert "" not in choices.selection.categories
    assert (choices.language, choices.timezone) == ("ar", "Africa/Cairo")


def test_a_zone_or_language_that_is_none_does_no_harm(at: Door) -> None:
    assert at.ask(timezone="../../etc/passwd", language="tlh\r\nX: y").status_code == 200
    assert (at.asked().choices.timezone, at.asked().choices.language) == ("", "en")
