"""SVG drawings: which may be drawn, and how they become a PNG.

resvg reads any file that a drawing names, so a drawing that asks for anything outside itself is refused before it gets
there.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from lxml import etree

from digest.pictures.faults import PictureError

SVG_MAXIMUM = 1_000_000  # bytes
_SECONDS = 10
_MEMORY = 1_000_000_000  # bytes: a drawing of 1,072 pixels with a few layers needs a tenth
_ROOT = "{http://www.w3.org/2000/svg}svg"
_RASTER = Path(__file__).with_name("raster.py")
_OWN = re.compile(r"\s*(?:#|data:image/(?:png|jpe?g|gif|webp);base64,)", re.IGNORECASE)
_FOREIGN_STYLE = re.compile(r"""@import|url\(\s*["']?\s*(?!["'#\s])""", re.IGNORECASE)


def parse(data: bytes) -> str | None:
    """The drawing as text that asks for nothing outside itself; None for what is no SVG.

    Raises PictureError for one that asks for more, or is too long.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(data[: SVG_MAXIMUM + 1], parser)
    except (etree.XMLSyntaxError, ValueError):
        if len(data) > SVG_MAXIMUM and data.lstrip().startswith(b"<"):
            raise PictureError(f"has more than {SVG_MAXIMUM:,} bytes of SVG", "make it smaller, or a PNG") from None
        return None
    if root.tag != _ROOT:
        return None
    if root.getroottree().docinfo.internalDTD is not None:
        raise PictureError("is an SVG with a DOCTYPE, which is not read", "save it without, as “plain SVG”")
    for element in root.iter():
        if isinstance(element.tag, str) and _asks_for_more(element):
            raise PictureError("is an SVG that needs other files", "save it with its pictures and styles inside")
    return etree.tostring(root, encoding="unicode", with_tail=False)


def draw(svg: str, width: int) -> bytes:
    """The drawing as a PNG, ``width`` wide and at most twice as high. Raises PictureError."""
    command = (sys.executable, "-P", str(_RASTER), str(width), str(2 * width), str(_MEMORY))
    try:
        done = subprocess.run(command, input=svg.encode(), capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603 - our own program, and the drawing is no part of its words
    except subprocess.TimeoutExpired:
        raise PictureError(f"is an SVG that takes more than {_SECONDS} s to draw", "make it a PNG") from None
    except OSError as error:
        raise PictureError(f"is an SVG, and no process could be started to draw it: {error.strerror}") from None
    if done.returncode:
        raise PictureError("is an SVG that cannot be drawn", "make it a PNG")
    return done.stdout


def _asks_for_more(element: etree._Element) -> bool:
    kind = etree.QName(element).localname
    if kind == "style" and _FOREIGN_STYLE.search("".join(map(str, element.itertext()))):
        return True
    return any(
        (_is_address(str(name)) and kind != "a" and not _OWN.match(str(value))) or _FOREIGN_STYLE.search(str(value))
        for name, value in element.items()
    )


def _is_address(name: str) -> bool:
    return name.rpartition("}")[2] in {"href", "src"}
