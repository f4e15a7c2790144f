"""A picture made ready for mail: upright, in sRGB, without its metadata, no larger than it is shown.

Hostile bytes come here. Pillow reads only the formats named below, and nothing that unfolds to more pixels than the
maximum; everything it raises over a broken file becomes a PictureError.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from digest.pictures import drawing
from digest.pictures.faults import PictureError

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
PIXELS_MAXIMUM = 40_000_000
SIDE_MAXIMUM = 20_000  # pixels: a long line of few pixels takes many times its memory to resize
_SCAN = b"\xff\xda"  # the marker that each scan of a JPEG begins with
_SCANNED = frozenset({"JPEG", "MPO"})  # the latter is a JPEG with a second one behind it, as telephones write it
_SCANNED_MAXIMUM = 2_000_000_000  # pixels over all scans: a progressive JPEG has ten, a malicious one thousands
_SHARP = 2  # pixels of the file for one CSS pixel: what good screens show
_QUALITY = 82
_LOSSLESS = frozenset({"PNG", "GIF"})  # these may be charts
_CHART_COLOURS = 10_000  # softened edges and all; a photo has more
_SHARPER = 2  # times the bytes of a JPEG are worth letters without shadows
_OPAQUE = 255
_TURNED = range(5, 9)  # Exif orientations that swap width and height
_ORIENTATION = 0x0112
_SRGB = ImageCms.createProfile("sRGB")


@dataclass(frozen=True, slots=True)
class Print:
    """A file that is ready; ``name`` is made of its content."""

    data: bytes
    media_type: str
    width: int
    height: int

    @property
    def name(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:32]

    @property
    def suffix(self) -> str:
        return "png" if self.media_type == "image/png" else "jpg"


def measure(data: bytes) -> tuple[str, int, int]:
    """Format, width and height of a picture as it is shown; all of it was decoded to know that it can be.

    A drawing is an ``"SVG"`` without a size. Raises PictureError.
    """
    with _decoding():
        try:
            picture = Image.open(BytesIO(data), formats=FORMATS)
        except UnidentifiedImageError:
            _drawing(data)
            return "SVG", 0, 0
        with picture:
            kind, (width, height) = _known(picture, data)
            turned = picture.getexif().get(_ORIENTATION) in _TURNED
            picture.draft(None, (1, 1))
            picture.load()
        return (kind, height, width) if turned else (kind, width, height)


def prints(data: bytes, small: int, large: int) -> tuple[Print, Print]:
    """The picture to be shown ``small`` and ``large`` CSS pixels wide, never larger than it is.

    One that is not wide enough for two has the same print twice. Raises PictureError.
    """
    with _decoding():
        picture, lossless = _opened(data, _SHARP * large)
        wide = _in_srgb(_fit(picture, _SHARP * large), picture.info.get("icc_profile"))
        narrow = _fit(wide, _SHARP * small)
        first = _print(wide, lossless=lossless)
        return (first if narrow is wide else _print(narrow, lossless=lossless)), first


@contextmanager
def _decoding() -> Iterator[None]:
    try:
        yield
    except PictureError:
        raise
    except Image.DecompressionBombError:
        raise PictureError(f"has more than {PIXELS_MAXIMUM:,} pixels", "make it smaller") from None
    except Exception:  # noqa: BLE001 - Pillow's decoders raise nearly anything on a broken file
        raise PictureError("is broken and cannot be decoded", "save it anew") from None


def _opened(data: bytes, width: int) -> tuple[Image.Image, bool]:
    """The picture, upright, and whether its format loses nothing."""
    try:
        file = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        file = Image.open(BytesIO(drawing.draw(_drawing(data), width)), formats=("PNG",))
    with file:
        kind, _ = _known(file, data)
        file.draft(None, (2 * width, 2 * width))  # a JPEG unfolds to what is needed, with as much again for sharpness
        upright = ImageOps.exif_transpose(file)
    return _plain(upright), kind in _LOSSLESS


def _known(picture: Image.Image, data: bytes) -> tuple[str, tuple[int, int]]:
    """Format and size, from the header. Raises PictureError for a picture that would take too much to decode."""
    width, height = picture.size
    if max(width, height) > SIDE_MAXIMUM:
        raise PictureError(
            f"is more than {SIDE_MAXIMUM:,} pixels wide or high ({width} by {height})", "make it smaller"
        )
    if width * height > PIXELS_MAXIMUM:
        raise PictureError(f"has more than {PIXELS_MAXIMUM:,} pixels ({width} by {height})", "make it smaller")
    if picture.format in _SCANNED and data.count(_SCAN) * width * height > _SCANNED_MAXIMUM:
        raise PictureError("is a JPEG of too many scans", "save it anew")
    return str(picture.format), (width, height)


def _drawing(data: bytes) -> str:
    if svg := drawing.parse(data):
        return svg
    raise PictureError("is not a PNG, JPEG, GIF, WebP, AVIF or SVG picture")


def _plain(picture: Image.Image) -> Image.Image:
    """The same picture in L, RGB, RGBA or CMYK, of which each pixel can be mixed with the next."""
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        return picture if any(picture.getchannel("A").histogram()[:_OPAQUE]) else picture.convert("RGB")
    if picture.mode.startswith("I"):  # 16 bits a pixel, of which convert() would keep the lower 8
        return picture.point(lambda value: value / 256).convert("L")
    return picture if picture.mode in {"L", "RGB", "CMYK"} else picture.convert("RGB")


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """The picture in the colours that its profile means, and nothing else in it; an unusable profile is none."""
    mode = "RGB" if picture.mode == "CMYK" else picture.mode
    if profile and mode != "L":
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            known = ImageCms.ImageCmsProfile(BytesIO(profile))
            if not ImageCms.getProfileDescription(known).startswith("sRGB"):
                picture = ImageCms.profileToProfile(picture, known, _SRGB, outputMode=mode) or picture
    picture = picture.convert(mode)
    picture.info = {}  # save() would carry over comments and profiles
    return picture


def _fit(picture: Image.Image, width: int) -> Image.Image:
    if picture.width <= width:
        return picture
    height = max(1, round(picture.height * width / picture.width))
    return picture.resize((width, height), Image.Resampling.BICUBIC)


def _print(picture: Image.Image, *, lossless: bool) -> Print:
    """A JPEG; a PNG where something shows through, and for a chart of which it does not make much more."""
    seen_through = picture.mode == "RGBA"
    jpeg = b"" if seen_through else _saved(picture, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    if seen_through or (lossless and picture.getcolors(_CHART_COLOURS)):
        png = _saved(picture, "PNG")
        if seen_through or len(png) <= _SHARPER * len(jpeg):
            return Print(png, "image/png", *picture.size)
    return Print(jpeg, "image/jpeg", *picture.size)


def _saved(picture: Image.Image, kind: str, **options: int) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()
