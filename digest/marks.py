"""The places in a rendered mail where a reader's own name and links go.

A template writes ``{{ reader.unsubscribe }}`` and gets a mark; a rendition keeps it; a letter is cut at it. Marks are
plain ASCII words that survive HTML, CSS inlining and URL attributes unchanged, and whatever an article holds that looks
like one is broken up before it reaches a template (``neutralise``), so that nobody can write a mark into somebody's mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum


class Mark(StrEnum):
    UNSUBSCRIBE = "digest.mark.unsubscribe."
    PREFERENCES = "digest.mark.preferences."
    ARCHIVE = "digest.mark.archive."
    NAME = "digest.mark.name."


_MARK = re.compile("|".join(re.escape(mark) for mark in Mark))
_REMAINS = re.compile(r"digest\.mark[.\w]*", re.IGNORECASE)
_LOOKALIKE = re.compile(r"digest\.mark", re.IGNORECASE)


def split(text: str) -> Iterator[str | Mark]:
    """The text cut at its marks, in order: plain pieces (never empty) and marks."""
    end = 0
    for found in _MARK.finditer(text):
        if found.start() > end:
            yield text[end : found.start()]
        yield Mark(found.group())
        end = found.end()
    if end < len(text):
        yield text[end:]


def neutralise(text: str) -> str:
    """Foreign text with anything that looks like a mark broken up."""
    return _LOOKALIKE.sub("digest mark", text)


def torn(text: str) -> Iterator[str]:
    """What is left of marks that somebody cut, or wrote in capitals."""
    return (found.group() for found in _REMAINS.finditer(_MARK.sub("", text)))
