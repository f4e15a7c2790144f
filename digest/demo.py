"""The main job end to end on the sample site: real files, a real database, a real SMTP server that keeps what it gets."""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from digest import crew
from digest.app import App, clock
from digest.bundle import bundled
from digest.config import load
from digest.model import DeliveryStatus, EditionRecord, Message, Problem
from digest.sending.ports import Watch
from digest.subscriptions.importing import Imported, import_table

# Monday morning after the sample site's last week, an hour after its digest is due.
DEMO_NOW = datetime.fromisoformat("2025-10-27T08:00:00+01:00")


@dataclass(frozen=True, slots=True)
class Shown:
    """What happened, for telling; ``caught`` counts the messages by the mailbox they were for."""

    imported: Imported
    problems: tuple[Problem, ...]
    record: EditionRecord
    considered: int
    counts: dict[DeliveryStatus, int]
    caught: Counter[str]
    sample: Message


class Catcher:
    """An SMTP server's end that writes each message it takes as ``.eml``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.caught: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        recipient = envelope.rcpt_tos[0]
        self.caught[recipient] += 1
        content = envelope.original_content or b""
        (self._folder / f"{recipient.replace('/', '_')}.eml").write_bytes(content)
        return "250 2.0.0 caught"


async def show(folder: Path, watch: Watch) -> Shown:
    """Imports, composes, freezes, sends and catches, in a temporary database; messages go below ``folder``."""
    (folder / "messages").mkdir(parents=True, exist_ok=True)
    catcher = Catcher(folder / "messages")
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(catcher, hostname="catcher.example.org", enable_SMTPUTF8=True), "127.0.0.1", 0
    )
    with tempfile.TemporaryDirectory(prefix="digest-demo-") as place:
        try:
            return await _run(_app(Path(place), server.sockets[0].getsockname()[1]), watch, catcher)
        finally:
            server.close()


def _app(place: Path, port: int) -> App:
    environ = {
        "DIGEST_SMTP__HOST": "127.0.0.1",
        "DIGEST_SMTP__PORT": str(port),
        "DIGEST_SMTP__TLS": "none",
        "DIGEST_DATABASE__URL": f"sqlite:///{place / 'demo.db'}",
        "DIGEST_WEB__SECRET_KEY": secrets.token_urlsafe(48),
    }
    return App(load(bundled("examples") / "digest.toml", environ), clock(DEMO_NOW))


async def _run(app: App, watch: Watch, catcher: Catcher) -> Shown:
    source = bundled("subscribers.example.csv")
    with source.open("rb") as table:
        imported = import_table(app.subscribers, table, name=source.name, now=app.now())
    digest = app.digest()
    prepared = app.prepare(digest, app.period(digest, None))
    record = app.freeze(digest, prepared)
    await crew.deliver(app, record, watch, asyncio.Event())
    rendition = next(iter(app.editions.renditions(record.id).values()))
    sample = app.message(app.letter(digest, record.name, rendition), address="reader@example.org")
    counts = app.deliveries.counts(record.id)
    considered = sum(verdict.article.published in record.period for verdict in prepared.composition.verdicts)
    return Shown(imported, prepared.problems, record, considered, counts, catcher.caught, sample)
