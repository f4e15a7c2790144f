"""What ``digest send`` shows while it works: events for programs, a bar on a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.cli.events import Events, EventWatch
from digest.cli.session import Session
from digest.cli.tally import Tally
from digest.errors import TransportError
from digest.model import Delivery, DeliveryStatus, EditionRecord, Outcome, Period, Sender
from tests.journeys.conftest import MONDAY, PostOffice, Site, on_duty
from tests.journeys.steps import HeldOffice, Time, app_of, configure, deliveries, started, subscribe

COMMANDS = Path(__file__).parents[2] / "docs" / "commands.md"
PEOPLE = tuple(f"reader{n}@example.org" for n in range(40))


@pytest.fixture
def held_office(site: Site, post_office: PostOffice) -> Iterator[HeldOffice]:
    with on_duty(office := HeldOffice()):
        configure(site, f"port = {post_office.port}", f"port = {office.port}")
        yield office
        office.gate.set()


def documented() -> dict[str, set[str]]:
    """The keys of each event, as the page has them."""
    page = COMMANDS.read_text(encoding="utf-8").partition("### What is told while it sends\n")[2]
    rows = re.findall(r"^\| `([a-z]+)` \| (.*) \|$", page.partition("\n## ")[0], flags=re.MULTILINE)
    return {event: set(re.findall(r'"(\w+)"', facts)) for event, facts in rows}


def keys(event: dict[str, Any]) -> set[str]:
    return event.keys() - {"event", "at"}


def told(site: Site, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in site.run("send", "--yes", "--json", *words).stdout.splitlines()]


def test_a_run_is_told_from_its_beginning_to_its_end(site: Site, post_office: PostOffice) -> None:
    post_office.replies["reader3@example.org"] = "550 5.1.1 <reader3@example.org> is unknown"
    post_office.replies["reader4@example.org"] = "451 4.7.1 <reader4@example.org> is greylisted"
    subscribe(site, PEOPLE)
    events = told(site)
    kinds = [event["event"] for event in events]
    assert kinds[:2] == ["published", "started"]
    assert kinds[-2:] == ["progress", "edition"]
    assert Counter(kinds)["delivery"] == 2
    assert {event["edition"] for event in events} == {"weekly/2025-W49"}
    assert all(datetime.fromisoformat(event["at"]).date().isoformat() == MONDAY[:10] for event in events)
    by_kind = {event["event"]: event for event in events}
    assert by_kind["published"]["deliveries"] == by_kind["started"]["total"] == 40
    counts = {"accepted": 38, "deferred": 1, "failed": 1, "uncertain": 0, "skipped": 0}
    assert by_kind["progress"]["counts"] == counts
    assert by_kind["progress"]["done"] == 40
    (server,) = by_kind["started"]["servers"]
    assert by_kind["progress"]["servers"][server]["accepted"] == 38
    assert events[-1]["counts"]["accepted"] == 38
    assert events[-1]["next_due"]
    for event in events[:-1]:
        assert keys(event) == documented()[event["event"]] - {"address"}
    assert not any("reader" in json.dumps(event) for event in events)


def test_who_it_was_is_told_when_asked(site: Site, post_office: PostOffice) -> None:
    post_office.replies["reader3@example.org"] = "550 5.1.1 <reader3@example.org> is unknown"
    subscribe(site, PEOPLE)
    (failed,) = [event for event in told(site, "-v") if event["event"] == "delivery"]
    assert failed["address"] == "reader3@example.org"
    assert failed["reply"] == "550 5.1.1 <reader3@example.org> is unknown"
    assert (failed["status"], failed["attempts"]) == ("failed", 1)
    assert keys(failed) == documented()["delivery"]


def test_what_is_complete_is_one_event(site: Site) -> None:
    subscribe(site)
    told(site)
    assert [event["event"] for event in told(site)] == ["edition"]


def test_a_server_that_is_away_is_an_event_and_the_edition_is_still_the_last_one(
    site: Site, post_office: PostOffice
) -> None:
    subscribe(site)
    app = app_of(site, Time(MONDAY))
    app.freeze(app.digest(), app.prepare(app.digest(), app.period(app.digest(), None)))
    configure(site, f"port = {post_office.port}", "port = 9")
    result = site.run("send", "--yes", "--json")
    assert result.exit_code == 75
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert [event["event"] for event in events] == ["started", "paused", "progress", "edition"]
    assert events[1]["why"] == "127.0.0.1:9: nothing answers there"
    assert events[2]["servers"]["127.0.0.1:9"]["state"] == "paused"
    assert events[3]["counts"]["queued"] == 2


def test_every_event_has_the_keys_that_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    now = datetime(2025, 12, 8, 7, tzinfo=UTC)
    away = TransportError("nothing answers there", hint="check smtp.host")
    session = Session()
    watch = EventWatch(
        Events(session, lambda: now, wanted=True),
        _named("weekly/2025-W49"),
        Tally(10, lambda: now, ("east",)),
        named=True,
        end=lambda: None,
    )
    delivery = Delivery(1, 1, 1, 1, "first@example.org", "", DeliveryStatus.FAILED, 1, now)
    watch.started()
    watch.recovered(1, 2)
    watch.recovered(0, 0)  # which is nothing to tell
    watch.skipped(1)
    watch.recorded(Outcome(delivery, "token", "east"))
    watch.paused(away)
    watch.resumed()
    watch.failing("east", away)
    watch.back("east")
    watch.slowed("example.org", "421 too many")
    watch.spent("east", now)
    watch.draw()
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {event["event"]: keys(event) for event in events} == {
        event: facts for event, facts in documented().items() if event not in {"published", "edition"}
    }
    assert len(events) == len({event["event"] for event in events})


def _named(name: str) -> EditionRecord:
    digest, _, period = name.partition("/")
    window = Period(period, datetime(2025, 12, 1, tzinfo=UTC), datetime(2025, 12, 8, tzinfo=UTC))
    sender = Sender("", "weekly@example.org", "weekly.example.org", "weekly@example.org")
    return EditionRecord(1, digest, 1, "", window, window.end, None, 10, 4, (), sender, "")


def test_when_nobody_reads_any_more_it_ends_without_a_word(site: Site, held_office: HeldOffice) -> None:
    everybody = tuple(f"reader{n}@example.org" for n in range(1500))
    subscribe(site, everybody)
    with started(site.start("send", "--yes", "--json")) as sender:
        held_office.wait_for(3)
        assert sender.stdout
        sender.stdout.close()
        held_office.replies.update(dict.fromkeys(everybody, "550 5.7.1 no"))  # each of them an event
        held_office.gate.set()
        assert sender.stderr
        said = sender.stderr.read()
        sender.wait()
    counts = Counter(deliveries(site).values())
    assert "Traceback" not in said
    assert "Exception" not in said
    assert counts["uncertain"] == 0
    assert counts["queued"] > 0
    assert counts["accepted"] >= 3


def test_on_a_terminal_there_is_a_bar(site: Site, held_office: HeldOffice) -> None:
    subscribe(site, PEOPLE)
    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "digest", "send", "--yes", "-c", str(site.folder / "digest.toml"), "--now", MONDAY]
    with started(
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=its_end,
            text=True,
            env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
        )
    ) as sender:
        os.close(its_end)
        seen = b""
        while b"0/40" not in seen:
            seen += os.read(terminal, 4096)
        held_office.gate.set()
        assert sender.stdout
        assert "40 accepted" in sender.stdout.read()
        sender.wait()
    os.close(terminal)
    assert "sending weekly/2025-W49" in seen.decode(errors="replace")
    assert "━" in seen.decode(errors="replace")
