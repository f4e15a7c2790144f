"""The words of the proofreader: a rule, what it found, how much it matters."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    ERROR = "error"  # readers, mailboxes or filters will trip over it
    WARNING = "warning"  # advice


class Part(StrEnum):
    MESSAGE = "message"
    HTML = "html"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a finished mail is held to: ``source`` says who wants it so, ``advice`` what to do."""

    name: str
    level: Level
    source: str
    advice: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is broken. ``line`` is one of the decoded part, or of the raw message; 0 where none is meant.

    ``path`` is the XPath of the element in the HTML document, or "".
    """

    rule: Rule
    what: str
    part: Part
    line: int = 0
    path: str = ""


def error(name: str, source: str, advice: str) -> Rule:
    return Rule(name, Level.ERROR, source, advice)


def warning(name: str, source: str, advice: str) -> Rule:
    return Rule(name, Level.WARNING, source, advice)


def cut(text: str, most: int = 60) -> str:
    """Foreign text for a finding: on one line, without control characters, and not too long."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= most else plain[: most - 1].rstrip() + "…"
