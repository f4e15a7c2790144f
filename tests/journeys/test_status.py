"""How it goes, told to people and to machines, while an edition is on its way."""

from __future__ import annotations

import json
import os
import socket
import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from digest import metrics
from digest.cli.status import jobs_of
from digest.errors import StoreError, UsageError
from digest.metrics import Number
from digest.model import DeliveryStatus
from digest.status import Status, UnderWay, numbers
from digest.store.vitals import Sending
from tests.journeys.conftest import MONDAY, PostOffice, Site
from tests.journeys.steps import app_of, subscribe
from tests.postgres import cloned, server

NOW = datetime(2025, 12, 1, 7, tzinfo=UTC)
UNDER_WAY = UnderWay(
    "weekly/2025-W48",
    {DeliveryStatus.QUEUED: 90, DeliveryStatus.HANDING: 10, DeliveryStatus.ACCEPTED: 300},
    5.0,
    NOW + timedelta(seconds=20),
    NOW - timedelta(seconds=3),
)
BUSY = Status(
    at=NOW,
    scheduler=NOW - timedelta(seconds=2),
    workers=("post:1234", "post:1235"),
    senders=(Sending(7, "post", 1234, NOW - timedelta(seconds=9)),),
    jobs={"send": 3, "duty": 0},
    editions=(UNDER_WAY,),
)


def test_a_site_that_has_sent_nothing_yet_has_nothing_on_its_way(site: Site):
    subscribe(site)
    result = site.run("status")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"database    sqlite:///{site.folder / 'digest.db'}",
        "scheduler   never seen, or stopped",
        "workers     0",
        "senders     0 with an edition in hand",
        "editions    nothing is on its way",
    ]


def test_a_database_that_nobody_has_written_to_is_not_taken_for_one_in_which_all_is_well(site: Site):
    assert site.run("status").stdout.splitlines()[0].endswith("digest.db: empty, no tables yet")
    assert site.lines("status", "--json")[0]["empty"]


def test_workers_without_work_are_shown_too(site: Site):
    now = datetime.fromisoformat(MONDAY)
    app = app_of(site, lambda: now)
    app.heartbeat.beat(now)
    app.database.close()
    here = f"{socket.gethostname()}:{os.getpid()}"
    assert f"workers     1 ({here})" in site.run("status").stdout.splitlines()
    (found,) = site.lines("status", "--json")
    assert (found["workers"], found["empty"]) == ([here], False)


def test_a_queue_in_which_nothing_waits_is_told_of_too():
    with cloned(server()) as url:
        assert jobs_of(url)() == {"send": 0, "duty": 0}


def test_what_is_told_of_an_edition_that_is_being_sent_by_one_of_two_workers(
    site: Site, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("digest.status.status", lambda _app, _jobs: BUSY)
    assert site.run("status").stdout.splitlines()[1:] == [
        "scheduler   seen 2 s ago",
        "workers     2 (post:1234, post:1235)",
        "senders     1 with an edition in hand",
        "            post, process 1234, for 9 s",
        "jobs        3 send waiting",
        "weekly/2025-W48   100 left of 400",
        "            90 queued, 10 handing, 300 accepted",
        "            5.0 a second, through in 20 s",
        "            oldest claim 3 s ago",
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


PATIENCE = 20  # seconds after which an answer does not come


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
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
        'digest_jobs{queue="duty"} 0.0',
        'digest_deliveries{edition="weekly/2025-W48",status="deferred"} 0.0',
        "digest_database_up 1.0",
        "digest_workers 2.0",
        "digest_senders 1.0",
        "digest_scheduler_seen_seconds 2.0",
    } <= said
    assert not any("_created" in line for line in said)
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
    assert "digest_database_up 0.0" in text.splitlines()
    assert "digest_senders" not in text


def silent(url: str) -> socket.socket:
    """Somebody who connects, and says nothing."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def test_whoever_connects_and_says_nothing_keeps_neither_others_from_an_answer_nor_a_process_from_its_end():
    with metrics.told("127.0.0.1:0", list, lambda: (True, {})) as url:
        connected = silent(url)
        assert get(f"{url}/health")[0] == 200
    connected.close()


def test_whoever_says_nothing_for_long_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("digest.metrics._Silent.timeout", 0.05)
    with metrics.told("127.0.0.1:0", list, lambda: (True, {})) as url, silent(url) as connected:
        assert connected.recv(1) == b""
    assert capfd.readouterr().err == ""


def test_a_slow_database_keeps_nobody_from_asking_how_a_process_is_and_is_asked_once_for_all():
    asked: list[int] = []
    begun, enough = threading.Event(), threading.Event()

    def slow() -> tuple[Number, ...]:
        asked.append(1)
        begun.set()
        assert enough.wait(PATIENCE)
        return (("digest_workers", "How many.", {}, 2),)

    with metrics.told("127.0.0.1:0", slow, lambda: (True, {})) as url, ThreadPoolExecutor(2) as others:
        answers = [others.submit(get, f"{url}/metrics") for _ in range(2)]
        assert begun.wait(PATIENCE)
        assert get(f"{url}/health")[0] == 200
        enough.set()
        said = [answer.result()[1] for answer in answers]
        said.append(get(f"{url}/metrics")[1])
    assert all("digest_workers 2.0" in text.splitlines() for text in said)
    assert len(asked) == 1


def test_after_some_seconds_the_database_is_asked_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(metrics, "KEPT", 0)
    asked = iter(range(3))
    with metrics.told(
        "127.0.0.1:0", lambda: [("digest_workers", "How many.", {}, next(asked))], lambda: (True, {})
    ) as url:
        said = [get(f"{url}/metrics")[1] for _ in range(3)]
    assert ["digest_workers 2.0" in text for text in said] == [False, False, True]


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_it_is_told_at_either_kind_of_address(host: str):
    with metrics.told(f"{host}:0", list, lambda: (True, {})) as url:
        assert url.startswith(f"http://{host}:")
        assert get(f"{url}/health")[0] == 200


def refused(address: str) -> UsageError:
    with (
        pytest.raises(UsageError, match="cannot be listened on") as caught,
        metrics.told(address, list, lambda: (True, {})),
    ):
        pytest.fail("it listens")  # pragma: no cover
    return caught.value


@pytest.mark.parametrize("address", ["192.0.2.1:80", "nowhere.invalid:9100", "no..name:9100"])
def test_an_address_of_another_machine_is_an_error_with_a_hint(address: str):
    assert "127.0.0.1:9100" in refused(address).hint


def test_where_another_process_listens_that_is_what_is_said():
    with metrics.told("127.0.0.1:0", list, lambda: (True, {})) as url:
        hint = refused(url.removeprefix("http://")).hint
    assert hint.startswith("another process listens there")
    assert "DIGEST_WORKER__STATUS" in hint
