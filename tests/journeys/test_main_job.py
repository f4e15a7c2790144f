"""The main job as people do it: preview, people, test, send, send again, look at the record."""

from __future__ import annotations

import email
import email.policy
import json
import re
from pathlib import Path

from tests.journeys.conftest import MONDAY, PostOffice, Site, article

PEOPLE = "email,name,status,categories\nfirst@example.org,First Reader,,\nsecond@example.org,,,Science\ngone@example.org,,unsubscribed,\n"


def people(site: Site, table: str = PEOPLE) -> None:
    path = site.folder / "people.csv"
    path.write_text(table, encoding="utf-8")
    assert site.run("subscribers", "import", str(path)).exit_code == 0


def parsed(data: bytes) -> email.message.EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, email.message.EmailMessage)
    return message


def test_everybody_active_gets_one_mail_with_their_categories(site: Site, post_office: PostOffice) -> None:
    people(site)
    result = site.run("send", "--yes")
    assert result.exit_code == 0, result.output
    assert post_office.received == {"first@example.org": 1, "second@example.org": 1}
    whole = parsed(post_office.message_for("first@example.org")).get_body(("plain",)).get_content()
    science = parsed(post_office.message_for("second@example.org")).get_body(("plain",)).get_content()
    assert all(title in whole for title in ("Cranes", "Ferries", "Tides", "Wages"))
    assert "Tides" in science
    assert "Cranes" not in science


def test_sending_again_sends_nothing_again(site: Site, post_office: PostOffice) -> None:
    people(site)
    site.run("send", "--yes")
    again = site.run("send", "--yes")
    assert again.exit_code == 0, again.output
    assert sum(post_office.received.values()) == 2


def test_the_preview_for_a_subscriber_is_what_they_get_but_for_the_date(
    site: Site, post_office: PostOffice, tmp_path: Path
) -> None:
    people(site)
    for folder in ("one", "two"):
        out = tmp_path / folder
        result = site.run("preview", "--for", "first@example.org", "--out", str(out))
        assert result.exit_code == 0, result.output
    previews = [next((tmp_path / folder).glob("*.eml")).read_bytes() for folder in ("one", "two")]
    site.run("send", "--yes")
    sent = post_office.message_for("first@example.org")

    def undated(data: bytes) -> bytes:
        return re.sub(rb"\r\nDate: [^\r]*", b"", data).removesuffix(b"\r\n")

    assert undated(previews[0]) == undated(previews[1]) == undated(sent)


def test_a_preview_changes_no_state(site: Site) -> None:
    before = sorted(path.name for path in site.folder.iterdir())
    assert site.run("preview", "--out", str(site.folder.parent / "out")).exit_code == 0
    assert sorted(path.name for path in site.folder.iterdir()) == before


def test_a_test_mail_is_marked_and_leaves_no_trace(site: Site, post_office: PostOffice) -> None:
    people(site)
    result = site.run("send", "--test", "me@example.org")
    assert result.exit_code == 0, result.output
    assert post_office.received == {"me@example.org": 1}
    assert parsed(post_office.message_for("me@example.org"))["Subject"].startswith("[Test] ")
    assert site.lines("editions", "list") == []


def test_a_dry_run_writes_the_messages_and_sends_none(site: Site, post_office: PostOffice, tmp_path: Path) -> None:
    people(site)
    result = site.run("send", "--dry-run", str(tmp_path / "dry"))
    assert result.exit_code == 0, result.output
    recipients = {parsed(path.read_bytes())["To"].addresses[0].addr_spec for path in (tmp_path / "dry").glob("*.eml")}
    assert recipients == {"first@example.org", "second@example.org"}
    assert not post_office.messages
    assert site.lines("editions", "list") == []


def test_a_dry_run_without_a_folder_makes_the_messages_and_keeps_none(site: Site, post_office: PostOffice) -> None:
    people(site)
    before = sorted(site.folder.rglob("*"))
    for words in (("--dry-run",), ("--dry-run", "--strict"), ("--dry-run", "-y")):
        result = site.run("send", *words)
        assert result.exit_code == 0, result.output
        assert result.stdout == "2 messages of weekly/2025-W49 would be sent; `--dry-run DIR` writes them\n"
    assert sorted(site.folder.rglob("*")) == before
    assert not post_office.messages
    assert site.lines("editions", "list") == []


def test_without_yes_a_pipe_is_refused_and_nothing_is_frozen(site: Site, post_office: PostOffice) -> None:
    people(site)
    result = site.run("send")
    assert result.exit_code == 2
    assert "2 subscribers, edition 1" in result.stderr
    assert "--yes" in result.stderr
    assert site.lines("editions", "list") == []
    assert not post_office.messages


