"""What stands around every page: safe headers, who may post, what is said when something is wrong, whether all is well."""

from __future__ import annotations

import asyncio
from datetime import timedelta
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
