"""Judges how large it is: what Gmail would clip, what it would drop."""

from __future__ import annotations

from collections.abc import Iterator

from digest.model import HTML_MAXIMUM
from digest.proof.page import Page
from digest.proof.rules import Finding, error

SIZE_CLIPPED = error("size-clipped", "Gmail clips at about 102 KB", "show fewer articles; the footer is cut off first")
STYLE_SIZE = error(
    "style-size", "Gmail drops styles of more than 16 KB", "write styles into the tags, drop unused ones"
)

STYLES_DROPPED_AT = 16_384


def judge(page: Page) -> Iterator[Finding]:
    lines_end = page.html.count("\n") - page.html.count("\r\n")  # in a mail they end in two bytes
    size = len(page.html.encode("utf-8", "replace")) + lines_end
    if size >= HTML_MAXIMUM:
        told = f"the HTML part has {size:,} bytes, of which {HTML_MAXIMUM:,} are safe"
        yield page.found(SIZE_CLIPPED, told, page.root)
    styles = sum(len((sheet.text or "").encode("utf-8", "replace")) for sheet in page.sheets)
    if styles >= STYLES_DROPPED_AT:
        yield page.found(STYLE_SIZE, f"{styles:,} bytes in <style>", page.sheets[0])
