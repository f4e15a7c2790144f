"""An article's cover: a picture on the web, or a file on disk that the article may reach."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import filter as matching
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from lxml import etree
from PIL import Image as Picture
from PIL import UnidentifiedImageError

from digest.model import Image
from digest.sources.addresses import looks_like_url, web_url

PIXELS_MAXIMUM = 10_000  # of a side, as a URL may claim
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")  # no other decoder of Pillow's is let near a file
SVG_HEAD = 65_536  # bytes in which a drawing's first tag has to be
_PICTURE = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|avif|bmp|tiff?)(?:[?#].*)?$", re.IGNORECASE)
_OTHER = re.compile(r"\.(?:pdf|docx?|xlsx?|pptx?|csv|json|txt|md|zip|mp[34]|webm|mov|wav|ogg)$", re.IGNORECASE)
_SIDE = re.compile("[0-9]{1,5}")
_SVG = "{http://www.w3.org/2000/svg}svg"
_LENGTH = re.compile(r"\s*([0-9]{1,6}(?:\.[0-9]{1,6})?)\s*(px|pt|pc|mm|cm|in|)\s*")
_PIXELS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96.0}  # CSS 2.2, 4.3.2
_TURNED = range(5, 9)  # Exif orientations that swap width and height
_ORIENTATION = 0x0112
_BOX = 4  # x, y, width and height


# What templates put before an address, and the generator would fill in: {{ site.url }}/a.png, {{ "/a.png" | relative_url }},
# {static}/a.png (Pelican). What stands for the folder of the site's sources: ~/, @/, @site/.
_FILTERED = re.compile(r"""\{\{-?\s*["']([^"'{}]+)["']\s*\|[^{}]*\}\}""")
_PREFIX = re.compile(r"(?:\{\{[^{}]*\}\})+|\{(?:static|filename|attach)\}|\|(?:static|filename)\|")
_ALIAS = re.compile(r"(?:~|@[\w-]*)/")


class CoverError(ValueError):
    """A cover that was meant to be one and cannot be used; the text is for the author."""

    def __init__(self, what: str, hint: str = "the article is shown without it") -> None:
        super().__init__(what)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where an article's pictures may lie: its own ``folder``, the content's ``root``, and the ``static`` folders.

    ``site`` and ``page`` are the URLs that a root-relative and a relative picture have on the web, or "".
    """

    folder: Path
    root: Path
    static: tuple[Path, ...] = ()
    site: str = ""
    page: str = ""

    def find(self, written: str) -> Image | None:
        """The picture that an author named; None for what names none, such as the identifier of a theme's picture.

        Raises CoverError.
        """
        if "{" in written or written.startswith("|"):
            written = _PREFIX.sub("", _FILTERED.sub(r"\1", written), count=1).strip()
        if looks_like_url(written):
            return _linked(written)
        is_picture = _PICTURE.search(written) is not None
        if _OTHER.search(written) or not (is_picture or "/" in written):
            return None
        file = self._file(written.partition("#")[0].partition("?")[0])
        base = self.site if written.startswith("/") else self.page
        url = web_url(urljoin(base, written)) if base and not _ALIAS.match(written) else ""
        if file:
            width, height = _size(file)
            return Image(url, str(file), width, height)
        if url and written.startswith("/") and not self.static:  # it lies on the site, and nobody said where on disk
            return Image(url, "", *_claimed_size(url))
        if not is_picture:
            return None
        raise CoverError(f"the cover image {written[:200]!r} is not there")

    def _file(self, written: str) -> Path | None:
        """The file that a path means, looked for in each place in turn. Raises CoverError for one outside them all."""
        allowed = tuple(os.path.normpath(place) for place in (*self.static, self.root))
        inside = False
        for path in self._candidates(written):
            if _within(path, allowed):
                inside = True
                if found := _existing(path):
                    if not _within(os.path.realpath(found), tuple(map(os.path.realpath, allowed))):
                        raise CoverError(f"the cover image {written[:200]!r} is a link that leads outside the content")
                    return Path(found)
        if not inside:
            hint = "a folder named in site.static may be read too; the article is shown without it"
            raise CoverError(f"the cover image {written[:200]!r} lies outside the content", hint)
        return None

    def _candidates(self, written: str) -> Iterator[str]:
        places: Iterable[Path] = (self.folder, self.root, *self.static)
        if written.startswith("/"):
            places = (*self.static, self.root)
        elif alias := _ALIAS.match(written):
            written = written[alias.end() :]
            places = (*(place.parent for place in self.static), *self.static, self.root)
        for name in dict.fromkeys((written, unquote(written))):
            for place in places:
                yield os.path.normpath(f"{place}/{name.lstrip('/')}")


