"""``digest feeds import`` and ``export``: lists of feeds, taken from other programs and given to them."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted, pass_session, writing
from digest.errors import ConfigError, DigestError

if TYPE_CHECKING:
    from digest.model import Problem
    from digest.sources.feeds.opml import Subscription

_STANDARD = Path("-")


@click.command(name="import")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Print what would be added, and write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def import_(session: Session, file: Path, *, dry_run: bool, as_json: bool) -> None:
    """Add the feeds of an OPML FILE to digest.toml; "-" reads standard input.

    A feed's category is the outline that it stands in. Feeds that digest.toml has already stay as they are there.
    """
    from digest.config.adding import tables, with_sources
    from digest.config.loading import load
    from digest.identity import canonical_url
    from digest.sources.feeds.opml import read

    where = "standard input" if file == _STANDARD else str(file)
    found = read(_content(file), where)
    text = _configuration(session.config_path)
    known = _known(session.config_path, text)
    usable, refused = _judged(found.feeds, where)
    problems = (*found.problems, *refused)
    added = [table for table in usable if canonical_url(table["feed"]) not in known]
    if added:
        whole = with_sources(text, added)
        load(session.config_path, instead=whole)
        if not dry_run:
            with writing(session.config_path):
                _replace(session.config_path, whole)
    if as_json:
        passed_over = len(usable) - len(added)
        session.json({"added": added, "known": passed_over, "problems": len(problems), "dry_run": dry_run})
    elif dry_run:
        session.out("\n".join(tables(added)).rstrip("\n"))
    session.problems(problems)
    session.note(
        f"{counted(len(added), 'feed')} {'would be ' if dry_run else ''}added to {session.config_path};"
        f" {len(usable) - len(added):,} known already"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@pass_session
def export(session: Session, file: Path | None) -> None:
    """Write the feeds of digest.toml as OPML 2.0 to FILE, or to standard output."""
    from digest.sources.feeds.opml import Subscription, written

    app = session.app(read_only=True)
    feeds = [
        Subscription(source.feed, source.name or app.feeds.state(source.feed).title, source.category)
        for source in app.config.sources
        if source.feed
    ]
    data = written(feeds, f"Feeds of {app.config.site.title}")
    if file is None or file == _STANDARD:
        session.out(data.decode("utf-8").rstrip("\n"))
        return
    with writing(file):
        file.write_bytes(data)
    session.note(f"{counted(len(feeds), 'feed')} in {file}")


def _content(file: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == _STANDARD else file.read_bytes()
    except OSError as error:
        hint = 'name an OPML file, or "-" for standard input'
        raise DigestError(f"{file}: cannot be read: {error.strerror or error}", hint=hint) from error


def _configuration(path: Path) -> str:
    """The file as it is written, every sign of it. It may lack what is about to be added, so it is not yet judged."""
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        hint = "run `digest init` to write one, or name another with -c"
        raise ConfigError(f"{path}: cannot be read: {error.strerror}", hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not a text file in UTF-8", hint="save it as UTF-8") from None


def _known(path: Path, text: str) -> frozenset[str]:
    """The feeds of the file, as they are compared."""
    from digest.config.adding import sources
    from digest.identity import canonical_url

    try:
        return frozenset(canonical_url(str(table.get("feed", ""))) for table in sources(text))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}", hint="mend it first; `digest check` says more") from None


def _judged(feeds: Sequence[Subscription], where: str) -> tuple[list[Mapping[str, str]], list[Problem]]:
    """The feeds that the configuration takes, and a problem for each of the others."""
    from digest.config.adding import objection
    from digest.identity import keyless
    from digest.model import Fault, Problem

    usable, refused = [], []
    for table in map(_table, feeds):
        if what := objection(table):
            refused.append(Problem(where, f"{keyless(table['feed'])}: {what}", "left out", fault=Fault.FEED))
        else:
            usable.append(table)
    return usable, refused


def _table(feed: Subscription) -> Mapping[str, str]:
    fields = {"feed": feed.url, "name": feed.name, "category": feed.category}
    return {key: value for key, value in fields.items() if value}


def _replace(path: Path, text: str) -> None:
    """Writes the file whole or not at all; its rights stay, and a link to it stays a link."""
    path = path.resolve()
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(text.encode("utf-8"))
            out.flush()
            os.fsync(out.fileno())
        beside.chmod(path.stat().st_mode)
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
