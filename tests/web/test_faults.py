"""What a page says when something is wrong: in words that help, in JSON for programs, and never what ails us."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime

import httpx
import pytest

from digest.app import App
from digest.links import Purpose
from digest.web.public.forms import FORM_MAXIMUM
from tests.journeys.conftest import Site
from tests.journeys.steps import configure, subscribe
from tests.web.conftest import open_pages

Pages = tuple[App, httpx.Client]


def token_of(app: App, purpose: Purpose = Purpose.UNSUBSCRIBE) -> str:
    if purpose is Purpose.PREFERENCES:
        person = app.subscribers.get(1)
        return app.signer.sign_preferences("weekly/2025-W49", 1, person.address if person else "")
    return app.signer.sign(purpose, "weekly/2025-W49", 1)


def statuses(app: App) -> list[str]:
    return [person.status.value for person in app.subscribers.each()]


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
    assert "test_faults.py" in line["where"]
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
