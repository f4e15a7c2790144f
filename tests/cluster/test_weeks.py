"""Several clockworks on one database: each period has one edition, whoever was quicker."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from digest.app import App
from digest.config import load
from digest.scheduler.clockwork import Clockwork
from tests.cluster.conftest import Books
from tests.journeys.conftest import MONDAY, Site, article
from tests.journeys.steps import Time

WEEKS = 8


async def test_two_clockworks_publish_each_week_once(site: Site, books: Books) -> None:
    time = Time(MONDAY)
    apps = [App(load(site.folder / "digest.toml", {}), time) for _ in range(2)]
    clockworks = [Clockwork(app) for app in apps]
    winners = []
    for week in range(WEEKS):
        for n in range(3):
            date = (time() - timedelta(days=2)).date()
            site.write(f"{week}-{n}.md", article(f"Story {n} of week {week}", str(date)))
        editions = await asyncio.gather(*(asyncio.to_thread(one.publish_due) for one in clockworks))
        winners.append(sum(map(len, editions)))
        time.go(weeks=1)
    for app in apps:
        app.database.close()
    assert books.asked("SELECT number FROM editions ORDER BY starts") == [(n,) for n in range(1, WEEKS + 1)]
    assert books.count("(SELECT DISTINCT period FROM editions) AS periods") == WEEKS
    assert all(winners)  # one of them, or both of them the same
