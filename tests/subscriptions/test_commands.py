from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest.cli import cli
from digest.store.database import Database
from digest.store.requests import Requests
from digest.subscriptions import asking
from digest.subscriptions.asking import Ask, Terms

NOW = datetime(2025, 10, 6, 7, tzinfo=UTC)

CONFIGURATION = """
[site]
title = "Example"
url = "https://example.org"

[[sources]]
files = "posts"

[digests.weekly]
from = "Example <weekly@example.org>"
cadence = "week"

[smtp]
host = "localhost"
"""
Digest = Callable[..., Result]


@pytest.fixture
def digest(tmp_path: Path) -> Digest:
    (tmp_path / "posts").mkdir()
    (tmp_path / "digest.toml").write_text(CONFIGURATION)

    def digest(*words: str | Path, stdin: str | bytes | None = None) -> Result:
        command = [
            "-c",
            str(tmp_path / "digest.toml"),
            "--now",
            "2025-10-06T07:00:00Z",
            "subscribers",
            *map(str, words),
        ]
        return CliRunner().invoke(cli, command, input=stdin, catch_exceptions=False)

    return digest


def test_a_list_goes_in_and_comes_out(digest: Digest, tmp_path: Path):
    table = tmp_path / "list.csv"
    table.write_text("email;name\na@example.org;=First\nnobody;\nb@example.org;\na@example.org;\n")
    result = digest("import", table)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("refused: line 3: 'nobody' is not an e-mail address")
    assert lines[1] == "refused: line 5: a@example.org: the same address as in line 2"
    assert lines[2] == "2 added, 0 updated, 0 unchanged, 0 kept out, 2 refused"
    assert digest("export").stdout_bytes == (
        b"email,name,status,digests,categories,language,timezone,every,paused\r\n"
        b"a@example.org,'=First,active,,,,,,\r\nb@example.org,,active,,,,,,\r\n"
    )
    assert digest("export", tmp_path / "out.csv").exit_code == 0
    again = digest("import", tmp_path / "out.csv", "--json")
    assert json.loads(again.stdout) == {
        "added": 0, "updated": 0, "unchanged": 2, "kept_out": [], "refused": [], "encoding": "utf-8",
        "passed_over": [], "dry_run": False,
    }  # fmt: skip


def test_a_dry_run_keeps_nothing(digest: Digest):
    result = digest("import", "-", "--dry-run", stdin="email\na@example.org\n")
    assert "1 added" in result.stdout
    assert "nothing is changed" in result.stdout
    assert digest("list").stdout == ""


def test_a_list_that_is_not_utf_8_is_read_with_a_word_of_warning(digest: Digest):
    result = digest("import", "-", stdin="email,name\na@example.org,Zoë\n".encode("cp1252"))
    assert "read as cp1252" in result.stderr
    assert "(Zoë)" in digest("list").stdout


def test_a_broken_list_is_one_line_and_a_hint(digest: Digest):
    result = digest("import", "-", stdin="email,nmae\na@example.org,x\n")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "digest: standard input:1: unknown column 'nmae' (did you mean 'name'?)",
        "  hint: the columns are email, name, status, digests, categories, language, timezone, every, paused",
    ]


def test_columns_that_are_passed_over_are_named_in_one_line(digest: Digest):
    table = "Email Address,First Name,MEMBER_RATING,LEID\na@example.org,Dora,2,7\n"
    result = digest("import", "-", stdin=table)
    assert result.stdout == "1 added, 0 updated, 0 unchanged, 0 kept out, 0 refused\n"
    assert result.stderr == "passed over, for they say nothing to us: MEMBER_RATING, LEID\n"
    assert json.loads(digest("import", "-", "--json", stdin=table).stdout)["passed_over"] == ["MEMBER_RATING", "LEID"]


def test_a_list_that_is_not_there_is_told(digest: Digest, tmp_path: Path):
    result = digest("import", tmp_path / "list.csv")
    assert result.exit_code == 1
    assert "cannot be read: No such file or directory" in result.stderr


