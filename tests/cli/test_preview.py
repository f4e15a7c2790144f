"""``digest preview`` as a command: its files, what it refuses, and the life of its page."""

from __future__ import annotations

import json
import signal
import socket
import urllib.request
from pathlib import Path

import pytest

from tests.journeys.conftest import PostOffice, Site, article, post_office, site
from tests.journeys.steps import configure, started, subscribe

__all__ = ["PostOffice", "post_office", "site"]

LOOKS = ["dark", "forced", "light", "no-images"]


def test_without_a_folder_it_writes_the_three_files(site: Site) -> None:
    (fact,) = site.lines("preview")
    assert [Path(file).suffix for file in fact["files"]] == [".html", ".txt", ".eml"]


def test_with_a_folder_it_writes_every_look_too(site: Site) -> None:
    out = site.folder / "out"
    result = site.run("preview", "--out", str(out), "--no-screenshots")
    assert result.exit_code == 0, result.output
    names = [f"weekly-2025-W49.{name}" for name in ["html", "txt", "eml", *(f"{look}.html" for look in LOOKS)]]
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert all(str(out / name) in result.stdout.splitlines() for name in names)


def test_without_a_browser_it_says_so_and_goes_on(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = site.run("preview", "--out", str(site.folder / "out"))
    assert result.exit_code == 0
    assert "no pictures: there is no Chromium in PATH" in result.stderr
    assert list((site.folder / "out").glob("*.png")) == []


def test_pictures_that_were_asked_for_and_cannot_be_had_are_a_failure(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    result = site.run("preview", "--out", str(site.folder / "out"), "--screenshots")
    assert result.exit_code == 1
    assert "there is no Chromium in PATH" in result.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "taking 8 pictures of it, which takes a while; `--no-screenshots` does without them"),
        (("--screenshots",), "taking 8 pictures of it, which takes a while"),
    ],
)
def test_it_says_that_it_takes_pictures_before_it_does(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\nexit 1\n")  # which makes it tell at once that there will be none
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    told = site.run("preview", "--out", str(site.folder / "out"), *words).stderr.splitlines()
    assert said in told
    assert "did not tell how high the pages are" in "".join(told[told.index(said) + 1 :])
    assert "pictures" not in site.run("preview", "--out", str(site.folder / "out"), "--no-screenshots").stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--for", "a@example.org", "--categories", "work"], "--for and --categories exclude each other"),
        (["--live", "--out", "somewhere"], "--live and --out exclude each other"),
        (["--port", "8025"], "--port is for --live"),
        (["--screenshots"], "--screenshots needs --out"),
        (["--live", "--port", "70000"], "70000"),
        (["--live", "--digest", "hourly"], "there is no digest 'hourly'"),
        (["--live", "--period", "someday"], "someday"),
    ],
)
def test_what_makes_no_sense_is_refused(site: Site, words: list[str], said: str) -> None:
    result = site.run("preview", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_broken_configuration_is_told_before_anything_is_served(site: Site) -> None:
    (site.folder / "digest.toml").write_text("[")
    assert site.run("preview", "--live").exit_code == 78


def test_a_port_that_is_taken_is_named(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = site.run("preview", "--live", "--port", str(port))
    assert result.exit_code == 2
    assert f"port {port}" in result.stderr


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_the_page_lives_until_a_signal_even_while_somebody_listens(site: Site, sign: signal.Signals) -> None:
    with started(site.start("preview", "--live", "--port", "0")) as process:
        assert process.stdout
        address = process.stdout.readline().strip()
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address) as page:
            assert "weekly/2025-W49" in page.read().decode()
        with urllib.request.urlopen(f"{address}events") as events:
            assert events.readline() == b"event: version\n"
            process.send_signal(sign)
            assert process.wait() == 0
        assert process.stderr
        assert "Traceback" not in process.stderr.read()


def test_the_page_begins_with_what_was_asked_for(site: Site) -> None:
    subscribe(site)
    words = ("--period", "2025-W48", "--categories", "travel")
    site.write("old.md", "---\ntitle: Old boats\ndate: 2025-11-25\ncategory: Travel\n---\nText.\n")
    with started(site.start("preview", "--live", "--port", "0", *words)) as process:
        assert process.stdout
        with urllib.request.urlopen(process.stdout.readline().strip() + "mail") as mail:
            assert "Old boats" in mail.read().decode()


def test_what_it_prints_as_json_names_the_edition(site: Site) -> None:
    result = site.run("preview", "--json")
    assert json.loads(result.stdout)["edition"] == "weekly/2025-W49"


def test_a_missing_postal_address_is_a_problem_of_every_preview(site: Site) -> None:
    configure(site, 'postal_address = "Quay News, 1 Quay Street, Saltmere"', "")
    result = site.run("preview")
    assert result.exit_code == 0
    assert "problem: digest.toml: site.postal_address: missing, and no mail may leave without one" in result.stderr


def test_it_says_for_how_many_there_was_no_room_and_what_the_checks_find(site: Site) -> None:
    for number in range(150):
        site.write(f"more{number}.md", article(f"More {number}", "2025-12-03", excerpt=f"{number} words " * 20))
    configure(site, "[smtp]", "per_section = 200\nmaximum = 200\n[smtp]")
    (fact,) = site.lines("preview")
    assert fact["trimmed"]
    result = site.run("preview")
    assert result.stdout.count("\nno room for: ") == len(fact["trimmed"])
    told = [json.loads(line) for line in site.run("articles", "--json").stdout.splitlines()]
    assert {line["key"] for line in told if line["trimmed"]} == set(fact["trimmed"])
    assert site.run("articles").stdout.count("[no room in a mail with all sections]") == len(fact["trimmed"])
    subscribe(site)
    assert site.run("send", "--yes").exit_code == 0
    frozen = [json.loads(line) for line in site.run("articles", "--json").stdout.splitlines()]
    assert {line["key"] for line in frozen if line["trimmed"]} == set(fact["trimmed"])
