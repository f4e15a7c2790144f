"""What the body of an article tells when its front matter is silent: its first paragraphs and its heading."""

from __future__ import annotations

import re

from lxml import etree, html
from markdown_it import MarkdownIt

from digest.cutting import is_finished, mended
from digest.sources.text import excerpt as teaser
from digest.sources.text import tidy

BODY_MAXIMUM = 20_000  # characters that are looked at: the first sentences stand at the top
ENOUGH = 1_000  # characters of an excerpt that is made of them
GLANCE = 4_000  # of them; mostly they hold enough
PARAGRAPH_END = "\u2029"

# What fills a page and is no sentence of the article.
_UNREAD = (
    *("h1", "h2", "h3", "h4", "h5", "h6", "pre", "table", "ul", "ol", "dl", "figure", "figcaption", "nav", "aside"),
    *("footer", "form", "button", "select", "textarea", "head", "title", "script", "style", "template", "noscript"),
    *("iframe", "object", "embed", "applet", "svg", "math", "video", "audio", "canvas"),
)
_BLOCKS = (
    *("p", "div", "section", "article", "main", "header", "blockquote", "center", "address", "details", "summary"),
    *("hr", "body"),
)

# How fast people read: words a minute, and signs a minute where words have no blanks between them.
WORDS_A_MINUTE = 230
SIGNS_A_MINUTE = 500
WORD_MAXIMUM = 20  # letters to a blank, on average: with more it is a language without blanks
WORTH_TELLING = 100  # words: a body with fewer is a stub, and the time it takes says nothing
HOUR = 60  # minutes: what would take longer is a picture written as text

_UNWRITABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")  # lxml refuses them
_MARKDOWN = MarkdownIt("commonmark").enable("table")

# --- what is no text, in the dialects of Markdown --------------------------------------------------------------------

# Where a teaser ends: Hugo, WordPress, Hexo, Zola; Docusaurus; Eleventy, Jekyll; Pelican.
_MORE = re.compile(
    r"<!--[ \t]*(?:more|truncate|(?:end[-_ ]?)?excerpt|PELICAN_END_SUMMARY)\b[^>]*?-->|\{/\*[ \t]*truncate[ \t]*\*/\}",
    re.IGNORECASE,
)
_CODE = r"(?P<code>^[ \t]*(?P<fence>`{3,}|~{3,})[^\n]*\n.*?(?:^[ \t]*(?P=fence)[`~]*[ \t]*$|\Z)|`[^`\n]+`)"
# Liquid, Nunjucks, Hugo: what stands between such a pair is no sentence.
_PAIR = (
    r"\{%-?\s*(?P<liquid>highlight|comment|codeblock|code|mermaid)\b.*?(?:\{%-?\s*end(?P=liquid)\b[^}]*\}|\Z)"
    r"|\{\{[<%]\s*(?P<hugo>highlight|mermaid|code|math|chart)\b[^/}]*\}\}.*?\{\{[<%]\s*/\s*(?P=hugo)\b[^}]*\}\}"
)
_MARK = (
    r"\{\{[^{}]*\}\}|\{[%:/#.][^{}]*\}"  # {{< youtube id >}}, {% include x %}, {{ page.title }}, {: .wide}, {/* note */}
    r"|^\[\^[^\]\s]{1,40}\]:[^\n]*(?:\n(?:[ ]{2}|\t)[^\n]*)*|\[\^[^\]\s]{1,40}\]"  # footnotes: what they say, their signs
    r"|^[ \t]*(?::{2,}|!{3}[ ]|\?{3}\+?[ ])[^\n]*$"  # how admonitions begin and end
    r"|\[![A-Za-z]{1,20}\][+-]?[ \t]*$"
    r"|^[ \t]*(?:\[(?:TOC|toc)\]|\[\[_?(?:TOC|toc)_?\]\]|\$\{toc\}|@\[toc\])[ \t]*$"
    r"|!\[\[[^\]\n]{1,200}\]\]|!\[[^\[\]\n]*\]\[[^\[\]\n]*\]"  # images of Obsidian, images by reference
    r"|\[(?P<said>[^\[\]\n]{1,300})\]\[[^\[\]\n]{0,200}\]"  # links by reference: what it leads to may stand far below
)
_BRACES = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*+\})*+\})*+\}"  # three deep
_JSX = (
    r"^(?:import|export)\s[^\n]*+(?:\n(?=[^\n]*\S)[^\n]*+)*+"  # up to the next empty line
    rf"|</?(?:[A-Z][\w.]*(?=[\s/>])(?:[^<>{{}}\"']|\"[^\"]*\"|'[^']*'|{_BRACES})*+)?>"
    rf"|(?:[\w:-]+=)?{_BRACES}"
)
_ONLY_CODE = re.compile(_CODE, re.MULTILINE | re.DOTALL)
_NO_TEXT = re.compile(f"{_CODE}|{_PAIR}|{_MARK}", re.MULTILINE | re.DOTALL)
_NO_TEXT_IN_MDX = re.compile(f"{_CODE}|{_PAIR}|{_JSX}|{_MARK}", re.MULTILINE | re.DOTALL)
_IMPORT = re.compile(
    r"^import\s+(?:[\w$]+|(?:[\w$]+\s*,\s*)?(?:\*\s+as\s+[\w$]+|\{[^{}]*\}))\s+from\s+(?:'[^'\n]*'|\"[^\"\n]*\")[ \t]*;?[ \t]*$",
    re.MULTILINE,
)

