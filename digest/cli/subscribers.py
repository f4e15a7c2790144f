"""``digest subscribers``: the people, from the command line."""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from digest.cli.session import Session, pass_session
from digest.errors import DigestError
from digest.identity import category_key
from digest.model import Receipt, Request, Subscriber, SubscriberStatus

if TYPE_CHECKING:
    from digest.subscriptions.entries import Verdict
    from digest.subscriptions.importing import Imported, Note

LISTED = 20  # rows of a kind that are named without --json
_HOW = "the link in the mail"  # that consent is confirmed

_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_RESUBSCRIBE = click.option(
    "--resubscribe",
    is_flag=True,
    help="Also who unsubscribed, was suppressed or was erased. Only with their consent.",
)


@click.group(name="subscribers", short_help="The list: import, export, add, remove, show.")
def subscribers() -> None:
    """The people who are mailed."""


@subscribers.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_RESUBSCRIBE
@click.option("--dry-run", is_flag=True, help="Do everything but keep it.")
@_JSON
@pass_session
def import_(session: Session, file: Path, *, resubscribe: bool, dry_run: bool, as_json: bool) -> None:
    """Take in a CSV FILE; "-" reads standard input.

    Its columns, in any order: email, name, status, digests, categories, language, timezone, every, paused. Only email
    is required. An empty cell leaves what is there. Several digests or categories in a cell are separated by ";" or ",".
    The exports of other programs are understood.
    """
    from digest.subscriptions.importing import import_table

    app = session.app()
    with _opened(file) as source, session.progress("importing", _size(source)) as progress:
        result = import_table(
            app.subscribers,
            source,
            name="standard input" if file == Path("-") else str(file),
            now=app.now(),
            digests=app.digests,
            resubscribe=resubscribe,
            dry_run=dry_run,
            progress=progress,
        )
    if result.encoding in {"cp1252", "latin-1"}:
        session.note(f"{file} is not UTF-8 and was read as {result.encoding}: check names with accents.")
    if result.passed_over:
        session.note(f"passed over, for they say nothing to us: {', '.join(result.passed_over)}")
    if as_json:
        session.json(asdict(result) | {"dry_run": dry_run})
    else:
        for line in _told(result, dry_run=dry_run):
            session.out(line)


@subscribers.command(name="export")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@pass_session
def export_(session: Session, file: Path | None) -> None:
    """Write everybody as CSV to FILE, or to standard output."""
    from digest.subscriptions.exporting import export, export_file

    people = session.app(read_only=True).subscribers
    if file and file != Path("-"):
        session.note(f"{export_file(people, file)} subscribers are in {file}.")
        return
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    export(people, out)
    out.detach()


@subscribers.command()
@click.argument("address")
@click.option("--name", help="What they are called.")
@click.option("--digests", help="Only these digests, separated by commas; empty for all.")
@click.option("--categories", help="Only these categories, separated by commas; empty for all.")
@click.option("--language", help="Such as en or pt-BR.")
@click.option("--timezone", help="Such as Europe/Paris.")
@click.option("--every", help="1 for each edition, 2 for every second one, 4 for one in four.")
@click.option("--paused", help="Send nothing before this day or instant; empty to end a pause.")
@_RESUBSCRIBE
@_JSON
@pass_session
def add(
    session: Session,
    address: str,
    *,
    name: str | None,
    digests: str | None,
    categories: str | None,
    language: str | None,
    timezone: str | None,
    every: str | None,
    paused: str | None,
    resubscribe: bool,
    as_json: bool,
) -> None:
    """Add the person at ADDRESS, or change what the options say."""
    from digest.subscriptions import acts, cells

    app = session.app()
    entry = cells.entry(
        address,
        name=name,
        status=SubscriberStatus.ACTIVE,
        digests=digests,
        categories=categories,
        language=language,
        timezone=timezone,
        every=every,
        paused=paused,
        known_digests=app.digests,
    )
    verdict = acts.add(app.subscribers, entry, now=app.now(), resubscribe=resubscribe)
    _tell(session, entry.mailbox.address, verdict, as_json=as_json)


@subscribers.command()
@click.argument("address")
@_JSON
@pass_session
def remove(session: Session, address: str, *, as_json: bool) -> None:
    """Unsubscribe the person at ADDRESS. They stay known, so that no import brings them back."""
    from digest.subscriptions import acts

    app = session.app()
    _tell(session, address, acts.remove(app.subscribers, address, now=app.now()), as_json=as_json)


@subscribers.command()
@click.argument("address")
@click.option("--reason", default="", help="Why, for whoever asks later.")
@_JSON
@pass_session
def suppress(session: Session, address: str, *, reason: str, as_json: bool) -> None:
    """Never mail ADDRESS, be it known or not."""
    from digest.subscriptions import acts

    app = session.app()
    _tell(session, address, acts.suppress(app.subscribers, address, now=app.now(), reason=reason), as_json=as_json)


@subscribers.command()
@click.argument("address")
@_JSON
@pass_session
def erase(session: Session, address: str, *, as_json: bool) -> None:
    """Forget the person at ADDRESS for good. Only a salted hash stays, which keeps them out."""
    from digest.subscriptions import acts

    app = session.app()
    known = acts.erase(app.subscribers, address, now=app.now())
    if as_json:
        session.json({"email": address, "outcome": "erased", "was_known": known})
    else:
        session.out(f"{address} is erased." if known else f"{address} was not known; it is kept out from now on.")


