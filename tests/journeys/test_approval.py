"""Editions that wait for approval: what is refused, who is reminded and when, and that they leave in the end."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from digest.app import App
from digest.scheduler.alarm import TRY_AGAIN
from digest.scheduler.clockwork import Clockwork
from tests.journeys.conftest import MONDAY, PostOffice, Site, article
from tests.journeys.steps import READERS, Time, app_of, body, configure, opened, subscribe

DUE = "2025-12-08T07:00:00+00:00"
EDITOR = "editor@example.org"
OPERATOR = "operator@example.org"
SUBJECT = "weekly/2025-W49 waits for approval"
GIVEN_UP = "weekly/2025-W49 is given up: it waited too long"


@dataclass
class House:
    """A site whose editions are approved, a clock, and the clockwork, which may be started again."""

    site: Site
    office: PostOffice
    time: Time = field(default_factory=lambda: Time(DUE))
    clockwork: Any = None

    def start(self) -> None:
        self.clockwork = Clockwork(app_of(self.site, self.time))

    def tick(self) -> None:
        """What `digest run` does at each, until all of it is done."""

        async def once() -> None:
            self.clockwork.publish_due()
            self.clockwork.send_unfinished(asyncio.Event())
            await asyncio.gather(*self.clockwork.sending.values())
            await self.clockwork.alarm.speak()

        asyncio.run(once())

    def reminders(self, to: str = EDITOR) -> list[str]:
        return [opened(data)["Subject"] for address, data in self.office.messages if address == to]

    @property
    def last(self) -> str:
        return body(opened(self.office.messages[-1][1]), "plain")

    @property
    def sent(self) -> bool:
        return set(READERS) <= set(self.office.received)

    def edit(self) -> None:
        result = self.site.run("edit", now=DUE)
        assert result.exit_code == 0, result.output

    def change(self, old: str, new: str) -> None:
        path = self.site.folder / "editions" / "weekly-2025-W49.md"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    def approve(self) -> None:
        self.change("approved: false", "approved: true")


@pytest.fixture
def house(site: Site, post_office: PostOffice) -> House:
    configure(site, "[digests.weekly]", f'[digests.weekly]\napprove = true\neditor = "{EDITOR}"')
    subscribe(site)
    made = House(site, post_office)
    made.start()
    return made


def test_send_refuses_what_is_not_approved_and_says_how_it_is(house: House) -> None:
    unwritten = house.site.run("send", "--yes")
    assert unwritten.exit_code == 75
    assert "weekly/2025-W49 waits for approval" in unwritten.stderr
    assert "`digest edit --digest weekly --period 2025-W49` writes the file to approve" in unwritten.stderr
    house.edit()
    unapproved = house.site.run("send", "--yes")
    assert unapproved.exit_code == 75
    assert "write approved: true at the top of editions/weekly-2025-W49.md" in unapproved.stderr
    assert not house.office.messages
    house.approve()
    assert house.site.run("send", "--yes").exit_code == 0
    assert house.sent


def test_trials_need_no_approval(house: House) -> None:
    assert house.site.run("send", "--test", "me@example.org").exit_code == 0
    assert house.site.run("send", "--dry-run", str(house.site.folder / "out")).exit_code == 0
    assert house.site.run("preview").exit_code == 0


def test_an_edition_is_held_until_its_file_says_approved(house: House) -> None:
    house.tick()
    house.edit()
    house.tick()
    assert not house.sent
    house.change("approved: false", "approved: no")
    house.tick()
    assert not house.sent
    house.change("approved: no", "approved: true")
    house.tick()
    assert house.sent
    house.tick()
    assert house.office.received == {**dict.fromkeys(READERS, 1), EDITOR: 1}
    assert house.clockwork.alarm.is_silent


def test_while_it_is_held_it_is_not_composed_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.tick()
    monkeypatch.setattr("digest.app.gather", lambda *_: pytest.fail("it was read again"))
    for _ in range(5):
        house.time.go(seconds=5)
        house.tick()
    assert house.reminders() == [SUBJECT]


def test_the_reminder_says_what_waits_where_its_file_is_and_what_to_do(house: House) -> None:
    house.tick()
    mail = opened(house.office.message_for(EDITOR))
    assert (mail["To"], mail["Subject"], mail["Auto-Submitted"]) == (EDITOR, SUBJECT, "auto-generated")
    for words in (
        "due:       2025-12-08 07:00 UTC",
        "articles:  4\r\nsections:  3\r\n\r\n",
        f"file:      {house.site.folder}/editions/weekly-2025-W49.md (not written yet)",
        "given up:  2025-12-10 07:00 UTC",
        "digest edit --digest weekly --period 2025-W49",
        "digest preview --digest weekly --period 2025-W49",
        "approved: true",
    ):
        assert words in house.last


def test_it_comes_once_a_day_and_a_restart_forgets_neither_day_nor_mail(house: House) -> None:
    for hours, reminders in ((0, 1), (1, 1), (12, 1), (10.9, 1), (0.2, 2), (5, 2), (17, 2)):
        house.time.go(hours=hours)
        for _ in range(2):
            house.start()
            house.tick()
        assert house.reminders() == [SUBJECT] * reminders, hours


def test_a_reminder_that_could_not_be_mailed_is_mailed_later(house: House) -> None:
    house.office.replies[EDITOR] = "451 4.7.1 greylisted"
    house.tick()
    house.office.replies.clear()
    house.time.instant += TRY_AGAIN
    house.tick()
    assert house.reminders() == [SUBJECT]


def test_what_came_after_the_list_is_counted(house: House) -> None:
    house.edit()
    house.site.write("late.md", article("Late", "2025-12-05"))
    house.tick()
    assert "articles:  4\r\nsections:  3\r\nnew:       1, which the file does not know" in house.last
    assert "(not written yet)" not in house.last


def test_a_file_that_cannot_be_followed_is_told_to_whoever_mends_it(house: House) -> None:
    house.edit()
    house.change("`content/tides.md`", "`content/tide.md`")
    house.tick()
    assert "there is no article content/tide.md this time; did you mean content/tides.md?" in house.last
    house.approve()
    house.tick()
    assert not house.sent
    house.change("`content/tide.md`", "`content/tides.md`")
    house.time.instant += TRY_AGAIN
    house.tick()
    assert house.sent


def test_without_an_editor_the_operator_is_reminded_and_without_both_nobody(house: House) -> None:
    configure(house.site, f'editor = "{EDITOR}"', "")
    house.start()
    house.tick()
    assert not house.office.messages
    configure(house.site, "[delivery]", f'[delivery]\noperator = "{OPERATOR}"')
    house.start()
    house.tick()
    assert house.reminders(OPERATOR) == [SUBJECT]


def test_what_nobody_approved_in_time_is_given_up_and_its_articles_wait_for_the_next(house: House) -> None:
    house.tick()
    house.time.go(days=2, minutes=1)
    house.edit()
    house.approve()
    for _ in range(2):
        house.start()
        house.tick()
    assert not house.sent
    assert house.reminders() == [SUBJECT, GIVEN_UP]
    assert "`digest send --digest weekly --period 2025-W49` still sends it by hand" in house.last
    assert house.clockwork.alarm.is_silent
    house.time.instant += timedelta(days=5)
    house.site.write("next.md", article("Next", "2025-12-09"))
    house.start()
    house.tick()
    assert house.reminders() == [SUBJECT, GIVEN_UP, "weekly/2025-W50 waits for approval"]


def test_what_was_sent_by_hand_meanwhile_is_not_given_up(house: House) -> None:
    house.tick()
    house.edit()
    house.approve()
    assert house.site.run("send", "--yes", now=DUE).exit_code == 0
    house.time.go(days=3)
    house.tick()
    assert house.reminders() == [SUBJECT]
    assert house.clockwork.alarm.is_silent


def test_whom_no_reminder_reached_no_end_of_it_is_told_but_the_log(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    configure(house.site, f'editor = "{EDITOR}"', "")
    house.start()
    house.tick()
    house.time.go(days=3)
    for _ in range(2):
        house.tick()
    assert [record.message for record in caplog.records].count("given up") == 1
    assert not house.office.messages


@pytest.mark.parametrize("data", [b"caf\xe9 \n", b"x" * 1_100_000])
def test_an_approved_file_that_cannot_be_read_is_told_at_once(house: House, data: bytes) -> None:
    house.edit()
    house.approve()
    path = house.site.folder / "editions" / "weekly-2025-W49.md"
    whole = path.read_bytes()
    path.write_bytes(whole + data)
    os.utime(path, (0, 1))
    house.tick()
    assert house.reminders() == [BROKEN]
    path.write_bytes(whole)
    house.tick()
    assert house.sent


def test_a_first_edition_that_nobody_approved_leaves_its_articles_to_the_next(house: House) -> None:
    house.tick()
    house.time.go(days=7)
    house.site.write("next.md", article("Next", "2025-12-09"))
    proposed = house.site.run("edit", "--print", now="2025-12-15T07:00:00+00:00").stdout
    assert "**Next**" in proposed
    assert "**Tides**" in proposed


def test_a_refusal_to_send_leaves_the_articles_to_the_next_edition_too(house: House) -> None:
    assert house.site.run("send", "--yes").exit_code == 75
    assert "**Tides**" in house.site.run("edit", "--print", now="2025-12-15T07:00:00+00:00").stdout


def test_a_first_edition_that_cannot_be_made_leaves_its_articles_to_the_next(house: House) -> None:
    house.edit()
    house.approve()
    house.change("## Travel", "# Travel")
    house.tick()
    assert "**Tides**" in house.site.run("edit", "--print", now="2025-12-15T07:00:00+00:00").stdout


BROKEN = "weekly/2025-W49 cannot leave: its file cannot be followed"


def test_an_approved_file_that_cannot_be_followed_is_told_to_the_editor_each_day_and_when_other_things_are_wrong(
    house: House,
) -> None:
    house.edit()
    house.change("`content/tides.md`", "`content/tide.md`")
    house.approve()
    for hours, mails in ((0, 1), (1, 1), (24, 2)):
        house.time.go(hours=hours)
        house.start()
        for _ in range(2):
            house.tick()
            house.time.instant += TRY_AGAIN
        assert house.reminders() == [BROKEN] * mails
    for words in (
        "there is no article content/tide.md this time; did you mean content/tides.md?",
        f"file:      {house.site.folder}/editions/weekly-2025-W49.md\r\n",
        "given up:  2025-12-10 07:00 UTC",
        "digest preview --digest weekly --period 2025-W49",
    ):
        assert words in house.last
    house.change('subject: ""', 'subjet: ""')
    house.tick()
    assert house.reminders() == [BROKEN] * 3
    assert "did you mean subject?" in house.last
    house.change('subjet: ""', 'subject: ""')
    house.change("`content/tide.md`", "`content/tides.md`")
    house.tick()
    assert house.sent
    assert house.clockwork.alarm.is_silent


def test_an_approval_that_is_taken_back_waits_as_before(house: House) -> None:
    house.tick()
    house.edit()
    house.change("## Travel", "# Travel")
    house.approve()
    house.tick()
    house.change("approved: true\n---", "approved: false\n---")
    house.tick()
    house.approve()
    house.tick()
    assert house.reminders() == [SUBJECT, BROKEN, BROKEN]


def test_a_broken_file_is_told_to_the_operator_where_there_is_no_editor(house: House) -> None:
    configure(house.site, f'approve = true\neditor = "{EDITOR}"', "")
    house.edit()
    house.change("## Travel", "# Travel")
    house.start()
    house.tick()
    assert not house.office.messages
    configure(house.site, "[delivery]", f'[delivery]\noperator = "{OPERATOR}"')
    house.start()
    house.tick()
    assert house.reminders(OPERATOR) == [BROKEN]


def test_a_file_that_is_half_written_is_not_taken_for_the_list(house: House) -> None:
    house.edit()
    house.approve()
    path = house.site.folder / "editions" / "weekly-2025-W49.md"
    whole = path.read_text(encoding="utf-8")
    path.write_text(whole.partition("## Travel")[0], encoding="utf-8")
    house.tick()
    assert not house.sent
    path.write_text(whole, encoding="utf-8")
    house.tick()
    assert house.sent
    assert house.site.run("preview").exit_code == 0
    assert "Ferries" in body(opened(house.office.message_for(READERS[0])), "plain")


def test_a_file_that_is_written_while_it_is_read_is_read_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.edit()
    house.approve()
    path = house.site.folder / "editions" / "weekly-2025-W49.md"
    prepare = App.prepare

    def meanwhile(app: App, *words: Any, **more: Any) -> Any:
        prepared = prepare(app, *words, **more)
        path.write_text(path.read_text(encoding="utf-8").replace("**Tides**", "**Spring tides**"), encoding="utf-8")
        os.utime(path, ns=(0, 1))
        return prepared

    with monkeypatch.context() as patch:
        patch.setattr(App, "prepare", meanwhile)
        house.tick()
    assert not house.sent
    house.tick()
    assert "Spring tides" in body(opened(house.office.message_for(READERS[0])), "plain")


# --- who says it ---------------------------------------------------------------------------------------------------------


def test_of_two_runs_on_one_database_one_reminds(house: House) -> None:
    first = house.clockwork
    house.start()
    second = house.clockwork
    for clockwork in (first, second):
        clockwork.publish_due()  # both before a word was said
    for day in range(2):
        for clockwork in (first, second, first):
            house.clockwork = clockwork
            house.tick()
        assert house.reminders() == [SUBJECT] * (day + 1)
        house.time.go(days=1)


def test_after_a_day_without_a_mail_server_one_reminder_comes(house: House) -> None:
    house.office.replies[EDITOR] = "451 4.7.1 greylisted"
    for _ in range(30):
        house.tick()
        house.time.go(hours=1)
    house.office.replies.clear()
    house.tick()
    assert house.reminders() == [SUBJECT]


def test_an_approved_list_that_is_empty_is_too_few_until_it_is_changed_again(house: House) -> None:
    house.edit()
    path = house.site.folder / "editions" / "weekly-2025-W49.md"
    full = path.read_text(encoding="utf-8").replace("approved: false", "approved: true")
    path.write_text(full.partition("\n## ")[0] + "\n## Left out\n", encoding="utf-8")
    os.utime(path, (0, 1))
    house.tick()
    house.tick()
    assert not house.sent
    path.write_text(full, encoding="utf-8")
    house.tick()
    assert house.sent


def test_an_edition_that_needs_no_approval_leaves_without_a_file(house: House) -> None:
    configure(house.site, "approve = true", "")
    house.start()
    house.tick()
    assert house.sent
    assert house.site.run("send", "--yes", now=MONDAY).exit_code == 0
