"""Light, dark and forced dark: a page as clients in each colour scheme show it, in any browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from digest.colour import RGB, lightness, lit, written
from digest.proof import css


class Scheme(StrEnum):
    LIGHT = "light"
    DARK = "dark"
    FORCED = "forced"


# The colours that browsers use by themselves in the dark: text, page, links.
NIGHT: tuple[RGB, RGB, RGB] = ((255, 255, 255), (18, 18, 18), (158, 158, 255))

_MIDDLE = 50.0  # of lightness: what is on this side is taken for light, what is on that side for dark
_BLACKEST = 11.0  # clients that force darkness make white a very dark grey, not black
_SCHEME_QUERY = re.compile(r"\(\s*prefers-color-scheme\s*:\s*(light|dark)\s*\)", re.IGNORECASE)
_NO_CHARACTER = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TRUE, _FALSE = "(min-width:0)", "(max-width:0)"
_GROUND = re.compile(r"background(?:-image)?\s*:[^;}]*", re.IGNORECASE)
_IMAGE = re.compile(r"url\([^()]*\)", re.IGNORECASE)
_PROPERTY = re.compile(r"(?P<name>[\w-]+)(?P<colon>\s*:\s*)(?P<value>[^;{}]+)")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|\b(?:rgb|hsl)a?\([^)]*\)|(?<![\w#.-])[a-z]+(?![\w(-])", re.IGNORECASE)


def darkened(ground: RGB) -> RGB:
    """A background as forced darkness shows it: light ones are turned dark, dark ones are left."""
    return _turned(ground) if lightness(ground) > _MIDDLE else ground


def lightened(text: RGB) -> RGB:
    """Text as forced darkness shows it: dark text is turned light, light text is left."""
    return _turned(text) if lightness(text) < _MIDDLE else text


def as_seen(html: str, scheme: Scheme, *, images: bool = True) -> str:
    """The page as a client in this scheme shows it, whatever scheme the browser that opens it is in.

    Light and dark follow the sender's own rules. Forced dark is a simulation of clients that turn colours by
    themselves, as Outlook's and Gmail's apps do: each light background becomes dark, each dark text light, the sender's
    dark rules are passed over. Without ``images`` their alternative texts show. A page that holds nothing is returned.
    """
    try:
        root = lxml.html.document_fromstring(
            html.encode("utf-8", "replace"), parser=lxml.html.HTMLParser(encoding="utf-8")
        )
    except (etree.LxmlError, ValueError):
        return html
    supports_dark = declares_dark(root)
    _settle_queries(root, dark=scheme is Scheme.DARK)
    if scheme is Scheme.FORCED:
        _turn_colours(root)
    if not images:
        _drop_images(root)
    _settle_canvas(root, scheme, supports_dark=supports_dark)
    page: str = lxml.html.tostring(root, encoding="unicode", doctype="<!DOCTYPE html>")
    return page


def declares_dark(root: HtmlElement) -> bool:
    """Whether the page says that it has looks of its own for the dark (CSS Color Adjustment, 2.1)."""
    metas = root.xpath("//meta[@name='color-scheme' or @name='supported-color-schemes']/@content")
    sheets = re.findall(r"color-scheme\s*:\s*([^;}]*)", " ".join(sheet.text or "" for sheet in root.iter("style")))
    return any("dark" in str(said).lower().split() for said in (*metas, *sheets))


def _turned(colour: RGB) -> RGB:
    return lit(colour, (100 - lightness(colour)) * (100 - _BLACKEST) / 100 + _BLACKEST)


def _settle_queries(root: HtmlElement, *, dark: bool) -> None:
    def settled(text: str) -> str:
        return _SCHEME_QUERY.sub(lambda query: _TRUE if (query[1].lower() == "dark") is dark else _FALSE, text)

    for sheet in root.iter("style"):
        sheet.text = _legal(settled(sheet.text or ""))
    for element in root.iter():
        if isinstance(element.tag, str) and element.get("media"):
            element.set("media", _legal(settled(element.get("media", ""))))


def _legal(text: str) -> str:
    """Without what a page may hold, and lxml lets nobody write (XML 1.0, 2.2)."""
    return _NO_CHARACTER.sub("", text)


def _settle_canvas(root: HtmlElement, scheme: Scheme, *, supports_dark: bool) -> None:
    """The browser's own colours: those that the page asks for, not those of the browser's user."""
    dark = scheme is Scheme.DARK and supports_dark
    rule = f":root{{color-scheme:{'dark' if dark else 'light'}!important}}"
    if scheme is Scheme.FORCED:
        ground, text = written(darkened((255, 255, 255))), written(lightened((0, 0, 0)))
        rule += f"html{{background-color:{ground};color:{text}}}a{{color:{written(lightened((0, 0, 238)))}}}"
    style = etree.Element("style")
    style.text = rule
    head = root.find("head")
    if head is None:
        head = etree.Element("head")
        root.insert(0, head)
    head.insert(0, style)  # before the sender's own, which win where they say something


def _drop_images(root: HtmlElement) -> None:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        for name in ("background", *(("src", "srcset") if element.tag in {"img", "source"} else ())):
            element.attrib.pop(name, None)
        if "style" in element.attrib:
            element.set("style", _legal(_without_images(element.get("style", ""))))
        if element.tag == "style":
            element.text = _legal(_without_images(element.text or ""))


def _without_images(styles: str) -> str:
    return _GROUND.sub(lambda found: _IMAGE.sub("none", found.group()), styles)


def _turn_colours(root: HtmlElement) -> None:
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        if "style" in element.attrib:
            element.set("style", _legal(_turn_declarations(element.get("style", ""))))
        if element.tag == "style":
            element.text = _legal(_turn_declarations(element.text or ""))
        for name in ("bgcolor", "color", "text"):
            if name in element.attrib:
                turned = _turn_value(name if name == "bgcolor" else "color", element.get(name, ""))
                element.set(name, _legal(turned))


def _turn_declarations(text: str) -> str:
    return _PROPERTY.sub(lambda one: one["name"] + one["colon"] + _turn_value(one["name"].lower(), one["value"]), text)


def _turn_value(name: str, value: str) -> str:
    if name == "color" or name.endswith("-text-fill-color"):
        turn: Callable[[RGB], RGB] = lightened
    elif name.startswith(("background", "border", "outline")) or name == "bgcolor":
        turn = darkened
    else:
        return value

    def turned(word: re.Match[str]) -> str:
        found = css.colour(word.group())
        if not found or not found.alpha:
            return word.group()
        red, green, blue = turn(found.rgb)
        return written((red, green, blue)) if found.alpha == 1 else f"rgba({red},{green},{blue},{found.alpha:g})"

    return "".join(
        piece if piece.lower().startswith("url(") else _COLOUR.sub(turned, piece)
        for piece in re.split(r"(url\([^)]*\))", value, flags=re.IGNORECASE)
    )
