"""``digest demo``: the main job end to end, on sample articles, with nothing to set up."""

from __future__ import annotations

import time
from pathlib import Path

import click

from digest.cli.session import Session, counted, pass_session, writing
from digest.cli.tally import Tally
from digest.cli.watching import PersonWatch


@click.command(short_help="The main job end to end, on a sample site.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("digest-demo"),
    show_default=True,
    metavar="DIR",
    help="Where the mails are written.",
)
@pass_session
def demo(session: Session, out: Path) -> None:
    """Gather, freeze, send and catch a digest of the sample site. Needs no server and touches nothing of yours."""
    from digest.cli.printing import write_files
    from digest.demo import DEMO_NOW, show
    from digest.sending.running import run

    started = time.monotonic()
    with writing(out):
        (out / "messages").mkdir(parents=True, exist_ok=True)
    shown = run(show(out, PersonWatch(Tally(0, lambda: DEMO_NOW), session.note)))
    page, _, _ = write_files(shown.sample, out, "digest")
    record, imported = shown.record, shown.imported
    counts = ", ".join(f"{count} {status}" for status, count in shown.counts.items())
    excluded = ", ".join(f"{count} {reason}" for reason, count in record.exclusions)
    session.problems(shown.problems)
    for line in (
        f"The clock was set to {DEMO_NOW:%A %d %B %Y, %H:%M}, and this happened:",
        f"  imported   {imported.added} subscribers, {len(imported.refused)} refused",
        f"  gathered   {shown.considered} articles of {record.period.name}, {counted(len(shown.problems), 'problem')} on the way",
        f"  composed   {record.title}, edition {record.number}: {record.articles} of them are in",
        f"  frozen     {record.deliveries} deliveries; nothing for {excluded}",
        f"  sent       {counts}",
        f"  caught     {sum(shown.caught.values())} messages for {len(shown.caught)} readers by a mail server on this machine",
        f"  the mail   {page}  (open it in a browser)",
        f"  messages   {out / 'messages'}/*.eml  (open one in a mail program)",
        f"It took {time.monotonic() - started:.1f} s. Now your own site: `digest init path/to/site`",
    ):
        session.out(line)
