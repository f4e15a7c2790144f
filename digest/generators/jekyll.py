"""Jekyll: https://jekyllrb.com/docs/configuration/ and https://jekyllrb.com/docs/permalinks/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.generators.generator import Facts, Generator, Habits, address, filled, first, table, text

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
}
_WORD = ":[a-z_]+"
_TOKENS = {
    ":categories": "{categories}",
    ":year": "{year}",
    ":month": "{month}",
    ":day": "{day}",
    ":title": "{slug}",
    ":output_ext": ".html",
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
    written = _permalink(settings)
    pattern = _STYLES.get(written, written)
    if not habits.categories:
        pattern = pattern.replace(":categories/", "")
    known = _TOKENS | {":slug": f"{{slug{habits.lower}}}", ":name": f"{{filename{habits.lower}}}"}
    pattern = filled(pattern, _WORD, known)
    return f"/{pattern.lstrip('/')}" if "{" in pattern else ""


def _permalink(settings: dict[str, Any]) -> str:
    """That of posts: their collection's, else that of the defaults for them, else the site's."""
    collections = settings.get("collections")
    posts = collections.get("posts") if isinstance(collections, dict) else None
    if isinstance(posts, dict) and (own := text(posts.get("permalink"))):
        return own
    defaults = settings.get("defaults")
    for default in defaults if isinstance(defaults, list) else ():
        scope = default.get("scope") if isinstance(default, dict) else None
        values = default.get("values") if isinstance(default, dict) else None
        if isinstance(scope, dict) and isinstance(values, dict) and not scope.get("path"):
            own = text(values.get("permalink")) if scope.get("type", "posts") == "posts" else ""
            if own:
                return own
    return text(settings.get("permalink")) or "date"


JEKYLL = Generator("Jekyll", ("_config.yml", "_config.yaml", "_config.toml"), _says, _page, static=(".",), category="")
