"""The pictures of an entry, and which of them can be its cover: no icon, no smiley, nothing that only counts readers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import islice
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from digest.sources.addresses import web_url

SMALLEST = 64  # pixels of a side: what is smaller is an icon
PIXELS_MAXIMUM = 10_000  # of a side, as a feed may claim
LOOKED_AT = 50_000  # characters of a text, from its beginning
PICTURES_MAXIMUM = 20  # of one entry

_IMG = re.compile(r"<img\b((?:\"[^\"<]*+\"|'[^'<]*+'|[^<>\"'])*+)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([a-z-]{1,20})\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'>]++))", re.IGNORECASE)
_SIDE = re.compile(r"\s*([0-9]{1,5})(?:px)?\s*")
_FILE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|avif)$", re.IGNORECASE)
# Hosts and paths of what counts readers, shares and smiles.
_NO_COVER = re.compile(
    r"//(?:feeds?|pixel|stats?|track(?:er|ing)?|analytics|ads?|api\.flattr)\."
    r"|//[^/]*(?:doubleclick|feedburner|feedsportal|google-analytics)\."
    r"|/(?:emoji|smil(?:ey|ie)s?|spacer|pixel|blank|tracking|1x1)\b",
    re.IGNORECASE,
)


class Picture(NamedTuple):
    """A picture as it stands in a feed; a side is 0 where nobody says how long it is."""

    url: str = ""
    width: int = 0
    height: int = 0


def cover(found: Iterable[Picture], base: str) -> Picture:
    """The first that may be a cover, with an absolute address; one without any where there is none."""
    for picture in islice(found, PICTURES_MAXIMUM):
        url = web_url(absolute(picture.url, base))
        sides = (picture.width, picture.height)
        if url and not _NO_COVER.search(url) and not any(0 < side < SMALLEST for side in sides):
            return Picture(url, *(side if side <= PIXELS_MAXIMUM else 0 for side in sides))
    return Picture()


def in_text(markup: str) -> Iterator[Picture]:
    """Those that stand in HTML."""
    for tag in _IMG.finditer(markup[:LOOKED_AT]):
        fields = {name.lower(): unescape("".join(values)) for name, *values in _ATTRIBUTE.findall(tag[1])}
        if "smiley" not in fields.get("class", "") and "emoji" not in fields.get("class", ""):
            yield Picture(fields.get("src", ""), side(fields.get("width")), side(fields.get("height")))


def is_picture(media_type: str, url: str) -> bool:
    """Whether a file that belongs to an entry is a picture: as it says, else by its name."""
    if media_type:
        return media_type.lower().startswith("image")
    try:
        return bool(_FILE.search(urlsplit(url).path))
    except ValueError:
        return False


def side(written: object) -> int:
    """A length in pixels, 0 for what is none."""
    found = _SIDE.fullmatch(str(written)[:10])
    return int(found[1]) if found else 0


def absolute(url: str, base: str) -> str:
    """A URL as it is meant where ``base`` is; "" for one that cannot be joined to it."""
    try:
        return urljoin(base, url.strip()) if url.strip() else ""
    except ValueError:
        return ""
