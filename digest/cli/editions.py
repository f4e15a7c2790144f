"""``digest editions``: what was published, who got it, and what a person may decide about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from digest.cli.send import summary
from digest.cli.session import Session, pass_session
from digest.model import DeliveryStatus, EditionRecord, Settlement

if TYPE_CHECKING:
    from digest.app import App

FAILURES_SHOWN = 20


@click.group(short_help="What was published, and who got it.")
def editions() -> None:
    """Show editions and their deliveries; stop and settle them.

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
            told = ", ".join(f"{count:,} {status}" for status, count in counts.items())
            mark = " (stopped)" if record.stopped else ""
            session.out(
                f"{record.name}  #{record.number}  {record.frozen:%Y-%m-%d %H:%M}  {record.articles} articles  {told}{mark}"
            )
    if not found:
        session.note("no editions yet; `digest send` publishes the first one")


@editions.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """One edition: counts that add up, who failed and why, what operators did."""
    app = session.app(read_only=True)
    record = app.edition(name)
    counts = app.deliveries.counts(record.id)
    failures = _failures(app, record)
    if as_json:
        acts = [{"at": at, "act": act, "detail": detail} for at, act, detail in app.editions.acts(record.id)]
        session.json(summary(record, counts) | {"failed": failures, "acts": acts})
        return
    session.out(f"{record.name}: {record.title}, edition {record.number}")
    session.out(f"  covers    {record.period.start:%Y-%m-%d %H:%M} to {record.period.end:%Y-%m-%d %H:%M} UTC")
    session.out(f"  frozen    {record.frozen:%Y-%m-%d %H:%M:%S} UTC, {record.articles} articles")
    if record.stopped:
        session.out(f"  stopped   {record.stopped:%Y-%m-%d %H:%M:%S} UTC")
    for status, count in counts.items():
        session.out(f"  {status:<9} {count:>9,}")
    verdict = "" if sum(counts.values()) == record.deliveries else f", but {record.deliveries:,} were frozen"
    session.out(f"  {'sum':<9} {sum(counts.values()):>9,} deliveries{verdict}")
    for reason, count in record.exclusions:
        session.out(f"  no delivery for {count:,}: {reason}")
    for failure in failures[:FAILURES_SHOWN]:
        session.out(f"  failed: {failure['address']}: {failure['reply']}")
    if len(failures) > FAILURES_SHOWN:
        session.out(
            f"  and {len(failures) - FAILURES_SHOWN:,} more: `digest editions deliveries {name} --status failed`"
        )
    for at, act, detail in app.editions.acts(record.id):
        session.out(f"  {at:%Y-%m-%d %H:%M:%S} UTC {act} {detail}".rstrip())


@editions.command()
@click.argument("name")
@click.option("--status", type=click.Choice([status.value for status in DeliveryStatus]), help="Only those.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def deliveries(session: Session, name: str, status: str | None, as_json: bool) -> None:
    """Every delivery of an edition: address, status, attempts, reply, Message-ID."""
    app = session.app(read_only=True)
    record = app.edition(name)
    for facts in _deliveries(app, record, DeliveryStatus(status) if status else None):
        if as_json:
            session.json(facts)
        else:
            session.out(f"{facts['address']}  {facts['status']}  {facts['attempts']}  {facts['reply']}".rstrip())


@editions.command()
@click.argument("name")
@pass_session
def stop(session: Session, name: str) -> None:
    """Hand over no more of an edition; what is in hand right now still ends."""
    app = session.app()
    record = app.edition(name)
    app.editions.stop(record.id, app.now())
    session.out(f"{record.name} is stopped")


@editions.command()
@click.argument("name")
@click.option("--resend", "how", flag_value=Settlement.RESEND.value, help="Mail them again, under the same Message-ID.")
@click.option("--accept", "how", flag_value=Settlement.ACCEPT.value, help="Take them as delivered.")
@pass_session
def settle(session: Session, name: str, how: str | None) -> None:
    """Settle what is uncertain: perhaps delivered, perhaps not. In most cases it was delivered."""
    app = session.app()
    record = app.edition(name)
    if how is None:
        raise click.UsageError("say --resend (they may get it twice) or --accept (they may have got nothing)")
    count = app.deliveries.settle(record.id, Settlement(how), app.now())
    session.out(f"{record.name}: {count:,} settled: {how}")
    if count and how == Settlement.RESEND:
        session.note(f"`digest send --period {record.period.name}` hands them over")


def _failures(app: App, record: EditionRecord) -> list[dict[str, Any]]:
    return list(_deliveries(app, record, DeliveryStatus.FAILED))


def _deliveries(app: App, record: EditionRecord, status: DeliveryStatus | None) -> Any:
    from digest.message import message_id

    for delivery, server, changed in app.deliveries.each(record.id, status):
        yield {
            "address": delivery.address or "(erased)",
            "status": delivery.status,
            "attempts": delivery.attempts,
            "reply": delivery.reply,
            "message_id": f"<{message_id(record.sender, record.name, record.message_key, delivery.subscriber)}>"
            if delivery.subscriber
            else None,
            "server": server,
            "changed": changed,
            "due": delivery.due,
        }
