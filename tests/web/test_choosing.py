"""The page of preferences, as its owner uses it: choosing, another address, one's data, being forgotten."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from digest.model import Selection, SubscriberStatus
from tests.journeys.conftest import Site
from tests.journeys.steps import PATIENCE, configure, subscribe
from tests.journeys.visiting import Page
from tests.web.reader import OTHER, READER, Reader, reading

ACTIVE, UNSUBSCRIBED = SubscriberStatus.ACTIVE, SubscriberStatus.UNSUBSCRIBED
SECOND = '\n[digests.daily]\ntitle = "Quay Daily"\nfrom = "Quay News <daily@quay.example.org>"\ncadence = "day"\n'


@pytest.fixture
def reader(site: Site) -> Iterator[Reader]:
    """Of a site with two digests and three languages, after an edition."""
    subscribe(site, [READER, OTHER])
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + SECOND, encoding="utf-8")
    configure(site, 'title = "Quay News"', 'title = "Quay News"\nlanguages = ["de", "ar"]\ntimezone = "Europe/Paris"')
    result = site.run("send", "--digest", "weekly", "--yes")
    assert result.exit_code == 0, result.output
    with reading(site) as made:
        yield made


def save(reader: Reader, status: int = 200, **filled: str | list[str]) -> Page:
    """The page, filled in and saved."""
    return reader.press(reader.open(reader.preferences), reader.preferences, status, **filled)


def ticked(page: Page, name: str) -> list[str]:
    return [str(box.get("value")) for box in page.tree.xpath(f"//input[@name='{name}'][@checked]")]


def chosen(page: Page, name: str) -> str:
    return str(page.tree.xpath(f"//select[@name='{name}']")[0].value)


def at_fault(page: Page) -> set[str]:
    """The fields that are marked, each with its sentence."""
    found = set()
    for marked in page.tree.xpath("//*[@aria-invalid]"):
        fault = marked.get("aria-describedby").split()[0]
        assert page.tree.xpath(f"//*[@id='{fault}'][@role='alert']")[0].text_content().strip()
        found.add(fault.removesuffix("-fault"))
    return found


# --- choosing ------------------------------------------------------------------------------------------------------


def test_the_page_shows_what_is_chosen_and_the_address_in_full(reader: Reader) -> None:
    reader.becomes(
        name="Ann <b>", digests=frozenset({"weekly"}), selection=Selection(frozenset({"work", "boats"})), every=2,
        language="ar", timezone="America/Argentina/Salta", paused=datetime(2026, 1, 5, 3, tzinfo=UTC),
    )  # fmt: skip
    page = reader.open(f"{reader.preferences}?lang=en")
    assert READER in page.words
    assert (ticked(page, "digests"), ticked(page, "categories"), ticked(page, "every")) == (
        ["weekly"],
        ["work", "boats"],  # the latter is in no edition any more
        ["2"],
    )
    assert (chosen(page, "language"), chosen(page, "timezone")) == ("ar", "America/Argentina/Salta")
    assert page.tree.xpath("//input[@name='name']/@value") == ["Ann <b>"]
    assert page.tree.xpath("//input[@name='paused']/@value") == ["2026-01-05"]
    assert (page.tree.get("lang"), "&lt;b&gt;" in page.answer.text) == ("en", True)


def test_what_was_not_touched_stays_as_it_is(reader: Reader) -> None:
    reader.becomes(
        selection=Selection(frozenset({"boats"})), language="pt-BR", timezone="UTC", paused=reader.time() + timedelta(9)
    )
    known = reader.known()
    assert "Saved" in save(reader).words
    assert reader.known() == known


def test_everything_can_be_chosen_anew(reader: Reader) -> None:
    page = save(
        reader, name=" Ann  Other ", digests=["daily"], categories=["work"], every="4", language="ar",
        timezone="Asia/Tokyo", paused="2026-02-01",
    )  # fmt: skip
    assert page.tree.xpath("//*[@role='status']")
    assert page.tree.get("dir") == "rtl"
    person = reader.person
    assert (person.name, person.digests, person.every) == ("Ann Other", frozenset({"daily"}), 4)
    assert (person.selection, person.language) == (Selection(frozenset({"work"})), "ar")
    assert (person.timezone, person.paused) == ("Asia/Tokyo", datetime(2026, 1, 31, 15, tzinfo=UTC))
    assert page.tree.xpath("//input[@name='paused']/@value") == ["2026-02-01"]


def test_all_digests_ticked_means_those_to_come_too(reader: Reader) -> None:
    reader.becomes(digests=frozenset({"weekly"}))
    assert ticked(save(reader, digests=["weekly", "daily"]), "digests") == ["weekly", "daily"]
    assert reader.person.digests == frozenset()
    save(reader, digests=["daily"])
    assert reader.person.digests == frozenset({"daily"})


def test_a_digest_that_is_not_offered_any_more_is_not_forgotten(reader: Reader) -> None:
    reader.becomes(digests=frozenset({"monthly", "weekly"}))
    save(reader, digests=["daily"])
    assert reader.person.digests == frozenset({"monthly", "daily"})


def test_no_categories_means_all(reader: Reader) -> None:
    reader.becomes(selection=Selection(frozenset({"work"})))
    page = reader.open(reader.preferences)
    assert "You get all of them when none is ticked." in page.words
    reader.press(page, reader.preferences, categories=[])
    assert reader.person.selection == Selection()


def test_no_digest_at_all_is_asked_again_and_what_was_typed_is_kept(reader: Reader) -> None:
    known = reader.known()
    page = save(
        reader, 422, digests=[], categories=["work"], name="Ann", every="2", paused="2026-03-01", timezone="Asia/Tokyo"
    )
    assert "Choose at least one" in page.words
    assert at_fault(page) == {"digests"}
    assert (ticked(page, "digests"), ticked(page, "categories"), ticked(page, "every")) == ([], ["work"], ["2"])
    assert page.tree.xpath("//input[@name='name']/@value") == ["Ann"]
    assert page.tree.xpath("//input[@name='paused']/@value") == ["2026-03-01"]
    assert chosen(page, "timezone") == "Asia/Tokyo"
    assert reader.known() == known


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("paused", "2025-12-07"),
        ("paused", "2026-12-09"),
        ("paused", "tomorrow"),
        ("paused", "99999-01-01"),
        ("name", "x" * 201),
        ("every", "3"),
        ("every", "٢"),
        ("language", "xx"),
        ("timezone", "Mars/Olympus"),
        ("timezone", "../../etc/passwd"),
        ("categories", "x" * 2001),
    ],
)
def test_what_cannot_be_kept_is_marked_at_its_field(reader: Reader, field: str, value: str) -> None:
    known = reader.known()
    page = save(reader, 422, **{field: value})
    assert at_fault(page) == {field}
    assert reader.known() == known


def test_a_fault_is_told_in_the_title_and_leads_to_the_first_field_that_is_marked(reader: Reader) -> None:
    page = save(reader, 422, paused="2035-01-01", every="7", timezone="Mars/Base")
    assert page.tree.findtext(".//title") == "Error: Preferences"
    (link,) = page.tree.xpath("//*[@role='alert']/a/@href")
    first = page.tree.xpath("//*[@aria-invalid]")[0]
    assert link == f"#{first.get('id')}" == "#every"
    german = reader.press(reader.open(reader.preferences), reader.preferences, 422, language="de", paused="never")
    assert german.tree.xpath("//*[@role='alert']/a/@href") == ["#paused"]
    reader.becomes(language="de")
    assert save(reader, 422, paused="never").tree.findtext(".//title") == "Fehler: Einstellungen"
    assert reader.open(reader.preferences).tree.findtext(".//title") == "Einstellungen"


def test_what_was_saved_can_be_read_in_another_language(reader: Reader) -> None:
    page = save(reader, name="Ann")
    (german,) = page.tree.xpath("//nav//a[@hreflang='de']/@href")
    assert "Ann" in reader.open(german).answer.text
    assert not save(reader, 422, every="7").tree.xpath("//nav//a[@hreflang='de']")  # what was typed would be lost


def test_leaving_has_a_place_of_its_own_while_there_is_something_to_leave(reader: Reader) -> None:
    page = reader.open(reader.preferences)
    assert page.tree.xpath("//a[contains(@href, '/unsubscribe/')]/@class") == ["button"]
    assert [link.split("/")[-1] for link in page.tree.xpath("//main//ul//a/@href")] == ["data.json", "erase"]
    reader.becomes(status=UNSUBSCRIBED)
    assert not reader.open(reader.preferences).tree.xpath("//a[contains(@href, '/unsubscribe/')]")


@pytest.mark.parametrize("day", ["2025-12-08", "2026-12-08"])
def test_a_pause_ends_from_today_on_and_within_a_year(reader: Reader, day: str) -> None:
    page = reader.open(reader.preferences)
    (field,) = page.tree.xpath("//input[@name='paused']")
    assert (field.get("min"), field.get("max")) == ("2025-12-08", "2026-12-08")
    reader.press(page, reader.preferences, paused=day)
    midnight = datetime.fromisoformat(f"{day}T00:00+01:00")
    assert reader.person.paused == (midnight if midnight > reader.time() else None)


@pytest.mark.parametrize("how", [UNSUBSCRIBED, SubscriberStatus.SUPPRESSED, SubscriberStatus.PENDING])
def test_who_gets_no_mails_is_told_so_and_stays_so(reader: Reader, how: SubscriberStatus) -> None:
    reader.becomes(status=how)
    page = save(reader, name="Ann")
    assert "You get no mails at present" in page.words
    assert bool(page.tree.xpath("//a[text()='Subscribe again']")) is (how is UNSUBSCRIBED)
    assert (reader.person.status, reader.person.name) == (how, "Ann")


def test_the_page_leads_to_the_page_to_leave(reader: Reader) -> None:
    (link,) = reader.open(reader.preferences).tree.xpath("//a[contains(@href, '/unsubscribe/')]/@href")
    page = reader.open(link)
    assert READER not in page.answer.text
    reader.press(page, link)
    assert reader.person.status is UNSUBSCRIBED


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_with_its_time_zones_the_page_stays_small(reader: Reader, language: str) -> None:
    page = reader.open(f"{reader.preferences}?lang={language}")
    assert len(page.tree.xpath("//optgroup")) == 10
    assert len(page.answer.content) < 40_000


# --- another address -----------------------------------------------------------------------------------------------


def test_another_address_is_asked_and_nothing_else_changes(reader: Reader) -> None:
    person = reader.person
    page = reader.press(reader.open(reader.preferences), "/move", email="new@example.org")
    assert "Look into the new mailbox" in page.words
    assert "new@example.org" in page.words
    assert reader.person == person


def test_the_answer_does_not_tell_whether_the_new_address_is_known(reader: Reader) -> None:
    answers = [reader.send(f"{reader.preferences}/move", email=email).words for email in (OTHER, "nobody@example.org")]
    assert answers[0].replace(OTHER, "") == answers[1].replace("nobody@example.org", "")


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c.example", "x" * 60_000 + "@example.org", "<b>@example.org"])
def test_what_is_no_address_is_marked(reader: Reader, address: str) -> None:
    known = reader.known()
    page = reader.send(f"{reader.preferences}/move", 422, email=address)
    assert at_fault(page) == {"email"}
    assert "<b>@" not in page.answer.text
    assert reader.known() == known


def test_too_many_addresses_from_one_place_have_to_wait(site: Site) -> None:
    with reading(site, per_client=1) as reader:
        reader.send(f"{reader.preferences}/move", email="one@example.org")
        page = reader.send(f"{reader.preferences}/move", 429, email="two@example.org")
        assert int(page.answer.headers["Retry-After"]) > 0
        assert at_fault(page) == {"email"}


def test_a_domain_that_is_not_taken_is_named_at_the_field(site: Site) -> None:
    with reading(site, blocked_domains=["trash.example"]) as reader:
        page = reader.send(f"{reader.preferences}/move", 422, email="me@trash.example")
        assert "domain" in page.words
        assert at_fault(page) == {"email"}


# --- one's data ----------------------------------------------------------------------------------------------------


def test_all_that_is_known_can_be_had_as_a_file(reader: Reader) -> None:
    reader.becomes(name="Zoë", selection=Selection(frozenset({"work"})))
    (link,) = reader.open(reader.preferences).tree.xpath("//a[contains(@href, 'data.json')]/@href")
    answer = reader.client.get(link)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.text)
    assert (told["address"], told["name"], told["categories"]) == (READER, "Zoë", ["work"])
    assert [each["edition"] for each in told["deliveries"]] == ["weekly/2025-W49"]


def test_erasing_takes_a_look_and_a_button(reader: Reader) -> None:
    known = reader.known()
    page = reader.open(f"{reader.preferences}/erase")
    assert READER in page.words
    assert reader.known() == known
    assert "Your data is erased" in reader.press(page, "/erase").words
    assert reader.app.subscribers.find(READER) is None
    assert not [row for row in reader.known() if READER in row]
    assert reader.app.subscribers.find(OTHER)


def test_afterwards_nothing_is_known_at_any_address(reader: Reader) -> None:
    links = [f"{reader.preferences}{more}" for more in ("", "/erase", "/data.json", "/move")]
    reader.send(f"{reader.preferences}/erase")
    known = reader.known()
    for link in links[:3]:
        page = reader.open(link, 404 if link.endswith("json") else 200)
        assert "Nothing is known here any more" in page.words
    for link in (links[0], links[1], links[3]):
        assert "Nothing is known here any more" in reader.send(link, email="a@example.org", every="1").words
    assert reader.known() == known


# --- at the same time ----------------------------------------------------------------------------------------------


def test_two_who_save_at_the_same_moment_are_both_answered_and_one_holds(reader: Reader) -> None:
    at_once, statuses = threading.Barrier(2), list[int]()

    def post(name: str, every: str) -> None:
        fields = {"name": name, "every": every, "digests": ["weekly"]}
        at_once.wait(PATIENCE)
        statuses.append(httpx.post(f"{reader.client.base_url}{reader.preferences}", data=fields).status_code)

    threads = [threading.Thread(target=post, args=pair) for pair in (("Ann", "2"), ("Bob", "4"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200, 200]
    assert (reader.person.name, reader.person.every) in {("Ann", 2), ("Bob", 4)}


def test_while_the_database_is_locked_nothing_is_lost(site: Site) -> None:
    with reading(site, busy_timeout=0.05) as reader:
        page = reader.open(reader.preferences)
        with closing(sqlite3.connect(site.folder / "digest.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for action in (reader.preferences, "/move", "/erase"):
                form = page if action != "/erase" else reader.open(f"{reader.preferences}/erase")
                told = reader.press(form, action, 503, name="Ann", email="new@example.org")
                assert int(told.answer.headers["Retry-After"]) > 0
                assert READER not in told.answer.text
            other.execute("ROLLBACK")
        reader.press(page, reader.preferences, name="Ann")
        assert reader.person.name == "Ann"