def test_a_life_of_a_subscriber(digest: Digest):
    added = digest("add", "Reader@Example.org", "--name", "First Reader", "--categories", "General AI,Work", "--json")
    assert json.loads(added.stdout)["outcome"] == "added"
    shown = json.loads(digest("show", "reader@example.org", "--json").stdout)
    assert shown["categories"] == ["general-ai", "work"]
    assert shown["editions"] == []
    assert shown["created"].startswith("2025-10-06T07:00:0")
    assert "unsubscribed" in digest("remove", "reader@example.org").stdout
    assert "is so already" in digest("remove", "reader@example.org").stdout
    refused = digest("add", "reader@example.org")
    assert refused.exit_code == 1
    assert "--resubscribe" in refused.stderr
    assert digest("add", "reader@example.org", "--resubscribe").exit_code == 0
    assert "suppressed" in digest("suppress", "reader@example.org", "--reason", "a complaint").stdout
    told = digest("show", "reader@example.org").stdout
    assert "a complaint" in told
    assert "general-ai, work" in told
    assert "is erased" in digest("erase", "reader@example.org").stdout
    gone = digest("show", "reader@example.org")
    assert gone.exit_code == 1
    assert "was erased on 2025-10-06" in gone.stderr


def test_how_often_and_a_pause_are_set_shown_and_taken_back(digest: Digest):
    digest("add", "reader@example.org", "--every", "4", "--paused", "2025-12-24")
    (listed,) = digest("list", "--json").stdout.splitlines()
    assert (json.loads(listed)["every"], json.loads(listed)["paused"]) == (4, "2025-12-24T00:00:00+00:00")
    shown = digest("show", "reader@example.org").stdout.splitlines()
    assert {"every       4", "paused      2025-12-24T00:00:00+00:00"} <= set(shown)
    digest("add", "reader@example.org", "--every", "1", "--paused", "")
    back = json.loads(digest("show", "reader@example.org", "--json").stdout)
    assert (back["every"], back["paused"]) == (1, None)
    refused = digest("add", "reader@example.org", "--every", "3")
    assert (refused.exit_code, "one of: 1, 2, 4" in refused.stderr) == (2, True)


def test_what_somebody_agreed_to_is_shown(digest: Digest, tmp_path: Path):
    assert (
        "consents    -" in digest("add", "imported@example.org").stdout + digest("show", "imported@example.org").stdout
    )
    database = Database(f"sqlite:///{tmp_path}/digest.db")
    book, terms = Requests(database), Terms(timedelta(days=7), 10)
    asked = Ask("reader@example.org", page="https://example.org/join", wording="I want it.", client="c1")
    asking.ask(book, asked, terms, now=NOW)
    asking.confirm(book, 1, terms, client="c2", now=NOW + timedelta(minutes=5))
    database.close()
    assert digest("show", "reader@example.org").stdout.splitlines()[12:16] == [
        "consents",
        "  2025-10-06 07:00 asked (subscribe reader@example.org) on https://example.org/join, from c1",
        "                   agreed to: I want it.",
        "  2025-10-06 07:05 confirmed by the link in the mail, from c2",
    ]
    (consent,) = json.loads(digest("show", "reader@example.org", "--json").stdout)["consents"]
    assert consent == {
        "kind": "subscribe",
        "email": "reader@example.org",
        "asked": "2025-10-06T07:00:00+00:00",
        "page": "https://example.org/join",
        "wording": "I want it.",
        "client": "c1",
        "confirmed": "2025-10-06T07:05:00+00:00",
        "confirmed_by": "the link in the mail",
        "confirmed_client": "c2",
    }


def test_a_list_is_filtered_and_one_line_each(digest: Digest):
    digest("import", "-", stdin="email,digests,categories\na@example.org,weekly,AI\nb@example.org,,Work\n")
    digest("remove", "b@example.org")
    (line,) = digest(
        "list", "--status", "active", "--category", "ai", "--digest", "weekly", "--json"
    ).stdout.splitlines()
    assert json.loads(line)["email"] == "a@example.org"
    assert len(digest("list", "--limit", "1").stdout.splitlines()) == 1


def test_a_word_that_is_off_is_a_usage_error(digest: Digest):
    result = digest("add", "a@example.org", "--digests", "weekley")
    assert result.exit_code == 2
    assert "did you mean 'weekly'" in result.stderr


def test_many_refusals_do_not_flood_the_terminal(digest: Digest):
    result = digest("import", "-", stdin="email\n" + "nobody\n" * 50)
    assert len(result.stdout.splitlines()) == 22
    assert "30 more (--json lists them all)" in result.stdout


def test_a_pipe_can_be_imported(digest: Digest, tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", f"printf 'email\\na@example.org\\n' > '{pipe}'"]):
        assert "1 added" in digest("import", pipe).stdout
