"""``digest check --email``: files from anybody, the mail that would be sent, for people and for programs."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli, proofs
from digest.fetching import Fetcher, Limits
from tests.journeys.conftest import PostOffice, Site, post_office, site
from tests.proof.conftest import HTML, Mail

__all__ = ["post_office", "site"]

KEYS = ["file", "rule", "level", "part", "line", "path", "what", "advice", "source"]


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, ["check", "--email", *map(str, words)])


def told(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.eml"
    path.write_bytes(Mail().data)
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.html"
    path.write_text(HTML.replace("<h2>", "<img>" * 5 + "<h2 style='padding:4px'>"), encoding="utf-8")
    return path


def test_a_good_mail_needs_no_mending_and_no_configuration(good: Path) -> None:
    result = run(good)
    assert result.exit_code == 0, result.output
    headline, summary = result.stdout.splitlines()
    assert headline == f"{good}: Quay News #7: The cranes are back"
    assert summary.startswith("nothing to mend; message ")
    assert run(good, "--json").stdout == ""


def test_a_bad_page_is_told_rule_by_rule_errors_first_and_not_all_of_them(bad: Path) -> None:
    result = run(bad)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line for line in lines if line.startswith("error    image-alt")] == [
        *(f"error    image-alt  html:23  no alt: an image without a source ({ALT})" for _ in range(3)),
        "error    image-alt  and 2 more; -v shows all",
    ]
    assert [line.split()[0] for line in lines[1:-1]] == sorted(line.split()[0] for line in lines[1:-1])
    assert lines[-1].startswith("15 errors, 6 warnings; HTML ")
    assert run(bad, "-v").stdout.count("image-alt") == 5


ALT = 'say what the image shows, or alt="" where the words beside it say the same; WCAG 2.2, 1.1.1'


def test_programs_get_one_object_for_each_finding(good: Path, bad: Path) -> None:
    result = run(good, bad, "--json")
    assert result.exit_code == 1
    findings = told(result)
    assert all(list(finding) == KEYS for finding in findings)
    assert {finding["file"] for finding in findings} == {str(bad)}
    assert findings[0] == {
        "file": str(bad), "rule": "image-alt", "level": "error", "part": "html", "line": 23,
        "path": "/html/body/table/tr/td/img[1]", "what": "no alt: an image without a source",
        "advice": ALT.rpartition(";")[0], "source": "WCAG 2.2, 1.1.1",
    }  # fmt: skip


def test_advice_alone_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "advice.eml"
    path.write_bytes(Mail().paged("<h2>", "<h2 style='padding:4px'>").data)
    assert run(path).exit_code == 0
    assert [finding["level"] for finding in told(run(path, "--json"))] == ["warning"]


def test_a_file_that_cannot_be_read_is_told_in_one_line(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == f"digest: {tmp_path}: cannot be read: Is a directory"
    assert run(tmp_path / "lost.eml").exit_code == 2


def test_any_bytes_are_told_and_no_traceback(tmp_path: Path) -> None:
    for name in ("a.eml", "a.html"):
        (tmp_path / name).write_bytes(bytes(range(256)) * 8)
        result = run(tmp_path / name)
        assert result.exit_code == 1
        assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.mark.parametrize("words", [["check", "a.eml"], ["check", "--online"], ["check", "--period", "2025-W40"]])
def test_words_for_mails_need_the_option(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.eml").write_bytes(b"")
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 2
    assert "--email" in result.stderr


def test_a_file_is_of_no_period(good: Path) -> None:
    assert run(good, "--period", "2025-W40").exit_code == 2


def test_the_mail_that_would_be_sent_is_read_and_nothing_changes(site: Site, post_office: PostOffice) -> None:
    result = site.run("check", "--email")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("weekly/2025-W49: ")
    assert "0 errors" in result.stdout or "nothing to mend" in result.stdout
    assert not post_office.messages
    other = site.run("check", "--email", "--digest", "weekly", "--period", "2025-12-01/2025-12-03")
    assert other.stdout.startswith("weekly/2025-12-01"), other.output


# --- links, tried ----------------------------------------------------------------------------------------------------


class Quay(BaseHTTPRequestHandler):
    """Answers with the status that the path names, and remembers what it was asked."""

    asked: list[str]

    def do_HEAD(self) -> None:
        self.asked.append(self.path)
        self.send_response(int(self.path.rpartition("/")[2]))
        self.end_headers()

    do_GET = do_HEAD  # noqa: N815 - http.server's name

    def log_message(self, *_words: object) -> None:
        return


@contextmanager
def quay() -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Asked", (Quay,), {"asked": asked}))
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_links_are_tried_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(allow_http=True, allow_private=True)
    monkeypatch.setattr(proofs, "fetcher", lambda: Fetcher(limits))
    with socket.socket() as closed, quay() as (address, asked):
        closed.bind(("127.0.0.1", 0))  # and does not listen
        links = [f"{address}/{status}" for status in (200, 404, 410, 403, 503)]
        links.append(f"http://127.0.0.1:{closed.getsockname()[1]}/")
        path = tmp_path / "links.html"
        path.write_text("".join(f'<a href="{link}">x</a><a href="{link}">x</a>' for link in links), encoding="utf-8")
        found = [one for one in told(run(path, path, "--online", "--json")) if one["rule"].startswith("link-")]
    tried = [
        (one["rule"], one["what"].split()[0].rstrip(":"))
        for one in found
        if one["rule"] in {"link-dead", "link-unsure"}
    ]
    expected = ["link-dead", "link-dead", "link-unsure", "link-unsure", "link-unsure"]
    assert tried == list(zip(expected, [link.rstrip(":") for link in links[1:]], strict=True)) * 2
    assert asked.count("/200") == 1
