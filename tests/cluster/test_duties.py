"""What workers tell the operator, each of them in turn, and what they do with an edition that has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest

from digest.app import App
from digest.errors import ConfigError
from digest.scheduler.shift import Shift
from tests.cluster.conftest import PATIENCE, PEOPLE, SLICE, Books, app_of, published
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import Time, configure, opened

OPERATOR = "operator@quay.example.org"
EDITION = "weekly/2025-W49"


@pytest.fixture
def apps(site: Site) -> Iterator[tuple[App, App]]:
    (site.folder / "templates").mkdir()
    configure(site, "[delivery]", f'[templates]\nfolder = "templates"\n[delivery]\noperator = "{OPERATOR}"')
    apps = (app_of(site), app_of(site))
    yield apps
    for app in apps:
        app.database.close()


@pytest.fixture
def stop() -> asyncio.Event:
    return asyncio.Event()


@pytest.fixture
def shifts(apps: tuple[App, App], stop: asyncio.Event) -> tuple[Shift, Shift]:
    first, second = (Shift(app, stop) for app in apps)
    return first, second


@dataclass
class Calls:
    """For others, to take a job."""

    count: int = 0

    async def __call__(self) -> None:
        self.count += 1


@pytest.fixture
def calls() -> Calls:
    return Calls()


def told(office: PostOffice) -> list[str]:
    return [str(opened(data)["Subject"]) for address, data in office.messages if address == OPERATOR]


async def test_what_keeps_an_edition_from_being_published_is_told_by_one_of_them(
    site: Site, shifts: tuple[Shift, Shift], books: Books, post_office: PostOffice
) -> None:
    template = site.folder / "templates" / "subject.txt"
    template.write_text("{{ editoin.title }}\n", encoding="utf-8")
    for shift in shifts:
        await shift.publish()
        await books.until(lambda: len(told(post_office)) == 1)
    template.unlink()
    newcomer = app_of(site)  # has not failed a moment ago
    await Shift(newcomer, asyncio.Event()).publish()
    newcomer.database.close()
    for shift in shifts:
        await shift.publish()
        assert shift._clockwork.alarm.is_silent
        await shift.end()
    assert told(post_office) == [f"{EDITION} could not be published"]
    assert books.count("editions") == 1


async def test_who_reaches_no_server_rests_leaves_the_rest_to_others_and_tells_the_operator_once(
    shifts: tuple[Shift, Shift],
    apps: tuple[App, App],
    calls: Calls,
    post_office: PostOffice,
    books: Books,
) -> None:
    published(apps[0])
    post_office.replies |= dict.fromkeys(PEOPLE, "421 4.3.2 come back later")
    for shift in shifts:
        before = calls.count
        resting = asyncio.create_task(shift.send(EDITION, calls))
        await books.until(lambda before=before: calls.count == before + 2)  # as there is more, and as it rests
        other = asyncio.create_task(shift.send(EDITION, calls))
        await books.until(lambda before=before: calls.count == before + 3)  # as it rests still
        assert not resting.done()
        assert not other.done()
        assert books.statuses == {"queued": len(PEOPLE)}
        await books.until(lambda: len(told(post_office)) == 1)
        if shift is shifts[-1]:
            shift._stop.set()
            assert await asyncio.wait_for(asyncio.gather(resting, other), PATIENCE) == [True, True]
        else:
            for one in (resting, other):
                one.cancel()
    assert "is not being sent" in told(post_office)[0]
    for shift in shifts:
        await shift.end()


async def test_a_rest_begins_when_the_slice_has_ended(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], calls: Calls, monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    """It may have waited for servers for longer than the rest."""
    published(apps[0])
    time = Time("2025-12-08T08:10:00+00:00")

    async def send(*_given: object) -> timedelta:
        time.go(minutes=15)
        return timedelta(minutes=5)

    monkeypatch.setattr(apps[0], "now", time)
    monkeypatch.setattr(shifts[0]._clockwork, "send", send)
    resting = asyncio.create_task(shifts[0].send(EDITION, calls))
    await books.until(lambda: calls.count == 2)
    assert not resting.done()
    shifts[0]._stop.set()
    assert await asyncio.wait_for(resting, PATIENCE)
    for shift in shifts:
        await shift.end()


async def test_an_edition_that_cannot_be_sent_here_is_left_for_a_while_and_does_not_hold_up_the_others(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], calls: Calls, monkeypatch: pytest.MonkeyPatch, books: Books
) -> None:
    def keyless(_app: App, _record: object) -> None:
        raise ConfigError("dkim: key.pem: no such file")

    published(apps[0])
    monkeypatch.setattr(App, "_writer", keyless)
    monkeypatch.setattr("digest.scheduler.shift.A_MOMENT", 0.01)
    assert await shifts[0].send(EDITION, calls)  # somebody else may have the key
    assert await shifts[0].send(EDITION, calls)
    assert calls.count == 2
    monkeypatch.undo()
    assert await shifts[1].send(EDITION, calls)
    assert books.statuses["accepted"] == SLICE
    for shift in shifts:
        await shift.end()


async def test_others_are_called_while_more_is_due_than_a_slice(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], calls: Calls, books: Books
) -> None:
    published(apps[0])
    full, rest = divmod(len(PEOPLE), SLICE)
    assert rest
    found = [(await shifts[n % 2].send(EDITION, calls), calls.count) for n in range(full + 1)]
    assert found == [*((True, n + 1) for n in range(full)), (False, full)]
    assert books.statuses == {"accepted": len(PEOPLE)}
    for shift in shifts:
        await shift.end()


async def test_what_somebody_holds_is_looked_after_too(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], books: Books
) -> None:
    assert await shifts[0].needs() == ()
    published(apps[0])
    assert await shifts[0].needs() == (EDITION,)
    books.asked("UPDATE deliveries SET status = 'claimed', lease = now() + interval '1 hour', sender = 0, token = 't'")
    assert await shifts[0].needs() == (EDITION,)
    books.asked("UPDATE deliveries SET status = 'accepted'")
    assert await shifts[0].needs() == ()
    for shift in shifts:
        await shift.end()


async def test_an_edition_that_was_stopped_or_is_not_there_is_nobodys_job(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], calls: Calls, post_office: PostOffice
) -> None:
    record = published(apps[0])
    apps[0].editions.stop(record.id, apps[0].now())
    assert await shifts[0].needs() == ()
    for name in (EDITION, "weekly/2024-W01", "gone/2025-W49"):
        assert not await shifts[0].send(name, calls)
    assert not calls.count
    assert not post_office.received
    for shift in shifts:
        await shift.end()


async def test_one_that_is_told_to_stop_leaves_its_job_to_others(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], stop: asyncio.Event, calls: Calls, post_office: PostOffice
) -> None:
    published(apps[0])
    stop.set()
    assert await shifts[0].send(EDITION, calls)
    assert not post_office.received
    for shift in shifts:
        await shift.end()
