"""``digest run`` as a process: it publishes and sends in time, logs, survives a bad moment, and ends when it is told to."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import threading
from datetime import UTC, datetime
from typing import NoReturn

import pytest

from digest.cli.send import until_told
from digest.errors import StoreError
from digest.scheduler import run
from digest.scheduler.clockwork import Clockwork
from digest.scheduler.pulse import Pulse
from tests.journeys.conftest import MONDAY, PostOffice, Site, article, on_duty
from tests.journeys.steps import PATIENCE, HeldOffice, Time, app_of, configure, deliveries, heard, started, subscribe

FACT = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|[^ "=]+)(?: |$)')


def facts(line: str) -> dict[str, str]:
    """A line of key=value taken apart; nothing may be left over."""
    found = FACT.findall(line)
    assert "".join(match.group() for match in FACT.finditer(line)) == line
    return {key: json.loads(value) if value.startswith('"') else value for key, value in found}


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str]]:
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate()
    return process.returncode, said.splitlines()


def test_it_waits_for_the_send_time_publishes_sends_and_ends_on_sigterm(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    with started(site.start("run", now="2025-12-08T06:59:55+00:00")) as clockwork:
        said = heard(clockwork, "event=sent")
        code, rest = ended(clockwork)
    assert code == 0
    assert post_office.received == {"first@example.org": 1, "second@example.org": 1}
    lines = [facts(line) for line in said + rest]
    assert [line["event"] for line in lines] == ["waiting", "published", "waiting", "sent", "stopping", "stopped"]
    assert [line["next"] for line in lines if "next" in line] == [
        "2025-12-08T07:00:00+00:00", "2025-12-15T07:00:00+00:00",
    ]  # fmt: skip
    assert lines[1]["edition"] == "weekly/2025-W49"
    assert lines[3]["accepted"] == "2"


def test_its_log_is_json_when_asked_names_nobody_and_tells_what_failed(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    site.write("broken.md", "---\ndate: never\n---\n")
    post_office.replies["second@example.org"] = "550 5.1.1 <second@example.org> is unknown"
    with started(site.start("run", "--log", "json")) as clockwork:
        said = heard(clockwork, '"sent"')
        code, rest = ended(clockwork)
    assert code == 0
    lines = [json.loads(line) for line in said + rest]
    assert [line["event"] for line in lines][-1] == "stopped"
    assert all(datetime.fromisoformat(line["at"]).tzinfo == UTC for line in lines)
    assert not any("@" in line for line in said + rest)
    (failed,) = [line for line in lines if line["event"] == "delivery"]
    assert (failed["level"], failed["status"]) == ("info", "failed")
    (problem,) = [line for line in lines if line["event"] == "problem"]
    assert "broken.md" in problem["where"]
    (sent,) = [line for line in lines if line["event"] == "sent"]
    assert (sent["accepted"], sent["failed"]) == (1, 1)


def test_what_is_logged_stays_on_its_line(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    site.write("evil\r\x1b[2Jlevel=info.md", "---\ndate: never\n---\n")
    with started(site.start("run")) as clockwork:
        said = heard(clockwork, "event=sent")
        ended(clockwork)
    (problem,) = [facts(line) for line in said if "event=problem" in line]
    assert "level=info.md" in problem["where"]
    assert not any(character in line for line in said for character in "\r\x1b")


@pytest.mark.parametrize(
    ("break_it", "code", "said"),
    [
        (lambda site: (site.folder / "digest.key").unlink(), 78, "web.secret_key_file"),
        (lambda site: configure(site, 'postal_address = "Quay News, 1 Quay Street, Saltmere"', ""), 78, "postal_address"),
        (lambda site: (site.folder / "digest.db").write_text("text " * 500), 1, "is not a database"),
        (lambda site: configure(site, "[smtp]", '[templates]\nfolder = "nowhere"\n[smtp]'), 78, "templates.folder"),
    ],
)  # fmt: skip
def test_what_would_fail_on_monday_is_told_at_once(site: Site, break_it, code: int, said: str) -> None:
    break_it(site)
    result = site.run("run")
    assert result.exit_code == code
    assert said in result.stderr


def test_a_database_that_is_in_use_does_not_end_it(
    site: Site, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: object) -> NoReturn:
        raise StoreError("digest.db: is in use by another process", busy=True)

    subscribe(site)
    app = app_of(site, Time(MONDAY))
    clockwork = Clockwork(app)
    monkeypatch.setattr(app.editions, "find", busy)
    monkeypatch.setattr(app.deliveries, "unfinished", busy)
    assert clockwork.publish_due() == ()
    clockwork.send_unfinished(asyncio.Event())
    assert ["in use" in record.why for record in caplog.records] == [True, True]


async def test_a_bug_ends_it_but_what_is_in_hand_is_finished_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    async def stumble(*_: object) -> NoReturn:
        await asyncio.to_thread(office.wait_for, 3)
        raise ZeroDivisionError("a bug")

    configure(site, "[smtp]", '\n[digests.daily]\nfrom = "d@quay.example.org"\ncadence = "day"\nminimum = 1\n[smtp]')
    site.write("sunday.md", article("Sunday", "2025-12-07"))
    subscribe(site, ("first@example.org", "second@example.org", "third@example.org"))
    with on_duty(HeldOffice()) as office:
        assert isinstance(office, HeldOffice)
        text = (site.folder / "digest.toml").read_text()
        (site.folder / "digest.toml").write_text(re.sub(r"port = \d+", f"port = {office.port}", text))
        app = app_of(site, Time(MONDAY))
        deliver = app.deliver
        monkeypatch.setattr(
            app, "deliver", lambda record, *rest: (stumble if record.digest == "daily" else deliver)(record, *rest)
        )
        monkeypatch.setattr("digest.scheduler.TICK", 1)
        stop = asyncio.Event()
        work = asyncio.create_task(run(app, stop))
        await asyncio.wait_for(stop.wait(), PATIENCE)  # the bug has shown itself, and nothing new begins
        office.gate.set()
        with pytest.raises(ZeroDivisionError):
            await work
    assert set(deliveries(site, "weekly/1").values()) == {"accepted"}


def test_told_twice_it_ends_at_once(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    with on_duty(office := HeldOffice()):
        configure(site, f"port = {post_office.port}", f"port = {office.port}")
        with started(site.start("run")) as clockwork:
            office.wait_for(2)
            clockwork.send_signal(signal.SIGTERM)
            heard(clockwork, "event=stopping")
            code, said = ended(clockwork)
        office.gate.set()
    assert code == 75
    assert any("uncertain" in line for line in said)
    assert not any("Traceback" in line for line in said)


async def test_told_to_stop_before_it_began_it_does_nothing(site: Site) -> None:
    subscribe(site)
    app = app_of(site, Time(MONDAY))
    stop = asyncio.Event()
    stop.set()
    await run(app, stop)
    assert app.editions.every() == ()


async def test_told_twice_in_one_breath_it_stops_as_if_told_once(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    stop = asyncio.Event()
    work = asyncio.create_task(until_told(run(app_of(site, Time(MONDAY)), stop), stop, lambda _words: None))
    await asyncio.sleep(0)  # it has begun, and heeds signals
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGINT)
    await work
    assert caplog.records[-1].message == "stopped"


async def test_told_again_when_nothing_is_in_hand_any_more_it_stops_all_the_same(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(_pulse: Pulse) -> None:
        reached.set()
        go_on.wait(PATIENCE)

    monkeypatch.setattr(Pulse, "stop", slow)
    stop = asyncio.Event()
    stop.set()
    work = asyncio.create_task(run(app_of(site, Time(MONDAY)), stop))
    await asyncio.to_thread(reached.wait, PATIENCE)
    work.cancel()
    await work
    go_on.set()


async def test_told_twice_in_one_breath_it_finishes_what_is_in_hand(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    with on_duty(office := HeldOffice()):
        configure(site, f"port = {post_office.port}", f"port = {office.port}")
        stop = asyncio.Event()
        work = asyncio.create_task(run(app_of(site, Time(MONDAY)), stop))
        await asyncio.to_thread(office.wait_for, 2)
        stop.set()
        work.cancel()
        office.gate.set()
        await work
    assert set(deliveries(site).values()) == {"accepted"}
