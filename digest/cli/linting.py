"""``digest check --articles``: what is wrong with the articles, by kind, told to people, programs and GitHub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from digest.cli.session import Session, counted
from digest.cli.wanted import Wanted
from digest.model import Problem

if TYPE_CHECKING:
    from digest.app import App
    from digest.linting import Finding
    from digest.model import Article
    from digest.sources.files import Folder

SHOWN = 5  # findings of one rule, before the rest is counted
WORST = 10  # files
FORMATS = ("text", "github")


def examine(session: Session, files: Sequence[Path], *, strict: bool, form: str, as_json: bool) -> None:
    """Tells what is wrong with the articles, or with those of ``files``. Raises UsageError for a file that is in no
    source, click's Exit(1) if there is an error, under ``strict`` if there is a warning.
    """
    from digest.linting import Level
    from digest.sources.indexed import Indexed

    app = session.app(read_only=True)
    folders = [source.folder for source in app.sources if isinstance(source, Indexed)]
    wanted = Wanted(files, folders, app.config.folder)
    articles, findings = _found(session, app, folders)
    findings = wanted.of(findings)
    if as_json:
        for finding in findings:
            session.json(_facts(finding))
    elif form == "github":
        for finding in findings:
            session.out(annotation(finding))
    else:
        for line in _told(findings, everything=session.verbose):
            session.out(line)
    for path in wanted.unread:
        session.note(f"{path}: no article is read there")
    counts = [(level, sum(finding.rule.level is level for finding in findings)) for level in Level]
    drafts = sum(article.draft for article in articles)
    read = f"{counted(len(articles), 'article')} read, {counted(drafts, 'draft')} among them"
    session.note(f"{read}: {', '.join(counted(count, level.value) for level, count in counts)}")
    if any(count for level, count in counts if level is Level.ERROR or (strict and level is Level.WARNING)):
        raise click.exceptions.Exit(1)


def _found(session: Session, app: App, folders: Sequence[Folder]) -> tuple[tuple[Article, ...], tuple[Finding, ...]]:
    """What reading the folders and asking the feeds that are due has brought, and what the rules say of it."""
    from digest.config import meaning
    from digest.linting import lint
    from digest.publishing import read
    from digest.sources.unread import unread

    with session.gauge("asking feeds") as gauge:
        sick = app.poll(gauge.reach)
    with session.gauge("reading") as gauge:
        found = read(app.sources, told=gauge.reach)
    beside = [problem for folder in folders for problem in unread(folder)]
    nothing = [] if found.articles else [_nothing(source.called) for source in app.config.sources]
    problems = (*sick, *found.problems, *beside, *nothing)
    now = app.now().astimezone(ZoneInfo(app.config.site.timezone))
    return found.articles, lint(found.articles, problems, languages=meaning.languages(app.config), now=now)


def _nothing(source: str) -> Problem:
    """Where there is no article at all, nothing was looked at, and all would seem to be well."""
    return Problem(source, "there is no article in it", "check what [[sources]] names")


def _facts(finding: Finding) -> dict[str, str | int]:
    return {
        "path": finding.path,
        "line": finding.line,
        "kind": finding.rule.name,
        "what": finding.what,
        "hint": finding.advice,
        "level": finding.rule.level.value,
    }


def _told(findings: Sequence[Finding], *, everything: bool) -> Iterator[str]:
    """The worst files, then kind by kind, the gravest and most frequent first."""
    yield from _worst(findings)
    kinds: dict[str, list[Finding]] = {}
    for finding in findings:
        kinds.setdefault(finding.rule.name, []).append(finding)
    levels = list(dict.fromkeys(finding.rule.level for finding in findings))
    for name, group in sorted(kinds.items(), key=lambda kind: (levels.index(kind[1][0].rule.level), -len(kind[1]))):
        rule = group[0].rule
        yield f"{rule.level}  {name}  {len(group):,}  ({rule.advice})"
        shown = group if everything else group[:SHOWN]
        yield from (f"{finding.place}: {name}: {finding.what}" for finding in shown)
        if len(shown) < len(group):
            yield f"… and {len(group) - len(shown):,} more; -v shows all"
        yield ""


def _worst(findings: Sequence[Finding]) -> Iterator[str]:
    """The files to begin with; none where no file has more than one thing that matters."""
    from digest.linting import Level, worst

    grave = [(path, counts) for path, counts in worst(findings) if counts[Level.ERROR] or counts[Level.WARNING]]
    if all(counts[Level.ERROR] + counts[Level.WARNING] == 1 for _, counts in grave):
        return
    yield "the worst files"
    for path, counts in grave[:WORST]:
        yield f"{path}: {', '.join(counted(count, level.value) for level, count in counts.items() if count)}"
    yield ""


def annotation(finding: Finding) -> str:
    """A workflow command, for GitHub to show the finding beside the line.

    https://docs.github.com/actions/reference/workflow-commands-for-github-actions: what has a meaning there is escaped.
    """
    place = {"file": finding.path, "line": str(finding.line or ""), "title": finding.rule.name}
    told = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
    return f"::{finding.rule.level} {told}::{_escaped(f'{finding.what} ({finding.advice})')}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
