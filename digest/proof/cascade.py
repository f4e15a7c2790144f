"""What a client makes of the styles: which rules meet which elements, and how each element then looks.

Only what the proofreader asks for is worked out: colours, sizes, line heights, what is shown. An element's own
background is joined with those below it, so that text can be held against the ground it is really read on.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cssselect
from lxml import etree
from lxml.html import HtmlElement

from digest.colour import RGB, over
from digest.proof import css
from digest.proof.schemes import NIGHT, Scheme

VIEWPORT = 1000  # pixels, as on a desk: rules for small screens change sizes, seldom colours
_SIMPLE = re.compile(r"(?P<tag>[a-z][a-z0-9]*)?(?P<rest>(?:[.#][A-Za-z_-][\w-]*)*)", re.IGNORECASE)
_FEATURE = re.compile(r"\(\s*([a-z-]+)\s*(?::\s*([^)]*?)\s*)?\)")
_OPACITY = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)
_LENGTH = re.compile(r"(-?(?:\d+\.?\d*|\.\d+))(px|pt|em|rem|%|)", re.ASCII)
_UNITS = {"px": 1.0, "pt": 4 / 3, "rem": 16.0}
_EM_OF_TAG = {
    "h1": 2.0,
    "h2": 1.5,
    "h3": 1.17,
    "h5": 0.83,
    "h6": 0.67,
    "small": 0.83,
    "sub": 0.83,
    "sup": 0.83,
    "big": 1.17,
}
_KEYWORD = {"xx-small": 9, "x-small": 10, "small": 13, "medium": 16, "large": 18, "x-large": 24, "xx-large": 32}
_FONT_TAG = {"1": "10px", "2": "13px", "3": "16px", "4": "18px", "5": "24px", "6": "32px", "7": "48px"}
_BOLD_TAGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "b", "strong", "th"})
_NEVER_SHOWN = frozenset({"head", "title", "style", "script", "template", "meta", "link"})
_NORMAL_LEADING = 1.2
_BOLD = 600

Matches = Mapping[HtmlElement, Sequence[css.StyleRule]]
Looks = Mapping[HtmlElement, "Style"]


@dataclass(frozen=True, slots=True)
class Style:
    """How an element looks. ``ground`` is the colour behind its text, None where a picture is.

    ``leading`` is the line height in pixels if ``fixed``, else a multiple of the size. ``opacity`` is that of all that
    it stands in, and its own. ``indent`` is that of its first line, in pixels. ``declared`` is what won in the cascade
    for this element itself, property by property.
    """

    colour: RGB
    ground: RGB | None
    size: float
    bold: bool
    leading: float
    fixed: bool
    shown: bool
    opacity: float
    indent: float
    declared: Mapping[str, str]

    @property
    def line_height(self) -> float:
        """As a multiple of the size."""
        return self.leading / self.size if self.fixed and self.size else self.leading


# --- which rules meet which elements ---------------------------------------------------------------------------------


def matches(root: HtmlElement, rules: Sequence[css.StyleRule]) -> Matches:
    """For each element its rules, the weakest first."""
    index = _Index(root)
    found: defaultdict[HtmlElement, list[tuple[tuple[int, int, int], int, css.StyleRule]]] = defaultdict(list)
    for order, rule in enumerate(rules):
        for selector in _selectors(rule.selectors):
            for element in index.find(selector):
                found[element].append((selector.specificity(), order, rule))
    return {element: [rule for _, _, rule in sorted(met, key=lambda one: one[:2])] for element, met in found.items()}


def _selectors(text: str) -> Sequence[cssselect.Selector]:
    """None at all where one of them cannot be read: then a browser drops the whole rule."""
    try:
        return cssselect.parse(text)
    except cssselect.SelectorError:
        return ()


class _Index:
    """Finds elements by the selectors that style sheets are made of, without walking the tree for each."""

    def __init__(self, root: HtmlElement) -> None:
        self._root = root
        self._all = [element for element in root.iter() if isinstance(element.tag, str)]
        self._by: defaultdict[str, list[HtmlElement]] = defaultdict(list)
        self._translator = cssselect.HTMLTranslator()
        for element in self._all:
            self._by[element.tag].append(element)
            for name in set(element.get("class", "").split()):
                self._by[f".{name}"].append(element)
            if name := element.get("id", ""):
                self._by[f"#{name}"].append(element)

    def find(self, selector: cssselect.Selector) -> Sequence[HtmlElement]:
        if selector.pseudo_element:
            return ()
        simple = _SIMPLE.fullmatch(selector.canonical())
        if simple and simple.group():
            keys = [*([simple["tag"].lower()] if simple["tag"] else []), *re.findall(r"[.#][^.#]+", simple["rest"])]
            return self._having(keys)
        return self._by_path(selector)

    def _having(self, keys: Sequence[str]) -> Sequence[HtmlElement]:
        first, *others = keys
        rest = [set(self._by[key]) for key in others]
        return [element for element in self._by[first] if all(element in other for other in rest)]

    def _by_path(self, selector: cssselect.Selector) -> Sequence[HtmlElement]:
        try:
            path = self._translator.selector_to_xpath(selector)
            found = self._root.getroottree().xpath(path)
        except (cssselect.SelectorError, etree.XPathError, ValueError):  # ValueError: of a control character
            return ()
        return [element for element in found if isinstance(element, HtmlElement)] if isinstance(found, list) else ()


# --- which media queries hold ----------------------------------------------------------------------------------------


def holds(query: str, scheme: Scheme) -> bool:
    """Whether a media query is true on a desk in this scheme. What nobody can know is not."""
    return any(_one_holds(one.strip(), scheme) for one in query.lower().split(","))


def _one_holds(query: str, scheme: Scheme) -> bool:
    kind = re.match(r"(?:(not|only)\s+)?([a-z]*)", query)
    negated, medium = kind.groups() if kind else ("", "")
    true = (
        medium in {"", "all", "screen"}
        and not re.search("[<>]| or ", query)
        and all(_feature_holds(name, value, scheme) for name, value in _FEATURE.findall(query))
    )
    return true is not (negated == "not")


def _feature_holds(name: str, value: str, scheme: Scheme) -> bool:
    match name:
        case "prefers-color-scheme":
            return value == ("dark" if scheme is Scheme.DARK else "light")
        case "min-width" | "min-device-width":
            return (_length(value, 16) or 0) <= VIEWPORT
        case "max-width" | "max-device-width":
            return (_length(value, 16) or 0) >= VIEWPORT
        case _:
            return name in {"-webkit-min-device-pixel-ratio", "hover", "any-hover", "color"}


# --- how each element looks ------------------------------------------------------------------------------------------


def looks(root: HtmlElement, met: Matches, scheme: Scheme, *, dark_canvas: bool) -> Looks:
    """``dark_canvas``: the client's own colours are those of the night, as a page may ask for by ``color-scheme``."""
    colour, ground, link = NIGHT if dark_canvas else ((0, 0, 0), (255, 255, 255), (0, 0, 238))
    canvas = Style(
        colour,
        ground,
        size=16,
        bold=False,
        leading=_NORMAL_LEADING,
        fixed=False,
        shown=True,
        opacity=1,
        indent=0,
        declared={},
    )
    true: dict[tuple[str, ...], bool] = {}
    found: dict[HtmlElement, Style] = {}
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        rules = met.get(element, ())
        for rule in rules:
            if rule.media not in true:
                true[rule.media] = all(holds(query, scheme) for query in rule.media)
        parent = found.get(element.getparent(), canvas)
        declared = _cascaded(element, [rule for rule in rules if true[rule.media]])
        found[element] = _style(element, declared, parent, link)
    return found