def _within(path: str, places: Sequence[str]) -> bool:
    return any(path == place or path.startswith(place.rstrip(os.sep) + os.sep) for place in places)


def _existing(path: str) -> str:
    """The file of that path, or with a ``*`` in its name the first that fits (Hugo); "" if there is none."""
    if os.path.isfile(path):  # noqa: PTH113 - pathlib's raises for a name that is too long
        return path
    folder, name = os.path.split(path)
    if "*" in name:
        with suppress(OSError, ValueError):
            names = sorted(found.name for found in Path(folder).iterdir())
            return next((f"{folder}/{found}" for found in matching(names, name)), "")
    return ""


def _linked(written: str) -> Image:
    if url := web_url(written):
        return Image(url, "", *_claimed_size(url))
    raise CoverError(f"the cover image {written[:200]!r} has no usable http(s) address")


def _claimed_size(url: str) -> tuple[int, int]:
    """The ``w`` and ``h`` of an image service's query, 0 and 0 unless both are there."""
    query = parse_qs(urlsplit(url).query)
    width, height = (
        int(value) if _SIDE.fullmatch(value) else 0 for value in (query.get(n, [""])[0] for n in ("w", "h"))
    )
    return (width, height) if width and height and max(width, height) <= PIXELS_MAXIMUM else (0, 0)


def _size(file: Path) -> tuple[int, int]:
    """Width and height as the picture is shown, from its header alone. Raises CoverError for what is no picture."""
    try:
        with warnings.catch_warnings(action="ignore"), Picture.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
    except UnidentifiedImageError:
        if drawn := _svg_size(file):
            return drawn
        raise CoverError(f"the cover image {file.name!r} is not a PNG, JPEG, GIF, WebP, AVIF or SVG picture") from None
    except (OSError, SyntaxError, ValueError, Picture.DecompressionBombError) as error:
        raise CoverError(f"the cover image {file.name!r} cannot be read: {error}") from None
    return (height, width) if turned else (width, height)


def _svg_size(file: Path) -> tuple[int, int] | None:
    """Width and height that a drawing's first tag gives it, 0 and 0 if it gives none; None for what is no drawing."""
    parser = etree.XMLPullParser(events=("start",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        with file.open("rb") as drawing:
            parser.feed(drawing.read(SVG_HEAD))
        root: Any = next(iter(parser.read_events()))[1]  # an element, for nothing but elements starts
    except (OSError, etree.XMLSyntaxError, StopIteration):
        return None
    if root.tag != _SVG:
        return None
    sides = [_pixels(root.get(name, "")) for name in ("width", "height")]
    box = root.get("viewBox", "").replace(",", " ").split()
    width, height = sides if all(sides) else [_pixels(side) for side in box[2:4]] if len(box) == _BOX else (0, 0)
    return (width, height) if min(width, height) > 0 and max(width, height) <= PIXELS_MAXIMUM else (0, 0)


def _pixels(length: str) -> int:
    """A length of SVG in whole pixels; 0 for what is none, such as a percentage."""
    found = _LENGTH.fullmatch(length)
    return round(float(found[1]) * _PIXELS[found[2]]) if found else 0
