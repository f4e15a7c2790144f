"""Plain text out of what authors write: tags and light Markdown gone, entities decoded exactly once, cut where a
reader would cut.
"""

# ruff: noqa: RUF001 - punctuation that looks alike is what this module tells apart

from __future__ import annotations

import re
import unicodedata
from html import unescape

from lxml.html import defs
from markdown_it import MarkdownIt

RAW_MAXIMUM = 20_000  # characters of one field that are looked at: bounds the work on a hostile one

# One pass from left to right, so that nothing that was decoded is looked at again: `&lt;b&gt;` ends as `<b>` and
# `&amp;amp;` as `&amp;`. A tag may be cut off by the end of the text, as excerpts are. What is no element of HTML
# (`a < b`, `List<String>`) is text, and so is a tag inside a Markdown code span.
_CODE = r"(?P<code>`[^`\n]+`)"
_UNSEEN = r"(?P<unseen><(?P<element>script|style)\b[^>]*>.*?</(?P=element)\s*>|<!--.*?(?:-->|$))"
_TAG = r"""(?P<tag></?(?P<name>[a-z][a-z0-9]*)(?=[\s/>])(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^"'<>])*(?:>|$))"""
_ENTITY = r"(?P<entity>&(?:\#[0-9]{1,7}|\#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});)"
_MARKUP = re.compile(f"{_CODE}|{_UNSEEN}|{_TAG}|{_ENTITY}", re.IGNORECASE | re.DOTALL)
_ONE_ENTITY = re.compile(_ENTITY, re.IGNORECASE)
_INLINE = (defs.phrase_tags | defs.font_style_tags | defs.special_inline_tags | {"mark", "time", "wbr", "ruby"}) - {
    "br"
}
_ELEMENTS = defs.tags | {"main", "picture", "template", "slot"}

# Controls, soft hyphens, what turns the direction of all that follows, what no Unicode text may hold. Marks that
# belong to words stay: joiners (Persian, emoji), left-to-right and right-to-left marks.
_STRAY = re.compile(
    r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufdd0-\ufdef"
    r"\ufffe\uffff\ud800-\udfff]"
)

_MARKDOWN_SIGN = re.compile(r"[*_`\[\\]|^\s{0,3}(?:#|>|[-+] )", re.MULTILINE)
_BLOCK_SIGN = re.compile(r"^\s{0,3}(?:(?:#{1,6}|>|[-+*])[ \t]+)+", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]")
_IMAGE = re.compile(r"<img\b[^>]*>")
_MARKDOWN = MarkdownIt("commonmark")


def plain(raw: str, longest: int) -> str:
    """One line of plain text from what may hold tags and entities; over ``longest`` characters it is cut.

    The result is text, to be escaped where it goes into HTML: ``&lt;b&gt;`` comes out as ``<b>``.
    """
    return cut(tidy(_MARKUP.sub(_as_text, raw[:RAW_MAXIMUM])), longest)


def excerpt(raw: str, longest: int) -> str:
    """A teaser from HTML or light Markdown. One that its maker cut at "thr..." ends with its last whole word."""
    raw = raw[:RAW_MAXIMUM]
    if _MARKDOWN_SIGN.search(raw):
        raw = _IMAGE.sub("", _MARKDOWN.renderInline(_FOOTNOTE.sub("", _BLOCK_SIGN.sub("", raw))))
        raw = raw.replace("**", "")  # of the pair that the cut has parted
    text = tidy(_MARKUP.sub(_as_text, raw))
    return cut(text, longest) if len(text) > longest else _mended(text)


def tidy(text: str) -> str:
    """Text in one line: every run of white space a single blank, stray characters gone, composed (NFC)."""
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", _STRAY.sub("", text))
    return " ".join(text.split())


def _as_text(found: re.Match[str]) -> str:
    if found["entity"]:
        return unescape(found["entity"])
    if found["code"]:
        return _ONE_ENTITY.sub(lambda entity: unescape(entity[0]), found["code"])
    if found["tag"]:
        name = found["name"].lower()
        if name not in _ELEMENTS:
            return found["tag"]
        return "" if name in _INLINE else " "
    return " "


