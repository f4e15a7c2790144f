"""Fields that stand in a file beside an article (``post.yaml``, ``post.11tydata.json``, ``meta.json`` in its own folder),
or in one for all of a folder, as Eleventy has them (``posts/posts.json``).
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from digest.sources import headers, yaml_fields
from digest.sources.defects import Defect, FormatError
from digest.sources.formats import json_fields, toml_fields
from digest.sources.front_matter import FRONT_MATTER_MAXIMUM, FrontMatter, decode, plainly, without_strays
from digest.sources.mending import mended

_PARSERS = {
    ".yaml": yaml_fields.read,
    ".yml": yaml_fields.read,
    ".toml": toml_fields,
    ".json": json_fields,
    ".meta": headers.read,  # Nikola's
}
SUFFIXES = tuple(_PARSERS)
_ELEVENTY = ".11tydata.json"
_OWN = (_ELEVENTY, *_PARSERS)
_BUNDLE = ("meta.yaml", "meta.yml", "meta.json", "meta.toml")  # beside an index file
_SHARED = (_ELEVENTY, ".json")
_SETTLED = 2 * 10**9  # nanoseconds in which a folder may change twice and have one time


def completed(front: FrontMatter, path: Path, root: Path) -> FrontMatter:
    """The front matter of the article at ``path`` with what sidecars up to ``root`` say; of two the nearer one wins."""
    fields = front.fields
    defects: tuple[Defect, ...] = front.defects
    for sidecar in _sidecars(str(path), str(root)):
        found, faults = _read(sidecar)
        fields, defects = {**found, **fields}, (*defects, *faults)
    return front if fields is front.fields else replace(front, fields=fields, defects=defects)


def _sidecars(path: str, root: str) -> Iterator[str]:
    """Those that are there, the nearest first."""
    own, _, name = path.rpartition(os.sep)
    folder = own
    while folder and folder.startswith(root):
        if names := _names(folder):
            possible = (*(beside(name) if folder is own else ()), *for_all(folder.rpartition(os.sep)[2]))
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
    """The names in a folder that may be of sidecars; one that has not changed is not listed again."""
    try:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116 - for each article; a Path would take longer than the look
        fresh = 0 <= time.time_ns() - changed < _SETTLED
        return (_listed.__wrapped__ if fresh else _listed)(folder, changed)
    except OSError:
        return frozenset()


@lru_cache(maxsize=1024)
def _listed(folder: str, _changed: int) -> frozenset[str]:
    with os.scandir(folder) as entries:
        return frozenset(entry.name for entry in entries if entry.name.endswith(SUFFIXES))


def _read(sidecar: str) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """The fields of a sidecar by their plain names; what keeps it from being read is a defect."""
    try:
        status = Path(sidecar).stat()
        if not stat.S_ISREG(status.st_mode):
            return {}, ()
        return _parsed(sidecar, status.st_mtime_ns, status.st_size)
    except OSError as error:
        return {}, (Defect(f"cannot be read: {error.strerror or error}", where=Path(sidecar)),)


@lru_cache(maxsize=64)
def _parsed(sidecar: str, _changed: int, _size: int) -> tuple[dict[str, Any], tuple[Defect, ...]]:
    """One that serves a whole folder is parsed once."""
    path = Path(sidecar)
    with path.open("rb") as file:
        data = file.read(FRONT_MATTER_MAXIMUM + 1)
    if len(data) > FRONT_MATTER_MAXIMUM:
        what = f"is longer than {FRONT_MATTER_MAXIMUM // 1024} KB and was not read"
        return {}, (Defect(what, where=path, lost=decode(data)[0]),)
    source = without_strays(decode(data)[0])
    if source.lstrip()[:1] == "[" and path.suffix == ".json":  # a list is data of something else
        return {}, ()
    try:
        fields, defects = mended(_PARSERS[path.suffix], source)
    except FormatError as error:
        return {}, (Defect(f"cannot be read: {error.what}", error.line, error.hint, path, source),)
    return plainly(fields), tuple(replace(defect, where=path) for defect in defects)
