"""The clockwork under a clock of ours: what is published when, how often, and what a bad day does to it."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest

from digest.app import App
from digest.model import EditionRecord, Period
from digest.publishing import Digest
from digest.scheduler.alarm import TRY_AGAIN
from digest.scheduler.clockwork import Clockwork
from tests.journeys.conftest import CONFIGURATION, PostOffice, Site, article, on_duty
from tests.journeys.steps import HeldOffice, Time, app_of, body, configure, deliveries, opened, subscribe

DUE = "2025-12-08T07:00:00+00:00"  # when the edition of 2025-W49 leaves
DAILY = '\n[digests.daily]\nfrom = "daily@quay.example.org"\ncadence = "day"\nminimum = 1\n'


def tick(app: App, clockwork: Clockwork) -> tuple[EditionRecord, ...]:
    """One tick, and all the sending that it sets off."""

    async def both() -> tuple[EditionRecord, ...]:
        published = clockwork.publish_due()
        clockwork.send_unfinished(asyncio.Event())
        await asyncio.gather(*clockwork.sending.values())
        return published

    return asyncio.run(both())


def titles(data: bytes) -> set[str]:
    text = body(opened(data), "plain")
    return {line.strip() for line in text.splitlines() if line.strip().startswith("Story ")}


def logged(caplog: pytest.LogCaptureFixture, event: str) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == event]


@pytest.fixture(autouse=True)
def _listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "digest")


def test_ten_weeks_of_hourly_ticks_bring_ten_editions_and_every_article_once(
    site: Site, post_office: PostOffice
) -> None:
    for path in (site.folder / "content").iterdir():
        path.unlink()
    configure(site, "[smtp]", "per_section = 40\n[smtp]")
    subscribe(site)
    time = Time("2025-10-06T00:30:00+00:00")  # Monday of 2025-W41
    app = app_of(site, time)
    clockwork = Clockwork(app)
    published: list[tuple[datetime, str]] = []
    written: set[str] = set()
    for hour in range(10 * 7 * 24 + 8):  # to Monday morning after the tenth week
        if hour % 31 == 0:  # dated now, but for a date without a time: that is the day's start, before it appears
            title = f"Story {hour}"
            date = time().isoformat() if hour % 2 else time().date().isoformat()
            site.write(f"{hour}.md", article(title, date))
            written.add(title)
        published += [(time(), record.name) for record in tick(app, clockwork)]
        time.go(hours=1)
    assert [name for _, name in published] == [f"weekly/2025-W{week}" for week in range(41, 51)]
    assert all((at.weekday(), at.hour) == (0, 7) for at, _ in published)
    mails = [data for address, data in post_office.messages if address == "first@example.org"]
    told = Counter(title for data in mails for title in titles(data))
    assert len(mails) == 10
    assert set(told.values()) == {1}
    last = {title for title in written if int(title.split()[1]) >= 10 * 7 * 24}  # of the week that has just begun
    assert told.keys() == written - last


def test_after_downtime_it_catches_up_once(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    time = Time("2025-12-10T06:59:00+00:00")  # two days late, less a minute
    app = app_of(site, time)
    assert [record.name for record in tick(app, Clockwork(app))] == ["weekly/2025-W49"]
    again = app_of(site, time)
    assert tick(again, Clockwork(again)) == ()
    assert set(post_office.received.values()) == {1}


@pytest.mark.parametrize(
    ("rule", "now", "published"),
    [
        ("", "2025-12-10T07:00:00+00:00", 1),
        ("", "2025-12-10T07:00:01+00:00", 0),
        ('latest = "4d"', "2025-12-12T06:00:00+00:00", 1),
        ('missed = "skip"', "2025-12-08T07:01:00+00:00", 1),
        ('missed = "skip"', "2025-12-08T09:00:00+00:00", 0),
    ],
)
def test_a_missed_edition_leaves_late_or_never(site: Site, rule: str, now: str, published: int) -> None:
    configure(site, "[smtp]", f"{rule}\n[smtp]")
    subscribe(site)
    assert len(Clockwork(app_of(site, Time(now))).publish_due()) == published


def test_several_digests_keep_their_own_cadence_and_are_sent_side_by_side(site: Site, post_office: PostOffice) -> None:
    configure(site, "[smtp]", f"{DAILY}\n[smtp]")
    site.write("sunday.md", article("Story Sunday", "2025-12-07"))
    subscribe(site, (f"reader{n}@example.org" for n in range(40)))
    time = Time(DUE)
    app = app_of(site, time)
    clockwork = Clockwork(app)
    assert {record.name for record in tick(app, clockwork)} == {"weekly/2025-W49", "daily/2025-12-07"}
    for name in ("weekly/1", "daily/1"):
        assert set(deliveries(site, name).values()) == {"accepted"}
    assert set(post_office.received.values()) == {2}
    site.write("monday.md", article("Story Monday", "2025-12-08"))
    time.go(days=1)
    assert {record.name for record in tick(app, clockwork)} == {"daily/2025-12-08"}


def test_an_edition_that_begins_while_another_is_being_sent_leaves_its_messages_alone(site: Site) -> None:
    site.write("monday.md", article("Story Monday", "2025-12-08"))
    subscribe(site, (f"reader{n}@example.org" for n in range(12)))
    time = Time(DUE)

    async def monday_and_tuesday(office: HeldOffice) -> None:
        app = app_of(site, time)
        clockwork = Clockwork(app)
        clockwork.publish_due()
        clockwork.send_unfinished(stop)
        await asyncio.to_thread(office.wait_for, 3)
        time.go(days=1)  # as if it took so long
        clockwork.publish_due()
        clockwork.send_unfinished(stop)
        await asyncio.to_thread(office.wait_for, 1)  # they share the connections that the server allows
        office.gate.set()
        await asyncio.gather(*clockwork.sending.values())

    with on_duty(HeldOffice()) as office:
        stop = asyncio.Event()
        (site.folder / "digest.toml").write_text(CONFIGURATION.format(port=office.port) + DAILY, encoding="utf-8")
        asyncio.run(monday_and_tuesday(office))
    assert set(office.received.values()) == {2}
    for name in ("weekly/1", "daily/1"):
        assert set(deliveries(site, name).values()) == {"accepted"}


class Counting(App):
    """Counts how often the articles are read."""

    read = 0

    def prepare(self, digest: Digest, period: Period, *further: object) -> object:  # type: ignore[override]
        self.read += 1
        return super().prepare(digest, period)


def counting(site: Site, time: Time) -> Counting:
    return Counting(app_of(site, time).config, time)


def test_too_few_articles_wait_for_the_next_edition_and_are_not_read_at_each_tick(
    site: Site, post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("cranes", "ferries"):
        (site.folder / "content" / f"{name}.md").unlink()
    subscribe(site)
    time = Time(DUE)
    app = counting(site, time)
    clockwork = Clockwork(app)
    for _ in range(24):
        assert tick(app, clockwork) == ()
        time.go(hours=1)
    assert app.read == 1
    assert [record.why for record in logged(caplog, "not published")] == [
        "weekly/2025-W49: 2 articles, and an edition needs 3; they wait for the next"
    ]
    site.write("gulls.md", article("Gulls", "2025-12-09"))
    time.go(days=6)
    assert [record.articles for record in tick(app, clockwork)] == [3]
    text = body(opened(post_office.message_for("first@example.org")), "plain")
    assert all(title in text for title in ("Tides", "Wages", "Gulls"))


def test_nothing_is_published_while_nobody_is_subscribed(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    app = app_of(site, Time(DUE))
    assert tick(app, Clockwork(app)) == ()
    (record,) = logged(caplog, "not published")
    assert "nobody is subscribed" in record.why
    assert app.editions.every() == ()


def test_a_broken_template_is_logged_and_the_edition_leaves_once_it_is_mended(
    site: Site, post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    templates = site.folder / "templates"
    templates.mkdir()
    (templates / "subject.txt").write_text("{{ editoin.title }}\n", encoding="utf-8")
    configure(site, "[smtp]", '[templates]\nfolder = "templates"\n\n[smtp]')
    subscribe(site)
    time = Time(DUE)
    app = counting(site, time)
    clockwork = Clockwork(app)
    assert tick(app, clockwork) == ()
    (record,) = logged(caplog, "publishing failed")
    assert "subject.txt:1" in record.why
    assert record.levelno == logging.ERROR
    (templates / "subject.txt").unlink()
    time.instant += TRY_AGAIN - timedelta(seconds=1)
    assert tick(app, clockwork) == ()
    assert app.read == 1
    time.go(seconds=1)
    assert [record.name for record in tick(app, clockwork)] == ["weekly/2025-W49"]
    assert set(post_office.received.values()) == {1}


def test_an_edition_that_lost_a_race_with_its_readers_is_tried_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(site)
    time = Time(DUE)
    app = app_of(site, time)
    clockwork = Clockwork(app)
    with monkeypatch.context() as patch:  # somebody chooses new categories whenever it is about to be frozen
        patch.setattr(app.editions, "freeze", lambda *_, **__: None)
        assert clockwork.publish_due() == ()
    time.instant += TRY_AGAIN
    assert len(clockwork.publish_due()) == 1


def test_two_clockworks_on_one_database_never_publish_or_send_twice(site: Site, post_office: PostOffice) -> None:
    subscribe(site, (f"reader{n}@example.org" for n in range(30)))
    time = Time(DUE)
    apps = [app_of(site, time), app_of(site, time)]
    clockworks = [Clockwork(app) for app in apps]
    at_once = Barrier(2)

    def work(turn: int) -> None:
        at_once.wait()
        tick(apps[turn], clockworks[turn])

    with ThreadPoolExecutor(2) as threads:
        for week in range(1, 6):
            list(threads.map(work, range(2)))
            assert [record.number for record in apps[0].editions.every()] == list(range(week, 0, -1))
            for n in range(3):
                site.write(f"{week}-{n}.md", article(f"Story {week}-{n}", (time() + timedelta(days=1)).isoformat()))
            time.go(days=7)
    assert set(post_office.received.values()) == {5}
    for number in range(1, 6):
        assert set(deliveries(site, str(number)).values()) == {"accepted"}


def test_deferred_deliveries_are_handed_over_when_they_are_due(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = "451 4.7.1 greylisted"
    time = Time(DUE)
    app = app_of(site, time)
    clockwork = Clockwork(app)
    tick(app, clockwork)
    assert post_office.received == {"first@example.org": 1}
    post_office.replies.clear()
    (record,) = app.editions.every()
    due = app.deliveries.next_due(record.id)
    assert due is not None
    time.instant = due - timedelta(seconds=1)
    tick(app, clockwork)
    assert post_office.received == {"first@example.org": 1}
    time.go(seconds=1)
    tick(app, clockwork)
    assert post_office.received == {"first@example.org": 1, "second@example.org": 1}


def test_what_is_logged_at_info_names_nobody(
    site: Site, post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(site)
    post_office.replies["second@example.org"] = "550 5.1.1 <Second@example.org>: no such mailbox here"
    app = app_of(site, Time(DUE))
    tick(app, Clockwork(app))
    (record,) = logged(caplog, "delivery")
    assert record.status == "failed"
    assert record.reply.startswith("550 5.1.1")
    assert not any("@" in str(value) for found in caplog.records for value in vars(found).values())


def test_a_mail_server_that_is_away_costs_nobody_an_attempt_and_is_tried_again(
    site: Site, post_office: PostOffice, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(site)
    configure(site, f"port = {post_office.port}", "port = 9")
    time = Time(DUE)
    app = app_of(site, time)
    clockwork = Clockwork(app)
    tick(app, clockwork)
    time.instant += TRY_AGAIN - timedelta(seconds=1)
    tick(app, clockwork)
    assert len(logged(caplog, "sending failed")) == 1
    time.go(seconds=1)
    tick(app, clockwork)
    assert len(logged(caplog, "sending failed")) == 2
    assert set(deliveries(site).values()) == {"queued"}
    configure(site, "port = 9", f"port = {post_office.port}")
    again = app_of(site, Time(DUE))
    tick(again, Clockwork(again))
    assert set(post_office.received.values()) == {1}


def test_the_next_send_time_is_announced(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    Clockwork(app_of(site, Time(DUE))).announce()
    (record,) = logged(caplog, "waiting")
    assert datetime.fromisoformat(record.next) == datetime(2025, 12, 15, 7, tzinfo=UTC)
