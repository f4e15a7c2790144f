"""``digest serve`` killed again and again with a letter in hand, under a real mail server."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from digest.model import Request, RequestKind
from tests.journeys.conftest import MONDAY, PostOffice, Site, on_duty
from tests.journeys.steps import PATIENCE, app_of, started

KILLED_AT = ("MAIL", "RCPT", "DATA")


@dataclass
class DeadlyOffice(PostOffice):
    """Kills whoever hands over the third letter, at a moment of the dialogue."""

    victim: int = 0
    moment: str = ""
    begun: int = 0
    arrived: queue.SimpleQueue[str] = field(default_factory=queue.SimpleQueue)

    def _strike(self, moment: str) -> None:
        self.begun += moment == "MAIL"
        if moment == self.moment and self.begun == 3:
            os.kill(self.victim, signal.SIGKILL)

    async def handle_MAIL(self, _server, _session, envelope, address, _options):  # noqa: N802 - aiosmtpd's name
        self._strike("MAIL")
        envelope.mail_from = address
        return "250 2.1.0 fine"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - aiosmtpd's name
        self._strike("RCPT")
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - aiosmtpd's name
        self._strike("DATA")
        reply = await super().handle_DATA(server, session, envelope)
        self.arrived.put(envelope.rcpt_tos[0])
        return reply


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    with on_duty(DeadlyOffice()) as office:
        yield office


def ask(site: Site, count: int) -> list[int]:
    now = datetime.fromisoformat(MONDAY)
    addresses = (f"reader{number}@example.org" for number in range(count))
    with app_of(site, lambda: now).requests.changing() as changes:
        return [
            changes.keep(Request(0, RequestKind.SUBSCRIBE, address, address, address, created=now, due=now))
            for address in addresses
        ]


def test_a_kill_loses_the_letter_in_hand_at_most_and_doubles_none(site: Site, post_office: DeadlyOffice) -> None:
    asked = ask(site, 20)
    book = app_of(site, lambda: datetime.fromisoformat(MONDAY)).requests
    for kills, moment in enumerate(KILLED_AT, 1):
        post_office.begun, post_office.moment = 0, moment
        with started(site.start("serve", "--port", "0")) as process:
            post_office.victim = process.pid
            process.communicate(timeout=PATIENCE)
            assert process.returncode == -signal.SIGKILL
        assert len(asked) - book.waiting()[0] - len(post_office.received) <= kills
    post_office.moment = ""
    with started(site.start("serve", "--port", "0")) as process:
        left = book.waiting()[0]
        while not post_office.arrived.empty():
            post_office.arrived.get()
        for _ in range(left):
            post_office.arrived.get(timeout=PATIENCE)
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert book.waiting() == (0, None)
    assert set(post_office.received.values()) == {1}
    assert len(asked) - len(post_office.received) <= len(KILLED_AT)
