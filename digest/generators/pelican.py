"""Pelican: https://docs.getpelican.com/en/latest/settings.html."""

from __future__ import annotations

import re
from pathlib import Path

from digest.generators.generator import Facts, Generator, Habits, Untold, address, constant, filled, read, stated

_WORD = r"\{[^}]*\}"
_TOKENS = {
    "{date:%Y}": "{year}",
    "{date:%m}": "{month}",
    "{date:%d}": "{day}",
    "{category}": "{category}",
}


def _settings(home: Path) -> str:
    """The local settings, behind them the ones for publishing, which know the address; comments are none."""
    return "\n".join(
        re.sub(r"^\s*#.*$", "", read(home / name), flags=re.MULTILINE) for name in ("publishconf.py", "pelicanconf.py")
    )


def _says(home: Path) -> Facts:
    settings = _settings(home)
    return Facts(
        title=constant(settings, "SITENAME"),
        url=address(constant(settings, "SITEURL")),
        language=constant(settings, "DEFAULT_LANG"),
        timezone=constant(settings, "TIMEZONE"),
    )


def _page(home: Path, habits: Habits) -> str:
    """A slug is made of the title unless the article or the settings say otherwise."""
    settings = _settings(home)
    by_name = stated(settings, "SLUGIFY_SOURCE", "title") == "basename"
    if not (by_name or habits.slug.most or habits.titled.most):
        raise Untold("it makes pages of titles, and of most of these in a way of its own")
    slug = f"{{slug_or_filename{habits.lower}}}" if by_name else "{slug_or_title}"
    pattern = filled(stated(settings, "ARTICLE_URL", "{slug}.html"), _WORD, _TOKENS | {"{slug}": slug})
    return f"/{pattern.lstrip('/')}"


def _content(home: Path) -> Path | None:
    """All of PATH, whose folders are categories, unless ARTICLE_PATHS names one of them alone."""
    settings = _settings(home)
    found = re.search(r"^ARTICLE_PATHS\s*=\s*[\[(]([^])]*)[\])]", settings, flags=re.MULTILINE)
    paths = re.findall(r"""["']([^"'\n]*)["']""", found[1]) if found else []
    content = home / (constant(settings, "PATH") or "content") / (paths[0] if len(paths) == 1 else "")
    return content if content.is_dir() else None


PELICAN = Generator(
    "Pelican",
    ("pelicanconf.py",),
    _says,
    _page,
    static=("content",),
    category="/category/{category}.html",
    content=_content,
)
