"""What may be wrong with front matter: a FormatError costs all of it, a Defect was got over and is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Defect:
    """Something that does not cost the article. ``line`` counts from 1; 0 means the whole file.

    ``where`` is the file at fault where that is not the article's own.
    """

    what: str
    line: int = 0
    hint: str = ""
    where: Path | None = None

    def below(self, lines: int) -> Defect:
        """The same in a file that has so many lines above."""
        return replace(self, line=self.line + lines)


class FormatError(ValueError):
    """Fields that cannot be read; ``line`` counts from 1. ``mendable`` says that one line is at fault, not the whole."""

    def __init__(self, what: str, line: int = 1, hint: str = "", *, mendable: bool = True) -> None:
        super().__init__(what)
        self.what = what
        self.line = line
        self.hint = hint
        self.mendable = mendable