@subscribers.command(name="list")
@click.option("--status", type=click.Choice([str(status) for status in SubscriberStatus]), help="Only these.")
@click.option("--digest", default="", help="Only who gets this digest.")
@click.option("--category", default="", help="Only who wants this category.")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many.")
@_JSON
@pass_session
def list_(
    session: Session, *, status: str | None, digest: str, category: str, limit: int | None, as_json: bool
) -> None:
    """List people, one a line, in the order they came."""
    chosen = SubscriberStatus(status) if status else None
    found = session.app(read_only=True).subscribers.each(
        status=chosen, digest=digest, category=category_key(category), limit=limit
    )
    for person in found:
        if as_json:
            session.json(_fields(person))
        else:
            session.out(f"{person.status:<12}  {person.address}" + (f"  ({person.name})" if person.name else ""))


@subscribers.command()
@click.argument("address")
@_JSON
@pass_session
def show(session: Session, address: str, *, as_json: bool) -> None:
    """Show all that is known about the person at ADDRESS: what they agreed to, the editions they were sent, what came back."""
    from digest.cli.bounces import fields, line
    from digest.subscriptions import acts

    app = session.app(read_only=True)
    person, receipts = acts.look_up(app.subscribers, address)
    consents = tuple(request for request in app.requests.asked_by(person.id) if request.confirmed)
    notices = app.notices.of_subscriber(person.id)
    if as_json:
        more = {
            "consents": list(map(_fields_of_consent, consents)),
            "editions": list(map(_fields_of_receipt, receipts)),
            "notices": list(map(fields, notices)),
        }
        session.json(_fields(person) | more)
        return
    for key, value in _fields(person).items():
        words = ", ".join(value) or "all" if isinstance(value, list) else value
        session.out(f"{key:<11} {words or '-'}")
    session.out("consents" if consents else "consents    -")
    for consent in consents:
        for words in _lines_of_consent(consent):
            session.out("  " + words)
    session.out("editions" if receipts else "editions    -")
    for receipt in receipts:
        session.out("  " + _line(receipt))
    for noted in notices:
        session.out(f"came back   {line(noted)}")


def _opened(file: Path) -> BinaryIO:
    """The file; if it is a pipe, what it holds, read to its end before anything is locked."""
    try:
        source = sys.stdin.buffer if file == Path("-") else file.open("rb")
        if source.seekable():
            return source
        whole = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
        with source:
            shutil.copyfileobj(source, whole)
        whole.seek(0)
    except OSError as error:
        raise DigestError(
            f"{file}: cannot be read: {error.strerror or error}", hint='name a CSV file, or "-" for standard input'
        ) from error
    return whole


def _size(source: BinaryIO) -> int:
    size = source.seek(0, os.SEEK_END)
    source.seek(0)
    return size


def _told(result: Imported, *, dry_run: bool) -> Iterator[str]:
    yield from _noted("refused", result.refused)
    yield from _noted("kept out", result.kept_out)
    counts = (
        f"{result.added} added, {result.updated} updated, {result.unchanged} unchanged, "
        f"{len(result.kept_out)} kept out, {len(result.refused)} refused"
    )
    yield f"{counts} (dry run: nothing is changed)" if dry_run else counts


def _noted(what: str, notes: tuple[Note, ...]) -> Iterator[str]:
    for note in notes[:LISTED]:
        yield f"{what}: {note}"
    if len(notes) > LISTED:
        yield f"{what}: {len(notes) - LISTED} more (--json lists them all)"


def _tell(session: Session, address: str, verdict: Verdict, *, as_json: bool) -> None:
    person = verdict.subscriber
    if as_json:
        fields = _fields(person) if person else {"email": address}
        session.json(fields | {"outcome": verdict.outcome, "why": verdict.reason})
    elif person:
        session.out(f"{person.address} is {person.status} ({verdict.outcome}).")
    elif verdict.reason:
        session.out(f"{address} is kept out already: {verdict.reason}.")
    else:
        session.out(f"{address} is so already.")


def _fields(person: Subscriber) -> dict[str, Any]:
    return {
        "email": person.address,
        "name": person.name,
        "status": str(person.status),
        "reason": person.reason,
        "digests": sorted(person.digests),
        "categories": sorted(person.selection.categories),
        "language": person.language,
        "timezone": person.timezone,
        "every": person.every,
        "paused": _instant(person.paused),
        "created": _instant(person.created),
        "changed": _instant(person.changed),
    }


def _fields_of_receipt(receipt: Receipt) -> dict[str, Any]:
    instants = {"first_tried": _instant(receipt.first_tried), "changed": _instant(receipt.changed)}
    return asdict(receipt) | instants


def _fields_of_consent(consent: Request) -> dict[str, Any]:
    return {
        "kind": str(consent.kind),
        "email": consent.address,
        "asked": _instant(consent.created),
        "page": consent.page,
        "wording": consent.wording,
        "client": consent.client,
        "confirmed": _instant(consent.confirmed),
        "confirmed_by": _HOW,
        "confirmed_client": consent.confirmed_client,
    }


def _lines_of_consent(consent: Request) -> Iterator[str]:
    asked = f"{consent.created:%Y-%m-%d %H:%M} asked ({consent.kind} {consent.address})"
    yield asked + (f" on {consent.page}" if consent.page else "") + f", from {consent.client}"
    if consent.wording:
        yield f"{'':16} agreed to: {consent.wording}"
    yield f"{consent.confirmed:%Y-%m-%d %H:%M} confirmed by {_HOW}, from {consent.confirmed_client}"


def _line(receipt: Receipt) -> str:
    from digest.subscriptions.cells import clean

    words = [f"{receipt.edition} (number {receipt.number})", str(receipt.status)]
    if receipt.attempts > 1:
        words.append(f"{receipt.attempts} attempts")
    if receipt.changed:
        words.append(f"{receipt.changed:%Y-%m-%d %H:%M}")
    return ", ".join(words) + (f": {clean(receipt.reply)}" if receipt.reply else "")


def _instant(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
