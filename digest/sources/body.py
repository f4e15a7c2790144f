"""What the body of an article tells when its front matter is silent: its first paragraphs and its heading."""

from __future__ import annotations

import re

from lxml import etree, html
from markdown_it import MarkdownIt

from digest.sources.text import tidy

BODY_MAXIMUM = 20_000  # characters that are looked at: the first sentences stand at the top
PARAGRAPH_END = "\u2029"

# What fills a page and is no sentence of the article.
_UNREAD = (
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "ul", "ol", "dl", "figure", "figcaption", "nav", "aside"),
    *("footer", "form", "button", "select", "textarea", "head", "title", "script", "style", "template", "noscript"),
    *("iframe", "object", "embed", "applet", "svg", "math", "video", "audio", "canvas"),
)
_BLOCKS = (
    "p",
    "div",
    "section",
    "article",
    "main",
    "header",
    "blockquote",
    "center",
    "address",
    "details",
    "hr",
    "body",
)
# How fast people read: words a minute, and signs a minute where words have no blanks between them.
WORDS_A_MINUTE = 230
SIGNS_A_MINUTE = 500
WORD_MAXIMUM = 20  # letters to a blank, on average: with more it is a language without blanks
WORTH_TELLING = 100  # words: a body with fewer is a stub, and the time it takes says nothing
HOUR = 60  # minutes: what would take longer is a picture written as text

_SHORTCODE = re.compile(r"\{\{[^{}]*\}\}|\{[%:/][^{}]*\}|\[\^[^\]\s]{1,40}\]:?|^:{3,}.*$", re.MULTILINE)
_MODULE_LINE = re.compile(r"^(?:import|export)\s.*$", re.MULTILINE)
_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")  # lxml refuses them
_MARKDOWN = MarkdownIt("commonmark").enable("table")


def opening(body: str, suffix: str, enough: int) -> str:
    """The first paragraphs of a body as one line of plain text, about ``enough`` characters of it.

    ``suffix`` is the file's, ``.html`` being HTML and all others Markdown. Headings, lists, tables, pictures, code,
    shortcodes and scripts are left out.
    """
    tree = _tree(body, suffix)
    if tree is None:
        return ""
    etree.strip_elements(tree, *_UNREAD, etree.Comment, etree.ProcessingInstruction, with_tail=False)
    for block in tree.iter(*_BLOCKS):
        block.text = PARAGRAPH_END + (block.text or "")
        block.tail = PARAGRAPH_END + (block.tail or "")
    for line_break in tree.iter("br"):
        line_break.tail = " " + (line_break.tail or "")
    read = ""
    for paragraph in tree.xpath("string()").split(PARAGRAPH_END):
        read = f"{read} {tidy(paragraph)}".strip()
        if len(read) > enough:
            break
    return read


def minutes(body: str) -> int:
    """How long a body takes to read; 0 for a stub, and for what can be no text. Markup is counted as if it were words."""
    blanks, signs = body.count(" ") + body.count("\n"), len(body)
    spaced = blanks * WORD_MAXIMUM >= signs
    words, speed = (blanks, WORDS_A_MINUTE) if spaced else (signs, SIGNS_A_MINUTE)
    return max(1, round(words / speed)) if WORTH_TELLING < words < HOUR * speed else 0


def heading(body: str, suffix: str) -> str:
    """The text of a body's first main heading, "" if it has none."""
    tree = _tree(body, suffix)
    found = None if tree is None else next(tree.iter("h1"), None)
    return "" if found is None else tidy(found.xpath("string()"))


def _tree(body: str, suffix: str) -> html.HtmlElement | None:
    source = _SHORTCODE.sub("", body[:BODY_MAXIMUM]).replace(PARAGRAPH_END, " ")
    if suffix == ".mdx":
        source = _MODULE_LINE.sub("", source)
    if suffix != ".html":
        source = _MARKDOWN.render(source)
    try:
        return html.document_fromstring(_UNWRITABLE.sub(" ", source))
    except etree.ParserError:  # there is nothing in it
        return None
