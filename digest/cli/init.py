"""``digest init``: from a folder of articles to a configuration that works."""

from __future__ import annotations

from pathlib import Path

import click

from digest.cli.session import Session, pass_session


@click.command(short_help="Write a digest.toml for your site.")
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--feed", "feeds", metavar="URL", multiple=True, help="Take articles from this feed too; repeatable.")
@pass_session
def init(session: Session, folder: Path, feeds: tuple[str, ...]) -> None:
    """Write digest.toml for the articles found below DIR, a key and a database."""
    from digest.app import clock
    from digest.cli.starting import prepare

    with session.gauge("reading") as gauge:
        said = tuple(prepare(folder, clock(session.start), gauge.reach, feeds))
    for line in said:  # all is written before a word is said: nobody may be listening
        session.out(line)
