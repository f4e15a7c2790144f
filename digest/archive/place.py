"""Where an archive is on the web, and how its pages write addresses."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from digest.errors import UsageError


@dataclass(frozen=True, slots=True)
class Place:
    """``url`` is the address of the list, without a slash at its end."""

    url: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """Raises UsageError for what is no address of a page."""
        try:
            parts = urlsplit(text)
            well = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            well = False
        if not well or set(text) & set("?#\"'<> ") or not (text.isascii() and text.isprintable()):
            raise UsageError(f"{text!r} is not the address of an archive", hint="such as https://example.org/archive")
        return cls(text.rstrip("/"))

    @property
    def root(self) -> str:
        """What stands before the path of everything in it: "", or such as ``/archive``."""
        return urlsplit(self.url).path

    def of(self, path: str) -> str:
        """The whole address of a document."""
        return f"{self.url}/{path}" if path or not self.root else self.url

    def link(self, path: str) -> str:
        """The same for a link from page to page: it holds by whatever name the server is reached."""
        return f"{self.root}/{path}" if path or not self.root else self.root

    def near(self, address: str) -> str:
        """An address of the same site as such a link; any other as it is."""
        here, there = urlsplit(self.url), urlsplit(address)
        same = (here.scheme, here.netloc) == (there.scheme, there.netloc)
        return (there.path or "/") if same else address

    def whole(self, link: str) -> str:
        """A link as a whole address."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}{link}" if link.startswith("/") else link
