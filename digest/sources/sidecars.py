"""Fields that stand in a file beside an article (``post.yaml``, ``post.11tydata.json``, ``meta.json`` in its own folder),
or in one for all of a folder, as Eleventy has them (``posts/posts.json``), and what sections say of all their pages.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from digest.errors import ArticleError
from digest.sources import front_matter, headers, sections, yaml_fields
from digest.sources.defects import Defect, FormatError
from digest.sources.formats import json_fields, toml_fields
from digest.sources.front_matter import FRONT_MATTER_MAXIMUM, FrontMatter, decode, plainly, without_strays
from digest.sources.mending import mended
from digest.sources.unchanged import while_unchanged

_PARSERS = {
    ".yaml": yaml_fields.read,
    ".yml": yaml_fields.read,
    ".toml": toml_fields,
    ".json": json_fields,
    ".meta": headers.read,  # Nikola's
}
_SUFFIXES = tuple(_PARSERS)
_ELEVENTY = ".11tydata.json"
_OWN = (_ELEVENTY, *_PARSERS)
_BUNDLE = ("meta.yaml", "meta.yml", "meta.json", "meta.toml")  # beside an index file
_SHARED = (_ELEVENTY, ".json")
_SECTIONS = frozenset(sections.NAMES)


def is_sidecar(name: str) -> bool:
    """Whether a file of this name may say something of articles beside and below it."""
    return name.endswith(_SUFFIXES) or name in _SECTIONS


def completed(front: FrontMatter, path: Path, root: Path) -> FrontMatter:
    """The front matter of the article at ``path`` with what sidecars and sections up to ``root`` say."""
    beside: list[dict[str, Any]] = []
    around: list[dict[str, Any]] = []
    defects: list[Defect] = []
    for sidecar in _sidecars(str(path), str(root)):
        fields, faults = _read(sidecar)
        name = sidecar.rpartition(os.sep)[2]
        if name in _SECTIONS:
            around += sections.said_of(path, name, fields)
        else:
            beside.append(fields)
        defects += faults
    if not (beside or around or defects):
        return front
    return replace(front, defects=(*front.defects, *defects), beside=tuple(beside), around=tuple(around))


def _sidecars(path: str, root: str) -> Iterator[str]:
    """Those that are there, the nearest first."""
    own, _, name = path.rpartition(os.sep)
    folder = own
    while folder and folder.startswith(root):
        if names := _names(folder):
            possible = (
                *(beside(name) if folder is own else ()),
                *for_all(folder.rpartition(os.sep)[2]),
                *sections.NAMES,
            )
            yield from (f"{folder}{os.sep}{sidecar}" for sidecar in possible if sidecar in names)
        folder = folder.rpartition(os.sep)[0] if folder != root else ""


def beside(name: str) -> Iterator[str]:
    """The names that sidecars of the article file ``name`` may have."""
    stem = name.rpartition(".")[0]
    yield from (f"{stem}{suffix}" for suffix in _OWN)
    yield from _BUNDLE if stem == "index" else ()


def for_all(folder: str) -> Iterator[str]:
    """Those of what stands in a folder of that name for all the articles in it and below."""
    yield from (f"{folder}{suffix}" for suffix in _SHARED)


def _names(folder: str) -> frozenset[str]:
    """The names in a folder that may be of sidecars."""
    try:
        return _listed(folder)
    except OSError:
        return frozenset()


@while_unchanged(1024)
def _listed(folder: str) -> frozenset[str]:
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries if is_sidecar(entry.name))


def _read(sidecar: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of a sidecar by their plain names; what keeps it from being read is a defect."""
    path = Path(sidecar)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return {}, ()
        return _parsed(sidecar)
    except OSError as error:
        return {}, (_unread(path, error.strerror or str(error)),)


@while_unchanged(64)
def _parsed(sidecar: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """One that serves a whole folder is parsed once."""
    path = Path(sidecar)
    if path.name in sections.PAGES:
        return _page(path)
    with path.open("rb") as file:
        data = file.read(FRONT_MATTER_MAXIMUM + 1)
    source = without_strays(decode(data)[0])
    if source.lstrip()[:1] == "[" and path.suffix == ".json":  # a list is data of something else
        return {}, ()
    if len(data) > FRONT_MATTER_MAXIMUM:
        return {}, (_unread(path, f"it is longer than {FRONT_MATTER_MAXIMUM // 1024} KB"),)
    try:
        fields, defects = mended(_PARSERS[path.suffix], source)
    except FormatError as error:
        return {}, (_unread(path, error.what, error.line, error.hint),)
    return plainly(fields), tuple(replace(defect, where=path) for defect in defects)


def _page(path: Path) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    with path.open("rb") as file:
        content, _ = decode(front_matter.opening(file))
    try:
        found = front_matter.split(path.name, content)
    except ArticleError as error:
        return {}, (_unread(path, error.what, error.line, error.hint),)
    return found.fields, tuple(replace(defect, where=path) for defect in found.defects)


def _unread(path: Path, why: str, line: int = 0, hint: str = "") -> Defect:
    return Defect(f"cannot be read: {why}", line, hint, path, unread=True)
