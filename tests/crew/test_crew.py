"""Several processes that send as one, and what happens when one of them, all of them, or their parent ends."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest import crew
from digest.cli.tally import Tally
from tests.crew.conftest import CONNECTIONS, PROCESSES, WINDOW
from tests.journeys.conftest import MONDAY, PostOffice, Site, on_duty
from tests.journeys.steps import (
    PATIENCE,
    HeldOffice,
    Time,
    app_of,
    configure,
    deliveries,
    heard,
    started,
    subscribe,
)

PEOPLE = tuple(f"reader{n}@example.org" for n in range(300))


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(office := HeldOffice()):
        yield office
        office.gate.set()


@pytest.fixture
def open_office(post_office: HeldOffice) -> HeldOffice:
    post_office.gate.set()
    return post_office


def senders(site: Site) -> list[int]:
    """The processes that are sending, as the record has them."""
    with closing(sqlite3.connect(site.folder / "digest.db")) as database:
        return [process for (process,) in database.execute("SELECT process FROM senders")]


def lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_for_the_end_of(processes: list[int]) -> None:
    deadline = time.monotonic() + PATIENCE
    while any(map(lives, processes)):
        assert time.monotonic() < deadline, "they live on"
        time.sleep(0.01)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, said = process.communicate()
    return process.returncode, out, said


def all_at_work(site: Site, office: HeldOffice) -> list[int]:
    """Returns the processes once each of them has messages in hand."""
    office.wait_for(CONNECTIONS)
    processes = senders(site)
    assert len(set(processes)) == PROCESSES
    return processes


def test_three_processes_share_the_work_and_everybody_gets_one(site: Site, post_office: HeldOffice) -> None:
    post_office.replies["reader7@example.org"] = "550 5.1.1 nobody of that name"
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes", "--json")) as sender:
        assert sender.pid not in all_at_work(site, post_office)
        post_office.gate.set()
        code, out, _ = ended(sender)
    assert code == 0
    assert post_office.received == dict.fromkeys(set(PEOPLE) - {"reader7@example.org"}, 1)
    events = [json.loads(line) for line in out.splitlines()]
    assert events[-1]["counts"]["accepted"] == 299
    (progress,) = [event for event in events if event["event"] == "progress"][-1:]
    assert (progress["done"], progress["counts"]["accepted"], progress["counts"]["failed"]) == (300, 299, 1)
    (failed,) = [event for event in events if event["event"] == "delivery"]
    assert failed["reply"].startswith("550 5.1.1")
    assert not list(site.folder.glob("digest.db-sender-*"))


def test_one_that_is_killed_leaves_its_work_to_the_others(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        victim = all_at_work(site, post_office)[1]
        os.kill(victim, signal.SIGKILL)
        wait_for_the_end_of([victim])
        post_office.gate.set()
        code, _, said = ended(sender)
    assert code == 0, said
    record = deliveries(site)
    uncertain = {address for address, status in record.items() if status == "uncertain"}
    assert set(record.values()) == {"accepted", "uncertain"}
    assert len(uncertain) <= WINDOW * CONNECTIONS // PROCESSES
    assert set(post_office.received.values()) == {1}
    assert set(PEOPLE) - post_office.received.keys() <= uncertain


def test_when_all_of_them_are_killed_it_says_so_and_the_next_run_goes_on(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        for victim in all_at_work(site, post_office):
            os.kill(victim, signal.SIGKILL)
        code, _, said = ended(sender)
    assert code == 1
    assert "has died" in said
    assert "Traceback" not in said
    post_office.gate.set()
    again = site.run("send", "--yes")
    assert again.exit_code == 0, again.output
    counts = Counter(deliveries(site).values())
    assert counts.keys() == {"accepted", "uncertain"}
    assert counts["uncertain"] <= WINDOW * CONNECTIONS
    assert set(post_office.received.values()) == {1}


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("whom", ["the parent", "everybody"])
def test_told_to_stop_all_of_them_finish_what_is_in_hand(
    site: Site, post_office: HeldOffice, sign: signal.Signals, whom: str
) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        processes = all_at_work(site, post_office)
        for process in (sender.pid, *(processes if whom == "everybody" else ())):
            os.kill(process, sign)
        heard(sender, "stopping")
        post_office.gate.set()
        code, _, said = ended(sender)
    assert code == 0
    assert "digest send --period 2025-W49" in said
    assert not any(map(lives, processes))
    counts = Counter(deliveries(site).values())
    assert counts.keys() == {"accepted", "queued"}
    # The parent passes the word on, and until the others have heard it they may take one more each.
    most = WINDOW * CONNECTIONS + (CONNECTIONS if whom == "the parent" else 0)
    assert CONNECTIONS <= counts["accepted"] <= most
    assert sum(post_office.received.values()) == counts["accepted"]


def test_told_twice_all_of_them_end_at_once(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        processes = all_at_work(site, post_office)
        sender.send_signal(signal.SIGTERM)
        heard(sender, "stopping")
        sender.send_signal(signal.SIGTERM)
        code, _, said = ended(sender)
    assert code == 75
    assert "Traceback" not in said
    assert not any(map(lives, processes))


def test_when_their_parent_is_killed_they_stop_by_themselves(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        processes = all_at_work(site, post_office)
        sender.kill()
        post_office.gate.set()
        wait_for_the_end_of(processes)
    counts = Counter(deliveries(site).values())
    assert counts.keys() == {"accepted", "queued"}
    again = site.run("send", "--yes")
    assert again.exit_code == 0, again.output
    assert post_office.received == dict.fromkeys(PEOPLE, 1)
    assert set(deliveries(site).values()) == {"accepted"}


@pytest.mark.usefixtures("open_office")
def test_a_server_that_is_away_is_told_once(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    site.run("send", "--yes", "--period", "2025-12-01/2025-12-02")  # too few articles: nothing is frozen
    app = app_of(site, Time(MONDAY))
    record = app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    configure(site, f"port = {post_office.port}", "port = 9")
    result = site.run("send", "--yes", "--period", record.period.name)
    assert result.exit_code == 75
    assert result.stderr.count("sending pauses") == 1
    assert result.stderr.count("nothing answers there") == 2  # when it pauses, and in the end
    assert set(deliveries(site).values()) == {"queued"}


async def test_they_work_by_the_configuration_and_the_clock_of_their_parent(
    site: Site, open_office: HeldOffice
) -> None:
    subscribe(site, PEOPLE)
    app = app_of(site, Time(MONDAY))
    record = app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    (site.folder / "digest.toml").write_text("somebody is writing this anew", encoding="utf-8")
    assert await crew.deliver(app, record, Tally(300, app.now), asyncio.Event()) is None
    assert open_office.received == dict.fromkeys(PEOPLE, 1)
    found = [delivery for delivery, _, _ in app.deliveries.each(record.id)]
    assert {delivery.first_tried.date() for delivery in found if delivery.first_tried} == {app.now().date()}


async def test_whoever_watches_and_stumbles_costs_nobody_a_message(site: Site, open_office: HeldOffice) -> None:
    class Stumbling(Tally):
        def recorded(self, _outcome: object) -> None:
            raise ZeroDivisionError("a bug")

    subscribe(site, PEOPLE)
    app = app_of(site, Time(MONDAY))
    record = app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    with pytest.raises(ExceptionGroup) as raised:
        await crew.deliver(app, record, Stumbling(300, app.now), asyncio.Event())
    assert raised.group_contains(ZeroDivisionError)
    counts = app.deliveries.counts(record.id)
    assert counts.keys() <= {"accepted", "queued"}
    assert sum(open_office.received.values()) == counts["accepted"]


@pytest.mark.parametrize(
    ("people", "processes", "more", "size"),
    [
        (40, "3", "", 2),
        (41, "3", "", 3),
        (1, '"auto"', "", 1),
        (300, "8", "", 6),
        (300, "3", "per_day = 2\n", 2),
        (300, "1", "", 1),
    ],
)
def test_there_are_no_more_of_them_than_can_share(
    site: Site, people: int, processes: str, more: str, size: int
) -> None:
    configure(site, f"processes = {PROCESSES}", f"processes = {processes}")
    configure(site, 'tls = "none"', f'tls = "none"\n{more}')
    subscribe(site, PEOPLE[:people])
    app = app_of(site, Time(MONDAY))
    record = app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    assert crew.size(app, record) == size


def test_what_waits_for_its_time_needs_nobody(site: Site) -> None:
    configure(site, "[smtp]", 'zone = "subscriber"\ncutoff = "18:00"\n[smtp]')
    table = site.folder / "people.csv"
    rows = "".join(f"{address},America/New_York\n" for address in PEOPLE)
    table.write_text(f"email,timezone\n{rows}", encoding="utf-8")
    site.run("subscribers", "import", str(table))
    time = Time("2025-12-07T18:00:00+00:00")
    app = app_of(site, time)
    record = app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    assert crew.size(app, record) == 1
    time.go(hours=18)
    assert crew.size(app, record) == PROCESSES


async def test_what_is_said_while_a_report_is_on_its_way_is_passed_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    began, gate, written = threading.Event(), threading.Event(), []

    def write(data: bytes) -> None:
        began.set()
        gate.wait(PATIENCE)
        written.extend(name for name, _ in pickle.loads(data))

    monkeypatch.setattr(crew, "_write", write)
    reporter = crew.Reporter()
    reporter.skipped(1)
    reporting = asyncio.create_task(reporter.report())
    await asyncio.to_thread(began.wait, PATIENCE)
    reporter.ended(None)
    reporter.close()
    gate.set()
    await reporting
    assert written == ["skipped", "ended"]
