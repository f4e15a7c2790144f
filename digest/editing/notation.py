"""How articles stand in an edition's file: a line that says which it is, and below it the text that readers see.

    - **Cranes at the quay** · 2025-12-01 · news.example.com `content/cranes.md`
      All about cranes.

What stands between the asterisks is the title, what ends the line between backticks the article's path or key.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from difflib import SequenceMatcher
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from digest.identity import category_key
from digest.model import Article
from digest.sources.text import tidy

LEFT_OUT = "Left out"
_LEFT_OUT_KEY = category_key(LEFT_OUT)
_NEARLY = 0.85  # one letter too many, too few, or another one

_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff`]")
_MARKER = re.compile(r"(?:[-*+]|\d{1,3}[.)])[ \t]+")
_MARKUP = re.compile(r"\\|[-*+#>]|\d{1,9}[.)]|<!--|```|~~~")  # what a line of plain text may begin with by chance
_ASTERISKS = "**"
_DETAILS = " · "
_DATED = re.compile(r"\*\*(?= · \d{4}-\d\d-\d\d)")  # the end of a title that ``line`` has written


class Item(NamedTuple):
    """A line of the list: the article's ``token``, and its ``title``, "" where none is given."""

    token: str
    title: str


def name(article: Article) -> str:
    """By what an editor's decisions call it: its path, or the key of what has none."""
    return article.path or article.key


def token(called: str) -> str:
    """A path or key as it stands between backticks, on one line."""
    return _UNWRITABLE.sub(lambda found: quote(found[0], safe="", errors="surrogatepass"), called)


def mark(called: str) -> str:
    """Eight characters that stand for a path, a key or a text where nobody has to read it."""
    return blake2b(token(called).encode(), digest_size=4).hexdigest()


def line(article: Article, zone: tzinfo, reason: str = "") -> str:
    """``reason`` says why it is left out."""
    published = article.published.astimezone(zone).date().isoformat()
    details = (published, article.author, _host(article.source or article.url), reason)
    told = "".join(f"{_DETAILS}{tidy(detail)}" for detail in details if detail).replace("`", "'")
    told = re.sub(r"\*{2,}", "*", told)
    return f"- {_ASTERISKS}{tidy(article.title)}{_ASTERISKS}{told} `{token(name(article))}`"


def item(written: str) -> Item | None:
    """The reverse of ``line``; None for what is no line of the list. Raises ValueError for a title that is not clear."""
    text = written.strip()
    marker = _MARKER.match(text)
    opening = text.rfind("`", 0, -1)
    if not marker or not text.endswith("`") or opening < marker.end():
        return None
    return Item(text[opening + 1 : -1], _title(text[marker.end() : opening].strip()))


def heading(category: str) -> str:
    """A section's first line. A category that is called (nearly) like what is left out has a backslash before it."""
    name = tidy(category)
    return f"## \\{name}" if _is_escaped(name) or is_left_out(name) or is_nearly_left_out(name) else f"## {name}"


def is_left_out(name: str) -> bool:
    """Whether it is the section of what is in none, with or without words in parentheses behind it."""
    return not _is_escaped(name) and category_key(name.partition("(")[0]) == _LEFT_OUT_KEY


def is_nearly_left_out(name: str) -> bool:
    """Whether that may be what is meant, with a slip."""
    if _is_escaped(name) or is_left_out(name):
        return False
    key = category_key(name)
    alike = SequenceMatcher(None, key.replace("-", ""), _LEFT_OUT_KEY.replace("-", "")).ratio()
    return key.startswith(f"{_LEFT_OUT_KEY}-") or alike >= _NEARLY


def _is_escaped(name: str) -> bool:
    return name.startswith("\\")


def is_listed(written: str) -> bool:
    """Whether it begins as a line of the list does."""
    return bool(_MARKER.match(written.strip()))


def _title(words: str) -> str:
    if not words:
        return ""
    least = len(_ASTERISKS) + 1
    end = max(words.rfind(_ASTERISKS), 0)
    if dated := [found.start() for found in _DATED.finditer(words, least)]:
        end = dated[-1]
    elif (parted := words.find(_ASTERISKS + _DETAILS, least)) > 0:
        end = parted
    if not words.startswith(_ASTERISKS) or end < least:
        raise ValueError("the title has to stand between two pairs of asterisks: - **Title** `path`")
    return tidy(words[len(_ASTERISKS) : end])


def text_below(article: Article) -> str:
    """The article's excerpt as it stands below its line; "" where it has none."""
    excerpt = tidy(article.excerpt)
    return f"  \\{excerpt}" if _MARKUP.match(excerpt) else f"  {excerpt}" if excerpt else ""


def plain(lines: list[str]) -> str:
    """The reverse of ``text_below``, of a text that may have been parted into several lines."""
    return tidy(" ".join(written.strip() for written in lines)).removeprefix("\\")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.")
    except ValueError:
        return ""
