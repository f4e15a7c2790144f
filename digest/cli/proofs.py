"""``digest check --email``: mails proofread, from files or as they would be sent, and told to people and programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted
from digest.errors import DigestError, FetchError

if TYPE_CHECKING:
    from digest.app import App
    from digest.fetching import Fetcher
    from digest.proof import Finding, Report

SHOWN = 3  # findings of one rule, before the rest is counted
THREADS = 8  # that try links; more would be rude to the sites behind them
_PAGES = frozenset({".html", ".htm"})


@dataclass(frozen=True, slots=True)
class Proof:
    """A mail that was read through; ``name`` is its file, or the edition that it is of."""

    name: str
    report: Report
    findings: Sequence[Finding]


def proof(
    session: Session,
    files: Sequence[Path],
    *,
    digest_name: str | None,
    period_name: str | None,
    online: bool,
    as_json: bool,
) -> None:
    """Tells what is wrong with each mail. Raises click's Exit(1) if one of them has an error, and DigestError."""
    ill = False
    mails = _read(files) if files else _own(session, digest_name, period_name)
    links = _Links() if online else None
    for name, report in mails:
        made = Proof(name, report, (*report.findings, *(links.judge(report) if links else ())))
        ill = ill or any(finding.rule.level == "error" for finding in made.findings)
        if as_json:
            _print(session, made)
        else:
            _tell(session, made)
    if ill:
        raise click.exceptions.Exit(1)


# --- where mails come from -------------------------------------------------------------------------------------------


def _read(files: Iterable[Path]) -> Iterator[tuple[str, Report]]:
    from digest.proof import proofread, proofread_page

    for path in files:
        try:
            data = path.read_bytes()
        except OSError as error:
            raise DigestError(
                f"{path}: cannot be read: {error.strerror or error}", hint="name .eml or .html files"
            ) from error
        is_page = path.suffix.lower() in _PAGES
        yield str(path), proofread_page(data.decode("utf-8-sig", "replace")) if is_page else proofread(data)


def _own(session: Session, digest_name: str | None, period_name: str | None) -> Iterator[tuple[str, Report]]:
    """The mail of each digest, as it would be sent to somebody who wants all of it."""
    from digest import desk
    from digest.proof import proofread

    app: App = session.app(read_only=True)
    for name in [digest_name] if digest_name else app.digests:
        digest = app.digest(name)
        with session.gauge("reading") as gauge:
            shown = desk.preview(app, digest, app.period(digest, period_name), told=gauge.reach)
        session.problems(shown.problems)
        yield shown.edition, proofread(shown.message.data)


# --- links, tried ----------------------------------------------------------------------------------------------------


def fetcher() -> Fetcher:
    from digest.fetching import Fetcher, Limits

    return Fetcher(Limits(allow_http=True))


class _Links:
    """Tries links, each address once however many mails have it."""

    def __init__(self) -> None:
        self._fetcher = fetcher()
        self._known: dict[str, Finding | None] = {}

    def judge(self, report: Report) -> Iterator[Finding]:
        from digest.proof import links

        addresses = links(report.html)
        new = [address for address in addresses if address not in self._known]
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            self._known.update(zip(new, pool.map(self._try, new), strict=True))
        yield from (finding for address in addresses if (finding := self._known[address]))

    def _try(self, address: str) -> Finding | None:
        from digest.proof import Finding, Part
        from digest.proof.linking import LINK_DEAD, LINK_UNSURE, broken_by

        try:
            status = self._fetcher.status(address)
        except FetchError as error:
            return Finding(LINK_DEAD if error.dead else LINK_UNSURE, f"{address}: {error.what}", Part.HTML)
        rule = broken_by(status)
        return Finding(rule, f"{address} is answered with {status}", Part.HTML) if rule else None


# --- how it is told --------------------------------------------------------------------------------------------------


def _print(session: Session, made: Proof) -> None:
    for finding in made.findings:
        session.json(
            {
                "file": made.name,
                "rule": finding.rule.name,
                "level": finding.rule.level,
                "part": finding.part,
                "line": finding.line,
                "path": finding.path,
                "what": finding.what,
                "advice": finding.rule.advice,
                "source": finding.rule.source,
            }
        )


def _tell(session: Session, made: Proof) -> None:
    """Errors before warnings, the findings of one rule together, and no more of them than somebody reads."""
    report = made.report
    session.out(f"{made.name}: {' '.join(report.subject.split()) or 'without a subject'}")
    groups: dict[str, list[Finding]] = {}
    for finding in sorted(made.findings, key=lambda one: one.rule.level):
        groups.setdefault(finding.rule.name, []).append(finding)
    for name, group in groups.items():
        shown = group if session.verbose else group[:SHOWN]
        for finding in shown:
            session.out(_line(finding))
        if len(shown) < len(group):
            session.out(f"{group[0].rule.level:<7}  {name}  and {len(group) - len(shown)} more; -v shows all")
    errors = sum(finding.rule.level == "error" for finding in made.findings)
    warnings = len(made.findings) - errors
    said = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}" if made.findings else "nothing to mend"
    session.out(f"{said}; {_sizes(report)}")


def _line(finding: Finding) -> str:
    rule = finding.rule
    where = f"{finding.part}:{finding.line}" if finding.line else str(finding.part)
    return f"{rule.level:<7}  {rule.name}  {where}  {finding.what} ({rule.advice}; {rule.source})"


def _sizes(report: Report) -> str:
    parts = {"message": report.message_bytes, "HTML": report.html_bytes, "text": report.text_bytes}
    return ", ".join(f"{name} {size:,} bytes" for name, size in parts.items() if size) or "0 bytes"
