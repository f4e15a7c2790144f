"""Names that nobody can own: they are kept for examples and tests (RFC 2606; RFC 6761, 6.2 to 6.5)."""

from __future__ import annotations

_RESERVED = frozenset({"test", "example", "invalid", "localhost", "example.com", "example.net", "example.org"})


def is_reserved(host: str) -> bool:
    """Whether a host has such a name, or one below it: no mail comes or goes there, and no reader finds a page."""
    labels = host.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in _RESERVED for start in range(len(labels)))
