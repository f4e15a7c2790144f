"""``digest serve`` as people run it, and what `digest run` tells it."""

from __future__ import annotations

import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from subprocess import Popen
from urllib.parse import urlsplit

import httpx
import pytest

from digest.app import App
from digest.config import load
from digest.links import Purpose, Signer
from digest.scheduler.pulse import Pulse
from digest.web.serving import listen
from tests.journeys.conftest import MONDAY, Site
from tests.journeys.steps import PATIENCE, Time, app_of, configure, heard, started, subscribe


@contextmanager
def serving(site: Site, *words: str) -> Iterator[tuple[Popen[str], str, list[str]]]:
    """The command on a port that is free: the process, its address, and what it had said by then on stderr."""
    with started(site.start("serve", "--port", "0", *words)) as process:
        said = heard(process, "listening on")
        yield process, re.findall(r"http://[^;]+", said[-1])[0], said


def ended(process: Popen[str]) -> tuple[int, list[str], list[str]]:
    process.send_signal(signal.SIGTERM)
    out, said = process.communicate(timeout=PATIENCE)
    return process.returncode, out.splitlines(), said.splitlines()


def test_it_serves_until_it_is_told_to_stop(site: Site) -> None:
    with serving(site) as (process, here, said):
        with httpx.Client(base_url=here, timeout=PATIENCE) as client:
            assert client.get("/").status_code == 200
            assert client.get("/health").json()["status"] == "ok"
        code, out, _ = ended(process)
    assert (code, out) == (0, [here])
    assert "web.url is unset" in "\n".join(said)


def test_ctrl_c_ends_it_too(site: Site) -> None:
    with serving(site) as (process, _, _):
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_with_an_address_of_its_own_pages_name_that_and_nothing_has_to_be_said(site: Site) -> None:
    configure(site, "[smtp]", '[web]\nurl = "https://example.org/news"\n\n[webhooks]\nmailgun_key = "key"\n\n[smtp]')
    with serving(site) as (process, here, said):
        assert "https://example.org/news/archive/sitemap.xml" in httpx.get(f"{here}/robots.txt").text
        assert httpx.post(f"{here}/hooks/mailgun").status_code == 401  # it wants a proof, so there is a door
        code, out, _ = ended(process)
    assert (code, out) == (0, ["https://example.org/news", "mailgun: https://example.org/news/hooks/mailgun"])
    assert any(f"listening on {here};" in line for line in said)
    assert "web.url" not in "\n".join(said)


