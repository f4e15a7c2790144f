"""``digest status``: how it goes, of all senders on all machines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.status import Status, UnderWay


@click.command(short_help="How it goes: senders, editions, jobs.")
@click.option("--json", "as_json", is_flag=True, help="One object.")
@pass_session
def status(session: Session, as_json: bool) -> None:
    """Show who is sending, what is on its way and how fast, and what waits."""
    from digest.status import status as look
    from digest.store.database import is_there, shown

    app = session.app(read_only=True)
    url = app.config.database.url
    found, empty = look(app, jobs_of(url)), not is_there(url)
    if as_json:
        session.json({**_facts(found), "database": shown(url), "empty": empty})
        return
    session.out(f"database    {shown(url)}{': empty, no tables yet' if empty else ''}")
    for line in _lines(found):
        session.out(line)


def jobs_of(url: str) -> Any:
    """What tells the jobs that wait, of each queue; None where there are no workers."""
    if not url.startswith("postgresql:"):
        return None
    from digest import cluster

    return lambda: dict.fromkeys((cluster.SEND, cluster.DUTY), 0) | cluster.waiting(url)


def _facts(found: Status) -> dict[str, Any]:
    facts = asdict(found)
    for edition, facts_of in zip(found.editions, facts["editions"], strict=True):
        facts_of["left"] = edition.left
    return facts


def _lines(found: Status) -> Iterator[str]:
    named = ", ".join(found.workers)
    seen = f"seen {_ago(found.at - found.scheduler)} ago" if found.scheduler else "never seen, or stopped"
    yield f"scheduler   {seen}"
    yield f"workers     {len(found.workers)}{f' ({named})' if named else ''}"
    yield f"senders     {len(found.senders)} with an edition in hand"
    for sender in found.senders:
        yield f"            {sender.host}, process {sender.process}, for {_ago(found.at - sender.started)}"
    if found.jobs is not None:
        waiting = ", ".join(f"{count:,} {queue}" for queue, count in sorted(found.jobs.items()) if count) or "none"
        yield f"jobs        {waiting} waiting"
    if not found.editions:
        yield "editions    nothing is on its way"
    for edition in found.editions:
        yield from _of_edition(edition, found.at)


def _of_edition(edition: UnderWay, at: datetime) -> Iterator[str]:
    yield f"{edition.edition}   {edition.left:,} left of {sum(edition.deliveries.values()):,}"
    yield "            " + ", ".join(f"{count:,} {status}" for status, count in edition.deliveries.items())
    ends = f", through in {_ago(edition.ends - at)}" if edition.ends else ""
    yield f"            {edition.per_second:,.1f} a second{ends}"
    if edition.claimed:
        yield f"            oldest claim {_ago(at - edition.claimed)} ago"


def _ago(time: timedelta) -> str:
    seconds = max(0, round(time.total_seconds()))
    minutes, hours = seconds // 60, seconds // 3600
    if hours >= 48:  # noqa: PLR2004 - two days
        return f"{hours // 24} d"
    return (
        f"{hours} h {minutes % 60} min" if hours else f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"
    )
