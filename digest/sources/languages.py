"""The language of an article: by a field, by the name of its file (``title.de.md``), by a folder (``de/``)."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from babel import Locale
from babel.core import get_global
from babel.localedata import locale_identifiers

from digest.sources.unchanged import while_unchanged

_INDEX = frozenset({"index", "_index"})
_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8}){0,3})")
_NAME_TAG = re.compile(r"[a-z]{2}(?:-[a-z]{2}|-[a-z]{4}){0,2}")
# What ends the name of an article far more often as the end of a host or of a program's file: next.io.md, app.ts.md.
_NO_SUFFIX = frozenset({"co", "cs", "io", "so", "to", "ts"})
_FOLDERS_MAXIMUM = 200  # beside a folder that are looked at
_NOTHING = frozenset({"und", "mul", "mis", "zxx"})  # ISO 639-2: undetermined, several, uncoded, no words
_COUNTRIES = {"jp": "ja", "cz": "cs", "dk": "da", "gr": "el", "cn": "zh", "kr": "ko", "ua": "uk", "vn": "vi"}
_BY_THEIR_OWN_NAME = (
    *("de", "es", "fr", "it", "pt", "nl", "sv", "da", "nb", "fi", "pl", "cs", "ru", "uk", "tr", "el", "hu", "ro"),
    *("ja", "zh", "ko", "ar", "he", "hi", "id", "vi"),
)


def tag(written: str) -> str:
    """A language as a tag such as ``de`` or ``pt-br``, from a tag, a locale or its name in English or in itself; "" for
    what is none.

    ISO 639-2 (``deu``, ``ger``) and a country in a language's place (``jp``) are understood.
    """
    text = written.partition("(")[0].strip().partition(".")[0].replace("_", "-").casefold()
    found = _TAG.fullmatch(text)
    if found and (first := _usual(found[1])):
        return first + found[2]
    return _english_names().get(text, "") or (_own_names().get(text, "") if text.isalpha() else "")


def says_nothing(written: str) -> bool:
    """Whether a tag says on purpose that it names no language."""
    return written.strip().casefold() in _NOTHING


def _usual(code: str) -> str:
    """The code of a language that is in use for it; "" for what is none."""
    if code in _known():
        return code
    code = str(get_global("language_aliases").get(code, "")) or _COUNTRIES.get(code, "")
    return code if code in _known() else ""


def of_file(path: Path) -> str:
    """The language that the name of a file ends with: ``title.pt-br.md``; "" if it does not.

    ``script.pl.md`` is about Perl: a language it is if the same file is there without it or in another one, or if most
    of those beside it end so too.
    """
    language = of_name(path.stem)
    return language if language and _among_translations(path, language) else ""


def _among_translations(path: Path, language: str) -> bool:
    """So is a file whose folder cannot be listed; and an ``index``, which is about nothing."""
    title = path.stem[: -len(language) - 1]
    if title.casefold() in _INDEX:
        return True
    try:
        beside = _beside(str(path.parent), path.suffix)
    except OSError:
        return True
    return beside.mostly or title in beside.stems or beside.titles[title] > 1


class _Beside(NamedTuple):
    """The files of a folder without their suffix; of those that end with a language how many have each title."""

    stems: frozenset[str]
    titles: Counter[str]
    mostly: bool


@while_unchanged(256)
def _beside(folder: str, suffix: str) -> _Beside:
    with os.scandir(folder) as entries:
        stems = frozenset(entry.name.removesuffix(suffix) for entry in entries if entry.name.endswith(suffix))
    titles = Counter(stem.rpartition(".")[0] for stem in stems if of_name(stem))
    return _Beside(stems, titles, titles.total() * 2 > len(stems))


def of_name(stem: str) -> str:
    """The language that a name may end with: ``title.pt-br``; "" if it does not."""
    end = stem.rpartition(".")[2].casefold() if "." in stem else ""
    end = end.replace("_", "-")
    return end if _NAME_TAG.fullmatch(end) and end[:2] in _known() and end not in _NO_SUFFIX else ""


def of_folders(root: Path, folders: Sequence[str]) -> str:
    """The language that one of the ``folders`` below ``root``, each in the one before, stands for; "" if none does.

    A folder ``uk`` between ``world`` and ``sports`` is a category: those beside a language are languages too.
    """
    above = str(root)
    for name in folders:
        folded = name.casefold().replace("_", "-")
        if _NAME_TAG.fullmatch(folded) and folded[:2] in _known() and _among_languages(above):
            return folded
        above = f"{above}{os.sep}{name}"
    return ""


def _among_languages(folder: str) -> bool:
    """Whether most of the folders in a folder are called as languages; so is one that cannot be listed."""
    try:
        return _holds_languages(folder)
    except OSError:
        return True


@while_unchanged(1024)
def _holds_languages(folder: str) -> bool:
    with os.scandir(folder) as entries:
        names = [entry.name.casefold().replace("_", "-") for entry in entries if entry.is_dir()][:_FOLDERS_MAXIMUM]
    languages = sum(bool(_NAME_TAG.fullmatch(name)) and name[:2] in _known() for name in names)
    return languages * 2 > len(names)


@cache
def _known() -> frozenset[str]:
    return frozenset(name.partition("_")[0] for name in locale_identifiers())


@cache
def _own_names() -> dict[str, str]:
    """What the speakers of widespread languages call them. (All of them would take a second to look up.)"""
    return {(Locale(tag).languages.get(tag) or "").casefold(): tag for tag in _BY_THEIR_OWN_NAME}


@cache
def _english_names() -> dict[str, str]:
    return {name.casefold(): tag for tag, name in Locale("en").languages.items() if tag in _known()}
