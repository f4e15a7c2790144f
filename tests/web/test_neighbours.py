"""Forms on other sites: whose are taken, what is kept of them, where they lead back to, and what their scripts may read."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.web.public.neighbours import way_back
from tests.journeys.conftest import Site
from tests.web.asking import NEIGHBOUR, READER, Door, door, words

OTHERS = (
    "https://evil.example",
    "null",
    "",
    "http://www.example.org",
    "https://www.example.org.evil.example",
    "https://www.example.org:8443",
    "https://WWW.example.org",
    "https://www.example.org/",
    "https://www.example.org, https://evil.example",
)
ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "https:evil.example",
    "https://www.example.org@evil.example/",
    "https://www.example.org:x@evil.example/",
    "https://www.example.org\\@evil.example/",
    "https://www.example.org\\.evil.example/",
    "https://www.example.org.evil.example/",
    "https://www.example.org%2f.evil.example/",
    "https://evil.example/https://www.example.org/",
    "https://evil.example#https://www.example.org/",
    "http://www.example.org/",
    "https://www.example.org:8443/",
    "javascript://www.example.org/%0aalert(1)",
    "data:text/html,hello",
    "https://www.example.org/\r\nSet-Cookie: a=b",
    "https://www.exam\tple.org/",
    "https://www.example.org\u2028/",
    "https://www。example.org/",
    "https://[::1",
    "https://",
    "https://www.example.org/" + "x" * 60_000,
)


@pytest.fixture
def at(site: Site) -> Iterator[Door]:
    with door(site) as opened_door:
        yield opened_door


# --- forms -------------------------------------------------------------------------------------------------------


def test_a_form_of_a_configured_site_needs_nothing_of_ours(at: Door) -> None:
    referer = f"{NEIGHBOUR}/join/us?session=secret#form"
    answer = at.sent({"Origin": NEIGHBOUR, "Referer": referer}, consent="Yes, write to me.\r\n")
    assert answer.status_code == 200
    assert "Look into your mailbox" in words(answer)
    assert (at.asked().page, at.asked().wording) == (f"{NEIGHBOUR}/join/us", "Yes, write to me.")


def test_of_a_page_that_says_nothing_of_itself_the_site_is_kept(at: Door) -> None:
    assert at.sent(name="Jane").status_code == 200
    assert (at.asked().page, at.asked().wording) == (NEIGHBOUR, "")


def test_a_form_may_come_in_parts(at: Door) -> None:
    fields = {"email": (None, READER), "name": (None, "Jäne")}
    answer = at.client.post("/subscribe", files=fields, headers={"Origin": NEIGHBOUR})
    assert answer.status_code == 200
    assert at.asked().choices.name == "Jäne"


def test_a_form_that_names_a_digest_that_is_none_is_told_so(at: Door) -> None:
    answer = at.sent(digests=["monthly"])
    assert (answer.status_code, at.rows()) == (422, [])
    assert "choose at least one" in words(answer)
    assert at.press(at.tree(answer)).status_code == 200


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("form", ["", "x", "WyIyMDI1Il0.c2lnbmVk", "x" * 5000])
def test_a_form_of_any_other_site_takes_one_more_click(at: Door, origin: str, form: str) -> None:
    before = at.known()
    answer = at.sent({"Origin": origin, "Referer": f"{NEIGHBOUR}/"}, name="Jane", form=form, consent="Whatever.")
    assert answer.status_code == 403
    assert "One more click" in words(answer)
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert at.known() == before
    assert at.press(at.tree(answer)).status_code == 200
    kept = at.asked()
    assert (kept.address, kept.choices.name, kept.page) == (READER, "Jane", f"{at.url}/subscribe")
    assert kept.wording.startswith("By pressing the button I agree")


FOREIGN = [{"Origin": origin} for origin in OTHERS if origin != "null"]
FOREIGN += [{"Origin": "null", "Sec-Fetch-Site": site} for site in ("cross-site", "same-site")]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_form_that_was_copied_from_ours_takes_one_more_click_too(at: Door, headers: dict[str, str]) -> None:
    copied = at.opened().xpath("//input[@name='form']/@value")[0]
    at.time.go(minutes=1)
    answer = at.sent(headers, name="Jane", form=copied)
    assert answer.status_code == 403
    assert "One more click" in words(answer)
    assert at.rows() == []
    assert at.press(at.tree(answer)).status_code == 200
    assert at.asked().choices.name == "Jane"


@pytest.mark.parametrize("headers", [{}, {"Origin": "null"}, {"Origin": "null", "Sec-Fetch-Site": "same-origin"}])
def test_our_own_form_takes_none(at: Door, headers: dict[str, str]) -> None:
    token = at.opened().xpath("//input[@name='form']/@value")[0]
    at.time.go(minutes=1)
    for origin in (headers, headers | {"Origin": at.url}):
        assert at.sent(origin or {"Accept": "text/html"}, form=token).status_code == 200
    assert at.rows()


def test_a_form_of_a_configured_site_may_hold_an_old_form_of_ours(at: Door) -> None:
    copied = at.opened().xpath("//input[@name='form']/@value")[0]
    at.time.go(days=30)
    assert at.sent(form=copied, consent="Yes.").status_code == 200
    assert at.asked().wording == "Yes."


# --- the way back ------------------------------------------------------------------------------------------------


def test_a_form_leads_back_to_its_own_site(at: Door) -> None:
    answer = at.sent(redirect=f"{NEIGHBOUR}/thanks?from=form#top")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{NEIGHBOUR}/thanks?from=form#top")


@pytest.mark.parametrize("redirect", ELSEWHERE, ids=range(len(ELSEWHERE)))
def test_a_form_leads_nowhere_else(at: Door, redirect: str) -> None:
    answer = at.sent(redirect=redirect)
    assert answer.status_code == 200
    assert "Location" not in answer.headers
    assert "Set-Cookie" not in answer.headers


def test_what_is_wrong_is_told_here_and_not_there(at: Door) -> None:
    answer = at.sent(email="jane", redirect=f"{NEIGHBOUR}/thanks")
    assert answer.status_code == 422
    assert "not a complete e-mail address" in words(answer)


@given(st.text(), st.sampled_from(["", NEIGHBOUR, "https://", "//", "https://www.example.org"]))
def test_no_address_leads_to_another_site(text: str, start: str) -> None:
    if back := way_back(start + text, (NEIGHBOUR,)):
        assert urlsplit(back).hostname == "www.example.org"
        assert back.lower().startswith(NEIGHBOUR)
        assert back.lower().removeprefix(NEIGHBOUR)[:1] in {"", "/", "?", "#"}
        assert back.isascii()
        assert back.isprintable()


# --- scripts -----------------------------------------------------------------------------------------------------


def test_a_script_of_a_configured_site_may_send_json_and_read_the_answer(at: Door) -> None:
    asked = {"email": READER, "name": "Jane", "digests": ["weekly"], "categories": ["work"], "consent": "Yes."}
    answer = at.client.post("/subscribe", json=asked, headers={"Origin": NEIGHBOUR})
    assert (answer.status_code, answer.json()) == (200, {"status": "written"})
    assert answer.headers["Access-Control-Allow-Origin"] == NEIGHBOUR
    assert "Origin" in answer.headers["Vary"]
    assert (at.asked().choices.name, at.asked().wording) == ("Jane", "Yes.")
    assert at.asked().choices.selection.categories == {"work"}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"email": "jane"}, 422, {"field": "email", "error": "Das ist keine vollständige E-Mail-Adresse."}),
        ({}, 422, {"field": "email", "error": "Das ist keine vollständige E-Mail-Adresse."}),
        ({"email": READER, "digests": ["monthly"]}, 422, {"field": "digests", "error": "Bitte wählen Sie"}),
        ({"email": "x@throwaway.example"}, 422, {"field": "email", "error": "An Adressen dieser Domain"}),
        ({"email": READER, "redirect": "https://evil.example"}, 200, {"status": "written"}),
        ({"email": READER, "website": "x"}, 200, {"status": "written"}),
        ({"email": {"of": READER}}, 400, {"error": "bad request"}),
        (["email"], 400, {"error": "bad request"}),
        ({"email": "x" * 70_000}, 413, {"error": ""}),
    ],
)
def test_a_script_reads_what_is_wrong(site: Site, body: object, status: int, said: dict[str, str]) -> None:
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("[site]", '[site]\nlanguage = "de"'), encoding="utf-8")
    with door(site, blocked_domains=["throwaway.example"]) as at:
        answer = at.client.post("/subscribe", json=body, headers={"Origin": NEIGHBOUR})
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == NEIGHBOUR
        told = answer.json()
        assert told.keys() == said.keys()
        assert all(told[key].startswith(start) for key, start in said.items())


def test_a_script_that_asks_too_often_is_told_when_to_come_again(site: Site) -> None:
    with door(site, per_client=1) as at:
        posts = [at.client.post("/subscribe", json={"email": READER}, headers={"Origin": NEIGHBOUR}) for _ in range(2)]
        assert [(post.status_code, post.headers.get("Retry-After")) for post in posts] == [(200, None), (429, "3600")]
        assert posts[1].json()["field"] == "form"


def test_a_script_is_told_to_come_again_while_the_database_is_locked(site: Site) -> None:
    headers = {"Origin": NEIGHBOUR, "Accept": "application/json"}
    with door(site, busy_timeout=0.05) as at, closing(sqlite3.connect(at.site.folder / "digest.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN IMMEDIATE")
        answer = at.client.post("/subscribe", json={"email": READER}, headers=headers)
        assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (503, NEIGHBOUR)
        assert int(answer.headers["Retry-After"]) > 0
        other.execute("ROLLBACK")
        assert at.client.post("/subscribe", json={"email": READER}, headers=headers).status_code == 200


def test_a_form_may_ask_for_json_in_return(at: Door) -> None:
    answer = at.sent({"Origin": NEIGHBOUR, "Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"status": "written"})


@pytest.mark.parametrize("origin", OTHERS)
def test_a_script_of_any_other_site_neither_subscribes_nor_reads(at: Door, origin: str) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    asked = at.client.options("/subscribe", headers=headers)
    posted = at.client.post("/subscribe", json={"email": READER}, headers={"Origin": origin})
    assert (asked.status_code, posted.status_code) == (204, 403)
    for answer in (asked, posted, at.client.get("/subscribe", headers={"Origin": origin})):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert at.rows() == []


def test_a_browser_may_ask_first(at: Door) -> None:
    before = at.known()
    headers = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = at.client.options("/subscribe", headers={"Origin": NEIGHBOUR, **headers})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == NEIGHBOUR
    assert answer.headers["Access-Control-Allow-Methods"] == "POST"
    assert answer.headers["Access-Control-Allow-Headers"] == "content-type"
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert answer.headers["Vary"] == "Origin"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert at.known() == before
