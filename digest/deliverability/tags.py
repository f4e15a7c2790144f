"""Lists of tags, ``v=DKIM1; k=rsa; p=…``, as DKIM and DMARC records are written (RFC 6376, 3.2; RFC 7489, 6.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_MAILBOX = re.compile(r"mailto:[^@]+@([^!@]+)(?:!\d+[kmgt]?)?", re.IGNORECASE)  # perhaps with the largest size
_FOLD = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Tags:
    """What a list says, in its order; ``fault`` tells why it is no list, and then it says nothing."""

    values: dict[str, str] = field(default_factory=dict)
    fault: str = ""

    @property
    def first(self) -> str:
        return next(iter(self.values), "")

    def get(self, name: str, default: str = "") -> str:
        return self.values.get(name, default)

    def words(self, name: str, default: str = "") -> tuple[str, ...]:
        """The colon-separated words of a value, in lower case."""
        return tuple(word.strip().lower() for word in self.get(name, default).split(":"))


def parse(text: str) -> Tags:
    """The tags of a record. Never raises."""
    values: dict[str, str] = {}
    pieces = text.split(";")
    if not pieces[-1].strip(" \t\r\n"):
        pieces.pop()
    for piece in pieces:
        name, equals, value = (part.strip(" \t\r\n") for part in piece.partition("="))
        if not equals or not _NAME.fullmatch(name):
            return Tags(fault=f"{piece.strip()!r} is no tag=value")
        if name in values:
            return Tags(fault=f"{name}= stands there twice")
        values[name] = _FOLD.sub(" ", value)
    return Tags(values) if values else Tags(fault="it is empty")


def is_dmarc(text: str) -> bool:
    """Whether a TXT record is one of DMARC at all (RFC 7489, 6.6.3)."""
    name, _, value = text.partition(";")[0].partition("=")
    return name.strip() == "v" and value.strip() == "DMARC1"


def report_domains(text: str) -> tuple[str, ...]:
    """The domains to which a DMARC policy has its reports mailed (``rua``; RFC 7489, 6.2)."""
    found = (_MAILBOX.fullmatch(uri.strip()) for uri in parse(text).get("rua").split(","))
    return tuple(match[1].lower().rstrip(".") for match in found if match)
