"""Judges the images: what is there when they are not, their size, where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from lxml.html import HtmlElement

from digest.proof.page import Page
from digest.proof.rules import Finding, cut, error, warning

IMAGE_ALT = error(
    "image-alt", "WCAG 2.2, 1.1.1", 'say what the image shows, or alt="" where the words beside it say the same'
)
IMAGE_WIDTH = error(
    "image-width", "Outlook for Windows reads attributes, not CSS", 'give the width in plain numbers: width="536"'
)
IMAGE_HEIGHT = warning(
    "image-height",
    "Clients keep room for an image before it is loaded",
    'give the height in plain numbers: height="281"',
)
IMAGE_SOURCE = error("image-source", "Clients show https and cid images only", "use an https address, or embed it")
IMAGE_EMBEDDED = error("image-embedded", "RFC 2392, 2", "embed the image under this Content-ID, or do not show it")
IMAGE_BLOCK = warning(
    "image-block", "Webmail leaves a gap below images in a line", "style it display:block when it stands alone"
)
IMAGE_BORDER = warning("image-border", "Outlook draws a frame around linked images", "style it border:0")
IMAGE_FORMAT = error("image-format", "Gmail and Outlook show neither SVG nor AVIF", "use JPEG, PNG or GIF")
IMAGE_WEBP = warning("image-webp", "Outlook for Windows shows no WebP", "use JPEG or PNG")

_NUMBER = re.compile(r"\d{1,5}", re.ASCII)
_NO_BORDER = re.compile(r"(?:none|0(?:px)?)\b")
_OFFERED_HTTP = re.compile(r"(?:^|[\s,])(http:\S+)", re.IGNORECASE)
_UNSHOWN = frozenset({"svg", "svg+xml", "avif", "heic", "tiff"})


def judge(page: Page) -> Iterator[Finding]:
    for image in page.root.iter("img"):
        if image.get("alt") is None and image.get("role") not in {"presentation", "none"}:
            yield page.found(IMAGE_ALT, f"no alt: {_name(image)}", image)
        yield from _size(page, image)
        yield from _source(page, image)
        if page.light[image].shown:
            yield from _place(page, image)
    yield from _elsewhere(page)


def embedded(page: Page, parts: Mapping[str, str]) -> Iterator[Finding]:
    """Judges the images that travel with the mail; ``parts`` are the media types of its parts by Content-ID."""
    for image in page.root.iter("img"):
        source = image.get("src", "").strip()
        if not source.lower().startswith("cid:"):
            continue
        kind = parts.get(unquote(source[4:]))
        if kind is None:
            yield page.found(IMAGE_EMBEDDED, f"no part has the Content-ID of {cut(source)!r}", image)
        else:
            yield from _format(page, image, kind.partition("/")[2])


def _name(image: HtmlElement) -> str:
    return cut(image.get("src", "")) or "an image without a source"


def _size(page: Page, image: HtmlElement) -> Iterator[Finding]:
    for rule, name in ((IMAGE_WIDTH, "width"), (IMAGE_HEIGHT, "height")):
        if not _NUMBER.fullmatch(image.get(name, "").strip()):
            yield page.found(rule, f"{name}={image.get(name, '')!r}: {_name(image)}", image)


def _source(page: Page, image: HtmlElement) -> Iterator[Finding]:
    source = image.get("src", "").strip()
    if not source:
        yield page.found(IMAGE_SOURCE, "an image without a source", image)
    elif not _is_shown(source):
        yield page.found(IMAGE_SOURCE, cut(source), image)
    elif source.lower().startswith("https:"):
        yield from _format(page, image, _suffix(source))


def _elsewhere(page: Page) -> Iterator[Finding]:
    """The other attributes that name images: backgrounds, and what ``srcset`` offers instead."""
    for element in page.elements:
        ground = element.get("background", "").strip()
        if ground and not _is_shown(ground):
            yield page.found(IMAGE_SOURCE, f"background={cut(ground)!r}", element)
        if offered := _OFFERED_HTTP.search(element.get("srcset", "")):
            yield page.found(IMAGE_SOURCE, f"srcset: {cut(offered[1])}", element)


def _is_shown(source: str) -> bool:
    """Whether clients load it, or it is a placeholder, which is told as such."""
    return source.lower().startswith(("https://", "cid:")) or "digest.mark." in source or "{{" in source


def _suffix(source: str) -> str:
    """What the file's name ends with; "" where it has no ending."""
    return source.partition("?")[0].partition("#")[0].rpartition("/")[2].rpartition(".")[2].lower()


def _format(page: Page, image: HtmlElement, kind: str) -> Iterator[Finding]:
    if kind.lower() in _UNSHOWN:
        yield page.found(IMAGE_FORMAT, f"{kind}: {_name(image)}", image)
    if kind.lower() == "webp":
        yield page.found(IMAGE_WEBP, _name(image), image)


def _place(page: Page, image: HtmlElement) -> Iterator[Finding]:
    declared = page.light[image].declared
    parent = image.getparent()
    alone = parent is not None and len(parent) == 1 and not parent.text_content().strip()
    in_line = declared.get("display", "inline").lower() not in {"block", "none"}
    if alone and in_line and not image.get("align"):
        yield page.found(IMAGE_BLOCK, _name(image), image)
    border = declared.get("border", declared.get("border-width", declared.get("border-style", "")))
    framed = image.get("border") != "0" and not _NO_BORDER.match(border)
    if framed and any(above.get("href") is not None for above in image.iterancestors("a")):
        yield page.found(IMAGE_BORDER, _name(image), image)
