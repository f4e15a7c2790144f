"""Titles without what carries no meaning: two that come to the same text here say the same.

    "Live: The harbour is open again | Quay News"  ─▶  "harborop…"
     prefix ┘   └ filler   └ filler     └ outlet

What is left stands in its order: "City beat United" and "United beat City" are two stories.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from digest.identity import title_key

_PREFIXES = r"(?:live(?: blog| updates?)?|updated?|exclusive|breaking(?: news)?|eilmeldung|exklusiv|en direct|exclusif)"
_DASHES = "\u2013\u2014-"
_PREFIX = re.compile(rf"\s*(?:[\[(]{_PREFIXES}[\])]:?|{_PREFIXES}(?:\s*[:|]|\s+[{_DASHES}]\s))\s*(?=\w)", re.IGNORECASE)
_PARTED = re.compile(rf"\s[|·{_DASHES}]\s")

# Articles, "and", "of" and forms of "be" that do not ask. No other prepositions: "talks on Iran" are not "talks in Iran". No words that
# mean something in another language: "die", "war", "no".
_WORDS = """
    a an the and of is are was were
    der das dem und ist sind
    le les du des de et est
    el los del il het
"""
_FILLERS = frozenset(_WORDS.split())
_BE = frozenset(("is", "are", "was", "were", "ist", "sind", "est"))  # which ask, at the beginning and before a "?"

_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{3})([iy])s(?=(?:e|es|ed|er|ers|ing|ation|ations)\Z)"), r"\1z"),  # organise, analyse
    (re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|er|ers|ing|ite|ites|able|ful|hood|hoods)?\Z)"), "or"),  # harbour
    (re.compile(r"(?<=[a-z]{2})tre(?=s?\Z)"), "ter"),  # theatre
)

# "E-mail" is "email"; but whoever re-signs does not resign.
_LETTER = re.compile(r"(?<!\w)([^\W\d_])[\u2010\u2011-](?=[^\W\d_])")

# Where words are not parted by blanks, a blank says nothing: Thai, Lao, Khmer, Japanese, Chinese; and in Korean it often
# stands or not. But 1.2 is not 12.
UNSPACED = "\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_NO_WORDS = f"{UNSPACED}\uac00-\ud7af"
_BLANK = re.compile(f"(?<=[{_NO_WORDS}]) (?=\\D)|(?<=\\D) (?=[{_NO_WORDS}])")

# What stands beside a number and makes another one of it: "-5" is not "5", "5%" is not "$5".
_SIGN = re.compile(r"[%\u2030$\u00a2-\u00a5\u20a0-\u20cf]|(?<![^\s(])[+\u2212\u2013-](?=[$\u00a3\u00a5\u20ac]?[.,]?\d)")
_CALLED = {"-": "minus", "\u2013": "minus", "+": "plus", "%": "percent"}


def key(title: str) -> str:
    """Its ``title_key``, with the signs of its numbers as words."""
    return title_key(_SIGN.sub(_as_word, unicodedata.normalize("NFKC", title)))


def said(title: str, site: str) -> tuple[str, ...]:
    """The words of a title of a ``site`` that carry its meaning, in one spelling; none where it has no word."""
    words = key(_LETTER.sub(r"\1", _bare(title, site))).split()
    fillers = _FILLERS - _BE if "?" in title else _FILLERS
    meant = [word for at, word in enumerate(words) if not _is_filler(words, at, fillers)]
    return tuple(map(_spelled, meant or words))


def meaning(words: Iterable[str]) -> str:
    """What the words of a title say together."""
    return _BLANK.sub("", " ".join(words))


def _as_word(sign: re.Match[str]) -> str:
    """``$`` is " dollar "."""
    return f" {_CALLED.get(sign[0]) or unicodedata.name(sign[0], 'CURRENCY').removesuffix(' SIGN').lower()} "


def _bare(title: str, site: str) -> str:
    """Without a prefix that speaks of the report, and without the name of the site that reports."""
    prefix = _PREFIX.match(title)
    title = title[prefix.end() :] if prefix else title
    *parts, last = _PARTED.split(title)
    return " ".join(parts) if parts and _names(last, site) else title


def _names(outlet: str, site: str) -> bool:
    """Whether it is what the host is called: "The Quay", "Quay News" and "quay.example" for quay.example."""
    hosts = {_called(label) for label in (*site.split(".")[:-1], site)} - {""}
    return _called(outlet) in hosts


def _called(name: str) -> str:
    return title_key(name).replace(" ", "").removeprefix("the").removesuffix("news")


def _is_filler(words: list[str], at: int, fillers: frozenset[str]) -> bool:
    """An "a" is one only before a word: it is none in "part A", nor in "vitamin A and the heart"."""
    if words[at] == "a":
        return at + 1 < len(words) and words[at + 1] not in fillers
    return words[at] in fillers and not (at == 0 and words[at] in _BE)


def _spelled(word: str) -> str:
    for spelling, common in _SPELLINGS:
        word = spelling.sub(common, word)
    return word
