"""``digest articles``: every candidate, in or out, and why."""

from __future__ import annotations

import shutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

import click

from digest.cli.session import Session, pass_session

if TYPE_CHECKING:
    from digest.compose import Composition, Verdict
    from digest.model import EditionRecord, Period

PATH_COLUMNS = 36
_KINDS = {
    "same story as": "same story as another",
    "dated in the future": "dated in the future",
    "published": "of another period",
    "had its turn": "had its turn in another edition",
}


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
    from digest.publishing import as_frozen

    app = session.app(read_only=True)
    digest = app.digest(digest_name)
    period = app.period(digest, period_name)
    with session.gauge("reading") as gauge:
        prepared = app.prepare(digest, period, gauge.reach)
    verdicts = prepared.composition.verdicts
    if record := app.editions.find(digest.name, period.name):
        verdicts = as_frozen(verdicts, record.name, app.editions.recorded(record.id))
    shown = [verdict for verdict in verdicts if everything or verdict.included or _belongs(verdict, period)]
    if as_json:
        for verdict in shown:
            session.json(_facts(verdict))
    else:
        for line in _told(prepared.composition, record, shown, digest.cadence.zone):
            session.out(line)
    session.problems(prepared.problems, strict=strict)


def _belongs(verdict: Verdict, period: Period) -> bool:
    return verdict.article.published in period


def _facts(verdict: Verdict) -> dict[str, Any]:
    article = verdict.article
    return {
        "key": article.key,
        "path": article.path,
        "title": article.title,
        "published": article.published,
        "category": article.category,
        "image": (article.image.url or article.image.file) if article.image else None,
        "source": article.source or None,
        "draft": article.draft,
        "in": verdict.included,
        "edition": verdict.edition or None,
        "reason": verdict.reason,
    }


def _told(
    composition: Composition, record: EditionRecord | None, verdicts: list[Verdict], zone: tzinfo
) -> Iterator[str]:
    """For reading: the edition section by section, then what is out, grouped by its reason."""
    edition = composition.edition
    inside = [verdict for verdict in verdicts if verdict.included]
    state = f"frozen on {record.frozen:%Y-%m-%d %H:%M} UTC" if record else "not frozen yet"
    number = record.number if record else edition.number
    yield f"{edition.name}, edition {number}, {state}: {len(inside)} in, {len(verdicts) - len(inside)} out"
    if not record and not composition.enough:
        yield "too few for an edition: they wait for the next"
    more = {section.category: section.more for section in edition.sections if section.more and not record}
    for category, members in _grouped(inside, _section).items():
        told = f", {more[category]} more did not fit" if category in more else ""
        yield f"\nIN  {category} ({len(members)}{told})"
        yield from (_line(verdict, zone) for verdict in members)
    outside = _grouped([verdict for verdict in verdicts if not verdict.included], _kind)
    for kind, members in sorted(outside.items(), key=lambda group: (-len(group[1]), group[0])):
        yield f"\nOUT {kind} ({len(members)})"
        yield from (_line(verdict, zone, verdict.reason if verdict.reason != kind else "") for verdict in members)


def _grouped(verdicts: Iterable[Verdict], by: Callable[[Verdict], str]) -> dict[str, list[Verdict]]:
    groups: defaultdict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[by(verdict)].append(verdict)
    return groups


def _section(verdict: Verdict) -> str:
    return verdict.section or verdict.article.category


def _kind(verdict: Verdict) -> str:
    """The reason without what differs from article to article."""
    for start, kind in _KINDS.items():
        if verdict.reason.startswith(start):
            return kind
    return verdict.reason


def _line(verdict: Verdict, zone: tzinfo, detail: str = "") -> str:
    article = verdict.article
    room = _columns() - PATH_COLUMNS - 14
    text = f"{article.title}  [{detail}]" if detail else article.title
    date = article.published.astimezone(zone).strftime("%m-%d %H:%M")
    return f"  {date}  {_fit(text, room):{room}}{_fit(article.path or article.key, PATH_COLUMNS)}"


def _fit(text: str, room: int) -> str:
    return text if len(text) < room else f"{text[: room - 2]}… "


def _columns() -> int:
    """The terminal's width; what goes into a file or a pipe is not cut as short."""
    return max(shutil.get_terminal_size((100, 24)).columns, 80) if sys.stdout.isatty() else 160
