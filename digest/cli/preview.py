"""``digest preview``: exactly what would be sent, with no state touched."""

from __future__ import annotations

import base64
import tempfile
import webbrowser
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, pass_session, writing
from digest.errors import UsageError
from digest.identity import category_key
from digest.model import Message, Selection, Subscriber
from digest.subscriptions.addresses import mailbox

if TYPE_CHECKING:
    from digest.app import App
    from digest.message import Letter
    from digest.model import Edition, EditionRecord, Period
    from digest.publishing import Digest

SAMPLE_READER = Subscriber(id=0, address="reader@example.org")


@click.command(short_help="Exactly what would be sent; nothing is.")
@click.option("--digest", "digest_name", metavar="NAME", help="Which digest; needed when there are several.")
@click.option("--period", "period_name", metavar="PERIOD", help="2025-W40, 2025-10-01, 2025-10 or START/END.")
@click.option("--for", "address", metavar="ADDRESS", help="As this subscriber would get it.")
@click.option("--categories", metavar="A,B", help="As somebody who selected these categories would get it.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write the files."
)
@click.option("--open", "show", is_flag=True, help="Show it in the browser.")
@click.option("--strict", is_flag=True, help="Problems are fatal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def preview(
    session: Session,
    digest_name: str | None,
    period_name: str | None,
    address: str | None,
    categories: str | None,
    out: Path | None,
    show: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Write exactly what would be sent: .html, .txt and .eml. Nothing is sent, and nothing is remembered."""
    if address and categories:
        raise UsageError("--for and --categories exclude each other", hint="a subscriber has chosen their categories")
    app = session.app(read_only=True)
    digest = app.digest(digest_name)
    period = app.period(digest, period_name)
    reader = _reader(app, address, categories)
    if record := app.editions.find(digest.name, period.name):
        letter = _frozen(app, record, reader)
        session.note(f"{record.name} is frozen since {record.frozen:%Y-%m-%d %H:%M} UTC; this is what was frozen")
    else:
        letter = _drafted(session, app, digest, period, reader, strict=strict)
    message = app.message(letter, address=reader.address, name=reader.name, subscriber=reader.id)
    folder = out or Path(tempfile.mkdtemp(prefix="digest-preview-"))
    files = write_files(message, folder, letter.edition.replace("/", "-"))
    subject = str(message_from_bytes(message.data, policy=SMTP)["Subject"])
    if as_json:
        session.json(
            {
                "edition": letter.edition,
                "subject": subject,
                "bytes": len(message.data),
                "files": [str(file) for file in files],
            }
        )
    else:
        session.out(f"{letter.edition}: {subject}")
        session.out(f"{len(message.data):,} bytes, of which the HTML part has {len(_part(message, 'html').encode()):,}")
        for file in files:
            session.out(str(file))
    if show:
        webbrowser.open(files[0].absolute().as_uri())


def _drafted(session: Session, app: App, digest: Digest, period: Period, reader: Subscriber, *, strict: bool) -> Letter:
    """The letter as it would be frozen now."""
    with session.gauge("reading") as gauge:
        prepared = app.prepare(digest, period, gauge.reach)
    session.problems(prepared.problems, strict=strict)
    edition = prepared.composition.edition
    _require_sections(edition, reader)
    if not prepared.composition.enough:
        session.note(f"this would not be sent: an edition needs {digest.rules.minimum} articles")
    return app.letter(digest, edition.name, app.renderer.render(edition, reader.selection, prepared.images))


def _frozen(app: App, record: EditionRecord, reader: Subscriber) -> Letter:
    for rendition in app.editions.renditions(record.id).values():
        if rendition.selection == reader.selection:
            return app.frozen_letter(record, rendition)
    raise UsageError(
        f"{record.name} was frozen, and not for the categories {reader.selection}",
        hint="without --for and --categories, the whole edition is shown",
    )


def write_files(message: Message, folder: Path, name: str) -> tuple[Path, Path, Path]:
    """The message as .html, .txt and .eml: the first two are read back out of the bytes of the third.

    In the .html, images that travel inside the mail stand as data, for a browser knows no Content-IDs.
    """
    page = _part(message, "html")
    for part in message_from_bytes(message.data).walk():
        if cid := part.get("Content-ID"):
            data = base64.b64encode(part.get_payload(decode=True)).decode()  # type: ignore[arg-type] # decoded, a leaf part is bytes
            page = page.replace(f"cid:{cid.strip('<> ')}", f"data:{part.get_content_type()};base64,{data}")
    files = tuple(folder / f"{name}.{suffix}" for suffix in ("html", "txt", "eml"))
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        files[0].write_text(page, encoding="utf-8")
        files[1].write_text(_part(message, "plain"), encoding="utf-8")
        files[2].write_bytes(message.data)
    return files[0], files[1], files[2]


def _part(message: Message, kind: str) -> str:
    """One part of the message, as a mail program decodes it."""
    part = message_from_bytes(message.data, _class=EmailMessage, policy=SMTP).get_body((kind,))
    content: str = part.get_content() if part else ""
    return content


def _reader(app: App, address: str | None, categories: str | None) -> Subscriber:
    if address:
        if found := app.subscribers.find(mailbox(address).key):
            return found
        raise UsageError(f"{address} is not a subscriber", hint="`digest subscribers list` shows who is")
    chosen = frozenset(filter(None, map(category_key, (categories or "").split(","))))
    return Subscriber(id=SAMPLE_READER.id, address=SAMPLE_READER.address, selection=Selection(chosen))


def _require_sections(edition: Edition, reader: Subscriber) -> None:
    if not edition.sections:
        raise UsageError(
            f"{edition.name}: there are no articles for it",
            hint="`digest articles` says why; `--period` names another period",
        )
    if not edition.only(reader.selection).sections:
        there = ", ".join(section.category for section in edition.sections)
        raise UsageError(
            f"{edition.name}: nothing in the categories {reader.selection}", hint=f"this edition has: {there}"
        )
