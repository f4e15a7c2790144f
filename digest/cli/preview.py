"""``digest preview``: exactly what would be sent, with no state touched."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted, pass_session
from digest.errors import DigestError, UsageError
from digest.identity import category_key

if TYPE_CHECKING:
    from digest.app import App
    from digest.desk import Preview
    from digest.model import Period, Subscriber
    from digest.publishing import Digest


@click.command(short_help="Exactly what would be sent; nothing is.")
@click.option("--digest", "digest_name", metavar="NAME", help="Which digest; needed when there are several.")
@click.option("--period", "period_name", metavar="PERIOD", help="2025-W40, 2025-10-01, 2025-10 or START/END.")
@click.option("--for", "address", metavar="ADDRESS", help="As this subscriber would get it.")
@click.option("--categories", metavar="A,B", help="As somebody who selected these categories would get it.")
@click.option("--live", is_flag=True, help="Show it on a page of this machine that follows every change.")
@click.option("--port", type=click.IntRange(0, 65535), help="Of that page.  [default: 8025, else the next free one]")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where to write the files."
)
@click.option(
    "--screenshots/--no-screenshots", default=None, help="With --out, pictures too.  [default: if there is a Chromium]"
)
@click.option("--open", "show", is_flag=True, help="Show it in the browser.")
@click.option("--strict", is_flag=True, help="Problems are fatal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_session
def preview(
    session: Session,
    digest_name: str | None,
    period_name: str | None,
    address: str | None,
    categories: str | None,
    live: bool,
    port: int | None,
    out: Path | None,
    screenshots: bool | None,
    show: bool,
    strict: bool,
    as_json: bool,
) -> None:
    """Write exactly what would be sent: .html, .txt and .eml. Nothing is sent, and nothing is remembered."""
    _require_sense(address=address, categories=categories, live=live, port=port, out=out, screenshots=screenshots)
    wanted = frozenset(filter(None, map(category_key, (categories or "").split(","))))
    if live:
        from digest.cli.live import live as serve
        from digest.web.studio import Choice

        choice = Choice(digest_name or "", period_name or "", address or "", wanted)
        serve(session, choice, port=port, show=show)
        return
    app = session.app(read_only=True)
    digest = app.digest(digest_name)
    shown = _shown(session, app, digest, app.period(digest, period_name), _reader(app, address, wanted), strict=strict)
    files = _write(session, shown, out, screenshots=screenshots)
    _tell(session, shown, files, as_json=as_json)
    if show:
        webbrowser.open(files[0].absolute().as_uri())


def _require_sense(
    *,
    address: str | None,
    categories: str | None,
    live: bool,
    port: int | None,
    out: Path | None,
    screenshots: bool | None,
) -> None:
    if address and categories:
        raise UsageError("--for and --categories exclude each other", hint="a subscriber has chosen their categories")
    if live and out:
        raise UsageError("--live and --out exclude each other", hint="the page writes no files")
    if port is not None and not live:
        raise UsageError("--port is for --live", hint="`digest preview --live` serves a page")
    if screenshots and not out:
        raise UsageError("--screenshots needs --out", hint="name the folder for the pictures")


def _reader(app: App, address: str | None, categories: frozenset[str]) -> Subscriber:
    from digest import desk
    from digest.model import Selection

    return desk.subscribed(app, address) if address else desk.choosing(Selection(categories))


def _shown(session: Session, app: App, digest: Digest, period: Period, reader: Subscriber, *, strict: bool) -> Preview:
    from digest import desk

    with session.gauge("reading") as gauge:
        shown = desk.preview(app, digest, period, reader, gauge.reach)
    session.problems(shown.problems, strict=strict)
    if shown.frozen:
        session.note(f"{shown.edition} is frozen since {shown.frozen:%Y-%m-%d %H:%M} UTC; this is what was frozen")
    elif not shown.enough:
        session.note(f"this would not be sent: an edition needs {digest.rules.minimum} articles")
    return shown


def _write(session: Session, shown: Preview, out: Path | None, *, screenshots: bool | None) -> tuple[Path, ...]:
    """The three files, and with --out the looks and, where a browser is found, the pictures."""
    from digest.cli.printing import looks, write_files, write_looks

    name = shown.edition.replace("/", "-")
    if out is None:
        return write_files(shown.message, Path(tempfile.mkdtemp(prefix="digest-preview-")), name, shown.unpublished)
    seen = looks(shown)
    files = write_files(shown.message, out, name, shown.unpublished) + write_looks(seen, out, name)
    return files if screenshots is False else files + _pictures(session, seen, out, name, wanted=bool(screenshots))


def _pictures(session: Session, seen: dict[str, str], out: Path, name: str, *, wanted: bool) -> tuple[Path, ...]:
    """Pictures that nobody asked for are no reason to fail."""
    from digest import screens
    from digest.cli.printing import WIDTHS, write_screenshots

    try:
        browser = screens.find()
        does_without = "" if wanted else "; `--no-screenshots` does without them"
        session.note(f"taking {len(seen) * len(WIDTHS)} pictures of it, which takes a while{does_without}")
        return write_screenshots(session, seen, out, name, browser)
    except DigestError as error:
        if wanted:
            raise
        session.note(f"no pictures: {error.message}")
        return ()


def _tell(session: Session, shown: Preview, files: tuple[Path, ...], *, as_json: bool) -> None:
    from digest.proof import proofread

    report = proofread(shown.message.data)
    warnings = len(report.findings) - report.errors
    if as_json:
        session.json(
            {
                "edition": shown.edition,
                "subject": report.subject,
                "bytes": report.message_bytes,
                "trimmed": shown.rendition.trimmed,
                "errors": report.errors,
                "warnings": warnings,
                "files": [str(file) for file in files],
            }
        )
        return
    session.out(f"{shown.edition}: {report.subject}")
    session.out(f"{report.message_bytes:,} bytes, of which the HTML part has {report.html_bytes:,}")
    for title in shown.trimmed:
        session.out(f"no room for: {title}")
    if report.findings:
        told = f"{counted(report.errors, 'error')}, {counted(warnings, 'warning')}"
        session.note(f"the checks find {told}; `digest check --email` names them, `--live` shows where they are")
    if shown.awaited:
        session.note(
            f"{counted(len(shown.awaited), 'cover')} of your folder will be loaded from your site, and may be missing here"
            f' until they are there, such as {shown.awaited[0]}; `images = "embed"` puts them into the mail'
        )
    for file in files:
        session.out(str(file))
