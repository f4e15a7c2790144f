"""What stands around every page: safe headers, who may post, what is said when something is wrong, whether all is well."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request

from digest import model
from digest.app import App
from digest.errors import ConfigError
from digest.links import Purpose
from digest.web import create_app
from digest.web.public.counter import client as client_of
from digest.web.public.forms import FORM_MAXIMUM
from tests.journeys.conftest import MONDAY, Site
from tests.journeys.steps import Time, configure, subscribe
from tests.web.conftest import open_pages

Pages = tuple[App, httpx.Client]


def token_of(app: App, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    if purpose is Purpose.PREFERENCES:
        person = app.subscribers.get(1)
        return app.signer.sign_preferences("weekly/2025-W49", 1, person.address if person else "")
    return app.signer.sign(purpose, "weekly/2025-W49", 1)


def statuses(app: App) -> list[str]:
    return [person.status.value for person in app.subscribers.each()]


# --- headers -----------------------------------------------------------------------------------------------------


def test_every_answer_has_the_headers_that_keep_it_safe(pages: Pages) -> None:
    app, client = pages
    for path in ("/", "/subscribe", "/health", "/robots.txt", "/static/pages.css", "/nowhere", "/unsubscribe/forged",
                 f"/preferences/{token_of(app, Purpose.PREFERENCES)}"):  # fmt: skip
        headers = client.get(path).headers
        policy = dict(rule.split(" ", 1) for rule in headers["Content-Security-Policy"].split("; "))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'", path
        assert "script-src" not in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", path
        assert "camera=()" in headers["Permissions-Policy"], path
        assert "Strict-Transport-Security" not in headers, path  # nobody may be locked out of a site without TLS
        assert "Set-Cookie" not in headers, path
        assert "Server" not in headers, path


def test_what_acts_for_a_person_is_kept_by_no_cache_and_no_search_engine(pages: Pages) -> None:
    app, client = pages
    for path in (
        f"/unsubscribe/{token_of(app)}",
        f"/archive/{token_of(app, Purpose.ARCHIVE)}",
        "/confirm/x",
        "/health",
    ):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert "noindex" in answer.headers["X-Robots-Tag"], path
    for path in ("/", "/subscribe", "/archive"):
        assert "X-Robots-Tag" not in client.get(path).headers, path


def test_a_site_may_keep_out_of_search_engines_altogether(site: Site) -> None:
    with open_pages(site, index=False) as (_, client):
        for path in ("/", "/subscribe", "/archive"):
            assert "noindex" in client.get(path).headers["X-Robots-Tag"], path
        assert client.get("/robots.txt").text.splitlines() == ["User-agent: *", "Disallow: /"]


def test_robots_are_told_where_nothing_is_for_them(pages: Pages) -> None:
    _, client = pages
    told = client.get("/robots.txt").text.splitlines()
    assert told[:2] == ["User-agent: *", "Disallow: /confirm/"]
    assert told[-1] == f"Sitemap: {str(client.base_url).rstrip('/')}/archive/sitemap.xml"
    assert "Disallow: /archive" not in told


@pytest.mark.parametrize(
    ("path", "told"),
    [("", "max-age=31536000"), ("/", "max-age=31536000"), ("/news", None)],  # not for the whole host below a path of it
)
def test_behind_tls_browsers_are_told_to_stay_there_if_all_of_the_host_is_ours(
    site: Site, path: str, told: str | None
) -> None:
    configure(site, "[smtp]", f'[web]\nurl = "https://news.example.org{path}"\n\n[smtp]')
    application = create_app(site.folder / "digest.toml")
    with httpx.Client(transport=_Direct(application), base_url="https://news.example.org") as client:
        assert client.get("/health").headers.get("Strict-Transport-Security") == told


class _Direct(httpx.BaseTransport):
    """The application without a server between: for an address that no test can listen on."""

    def __init__(self, application: object) -> None:
        self._inner = httpx.ASGITransport(application)  # type: ignore[arg-type] # whatever create_app made

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        async def ask() -> httpx.Response:
            answer = await self._inner.handle_async_request(request)
            return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())

        return asyncio.run(ask())


# --- the address -------------------------------------------------------------------------------------------------


def test_below_a_path_it_does_not_matter_whether_a_proxy_takes_the_path_away(site: Site) -> None:
    with open_pages(site, path="/news") as (app, client):
        address = str(client.base_url).removesuffix("/news/")
        with httpx.Client(base_url=address) as stripped:
            for path in ("/", "/health", "/static/pages.css", f"/unsubscribe/{token_of(app)}"):
                assert client.get(path).status_code == stripped.get(path).status_code == 200, path
            assert stripped.get("/news").status_code == 200
            assert stripped.get("/newsletter").status_code == 404
        page = client.get("/").text
        assert 'href="/news/static/pages.css"' in page
        assert 'action="/news/subscribe' in page
        assert "Disallow: /news/undo/" in client.get("/robots.txt").text


def test_the_application_needs_to_know_its_address(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_CONFIG", str(site.folder / "digest.toml"))
    with pytest.raises(ConfigError, match=r"web\.url"):
        create_app()
    monkeypatch.setenv("DIGEST_WEB__URL", "https://news.example.org")
    assert create_app()


# --- who it is that asks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("::1", "::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a socket", "a socket"),
    ],
)
def test_a_client_is_an_address_or_a_network_of_one_household(host: str, counted: str) -> None:
    assert client_of(Request({"type": "http", "client": (host, 5000), "headers": []})) == counted
    assert client_of(Request({"type": "http", "client": None, "headers": []})) == ""


def asked(client: httpx.Client, number: int, forwarded: str) -> int:
    form = client.get("/subscribe").text.partition('name="form" value="')[2].partition('"')[0]
    data = {"email": f"person{number}@example.org", "form": form}
    return client.post("/subscribe", data=data, headers={"X-Forwarded-For": forwarded}).status_code


@pytest.mark.parametrize("proxies", [["127.0.0.1"], ["10.0.0.1", "127.0.0.0/8", "::1"]])
def test_a_proxy_that_is_trusted_says_who_it_is(site: Site, proxies: list[str]) -> None:
    with open_pages(site, trusted_proxies=proxies, per_client=1, filling="0s") as (_, client):
        assert asked(client, 1, "203.0.113.1") == 200
        assert asked(client, 2, "203.0.113.2") == 200
        assert asked(client, 3, "203.0.113.2") == 429
        assert asked(client, 4, "198.51.100.9, 203.0.113.2") == 429  # whoever it is may write what he likes before it


def test_nobody_else_is_believed_who_he_says_he_is(site: Site) -> None:
    for proxies in ([], ["192.0.2.1"]):
        with open_pages(site, trusted_proxies=proxies, per_client=1, filling="0s") as (_, client):
            answers = {asked(client, number, f"203.0.113.{number}") for number in range(3)}
        assert 429 in answers


# --- who may post ------------------------------------------------------------------------------------------------

FOREIGN = (
    {"Sec-Fetch-Site": "cross-site", "Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "none"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_acts_for_nobody(site: Site, headers: dict[str, str]) -> None:
    subscribe(site)
    with open_pages(site) as (app, client):
        mine = token_of(app, Purpose.PREFERENCES)
        for path in (f"/preferences/{mine}", f"/preferences/{mine}/erase", f"/preferences/{mine}/move", "/confirm/x",
                     "/undo/x", f"/unsubscribe/{token_of(app)}/fewer"):  # fmt: skip
            assert client.post(path, data={"every": "4"}, headers=headers).status_code == 403, path
        assert statuses(app) == ["active", "active"]
        assert app.subscribers.get(1).every == 1  # type: ignore[union-attr] # the first reader is there


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_the_one_click_of_a_mail_program_may_come_from_anywhere(site: Site, headers: dict[str, str]) -> None:
    subscribe(site)
    with open_pages(site) as (app, client):
        answer = client.post(f"/unsubscribe/{token_of(app)}", data={"List-Unsubscribe": "One-Click"}, headers=headers)
        assert answer.status_code == 200
        assert statuses(app) == ["unsubscribed", "active"]


def test_our_own_pages_may_post_as_browsers_do(site: Site) -> None:
    subscribe(site)
    with open_pages(site) as (app, client):
        own = str(client.base_url).rstrip("/")
        path = f"/preferences/{token_of(app, Purpose.PREFERENCES)}"
        for headers in ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, {"Origin": own}, {}):
            assert client.post(path, data={}, headers=headers).status_code != 403


# --- what is wrong -----------------------------------------------------------------------------------------------


def test_errors_are_pages_in_the_same_look_and_language(site: Site) -> None:
    configure(site, 'title = "Quay News"', 'title = "Quay News"\nlanguages = ["ar"]')
    with open_pages(site) as (_, client):
        answer = client.get("/nowhere", headers={"Accept-Language": "ar"})
        assert (answer.status_code, answer.headers["Content-Language"]) == (404, "ar")
        assert "/static/pages.css" in answer.text
        assert "Quay News" in answer.text
        assert answer.text.count("<h1>") == 1


def test_a_link_that_was_changed_is_explained_and_nothing_of_it_repeated(pages: Pages) -> None:
    app, client = pages
    token = token_of(app)[:-1]
    answer = client.get(f"/unsubscribe/{token}")
    assert answer.status_code == 400
    assert "This link does not work" in answer.text
    assert token not in answer.text.replace(f"/unsubscribe/{token}?lang=", "")


def test_whoever_is_lost_is_led_to_the_start_page(pages: Pages) -> None:
    _, client = pages
    for path in ("/nowhere", "/unsubscribe/forged"):
        assert '<a class="button" href="/">To the start page</a>' in client.get(path).text


@pytest.mark.parametrize("path", ["/preferences", "/preferences/", "/unsubscribe", "/unsubscribe/"])
def test_whoever_has_no_link_at_hand_is_told_how_to_get_one(pages: Pages, path: str) -> None:
    _, client = pages
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Your link is in each mail" in answer.text
    assert '<a class="button" href="/subscribe">' in answer.text
    assert "noindex" in answer.headers["X-Robots-Tag"]


@pytest.mark.parametrize(
    ("paused", "heading", "goes_on"),
    [(None, "You get the mails again", False), (datetime(2026, 1, 5, tzinfo=UTC), "You are subscribed again", True)],
)
def test_whoever_comes_back_during_a_pause_is_not_told_that_mails_come(
    pages: Pages, paused: datetime | None, heading: str, goes_on: bool
) -> None:
    app, _ = pages
    page = app.pages.render("web/undone.html", "en", address="j•••@example.org", root="", url="", paused=paused)
    assert f"<h1>{heading}</h1>" in page
    assert ("no mails before 5 January 2026" in page) is goes_on


def test_programs_are_told_in_json(pages: Pages) -> None:
    _, client = pages
    wants = {"Accept": "application/json"}
    assert client.get("/nowhere", headers=wants).json() == {"error": "not found"}
    assert client.get("/unsubscribe/forged", headers=wants).json() == {"error": "link"}
    assert client.put("/health", headers=wants).json() == {"error": "method not allowed"}
    assert client.get("/nowhere", headers={"Accept": "text/html, application/json"}).text.startswith("<!DOCTYPE")


def test_a_method_that_is_not_there_is_told_with_those_that_are(pages: Pages) -> None:
    _, client = pages
    for path, methods in (
        ("/health", "GET, HEAD"),
        ("/confirm/x", "GET, HEAD, POST"),
        ("/unsubscribe/x", "GET, HEAD, POST"),
    ):
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers["Allow"]) == (405, methods), (method, path)


def test_a_body_that_is_too_large_is_not_waited_for(pages: Pages) -> None:
    app, client = pages

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000

    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    bodies: tuple[bytes | Iterator[bytes], ...] = (b"x" * (FORM_MAXIMUM + 1), endless())
    for body in bodies:
        with suppress(httpx.NetworkError):  # it hangs up in the middle, which says it too
            assert client.post(f"/unsubscribe/{token_of(app)}/fewer", content=body, headers=kind).status_code == 413
    assert client.get("/health").status_code == 200


def test_while_the_database_is_locked_a_reader_is_asked_to_come_again(site: Site) -> None:
    subscribe(site)
    with (
        open_pages(site, busy_timeout=0.05) as (app, client),
        closing(sqlite3.connect(site.folder / "digest.db", isolation_level=None)) as other,
    ):
        path = f"/unsubscribe/{token_of(app)}"
        other.execute("BEGIN IMMEDIATE")
        answer = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert "Just a moment" in answer.text
        assert "digest.db" not in answer.text
        assert client.get(path).status_code == 200  # whoever only reads is not kept waiting
        assert client.get("/health").status_code == 200
        other.execute("ROLLBACK")
        assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert statuses(app) == ["unsubscribed", "active"]


def test_a_bug_is_a_page_for_the_reader_and_a_line_without_values_in_the_log(
    pages: Pages, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, client = pages

    def broken(_self: object) -> None:
        raise KeyError("first@example.org")

    monkeypatch.setattr(type(app.heartbeat), "last", broken)
    with caplog.at_level(logging.INFO):
        answer = client.get("/health?token=secret")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    (line,) = (
        vars(record) for record in caplog.records if record.message == "bug" and vars(record)["page"] != "postman"
    )
    assert (line["kind"], line["exc_info"]) == ("KeyError", None)
    assert "test_frame.py" in line["where"]
    assert not any(word in str(line) for word in ("first@", "secret"))


def test_a_broken_template_of_the_site_is_told_in_plain_words(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    folder = site.folder / "templates" / "web"
    folder.mkdir(parents=True)
    configure(site, "[smtp]", '[templates]\nfolder = "templates"\n\n[smtp]')
    with open_pages(site) as (_, client):
        (folder / "base.html").write_text("{% block %}", encoding="utf-8")  # before that, it would not have been served
        answer = client.get("/nowhere")
    assert (answer.status_code, answer.text) == (404, "404 not found")
    assert str(folder / "base.html") in [vars(record)["why"].partition(":")[0] for record in caplog.records
                                         if record.message == "page failed"]  # fmt: skip


def test_pages_can_be_overridden_file_by_file(site: Site) -> None:
    folder = site.folder / "templates" / "web"
    folder.mkdir(parents=True)
    (folder / "error.html").write_text(
        '{% extends "digest/web/error.html" %}{% block footer %}Ahoy{% endblock %}', encoding="utf-8"
    )
    (folder / "pages.css").write_text('{% include "digest/web/pages.css" %} h1 { color: red }', encoding="utf-8")
    configure(site, "[smtp]", '[templates]\nfolder = "templates"\n\n[smtp]')
    with open_pages(site) as (_, client):
        answer = client.get("/nowhere")
        assert "Ahoy" in answer.text
        assert "There is nothing here" in answer.text
        assert client.get("/static/pages.css").text.endswith("h1 { color: red }")


# --- what every site has -----------------------------------------------------------------------------------------


def test_styles_and_icon_are_the_site_s_own_and_sent_again_only_when_they_change(site: Site) -> None:
    configure(site, "[smtp]", '[look]\naccent = "#aa2200"\ncorner = 11\n\n[smtp]')
    with open_pages(site) as (_, client):
        for path, kind in (
            ("/static/pages.css", "text/css"),
            ("/favicon.svg", "image/svg+xml"),
            ("/favicon.ico", "image/svg+xml"),
        ):
            answer = client.get(path)
            assert answer.headers["Content-Type"].startswith(kind), path
            assert "#aa2200" in answer.text, path
            assert len(answer.content) < 12_000, path
            again = client.get(path, headers={"If-None-Match": f'"other", W/{answer.headers["ETag"]}'})
            assert (again.status_code, again.content) == (304, b""), path
        assert "--corner: 11px" in client.get("/static/pages.css").text
        assert ">Q</text>" in client.get("/favicon.svg").text


def test_the_icon_of_a_site_with_a_strange_name_is_well_formed(site: Site) -> None:
    configure(site, 'title = "Quay News"', 'title = "<&>"')
    with open_pages(site) as (_, client):
        assert ">&lt;</text>" in client.get("/favicon.svg").text


def test_all_is_well_while_the_database_answers_and_nothing_is_known_of_the_clockwork(pages: Pages) -> None:
    _, client = pages
    answer = client.get("/health")
    letters = {"waiting": 0, "oldest": None}
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "scheduler": None, "letters": letters}
    assert client.head("/health").status_code == 200


def test_a_clockwork_that_has_not_ticked_for_minutes_is_ill(site: Site) -> None:
    time = Time(MONDAY)
    with open_pages(site, now=time) as (app, client):
        app.heartbeat.beat(time())
        time.go(minutes=4)
        assert client.get("/health").status_code == 200
        time.go(minutes=1)
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "ill")
        assert answer.json()["scheduler"] == (time() - timedelta(minutes=5)).isoformat()
        assert client.head("/health").status_code == 503
        app.heartbeat.stop()
        assert client.get("/health").status_code == 200


def test_letters_that_no_server_takes_are_ill_and_those_that_a_mailbox_puts_off_are_not(site: Site) -> None:
    time = Time(MONDAY)
    with open_pages(site, now=time) as (app, client):
        start, later = time(), time() + timedelta(hours=1)  # the postman has tried, and comes back by then
        address = "jane@example.org"
        asked = model.Request(
            0,
            model.RequestKind.SUBSCRIBE,
            address,
            address,
            address,
            start,
            client="c",
            due=later,
            reply="127.0.0.1: no answer",
        )
        with app.requests.changing() as changes:
            request = changes.keep(asked)
        time.go(minutes=15)
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["letters"]) == (200, {"waiting": 1, "oldest": start.isoformat()})
        time.go(seconds=1)
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["status"]) == (503, "ill")
        app.requests.hand_back(request, later, "450 4.2.1 come back later")
        answer = client.get("/health")
        assert (answer.status_code, answer.json()["letters"]) == (200, {"waiting": 1, "oldest": None})


def test_a_database_that_is_none_any_more_is_ill_and_its_place_is_told_to_nobody(site: Site) -> None:
    with open_pages(site) as (app, client):
        app.database.close()
        for path in site.folder.glob("digest.db*"):
            path.unlink()
        Path(site.folder / "digest.db").write_text("no database" * 1000, encoding="utf-8")
        answer = client.get("/health")
    letters = {"waiting": 0, "oldest": None}
    assert answer.status_code == 503
    assert answer.json() == {"status": "ill", "database": "ill", "scheduler": None, "letters": letters}
