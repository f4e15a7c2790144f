"""A feed's bytes, read: RSS, Atom, RDF and JSON Feed become entries of plain text and absolute URLs."""

from __future__ import annotations

from digest.sources.feeds import jsonfeed, xmlfeed
from digest.sources.feeds.encodings import decode
from digest.sources.feeds.entries import Parsed

__all__ = ["Parsed", "parse"]


def parse(data: bytes, url: str, media_type: str = "", charset: str = "") -> Parsed:
    """The feed that came from ``url``; ``charset`` is the one that its server named.

    Raises FeedError where it is no feed at all.
    """
    text, faults = decode(data, charset)
    is_json = text.lstrip().startswith(("{", "[")) or ("json" in media_type and not text.lstrip().startswith("<"))
    read = jsonfeed.read if is_json else xmlfeed.read
    return read(text, faults, url)
