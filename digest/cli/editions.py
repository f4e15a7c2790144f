"""``digest editions``: what was published, who got it, and what a person may decide about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from json import JSONEncoder
from typing import TYPE_CHECKING, Any

import click

from digest.cli.send import summary
from digest.cli.session import Session, pass_session
from digest.errors import AddressError, UsageError
from digest.model import Delivery, DeliveryStatus, EditionRecord, Settlement

if TYPE_CHECKING:
    from digest.app import App
    from digest.store.deliveries import Passage

FAILURES_SHOWN = 20
LINES_AT_ONCE = 500  # each write goes to the system at once: line by line, a long list takes half as long again
ERASED = "(erased)"
_encode = JSONEncoder(ensure_ascii=False, default=datetime.isoformat).encode


@click.group(short_help="What was published, and who got it.")
def editions() -> None:
    """Show editions and their deliveries; stop, resume, retry and settle them.

    NAME is an edition's number or period; with several digests, weekly/2025-W40.
    """


@editions.command(name="list")
@click.option("--digest", "digest_name", metavar="NAME", help="Only those of this digest.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def list_(session: Session, digest_name: str | None, as_json: bool) -> None:
    """Every edition, newest first."""
    app = session.app(read_only=True)
    found = app.editions.every(app.digest(digest_name).name if digest_name else None)
    for record in found:
        counts = app.deliveries.counts(record.id)
        if as_json:
            session.json(summary(record, counts))
        else:
            mark = " (stopped)" if record.stopped else ""
            session.out(
                f"{record.name}  #{record.number}  {record.frozen:%Y-%m-%d %H:%M}  {record.articles} articles  {_counted(counts)}{mark}"
            )
    if not found:
        session.note("no editions yet; `digest send` publishes the first one")


@editions.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """One edition: counts that add up, when and through which servers it left, who failed and why, operators' acts."""
    app = session.app(read_only=True)
    record = app.edition(name)
    (_show_as_json if as_json else _show)(session, app, record)


def _show_as_json(session: Session, app: App, record: EditionRecord) -> None:
    due = app.deliveries.due_between(record.id, app.now())
    session.json(
        summary(record, app.deliveries.counts(record.id))
        | asdict(app.deliveries.passage(record.id))
        | {"due_from": due[0] if due else None, "due_until": due[1] if due else None}
        | {"notices": app.notices.of_edition(record.id)}
        | {"failed": list(_facts(record, app.deliveries.each(record.id, DeliveryStatus.FAILED)))}
        | {"acts": [{"at": at, "act": act, "detail": detail} for at, act, detail in app.editions.acts(record.id)]}
    )


def _show(session: Session, app: App, record: EditionRecord) -> None:
    session.out(f"{record.name}: {record.title}, edition {record.number}")
    session.out(f"  covers    {_minute(record.period.start)} to {_minute(record.period.end)} UTC")
    session.out(f"  frozen    {record.frozen:%Y-%m-%d %H:%M:%S} UTC, {record.articles} articles")
    if record.stopped:
        session.out(f"  stopped   {record.stopped:%Y-%m-%d %H:%M:%S} UTC")
    counts = app.deliveries.counts(record.id)
    for status, count in counts.items():
        session.out(f"  {status:<9} {count:>9,}")
    verdict = "" if sum(counts.values()) == record.deliveries else f", but {record.deliveries:,} were frozen"
    session.out(f"  {'sum':<9} {sum(counts.values()):>9,} deliveries{verdict}")
    for reason, count in record.exclusions:
        session.out(f"  no delivery for {count:,}: {reason}")
    if due := app.deliveries.due_between(record.id, app.now()):
        session.out(f"  due from {_minute(due[0])} to {_minute(due[1])} UTC")
    _show_passage(session, app.deliveries.passage(record.id))
    if notices := app.notices.of_edition(record.id):
        session.out(f"  came back: {_counted(notices)}")
    _show_failures(session, app, record, counts.get(DeliveryStatus.FAILED, 0))
    for at, act, detail in app.editions.acts(record.id):
        session.out(f"  {at:%Y-%m-%d %H:%M:%S} UTC {act} {detail}".rstrip())


def _show_passage(session: Session, passage: Passage) -> None:
    if passage.first_tried and passage.last_tried:
        rate = f", {passage.per_second:,.1f} accepted a second" if passage.per_second else ""
        session.out(
            f"  handed over from {passage.first_tried:%Y-%m-%d %H:%M:%S} to {passage.last_tried:%Y-%m-%d %H:%M:%S} UTC{rate}"
        )
    for server, counts in passage.servers.items():
        session.out(f"  {server}: {_counted(counts)}")