# --- cutting -------------------------------------------------------------------------------------------------------

_ELLIPSIS = re.compile(r"(?P<gap>\s?)[\[(]?(?:\.{3}|…)[.…]*[\])]?$")
# Scripts that put no blanks between words: Thai to Lao, Myanmar, Khmer, kana, Han.
_UNSPACED_RANGES = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff\uf900-\ufaff\uff01-\uff60\U00020000-\U0003ffff"
)
_UNSPACED = re.compile(f"[{_UNSPACED_RANGES}]")
_LAST_WORD = re.compile(rf"[^\s{_UNSPACED_RANGES}]+$")
_SENTENCE = re.compile(r"""(?P<word>\S*?)(?:[.!?]+["'”’»)\]]*(?=\s+[^\sa-zà-ÿа-я]|$)|[。！？｡][」』”’）]*)""")
_SENTENCE_SIGNS = (".", "!", "?", "。", "！", "？", "｡")
_ABBREVIATIONS = frozenset(
    (
        "mr",
        "mrs",
        "ms",
        "dr",
        "st",
        "vs",
        "no",
        "jr",
        "sr",
        "inc",
        "corp",
        "co",
        "ltd",
        "prof",
        "gov",
        "sen",
        "rep",
        "gen",
    )
)
_VIRAMA = 9  # the combining class of the sign by which Indic scripts join two consonants
_LOOSE_END = " ,;:-–—·|/&(\\[{<“‘«„「『（【、，；：〈《"


def cut(text: str, longest: int) -> str:
    """At most ``longest`` characters of a tidy text.

    It ends with a sentence where one ends in the last two fifths, else with a whole word and an ellipsis; never inside
    a character that the eye takes for one.
    """
    if len(text) <= longest:
        return text
    if not longest:
        return ""
    end = _sentence_end(text, longest)
    return text[:end] if end else _with_ellipsis(text, longest - 1)


def _mended(text: str) -> str:
    """A text that somebody cut at a number of characters, cut again where a reader would; any other as it is."""
    found = _ELLIPSIS.search(text)
    if not found:
        return text
    rest = text[: found.start()]
    if not found["gap"]:  # the last word may be half a word
        rest = _LAST_WORD.sub("", rest).rstrip() or rest
    if rest.endswith(_SENTENCE_SIGNS):
        return rest
    return rest.rstrip(_LOOSE_END) + "…" if rest else ""


def _sentence_end(text: str, longest: int) -> int:
    """Where the last sentence ends within ``longest``, 0 if none does in the last two fifths."""
    last = 0
    for found in _SENTENCE.finditer(text, 0, longest + 2):
        word = found["word"].strip("\"'“”‘’()[]").lower()
        abbreviated = found[0].endswith(".") and (word in _ABBREVIATIONS or len(word) == 1 or "." in word)
        if found.end() <= longest and not abbreviated:
            last = found.end()
    return last if last >= longest * 3 / 5 else 0


def _with_ellipsis(text: str, longest: int) -> str:
    end = next((i for i in range(longest, longest // 2, -1) if _between_words(text, i)), 0)
    end = end or next((i for i in range(longest, 0, -1) if not _joined(text, i)), longest)
    return text[:end].rstrip(_LOOSE_END) + "…"


def _between_words(text: str, at: int) -> bool:
    before, after = text[at - 1], text[at]
    spaced = after == " " or before == " "
    return spaced or (not _joined(text, at) and any(_UNSPACED.match(side) for side in (before, after)))


def _joined(text: str, at: int) -> bool:
    """Whether the characters before and after belong to one that a reader sees: marks, joiners, flags, skin tones."""
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in {"Mn", "Mc", "Me"} or "\u200c" in (before, after) or "\u200d" in (before, after):
        return True
    if unicodedata.combining(before) == _VIRAMA:
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    if not _is_flag_letter(after):
        return False
    letters = next((n for n in range(at) if not _is_flag_letter(text[at - 1 - n])), at)
    return letters % 2 == 1


def _is_flag_letter(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
