"""Hugo: https://gohugo.io/configuration/."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from digest.generators.generator import Facts, Generator, Habits, address, first, table, text

_FILES = tuple(f"{name}.{kind}" for name in ("hugo", "config") for kind in ("toml", "yaml", "yml", "json"))
_SPLIT = "config/_default/"
# Tokens of https://gohugo.io/configuration/permalinks/ that we can fill in; the others make a pattern unusable.
_TOKENS = {
    **{
        f":{name}": "{slug}"
        for name in ("slugorfilename", "slugorcontentbasename", "contentbasename", "filename", "slug")
    },
    ":year": "{year}",
    ":month": "{month}",
    ":day": "{day}",
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
    if pattern:
        for token, meant in _TOKENS.items():
            pattern = pattern.replace(token, meant)
        pattern = pattern.replace(":sections", section).replace(":section", section)
        return "" if ":" in pattern else f"/{pattern.strip('/')}/"
    slug = "{path}" if habits.nested else "{slug}"
    ending = ".html" if str(settings.get("uglyurls")).lower() == "true" else "/"
    return f"{habits.below('content')}/{slug}{ending}"


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
