"""How it goes, told to people and to machines, while an edition is on its way."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from digest import metrics
from digest.errors import StoreError, UsageError
from digest.model import DeliveryStatus
from digest.status import Status, UnderWay, numbers
from digest.store.vitals import Sending
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import subscribe

NOW = datetime(2025, 12, 1, 7, tzinfo=UTC)
UNDER_WAY = UnderWay(
    "weekly/2025-W48",
    {DeliveryStatus.QUEUED: 90, DeliveryStatus.HANDING: 10, DeliveryStatus.ACCEPTED: 300},
    5.0,
    NOW + timedelta(seconds=20),
    NOW - timedelta(seconds=3),
)
BUSY = Status(NOW, NOW - timedelta(seconds=2), (Sending(7, "post", 1234, NOW),), {"send": 3}, (UNDER_WAY,))


def test_a_site_that_has_sent_nothing_yet_has_nothing_on_its_way(site: Site):
    result = site.run("status")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "scheduler   never seen, or stopped",
        "senders     0 alive",
        "editions    nothing is on its way",
    ]


def test_an_edition_with_something_left_is_shown_with_what_is_left(site: Site, post_office: PostOffice):
    subscribe(site)
    post_office.replies["second@example.org"] = "451 4.3.0 later"
    site.run("send", "--yes")
    (found,) = site.lines("status", "--json", now="2025-12-08T09:00:00+00:00")
    (edition,) = found["editions"]
    assert (edition["left"], edition["deliveries"]) == (1, {"deferred": 1, "accepted": 1})
    assert (found["senders"], found["jobs"]) == ([], None)
    assert "1 left of 2" in site.run("status", now="2025-12-08T09:00:00+00:00").stdout


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_prometheus_is_told_what_this_process_did_and_how_all_of_it_goes():
    metrics.MESSAGES.labels("mx.example.net", "accepted").inc()
    with metrics.told("127.0.0.1:0", lambda: numbers(BUSY), lambda: (True, {"in_hand": []})) as url:
        code, text = get(f"{url}/metrics")
        health = get(f"{url}/health")
        other = get(f"{url}/other")
    assert code == 200
    said = set(text.splitlines())
    assert {
        'digest_deliveries{edition="weekly/2025-W48",status="queued"} 90.0',
        'digest_accepted_per_second{edition="weekly/2025-W48"} 5.0',
        'digest_oldest_claim_seconds{edition="weekly/2025-W48"} 3.0',
        'digest_jobs{queue="send"} 3.0',
        "digest_senders 1.0",
        "digest_scheduler_seen_seconds 2.0",
    } <= said
    assert any(line.startswith('digest_messages_total{server="mx.example.net",status="accepted"}') for line in said)
    assert (health[0], json.loads(health[1])) == (200, {"status": "ok", "in_hand": []})
    assert other[0] == 404


def test_while_the_database_is_away_it_is_ill_and_tells_what_it_has_counted_itself():
    def away() -> Status:
        raise StoreError("digest.db: cannot be reached", busy=True)

    with metrics.told("127.0.0.1:0", lambda: numbers(away()), lambda: (bool(away()), {})) as url:
        code, text = get(f"{url}/metrics")
        assert get(f"{url}/health") == (503, '{"status": "ill", "why": "digest.db: cannot be reached"}')
    assert code == 200
    assert "process_cpu_seconds_total" in text
    assert "digest_senders" not in text


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:port", "127.0.0.1:99999", "192.0.2.1:80"])
def test_an_address_that_cannot_be_listened_on_is_an_error_with_a_hint(address: str):
    with (
        pytest.raises(UsageError, match="cannot be listened on") as caught,
        metrics.told(address, list, lambda: (True, {})),
    ):
        pytest.fail("it listens")  # pragma: no cover
    assert "127.0.0.1:9100" in caught.value.hint
