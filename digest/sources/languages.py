"""The language of an article: by a field, by the name of its file (``title.de.md``), by a folder (``de/``)."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path

from babel import Locale
from babel.localedata import locale_identifiers

_TAG = re.compile(r"([a-z]{2,3})((?:-[a-z0-9]{2,8}){0,3})")
_NAME_TAG = re.compile(r"[a-z]{2}(?:-[a-z]{2}|-[a-z]{4}){0,2}")
# What ends the name of an article far more often as the end of a host or of a program's file: next.io.md, app.ts.md.
_NO_SUFFIX = frozenset({"co", "cs", "io", "so", "to", "ts"})
_FOLDERS_MAXIMUM = 200  # beside a folder that are looked at


def tag(written: str) -> str:
    """A language as a tag such as ``de`` or ``pt-br``, from a tag, a locale or its English name; "" for what is none."""
    text = written.strip().partition(".")[0].replace("_", "-").casefold()
    found = _TAG.fullmatch(text)
    if found and found[1] in _known():
        return text
    return _english_names().get(text, "")


def of_name(stem: str) -> str:
    """The language that the name of a file ends with: ``title.pt-br``; "" if it does not."""
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


@lru_cache(maxsize=1024)
def _among_languages(folder: str) -> bool:
    """Whether most of the folders in a folder are called as languages; so is one that cannot be listed."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name.casefold().replace("_", "-") for entry in entries if entry.is_dir()][:_FOLDERS_MAXIMUM]
    except OSError:
        return True
    languages = sum(bool(_NAME_TAG.fullmatch(name)) and name[:2] in _known() for name in names)
    return languages * 2 > len(names)


@cache
def _known() -> frozenset[str]:
    return frozenset(name.partition("_")[0] for name in locale_identifiers())


@cache
def _english_names() -> dict[str, str]:
    return {name.casefold(): tag for tag, name in Locale("en").languages.items() if tag in _known()}
