"""Refusals at RCPT that name no dead mailbox: they count like bounces that come back by mail."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.bounces.conftest import ReturningOffice
from tests.journeys.conftest import MONDAY, Site, article
from tests.journeys.steps import configure, deliveries, subscribe

REFUSED, STAYS = "refused@example.org", "stays@example.org"


@pytest.fixture
def daily(site: Site) -> Site:
    """A site that sends every day."""
    configure(site, "[digests.weekly]", '[digests.weekly]\ncadence = "day"\nminimum = 1')
    subscribe(site, [REFUSED, STAYS])
    return site


def send(site: Site, days: int) -> None:
    """An edition a day."""
    for day in range(days):
        now = datetime.fromisoformat(MONDAY) + timedelta(days=day)
        site.write(f"day{day}.md", article(f"Of the day {'ABCDEFGH'[day] * 5}", f"{now - timedelta(days=1):%Y-%m-%d}"))
        result = site.run("send", "--yes", now=now.isoformat())
        assert result.exit_code == 0, result.output


def kinds(site: Site) -> list[tuple[str, str, str, str]]:
    noticed = site.lines("bounces", "list")
    return [(noted["kind"], noted["source"], noted["email"], noted["text"]) for noted in noticed]


def status(site: Site) -> tuple[str, str]:
    (person,) = (fact for fact in site.lines("subscribers", "list") if fact["email"] == REFUSED)
    return person["status"], person["reason"]


@pytest.mark.parametrize("reply", ["550 User unknown", "552 5.2.2 mailbox full", "550 5.4.1 Access denied"])
def test_who_is_refused_four_editions_in_a_row_is_suppressed(
    daily: Site, post_office: ReturningOffice, reply: str
) -> None:
    post_office.replies[REFUSED] = reply
    send(daily, 3)
    assert kinds(daily) == [("soft", "smtp", REFUSED, reply)] * 3
    assert status(daily)[0] == "active"
    send(daily, 5)
    assert status(daily) == ("suppressed", f"4 editions in a row bounced, the last one: {reply}")
    assert post_office.received[STAYS] == 5


@pytest.mark.parametrize("reply", ["550 5.7.1 refused by policy", "554 blocked by a list"])
def test_a_refusal_that_is_about_us_counts_against_nobody(
    daily: Site, post_office: ReturningOffice, reply: str
) -> None:
    post_office.replies[REFUSED] = reply
    send(daily, 1)
    assert kinds(daily) == []


def test_a_dead_mailbox_is_suppressed_at_once_and_needs_no_score(daily: Site, post_office: ReturningOffice) -> None:
    post_office.replies[REFUSED] = "550 5.1.1 unknown"
    send(daily, 1)
    assert (status(daily), kinds(daily)) == (("suppressed", "550 5.1.1 unknown"), [])


def test_a_delivery_that_is_tried_again_by_hand_counts_once(daily: Site, post_office: ReturningOffice) -> None:
    post_office.replies[REFUSED] = "550 User unknown"
    send(daily, 1)
    for _ in range(3):
        assert daily.run("editions", "retry", "1", "--failed").exit_code == 0
        daily.run("send", "--yes")
    assert len(kinds(daily)) == 1
    assert deliveries(daily) == {REFUSED: "failed", STAYS: "accepted"}
