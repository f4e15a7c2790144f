"""What is no article though it lies among articles: pages of sections and lists, redirects, pages for machines."""

from __future__ import annotations

import re

from digest.sources.body import without_code
from digest.sources.fields import Field, Fields
from digest.sources.place import Place

_FOLDER_PAGES = frozenset({"_index", "readme"})
_OTHER_PAGES = frozenset({"404"})
_LAYOUTS = {
    **dict.fromkeys(
        ("list", "section", "home", "archive", "archives", "taxonomy", "term", "terms"), "a page of a list"
    ),
    **dict.fromkeys(("tag", "tags", "category", "categories", "search"), "a page of a list"),
    **dict.fromkeys(("404", "error", "feed", "rss"), "a page of the site"),
    "redirect": "a redirect",
}
_REFRESH = re.compile(r"<meta\s[^>]*http-equiv\s*=\s*[\"']?refresh\b", re.IGNORECASE)
_STUB_MAXIMUM = 2_000  # characters of a body that does nothing but redirect


HINT = "nothing to do: it is no article"


def passed_over(place: Place, fields: Fields, body: str) -> str:
    """Why a file is no article, as what follows "is"; "" for one that is."""
    return _by_name(place) or _by_fields(fields) or ("a redirect" if _refreshes(body) else "")


def _by_name(place: Place) -> str:
    stem = place.stem.casefold()
    if stem in _FOLDER_PAGES or place.is_top:
        return "the page of its folder"
    if stem in _OTHER_PAGES or place.is_static:
        return "a page of the site"
    return "a part of other pages, by its name" if stem.startswith("_") else ""


def _by_fields(fields: Fields) -> str:
    if any("/" in target for target in fields.texts(Field.REDIRECT)):
        return "a redirect"
    if isinstance(fields.values.get("pagination"), dict):
        return "a page of a list"
    if fields.text(Field.PERMALINK).rpartition("/")[2] == "404.html":
        return "a page of the site"
    kinds = (layout.rpartition("/")[2].partition(".")[0].casefold() for layout in fields.texts(Field.LAYOUT))
    return next(filter(None, map(_LAYOUTS.get, kinds)), "")


def _refreshes(body: str) -> bool:
    found = len(body) <= _STUB_MAXIMUM and _REFRESH.search(body)
    return bool(found) and _REFRESH.search(without_code(body)) is not None
