"""``digest check --deliverability``: what large mailboxes will ask the DNS and the mail servers, asked before they do."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from digest.cli.session import Session, counted

if TYPE_CHECKING:
    from digest.app import App
    from digest.deliverability.findings import Finding

MARKS = {"well": "ok  ", "warning": "warn", "fault": "FAIL", "unanswered": "wait"}
EXIT_CODES = {"fault": 1, "unanswered": 75}  # the first of them that there is: waiting mends no fault


def look(session: Session, digest_name: str | None, *, as_json: bool) -> None:
    """Tells what is well and what is not. Raises click's Exit where something is not, and ConfigError."""
    from digest.inspection import examine

    app: App = session.app(read_only=True)
    digests = [app.digest(name) for name in ([digest_name] if digest_name else app.digests)]
    findings = examine(app, digests)
    for finding in findings:
        if as_json:
            session.json(asdict(finding))
        else:
            _tell(session, finding)
    levels = [finding.level.value for finding in findings]
    counts = {"fault": "fault", "warning": "warning", "unanswered": "unanswered question"}
    said = [counted(levels.count(level), noun) for level, noun in counts.items() if level in levels]
    session.note(", ".join(said) or "all is well")
    for level, code in EXIT_CODES.items():
        if level in levels:
            raise click.exceptions.Exit(code)


def _tell(session: Session, finding: Finding) -> None:
    session.out(f"{MARKS[finding.level]}  {finding.subject}: {finding.found} ({finding.source})")
    if finding.advice:
        session.out(f"      hint: {finding.advice}")
    if finding.record:
        session.out(f"      publish: {finding.record}")
