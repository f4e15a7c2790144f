"""What the page shows of a sheet, in the page's own words and numbers; nothing is decided here that the desk decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime, tzinfo
from email.utils import parseaddr

from digest import desk
from digest.compose import Verdict
from digest.model import HTML_MAXIMUM
from digest.proof import Finding, Level, Report, Rule
from digest.web.studio.choices import Choice
from digest.web.studio.press import Print, Sheet

GMAIL_CLIPS = 102 * 1024  # bytes of HTML, above which Gmail hides the rest behind a link
PROBLEMS_SHOWN = 100
NO_ROOM = "no room in the mail"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule and all places where it is broken."""

    rule: Rule
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One article in a list; ``note`` is what is to be known beyond the list's heading."""

    title: str
    date: str
    path: str
    note: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A heading and its articles."""

    name: str
    lines: tuple[Line, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Category:
    """A section that a reader may choose."""

    key: str
    name: str
    chosen: bool


def values(sheet: Sheet, wanted: Choice) -> dict[str, object]:
    """Everything that the page's template knows."""
    shown = sheet.print
    found: dict[str, object] = {"sheet": sheet, "wanted": wanted, "print": shown, "mail": shown and shown.mail}
    found |= {
        "problems": (),
        "problems_shown": PROBLEMS_SHOWN,
        "gmail_clips": GMAIL_CLIPS,
        "html_maximum": HTML_MAXIMUM,
    }
    if shown is None:
        return found
    explanation = shown.explanation
    zone = shown.digest.cadence.zone
    trimmed = frozenset(shown.mail.preview.rendition.trimmed) if shown.mail else explanation.trimmed
    found |= {
        "edition": explanation.prepared.composition.edition,
        "explanation": explanation,
        "categories": categories(shown, wanted),
        "inside": [_inside(group, zone, trimmed) for group in desk.inside(explanation)],
        "outside": [_outside(group, zone) for group in desk.outside(explanation)],
        "problems": explanation.prepared.problems,
    }
    if shown.mail:
        found |= {
            "broken": broken(shown.mail.report),
            "errors": sum(finding.rule.level is Level.ERROR for finding in shown.mail.report.findings),
            "sender": sender(shown.mail.report),
            "trimmed": shown.mail.preview.rendition.trimmed,
            "problems": shown.mail.preview.problems or explanation.prepared.problems,
        }
    return found


def broken(report: Report) -> tuple[Broken, ...]:
    """The findings by their rules: errors first, then what is found most often."""
    groups: defaultdict[Rule, list[Finding]] = defaultdict(list)
    for finding in report.findings:
        groups[finding.rule].append(finding)
    ordered = sorted(
        groups.items(), key=lambda group: (group[0].level is not Level.ERROR, -len(group[1]), group[0].name)
    )
    return tuple(Broken(rule, tuple(findings)) for rule, findings in ordered)


def sender(report: Report) -> str:
    """What a list of mails shows of the From header: the name, or the address where there is none."""
    name, address = parseaddr(report.sender)
    return name or address


def categories(shown: Print, wanted: Choice) -> tuple[Category, ...]:
    """The sections of the edition, and whatever else was chosen, so that it can be taken back."""
    sections = shown.explanation.prepared.composition.edition.sections
    known = {section.key: section.category for section in sections}
    known |= {key: key for key in sorted(wanted.categories - known.keys())}
    return tuple(Category(key, name, key in wanted.categories) for key, name in known.items())


def size(number: int) -> str:
    """``812 bytes``, ``63.2 KB``, ``1.4 MB``, as mail programs tell it: in units of 1,024."""
    if number < 1024:  # noqa: PLR2004 - the unit itself
        return f"{number} bytes"
    kilobytes = number / 1024
    return f"{kilobytes:.1f} KB" if kilobytes < 1024 else f"{kilobytes / 1024:.1f} MB"  # noqa: PLR2004 - the unit itself


def moment(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"


def _inside(group: desk.Group, zone: tzinfo, trimmed: Container[str]) -> Listed:
    lines = (_line(verdict, zone, NO_ROOM if verdict.article.key in trimmed else "") for verdict in group.verdicts)
    return Listed(group.name, tuple(lines), group.more)


def _outside(group: desk.Group, zone: tzinfo) -> Listed:
    """The reason stands beside an article only where the heading does not say all of it."""
    lines = (_line(verdict, zone, verdict.reason if verdict.reason != group.name else "") for verdict in group.verdicts)
    return Listed(group.name, tuple(lines))


def _line(verdict: Verdict, zone: tzinfo, note: str) -> Line:
    article = verdict.article
    date = article.published.astimezone(zone).strftime("%m-%d %H:%M")
    return Line(article.title, date, article.path or article.key, note)