def test_what_is_in_hand_is_finished_before_it_stops(site: Site) -> None:
    subscribe(site)
    token = Signer(["k" * 48]).sign(Purpose.UNSUBSCRIBE, "weekly/2025-W49", 1)
    body = b"List-Unsubscribe=One-Click"
    head = (
        f"POST /unsubscribe/{token} HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    with serving(site) as (process, here, _):
        where = urlsplit(here)
        assert where.hostname
        assert where.port
        with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as line:
            line.sendall(head.encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 100")  # it is being read
            process.send_signal(signal.SIGTERM)
            line.sendall(body)
            assert line.recv(1000).startswith(b"HTTP/1.1 200")
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert [fact["status"] for fact in site.lines("subscribers", "list")] == ["unsubscribed", "active"]


def test_the_log_holds_no_address_and_no_token(site: Site) -> None:
    subscribe(site)
    token = Signer(["k" * 48]).sign(Purpose.UNSUBSCRIBE, "weekly/2025-W49", 1)
    with serving(site) as (process, here, _):
        with httpx.Client(base_url=here, timeout=PATIENCE) as client:
            client.get(f"/unsubscribe/{token}")
            client.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"})
            client.get(f"/unsubscribe/{token}x")
            client.post("/subscribe", data={"email": "somebody@example.org"})
        _, _, said = ended(process)
    assert not any("@" in line or token[:20] in line for line in said)


MULTIPART = b"multipart/form-data"
PART = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.c\r\n'
JUNK = (
    b"",
    b"--",
    b"--\r\n\r\n--",
    b"--y\r\n",
    b"\0" * 200,
    PART,
    PART[:-9],
    PART + b"--x-",
    PART + b"--x--" + b"after the end",
    b"\r\n" + PART + b"--x\r--",
    PART.replace(b": ", b" "),
    PART.replace(b"form-data", b"\xff"),
    PART.replace(b"Content", b"Con\r\ntent"),
    PART.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + b"--x--",
)
HEADS = (  # as they are, on a connection each
    b"nonsense\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\nHost: here\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    b"POST /health HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /subscribe HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",
    b"POST /subscribe HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
)


def test_whatever_is_sent_the_log_is_lines_of_ours(site: Site) -> None:
    with serving(site) as (process, here, _):
        where = urlsplit(here)
        with httpx.Client(base_url=here, timeout=PATIENCE) as client:
            for body in JUNK:
                for kind in (MULTIPART + b"; boundary=x", MULTIPART, MULTIPART + b"; boundary=\xff"):
                    answer = client.post("/subscribe", content=body, headers={b"Content-Type": kind})
                    assert answer.status_code in {400, 403}
            for head in HEADS:
                with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as line:
                    line.sendall(head)
                    line.shutdown(socket.SHUT_WR)
                    while line.recv(10_000):
                        pass
            with socket.create_connection((where.hostname, where.port), timeout=PATIENCE) as line:
                line.sendall(b"POST /health HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n")
                assert line.recv(10_000).startswith(b"HTTP/1.1 405")
                line.sendall(b"zz\r\n")  # no length of a chunk, of a body that nobody waits for
                while line.recv(10_000):
                    pass
            assert client.get("/health").status_code == 200
        _, _, said = ended(process)
    assert [line for line in said if not re.match(r"at=\S+ level=\w+ event=", line)] == []


def test_a_port_that_is_taken_is_told_with_what_to_do(site: Site) -> None:
    with listen("127.0.0.1", 0) as taken:
        result = site.run("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 2
    assert "--port" in result.stderr


def test_without_the_key_that_signs_links_nothing_is_served(site: Site) -> None:
    (site.folder / "digest.key").unlink()
    result = site.run("serve", "--port", "0")
    assert result.exit_code == 78
    assert "digest.key" in result.stderr


@pytest.mark.parametrize("line", ['trusted_proxies = ["nginx"]', 'url = "news.example.org"', 'origins = ["*"]'])
def test_settings_that_are_wrong_are_told_before_anything_is_served(site: Site, line: str) -> None:
    configure(site, "[smtp]", f"[web]\n{line}\n\n[smtp]")
    result = site.run("serve", "--port", "0")
    assert result.exit_code == 78
    assert f"web.{line.partition(' ')[0]}" in result.stderr


def test_the_clockwork_is_seen_while_it_runs_and_not_missed_when_it_was_stopped(site: Site) -> None:
    heartbeat = app_of(site, Time(MONDAY)).heartbeat
    assert heartbeat.last() is None
    with started(site.start("run")) as process:
        heard(process, "not published")  # nobody reads it; that is found out at the first tick
        seen = heartbeat.last()
        assert seen is not None
        assert 0 <= (seen - Time(MONDAY)()).total_seconds() < PATIENCE
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
    assert heartbeat.last() is None


def test_a_clockwork_that_was_killed_is_missed(site: Site) -> None:
    with started(site.start("run")) as process:
        heard(process, "not published")
        process.kill()
    assert app_of(site, Time(MONDAY)).heartbeat.last() is not None


def test_a_database_that_is_locked_does_not_stop_the_clockwork(site: Site) -> None:
    time = Time(MONDAY)
    app = App(load(site.folder / "digest.toml", {}), time, busy_timeout=0.05)
    pulse = Pulse(app)
    assert app.heartbeat.last() is None
    with closing(sqlite3.connect(site.folder / "digest.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        pulse.beat()
        pulse.stop()
        other.execute("ROLLBACK")
    assert app.heartbeat.last() is None
    pulse.beat()  # at the next tick, not a minute later
    assert app.heartbeat.last() == time()


def test_the_clockwork_writes_once_a_minute_however_often_it_ticks(site: Site) -> None:
    time = Time(MONDAY)
    app = app_of(site, time)
    pulse, start = Pulse(app), time()
    seen = []
    for _ in range(25):
        pulse.beat()
        seen.append(app.heartbeat.last())
        time.go(seconds=5)
    assert set(seen) == {start, start + timedelta(minutes=1), start + timedelta(minutes=2)}
