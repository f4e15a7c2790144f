"""Judges how large it is: what Gmail would clip, what it would drop."""

from __future__ import annotations

from collections.abc import Iterator

from digest.proof.page import Page
from digest.proof.rules import Finding, error

SIZE_CLIPPED = error("size-clipped", "Gmail clips at about 102 KB", "show fewer articles; the footer is cut off first")
STYLE_SIZE = error(
    "style-size", "Gmail drops styles of more than 16 KB", "write styles into the tags, drop unused ones"
)

CLIPPED_AT = 100_000  # bytes of HTML, a little before Gmail does
STYLES_DROPPED_AT = 16_384


def judge(page: Page) -> Iterator[Finding]:
    size = len(page.html.encode("utf-8", "replace"))
    if size >= CLIPPED_AT:
        yield page.found(SIZE_CLIPPED, f"the HTML part has {size:,} bytes, of which {CLIPPED_AT:,} are safe", page.root)
    styles = sum(len((sheet.text or "").encode("utf-8", "replace")) for sheet in page.sheets)
    if styles >= STYLES_DROPPED_AT:
        yield page.found(STYLE_SIZE, f"{styles:,} bytes in <style>", page.sheets[0])
