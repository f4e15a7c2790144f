"""``digest archive``: every edition as a static site."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted, pass_session, writing
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.archive import Document


@click.group(short_help="Every edition as a static site.")
def archive() -> None:
    """Every edition that was published, for the web; `digest serve` serves the same."""


@archive.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--url", metavar="URL", help="Where DIR will be on the web.  [default: web.url and /archive]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def export(session: Session, folder: Path, url: str | None, as_json: bool) -> None:
    """Write the archive into DIR: pages, pictures, feed and sitemap, the same bytes each time.

    What an earlier export wrote there is brought up to date or taken away; no other file is touched.
    """
    from digest.archive import Archive
    from digest.archive.exporting import export as write

    app = session.app(read_only=True)
    made = Archive(app, url or _served_at(app))
    with writing(folder), session.progress("writing") as told:
        done = write(_told(made.every(), told), folder)
    if as_json:
        facts = {"folder": str(folder), "url": made.place.url}
        session.json(facts | {"written": done.written, "unchanged": done.unchanged, "removed": done.removed})
        return
    gone = f", {done.removed:,} removed" if done.removed else ""
    session.out(f"{folder}: {counted(done.written, 'file')} written, {done.unchanged:,} unchanged{gone}")
    session.note(f"it belongs at {made.place.url}")


def _served_at(app: App) -> str:
    """The address of the archive that is served. Raises UsageError."""
    if not app.config.web.url:
        raise UsageError(
            "an archive has to know its own address: its feed and its sitemap name it",
            hint="say where DIR will be with --url https://example.org/archive, or write web.url in digest.toml",
        )
    return f"{app.config.web.url.rstrip('/')}/archive"


def _told(documents: Iterator[Document], told: Callable[[int], None]) -> Iterator[Document]:
    for document in documents:
        yield document
        told(1)
