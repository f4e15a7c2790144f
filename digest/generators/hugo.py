"""Hugo: https://gohugo.io/configuration/."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from digest.generators.generator import Facts, Generator, Habits, address, filled, first, table, text

_FILES = tuple(f"{name}.{kind}" for name in ("hugo", "config") for kind in ("toml", "yaml", "yml", "json"))
_SPLIT = "config/_default/"
# Tokens of https://gohugo.io/configuration/permalinks/ that we can fill in; the others make a pattern unusable.
_WORD = r":\w+(?:\[[^]]*\])?"
_TOKENS = {
    ":year": "{year}",
    ":month": "{month}",
    ":day": "{day}",
    ":title": "{title}",
    ":slug": "{slug_or_title}",
}
_NAMES = {
    **dict.fromkeys((":contentbasename", ":filename"), "filename"),
    **dict.fromkeys((":slugorcontentbasename", ":slugorfilename"), "slug_or_filename"),
}


def _settings(home: Path) -> dict[str, Any]:
    path = first(home, *_FILES, *(_SPLIT + name for name in _FILES))
    return {key.lower(): value for key, value in table(path).items()} if path else {}


def _says(home: Path) -> Facts:
    settings = _settings(home)
    language = text(settings.get("defaultcontentlanguage"))
    languages = settings.get("languages")
    own = languages.get(language, {}) if isinstance(languages, dict) else {}
    own = {key.lower(): value for key, value in own.items()} if isinstance(own, dict) else {}
    return Facts(
        title=text(settings.get("title")) or text(own.get("title")),
        url=address(settings.get("baseurl")),
        language=text(settings.get("languagecode")) or text(settings.get("locale")) or language,
        timezone=text(settings.get("timezone")),
    )


def _page(home: Path, habits: Habits) -> str:
    settings = _settings(home)
    section = habits.below("content").strip("/").partition("/")[0]
    patterns = settings.get("permalinks")
    patterns = patterns if isinstance(patterns, dict) else {}
    pages = patterns.get("page")
    pattern = text((pages if isinstance(pages, dict) else patterns).get(section)) or text(patterns.get(section))
    ending = ".html" if str(settings.get("uglyurls")).lower() == "true" else "/"
    if not pattern:
        below = re.sub(r"\s+", "-", habits.below("content")).lower()
        folders = f"{{folders{habits.lower}}}/" if habits.nested else ""
        return f"{below}/{folders}{{slug_or_filename{habits.lower}}}{ending}"
    known = _TOKENS | {token: f"{{{name}{habits.lower}}}" for token, name in _NAMES.items()} | {":section": section}
    if not habits.nested:  # folders are sections only if they have a page
        known[":sections"] = section
    pattern = filled(pattern.strip("/"), _WORD, known)
    return f"/{pattern}{'' if pattern.endswith('.html') else ending}" if pattern else ""


HUGO = Generator(
    "Hugo",
    (
        "hugo.toml",
        "hugo.y*ml",
        "hugo.json",
        "config/_default/hugo.*",
        "config/_default/config.*",
        "archetypes/default.md",
    ),
    _says,
    _page,
    static=("static",),
)
