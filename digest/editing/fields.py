"""The fields at the top of an edition's file: which there are, and what may stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from digest.editing.faults import Faults
from digest.sources.front_matter import FrontMatter
from digest.sources.text import tidy

SUBJECT_MAXIMUM = 300  # characters, of subject and preheader
INTRO_MAXIMUM = 5_000

NAMES = ("edition", "subject", "preheader", "intro", "pinned", "excluded", "order", "approved")

_YES, _NO = ("true", "yes", "on"), ("false", "no", "off", "", "null", "~")
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Fields:
    """What the fields say, checked one by one; what is wrong goes to ``faults``."""

    front: FrontMatter
    faults: Faults

    def check_names(self) -> None:
        for found in self.front.fields:
            if found not in NAMES:
                self._fault(found, f"there is no field {found!r}", meant=found)

    def line(self, name: str, value: str = "") -> int:
        """Where a field stands, or one ``value`` of its list."""
        first = self.front.line(name)
        below = enumerate(self.front.source.split("\n"), self.front.above + 1)
        return next((number for number, line in below if number >= first and value in line), first)

    def text(self, name: str, longest: int = SUBJECT_MAXIMUM) -> str:
        """One line."""
        written = tidy(self._written(name))
        if len(written) > longest:
            self._fault(name, f"{name} has more than {longest} characters")
        return written

    def intro(self) -> str:
        """Paragraphs, as they are parted by blank lines."""
        written = _UNWANTED.sub("", self._written("intro")).strip()
        if len(written) > INTRO_MAXIMUM:
            self._fault("intro", f"intro has more than {INTRO_MAXIMUM:,} characters")
        return written

    def names(self, name: str) -> tuple[str, ...]:
        """A list, or one alone."""
        value = self.front.fields.get(name)
        listed = value if isinstance(value, list) else [value]
        if all(_is_scalar(entry) for entry in listed):
            return tuple(filter(None, map(_text, listed)))
        self._fault(name, f"{name} has to be a list of texts: [one, another]")
        return ()

    def approved(self) -> bool:
        value = self.front.fields.get("approved")
        written = _text(value).casefold() if _is_scalar(value) else "a list"
        if written not in (*_YES, *_NO):
            self._fault("approved", f"approved has to be true or false, and is {written[:40]!r}")
        return written in _YES

    def _written(self, name: str) -> str:
        value = self.front.fields.get(name)
        if not _is_scalar(value):
            self._fault(name, f"{name} has to be a text; put it into quotes")
            return ""
        return _text(value)

    def _fault(self, name: str, what: str, *, meant: str = "") -> None:
        self.faults.add(self.line(name), what, meant=meant, known=NAMES if meant else ())


def says_approved(front: FrontMatter) -> bool:
    """Whether that is clear from the fields, whatever else is wrong with them."""
    return Fields(front, Faults()).approved()


def _is_scalar(value: Any) -> bool:
    return value is None or not isinstance(value, list | dict)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