def _cascaded(element: HtmlElement, rules: Sequence[css.StyleRule]) -> Mapping[str, str]:
    """What wins: attributes, sheets, the tag's own style, then in the same order what is important."""
    own = css.declarations(element.get("style", ""))
    sheet = [declaration for rule in rules for declaration in rule.declarations]
    declared = dict(_attributes(element))
    for important in (False, True):
        for source in (sheet, own):
            declared.update((one.name, one.value) for one in source if one.important is important)
    return declared


def _attributes(element: HtmlElement) -> Iterator[tuple[str, str]]:
    """The presentational attributes of old (HTML, 15.3)."""
    for attribute, name in (("bgcolor", "background-color"), ("text", "color")):
        if value := element.get(attribute):
            yield name, value if css.colour(value) else f"#{value}"
    if element.get("background"):
        yield "background-image", "url()"
    if "hidden" in element.attrib:
        yield "display", "none"
    if element.tag == "font":
        if value := element.get("color"):
            yield "color", value if css.colour(value) else f"#{value}"
        if size := _FONT_TAG.get(element.get("size", "")):
            yield "font-size", size


def _style(element: HtmlElement, declared: Mapping[str, str], parent: Style, link: RGB) -> Style:
    tag = str(element.tag)
    size = _size(declared.get("font-size", ""), parent.size, default=parent.size * _EM_OF_TAG.get(tag, 1))
    ground = _ground(declared, parent.ground)
    inherited = link if tag == "a" and element.get("href") is not None else parent.colour
    leading, fixed = _leading(declared.get("line-height", ""), size, parent)
    indent = _length(declared.get("text-indent", "").lower(), size)
    return Style(
        colour=_colour(declared.get("color", ""), inherited, parent, ground),
        ground=ground,
        size=size,
        bold=_bold(declared.get("font-weight", ""), default=parent.bold or tag in _BOLD_TAGS),
        leading=leading,
        fixed=fixed,
        shown=parent.shown and tag not in _NEVER_SHOWN and _is_shown(declared),
        opacity=parent.opacity * _opacity(declared.get("opacity", "")),
        indent=parent.indent if indent is None else indent,
        declared=declared,
    )


