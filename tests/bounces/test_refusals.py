"""Refusals at RCPT that name no dead mailbox: they count like bounces that come back by mail."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from digest.delivery import bounce
from digest.model import Delivery, DeliveryStatus, Reply, Stage
from digest.store import tables
from digest.store.database import Database
from digest.store.subscribers import Subscribers
from digest.subscriptions import acts
from tests.bounces.conftest import ReturningOffice
from tests.journeys.conftest import MONDAY, Site, article
from tests.journeys.steps import configure, deliveries, subscribe

REFUSED, STAYS = "refused@example.org", "stays@example.org"


@pytest.mark.parametrize(
    ("reply", "counts"),
    [
        (Reply(550, "User unknown", Stage.RCPT), True),
        (Reply(550, "5.4.1 Access denied", Stage.RCPT), True),
        (Reply(550, "5.1.1 unknown", Stage.RCPT), False),  # suppressed at once
        (Reply(550, "5.7.1 not wanted", Stage.RCPT), False),
        (Reply(550, "relay not permitted", Stage.RCPT), False),
        (Reply(550, "too many messages", Stage.RCPT), False),
        (Reply(554, "rejected by our spam policy", Stage.RCPT), False),
        (Reply(450, "4.2.2 full", Stage.RCPT), False),  # it is tried again
        (Reply(552, "5.3.4 too large", Stage.FINAL), False),
        (Reply(0, "the line was cut", Stage.RCPT), False),
        (Reply(250, "2.0.0 taken", Stage.FINAL), False),
    ],
    ids=str,
)
def test_which_replies_count_against_a_mailbox(reply: Reply, counts: bool) -> None:
    delivery = Delivery(7, 1, 1, 1, REFUSED, "", DeliveryStatus.HANDING)
    assert (bounce(delivery, reply) is not None) is counts


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


@pytest.mark.parametrize(
    "reply", [f"550 <{REFUSED}>: User unknown", f"550 5.7.1 <{REFUSED}> refused", f"550 5.1.1 {REFUSED}"]
)
def test_who_is_erased_while_they_are_refused_is_not_written_back(
    daily: Site, post_office: ReturningOffice, monkeypatch: pytest.MonkeyPatch, reply: str
) -> None:
    database = Database(f"sqlite:///{daily.folder}/digest.db")

    async def refuse(_server, _session, envelope, address, _options):
        if address == REFUSED:
            assert acts.erase(Subscribers(database), REFUSED, now=datetime.fromisoformat(MONDAY))
            return reply
        envelope.rcpt_tos.append(address)
        return "250 fine"

    monkeypatch.setattr(post_office, "handle_RCPT", refuse)
    send(daily, 1)
    with closing(database), database.read() as connection:
        assert sorted(connection.execute(select(tables.deliveries.c.status, tables.deliveries.c.reply)).all()) == [
            ("accepted", "250 2.0.0 taken"),
            ("failed", ""),
        ]
        assert connection.execute(select(tables.notices.c.text).where(tables.notices.c.text != "")).all() == []
