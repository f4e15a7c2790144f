"""The files and folders that somebody names to be told of, however their paths are written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.linting import Finding
    from digest.sources.files import Folder


class Wanted:
    """These ``paths`` among what lies in the ``folders``. Raises UsageError for one that is in none of them.

    Links are followed on both sides, and names compared as they are read: macOS spells accents in another way.
    """

    def __init__(self, paths: Sequence[Path], folders: Sequence[Folder], base: Path) -> None:
        self._folders, self._base = folders, base
        self._paths = tuple(map(_real, paths))
        for written, path in zip(paths, self._paths, strict=True):
            if not self._is_inside(path):
                where = ", ".join(str(folder.root) for folder in folders) or "none: there are only feeds"
                raise UsageError(f"{written} is in no folder of articles", hint=f"these are: {where}")

    def of(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings about these paths, all of them if none is named."""
        return tuple(one for one in findings if not self._paths or self._is_wanted(self._file(one.path)))

    @cached_property
    def unread(self) -> tuple[Path, ...]:
        """Those in which there is no article at all."""
        files = tuple(map(_real, self._named.values())) if self._paths else ()
        return tuple(path for path in self._paths if not any(file.is_relative_to(path) for file in files))

    def _is_inside(self, path: Path) -> bool:
        roots = [_real(folder.root) for folder in self._folders]
        near = any(path.is_relative_to(root) or root.is_relative_to(path) for root in roots)
        return near or path in map(_real, self._named.values())

    def _is_wanted(self, file: Path) -> bool:
        return any(file.is_relative_to(path) for path in self._paths)

    def _file(self, called: str) -> Path:
        return _real(self._named.get(called) or self._base / called)

    @cached_property
    def _named(self) -> dict[str, Path]:
        """The article files by what they are called in findings: what cannot be printed is spelled out there."""
        return {folder.called(path): path for folder in self._folders for path in folder.paths()}


def _real(path: Path) -> Path:
    return Path(unicodedata.normalize("NFC", str(path.resolve())))
