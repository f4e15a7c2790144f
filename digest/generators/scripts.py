"""The language that titles are likely in, as far as their script tells: what an alphabet of many languages does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple


class _Script(NamedTuple):
    """``letters`` of a script and the language that is likely; those of ``others`` are of the ``other`` language alone."""

    letters: re.Pattern[str]
    language: str
    others: re.Pattern[str] | None = None
    other: str = ""


_SCRIPTS = (
    _Script(
        re.compile("[\u0620-\u064a\u066e-\u06d3]"),
        "ar",
        re.compile("[\u067e\u0686\u0698\u06af]"),  # peh, tcheh, jeh, gaf
        "fa",
    ),
    _Script(re.compile("[\u05d0-\u05ea]"), "he"),
    _Script(
        re.compile("[\u0400-\u04ff]"),
        "ru",
        re.compile("[\u0456\u0457\u0454\u0491]", re.IGNORECASE),  # i, yi, ie, ghe with upturn
        "uk",
    ),
    _Script(re.compile("[\u0370-\u03ff\u1f00-\u1fff]"), "el"),
    _Script(re.compile("[\u0e01-\u0e4e]"), "th"),
    _Script(re.compile("[\u0904-\u0939]"), "hi"),
    _Script(re.compile("[\u1100-\u11ff\uac00-\ud7a3]"), "ko"),
    _Script(re.compile("[\u3041-\u30ff\u3400-\u9fff]"), "zh", re.compile("[\u3041-\u3096\u30a1-\u30fa]"), "ja"),  # kana
)
_SHARE = 1 / 3  # of a title's letters: names of people and products are often Latin ones
_SOME = 0.1  # of the titles: in fewer, a letter of another language is a name


def likely(titles: Collection[str]) -> str:
    """The language of most titles; "" where their script is that of many languages."""
    scripts = Counter(script for title in titles if (script := _script(title)))
    for script, count in scripts.most_common(1):
        if count > len(titles) / 2:
            others = sum(script.others.search(title) is not None for title in titles) if script.others else 0
            return script.other if others > _SOME * count else script.language
    return ""


def _script(title: str) -> _Script | None:
    letters = sum(map(str.isalpha, title))
    return next((script for script in _SCRIPTS if len(script.letters.findall(title)) > _SHARE * letters), None)
