"""``digest articles``: every candidate, in or out, and why."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from digest.cli.session import Session, pass_session
from digest.model import Dated

if TYPE_CHECKING:
    from digest.compose import Verdict
    from digest.desk import Explanation, Group

PATH_COLUMNS = 36
COLUMNS = 160  # of a file or a pipe
UNDATED = "dated by when it was first met"


@click.command(short_help="Every article, in or out, and why.")
@click.option("--digest", "digest_name", metavar="NAME", help="Which digest; needed when there are several.")
@click.option("--period", "period_name", metavar="PERIOD", help="2025-W40, 2025-10-01, 2025-10 or START/END.")
@click.option("--all", "everything", is_flag=True, help="Also those of other periods.")
@click.option("--strict", is_flag=True, help="Problems are fatal.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@pass_session
def articles(
    session: Session, digest_name: str | None, period_name: str | None, everything: bool, strict: bool, as_json: bool
) -> None:
    """Explain an edition: every article of the period, in or out, and why."""
    from digest import desk

    app = session.app(read_only=True)
    digest = app.digest(digest_name)
    with session.gauge("reading") as gauge:
        explanation = desk.explain(app, digest, app.period(digest, period_name), gauge.reach, everything=everything)
    if as_json:
        for verdict in desk.shown(explanation, everything=everything):
            session.json(_facts(verdict) | {"trimmed": verdict.article.key in explanation.trimmed})
    else:
        outside = desk.outside(explanation, everything=everything)
        for line in _told(explanation, desk.inside(explanation), outside, digest.cadence.zone):
            session.out(line)
    session.problems(explanation.prepared.problems, strict=strict)


def _facts(verdict: Verdict) -> dict[str, Any]:
    article = verdict.article
    return {
        "key": article.key,
        "path": article.path,
        "title": article.title,
        "published": article.published,
        "dated": article.dated,
        "category": article.category,
        "image": (article.image.url or article.image.file) if article.image else None,
        "source": article.source or None,
        "draft": article.draft,
        "in": verdict.included,
        "edition": verdict.edition or None,
        "reason": verdict.reason,
        "like": (verdict.like.path or verdict.like.key) if verdict.like else None,
        "score": verdict.score,
        "rank_score": None if verdict.rank_score is None else round(verdict.rank_score, 3),
    }


def _told(
    explanation: Explanation, inside: tuple[Group, ...], outside: tuple[Group, ...], zone: tzinfo
) -> Iterator[str]:
    """For reading: the edition section by section, then what is out, grouped by its reason."""
    composition, record = explanation.prepared.composition, explanation.record
    edition = composition.edition
    state = f"frozen on {record.frozen:%Y-%m-%d %H:%M} UTC" if record else "not frozen yet"
    number = record.number if record else edition.number
    yield f"{edition.name}, edition {number}, {state}: {_count(inside)} in, {_count(outside)} out"
    if not record and not composition.enough:
        yield "too few for an edition: they wait for the next"
    for group in inside:
        told = f", {group.more} more did not fit" if group.more else ""
        yield f"\nIN  {group.name} ({len(group.verdicts)}{told})"
        for verdict in group.verdicts:
            trimmed = verdict.article.key in explanation.trimmed
            yield _line(verdict, zone, "no room in a mail with all sections" if trimmed else _ranked(verdict))
    for group in outside:
        yield f"\nOUT {group.name} ({len(group.verdicts)})"
        yield from (
            _line(verdict, zone, verdict.reason if verdict.reason != group.name else "") for verdict in group.verdicts
        )


def _ranked(verdict: Verdict) -> str:
    return "" if verdict.rank_score is None else f"score {verdict.rank_score:.2f}"


def _count(groups: tuple[Group, ...]) -> int:
    return sum(len(group.verdicts) for group in groups)


def _line(verdict: Verdict, zone: tzinfo, detail: str = "") -> str:
    """Date, title and file; on a terminal as wide as it is, elsewhere with the file's whole path."""
    article = verdict.article
    columns = max(shutil.get_terminal_size((100, 24)).columns, 80) if sys.stdout.isatty() else COLUMNS
    room = columns - PATH_COLUMNS - 14
    details = ", ".join(filter(None, (detail, UNDATED if article.dated is Dated.SEEN else "")))
    text = f"{article.title}  [{details}]" if details else article.title
    date = article.published.astimezone(zone).strftime("%m-%d %H:%M")
    path = article.path or article.key
    return f"  {date}  {_fit(text, room):{room}}{_fit(path, PATH_COLUMNS) if sys.stdout.isatty() else path}"


def _fit(text: str, room: int) -> str:
    return text if len(text) < room else f"{text[: room - 2]}… "
