"""What lies in a folder of articles and looks like some, but is not read: other kinds of text, links to folders."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from digest.model import Fault, Problem
from digest.sources.files import Folder
from digest.sources.listing import SKIPPED, SUFFIXES

KINDS = frozenset(  # what generators make pages of, other than SUFFIXES; programs, data and pictures are none
    {".rst", ".adoc", ".asciidoc", ".asc", ".org", ".htm", ".xhtml", ".ipynb", ".textile", ".txt", ".mkd", ".mdown"}
    | {".rmd", ".rmarkdown", ".pmd", ".typ", ".tex", ".docx", ".odt", ".wiki", ".creole", ".haml", ".slim", ".pug"}
)
_READ = f"articles are {', '.join(sorted(SUFFIXES))}"
_LINKED = "name the folder that it leads to under [[sources]]"


def unread(folder: Folder) -> Iterator[Problem]:
    """One Problem for each kind of file, at the first of them, and one for each link that leads out of the folder.

    Hidden and SKIPPED folders hold no articles.
    """
    home = folder.root.resolve()
    kinds: defaultdict[str, list[Path]] = defaultdict(list)
    for place, folders, files in os.walk(folder.root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        for name in sorted(files):
            kinds[_kind(name)].append(Path(place, name))
        for link in (Path(place, name) for name in folders):
            if link.is_symlink() and not link.resolve().is_relative_to(home):
                yield _passed_over(folder.called(link), "is a link to a folder, and links are not followed", _LINKED)
    for kind, paths in sorted(kinds.items()):
        if kind in KINDS:
            count = "1 file of this kind is" if len(paths) == 1 else f"{len(paths):,} files of this kind are"
            yield _passed_over(folder.called(paths[0]), f"{count} not read: {kind}", _READ)


def _kind(name: str) -> str:
    return "" if name.startswith(".") else Path(name).suffix.lower()


def _passed_over(where: str, what: str, hint: str) -> Problem:
    return Problem(where, what, hint, fault=Fault.PASSED_OVER)
