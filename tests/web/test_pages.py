"""The pages as a browser asks for them: what they show, whom they turn away, and the sending of tests."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest

from digest.web.studio import Press
from tests.journeys.conftest import PostOffice, Site, article
from tests.journeys.steps import READERS, configure, subscribe
from tests.web.conftest import press_of, served
from tests.web.test_press import with_templates

Post = Callable[..., httpx.Response]


def text(response: httpx.Response) -> str:
    """What a page says, without its tags."""
    assert response.status_code == 200, response.text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.text))


# --- what they show


def test_the_desk_names_the_edition_its_articles_and_the_checks(browser: httpx.Client) -> None:
    page = text(browser.get("/"))
    for words in ("weekly/2025-W49", "draft, edition 1", "Checks", "Gmail clips at 102 KB", "Cranes", "4 in", "0 out"):
        assert words in page
    assert "Work 2" in page


def test_the_inbox_line_has_sender_subject_and_preheader(browser: httpx.Client, press: Press) -> None:
    page = browser.get("/").text
    assert '<span class="from" dir="auto">Quay News</span>' in page
    assert '<b class="subject">Quay News Weekly #1' in page


def test_foreign_text_is_escaped(browser: httpx.Client, site: Site) -> None:
    site.write("evil.md", article("&lt;script&gt;alert(1)&lt;/script&gt;", "2025-12-02", "&lt;b&gt;Bold"))
    page = browser.get("/").text
    assert "<script>alert" not in page
    assert "<b>Bold" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("scheme", ["light", "dark", "forced", "no such scheme"])
def test_the_mail_is_shown_in_each_scheme_and_can_do_nothing(browser: httpx.Client, scheme: str) -> None:
    answer = browser.get("/mail", params={"scheme": scheme})
    assert "Cranes" in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy


def test_images_can_be_left_out(browser: httpx.Client, site: Site) -> None:
    with_templates(site, '<html><body><img src="https://example.org/a.png" alt="A boat"></body></html>')
    assert "a.png" in browser.get("/mail").text
    assert "a.png" not in browser.get("/mail", params={"images": "off"}).text


def test_every_line_of_the_source_has_its_number(browser: httpx.Client) -> None:
    assert '<li id="L1">&lt;!DOCTYPE html' in browser.get("/lines/html").text
    assert "Cranes" in browser.get("/lines/text").text
    assert "List-Unsubscribe" in browser.get("/lines/message").text
    assert browser.get("/lines/soul").status_code == 404


def test_the_message_can_be_taken_along(browser: httpx.Client, press: Press) -> None:
    answer = browser.get("/message.eml")
    assert answer.headers["content-type"] == "message/rfc822"
    assert 'filename="weekly-2025-W49.eml"' in answer.headers["content-disposition"]
    assert (
        answer.content.startswith(b"From: Quay News <weekly@quay.example.org>\r\n") or b"\r\nFrom: " in answer.content
    )


def test_a_page_address_holds_the_choice(browser: httpx.Client, site: Site) -> None:
    subscribe(site)
    page = browser.get("/", params={"for": "first@example.org", "period": "2025-W49"}).text
    assert 'value="first@example.org"' in page
    assert "Ferries" in browser.get("/mail", params={"category": "travel"}).text
    assert "Cranes" not in browser.get("/mail", params={"category": "travel"}).text


def test_a_reader_who_is_not_subscribed_is_told_where_the_mail_would_be(browser: httpx.Client) -> None:
    page = text(browser.get("/", params={"for": "nobody@example.org"}))
    assert "nobody@example.org is not a subscriber" in page
    assert "digest subscribers list" in page
    assert browser.get("/mail", params={"for": "nobody@example.org"}).status_code == 404


def test_a_period_without_articles_is_no_fault(browser: httpx.Client) -> None:
    answer = browser.get("/", params={"period": "2024-W10"})
    assert "there are no articles for it" in text(answer)
    assert 'role="alert"' not in answer.text


def test_a_fault_is_a_banner_with_its_hint_until_it_is_mended(browser: httpx.Client, site: Site, press: Press) -> None:
    assert 'role="alert"' not in browser.get("/").text
    with_templates(site, "{{ edition.nothing }}")
    press.changed()
    broken = browser.get("/")
    assert 'role="alert"' in broken.text
    assert "edition.html:1" in text(broken)
    assert "what you see is the last good one" in text(broken)
    assert "Cranes" in browser.get("/mail").text
    with_templates(site, "<html><body><p>mended</p></body></html>")
    press.changed()
    assert 'role="alert"' not in browser.get("/").text
    assert "mended" in browser.get("/mail").text


def test_a_check_that_fails_is_listed_with_its_place_source_and_advice(browser: httpx.Client, site: Site) -> None:
    with_templates(site, '<html lang="en"><body>\n<img src="https://example.org/a.png"></body></html>')
    page = browser.get("/").text
    assert re.search(r'class="rule error".*?data-part="html" data-line="2" data-path="[^"]*img[^"]*"', page, re.DOTALL)
    assert re.search(r'class="advice">[^<]+<span class="source">[^<]+<', page)


def test_problems_with_articles_are_named(browser: httpx.Client, site: Site) -> None:
    site.write("broken.md", "---\ndate: 31.02.2025\n---\n")
    assert "content/broken.md:2" in text(browser.get("/"))


def test_changes_are_told(browser: httpx.Client, site: Site) -> None:
    with browser.stream("GET", "/events") as events:
        lines = (line for line in events.iter_lines() if line.startswith("data: "))
        first = next(lines)
        second = first if first != "data: 1" else next(lines)  # the watching has begun
        site.write("cranes.md", article("Cranes are back", "2025-12-01"))
        assert next(lines) > second
    assert "Cranes are back" in browser.get("/mail").text


# --- whom they turn away


@pytest.mark.parametrize("host", ["evil.example.org", "evil.example.org:80", "127.0.0.1", "127.0.0.1:1", ""])
def test_a_name_that_only_leads_here_is_turned_away(browser: httpx.Client, host: str) -> None:
    assert browser.get("/", headers={"Host": host}).status_code in {400, 421}


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_names_of_this_machine_are_let_in(browser: httpx.Client, name: str) -> None:
    assert browser.get("/", headers={"Host": f"{name}:{browser.base_url.port}"}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example.org", "null", "http://127.0.0.1:1", None])
def test_another_page_cannot_send_tests(browser: httpx.Client, post_office: PostOffice, origin: str | None) -> None:
    headers = {"Origin": origin} if origin else {}
    assert browser.post("/test", data={"to": "me@example.org"}, headers=headers).status_code == 403
    assert post_office.messages == []


def test_every_page_says_what_may_happen_on_it(browser: httpx.Client) -> None:
    for address in ("/", "/mail", "/lines/html", "/static/studio.js"):
        headers = browser.get(address).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
    policy = browser.get("/").headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http:" not in policy


def test_the_desk_needs_nothing_from_elsewhere_and_no_script_in_its_lines(browser: httpx.Client) -> None:
    page = browser.get("/").text
    assert re.findall(r'(?:src|href)="(?:https?:)?//', page) == []
    assert re.findall(r"<script(?! src=)", page) == []
    assert re.findall(r"\s(?:style|on\w+)=", page) == []


# --- tests of the mail


def test_a_test_goes_to_each_address_and_shows_what_the_server_said(
    site: Site, post: Post, post_office: PostOffice
) -> None:
    post_office.replies["you@example.org"] = "550 5.1.1 nobody of that name"
    page = post(to="me@example.org, you@example.org").text
    assert post_office.received == {"me@example.org": 1}
    assert b"Subject: [Test] Quay News Weekly #1" in post_office.message_for("me@example.org")
    assert re.search(r'class="good"><b>me@example.org</b> <span>250 2.0.0 taken', page)
    assert re.search(r'class="error"><b>you@example.org</b> <span>550 5.1.1 nobody of that name', page)
    assert not (site.folder / "digest.db").exists()


def test_a_test_is_what_is_looked_at(post: Post, post_office: PostOffice) -> None:
    post(to="me@example.org", category="travel")
    assert b"Ferries" in post_office.message_for("me@example.org")
    assert b"Cranes" not in post_office.message_for("me@example.org")


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("", "1 to 10 addresses"),
        (" ".join(f"r{n}@example.org" for n in range(11)), "not to 11"),
        ("me@@example.org", "is not an e-mail address"),
    ],
)
def test_a_test_to_nobody_or_to_a_crowd_is_refused(post: Post, post_office: PostOffice, to: str, said: str) -> None:
    assert said in text(post(to=to))
    assert post_office.messages == []


def test_a_form_that_is_too_long_is_not_read(post: Post) -> None:
    assert post(to="a" * 20_000).status_code == 413


def test_without_a_postal_address_no_test_leaves(site: Site, post: Post, post_office: PostOffice) -> None:
    configure(site, 'postal_address = "Quay News, 1 Quay Street, Saltmere"', "")
    assert "postal_address" in text(post(to="me@example.org"))
    assert post_office.messages == []


def test_a_mail_server_that_is_away_is_told_in_one_line(site: Site, post: Post, post_office: PostOffice) -> None:
    configure(site, f"port = {post_office.port}", "port = 1")
    assert "127.0.0.1:1: nothing answers there" in text(post(to="me@example.org"))


def test_no_mail_no_test(post: Post, post_office: PostOffice) -> None:
    assert "no articles" in text(post(to="me@example.org", period="2024-W10"))
    assert post_office.messages == []


def test_readers_are_never_mailed_by_a_test(site: Site, post: Post, post_office: PostOffice) -> None:
    subscribe(site)
    post(**{"to": "me@example.org", "for": READERS[0]})
    assert post_office.received == {"me@example.org": 1}


# --- what is kept in no file


@pytest.mark.parametrize(
    "choice",
    [{"period": "zzz"}, {"digest": "nope"}, {"for": "rubbish"}, {"for": "a@b,c"}, {"period": "2025-W99"}],
)
def test_a_choice_that_cannot_be_is_told_like_any_fault(browser: httpx.Client, choice: dict[str, str]) -> None:
    answer = browser.get("/", params=choice)
    assert answer.status_code == 200
    told = text(answer)
    assert any(value in told for value in choice.values())


def test_a_page_that_was_broken_from_the_start_says_so(site: Site) -> None:
    with_templates(site, "{{ edition.nothing }}")
    with served(press_of(site)) as browser:
        answer = browser.get("/")
        assert answer.status_code == 200
        assert 'role="alert"' in answer.text
        assert "edition.html:1" in text(answer)


def test_a_new_reader_and_a_frozen_edition_are_seen_when_the_page_is_loaded_again(
    browser: httpx.Client, site: Site, post_office: PostOffice
) -> None:
    asked = {"for": READERS[0]}
    assert "is not a subscriber" in text(browser.get("/", params=asked))
    subscribe(site)
    assert "is not a subscriber" not in text(browser.get("/", params=asked))
    assert "frozen" not in text(browser.get("/"))
    assert site.run("send", "--yes").exit_code == 0
    assert "frozen" in text(browser.get("/"))
    assert post_office.received == dict.fromkeys(READERS, 1)


def test_a_test_of_a_frozen_edition_is_what_was_frozen(
    browser: httpx.Client, post: Post, site: Site, post_office: PostOffice
) -> None:
    subscribe(site)
    assert site.run("send", "--yes").exit_code == 0
    site.write("cranes.md", article("Cranes in spring", "2025-12-02", "work"))
    post(to="me@example.org")
    assert site.run("send", "--test", "you@example.org").exit_code == 0
    for address in ("me@example.org", "you@example.org"):
        assert b"in spring" not in post_office.message_for(address)
        assert b"[Test]" in post_office.message_for(address)
