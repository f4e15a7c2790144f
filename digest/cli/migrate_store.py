"""``digest migrate-store``: everything that is remembered, from one database into another."""

from __future__ import annotations

import re
from contextlib import closing
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted, pass_session
from digest.errors import StoreError

if TYPE_CHECKING:
    from digest.store.copying import Copied
    from digest.store.database import Database


class _Address(click.ParamType[str]):
    """A database as ``database.url`` names one; a file is relative to the folder one stands in."""

    name = "url"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from pydantic import ValidationError

        from digest.config import Database

        try:
            return Database(url=value).url
        except ValidationError:
            self.fail("expected postgresql://USER@HOST/NAME or sqlite:///FILE", param, ctx)


@click.command(name="migrate-store", short_help="Copy everything into another database.")
@click.option("--to", required=True, type=_Address(), metavar="URL", help="The database to copy into: an empty one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@pass_session
def migrate_store(session: Session, to: str, *, as_json: bool) -> None:
    """Copy subscribers, editions, deliveries and all else into the database at URL, and prove that it arrived.

    Stop `digest run` and `digest serve` first. All of it is copied or nothing; what was copied before is recognised.
    """
    from digest.store.copying import copy, size

    _require_something(session)
    app = session.app()
    source = app.database
    with (
        closing(_opened(to)) as target,
        session.progress("copying and reading back", 2 * size(source)) as told,
    ):
        copied = copy(source, target, app.now(), told)
    if as_json:
        tables = {name: {"rows": held.rows, "sha256": held.checksum} for name, held in copied.tables.items()}
        session.json({"from": source.name, "to": target.name, "before": copied.before, "tables": tables})
        return
    _tell(session, copied, source.name, to)


def _require_something(session: Session) -> None:
    """Whoever opened a database that is not there would make one. Raises StoreError."""
    from digest.store.database import is_there, shown, to_look_at

    url = session.config().database.url
    if not is_there(url):
        to_look_at(url).close()  # of a server, it may be that it cannot be reached
        raise StoreError(
            f"there is nothing to copy: no database at {shown(url)}",
            hint="name the one that you have in database.url, or the right digest.toml with --config",
        )


def _opened(to: str) -> Database:
    """Raises StoreError, in terms of the option that names it."""
    from digest.store.database import Database

    try:
        return Database(to)
    except StoreError as error:
        message, hint = (words.replace("database.url", "--to") for words in (error.message, error.hint))
        raise StoreError(message, hint=hint, busy=error.busy) from error


def _tell(session: Session, copied: Copied, source: str, to: str) -> None:
    shown = re.sub(r"(://[^:@/]*:)[^@/]+@", r"\1***@", to)  # without the password
    for name, held in copied.tables.items():
        if held.rows:
            session.out(f"{name:16}  {counted(held.rows, 'row'):>16}  sha256 {held.checksum[:16]}")
    what = "was in it already" if copied.before else "is in it now, and was read back"
    session.out(f"All of {source} {what}. Write into digest.toml, and start what was stopped:\n")
    session.out(f'[database]\nurl = "{shown}"')
    if shown != to:
        session.note("The password is not shown; DIGEST_DATABASE__URL in the environment keeps it out of the file.")
