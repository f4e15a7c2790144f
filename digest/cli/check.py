"""``digest check``: whether everything is ready, and what to do next."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from digest.cli import feeds, names
from digest.cli.findings import Finding
from digest.cli.linting import FORMATS
from digest.cli.session import Session, counted, pass_session
from digest.errors import DigestError, SourceError, UsageError

if TYPE_CHECKING:
    from digest.app import App


WEIGHT = (75, 1, 78)  # of exit codes: waiting mends no fault, and without a configuration nothing else counts


@click.command(short_help="Is all well? And what to do next.")
@click.option("--show", is_flag=True, help="Print the effective configuration with every default.")
@click.option("--schema", is_flag=True, help="Print the JSON Schema of digest.toml, for editors.")
@click.option("--articles", is_flag=True, help="What is wrong with the articles, of each FILE or folder, else of all.")
@click.option("--strict", is_flag=True, help="With --articles: warnings count as errors.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="With --articles: how it is told.")
@click.option("--email", is_flag=True, help="Proofread each FILE (.eml or .html), else the mail that would be sent.")
@click.option("--online", is_flag=True, help="With --email: try every link.")
@click.option("--deliverability", is_flag=True, help="Whether Gmail, Yahoo and Outlook.com will believe the mails.")
@click.option("--digest", "digest_name", metavar="NAME", help="With --email, --deliverability: this digest only.")
@click.option("--period", "period_name", metavar="PERIOD", help="With --email: the mail of this period.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, readable=False, path_type=Path))
@pass_session
def check(
    session: Session,
    show: bool,
    schema: bool,
    articles: bool,
    strict: bool,
    form: str,
    email: bool,
    online: bool,
    deliverability: bool,
    digest_name: str | None,
    period_name: str | None,
    as_json: bool,
    files: tuple[Path, ...],
) -> None:
    """Look at configuration, articles, templates, database and mail server, and say what to do next.

    With --articles, read all of them and tell what is wrong, by kind.
    With --email, read through finished mails instead: every fault with where it is, what to do, and who says so.
    With --deliverability, ask the DNS and the mail servers what large mailboxes will ask them.
    """
    from digest import config

    _refuse_what_is_for_others(
        bool(files),
        articles=articles,
        told=strict or form != FORMATS[0],
        email=email,
        online=online,
        outside=deliverability,
        digest=digest_name,
        period=period_name,
    )
    if articles:
        from digest.cli.linting import examine

        examine(session, files, strict=strict, form=form, as_json=as_json)
        return
    if deliverability:
        from digest.cli.deliverability import look

        look(session, digest_name, as_json=as_json)
        return
    if email:
        from digest.cli.proofs import proof

        proof(session, files, digest_name=digest_name, period_name=period_name, online=online, as_json=as_json)
        return
    if schema:
        session.out(json.dumps(config.schema(), indent=2))
        return
    if show:
        session.out(config.show(session.config()))
        return
    findings = []
    for finding in _findings(session):
        findings.append(finding)
        if as_json:
            session.json({"subject": finding.subject, "well": finding.well, "said": finding.said, "hint": finding.hint})
        else:
            session.out(f"{finding.mark}  {finding.subject}: {finding.said}")
            if finding.hint:
                session.out(f"      hint: {finding.hint}")
    if codes := [finding.exit_code for finding in findings if finding.exit_code]:
        raise click.exceptions.Exit(max(codes, key=WEIGHT.index))
    session.note(
        "next: `digest preview --open`, then `digest send --test YOUR-ADDRESS`, then `digest send` or `digest run`"
    )


def _refuse_what_is_for_others(
    files: bool,
    *,
    articles: bool,
    told: bool,
    email: bool,
    online: bool,
    outside: bool,
    digest: str | None,
    period: str | None,
) -> None:
    """Raises UsageError for options that do not go together."""
    if email + outside + articles > 1:
        raise UsageError(
            "--articles, --email and --deliverability are checks of their own", hint="ask for one after the other"
        )
    if told and not articles:
        raise UsageError("--strict and --format are for --articles", hint="write `digest check --articles …`")
    if (online or period) and not email:
        raise UsageError("--online and --period are for --email", hint="write `digest check --email …`")
    if files and not (email or articles):
        raise UsageError("FILE is for --email and --articles", hint="write `digest check --email …`")
    if digest and not (email or outside):
        raise UsageError("--digest is for --email and --deliverability", hint="write `digest check --email …`")
    if files and (digest or period):
        raise UsageError("a FILE is of no digest or period", hint="leave --digest and --period out")


def _findings(session: Session) -> Iterator[Finding]:
    configuration = _looked("configuration", lambda: _configuration(session))
    yield configuration
    if not configuration.well:
        return
    app = session.app(read_only=True)
    yield _looked("secret key", lambda: _key(app))
    yield _looked("postal address", lambda: _postal_address(app))
    yield names.finding(app)
    yield _looked("articles", lambda: _articles(session, app))
    if any(source.feed for source in app.config.sources):
        yield feeds.finding(app)
    yield _looked("look", lambda: _look(app))
    yield _looked("templates", lambda: _templates(app))
    yield _looked("database", lambda: _database(app))
    yield _looked("signatures", lambda: _signatures(app))
    yield _looked("reports", lambda: _reports(app))
    yield _looked("mail server", lambda: _server(app))
    yield _pages(app)


def _configuration(session: Session) -> str:
    session.config()
    return str(session.config_path)


def _looked(subject: str, look: Callable[[], str | Finding]) -> Finding:
    try:
        found = look()
        return found if isinstance(found, Finding) else Finding(subject, well=True, said=found)
    except DigestError as error:
        return Finding(subject, well=False, said=error.message, hint=error.hint, exit_code=error.exit_code)


def _articles(session: Session, app: App) -> Finding:
    """A warning where many of them link nowhere, or are in languages that no digest takes."""
    from digest.compose import lost as foreign
    from digest.config import meaning
    from digest.publishing import gather
    from digest.sources.pages import linkless

    with session.gauge("reading") as gauge:
        gathered = gather(app.sources, told=gauge.reach)
    problems = tuple(problem for problem in gathered.problems if not problem.is_note)
    session.problems(problems)
    if not gathered.articles:
        where = ", ".join(source.called for source in app.config.sources)
        asks = "`digest feeds fetch` asks the feeds" if any(source.feed for source in app.config.sources) else ""
        looks = "check sources.files in digest.toml" if any(source.files for source in app.config.sources) else ""
        raise SourceError(f"none in {where}", hint="; ".join(filter(None, (looks, asks))))
    newest = max(article.published for article in gathered.articles).astimezone(ZoneInfo(app.config.site.timezone))
    said = [
        f"{counted(len(gathered.articles), 'article')}, the newest of {newest:%Y-%m-%d}",
        counted(len(problems), "problem"),
    ]
    meant = [article for article in gathered.articles if not (article.draft or article.hidden)]
    lost = (*linkless(meant), *foreign(meant, meaning.languages(app.config), app.digests[0]))
    said += [problem.what for problem in lost]
    hint = next((f"{problem.where}: {problem.hint}" for problem in lost), "")
    return Finding("articles", well=not lost, said="; ".join(said), hint=hint)


def _key(app: App) -> str:
    keys = len(app.config.secret_keys())
    return "there" if keys == 1 else f"{keys} of them, the newest signs"


def _postal_address(app: App) -> str:
    app.require_postal_address()
    return app.config.site.postal_address


def _look(app: App) -> str:
    """What becomes of the accent where text is written in it, and of the logo."""
    from digest.colour import contrast, readable
    from digest.render.view import PAPER

    logo = [("look.logo", app.logo)] if app.logo else []
    for gallery in app.galleries.values():
        for problem in gallery.hang(logo)[1]:
            raise SourceError(f"{problem.where}: {problem.what}", hint=problem.hint)
    accent, density = app.config.look.accent, app.config.look.density
    shade = readable(accent, PAPER)
    kept = f"accent {accent} on white is {contrast(accent, PAPER):.1f}:1"
    return f"{density}; {kept}" + ("" if shade == accent else f"; using {shade} for text")


def _templates(app: App) -> str:
    app.renderer.check()
    app.notes.check()
    app.pages.check()
    return "they render"


def _signatures(app: App) -> str:
    """Which keys sign; remarks on one that others can read, and raises DigestError where everybody can."""
    said = [f"{key.algorithm} by {key.selector}._domainkey.{key.domain}" for key in app.dkim_keys]
    for file in dict.fromkeys(table.key_file for table in app.config.dkim):
        rights = file.stat().st_mode
        if rights & stat.S_IROTH:
            raise DigestError(
                f"dkim.key_file: {file}: everybody on this machine can read it, and sign in your name",
                hint=f"`chmod 600 {file}`, and make another key if somebody may have",
            )
        if rights & stat.S_IRGRP:
            said.append(f"{file} can be read by its group")
    return ", ".join(said) or "none of ours; `digest dkim keygen` makes a key"


def _reports(app: App) -> str:
    """Where bounces and complaints come from."""
    bounces = app.config.bounces
    ways = [*([bounces.mailbox] if bounces.mailbox else []), *(f"{name}'s webhook" for name in app.reporters)]
    return ", ".join(ways) or "bounces are read from nowhere; see bounces.mailbox"


def _server(app: App) -> str:
    from digest.inspection import reach_servers
    from digest.sending.running import run

    for error in run(reach_servers(app)):
        raise error
    called = [server.called for server in app.config.smtp]
    return f"{called[0]} answers" if len(called) == 1 else f"{', '.join(called)} answer"


def _pages(app: App) -> Finding:
    """Whether links in mails lead somewhere. They may well not do so yet: a warning, and no fault."""
    from digest.inspection import look_at_pages

    found = look_at_pages(app)
    if found is None:
        return Finding("pages", well=True, said="none; readers leave by mail only until web.url is set")
    return Finding("pages", well=found.level == "well", said=found.found, hint=found.advice)


def _database(app: App) -> str:
    from digest.store.database import is_there, shown
    from digest.store.vitals import require_room

    url = app.config.database.url
    if not is_there(url):
        require_room(url)
        return f"{shown(url)}: empty, no tables yet; whoever writes first makes them"
    readers = ", ".join(f"{_readers(app, name):,} readers of {name}" for name in app.digests)
    return f"{shown(url)}: {readers}"


def _readers(app: App, name: str) -> int:
    """Of the next edition."""
    number = app.editions.history(name).number + 1
    return app.editions.readers(app.digest(name).audience(number, app.now()))
