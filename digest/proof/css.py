"""Style sheets as values: rules, declarations, colours. The one place that reads CSS (with tinycss2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import tinycss2
import tinycss2.color4

from digest.colour import RGB

_IMAGE = re.compile(r"url\(|gradient\(|image-set\(", re.IGNORECASE)
_FONT = re.compile(
    r"(?P<size>[\d.]+(?:px|pt|em|rem|%))(?:\s*/\s*(?P<leading>[\d.]+(?:px|pt|em|rem|%)?))?", re.IGNORECASE
)
_WEIGHT = re.compile(r"(?<![\w-])(bold|bolder|[1-9]00)(?![\w-])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Declaration:
    name: str
    value: str
    important: bool = False


@dataclass(frozen=True, slots=True)
class StyleRule:
    """A rule, and the queries of all ``@media`` around it."""

    selectors: str
    declarations: tuple[Declaration, ...]
    media: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Colour:
    """``alpha`` is 1 for a colour that covers what is below it."""

    rgb: RGB
    alpha: float


@lru_cache(maxsize=4096)
def declarations(text: str) -> tuple[Declaration, ...]:
    """Those of a ``style`` attribute, shorthands taken apart as far as anybody here asks for the parts."""
    found = tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)
    return tuple(_declared(found))


def rules(sheet: str, media: tuple[str, ...] = ()) -> Iterator[StyleRule]:
    """The rules of a sheet in order, also those inside of ``@media`` and ``@supports``."""
    yield from _rules(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True), media)


def imports(sheet: str) -> tuple[str, ...]:
    """What the sheet takes from elsewhere."""
    nodes = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
    return tuple(
        tinycss2.serialize(node.prelude).strip()
        for node in nodes
        if node.type == "at-rule" and node.lower_at_keyword == "import"
    )


@lru_cache(maxsize=4096)
def colour(value: str) -> Colour | None:
    """The colour that is written there; None for what is none, or depends on what is around."""
    parsed = tinycss2.color4.parse_color(value)
    if parsed is None or isinstance(parsed, str):
        return None
    try:
        channels = parsed.to("srgb")
    except NotImplementedError:  # a colour space that no mail client knows either
        return None
    red, green, blue, alpha = (0.0 if channel is None else min(1.0, max(0.0, channel)) for channel in channels)
    return Colour((round(red * 255), round(green * 255), round(blue * 255)), alpha)


@lru_cache(maxsize=4096)
def first_colour(value: str) -> Colour | None:
    """The colour in a shorthand such as ``background`` or ``border``."""
    for token in tinycss2.parse_component_value_list(value, skip_comments=True):
        if token.type in {"ident", "hash", "function"} and (found := colour(tinycss2.serialize([token]))):
            return found
    return None


def _rules(nodes: list[tinycss2.ast.Node], media: tuple[str, ...]) -> Iterator[StyleRule]:
    for node in nodes:
        if node.type == "qualified-rule":
            inner = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            yield StyleRule(tinycss2.serialize(node.prelude).strip(), tuple(_declared(inner)), media)
        elif node.type == "at-rule" and node.content is not None and node.lower_at_keyword in {"media", "supports"}:
            query = (tinycss2.serialize(node.prelude).strip(),) if node.lower_at_keyword == "media" else ()
            inner = tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True)
            yield from _rules(inner, media + query)


def _declared(nodes: list[tinycss2.ast.Node]) -> Iterator[Declaration]:
    for node in nodes:
        if node.type == "declaration":
            value = tinycss2.serialize(node.value).strip()
            yield Declaration(node.lower_name, value, node.important)
            for name, part in _parts(node.lower_name, value).items():
                yield Declaration(name, part, node.important)


def _parts(name: str, value: str) -> Mapping[str, str]:
    if name == "background":
        ground = first_colour(value)
        return {
            "background-color": value if colour(value) else _written(ground) if ground else "transparent",
            "background-image": "url()" if _IMAGE.search(value) else "none",
        }
    if name == "font" and (found := _FONT.search(value)):
        weight = _WEIGHT.search(value[: found.start()])
        return {
            "font-size": found["size"],
            "line-height": found["leading"] or "normal",
            "font-weight": weight[1] if weight else "normal",
        }
    return {}


def _written(found: Colour) -> str:
    red, green, blue = found.rgb
    return f"rgba({red},{green},{blue},{found.alpha:g})"
