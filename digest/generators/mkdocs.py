"""MkDocs, whose blog is that of the theme Material: https://squidfunk.github.io/mkdocs-material/plugins/blog/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.generators.generator import (
    Apart,
    Facts,
    Generator,
    Habits,
    Untold,
    address,
    filled,
    first,
    joined,
    mapping,
    table,
    text,
)

_TOKENS = {"{slug}": "{slug}", "{file}": "{filename}"}
_DATES = {"yyyy": "{year}", "MM": "{month}", "dd": "{day}"}


def _settings(home: Path) -> dict[str, Any]:
    return table(first(home, "mkdocs.yml", "mkdocs.yaml") or home)


def _says(home: Path) -> Facts:
    settings = _settings(home)
    theme = settings.get("theme")
    language = theme.get("language") if isinstance(theme, dict) else ""
    return Facts(text(settings.get("site_name")), address(settings.get("site_url")), text(language))


def _page(home: Path, habits: Habits) -> str:
    """Its slugs are made of titles, unless an article has one."""
    settings = _settings(home)
    folder, blog = _blog(settings, habits)
    form = text(blog.get("post_url_format")) or "{date}/{slug}"
    if "{slug}" in form and not habits.slug.all:
        raise Untold("it makes pages of titles, in ways of its own; with a `slug` in each article they are known")
    date = text(blog.get("post_url_date_format")) or "yyyy/MM/dd"
    known = _TOKENS | ({"{date}": filled(date, "[A-Za-z]+", _DATES)} if "{date}" in form else {})
    ending = ".html" if text(settings.get("use_directory_urls")).lower() == "false" else "/"
    return joined(folder, filled(form, r"\{[^}]*\}", known)) + ending


def _blog(settings: dict[str, Any], habits: Habits) -> tuple[str, dict[str, Any]]:
    """The blog that the articles are in: its folder below the pages, and its settings."""
    plugins = settings.get("plugins")
    docs = Path(text(settings.get("docs_dir")) or "docs")
    for plugin in plugins if isinstance(plugins, list) else [plugins]:
        for name, blog in mapping({plugin: {}} if isinstance(plugin, str) else plugin).items():
            folder = text(mapping(blog).get("blog_dir")) or "blog"
            if name in {"blog", "material/blog"} and habits.folder.is_relative_to(docs / folder):
                return "" if folder == "." else folder, mapping(blog)
    raise Apart("no blog in mkdocs.yml has the folder of these articles (plugins)")


MKDOCS = Generator("MkDocs", ("mkdocs.yml", "mkdocs.yaml"), _says, _page, static=("docs",))
