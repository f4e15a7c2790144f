"""An address as a page may show it that anybody can reach by a forwarded mail."""

from __future__ import annotations

import unicodedata

_JOINER = "\u200d"  # of two signs that are one, as in many emoji


def masked(address: str) -> str:
    """The first letter of its local part, and its domain: ``j•••@example.org``. It does not tell how long it is; of one
    that is a single letter nothing is left.
    """
    local, _, domain = address.rpartition("@")
    first = _first(local)
    return f"{first if first != local else ''}•••@{domain}"


def _first(text: str) -> str:
    """The first letter, with the marks that belong to it."""
    end = 1
    while end < len(text) and (unicodedata.category(text[end])[0] == "M" or _JOINER in text[end - 1 : end + 1]):
        end += 1
    return text[:end]
