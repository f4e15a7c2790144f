"""Pelican: https://docs.getpelican.com/en/latest/settings.html."""

from __future__ import annotations

import re
from pathlib import Path

from digest.generators.generator import Facts, Generator, Habits, address, constant, read

_DATES = {"{date:%Y}": "{year}", "{date:%m}": "{month}", "{date:%d}": "{day}"}


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
    """A slug is made of the title unless the article or the settings say otherwise; such a one we do not know."""
    settings = _settings(home)
    if not habits.slug and constant(settings, "SLUGIFY_SOURCE") != "basename":
        return ""
    pattern = constant(settings, "ARTICLE_URL") or "{slug}.html"
    for written, meant in _DATES.items():
        pattern = pattern.replace(written, meant)
    unknown = set(re.findall(r"\{([^}]*)\}", pattern)) - {"slug", "category", "year", "month", "day"}
    return "" if unknown else f"/{pattern.lstrip('/')}"


PELICAN = Generator("Pelican", ("pelicanconf.py",), _says, _page, static=("content",))
