"""Which language somebody is spoken to in."""

from __future__ import annotations

from collections.abc import Iterable


def spoken(wanted: str, offered: Iterable[str]) -> str:
    """The offered language that suits a wanted BCP 47 tag: itself, or ``de`` for ``de-AT``; "" where none does."""
    lowered = wanted.lower().replace("_", "-")
    languages = tuple(offered)
    exact = (language for language in languages if language.lower() == lowered)
    near = (language for language in languages if lowered.startswith(f"{language.lower()}-"))
    return next(exact, "") or next(near, "")
