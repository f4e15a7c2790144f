"""Hugo: https://gohugo.io/configuration/."""

from __future__ import annotations

import re
import unicodedata
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

_ROOTS = ("hugo", "config")
_KINDS = (".toml", ".yaml", ".yml", ".json")
_FILES = tuple(f"{name}{kind}" for name in _ROOTS for kind in _KINDS)
_FOLDERS = ("config/_default", "config/production")
# Tokens of https://gohugo.io/configuration/permalinks/ that we can fill in; the others make a pattern unusable.
_WORD = r":\w+(?:\[[^]]*\])?"
_TOKENS = {":year": "{year}", ":month": "{month}", ":day": "{day}", ":title": "{title}"}
_BLANKS = re.compile(r"\s+")
_KEPT = frozenset(" _.~@+")  # signs in the names of files that stand in addresses as they are, blanks as hyphens
# What is said of a language that has its pages elsewhere, or none.
_OTHERWISE = frozenset({"baseurl", "contentdir", "disabled", "permalinks", "uglyurls"})


def _settings(home: Path) -> dict[str, Any]:
    """All that its files say, with names in small letters: what is in config/ has a file for each table."""
    settings: dict[str, Any] = {}
    for path in (first(home, *_FILES), *_split(home)):
        if path:
            said = _lowered(table(path))
            settings = _merged(settings, said if path.stem in _ROOTS else {path.stem.lower(): said})
    return settings


def _split(home: Path) -> Iterator[Path]:
    for folder in _FOLDERS:
        files = (path for path in sorted((home / folder).glob("*")) if path.suffix in _KINDS)
        yield from sorted(files, key=lambda path: path.stem not in _ROOTS)


def _lowered(value: Any) -> Any:
    return {key.lower(): _lowered(below) for key, below in value.items()} if isinstance(value, dict) else value


def _merged(settings: Any, others: Any) -> Any:
    """The settings with others that count more."""
    if not (isinstance(settings, dict) and isinstance(others, dict)):
        return others
    return settings | {key: _merged(settings.get(key), value) for key, value in others.items()}


def _default(settings: dict[str, Any]) -> str:
    return text(settings.get("defaultcontentlanguage")).lower() or "en"


def _own(settings: dict[str, Any]) -> dict[str, Any]:
    """The settings of the site in its default language."""
    own: dict[str, Any] = _merged(settings, mapping(mapping(settings.get("languages")).get(_default(settings))))
    return own


def _says(home: Path) -> Facts:
    settings = _settings(home)
    own = _own(settings)
    language = text(settings.get("defaultcontentlanguage"))
    return Facts(
        title=text(settings.get("title")) or text(own.get("title")),
        url=address(own.get("baseurl")),
        language=text(own.get("languagecode")) or text(own.get("locale")) or language,
        timezone=text(own.get("timezone")),
    )


def _page(home: Path, habits: Habits) -> str:
    settings = _settings(home)
    own = _own(settings)
    _refuse(own, habits)
    below = _below(own, habits)
    section = below.partition("/")[0]
    ugly = own.get("uglyurls")
    ending = ".html" if _is_on(ugly.get(section) if isinstance(ugly, dict) else ugly) else "/"
    name = f"{{{_name(own, habits)}{habits.lower}}}"
    pattern = _pattern(own, section)
    if pattern:
        page = filled(pattern.strip("/"), _WORD, _known(section, name, habits))
    else:
        folders = f"{{folders{habits.lower}}}/" if habits.nested.any else ""
        page = f"{_BLANKS.sub('-', below).lower()}/{folders}{name}"
    return joined(_language(settings, own), page) + ("" if page.endswith(".html") else ending)


def _refuse(settings: dict[str, Any], habits: Habits) -> None:
    """Raises Untold for what makes other names of pages, or mounts other content."""
    mounts = mapping(settings.get("module")).get("mounts")
    if any(
        text(mapping(mount).get("target")).startswith("content") for mount in mounts or () if isinstance(mounts, list)
    ):
        raise Untold("its content is mounted from elsewhere (module.mounts)")
    if _is_on(settings.get("disablepathtolower")) and not habits.plain:
        raise Untold("its pages keep capital letters (disablePathToLower)")
    if _is_on(settings.get("removepathaccents")) and not all(map(str.isascii, habits.signs)):
        raise Untold("its pages have no accents (removePathAccents)")
    if odd := sorted(sign for sign in habits.signs if not (_is_letter(sign) or sign in _KEPT)):
        raise Untold(f"it leaves some signs in the names of files out of its pages, such as {odd[0]}")


def _below(settings: dict[str, Any], habits: Habits) -> str:
    """The folder of the articles in that of the content."""
    content = text(settings.get("contentdir")) or "content"
    if not habits.folder.is_relative_to(content):
        raise Untold(f"its content is in {content}, the articles are not all there")
    below = habits.folder.relative_to(content).as_posix()
    return "" if below == "." else below


def _name(settings: dict[str, Any], habits: Habits) -> str:
    """What a page without a pattern is called. A date that was taken from the name of a file is in it no more."""
    lists = (value if isinstance(value, list) else [value] for value in mapping(settings.get("frontmatter")).values())
    handlers = [[text(handler).lower() for handler in several] for several in lists]
    taking = [several for several in handlers if ":filename" in several]
    if not taking or not habits.dated.any:
        return "slug_or_filename"
    if not any(several[0] == ":filename" for several in taking):
        raise Untold("some dates come from the names of files, which lose them then (frontmatter)")
    return "slug"


def _pattern(settings: dict[str, Any], section: str) -> str:
    patterns = settings.get("permalinks") or {}
    if not isinstance(patterns, dict):
        raise Untold("its permalinks go by more than sections")
    pages = mapping(patterns.get("page"))
    if not section and any(text(value) for value in (*patterns.values(), *pages.values())):
        raise Apart("each of its sections may have pages of its own (permalinks)")
    return text(pages.get(section.lower())) or text(patterns.get(section.lower()))


def _known(section: str, name: str, habits: Habits) -> dict[str, str]:
    """The tokens of a pattern; what is taken from the name of a file with its date is a slug."""
    known = {
        **_TOKENS,
        ":slug": name if name in {"{slug}", "{slug:lower}"} else f"{{slug_or_title{habits.lower}}}",
        **dict.fromkeys((":contentbasename", ":filename"), f"{{filename{habits.lower}}}"),
        **dict.fromkeys((":slugorcontentbasename", ":slugorfilename"), name),
        ":section": section,
    }
    return (
        known if habits.nested.any else known | {":sections": section}
    )  # folders are sections only if they have a page


def _language(settings: dict[str, Any], own: dict[str, Any]) -> str:
    """What stands before a page for its language. Where translations are made otherwise, they have none."""
    default = _default(settings)
    if _is_on(own.get("defaultcontentlanguageinsubdir")):
        return default
    others = [mapping(value) for key, value in mapping(settings.get("languages")).items() if key != default]
    if not others or own.get("disablelanguages") or any(_OTHERWISE & other.keys() for other in others):
        return ""
    return "{language}"


def _is_on(value: Any) -> bool:
    return str(value).lower() == "true"


def _is_letter(sign: str) -> bool:
    return sign.isalnum() or unicodedata.category(sign).startswith("M")


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
