"""Whose a host is, and whether an address has one."""

from __future__ import annotations

from urllib.parse import urlsplit

_WIDE_ENDINGS = frozenset({"co", "com", "org", "net", "ac", "gov", "edu", "or", "ne", "github", "blogspot"})


def host(address: str) -> str:
    """The host of a URL, without ``www.``; "" where it has none."""
    try:
        return (urlsplit(address).hostname or "").removeprefix("www.")
    except ValueError:
        return ""


def leads_nowhere(address: str) -> bool:
    """Whether there is a scheme and nothing behind it: no host of http and https, nothing at all of mailto."""
    scheme, _, rest = address.partition(":")
    return not rest if scheme.lower() == "mailto" else scheme.lower() in {"http", "https"} and not host(address)


def registered(host: str) -> str:
    """The domain that somebody registered, near enough: the last two labels, three below co.uk and its like."""
    labels = host.lower().rstrip(".").split(".")
    wide = len(labels) > 2 and labels[-2] in _WIDE_ENDINGS  # noqa: PLR2004 - a name, and an ending of two labels
    return ".".join(labels[-3:] if wide else labels[-2:])
