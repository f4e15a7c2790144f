"""Jekyll: https://jekyllrb.com/docs/configuration/ and https://jekyllrb.com/docs/permalinks/."""

from __future__ import annotations

from collections.abc import Iterator
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

_STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "none": "/:categories/:title.html",
}
_POSTS = "_posts"
_WORD = ":[a-z_]+"
_TOKENS = {
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
    if _POSTS not in habits.above:
        raise Apart(f"not all of these articles are in {_POSTS}, and others have other pages")
    written = _permalink(settings)
    pattern = _STYLES.get(written, written)
    known = _TOKENS | {":slug": f"{{slug{habits.lower}}}", ":name": f"{{filename{habits.lower}}}"}
    if ":categories" in pattern:
        known[":categories"] = categories = _categories(settings, habits)
        pattern = pattern if categories else pattern.replace(":categories/", "")
    return f"/{filled(pattern, _WORD, known).lstrip('/')}"


def _permalink(settings: dict[str, Any]) -> str:
    """That of posts: their collection's, else that of the defaults for them, else the site's."""
    if own := text(mapping(mapping(settings.get("collections")).get("posts")).get("permalink")):
        return own
    for path, values in _defaults(settings):
        if own := text(values.get("permalink")):
            if path.strip("/") not in {"", _POSTS}:
                raise Untold(f"the articles in {path} may have other pages (defaults)")
            return own
    return text(settings.get("permalink")) or "date"


def _defaults(settings: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is said of posts, and for which folder."""
    defaults = settings.get("defaults")
    for default in map(mapping, defaults if isinstance(defaults, list) else ()):
        scope = mapping(default.get("scope"))
        if scope.get("type", "posts") == "posts":
            yield text(scope.get("path")), mapping(default.get("values"))


def _categories(settings: dict[str, Any], habits: Habits) -> str:
    """What articles name, and the folders that ``_posts`` lies in."""
    if any(values.keys() & {"category", "categories"} for _, values in _defaults(settings)):
        raise Untold("some categories are none that articles name (defaults)")
    above, posts, _ = f"{habits.folder.as_posix()}/".partition(f"{_POSTS}/")
    for setting in ("source", "collections_dir"):
        above = above.removeprefix(f"{text(settings.get(setting)).strip('./')}/")
    above = above.strip("./").lower()
    if above and habits.categories.any:
        raise Untold("articles have categories of their own beside that of their folder")
    below = "" if posts and (above or not habits.categories.any) else "{categories}"
    return joined(above, below).strip("/")


JEKYLL = Generator("Jekyll", ("_config.yml", "_config.yaml", "_config.toml"), _says, _page, static=(".",), category="")
