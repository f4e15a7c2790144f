"""What workers tell the operator, each of them in turn, and what they do with an edition that has to wait."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest

from digest.app import App
from digest.scheduler.shift import Shift
from tests.cluster.conftest import PEOPLE, SLICE, Books, app_of, published
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import configure, opened

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


async def test_servers_that_take_no_mail_are_tried_again_later_and_the_operator_hears_of_it_once(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], post_office: PostOffice, books: Books
) -> None:
    published(apps[0])
    post_office.replies |= dict.fromkeys(PEOPLE, "421 4.3.2 come back later")
    for shift in shifts:
        wait = await shift.send(EDITION)
        assert wait is not None
        assert timedelta(minutes=4) < wait <= timedelta(minutes=5)
        assert await shift.send(EDITION) == pytest.approx(wait, abs=timedelta(seconds=20))
    await books.until(lambda: len(told(post_office)) == 1)
    assert "is not being sent" in told(post_office)[0]
    for shift in shifts:
        await shift.end()


async def test_a_slice_has_a_successor_while_more_is_due(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], books: Books
) -> None:
    published(apps[0])
    full, rest = divmod(len(PEOPLE), SLICE)
    assert rest
    waits = [await shifts[n % 2].send(EDITION) for n in range(full + 1)]
    assert waits == [*[timedelta()] * full, None]
    assert books.statuses == {"accepted": len(PEOPLE)}
    for shift in shifts:
        await shift.end()


async def test_needs_are_slices_that_nobody_has_and_one_for_what_somebody_holds(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], books: Books
) -> None:
    assert await shifts[0].needs() == {}
    published(apps[0])
    assert await shifts[0].needs() == {EDITION: 6}
    books.asked("UPDATE deliveries SET status = 'claimed', lease = now() + interval '1 hour', sender = 0, token = 't'")
    assert await shifts[0].needs() == {EDITION: 1}
    books.asked("UPDATE deliveries SET status = 'accepted'")
    assert await shifts[0].needs() == {}
    for shift in shifts:
        await shift.end()


async def test_an_edition_that_was_stopped_or_is_not_there_is_nobodys_job(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], books: Books, post_office: PostOffice
) -> None:
    record = published(apps[0])
    apps[0].editions.stop(record.id, apps[0].now())
    assert await shifts[0].needs() == {}
    assert await shifts[0].send(EDITION) is None
    assert await shifts[0].send("weekly/2024-W01") is None
    assert await shifts[0].send("gone/2025-W49") is None
    assert not post_office.received
    for shift in shifts:
        await shift.end()


async def test_one_that_is_told_to_stop_leaves_its_job_to_others(
    shifts: tuple[Shift, Shift], apps: tuple[App, App], stop: asyncio.Event, post_office: PostOffice
) -> None:
    published(apps[0])
    stop.set()
    assert await shifts[0].send(EDITION) == timedelta()
    assert not post_office.received
    for shift in shifts:
        await shift.end()
