"""Which language somebody is spoken to in, and which tags mean the same one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

# Codes of two letters that became others, and are still written (IANA Language Subtag Registry, Preferred-Value and
# Macrolanguage); Norwegian is mostly written "no", and its two forms are read by the same people.
_NOW = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro", "nb": "no", "nn": "no", "sh": "sr", "tl": "fil"}


def spoken(wanted: str, offered: Iterable[str]) -> str:
    """The offered language that suits a wanted BCP 47 tag: itself, or ``de`` for ``de-AT``; "" where none does."""
    lowered = wanted.lower().replace("_", "-")
    languages = tuple(offered)
    exact = (language for language in languages if language.lower() == lowered)
    near = (language for language in languages if lowered.startswith(f"{language.lower()}-"))
    return next(exact, "") or next(near, "")


def primary(tag: str) -> str:
    """What tags of one language have in common, whatever region and script they name: ``pt`` of ``pt-BR``, ``no`` of
    ``nb`` (RFC 5646, 2.2.1).
    """
    first = re.split("[-_]", tag.casefold(), maxsplit=1)[0].strip()
    return _NOW.get(first, first)


def is_read(tag: str, languages: Collection[str]) -> bool:
    """Whether what is in the language of this tag is for who reads these; who names none reads all, and so is what
    names none.
    """
    return not (tag and languages) or primary(tag) in set(map(primary, languages))
