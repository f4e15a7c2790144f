"""Plain text out of what authors write: tags and light Markdown gone, entities decoded exactly once."""

from __future__ import annotations

import re
import unicodedata
from html import unescape

from lxml.html import defs
from markdown_it import MarkdownIt

from digest.cutting import cut, mended

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

_MARKDOWN_SIGN = re.compile(r"[*_`\[\\]")
_BLOCK_SIGN = re.compile(r"^[ \t]{0,3}(?:(?:#{1,6}|>|[-*+])[ \t]+)+", re.MULTILINE)
_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]")
_IMAGE = re.compile(r"<img\b[^>]*>")
_MARKDOWN = MarkdownIt("commonmark")


def plain(raw: str, longest: int) -> str:
    """One line of plain text from what may hold tags and entities; over ``longest`` characters it is cut. Where it holds
    the beginning of a comment without its end, it speaks of that: only an excerpt may have been cut off in one.

    The result is text, to be escaped where it goes into HTML: ``&lt;b&gt;`` comes out as ``<b>``.
    """
    closed, end, rest = raw[:RAW_MAXIMUM].rpartition("-->")
    return cut(tidy(_unmarked(closed + end + rest.replace("<!--", "&lt;!--"))), longest)


def excerpt(raw: str, longest: int) -> str:
    """A teaser from HTML or light Markdown. One that its maker cut at "thr..." ends with its last whole word."""
    raw = _BLOCK_SIGN.sub("", raw[:RAW_MAXIMUM])
    if _MARKDOWN_SIGN.search(raw):
        raw = _IMAGE.sub("", _MARKDOWN.renderInline(_FOOTNOTE.sub("", raw)))
        raw = raw.replace("**", "")  # of the pair that the cut has parted
    text = tidy(_unmarked(raw))
    return cut(text, longest) if len(text) > longest else mended(text)


def tidy(text: str) -> str:
    """Text in one line: every run of white space a single blank, stray characters gone, composed (NFC)."""
    text = " ".join(text.split())
    if not text.isprintable():
        text = " ".join(_STRAY.sub("", text).split())
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def _unmarked(raw: str) -> str:
    """Without tags, entities decoded. Most texts have no tag, and many no entity: the way is short for them."""
    if "<" in raw:
        return _MARKUP.sub(_as_text, raw)
    return _ONE_ENTITY.sub(_decoded, raw) if "&" in raw else raw


def _as_text(found: re.Match[str]) -> str:
    if found["entity"]:
        return unescape(found["entity"])
    if found["code"]:
        return _ONE_ENTITY.sub(_decoded, found["code"])
    if found["tag"]:
        name = found["name"].lower()
        if name not in _ELEMENTS:
            return found["tag"]
        return "" if name in _INLINE else " "
    return " "


def _decoded(entity: re.Match[str]) -> str:
    return unescape(entity[0])
