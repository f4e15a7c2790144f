"""What is wrong with an edition's file, collected: all of it is told at once."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable

FAULTS_SHOWN = 20
SUGGESTED = 5  # faults for which the nearest name is looked for
KNOWN_MAXIMUM = 5_000  # names among which the nearest is looked for


class Faults:
    """What is wrong with a file, in its order; ``told`` are the first of them, for a person."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    def add(self, line: int, what: str, *, meant: str = "", known: Iterable[str] = ()) -> None:
        """With ``known``, the nearest to what was ``meant`` is told too."""
        if known and len(self._found) < SUGGESTED and (near := _nearest(meant, known)):
            what = f"{what}; did you mean {near}?"
        self._found.append((line, what))

    @property
    def told(self) -> tuple[str, ...]:
        lines = [f"line {line}: {what}" if line else what for line, what in sorted(self._found, key=lambda f: f[0])]
        more = len(lines) - FAULTS_SHOWN
        return (*lines[:FAULTS_SHOWN], *([f"and {more:,} more"] if more > 0 else []))


def _nearest(word: str, known: Iterable[str]) -> str:
    by_fold = {name.casefold(): name for name in itertools.islice(known, KNOWN_MAXIMUM)}
    found = difflib.get_close_matches(word.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""
