"""What several journeys do: put people on the list, read the record, watch a process, look into a mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import queue
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from digest.app import App
from digest.config import load
from tests.journeys.conftest import PostOffice, Site

PATIENCE = 60  # seconds after which a process that says nothing is ended, so that a fault fails and does not hang

READERS = ("first@example.org", "second@example.org")


def subscribe(site: Site, addresses: Iterable[str] = READERS) -> None:
    table = site.folder / "people.csv"
    table.write_text("email\n" + "".join(f"{address}\n" for address in addresses), encoding="utf-8")
    result = site.run("subscribers", "import", str(table))
    assert result.exit_code == 0, result.output


def configure(site: Site, old: str, new: str) -> None:
    """One place of the configuration written anew."""
    path = site.folder / "digest.toml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


class Time:
    """A clock that stands still until somebody moves it."""

    def __init__(self, start: str) -> None:
        self.instant = datetime.fromisoformat(start)

    def __call__(self) -> datetime:
        return self.instant

    def go(self, **amount: float) -> None:
        self.instant += timedelta(**amount)


def app_of(site: Site, now: Callable[[], datetime]) -> App:
    return App(load(site.folder / "digest.toml", {}), now)


def deliveries(site: Site, edition: str = "1", now: str = "2026-06-01T00:00:00+00:00") -> dict[str, str]:
    """Status by address, as the record has it."""
    return {fact["address"]: fact["status"] for fact in site.lines("editions", "deliveries", edition, now=now)}


@contextmanager
def started(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """A process that does not outlive the test."""
    watchdog = threading.Timer(PATIENCE, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def heard(process: subprocess.Popen[str], words: str) -> list[str]:
    """What the process says on stderr up to the line with these words."""
    assert process.stderr is not None
    lines: list[str] = []
    for line in process.stderr:
        lines.append(line.rstrip("\n"))
        if words in line:
            return lines
    raise AssertionError(f"it ended without saying {words!r}:\n" + "\n".join(lines))


@dataclass
class HeldOffice(PostOffice):
    """A mail server that says nothing about a message before ``gate`` is set; ``in_hand`` names whom it was for."""

    gate: threading.Event = field(default_factory=threading.Event)
    in_hand: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self.in_hand.put(envelope.rcpt_tos[0])
        await asyncio.get_running_loop().run_in_executor(
            None, self.gate.wait, 2 * PATIENCE
        )  # a test that failed is over
        return await super().handle_DATA(server, session, envelope)

    def wait_for(self, messages: int) -> list[str]:
        """Returns once so many more messages are in hand."""
        return [self.in_hand.get(timeout=PATIENCE) for _ in range(messages)]


def opened(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    content: Any = part.get_content()
    return str(content)
