"""What ``digest check`` finds, one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: ``said`` is what was found, ``hint`` what to do if it is not well.

    What is not well and has no ``exit_code`` is a warning.
    """

    subject: str
    well: bool
    said: str
    hint: str = ""
    exit_code: int = 0

    @property
    def mark(self) -> str:
        return "ok  " if self.well else "FAIL" if self.exit_code else "warn"
