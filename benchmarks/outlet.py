"""The program on a temporary database full of subscribers, ready to send one and the same mail to all of them."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from digest import crew
from digest.app import App, clock
from digest.config import load
from digest.errors import TransportError
from digest.model import Article, DeliveryStatus, Edition, EditionRecord, Outcome, Period, Rendition, Section, Selection
from digest.sending.running import run
from digest.store.editions import Along
from digest.subscriptions.importing import import_table

START = datetime(2025, 12, 1, tzinfo=UTC)
UNSIGNED = "none"
HEADERS = 1600  # octets of a message that are not its content, its links among them
QUOTING = 1.053  # what quoted-printable makes of this content
KEYS = (UNSIGNED, "ed25519", "rsa2048")
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

[delivery]
window = {window}
lease = "12h"
processes = {processes}

[database]
url = "sqlite:///digest.db"

[web]
url = "https://news.example.org"
secret_key = "{secret}"
"""
SIGNED = """
[[dkim]]
domain = "example.org"
selector = "{key}"
key_file = "{key}.pem"
"""


@dataclass(frozen=True, slots=True)
class Setup:
    """How ours sends: over how many connections, how many messages under way on each, by whom, signed with what."""

    connections: int
    window: int = 2
    processes: int = 1
    key: str = UNSIGNED


class Silent:
    """Watches the delivery without a word."""

    def recorded(self, outcome: Outcome) -> None: ...

    def skipped(self, count: int) -> None: ...

    def recovered(self, claims: int, doubts: int) -> None: ...

    def paused(self, error: TransportError) -> None: ...

    def resumed(self) -> None: ...

    def failing(self, server: str, error: TransportError) -> None: ...

    def back(self, server: str) -> None: ...

    def slowed(self, whom: str, reply: str) -> None: ...

    def spent(self, server: str, until: datetime) -> None: ...


def furnish(folder: Path, port: int, setup: Setup, subscribers: int) -> App:
    """The program in a new folder, on a database with so many active subscribers."""
    folder.mkdir()
    configuration = CONFIGURATION.format(
        port=port, connections=setup.connections, window=setup.window, processes=setup.processes, secret="k" * 48
    )
    if setup.key != UNSIGNED:
        (folder / f"{setup.key}.pem").write_bytes(private_key(setup.key))
        configuration += SIGNED.format(key=setup.key)
    (folder / "digest.toml").write_text(configuration, encoding="utf-8")
    app = opened(folder)
    people = "".join(f"reader{number}@example.org,Reader {number}\n" for number in range(subscribers))
    import_table(app.subscribers, io.BytesIO(f"email,name\n{people}".encode()), name="people", now=app.now())
    return app


def opened(folder: Path, along: Along | None = None) -> App:
    return App(load(folder / "digest.toml", {}), clock(), along=along)


def freeze(app: App, made: Rendition) -> EditionRecord:
    """The next edition, with a delivery for every subscriber."""
    digest = app.digest()
    number = app.editions.history(digest.name).number + 1
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


def deliver(app: App, record: EditionRecord) -> None:
    """Sends a frozen edition to its end."""
    run(crew.deliver(app, record, Silent(), asyncio.Event()))


def check(app: App, record: EditionRecord) -> None:
    counts = app.deliveries.counts(record.id)
    if counts != {DeliveryStatus.ACCEPTED: record.deliveries}:
        raise SystemExit(f"not all {record.deliveries} were accepted: {counts}")


def message_size(app: App, made: Rendition) -> int:
    """Octets of one reader's message."""
    return app.message(app.letter(app.digest(), "weekly/sample", made), address="reader@example.org").size


def rendition(size: int) -> Rendition:
    """A mail whose message comes to about ``size`` bytes, most of them HTML in lines as a renderer writes them."""
    row = '<tr><td style="padding:8px;color:#222">A line about ferries, libraries and the night timetable.</td></tr>\n'
    line = "A line about ferries, libraries and the night timetable.\n"
    content = (size - HEADERS) / QUOTING
    table = row * max(1, round(content * 0.9 / len(row)))
    return Rendition(
        selection=Selection(),
        subject="What the night timetable changes",
        preheader="",
        html=f'<html><body><table>{table}</table><a href="digest.mark.unsubscribe.">leave</a></body></html>',
        text=line * max(1, round(content * 0.1 / len(line))) + "Leave: digest.mark.unsubscribe.\n",
    )


def private_key(kind: str) -> bytes:
    """A new one, in PEM."""
    made = ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, 2048)
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
