"""What is said about a configuration: findings, each with what to do and who says so."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from digest.resolving import Answer

GMAIL = "Gmail, support.google.com/a/answer/81126"
YAHOO = "Yahoo, senders.yahooinc.com/best-practices"
OUTLOOK = "Outlook.com, requirements for high-volume senders (2025)"
BULK = "Gmail, Yahoo and Outlook.com, rules for bulk senders"

_SHOWN = 200  # characters of what strangers wrote
_STRING = 255  # bytes of one string in a TXT record (RFC 1035, 3.3.14)


class Level(StrEnum):
    WELL = "well"
    WARNING = "warning"  # mails may suffer, or it cannot be seen from here
    FAULT = "fault"  # large mailboxes will not believe the mails
    UNANSWERED = "unanswered"  # nobody who would know has answered: ask again later


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    ``found`` is what there is, ``advice`` what to do about it, ``record`` what to publish in the DNS, as a line of a
    zone file, and ``source`` who demands it.
    """

    subject: str
    level: Level
    found: str
    source: str
    advice: str = ""
    record: str = ""


def unanswered(subject: str, answer: Answer, source: str) -> Finding:
    return Finding(
        subject,
        Level.UNANSWERED,
        f"the DNS did not answer: {cut(answer.why)}",
        source,
        "ask again later, or name another resolver in dns.servers",
    )


def cut(text: str) -> str:
    """What a stranger wrote, as one harmless line."""
    plain = "".join(character if character.isprintable() else "�" for character in text)
    return plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"


def txt(name: str, value: str) -> str:
    """A TXT record as a line of a zone file: in strings of 255 bytes, for one cannot be longer."""
    strings = [value[start : start + _STRING] for start in range(0, len(value), _STRING)]
    return f"{name}. IN TXT " + " ".join(f'"{_escaped(string)}"' for string in strings)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
