"""``digest edit``: an edition's list of articles as a file, for a person to change."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from digest.cli.session import Session, counted, pass_session, writing
from digest.errors import DigestError, EditingError, TryLaterError, UsageError

if TYPE_CHECKING:
    from digest.app import App
    from digest.desk import Manuscript
    from digest.editing import Place


@click.command(short_help="Write an edition's list of articles to a file, to change it by hand.")
@click.option("--digest", "digest_name", metavar="NAME", help="Which digest; needed when there are several.")
@click.option("--period", "period_name", metavar="PERIOD", help="2025-W40, 2025-10-01, 2025-10 or START/END.")
@click.option("--print", "prints", is_flag=True, help="Print the file instead of writing it.")
@click.option("--open", "opens", is_flag=True, help="Open it in $VISUAL or $EDITOR.")
@pass_session
def edit(session: Session, digest_name: str | None, period_name: str | None, prints: bool, opens: bool) -> None:
    """Write the proposed list of an edition to a file; or add what is new to the file, and change nothing in it."""
    from digest import desk
    from digest.editing import load

    if prints and opens:
        raise UsageError("--print writes no file, and there is none to open", hint="give one of them")
    if opens and not sys.stdin.isatty():
        raise UsageError("--open needs a terminal", hint="without it, the file's path is printed")
    app = session.app(read_only=True)
    digest = app.digest(digest_name)
    period = app.period(digest, period_name)
    if record := app.editions.find(digest.name, period.name):
        raise DigestError(
            f"{record.name} was frozen on {record.frozen:%Y-%m-%d %H:%M} UTC, and is not changed any more",
            hint=f"`digest preview --digest {digest.name} --period {period.name}` shows it",
        )
    with session.gauge("reading") as gauge:
        manuscript = desk.Manuscript(app, digest, period, gauge.reach)
    session.problems(manuscript.problems)
    _require_apart(app, manuscript.file)
    if prints:
        session.out((load(manuscript.file) or "") + manuscript.text(manuscript.edited()))
        return
    _write(session, manuscript, mends=opens)
    session.out(str(manuscript.file.path))
    if opens:
        click.edit(filename=str(manuscript.file.path))
    _tell(session, manuscript)


def _require_apart(app: App, file: Place) -> None:
    """A file among the articles would be taken for one of them, unless it is hidden."""
    folders = (source.files for source in app.config.sources if source.files and file.path.is_relative_to(source.files))
    for folder in folders:
        if not any(part.startswith(".") for part in file.path.relative_to(folder).parts):
            raise DigestError(
                f"{file.name} would lie among the articles in {folder}",
                hint='name another folder as `editions` under [site], such as ".editions"',
            )


def _write(session: Session, manuscript: Manuscript, *, mends: bool) -> None:
    """A file that cannot be followed is no fault where somebody is about to mend it."""
    from digest.editing import append, create

    try:
        edited = manuscript.edited()
    except EditingError as error:
        if not mends:
            raise
        session.note(error.message)
        return
    text, file = manuscript.text(edited), manuscript.file
    with writing(file.path.parent):
        if not edited.curation:
            create(file, text or _nothing(file.edition))
        elif text:
            append(file, text)
    if edited.curation:
        session.note("what is new was added at its end, below Left out" if text else "nothing is new")


def _nothing(edition: str) -> NoReturn:
    raise TryLaterError(
        f"{edition}: there are no articles for it",
        hint="`digest articles --all` says why each one is out; `--period` names another period",
    )


def _tell(session: Session, manuscript: Manuscript) -> None:
    """What the file makes of the edition."""
    edited = manuscript.edited()
    edition, curation = manuscript.edition(edited), edited.curation
    listed = f"{counted(len(edition.articles), 'article')} in {counted(len(edition.sections), 'section')}"
    approved = ", approved" if curation and curation.approved else ""
    by_rules = "" if curation and curation.sections else "; the file has no list, and the rules choose"
    session.note(f"{edition.name}: {listed}{approved}{by_rules}")