def test_a_refused_mailbox_fails_alone_and_is_suppressed(site: Site, post_office: PostOffice) -> None:
    people(site)
    post_office.replies["second@example.org"] = "550 5.1.1 no such mailbox"
    assert site.run("send", "--yes").exit_code == 0
    (shown,) = site.lines("editions", "show", "1")
    assert shown["counts"]["accepted"] == 1
    assert shown["counts"]["failed"] == 1
    assert sum(shown["counts"].values()) == shown["deliveries"] == 2
    assert "5.1.1" in shown["failed"][0]["reply"]
    (person,) = site.lines("subscribers", "show", "second@example.org")
    assert person["status"] == "suppressed"


def test_a_deferred_delivery_exits_75_and_is_tried_again_when_due(site: Site, post_office: PostOffice) -> None:
    people(site)
    post_office.replies["second@example.org"] = "451 4.7.1 greylisted"
    first = site.run("send", "--yes")
    assert first.exit_code == 75, first.output
    post_office.replies.clear()
    later = site.run("send", "--yes", now="2025-12-08T09:00:00+00:00")
    assert later.exit_code == 0, later.output
    assert post_office.received == {"first@example.org": 1, "second@example.org": 1}


def test_a_late_article_goes_into_the_next_edition_and_none_comes_twice(site: Site, post_office: PostOffice) -> None:
    people(site)
    site.run("send", "--yes")
    site.write("late.md", article("Late", "2025-12-05", "Work"))
    for number in range(3):
        site.write(f"new{number}.md", article(f"New {number}", "2025-12-09", "Work"))
    next_monday = "2025-12-15T08:00:00+00:00"
    assert site.run("send", "--yes", now=next_monday).exit_code == 0
    text = parsed(post_office.messages[-1][1]).get_body(("plain",)).get_content()
    assert "Late" in text
    assert "Cranes" not in text


def test_with_too_few_articles_nothing_is_sent_and_they_wait(site: Site, post_office: PostOffice) -> None:
    people(site)
    for name in ("cranes", "ferries"):
        (site.folder / "content" / f"{name}.md").unlink()
    result = site.run("send", "--yes")
    assert result.exit_code == 75
    assert "2 articles" in result.stderr
    for number in range(2):
        site.write(f"new{number}.md", article(f"New {number}", "2025-12-09", "Work"))
    assert site.run("send", "--yes", now="2025-12-15T08:00:00+00:00").exit_code == 0
    text = parsed(post_office.message_for("first@example.org")).get_body(("plain",)).get_content()
    assert "Tides" in text
    assert "New 1" in text


def test_every_article_is_explained(site: Site) -> None:
    site.write("draft.md", article("Draft", "2025-12-03", draft="true"))
    site.write("broken.md", "---\ntitle: [\n---\n")
    result = site.run("articles", "--json")
    facts = [json.loads(line) for line in result.stdout.splitlines()]
    assert {fact["path"]: fact["in"] for fact in facts} == {
        "content/cranes.md": True, "content/ferries.md": True, "content/tides.md": True, "content/wages.md": True,
        "content/draft.md": False,
    }  # fmt: skip
    assert "broken.md" in result.stderr
    assert site.run("articles", "--strict").exit_code == 1


def test_stopping_an_edition_hands_over_nothing_more(site: Site, post_office: PostOffice) -> None:
    people(site)
    post_office.replies["second@example.org"] = "451 4.7.1 greylisted"
    site.run("send", "--yes")
    assert site.run("editions", "stop", "2025-W49").exit_code == 0
    post_office.replies.clear()
    assert site.run("send", "--yes", now="2025-12-08T12:00:00+00:00").exit_code == 0
    assert post_office.received == {"first@example.org": 1}


def test_a_period_that_is_not_over_is_not_sent(site: Site) -> None:
    people(site)
    result = site.run("send", "--yes", "--period", "2025-W50")
    assert result.exit_code == 2
    assert "not over" in result.stderr


def test_editions_have_names_that_people_know(site: Site, post_office: PostOffice) -> None:
    people(site)
    site.run("send", "--yes")
    shown = [site.lines("editions", "show", name) for name in ("1", "2025-W49", "weekly/2025-W49")]
    assert shown[0] == shown[1] == shown[2]
    (delivery,) = [d for d in site.lines("editions", "deliveries", "1") if d["address"] == "first@example.org"]
    assert delivery["status"] == "accepted"
    assert delivery["message_id"].encode() in post_office.message_for("first@example.org")
    assert MONDAY[:10] in str(shown[0][0]["frozen"])