def _is_shown(declared: Mapping[str, str]) -> bool:
    folded = _zero(declared.get("max-height", "")) and declared.get("overflow", "").lower() == "hidden"
    return not (
        declared.get("display", "").lower() == "none"
        or declared.get("visibility", "").lower() == "hidden"
        or _zero(declared.get("opacity", ""))
        or folded
    )


def _zero(value: str) -> bool:
    return bool(re.fullmatch(r"0(?:\.0*)?(?:px|%)?", value))


def _opacity(value: str) -> float:
    found = _OPACITY.fullmatch(value)
    return min(1.0, float(found[1]) / (100 if found[2] else 1)) if found else 1.0


def _colour(value: str, inherited: RGB, parent: Style, ground: RGB | None) -> RGB:
    if value.lower() == "inherit":
        return parent.colour
    found = css.colour(value) if value else None
    if not found:
        return inherited
    return over(found.rgb, found.alpha, ground or found.rgb)


def _ground(declared: Mapping[str, str], below: RGB | None) -> RGB | None:
    if "url(" in declared.get("background-image", "").lower() or "gradient(" in declared.get("background-image", ""):
        return None
    found = css.colour(declared["background-color"]) if "background-color" in declared else None
    if not found or not found.alpha:
        return below
    if found.alpha == 1:
        return found.rgb
    return over(found.rgb, found.alpha, below) if below else None


def _bold(value: str, *, default: bool) -> bool:
    if re.fullmatch(r"\d{1,4}", value, re.ASCII):
        return int(value) >= _BOLD
    return {"bold": True, "bolder": True, "normal": False, "lighter": False}.get(value.lower(), default)


def _size(value: str, inherited: float, default: float) -> float:
    word = value.lower()
    if word in _KEYWORD:
        return _KEYWORD[word]
    found = _length(word, inherited)
    return default if found is None else found


def _leading(value: str, size: float, parent: Style) -> tuple[float, bool]:
    word = value.lower()
    if word == "normal":
        return _NORMAL_LEADING, False
    if re.fullmatch(r"\d+\.?\d*|\.\d+", word, re.ASCII):
        return float(word), False
    found = _length(word, size)
    return (parent.leading, parent.fixed) if found is None else (found, True)


def _length(value: str, em: float) -> float | None:
    """In pixels; of ``max(16px, 1rem)`` the largest, of ``min()`` and ``clamp()`` the smallest part that can be told."""
    if inner := re.fullmatch(r"(max|min|clamp)\((.*)\)", value.strip()):
        parts = [found for part in inner[2].split(",") if (found := _length(part.strip(), em)) is not None]
        return (max if inner[1] == "max" else min)(parts) if parts else None
    written = _LENGTH.fullmatch(value.strip())
    if not written:
        return None
    number, unit = float(written[1]), written[2]
    if not unit:
        return 0.0 if number == 0 else None
    return number * (_UNITS[unit] if unit in _UNITS else em / 100 if unit == "%" else em)
