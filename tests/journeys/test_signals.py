"""What ends a sending run from outside: SIGTERM, Ctrl-C, impatience, SIGKILL; and that the next run goes on."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.journeys.conftest import PostOffice, Site, on_duty
from tests.journeys.steps import HeldOffice, deliveries, heard, started, subscribe

CONNECTIONS = 3  # as the site has it
WINDOW = 2  # messages under way on one of them
PEOPLE = tuple(f"reader{n}@example.org" for n in range(40))


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(HeldOffice()) as office:
        yield office


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, said = process.communicate()
    return process.returncode, out, said


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_finishes_what_is_in_hand_and_says_how_to_go_on(
    site: Site, post_office: HeldOffice, sign: signal.Signals
) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        in_hand = post_office.wait_for(CONNECTIONS)
        sender.send_signal(sign)
        heard(sender, "stopping")
        post_office.gate.set()
        code, out, said = ended(sender)
    assert code == 0
    counts = Counter(deliveries(site).values())
    finished = counts.pop("accepted")
    assert CONNECTIONS <= finished <= WINDOW * CONNECTIONS
    assert counts == {"queued": len(PEOPLE) - finished}
    assert f"{finished} accepted" in out
    assert f"{len(PEOPLE) - finished} are left" in said
    assert "digest send --period 2025-W49" in said
    assert set(in_hand) <= post_office.received.keys()
    assert set(post_office.received.values()) == {1}
    assert len(post_office.received) == finished

    again = site.run("send", "--yes")
    assert again.exit_code == 0, again.output
    assert set(deliveries(site).values()) == {"accepted"}
    assert post_office.received == dict.fromkeys(PEOPLE, 1)


def test_told_twice_it_ends_at_once_and_what_was_in_hand_is_uncertain(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send", "--yes")) as sender:
        in_hand = post_office.wait_for(CONNECTIONS)
        sender.send_signal(signal.SIGTERM)
        heard(sender, "stopping")
        sender.send_signal(signal.SIGTERM)
        code, _, said = ended(sender)
    assert code == 75
    assert "uncertain" in said
    assert "Traceback" not in said
    assert not post_office.messages  # it did not wait for the answers, which nobody has given yet
    post_office.gate.set()

    again = site.run("send", "--yes")
    assert again.exit_code == 0, again.output
    assert "3 uncertain" in again.stderr
    listed = site.lines("editions", "deliveries", "1", "--status", "uncertain")
    assert {fact["address"] for fact in listed} == set(in_hand)
    assert Counter(deliveries(site).values()) == {"accepted": 37, "uncertain": 3}
    assert set(post_office.received.values()) == {1}


def test_killed_three_times_nobody_gets_it_twice_and_nobody_is_forgotten(site: Site, post_office: HeldOffice) -> None:
    people = tuple(f"reader{n}@example.org" for n in range(200))
    subscribe(site, people)
    post_office.gate.set()
    for _ in range(3):
        with started(site.start("send", "--yes")) as sender:
            post_office.wait_for(45)
            sender.kill()
    last = site.run("send", "--yes")
    assert last.exit_code == 0, last.output
    record = deliveries(site)
    uncertain = {address for address, status in record.items() if status == "uncertain"}
    assert record.keys() == set(people)
    assert set(post_office.received.values()) == {1}
    assert set(people) - post_office.received.keys() <= uncertain
    assert len(uncertain) <= 3 * WINDOW * CONNECTIONS
    (shown,) = site.lines("editions", "show", "1")
    assert sum(shown["counts"].values()) == shown["deliveries"] == 200


def test_killed_before_anything_was_frozen_it_leaves_nothing(site: Site, post_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    with started(site.start("send")) as sender:  # without --yes, and with nobody to ask
        code, _, said = ended(sender)
    assert code == 2
    assert "--yes" in said
    assert site.lines("editions", "list") == []
