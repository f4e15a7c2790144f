"""The mail on a telephone 320 pixels wide: nothing sticks out at the side, no letters too small to read."""

from __future__ import annotations

from collections.abc import Iterator

from browser import opened, reading
from said import Mails, Said, Tool, written

WIDTH = 320  # CSS pixels: the narrowest that WCAG 2.2, 1.4.10 asks for
SMALLEST = 12  # CSS pixels; iOS enlarges what is smaller, and with it breaks lines where it likes

MEASURE = """([width, smallest]) => {
  const seen = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  const wide = document.documentElement.scrollWidth;
  if (wide > width) found.push(`it is ${wide} pixels wide in a window of ${width}`);
  for (let node; (node = seen.nextNode());) {
    const words = node.nodeValue.trim(), around = node.parentElement;
    if (!words || !around.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(around).fontSize);
    if (size < smallest) found.push(`letters of ${size} pixels: ${words.slice(0, 40)}`);
  }
  return found;
}"""


def read(mails: Mails) -> Iterator[Said]:
    with reading(scheme="light", width=WIDTH) as context:
        for name, page in opened(context, mails):
            yield Said("narrow", name, tuple(page.evaluate(MEASURE, [WIDTH, SMALLEST])))


TOOL = Tool(
    "narrow",
    read,
    broken=written(
        f'<!DOCTYPE html><html lang="en"><head><title>Broken</title></head><body><p>{"long" * 40}</p>'
        '<p style="font-size:9px">small print</p></body></html>'
    ),
    complaints=("pixels wide", "letters of 9 pixels"),
)
