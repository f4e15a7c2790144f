"""Docusaurus: https://docusaurus.io/docs/api/docusaurus-config and https://docusaurus.io/docs/blog."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from digest.generators.generator import Apart, Facts, Generator, Habits, Untold, address, constant, joined, stated
from digest.generators.scripted import marks, script

_NAMES = ("docusaurus.config", "website/docusaurus.config")
_BLOG = re.compile(r"""(?:(?<![\w.])["']?blog["']?\s*:|content-blog["'`]\s*,)\s*(?=\{)""")
_OPENING, _CLOSING = "{[(", "}])"


def _says(home: Path) -> Facts:
    settings = script(home, *_NAMES)
    url, base = address(constant(settings, "url")), constant(settings, "baseUrl").strip("/")
    return Facts(
        title=constant(settings, "title"),
        url=f"{url}/{base}" if url and base else url,
        language=constant(settings, "defaultLocale"),
    )


def _page(home: Path, habits: Habits) -> str:
    """A post without a slug has its date, if its name begins with one, in its page."""
    settings = script(home, *_NAMES)
    blogs = list(_blogs(settings))
    if not blogs and "routeBasePath" in settings:
        raise Untold("its configuration has no blog that can be read, and names routes (routeBasePath)")
    for blog in blogs or [""]:
        if Path(stated(blog, "path", "blog")) == habits.folder:
            return joined(stated(blog, "routeBasePath", "blog"), "{slug_or_dated}")
    raise Apart("its configuration names no blog that has the folder of these articles")


def _blogs(settings: str) -> Iterator[str]:
    """The settings of each blog, without those that stand deeper in them."""
    for found in _BLOG.finditer(settings):
        depth, kept = 0, ""
        for character in settings[found.end() :]:
            depth += (character in _OPENING) - (character in _CLOSING)
            kept += character if depth == 1 or character in _OPENING else ""
            if not depth:
                break
        yield kept


DOCUSAURUS = Generator("Docusaurus", marks("docusaurus.config"), _says, _page, static=("static",), renames=True)
