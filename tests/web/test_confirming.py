"""The link that confirms: a button that acts once, and pages that are friendly and tell nobody whose address it is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.links import Purpose
from digest.model import Choices, RequestKind, Subscriber
from digest.web.public.masking import masked
from tests.journeys.conftest import Site, on_duty
from tests.journeys.steps import configure, subscribe
from tests.journeys.visiting import WaitingOffice, links
from tests.web.asking import READER, Door, door, words


@pytest.fixture
def post_office() -> Iterator[WaitingOffice]:
    with on_duty(WaitingOffice()) as office:
        yield office  # type: ignore[misc] # it is the office that was given


@pytest.fixture
def at(site: Site) -> Iterator[Door]:
    with door(site) as opened_door:
        yield opened_door


def person(at: Door, address: str = READER) -> Subscriber | None:
    return at.app.subscribers.find(address)


def in_full(answer: httpx.Response) -> bool:
    return READER in answer.text or "Jane" in answer.text


# --- the button --------------------------------------------------------------------------------------------------


def test_the_letter_s_link_shows_one_button_and_the_button_subscribes(at: Door, post_office: WaitingOffice) -> None:
    at.ask(name="Jane Doe", categories=["work"])
    path = links(post_office.next(), at.url)["confirm"].removeprefix(at.url)
    tree = at.opened(path)
    (button,) = tree.xpath("//button")
    assert "One click, and you are subscribed" in tree.text_content()
    assert "Quay News Weekly" in tree.text_content()
    assert READER not in at.client.get(path).text
    answer = at.press(tree)
    assert (answer.status_code, button.text) == (200, "Confirm the subscription")
    assert "You are subscribed" in words(answer)
    assert not in_full(answer)
    found = person(at)
    assert found
    assert (found.status.value, found.name, found.selection.categories) == ("active", "Jane Doe", frozenset({"work"}))
    (preferences,) = at.tree(answer).xpath("//a[starts-with(@href, '/preferences/')]/@href")
    assert at.app.signer.read_preferences(preferences.rpartition("/")[2])[:2] == ("", found.id)
    assert at.tree(answer).xpath("//a[@href='/archive']")
    kept = at.asked()
    assert (kept.confirmed, kept.subscriber) == (at.time(), found.id)
    assert kept.confirmed_client == kept.client != ""


@pytest.mark.parametrize("headers", [{}, {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_following_the_link_changes_nothing(at: Door, method: str, headers: dict[str, str]) -> None:
    link = at.link()
    before = at.known()
    for _ in range(3):
        answer = at.client.request(method, link, headers=headers)
        assert answer.status_code == (200 if method in {"GET", "HEAD"} else 405)
    assert at.known() == before
    assert at.press(at.opened(link)).status_code == 200


def test_the_button_pressed_twice_is_friendly_and_does_it_once(at: Door) -> None:
    tree = at.opened(at.link())
    first = at.press(tree)
    before = at.known()
    again = at.press(tree)
    shown = at.client.get(tree.forms[0].action)
    for answer in (again, shown):
        assert answer.status_code == 200
        assert "confirmed already" in words(answer)
        assert "/preferences/" not in answer.text
        assert not at.tree(answer).xpath("//button")
        assert not in_full(answer)
    assert "/preferences/" in first.text
    assert at.known() == before


def test_the_button_pressed_twice_at_the_same_moment_makes_one_subscriber(at: Door) -> None:
    link = at.link()
    together = threading.Barrier(8)
    statuses: list[int] = []

    def press() -> None:
        together.wait()
        statuses.append(at.client.post(link).status_code)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    assert [row["status"] for row in at.rows("subscribers")] == ["active"]


def test_the_page_names_the_digests_that_were_chosen(site: Site) -> None:
    path = site.folder / "digest.toml"
    more = '\n[digests.daily]\ntitle = "Quay <Daily>"\ncadence = "day"\nfrom = "Quay News <daily@quay.example.org>"\n'
    path.write_text(path.read_text(encoding="utf-8") + more, encoding="utf-8")
    with door(site) as at:
        one = at.opened(at.link(choices=Choices(digests=frozenset({"daily"}))))
        assert one.xpath("//main//li//text()") == ["Quay <Daily>"]
        assert len(at.opened(at.link()).xpath("//main//li")) == 2


def test_whoever_confirms_sees_all_that_will_be_kept(site: Site) -> None:
    configure(site, "[[sources]]", 'languages = ["de", "ar"]\n\n[[sources]]')
    subscribe(site, ["first@example.org"])
    assert site.run("send", "--yes").exit_code == 0  # so that categories have names
    with door(site) as at:
        at.ask(name="Jäne <b>", categories=["work", "cheese"], language="de", timezone="Europe/Rome")
        (row,) = at.rows()
        tree = at.opened(f"/confirm/{at.app.signer.sign_request(row['id'])}")
        facts = dict(zip(*(tree.xpath(f"//dl/{tag}") for tag in ("dt", "dd")), strict=True))
        said = {name.text: " ".join(told.text_content().split()) for name, told in facts.items()}
        assert said == {"Name": "Jäne <b>", "Themen": "cheese Work", "Sprache": "Deutsch", "Zeitzone": "Europe/Rome"}
        assert tree.xpath("//dd[1]/*[@dir='auto']/text()") == ["Jäne <b>"]
        (quoted,) = tree.xpath("//blockquote[@dir='auto']")
        assert "Sie stimmen zu:" in tree.text_content()
        assert quoted.text_content().strip() == at.asked().wording != ""


def test_what_was_not_said_is_not_shown(at: Door) -> None:
    tree = at.opened(at.link(choices=Choices(language="en")))
    assert not tree.xpath("//dl | //blockquote")
    assert "You agree to" not in tree.text_content()


def test_the_wording_of_another_site_s_form_is_quoted_and_never_run(at: Door) -> None:
    at.sent(consent="<script>alert(1)</script> Write to me \u202e.")
    (row,) = at.rows()
    tree = at.opened(f"/confirm/{at.app.signer.sign_request(row['id'])}")
    assert tree.xpath("string(//blockquote)").strip() == at.asked().wording
    assert at.asked().wording.startswith("<script>alert(1)</script> Write")
    assert not tree.xpath("//script")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Sie stimmen zu"),
        ("fr", "Vous acceptez"),
        ("es", "Aceptas"),
        ("ar", "توافق على"),
    ],
)
def test_what_is_agreed_to_is_quoted_in_the_language_of_the_page(site: Site, language: str, said: str) -> None:
    configure(site, "[[sources]]", f'languages = ["{language}"]\n\n[[sources]]')
    with door(site) as at:
        tree = at.opened(
            at.link(wording="Write to me.", choices=Choices(name="J", timezone="UTC")) + f"?lang={language}"
        )
        assert said in tree.text_content()
        assert tree.xpath("string(//blockquote)").strip() == "Write to me."
        assert not {"Name", "Time zone"} & {name for name in tree.xpath("//dt/text()") if language != "de"}


def test_a_new_address_is_confirmed_in_other_words(at: Door) -> None:
    chosen = Choices(name="Jane", timezone="Europe/Rome")
    at.press(at.opened(at.link(choices=chosen)))
    found = person(at)
    assert found
    move = at.link(RequestKind.MOVE, "new@example.org", subscriber=found.id, choices=chosen, former=READER)
    tree = at.opened(move)
    assert "Is this your new address?" in tree.text_content()
    assert "Jane" not in tree.text_content()  # a mistyped address must not learn who it is, nor get what is theirs
    answer = at.press(tree)
    assert not [link for link in at.tree(answer).xpath("//a/@href") if "/preferences/" in link]
    assert "Your new address is confirmed" in words(answer)
    assert "n•••@example.org" in answer.text
    assert "new@example.org" not in answer.text
    moved = person(at, "new@example.org")
    assert moved
    assert (moved.id, person(at)) == (found.id, None)


# --- links that do nothing any more ------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_that_has_expired_says_so_and_where_to_begin_again(at: Door, method: str) -> None:
    link = at.link()
    at.time.go(days=8)
    before = at.known()
    answer = at.client.request(method, link)
    assert answer.status_code == 400
    assert "This link has expired" in words(answer)
    assert at.tree(answer).xpath("//main//a/@href") == ["/subscribe"]
    assert not in_full(answer)
    assert at.known() == before


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_of_which_nothing_is_known_any_more_leads_nowhere(at: Door, method: str) -> None:
    answer = at.client.request(method, f"/confirm/{at.app.signer.sign_request(4711)}")
    assert answer.status_code == 400
    assert "leads nowhere any more" in words(answer)
    assert at.rows("subscribers") == []


def test_a_changed_cut_or_foreign_link_is_no_link(at: Door) -> None:
    link = at.link()
    token = link.rpartition("/")[2]
    signer = at.app.signer
    foreign = [signer.sign_form(at.time()), signer.sign_undo(1, at.time())]
    foreign += [signer.sign(purpose, "", 1) for purpose in Purpose]
    changed = [
        token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :] for place in range(len(token))
    ]
    before = at.known()
    for wrong in (*changed, token[:-1], token + "A", token + "=", token.upper(), "x" * 5000, *foreign):
        for method in ("GET", "POST"):
            assert at.client.request(method, f"/confirm/{wrong}").status_code == 400, wrong
    assert at.known() == before


# --- masked ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jane.doe@example.org", "j•••@example.org"),
        ("j@example.org", "•••@example.org"),
        ("e\u0301@example.org", "•••@example.org"),
        ("e\u0301lise@example.org", "e\u0301•••@example.org"),
        ("👩\u200d💻jane@example.org", "👩\u200d💻•••@example.org"),
        ("王小明@例え.jp", "王•••@例え.jp"),
    ],
)
def test_of_a_masked_address_the_first_letter_of_several_and_the_domain_are_left(address: str, shown: str) -> None:
    assert masked(address) == shown


@given(st.from_regex(r"[a-z0-9.+]{2,64}", fullmatch=True), st.from_regex(r"[a-z]{1,20}\.org", fullmatch=True))
def test_a_masked_address_tells_neither_the_rest_nor_how_long_it_is(local: str, domain: str) -> None:
    assert masked(f"{local}@{domain}") == masked(f"{local[:2]}@{domain}") == f"{local[0]}•••@{domain}"
