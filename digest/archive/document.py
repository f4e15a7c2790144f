"""What the archive consists of: bytes under an address."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

LIST, FEED, SITEMAP = "", "feed.atom", "sitemap.xml"
STYLES, ICON = "static/pages.css", "favicon.svg"
PAGE = "text/html"
_LEVEL = 9  # each is packed once, and sent often


@dataclass(frozen=True)
class Document:
    """``path`` is its address below that of the archive, "" for the list; ``modified`` when it was last another one.

    ``hosts`` are the sites that its pictures come from; None for what is no edition.
    """

    path: str
    media_type: str
    data: bytes
    modified: datetime
    hosts: tuple[str, ...] | None = None

    @property
    def is_picture(self) -> bool:
        """Whether it is one of an edition: such a one is never another."""
        return self.media_type.startswith("image/") and self.path != ICON

    @cached_property
    def packed(self) -> bytes | None:
        """The data in gzip; None where that would gain nothing. No clock in it, so that it stays the same."""
        packed = None if self.is_picture else gzip.compress(self.data, _LEVEL, mtime=0)
        return packed if packed and len(packed) < len(self.data) else None

    @cached_property
    def tag(self) -> str:
        """The same for the same bytes, and for no others."""
        return hashlib.sha256(self.data).hexdigest()[:32]
