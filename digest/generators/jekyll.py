"""Jekyll: https://jekyllrb.com/docs/configuration/ and https://jekyllrb.com/docs/permalinks/."""

from __future__ import annotations

import re
from pathlib import Path

from digest.generators.generator import Facts, Generator, Habits, address, first, table, text

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
}
_TOKENS = {
    ":categories": "{category}",
    ":year": "{year}",
    ":month": "{month}",
    ":day": "{day}",
    ":title": "{slug}",
    ":slug": "{slug}",
    ":name": "{slug}",
}


def _says(home: Path) -> Facts:
    settings = table(first(home, "_config.yml", "_config.yaml", "_config.toml") or home)
    base = text(settings.get("baseurl")).strip("/")
    url = address(settings.get("url"))
    return Facts(
        title=text(settings.get("title")),
        url=f"{url}/{base}" if url and base and "://" not in base else url or address(settings.get("baseurl")),
        language=text(settings.get("lang")) or text(settings.get("locale")),
        timezone=text(settings.get("timezone")),
    )


def _page(home: Path, habits: Habits) -> str:
    settings = table(first(home, "_config.yml", "_config.yaml", "_config.toml") or home)
    written = text(settings.get("permalink")) or "date"
    pattern = _STYLES.get(written, written)
    if not habits.category:
        pattern = pattern.replace("/:categories", "")
    for token, meant in _TOKENS.items():
        pattern = re.sub(rf"{token}(?![a-z_])", meant, pattern)
    return "" if ":" in pattern or not pattern.startswith("/") else pattern


JEKYLL = Generator("Jekyll", ("_config.yml", "_config.yaml", "_config.toml"), _says, _page, static=(".",))
