"""What ``digest send`` publishes and hands over: several digests, earlier editions, and that a frozen one stays as it was."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import datetime

import pytest

from digest.errors import StoreError
from tests.journeys.conftest import MONDAY, PostOffice, Site, article
from tests.journeys.steps import Time, app_of, body, configure, deliveries, opened, started, subscribe

NEXT_MONDAY = "2025-12-15T08:00:00+00:00"
DAILY = '\n[digests.daily]\nfrom = "daily@quay.example.org"\ncadence = "day"\nminimum = 1\n\n[smtp]'


def test_with_several_digests_one_has_to_be_named(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", DAILY)
    site.write("sunday.md", article("Sunday", "2025-12-07"))
    subscribe(site)
    unnamed = site.run("send", "--yes")
    assert unnamed.exit_code == 2
    assert "weekly, daily" in unnamed.stderr
    assert not post_office.messages
    assert site.run("send", "--yes", "--digest", "daily").exit_code == 0
    assert [edition["edition"] for edition in site.lines("editions", "list")] == ["daily/2025-12-07"]
    text = body(opened(post_office.message_for("first@example.org")), "plain")
    assert "Sunday" in text
    assert "Tides" not in text


def test_the_outcome_is_the_last_json_object(site: Site) -> None:
    subscribe(site)
    result = site.run("send", "--yes", "--json")
    told = json.loads(result.stdout.splitlines()[-1])
    assert told["edition"] == "weekly/2025-W49"
    assert told["counts"]["accepted"] == told["deliveries"] == 2


def test_any_window_can_be_published(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    configure(site, "[smtp]", "minimum = 1\n[smtp]")
    assert site.run("send", "--yes", "--period", "2025-12-02/2025-12-04").exit_code == 0
    text = body(opened(post_office.message_for("first@example.org")), "plain")
    assert [title for title in ("Cranes", "Ferries", "Tides", "Wages") if title in text] == ["Ferries", "Tides"]


def test_what_was_frozen_is_what_is_sent_whatever_changes_meanwhile(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = "451 4.7.1 greylisted"
    assert site.run("send", "--yes").exit_code == 75
    post_office.replies.clear()
    for path in (site.folder / "content").iterdir():
        path.unlink()
    configure(site, 'title = "Quay News"', 'title = "Another name"')
    configure(site, "Quay News <weekly@", "Another name <other@")
    assert site.run("send", "--yes", now="2025-12-08T10:00:00+00:00").exit_code == 0
    first, second = (opened(post_office.message_for(f"{name}@example.org")) for name in ("first", "second"))
    for header in ("From", "Subject", "Date", "List-Id"):
        assert first[header] == second[header]

    def nobodys(text: str) -> str:
        return re.sub(r"unsubscribe[%= \w.-]*", "", text)

    assert nobodys(body(first, "plain")) == nobodys(body(second, "plain"))


def test_what_an_earlier_edition_still_owes_goes_first_and_a_limit_holds_for_both(
    site: Site, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[str] = []

    async def sleep(seconds: float) -> None:
        naps.append("begun")
        await asyncio.wait([asyncio.ensure_future(nap(seconds))])
        naps.append("ended")

    nap = asyncio.sleep
    configure(site, "connections = 3", "connections = 3\nper_second = 100")
    subscribe(site, (f"reader{n}@example.org" for n in range(6)))
    post_office.replies = {f"reader{n}@example.org": "451 4.7.1 greylisted" for n in range(4)}
    assert site.run("send", "--yes").exit_code == 75
    post_office.replies.clear()
    for number in range(3):
        site.write(f"new{number}.md", article(f"New {number}", "2025-12-09"))
    configure(site, "[delivery]", '[delivery]\npatience = "30d"')
    monkeypatch.setattr("digest.app.asyncio.sleep", sleep)
    result = site.run("send", "--yes", now=NEXT_MONDAY)
    assert result.exit_code == 0, result.output
    assert set(post_office.received.values()) == {2}
    assert naps.count("begun") >= naps.count("ended") > 0  # at the end nobody waits for a turn any more
    for number in ("1", "2"):
        assert set(deliveries(site, number).values()) == {"accepted"}


def test_two_at_the_same_time_share_the_work(site: Site, post_office: PostOffice) -> None:
    subscribe(site, (f"reader{n}@example.org" for n in range(120)))
    configure(site, "[delivery]", "[delivery]\nbatch = 10")
    with started(site.start("send", "--yes")) as one, started(site.start("send", "--yes")) as other:
        said = [process.communicate()[1] for process in (one, other)]
    assert {one.returncode, other.returncode} <= {0, 75}, said  # whoever ends first may leave some in the other's hands
    assert len(post_office.received) == 120
    assert set(post_office.received.values()) == {1}
    assert set(deliveries(site).values()) == {"accepted"}
    assert len(site.lines("editions", "list")) == 1


def test_of_two_files_that_tell_one_story_the_one_that_was_sent_is_in(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    site.write(
        "copy.md", article("Cranes again", "2025-12-01", source="https://www.news.example.com/cranes?utm_source=q")
    )
    before = {fact["path"]: fact["in"] for fact in site.lines("articles")}
    assert site.run("send", "--yes").exit_code == 0
    assert {fact["path"]: fact["in"] for fact in site.lines("articles")} == before
    assert sum(before.values()) == 4


def test_an_edition_composed_before_another_was_frozen_is_not_frozen_with_its_articles(site: Site) -> None:
    subscribe(site)
    for number in range(3):
        site.write(f"next{number}.md", article(f"Next {number}", "2025-12-09"))
    app = app_of(site, lambda: datetime.fromisoformat("2025-12-15T08:00:00+00:00"))
    digest = app.digest()
    later = app.prepare(digest, app.period(digest, "2025-W50"))
    app.freeze(digest, app.prepare(digest, app.period(digest, "2025-W49")))
    with pytest.raises(StoreError, match="another edition was frozen meanwhile"):
        app.freeze(digest, later)
    assert [record.name for record in app.editions.every()] == ["weekly/2025-W49"]


def test_two_test_mails_are_two_messages(site: Site, post_office: PostOffice) -> None:
    for _ in range(2):
        assert site.run("send", "--test", "me@example.org").exit_code == 0
    assert len({data.partition(b"\r\n")[0] for _, data in post_office.messages}) == 2


def test_a_window_of_ones_own_holds_what_it_says_and_nothing_before(site: Site) -> None:
    subscribe(site)
    app = app_of(site, lambda: datetime.fromisoformat("2025-12-22T08:00:00+00:00"))
    digest = app.digest()
    app.freeze(digest, app.prepare(digest, app.period(digest, "2025-W49")))
    site.write("before.md", article("Before", "2025-12-08"))
    site.write("inside.md", article("Inside", "2025-12-10"))
    edition = app.prepare(digest, app.period(digest, "2025-12-10")).composition.edition
    assert [found.title for found in edition.articles] == ["Inside"]


def test_a_later_window_of_ones_own_does_not_hide_latecomers_from_the_next_week(site: Site) -> None:
    subscribe(site)
    app = app_of(site, lambda: datetime.fromisoformat("2025-12-29T08:00:00+00:00"))
    digest = app.digest()
    app.freeze(digest, app.prepare(digest, app.period(digest, "2025-W49")))
    for number in range(3):
        site.write(f"own{number}.md", article(f"Own {number}", "2025-12-20"))
    app.freeze(digest, app.prepare(digest, app.period(digest, "2025-12-20/2025-12-22")))
    site.write("late.md", article("Late", "2025-12-06"))
    edition = app.prepare(digest, app.period(digest, "2025-W50")).composition.edition
    assert [found.title for found in edition.articles] == ["Late"]


def test_one_of_two_servers_is_enough_to_publish_and_the_other_one_is_named(
    site: Site, post_office: PostOffice
) -> None:
    subscribe(site)
    spare = '[[smtp]]\nname = "spare"\nhost = "127.0.0.1"\nport = 9\ntls = "none"\n\n[[smtp]]'
    configure(site, "[smtp]", spare)
    result = site.run("send", "--yes")
    assert result.exit_code == 0, result.output
    assert "spare: nothing answers there; the other servers carry its share" in result.stderr
    assert len(post_office.messages) == 2
    checked = site.run("check")
    assert checked.exit_code == 75
    assert "FAIL  mail server: spare: nothing answers there" in checked.stdout


def test_a_dry_run_that_is_also_a_test_is_refused_and_sends_nothing(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    for words in (("--dry-run", str(site.folder / "out")), ("--dry-run",)):
        result = site.run("send", *words, "--test", "me@example.org")
        assert result.exit_code == 2
        assert "--dry-run sends nothing" in result.stderr
    assert not post_office.messages


def test_an_edition_that_is_stopped_while_it_is_sent_is_said_to_be(site: Site, post_office: PostOffice) -> None:
    subscribe(site, (f"reader{n}@example.org" for n in range(60)))
    configure(site, "[delivery]", "[delivery]\nbatch = 5")
    app = app_of(site, Time(MONDAY))
    taken = post_office.handle_DATA

    async def stopping(server: object, session: object, envelope: object) -> str:
        if len(post_office.messages) == 10:
            app.editions.stop(app.edition("weekly/2025-W49").id, app.now())
        return await taken(server, session, envelope)

    post_office.handle_DATA = stopping
    result = site.run("send", "--yes")
    assert result.exit_code == 0, result.output
    assert "this edition was stopped on" in result.stderr
    assert 10 < len(post_office.messages) < 60
