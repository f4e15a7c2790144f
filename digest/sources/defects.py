"""What may be wrong with front matter: a FormatError costs all of it, a Defect was got over and is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

TOLD = 50  # fields that stand twice


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that does not cost the article. ``line`` counts from 1; 0 means the whole file.

    ``where`` is the file at fault where that is not the article's own. ``lost`` are the lines that are not read for it,
    of which the first is ``line``; ``unread`` says that nothing of that file is read.
    """

    what: str
    line: int = 0
    hint: str = ""
    where: Path | None = None
    lost: str = ""
    unread: bool = False

    def below(self, lines: int) -> Defect:
        """The same in a file that has so many lines above."""
        return replace(self, line=self.line + lines)


def twice(name: str, line: int, lost: str) -> Defect:
    return Defect(
        f"the field {name[:60]!r} stands twice; the first one is read", line, "remove one of the two", lost=lost
    )


class FormatError(ValueError):
    """Fields that cannot be read; ``line`` counts from 1. ``mendable`` says that one line is at fault, not the whole."""

    def __init__(self, what: str, line: int = 1, hint: str = "", *, mendable: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.hint = hint
        self.mendable = mendable


class TooDeepError(FormatError):
    """Lists in lists, or objects in objects, beyond what the parser takes: surely fields, and past mending."""

    def __init__(self) -> None:
        super().__init__("it is nested too deep", 0, mendable=False)
