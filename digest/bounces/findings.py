"""What one mail turned out to say, before it is known whether it may be believed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from digest.delivery import DEAD_MAILBOX
from digest.model import NoticeKind

TEXT_MAXIMUM = 300  # characters of an explanation that are kept
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ENHANCED = re.compile(r"(?<![\w.])([245]\.\d{1,3}\.\d{1,3})(?!\w|\.\d)")  # RFC 3463; never a part of an IP address


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said about one recipient; ``address`` is how the report names them, or ""."""

    kind: NoticeKind
    address: str = ""
    status: str = ""
    text: str = ""


def status_in(text: str) -> str:
    """The first enhanced status code in it, or ""."""
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def mildest(*codes: str) -> str:
    """Of codes that contradict each other, the one that accuses the mailbox least: spam and reputation are about us, what
    is temporary may pass. One that says no more than "failed" (X.0.0) gives way to any other.
    """
    precise = [code for code in codes if code and not code.endswith(".0.0")]
    return min(precise, key=_gravity, default=next(filter(None, codes), ""))


def _gravity(code: str) -> int:
    if code.split(".")[1] == "7":
        return 0
    return 1 if code.startswith("4") else 3 if code in DEAD_MAILBOX else 2


def failure(status: str) -> NoticeKind:
    """How bad a final failure is: a dead mailbox only by the narrow list, for most other codes are about something else."""
    return NoticeKind.HARD if status in DEAD_MAILBOX else NoticeKind.SOFT


def shortened(text: str) -> str:
    """An explanation on one line, as much of it as is kept."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    return line if len(line) <= TEXT_MAXIMUM else line[: TEXT_MAXIMUM - 1] + "…"
