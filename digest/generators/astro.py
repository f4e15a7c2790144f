"""Astro: https://docs.astro.build/en/reference/configuration-reference/ and https://docs.astro.build/en/guides/routing/."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from digest.generators.generator import Apart, Facts, Generator, Habits, address, constant, joined, read, stated
from digest.generators.scripted import marks, script

_PAGES = "src/pages"
# What makes the pages of a collection, one for each: posts/[slug].astro, posts/[...id]/index.astro.
_ROUTE = re.compile(
    r"(?P<folder>(?:[^\[\]/]+/)*)\[(?:\.\.\.)?(?:slug|id|post|path|entry)\](?:/index)?\.(?:astro|[jt]sx?)"
)


def _says(home: Path) -> Facts:
    settings, words = script(home, "astro.config"), script(home, "src/consts", "src/config", "src/site.config")
    return Facts(
        title=constant(words, "SITE_TITLE", "title", "siteTitle"),
        url=address(constant(settings, "site")) or address(constant(words, "SITE_URL", "website", "url", "site")),
        language=constant(settings, "defaultLocale") or constant(words, "lang", "locale"),
    )


def _page(home: Path, habits: Habits) -> str:
    below = habits.below("src", "content", "pages", "data").strip("/")
    folder = below if habits.folder.is_relative_to(_PAGES) else _route(home, below)
    name = "path" if habits.nested.any and not habits.slug.most else "slug_or_filename"
    base = stated(script(home, "astro.config"), "base", "")
    return joined(base, folder, f"{{{name}{habits.lower}}}") + "/"


def _route(home: Path, below: str) -> str:
    """The folder of the one route that makes pages of the articles: it is called as their collection, or names it."""
    routes = dict(_routes(home / _PAGES))
    if below in routes:
        return below
    collection = re.compile(rf"""["'`]{re.escape(below.partition("/")[0])}["'`]""")
    naming = [folder for folder, programs in routes.items() if collection.search(programs)]
    if len(naming) != 1:
        raise Apart(f"{_PAGES} has no route, or several, that may be of these articles")
    return naming[0]


def _routes(pages: Path) -> Iterator[tuple[str, str]]:
    """The folders of routes, and what their programs say."""
    for path in sorted(pages.rglob("*")):
        if found := _ROUTE.fullmatch(path.relative_to(pages).as_posix()):
            yield found["folder"].strip("/"), read(path)


ASTRO = Generator(
    "Astro", marks("astro.config"), _says, _page, static=("public",), assets=("src/assets",), renames=True
)
