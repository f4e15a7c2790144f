"""MkDocs, whose blog is that of the theme Material: https://squidfunk.github.io/mkdocs-material/plugins/blog/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.generators.generator import Facts, Generator, Habits, address, first, read, table, text


def _settings(home: Path) -> dict[str, Any]:
    return table(first(home, "mkdocs.yml", "mkdocs.yaml") or home)


def _says(home: Path) -> Facts:
    settings = _settings(home)
    theme = settings.get("theme")
    language = theme.get("language") if isinstance(theme, dict) else ""
    return Facts(text(settings.get("site_name")), address(settings.get("site_url")), text(language))


def _page(home: Path, habits: Habits) -> str:
    """Its slugs are made of titles, unless an article has one."""
    blogs = "blog" in read(first(home, "mkdocs.yml", "mkdocs.yaml") or home)
    return "/blog/{year}/{month}/{day}/{slug}/" if habits.slug and blogs else ""


MKDOCS = Generator("MkDocs", ("mkdocs.yml", "mkdocs.yaml"), _says, _page, static=("docs",))
