"""What a generator is to us: the files that give it away, what its configuration says, and where it puts an article."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from digest.sources.addresses import web_url

CONFIGURATION_MAXIMUM = 1_000_000  # bytes
CATEGORY_PAGE = "/categories/{category}/"  # where most sites have the page of a category


@dataclass(frozen=True, slots=True)
class Facts:
    """What a site's own configuration says; "" where it says nothing."""

    title: str = ""
    url: str = ""
    language: str = ""
    timezone: str = ""

    def beside(self, others: Facts) -> Facts:
        """These, and where they say nothing the others."""
        return Facts(
            self.title or others.title,
            self.url or others.url,
            self.language or others.language,
            self.timezone or others.timezone,
        )


class Untold(Exception):  # noqa: N818 - no error: an answer
    """Why the page of an article cannot be told. No address is better than a wrong one: mails cannot be called back."""


class Apart(Untold):
    """No pattern fits the articles of this folder; those of each folder in it may have one of their own."""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of the articles are so."""

    count: int = 0
    of: int = 1

    @property
    def any(self) -> bool:
        return self.count > 0

    @property
    def most(self) -> bool:
        return self.count * 2 > self.of

    @property
    def all(self) -> bool:
        return self.count == self.of


@dataclass(frozen=True, slots=True)
class Habits:
    """What the articles themselves tell about their pages: where they lie below the site (``folder``), and how many of
    them are page ``bundles`` (first-story/index.md), are in a ``nested`` folder, have a ``slug``, ``categories``, a date in
    their names (``dated``), and a title of which every generator makes the same address (``titled``).

    ``signs`` are the characters of their names, folders and slugs other than small letters of ASCII, digits and hyphens,
    ``above`` the names of folders that each of them lies in.
    """

    folder: Path
    nested: Share = Share()
    bundles: Share = Share()
    slug: Share = Share()
    categories: Share = Share()
    dated: Share = Share()
    titled: Share = Share()
    signs: frozenset[str] = frozenset()
    above: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether all names are in small letters without blanks."""
        return not any(sign.isspace() or sign != sign.lower() for sign in self.signs)

    @property
    def lower(self) -> str:
        """What makes of a name in a pattern what a generator makes that has small letters in its pages."""
        return "" if self.plain else ":lower"

    def below(self, *content: str) -> str:
        """The folder as its pages have it: without the part that holds all content, and the underscore of a name."""
        parts = list(self.folder.parts)
        while parts and parts[0] in content:
            del parts[0]
        return "".join(f"/{part.lstrip('_')}" for part in parts)


@dataclass(frozen=True, slots=True)
class Generator:
    """``marks`` are files that a site of this make has at its root, as globs; ``says`` reads its configuration.

    ``page`` is the pattern of an article's own page below the site's address, such as ``/posts/{slug}/``; it raises Untold
    where that cannot be told. ``category`` is that of a category's page, "" where there are none. ``static`` are the folders
    whose files are served from the site's root, ``assets`` those with pictures that articles name and the site is built
    with. ``content`` is the folder that holds all articles, where a site says so. With ``renames``, pictures beside
    articles get other names when the site is built.
    """

    name: str
    marks: tuple[str, ...]
    says: Callable[[Path], Facts]
    page: Callable[[Path, Habits], str]
    static: tuple[str, ...] = ()
    assets: tuple[str, ...] = ()
    category: str = CATEGORY_PAGE
    content: Callable[[Path], Path | None] = lambda _home: None
    renames: bool = False

    def made(self, home: Path) -> bool:
        """Whether the site at ``home`` is of this make."""
        return any(file.is_file() for mark in self.marks for file in home.glob(mark))


def table(path: Path) -> dict[str, Any]:
    """A configuration as far as it can be read; it is somebody else's, so what is wrong with it is not our business."""
    readers: dict[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": json.loads}
    try:
        found = readers.get(path.suffix, _yaml)(read(path))
    except (ValueError, AttributeError, RecursionError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}


def _yaml(written: str) -> Any:
    """All values as text; tags, which may name functions of a generator, mean nothing."""
    return yaml.load(written, Loader=yaml.BaseLoader)  # noqa: S506 - it makes text, lists and mappings, nothing else


def first(home: Path, *names: str) -> Path | None:
    """The first of these files that is there."""
    return next((home / name for name in names if (home / name).is_file()), None)


def read(path: Path) -> str:
    """The text of a configuration; "" where it is none."""
    try:
        with path.open("rb") as file:
            return file.read(CONFIGURATION_MAXIMUM).decode("utf-8-sig")
    except (OSError, ValueError):
        return ""


def text(value: Any) -> str:
    """A setting in one line; "" for what is no text."""
    return " ".join(value.split()) if isinstance(value, str) else ""


def address(value: Any) -> str:
    """A site's address without a slash at its end; "" for what is none."""
    return web_url(text(value)).rstrip("/")


def mapping(value: Any) -> dict[str, Any]:
    """A setting that has settings in it; an empty one for what is none."""
    return value if isinstance(value, dict) else {}


def filled(pattern: str, token: str, known: Mapping[str, str]) -> str:
    """A generator's pattern with placeholders of ours for its tokens. Raises Untold where it has one that is not
    ``known``, or none at all.
    """
    if unknown := next((found for found in re.findall(token, pattern) if found not in known), ""):
        raise Untold(f"only the generator knows what {unknown} is in {pattern!r}")
    page = re.sub(token, lambda found: known[found[0]], pattern)
    if "{" not in page:
        raise Untold(f"all articles would have the one page {pattern!r}")
    return page


def joined(*parts: str) -> str:
    """A path from the root of a site, of parts that may be empty."""
    return "".join(f"/{part}" for part in (part.strip("/") for part in parts) if part)


def constant(script: str, *names: str) -> str:
    """The text that a program gives to the first of these names: ``title: "Notes"``, ``SITE_TITLE = 'Notes'``.

    Programs are not run: what they work out is not found.
    """
    return next(filter(None, (_assigned(script, name) for name in names)), "")


def stated(script: str, name: str, default: str) -> str:
    """The text that a program gives to this name, the default if it gives none. Raises Untold where it works it out."""
    if not re.search(rf"(?<![\w.]){name}\b", script):
        return default
    found = _assigned(script, name, behind=r"\s*(?=[,;)}\]#\n]|$)")
    if found is None:
        raise Untold(f"{name} is worked out by a program")
    return found


def _assigned(script: str, name: str, behind: str = "") -> str | None:
    start = rf"""(?<![\w.])["']?{re.escape(name)}["']?\s*[:=]\s*"""
    found = re.search(rf"""{start}(?P<quote>["'`])(?P<text>(?:\\.|(?!(?P=quote))[^\\\n])*)(?P=quote){behind}""", script)
    return text(re.sub(r"\\(.)", r"\1", found["text"])) if found and "${" not in found["text"] else None


def without_comments(script: str) -> str:
    """A program in JavaScript without what it says in comments; addresses keep their slashes."""
    return re.sub(r"/\*.*?\*/|(?<![:\"'`\w])//[^\n]*", "", script, flags=re.DOTALL)
