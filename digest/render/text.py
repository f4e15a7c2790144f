"""Plain text made fit: cleaned of what no mail should carry, shortened at a word, wrapped for the text part."""

from __future__ import annotations

import re
import textwrap
from functools import lru_cache

from digest import marks

WIDTH = 78  # RFC 5322, 2.1.1: lines should have no more characters than this

REMEMBERED = 8192  # of lines: each stands in the mails of many selections

# Control characters (an XML parser stops at some of them), halves of characters that no encoding can write, and the
# signs that turn the direction of all that follows: a title must not turn the rest of the mail around.
_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]")
_BLANK_LINES = re.compile(r"\n{3,}")
_END = " ,;:.-\u2013\u2014\u00b7"  # what no shortened text should end with


def clean(text: str) -> str:
    """Foreign text without control characters and without anything that looks like a mark."""
    return marks.neutralise(_UNWANTED.sub("", text))


def line(text: str) -> str:
    """Foreign text as one clean line."""
    return clean(" ".join(text.split()))


def paragraphs(text: str) -> tuple[str, ...]:
    """Foreign text as clean paragraphs, which blank lines part."""
    pieces = (line(piece) for piece in re.split(r"\n\s*\n", text.replace("\r\n", "\n")))
    return tuple(piece for piece in pieces if piece)


def shorten(text: str, limit: int) -> str:
    """One line of at most ``limit`` characters, cut at a word when there is one in its second half."""
    flat = " ".join(text.split())
    if len(flat) <= limit:
        return flat
    space = flat.rfind(" ", limit // 2, limit)
    return flat[: space if space > 0 else limit - 1].rstrip(_END) + "…"


def wrapped(text: str) -> str:
    """A text part: lines of at most 78 characters with words and URLs whole, never two blank lines in a row."""
    lines = (piece for raw in text.splitlines() for piece in _folded(raw.rstrip()))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip() + "\n"


@lru_cache(REMEMBERED)
def _folded(raw: str) -> list[str]:
    if len(raw) <= WIDTH:
        return [raw]
    indent = raw[: len(raw) - len(raw.lstrip())]
    return textwrap.wrap(
        raw.strip(),
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
