"""Judges the text part: that somebody who reads nothing else has everything, and finds it pleasant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from digest.proof import words
from digest.proof.linking import LEAVE
from digest.proof.rules import Finding, Part, cut, error, warning

TEXT_HTML = error("text-html", "RFC 2046, 4.1.3", "write the text part without tags")
TEXT_UNSUBSCRIBE = error(
    "text-unsubscribe", "Gmail and Yahoo, rules for senders", "put the address for unsubscribing into the text part too"
)
TEXT_WIDTH = warning("text-width", "RFC 5322, 2.1.1", "wrap lines at 78 characters, but never an address")
TEXT_BLANK = warning("text-blank", "Blank screens are left unread", "close up blank lines: two in a row at most")

WIDTH, MOST_BLANK, BLANK_SHARE = 78, 2, 0.4
_TAG = re.compile(
    r"</?(?:html|head|body|table|tr|td|div|p|br|a|span|img|h[1-6]|strong|ul|li)(?:\s[^<>]*)?/?>", re.IGNORECASE
)
_FEW_TAGS = 4  # that an article about HTML may speak of
_ADDRESS = re.compile(r"://|mailto:")


def judge(text: str, uris: tuple[str, ...]) -> Iterator[Finding]:
    """``uris`` are those of List-Unsubscribe."""
    tags = list(_TAG.finditer(text))
    if len(tags) > _FEW_TAGS:
        what = f"{cut(tags[0].group())} and {len(tags) - 1} more tags in the text part"
        yield Finding(TEXT_HTML, what, Part.TEXT, _line(text, tags[0].start()))
    if not any(uri in text for uri in uris) and not LEAVE.search(text):
        yield Finding(TEXT_UNSUBSCRIBE, "the text part does not say how to unsubscribe", Part.TEXT)
    yield from words.judged(text, Part.TEXT)
    yield from _layout(text.splitlines())


def _layout(lines: list[str]) -> Iterator[Finding]:
    for number, line in enumerate(lines, start=1):
        if len(line) > WIDTH and not _ADDRESS.search(line):
            yield Finding(TEXT_WIDTH, f"{len(line)} characters: {cut(line)!r}", Part.TEXT, number)
    blank = {number for number, line in enumerate(lines, start=1) if not line.strip()}
    deserts = [number for number in blank if blank.issuperset(range(number, number + MOST_BLANK + 1))]
    if deserts:
        yield Finding(TEXT_BLANK, f"more than {MOST_BLANK} blank lines in a row", Part.TEXT, min(deserts))
    elif len(blank) > BLANK_SHARE * len(lines):
        yield Finding(TEXT_BLANK, f"{len(blank)} of {len(lines)} lines are blank", Part.TEXT)


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