# --- paragraphs about the page, and not of the article ---------------------------------------------------------------

_UNREAD_CLASSES = frozenset(
    """
    toc table-of-contents twitter-tweet instagram-media wp-caption-text gallery-caption screen-reader-text sr-only byline
    """.split()  # noqa: SIM905 - a list in quotes would fill the page
)
_SLANTED = frozenset({"em", "i", "small", "sub"})
_CAPTION_PARTS = _SLANTED | {"img", "a", "br", "picture"}
_FURNITURE_MAXIMUM = 160  # characters: what is longer is a paragraph
_FURNITURE = re.compile(
    r"""(?: listen\s+to\s+(?:this|the)\b.*
          | (?:table\s+of\s+)?contents:? | on\s+this\s+page:? | in\s+this\s+(?:article|post):?
          | (?:estimated\s+)?read(?:ing)?\s+time\b.* | \d+\s+min(?:ute)?s?(?:\s+read)?
          | sources?:(?:\s+\S+){1,6}
          | (?:photo|picture|image|cover|header|featured|illustration|credit|foto|bild)s?
            (?:\s+(?:photo|image|credit|source|courtesy)s?)*\s*(?::|by\b|via\b|courtesy\b).*
          | (?:written|posted|published|updated|last\s+updated|reviewed|edited)(?:\s+(?:by|on)\b|:)[^.!?]*
          | by:?(?:\s+(?-i:[A-ZÀ-Þ])[\w.'\u2019-]*){1,5}
          | advertisement | sponsored | share\s+this\b.* | tags?:.* | click\s+here\b.* | skip\s+to\b.*
          | subscribe\s+(?:to|now|here|via)\b.* | sign\s+up\b.*\bnewsletter\b.*
        )[.:!]?""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(r"https?://\S+")


def opening(body: str, suffix: str, enough: int = ENOUGH, separator: str = "") -> str:
    """The first paragraphs of a body as one line of plain text, about ``enough`` characters of it.

    ``suffix`` is the file's, ``.html`` being HTML and all others Markdown. They end at a mark for "more", or at a
    ``separator`` that the article names. Headings, lists, tables, pictures and what is said of them, code, shortcodes,
    scripts and notices about the page are left out.
    """
    body = body[:BODY_MAXIMUM]
    end, beyond = _mark(body, separator)
    return _beginning(body[:end], suffix, enough) or _beginning(body[beyond:], suffix, enough)


# Where the first paragraphs end: at a heading, a list, a quotation, code, a table, a picture, a shortcode.
_NEXT_BLOCK = re.compile(r"\n[ ]{0,3}(?:#|[-*+][ ]|\d+[.)][ ]|```|~~~|\||</?[a-z]|!\[|>|:::|\{)")


# A body's first words before any mark-up: mostly they tell that an excerpt was written for itself.
_FIRST_WORDS = re.compile(r"\s*+(?:(?:#{1,6}|>|[-*+])[ \t]++)*+((?:[^\W_]|[ \n])*+)")


def continued(excerpt: str, body: str, enough: int) -> str:
    """An excerpt that its maker cut out of the body ("and then…"), as the body goes on; any other as it is.

    It has to stand at the very beginning of the body, word by word; what comes is about ``enough`` characters.
    """
    written = excerpt.removesuffix("…")
    if not written or written == excerpt:
        return excerpt
    beginning = body[:enough].lstrip()
    if not _may_begin(written, beginning):
        return excerpt
    block = _NEXT_BLOCK.search(beginning)
    read = teaser(beginning[: block.start()] if block else beginning, enough)
    if not read.startswith(written):
        return excerpt
    return read if is_finished(read) else mended(f"{read.removesuffix('…')}…")


def _may_begin(written: str, beginning: str) -> bool:
    """False where they differ before a parser is needed. The last letter may be one with a mark that comes behind it."""
    found = _FIRST_WORDS.match(beginning)
    words = tidy(found[1][:-1]) if found else ""
    return written.startswith(words) or words.startswith(written)


def minutes(body: str) -> int:
    """How long a body takes to read; 0 for a stub, and for what can be no text. Markup is counted as if it were words."""
    blanks, signs = body.count(" ") + body.count("\n"), len(body)
    spaced = blanks * WORD_MAXIMUM >= signs
    words, speed = (blanks, WORDS_A_MINUTE) if spaced else (signs, SIGNS_A_MINUTE)
    return max(1, round(words / speed)) if WORTH_TELLING < words < HOUR * speed else 0


def without_code(body: str) -> str:
    """A body of Markdown without what it shows as code."""
    return _ONLY_CODE.sub("", body)


def heading(body: str, suffix: str) -> str:
    """The text of a body's first main heading, "" if it has none."""
    tree = _tree(body[:BODY_MAXIMUM], suffix)
    found = None if tree is None else next(tree.iter("h1"), None)
    return "" if found is None else tidy(found.xpath("string()"))


def _mark(body: str, separator: str) -> tuple[int, int]:
    """Where the mark for "more" begins and ends; the body's end if it has none."""
    at = body.find(separator) if separator else -1
    if at >= 0:
        return at, at + len(separator)
    found = _MORE.search(body)
    return found.span() if found else (len(body), len(body))


def _beginning(body: str, suffix: str, enough: int) -> str:
    """What can be read in the first few thousand characters if that is enough, else in all of it."""
    read = _paragraphs(body[:GLANCE], suffix, enough)
    return read if len(read) > enough or len(body) <= GLANCE else _paragraphs(body, suffix, enough)


def _paragraphs(body: str, suffix: str, enough: int) -> str:
    tree = _tree(body, suffix)
    if tree is None:
        return ""
    _clear(tree)
    for block in tree.iter(*_BLOCKS):
        block.text = PARAGRAPH_END + _writable(block.text)
        block.tail = PARAGRAPH_END + _writable(block.tail)
    for line_break in tree.iter("br"):
        line_break.tail = " " + _writable(line_break.tail)
    read = ""
    for paragraph in map(tidy, tree.xpath("string()").split(PARAGRAPH_END)):
        if not _is_furniture(paragraph):
            read = f"{read} {paragraph}".strip()
        if len(read) > enough:
            break
    return read


def _writable(text: str | None) -> str:
    """What lxml has read, as lxml takes it: ``&#1;`` is a character that it gives, but refuses."""
    return _UNWRITABLE.sub(" ", text or "")


def _is_furniture(paragraph: str) -> bool:
    if len(paragraph) <= _FURNITURE_MAXIMUM and _FURNITURE.fullmatch(paragraph):
        return True
    return sum(map(len, _ADDRESS.findall(paragraph))) > len(paragraph) / 3


def _clear(tree: html.HtmlElement) -> None:
    """Takes out what is no sentence of the article."""
    for block in _beside_pictures(tree):
        if _is_caption(block):
            block.clear(keep_tail=True)
    for element in tree.xpath("//*[@class]"):
        if not _UNREAD_CLASSES.isdisjoint(element.get("class").lower().split()):
            element.clear(keep_tail=True)
    etree.strip_elements(tree, *_UNREAD, etree.Comment, etree.ProcessingInstruction, with_tail=False)


def _beside_pictures(tree: html.HtmlElement) -> list[html.HtmlElement]:
    """The paragraphs that pictures stand in, and those behind them."""
    holding = dict.fromkeys(image.getparent() for image in tree.iter("img"))
    blocks = dict.fromkeys(next((e for e in (parent, parent.getparent()) if e.tag == "p"), None) for parent in holding)
    found = (element for block in blocks if block is not None for element in (block, block.getnext()))
    return [element for element in found if element is not None and element.tag == "p"]


def _is_caption(block: html.HtmlElement) -> bool:
    """Whether nothing but slanted or small words stands there, and perhaps a picture."""
    names = {child.tag for child in block}
    loose = (block.text or "") + "".join(child.tail or "" for child in block)
    return not loose.strip() and names <= _CAPTION_PARTS and not names.isdisjoint(_SLANTED)


def _tree(body: str, suffix: str) -> html.HtmlElement | None:
    """The body as HTML, without what the generator of the site would have replaced."""
    is_mdx = suffix == ".mdx" or bool(_IMPORT.search(body) and _IMPORT.search(without_code(body)))
    source = (_NO_TEXT_IN_MDX if is_mdx else _NO_TEXT).sub(_kept, body).replace(PARAGRAPH_END, " ")
    if suffix != ".html":
        source = _MARKDOWN.render(source)
    try:
        return html.document_fromstring(_UNWRITABLE.sub(" ", source))
    except etree.ParserError:  # there is nothing in it
        return None


def _kept(found: re.Match[str]) -> str:
    return found["code"] or found["said"] or ""
