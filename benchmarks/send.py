"""Sending into a local sink: the whole path of ours beside Postfix's ``smtp-source`` and plain loops over aiosmtplib.

Ours freezes an edition for everybody and delivers it with the real ledger, a durable commit before each hand-over. The
peers remember nothing: ``smtp-source`` is C and sends the same bytes over and over, the loops build an EmailMessage for
each person. All of them talk to one ``smtp-sink`` on loopback, and keep their connections open.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count
from pathlib import Path

import aiosmtplib
from measuring import OURS, Way, compare, introduce, timed

from digest.app import App, clock
from digest.config import load
from digest.errors import TransportError
from digest.model import Article, DeliveryStatus, Edition, EditionRecord, Outcome, Period, Rendition, Section, Selection
from digest.subscriptions.importing import import_table

START = datetime(2025, 12, 1, tzinfo=UTC)
BACKLOG = 1000  # connections that may wait: more than anybody opens here
PLAIN_SHARE = 5  # the plain loops send a fifth: their rate needs no more, and they take long
CONFIGURATION = """
[site]
title = "Example"
postal_address = "Example, 1 Sample Street"

[[sources]]
files = "."

[digests.weekly]
from = "Example Weekly <weekly@example.org>"

[smtp]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}

[web]
url = "https://news.example.org"
secret_key = "{key}"
"""


class Silent:
    """Watches the delivery without a word."""

    def recorded(self, outcome: Outcome) -> None: ...

    def skipped(self, count: int) -> None: ...

    def recovered(self, claims: int, doubts: int) -> None: ...

    def paused(self, error: TransportError) -> None: ...

    def resumed(self) -> None: ...


@contextmanager
def sink() -> Iterator[int]:
    """An ``smtp-sink`` on a free port of loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    user = ["-u", "nobody"] if os.geteuid() == 0 else []  # root has to become somebody else
    command = [tool("smtp-sink"), "-4", *user, "-m", str(BACKLOG), f"127.0.0.1:{port}", str(BACKLOG)]
    with subprocess.Popen(command) as process:
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"smtp-sink ended at once with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit("smtp-sink does not answer")


def tool(name: str) -> str:
    """Where a tool of Postfix is, "" if nowhere; Debian keeps them outside of a user's PATH."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def rendition(size: int) -> Rendition:
    """A mail of about ``size`` bytes, most of them HTML in lines as a renderer writes them."""
    row = '<tr><td style="padding:8px;color:#222">A line about ferries, libraries and the night timetable.</td></tr>\n'
    table = row * max(1, int(size * 0.75) // len(row))
    return Rendition(
        selection=Selection(),
        subject="What the night timetable changes",
        preheader="",
        html=f'<html><body><table>{table}</table><a href="digest.mark.unsubscribe.">leave</a></body></html>',
        text="A line about ferries, libraries and the night timetable.\n" * max(1, size // 600)
        + "Leave: digest.mark.unsubscribe.\n",
    )


# --- ours ----------------------------------------------------------------------------------------------------------


def site(folder: Path, port: int, connections: int, messages: int) -> App:
    """The program on a database with ``messages`` active subscribers."""
    folder.mkdir()
    path = folder / "digest.toml"
    path.write_text(CONFIGURATION.format(port=port, connections=connections, key="k" * 48), encoding="utf-8")
    app = App(load(path, {"DIGEST_DATABASE__URL": f"sqlite:///{folder / 'digest.db'}"}), clock())
    people = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(messages))
    import_table(app.subscribers, io.BytesIO(f"email,name\n{people}".encode()), name="people", now=app.now())
    return app


def freeze(app: App, made: Rendition, number: int) -> EditionRecord:
    digest = app.digest()
    start = START + timedelta(weeks=number)
    article = Article(key=f"path:{number}.md", title="The night timetable", published=start)
    period = Period(start, start + timedelta(weeks=1), f"{start:%G-W%V}")
    edition = Edition("weekly", number, "Example Weekly", period, (Section("work", "Work", (article,)),))
    record = app.editions.freeze(
        edition,
        [made],
        considered=[(article, True)],
        sender=digest.sender,
        message_key=app.signer.message_key(edition.name),
        now=app.now(),
    )
    assert record is not None, "this period was frozen already"
    return record


def publish_and_send(app: App, made: Rendition, number: int, messages: int) -> None:
    record = freeze(app, made, number)
    asyncio.run(app.deliver(record, Silent(), asyncio.Event()))
    counts = app.deliveries.counts(record.id)
    assert counts == {DeliveryStatus.ACCEPTED: messages}, f"not everything was accepted: {counts}"


# --- peers ---------------------------------------------------------------------------------------------------------


def smtp_source(port: int, connections: int, messages: int, size: int) -> None:
    sessions = ["-d", "-s", str(connections), "-m", str(messages), "-l", str(size)]
    envelope = ["-f", "weekly@example.org", "-t", "reader@example.org"]
    subprocess.run([tool("smtp-source"), "-4", *sessions, *envelope, f"127.0.0.1:{port}"], check=True)


async def plain_loop(port: int, connections: int, messages: int, made: Rendition) -> None:
    """What one writes in ten lines: some workers, a connection each, an EmailMessage for each person."""
    people = iter(range(messages))

    async def work() -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as client:
            for number in people:
                await client.send_message(email_message(made, f"reader{number}@example.org"))

    await asyncio.gather(*(work() for _ in range(connections)))


def email_message(made: Rendition, address: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Example Weekly <weekly@example.org>", address, made.subject
    mail.set_content(made.text)
    mail.add_alternative(made.html, subtype="html")
    return mail


# --- together ------------------------------------------------------------------------------------------------------


def compare_sending(port: int, app: App, *, kilobytes: int, connections: int, messages: int, runs: int) -> None:
    made = rendition(kilobytes * 1024)
    digest = app.digest()
    size = len(app.message(app.letter(digest, "weekly/sample", made), address="reader@example.org").data)
    plain = max(connections, messages // PLAIN_SHARE)
    editions = count(app.editions.history(digest.name).number + 1)

    def plainly(workers: int) -> float:
        return timed(lambda: asyncio.run(plain_loop(port, workers, plain, made)))

    def source() -> float:
        return timed(lambda: smtp_source(port, connections, messages, size))

    ways = (
        Way(OURS, messages, lambda: timed(lambda: publish_and_send(app, made, next(editions), messages))),
        Way("smtp-source (C)", messages, source if tool("smtp-source") else None),
        Way(f"aiosmtplib.send_message, {connections} workers", plain, lambda: plainly(connections)),
        Way("aiosmtplib.send_message, one connection", plain, lambda: plainly(1)),
    )
    compare(f"{messages:,} messages of {size / 1024:.0f} KB over {connections} connections", ways, runs=runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--size", type=int, nargs="+", default=[5, 60], help="KB")
    parser.add_argument("--connections", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args()
    introduce(given.runs)
    if not tool("smtp-sink"):
        print("smtp-sink is not installed, and there is nothing to send to: Debian has it in the package postfix")
        return
    with tempfile.TemporaryDirectory() as place, sink() as port:
        for connections in given.connections:
            app = site(Path(place, str(connections)), port, connections, given.messages)
            for kilobytes in given.size:
                compare_sending(
                    port,
                    app,
                    kilobytes=kilobytes,
                    connections=connections,
                    messages=given.messages,
                    runs=given.runs,
                )
            app.database.close()


if __name__ == "__main__":
    main()
