"""Eleventy: https://www.11ty.dev/docs/data-global/ and https://www.11ty.dev/docs/permalinks/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from digest.generators.generator import (
    Facts,
    Generator,
    Habits,
    Untold,
    address,
    constant,
    first,
    joined,
    read,
    stated,
    table,
    text,
    without_comments,
)
from digest.generators.scripted import marks, script

_NAMES = (".eleventy", "eleventy.config")
# Of programs that give data to articles; what files without a program say, articles have.
_DATA = (
    *marks("*.11tydata"),
    "_data/permalink.*",
    "_data/eleventyComputed.*",
    "*/_data/permalink.*",
    "*/_data/eleventyComputed.*",
)
_GLOBAL = re.compile(r"""addGlobalData\(\s*["'`](?:permalink|eleventyComputed)""")


def _says(home: Path) -> Facts:
    names = [f"{folder}_data/{name}" for folder in ("", "src/", "content/") for name in ("metadata", "site", "meta")]
    data = first(home, *(f"{name}.{kind}" for name in names for kind in ("json", "yaml", "yml", "toml")))
    if data is None:
        words = script(home, *names)
        url = address(constant(words, "url", "baseUrl", "siteUrl", "domain"))
        return Facts(constant(words, "title", "name"), url, constant(words, "language", "lang", "locale"))
    told = table(data)
    url = next(filter(None, (address(told.get(name)) for name in ("url", "baseUrl", "siteUrl", "domain"))), "")
    language = next(filter(None, (text(told.get(name)) for name in ("language", "lang", "locale"))), "")
    return Facts(text(told.get("title")) or text(told.get("name")), url, language)


def _page(home: Path, habits: Habits) -> str:
    settings = script(home, *_NAMES)
    if made := next(_permalinks(home, habits), ""):
        raise Untold(f"{made} makes permalinks")
    if _GLOBAL.search(settings):
        raise Untold("its configuration makes permalinks (addGlobalData)")
    source = stated(settings, "input", ".").removeprefix("./").strip("/") or "."
    if not habits.folder.is_relative_to(source):
        raise Untold(f"its pages are made of {source}, the articles are not all there (dir.input)")
    below = habits.folder.relative_to(source).as_posix()
    return joined("" if below == "." else below, "{folders}" if habits.nested.any else "", "{slug}") + "/"


def _permalinks(home: Path, habits: Habits) -> Iterator[str]:
    """The programs, in and above the folder of the articles, that speak of permalinks."""
    articles = home / habits.folder
    for folder in (home, *(home / above for above in habits.folder.parents), articles):
        for path in sorted(
            path for mark in _DATA for path in folder.glob(f"**/{mark}" if folder == articles else mark)
        ):
            if "permalink" in path.name + without_comments(read(path)):
                yield path.relative_to(home).as_posix()


ELEVENTY = Generator("Eleventy", marks(*_NAMES), _says, _page, static=(".", "src", "public"))
