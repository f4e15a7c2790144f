"""Titles without what carries no meaning: two that come to the same text here say the same.

    "Live: The harbour is open again | Quay News"  ─▶  "harborop…"
     prefix ┘   └ filler   └ filler     └ outlet

What is left stands in its order: "City beat United" and "United beat City" are two stories.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.identity import title_key

_PREFIXES = r"(?:live(?: blog| updates?)?|updated?|exclusive|breaking(?: news)?|eilmeldung|exklusiv|en direct|exclusif)"
_DASHES = "\u2013\u2014-"
_PREFIX = re.compile(rf"\s*(?:[\[(]{_PREFIXES}[\])]:?|{_PREFIXES}(?:\s*[:|]|\s+[{_DASHES}]\s))\s*(?=\w)", re.IGNORECASE)
_PARTED = re.compile(rf"\s[|·{_DASHES}]\s")

# Articles, "and", "of" and forms of "be". No other prepositions: "talks on Iran" are not "talks in Iran". No words that
# mean something in another language: "die", "war", "no".
_WORDS = """
    a an the and of is are was were
    der das dem und ist sind
    le les du des de et est
    el los del il het
"""
_FILLERS = frozenset(_WORDS.split())

_SPELLINGS = (
    (re.compile(r"(?<=[a-z]{3})([iy])s(?=(?:e|es|ed|er|ers|ing|ation|ations)\Z)"), r"\1z"),  # organise, analyse
    (re.compile(r"(?<=[a-z]{3})our(?=(?:s|ed|er|ers|ing|ite|ites|able|ful|hood|hoods)?\Z)"), "or"),  # harbour
    (re.compile(r"(?<=[a-z]{2})tre(?=s?\Z)"), "ter"),  # theatre
)

_BETWEEN_WORDS = re.compile(r"(?<=\D) (?=\D)")  # one word or two: e-mail, email; but 1.2 is not 12


def said(title: str, site: str) -> tuple[str, ...]:
    """The words of a title of a ``site`` that carry its meaning, in one spelling; none where it has no word."""
    words = title_key(_bare(title, site)).split()
    meant = [word for at, word in enumerate(words) if not _is_filler(words, at)]
    return tuple(map(_spelled, meant or words))


def meaning(words: Iterable[str]) -> str:
    """What the words of a title say together: "e-mail" and "email" are the same."""
    return _BETWEEN_WORDS.sub("", " ".join(words))


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


def _is_filler(words: list[str], at: int) -> bool:
    """An "a" is one only before a word: it is none in "part A", nor in "vitamin A and the heart"."""
    if words[at] == "a":
        return at + 1 < len(words) and words[at + 1] not in _FILLERS
    return words[at] in _FILLERS


def _spelled(word: str) -> str:
    for spelling, common in _SPELLINGS:
        word = spelling.sub(common, word)
    return word
