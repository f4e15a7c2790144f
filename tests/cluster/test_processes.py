"""``digest worker`` as a process that is told to stop, is killed, or is put to sleep."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.cluster.conftest import PEOPLE, Books
from tests.journeys.conftest import PostOffice, Site, on_duty
from tests.journeys.steps import HeldOffice, configure, heard, started

CONNECTIONS = 3  # of the site of the journeys
MOST_IN_FLIGHT = CONNECTIONS * 2  # times delivery.window


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(office := HeldOffice()):
        yield office
        office.gate.set()


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    return process.returncode, said.splitlines()


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_in_hand_and_hands_the_rest_back(
    site: Site, post_office: HeldOffice, books: Books
) -> None:
    with started(site.start("worker")) as worker:
        post_office.wait_for(CONNECTIONS)
        worker.send_signal(signal.SIGTERM)
        post_office.gate.set()
        _, said = worker.communicate()
    assert worker.returncode == 0
    events = [line.partition("event=")[2].partition(" ")[0] for line in said.splitlines()]
    assert events == ["waiting", "working", "published", "stopping", "stopped"]
    statuses = books.statuses
    assert statuses.keys() == {"accepted", "queued"}
    assert statuses["accepted"] == sum(post_office.received.values())
    assert books.jobs >= 1  # for whoever goes on
    assert books.count("procrastinate_workers") == books.count("senders") == 0


def test_a_second_signal_does_not_wait(site: Site, post_office: HeldOffice, books: Books) -> None:
    with started(site.start("worker")) as worker:
        post_office.wait_for(CONNECTIONS)
        worker.send_signal(signal.SIGTERM)
        heard(worker, "event=stopping")
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate()
    assert worker.returncode == 75
    assert "stopped at once" in said
    assert "Traceback" not in said
    assert not post_office.received
    assert books.statuses.keys() <= {"handing", "uncertain", "claimed", "queued"}


def test_what_a_killed_worker_leaves_is_done_by_another(site: Site, post_office: HeldOffice, books: Books) -> None:
    with started(site.start("worker")) as victim:
        post_office.wait_for(CONNECTIONS)
        victim.kill()
        victim.wait()
    post_office.gate.set()
    with started(site.start("worker")) as worker:
        heard(worker, "event=sent")
        code, _ = ended(worker)
    assert code == 0
    statuses = books.statuses
    assert statuses.keys() == {"accepted", "uncertain"}
    assert statuses["uncertain"] <= MOST_IN_FLIGHT
    assert sum(statuses.values()) == len(PEOPLE)
    assert set(post_office.received.values()) == {1}
    assert statuses["accepted"] <= len(post_office.received) <= len(PEOPLE)


def test_a_worker_that_sleeps_past_its_leases_mails_nobody_twice_when_it_wakes(
    site: Site, post_office: HeldOffice, books: Books
) -> None:
    configure(site, "[delivery]", '[delivery]\nlease = "8s"')
    configure(
        site,
        "connections = 3",
        'connections = 3\nconnect_timeout = "1s"\ncommand_timeout = "1s"\ndata_timeout = "1s"',
    )
    post_office.gate.set()
    with ExitStack() as stack:
        sleeper = stack.enter_context(started(site.start("worker")))
        heard(sleeper, "event=published")
        sleeper.send_signal(signal.SIGSTOP)
        worker = stack.enter_context(started(site.start("worker")))
        heard(worker, "event=sent")
        sleeper.send_signal(signal.SIGCONT)
        codes = [ended(one)[0] for one in (sleeper, worker)]
    assert codes == [0, 0]
    assert set(post_office.received.values()) == {1}
    assert sum(books.statuses.values()) == len(PEOPLE)
    assert books.statuses.keys() <= {"accepted", "uncertain"}
