"""Recognising a site: where its articles are, and what its own generator's configuration tells about it.

A guess that somebody will read: it is printed, written down in ``digest.toml``, and easy to correct there.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

from digest.errors import ArticleError
from digest.sources import front_matter
from digest.sources.addresses import web_url
from digest.sources.dates import instant
from digest.sources.fields import Field, texts

SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".html"})
# Where generators and people keep articles; what they build, install or fetch lies in the folders that are skipped.
USUAL = frozenset({"posts", "_posts", "post", "blog", "articles", "news"})
SKIPPED = frozenset({"node_modules", "vendor", "public", "_site", "dist", "build", "target", "venv", "__pycache__"})
_IMAGES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
_HEAD = 64 * 1024  # bytes of a file that are looked at
_FENCES = ("---", "+++", "{", ";;;")
_DATED = re.compile(r"(\d{4}-\d{2}-\d{2})(?!\d)", re.ASCII)
_MOST = 0.9  # of all articles: what lies elsewhere is a changelog, not the blog
_ENOUGH = 0.1


@dataclass(frozen=True, slots=True)
class Facts:
    """What a site's own configuration says; "" where it says nothing."""

    title: str = ""
    url: str = ""
    language: str = ""
    timezone: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """A site as it was recognised. ``articles`` and ``static`` are relative to the folder that was asked about."""

    articles: Path
    files: int
    sourced: int  # how many name the page they came from
    newest: date | None
    static: tuple[Path, ...]
    facts: Facts


@dataclass(frozen=True, slots=True)
class _Post:
    folder: Path  # the folder that lists it: a page bundle (first-post/index.md) counts as one file of its parent
    sourced: bool
    dated: date | None


def recognise(root: Path) -> Found | None:
    """The site below ``root``; None where no file has front matter with a date."""
    posts = tuple(_posts(root))
    if not posts:
        return None
    articles = _articles(root, Counter(post.folder for post in posts))
    inside = [post for post in posts if post.folder.is_relative_to(articles)]
    homes = [folder for folder in (articles, *articles.parents) if folder.is_relative_to(root)]
    return Found(
        articles.relative_to(root),
        len(inside),
        sum(post.sourced for post in inside),
        max((post.dated for post in inside if post.dated), default=None),
        tuple(folder.relative_to(root) for folder in _static(homes)),
        _facts(homes),
    )


# --- articles ----------------------------------------------------------------------------------------------------


def _walk(root: Path) -> Iterator[tuple[Path, list[str]]]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in SKIPPED)
        yield Path(folder), names


def _posts(root: Path) -> Iterator[_Post]:
    for folder, names in _walk(root):
        for name in names:
            path = folder / name
            if path.suffix.lower() in SUFFIXES and not name.startswith((".", "_")) and (post := _post(root, path)):
                yield post


def _post(root: Path, path: Path) -> _Post | None:
    """The file as an article, if it has front matter and a date, there or in its name."""
    try:
        with path.open("rb") as file:
            text, _ = front_matter.decode(file.read(_HEAD))
        if not text.lstrip("\ufeff \n\t").startswith(_FENCES):
            return None
        front = front_matter.split(path.name, text)
    except (OSError, ArticleError):
        return None
    bundle = path.stem == "index" and path.parent != root
    dated = _DATED.match(path.parent.name if bundle else path.name)
    written = next(texts(front, Field.DATE), dated[1] if dated else "")
    if not front.fields or not written:
        return None
    sourced = any(web_url(text) for text in texts(front, Field.SOURCE))
    return _Post(path.parent.parent if bundle else path.parent, sourced, _date(written))


def _date(text: str) -> date | None:
    try:
        return instant(text, ZoneInfo("UTC")).date()
    except ValueError:
        return None


def _articles(root: Path, posts: Counter[Path]) -> Path:
    """The folder of articles: from ``root`` down, as long as one folder clearly holds them.

    A folder with a usual name ends the way, so that its subfolders (categories, years) stay together.
    """
    here, threshold = root, _MOST
    while here.name not in USUAL or here == root:
        below: Counter[Path] = Counter()
        for folder, count in posts.items():
            if folder != here and folder.is_relative_to(here):
                below[here / folder.relative_to(here).parts[0]] += count
        total = below.total() + posts[here]
        usual = [folder for folder in below if folder.name in USUAL and below[folder] >= _ENOUGH * total]
        largest = max(usual or below, key=lambda folder: below[folder], default=here)
        if largest == here or (not usual and (below[largest] < threshold * total or largest.name.isdigit())):
            break
        here, threshold = largest, 1.0
    return here


# --- the site around them ----------------------------------------------------------------------------------------


def _static(homes: list[Path]) -> Iterator[Path]:
    """The folders whose files are served from the site's root."""
    for home in homes:
        generator = any((home / name).is_file() for name in ("hugo.toml", "hugo.yaml", "config.toml", "_config.yml"))
        if _has_images(home / "static"):
            yield home / "static"
        if not generator and _has_images(home / "public"):  # where it is not what a generator has built
            yield home / "public"
        if _has_images(home / "assets"):  # /assets/photo.jpg is served as it lies
            yield home


def _has_images(folder: Path) -> bool:
    return any(Path(name).suffix.lower() in _IMAGES for _, _, names in os.walk(folder) for name in names)


def _json(text: str) -> Any:
    """package.json: its title is the name of a package, not of a site."""
    return {key: value for key, value in json.loads(text).items() if key == "homepage"}


_READERS: dict[str, Callable[[str], Any]] = {
    ".toml": tomllib.loads,
    ".yml": yaml.safe_load,
    ".yaml": yaml.safe_load,
    ".json": _json,
}
_CONFIGURATIONS = (
    "hugo.toml",
    "hugo.yaml",
    "config/_default/hugo.toml",
    "config/_default/config.toml",
    "config.toml",
    "config.yaml",
    "_config.yml",
    "package.json",
)
_KEYS = {
    "title": ("title",),
    "url": ("baseURL", "baseurl", "base_url", "url", "homepage"),
    "language": ("languageCode", "defaultContentLanguage", "default_language", "lang"),
    "timezone": ("timeZone", "timezone"),
}


def _facts(homes: list[Path]) -> Facts:
    """The nearest configuration's word on each."""
    found: dict[str, str] = {}
    for home in homes:
        for name in _CONFIGURATIONS:
            table = _table(home / name)
            for fact, keys in _KEYS.items():
                said = next((table[key] for key in keys if isinstance(table.get(key), str) and table[key].strip()), "")
                if said and fact != "url":
                    found.setdefault(fact, " ".join(said.split()))
                elif address := web_url(said):
                    found.setdefault(fact, address.rstrip("/"))
    return Facts(**found)


def _table(path: Path) -> dict[str, Any]:
    """A configuration as far as it can be read; it is somebody else's, so what is wrong with it is not our business."""
    try:
        table = _READERS[path.suffix](path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, AttributeError, RecursionError, yaml.YAMLError):
        return {}
    return table if isinstance(table, dict) else {}
