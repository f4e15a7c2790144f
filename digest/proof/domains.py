"""Whose a host is."""

from __future__ import annotations

from urllib.parse import urlsplit

_WIDE_ENDINGS = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "github", "blogspot"})


def host(address: str) -> str:
    """The host of a URL, without ``www.``; "" where it has none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def registered(host: str) -> str:
    """The domain that somebody registered, near enough: the last two labels, three below co.uk and its like."""
    labels = host.lower().rstrip(".").split(".")
    wide = len(labels) > 2 and labels[-2] in _WIDE_ENDINGS  # noqa: PLR2004 - a name, and an ending of two labels
    return ".".join(labels[-3:] if wide else labels[-2:])
