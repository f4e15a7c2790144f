"""A small site, a mail server that keeps what it gets, and the program as a person runs it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner, Result

from digest.cli import cli

MONDAY = "2025-12-08T08:00:00+00:00"  # an hour after the edition of 2025-W49 is due


@dataclass
class PostOffice:
    """What a real SMTP server on loopback was given, message by message."""

    port: int = 0
    messages: list[tuple[str, bytes]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        if reply := self.replies.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 fine"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append((envelope.rcpt_tos[0], envelope.original_content))
        return "250 2.0.0 taken"

    @property
    def received(self) -> Counter[str]:
        return Counter(recipient for recipient, _ in self.messages)

    def message_for(self, address: str) -> bytes:
        return next(data for recipient, data in self.messages if recipient == address)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def on_duty(office: PostOffice, **options: Any) -> Iterator[PostOffice]:
    """The office behind a listening port; ``options`` are those of aiosmtpd's server."""
    office.port = free_port()
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        server_hostname="post.example.org",
        **{"enable_SMTPUTF8": True} | options,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(PostOffice()) as office:
        yield office


def article(title: str, date: str, category: str = "Work", **fields: str) -> str:
    rows = {"title": title, "date": date, "category": category, "excerpt": f"All about {title}."} | fields
    rows.setdefault("source", f"https://news.example.com/{title.lower().replace(' ', '-')}")
    return "---\n" + "".join(f"{key}: {json.dumps(value)}\n" for key, value in rows.items()) + "---\n\nText.\n"


@dataclass
class Site:
    """A folder with a configuration, and the command that is run in it."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        path = self.folder / "content" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *words: str, now: str = MONDAY, **options: Any) -> Result:
        return CliRunner().invoke(cli, [*words, "-c", str(self.folder / "digest.toml"), "--now", now], **options)

    def start(self, *words: str, now: str = MONDAY) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "digest", *words, "-c", str(self.folder / "digest.toml"), "--now", now]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"NO_COLOR": "1"}
        )

    def lines(self, *words: str, now: str = MONDAY) -> list[Any]:
        """The JSON objects that a command prints."""
        result = self.run(*words, "--json", now=now)
        assert result.exit_code == 0, result.output
        return [json.loads(line) for line in result.stdout.splitlines()]


CONFIGURATION = """
[site]
title = "Quay News"
url = "https://quay.example.org"
postal_address = "Quay News, 1 Quay Street, Saltmere"

[[sources]]
files = "content"

[digests.weekly]
from = "Quay News <weekly@quay.example.org>"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = 3

[delivery]
outage = "0s"
"""


@pytest.fixture
def site(tmp_path: Path, post_office: PostOffice) -> Site:
    made = Site(tmp_path / "site")
    made.folder.mkdir()
    (made.folder / "digest.toml").write_text(CONFIGURATION.format(port=post_office.port), encoding="utf-8")
    (made.folder / "digest.key").write_text("k" * 48, encoding="utf-8")
    for day, (title, category) in enumerate(
        [("Cranes", "Work"), ("Ferries", "Travel"), ("Tides", "Science"), ("Wages", "Work")], start=1
    ):
        made.write(f"{title.lower()}.md", article(title, f"2025-12-0{day}", category))
    return made
