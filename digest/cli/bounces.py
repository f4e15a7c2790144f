"""``digest bounces``: what comes back by mail, and what was recorded of it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from digest.cli.hooks import serve
from digest.cli.session import Session, pass_session
from digest.errors import DigestError, UsageError
from digest.model import Noted, NoticeKind, SubscriberStatus

if TYPE_CHECKING:
    from digest.bounces.collecting import Collected

_TOLD = {  # in the order in which they are told
    NoticeKind.HARD: "hard",
    NoticeKind.SOFT: "soft",
    NoticeKind.COMPLAINT: "complaint",
    NoticeKind.UNSUBSCRIBE: "left",
    NoticeKind.DELAYED: "delayed",
    NoticeKind.AUTOMATIC: "automatic",
    NoticeKind.UNKNOWN: "not understood",
}
_LARGEST_ID = 2**63 - 1  # of a row


@click.group(short_help="What comes back: bounces, complaints, people who leave.")
def bounces() -> None:
    """Bounces, complaints and people who leave by mail: read once, recorded, and acted on."""


@bounces.command()
@click.argument("mailbox", required=False)
@click.option("--dry-run", is_flag=True, help="Do everything but keep it; the mailbox stays as it is.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_session
def read(session: Session, mailbox: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Read MAILBOX, else bounces.mailbox; "-" is one mail, or an mbox, from standard input.

    MAILBOX is imaps://user@host/INBOX, pop3s://user@host, maildir:PATH, mbox:PATH, or a path.
    """
    from digest.bounces.collecting import Collected, collect
    from digest.bounces.mailboxes import opened

    app = session.app()
    table = app.config.bounces
    where = mailbox or table.mailbox
    if not where:
        raise UsageError("there is no mailbox to read", hint="set bounces.mailbox in digest.toml, or name one")
    password = table.password.get_secret_value()
    collected = Collected()
    try:
        with (
            opened(where, password, sys.stdin.buffer, keep=not dry_run) as box,
            session.gauge("reading", None) as gauge,
        ):
            for collected in collect(box, app.bounces, app.returned, app.now(), keep=not dry_run):
                gauge.reach(collected.mails, collected.waiting)
    except DigestError:
        if collected.mails:
            session.note(f"{_told(collected)}; then it broke off")
        raise
    for why in collected.left:
        session.note(f"left where it is: {why}")
    if as_json:
        session.json(_tally(collected) | {"dry_run": dry_run})
    else:
        session.out(_told(collected) + (" (dry run: nothing is changed)" if dry_run else ""))


@bounces.command(name="list")
@click.option("--kind", type=click.Choice([kind.value for kind in NoticeKind]), help="Only these.")
@click.option(
    "--raw",
    "identity",
    type=click.IntRange(1, _LARGEST_ID),
    metavar="ID",
    help="Print the report of this one as it came, instead.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def list_(session: Session, *, kind: str | None, identity: int | None, as_json: bool) -> None:
    """What was recorded, the newest first."""
    notices = session.app(read_only=True).notices
    if identity is not None:
        raw = notices.raw(identity)
        if raw is None:
            raise DigestError(f"nothing is kept of {identity}", hint="what was not understood is kept for 90 days")
        click.echo(raw, nl=False)
        return
    for noted in notices.each(NoticeKind(kind) if kind else None):
        if as_json:
            session.json(fields(noted))
        else:
            session.out(f"{noted.id:>6}  {line(noted)}")


bounces.add_command(serve)


def fields(noted: Noted) -> dict[str, Any]:
    """A notice in JSON."""
    facts = asdict(noted)
    return {"email" if name == "address" else name: value for name, value in facts.items()}


def line(noted: Noted) -> str:
    """A notice for people."""
    about = " ".join(filter(None, (noted.address, noted.edition and f"({noted.edition})")))
    said = " ".join(filter(None, (noted.status if noted.status not in noted.text else "", noted.text)))
    return f"{noted.at:%Y-%m-%d %H:%M}  {noted.kind:<11}  {about or '-'}" + (f": {said}" if said else "")


def _tally(collected: Collected) -> dict[str, Any]:
    tally = collected.tally
    kinds = {kind.value: tally.kinds.get(kind, 0) for kind in NoticeKind}
    return {
        "mails": collected.mails,
        "left": len(collected.left),
        **kinds,
        "known": tally.known,
        "suppressed": tally.changed.get(SubscriberStatus.SUPPRESSED, 0),
        "unsubscribed": tally.changed.get(SubscriberStatus.UNSUBSCRIBED, 0),
    }


def _told(collected: Collected) -> str:
    """``37 read: 3 hard, 12 soft, 2 left, 5 known already; 3 suppressed, 2 unsubscribed``."""
    facts = _tally(collected)
    found = [f"{facts[kind.value]:,} {word}" for kind, word in _TOLD.items() if facts[kind.value]]
    found += [f"{facts['known']:,} known already"] if facts["known"] else []
    became = [f"{facts[word]:,} {word}" for word in ("suppressed", "unsubscribed") if facts[word]]
    counts = f"{collected.mails:,} read" + (": " + ", ".join(found) if found else "")
    return "; ".join(filter(None, (counts, ", ".join(became))))
