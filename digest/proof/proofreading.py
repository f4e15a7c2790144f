"""Reads a finished mail through: every judge over every part, and one report.

bytes ─┬─ head ────────▶ headers, unsubscribe
       ├─ lines
       └─ structure ─┬─▶ text part ──▶ text
                     └─▶ HTML part ──▶ page ──▶ document, pictures, linking, words, … and, of a whole mail, what
                                                only the header can tell: Content-IDs, how to leave
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import TypeVar

from digest.proof import (
    active,
    clients,
    contrast,
    document,
    headers,
    linking,
    pictures,
    reading,
    sizes,
    structure,
    text,
    unsubscribe,
    words,
)
from digest.proof.head import head as read_head
from digest.proof.page import Page
from digest.proof.rules import Finding, Level, Part, Rule, cut, error
from digest.proof.structure import Structure

T = TypeVar("T")

UNREADABLE = error("unreadable", "A parser gave up, as a mail program may", "mend what is named, then check again")
DEEP = error("deep", "Parsers stop at 256 levels of tags", "close tags, and nest fewer tables")

_JUDGES: tuple[ModuleType, ...] = (document, pictures, linking, words, active, reading, contrast, clients, sizes)


def _rules(modules: Iterable[ModuleType]) -> tuple[Rule, ...]:
    return tuple(rule for module in modules for rule in vars(module).values() if isinstance(rule, Rule))


RULES: tuple[Rule, ...] = (*_rules((headers, unsubscribe, structure, *_JUDGES, text)), UNREADABLE, DEEP)


@dataclass(frozen=True, slots=True)
class Report:
    """What was found in a mail, and what was read: its parts decoded, their sizes in bytes before."""

    findings: tuple[Finding, ...]
    subject: str = ""
    sender: str = ""
    preheader: str = ""
    message_bytes: int = 0
    html_bytes: int = 0
    text_bytes: int = 0
    html: str = ""
    text: str = ""

    @property
    def errors(self) -> int:
        return sum(finding.rule.level is Level.ERROR for finding in self.findings)

    @property
    def well(self) -> bool:
        """Without errors; there may be advice."""
        return not self.errors


class _Notes:
    """What was found so far. Whatever a parser raises over foreign bytes is noted, and is no end."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def take(self, subject: str, part: Part, judge: Callable[[], Iterable[Finding]]) -> None:
        self.made(subject, part, lambda: self.findings.extend(judge()))

    def made(self, subject: str, part: Part, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except Exception as error:  # noqa: BLE001 - parsers raise what they like over hostile bytes
            what = f"{subject}: {type(error).__name__}: {cut(str(error))}"
            self.findings.append(Finding(UNREADABLE, what, part))
            return None


def proofread(data: bytes) -> Report:
    """A whole message, of whatever bytes."""
    notes = _Notes()
    head = read_head(data)
    uris = unsubscribe.uris(head)
    notes.take("header", Part.MESSAGE, lambda: headers.judge(head))
    notes.take("header", Part.MESSAGE, lambda: unsubscribe.judge(head))
    notes.take("lines", Part.MESSAGE, lambda: headers.lines(data))
    message = notes.made("MIME", Part.MESSAGE, lambda: Structure(data))
    rich = message.html if message else None
    plain = message.text if message else None
    if message:
        notes.take("MIME", Part.MESSAGE, message.judge)
    if plain:
        notes.take("text part", Part.TEXT, lambda: text.judge(plain.text, uris))
    page = _page(notes, rich.text) if rich else None
    if page and message:
        notes.take("links", Part.HTML, lambda: linking.leaving(page, uris))
        notes.take("images", Part.HTML, lambda: pictures.embedded(page, message.content_ids))
        if any(uri.lower().startswith("https://") for uri in uris):
            notes.take("links", Part.HTML, lambda: linking.online(page))
    return Report(
        findings=tuple(notes.findings),
        subject=head.text("Subject"),
        sender=head.text("From"),
        preheader=_preheader(notes, page),
        message_bytes=len(data),
        html_bytes=rich.size if rich else 0,
        text_bytes=plain.size if plain else 0,
        html=rich.text if rich else "",
        text=plain.text if plain else "",
    )


def proofread_page(html: str) -> Report:
    """An HTML file alone: without what only the message around it can tell."""
    notes = _Notes()
    page = _page(notes, html)
    if page:
        notes.take("links", Part.HTML, lambda: linking.leaving(page))
    title = page.root.findtext("head/title") if page else ""
    return Report(
        findings=tuple(notes.findings),
        subject=" ".join((title or "").split()),
        preheader=_preheader(notes, page),
        html_bytes=len(html.encode("utf-8", "replace")),
        html=html,
    )


def _page(notes: _Notes, html: str) -> Page | None:
    page = notes.made("HTML part", Part.HTML, lambda: Page(html))
    if page is None:
        return None
    if any("depth" in complaint for complaint in page.complaints):
        notes.findings.append(page.found(DEEP, "the page is cut off where its tags are nested too deeply"))
    for judge in _JUDGES:
        notes.take(judge.__name__.rpartition(".")[2], Part.HTML, partial(judge.judge, page))
    return page


def _preheader(notes: _Notes, page: Page | None) -> str:
    return (notes.made("preheader", Part.HTML, lambda: reading.preheader(page)[0]) or "") if page else ""