def _show_failures(session: Session, app: App, record: EditionRecord, count: int) -> None:
    for failure, *_ in islice(app.deliveries.each(record.id, DeliveryStatus.FAILED), FAILURES_SHOWN):
        session.out(f"  failed: {failure.address or ERASED}: {failure.reply}")
    if count > FAILURES_SHOWN:
        session.out(
            f"  and {count - FAILURES_SHOWN:,} more: `digest editions deliveries {record.name} --status failed`"
        )


@editions.command()
@click.argument("name")
@click.option("--status", type=click.Choice([status.value for status in DeliveryStatus]), help="Only those.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def deliveries(session: Session, name: str, status: str | None, as_json: bool) -> None:
    """Every delivery of an edition: address, status, attempts, reply, Message-ID, server, times."""
    app = session.app(read_only=True)
    record = app.edition(name)
    found = app.deliveries.each(record.id, DeliveryStatus(status) if status else None)
    lines = map(_encode, _facts(record, found)) if as_json else (_line(delivery) for delivery, *_ in found)
    while batch := tuple(islice(lines, LINES_AT_ONCE)):
        session.out("\n".join(batch))


@editions.command()
@click.argument("name")
@pass_session
def stop(session: Session, name: str) -> None:
    """Hand over no more of an edition, until it is resumed; what is in hand right now still ends."""
    app = session.app()
    record = app.edition(name)
    changed = app.editions.stop(record.id, app.now())
    session.out(f"{record.name} is stopped" if changed else f"{record.name} was stopped before; nothing has changed")


@editions.command()
@click.argument("name")
@pass_session
def resume(session: Session, name: str) -> None:
    """Go on with an edition that was stopped."""
    app = session.app()
    record = app.edition(name)
    if not app.editions.resume(record.id, app.now()):
        session.out(f"{record.name} is not stopped; nothing has changed")
        return
    session.out(f"{record.name} goes on")
    _advise(session, app.edition(name))


@editions.command()
@click.argument("name")
@click.option("--failed", is_flag=True, help="Those that failed.")
@pass_session
def retry(session: Session, name: str, failed: bool) -> None:
    """Make failed deliveries due again, but for readers who are suppressed or have left."""
    app = session.app()
    record = app.edition(name)
    if not failed:
        raise click.UsageError("say --failed: what failed is mailed again, with new patience, to readers still active")
    count, left_out = app.deliveries.retry(record.id, app.now())
    session.out(f"{record.name}: {count:,} failed are due again")
    for reason, number in left_out.items():
        session.out(f"  left out: {number:,} {reason}")
    if count:
        _advise(session, record)


@editions.command()
@click.argument("name")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--resend", is_flag=True, help="Mail them again, under the same Message-ID.")
@click.option("--accept", is_flag=True, help="Take them as delivered.")
@pass_session
def settle(session: Session, name: str, addresses: tuple[str, ...], resend: bool, accept: bool) -> None:
    """Settle what is uncertain: perhaps delivered, perhaps not. In most cases it was delivered.

    All of the edition, or those to each ADDRESS.
    """
    app = session.app()
    record = app.edition(name)
    if resend == accept:
        raise click.UsageError("say either --resend (they may get it twice) or --accept (they may have got nothing)")
    how = Settlement.RESEND if resend else Settlement.ACCEPT
    count = app.deliveries.settle(record.id, how, app.now(), keys=_keys(addresses))
    session.out(f"{record.name}: {count:,} settled: {how}")
    if count and resend:
        _advise(session, record)


def _keys(addresses: tuple[str, ...]) -> set[str]:
    """What the addresses are known by. Raises UsageError for one that is none."""
    from digest.subscriptions.addresses import mailbox

    try:
        return {mailbox(address).key for address in addresses}
    except AddressError as error:
        raise UsageError(f"{error.message}: nothing was settled", hint=error.hint) from error


def _advise(session: Session, record: EditionRecord) -> None:
    """What hands over that which is due again."""
    if record.stopped:
        session.note(f"it is stopped: `digest editions resume {record.name}` lets it go on")
    session.note(f"`digest send --digest {record.digest} --period {record.period.name}` hands over what is due")


def _line(delivery: Delivery) -> str:
    return f"{delivery.address or ERASED}  {delivery.status}  {delivery.attempts}  {delivery.reply}".rstrip()


def _facts(record: EditionRecord, found: Iterable[tuple[Delivery, str, datetime | None]]) -> Iterator[dict[str, Any]]:
    """Deliveries for JSON."""
    from digest.message import message_id

    for delivery, server, changed in found:
        reader = delivery.subscriber
        yield {
            "address": delivery.address or ERASED,
            "status": delivery.status,
            "attempts": delivery.attempts,
            "reply": delivery.reply,
            "message_id": f"<{message_id(record.sender, record.name, record.message_key, reader)}>" if reader else None,
            "server": server,
            "first_tried": delivery.first_tried,
            "changed": changed,
            "due": delivery.due,
        }


def _counted(numbers: Mapping[Any, int]) -> str:
    return ", ".join(f"{number:,} {kind}" for kind, number in numbers.items())


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"
