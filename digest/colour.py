"""Colours that can be read: WCAG contrast, and the shade of an accent that has enough of it."""

from __future__ import annotations

import re

from digest.errors import RenderError

# WCAG 2.2, 1.4.3: 4.5 to 1 for text of normal size. A little more, because mail clients shift colours of their own, and
# more than that in the dark, where a colour that just suffices looks dull.
ENOUGH = 4.8
ENOUGH_IN_THE_DARK = 6.5
_STEPS = 20
_BRIGHT = 0.18  # the luminance at which black and white text are about equally readable

_LINEAR_BELOW, _SLOPE = 216 / 24389, 24389 / 27  # of L*, as CIE 15 has it

RGB = tuple[int, int, int]


def parse(colour: str) -> RGB:
    """The three channels of ``#rrggbb``; raises RenderError for anything else, so that no CSS hides in a colour."""
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise RenderError(f"{colour!r} is not a colour", hint="write the accent as #rrggbb, for example #0f5b66")
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    return ratio(parse(one), parse(other))


def ratio(one: RGB, other: RGB) -> float:
    """``contrast`` of two colours that were parsed already."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def readable(colour: str, on: str) -> str:
    """The colour, or the nearest shade of it that can be read as text on the background ``on``."""
    start = parse(colour)
    goal, least = (0, ENOUGH) if _luminance(parse(on)) > _BRIGHT else (255, ENOUGH_IN_THE_DARK)
    shades = (_mix(start, goal, step / _STEPS) for step in range(_STEPS + 1))
    return next(shade for shade in shades if contrast(shade, on) >= least)


def written(colour: RGB) -> str:
    """The reverse of ``parse``."""
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def over(colour: RGB, alpha: float, ground: RGB) -> RGB:
    """What is seen of a colour that lets some of the ground through."""
    red, green, blue = (round(top * alpha + below * (1 - alpha)) for top, below in zip(colour, ground, strict=True))
    return red, green, blue


def lightness(colour: RGB) -> float:
    """How light it looks, from 0 for black to 100 for white (CIE 1976 L*)."""
    luminance = _luminance(colour)
    return 116 * luminance ** (1 / 3) - 16 if luminance > _LINEAR_BELOW else luminance * _SLOPE


def lit(colour: RGB, goal: float) -> RGB:
    """The same hue in another lightness: dimmed, or mixed with white, in linear light, where luminance is a sum."""
    wanted = ((goal + 16) / 116) ** 3 if goal > _LINEAR_BELOW * _SLOPE else goal / _SLOPE
    now = _luminance(colour)
    channels = [_linear(channel / 255) for channel in colour]
    if wanted <= now:
        mixed = [channel * wanted / now for channel in channels] if now else channels
    else:
        white = (wanted - now) / (1 - now)
        mixed = [channel + (1 - channel) * white for channel in channels]
    red, green, blue = (round(255 * _gamma(min(1.0, channel))) for channel in mixed)
    return red, green, blue


def _mix(colour: RGB, goal: int, share: float) -> str:
    return "#" + "".join(f"{round(channel + (goal - channel) * share):02x}" for channel in colour)


def _luminance(colour: RGB) -> float:
    red, green, blue = (_linear(channel / 255) for channel in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 (sRGB's own)


def _gamma(channel: float) -> float:
    return channel * 12.92 if channel <= 0.0031308 else 1.055 * channel ** (1 / 2.4) - 0.055  # noqa: PLR2004 (sRGB's own)
