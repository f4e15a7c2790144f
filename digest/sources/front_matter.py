"""An article file's two halves: the fields at its top, in whichever format, and the body below them.

    bytes ──decode──▶ text ──split──▶ FrontMatter: fields | body
                                formats: where they end · yaml_fields, headers, …: what they say · mending

Whatever is wrong costs as little as it can: a line, the fields, and only at last the article.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, NamedTuple

from digest.errors import ArticleError
from digest.sources.defects import Defect, FormatError, TooDeepError, twice
from digest.sources.formats import HANDLERS, UNOPENED, Format, Handler
from digest.sources.mending import mended

FRONT_MATTER_MAXIMUM = 256 * 1024  # characters; the largest of 37,000 real ones has a tenth of it
_FIRST_LOOK = 4 * 1024  # bytes; nearly all front matter ends within
_LAST_LOOK = 4 * FRONT_MATTER_MAXIMUM  # bytes: a character has four at most
# Without a mark at its beginning, text in UTF-16 that begins with four letters or signs of ASCII gives itself away.
_UNMARKED = ((re.compile(rb"(?:[^\0]\0){4}"), "utf-16-le"), (re.compile(rb"(?:\0[^\0]){4}"), "utf-16-be"))

# What YAML, TOML and JSON refuse or take for the end of a line, and what nobody meant to write.
_STRAY = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_KEY = re.compile(r"""(\s*)(?:\.\. )?["']?(\w[^:="'\n]*)["']?[ \t]*[:=]""")
_FIELD_LINES = re.compile(
    r"""(?:(?:["']?[\w-]+["']?[ \t]*[:=](?:[ \t].*)?|[ \t]+(?!(?:-{3,}|\+{3,})[ \t]*(?:\n|\Z))\S.*"""
    r"""|-[ \t].*|\[.*\]|[\]}],?)(?:\n|\Z))*"""
)
_INDENTED_FENCE = re.compile(r"[ \t]+(?:-{3,}|\+{3,})[ \t]*(?:\n|\Z)")
_NAMED_LINE = re.compile(r"""^[ \t]*["']?[\w-]+["']?[ \t]*[:=](?:[ \t]|$)""", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """``fields`` by their ``plain_name``; ``source`` is what they were read from, ``above`` the lines before it, and
    ``below`` those before the body. ``closed`` says that they end where a sign for that stands.

    ``defects`` are what had to be got over, with lines of the file. ``beside`` are the fields of files beside the
    article, the nearest first; ``around`` is what sections say of whether all that is in them may be shown.
    """

    fields: dict[str, Any]
    body: str
    source: str
    above: int
    below: int = 0
    format: Format = Format.YAML
    defects: tuple[Defect, ...] = ()
    closed: bool = True
    beside: tuple[dict[str, Any], ...] = ()
    around: tuple[dict[str, Any], ...] = ()

    def line(self, name: str) -> int:
        """The line of the file on which a field first stands, 0 if it does not; one that is not in another goes first."""
        named = enumerate(map(_KEY.match, self.source.split("\n")), self.above + 1)
        lines = [(len(found[1]), number) for number, found in named if found and plain_name(found[2]) == name]
        return min(lines, default=(0, 0))[1]


def plain_name(name: str) -> str:
    """A field's name in the one form in which names are compared: ``coverImage``, ``cover_image``, ``Cover-Image``."""
    return name.replace("-", "").replace("_", "").strip().casefold()


def plainly(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields by their ``plain_name``; of two that have the same, the first."""
    return {plain_name(str(name)): value for name, value in reversed(fields.items())}


def decode(data: bytes) -> tuple[str, str]:
    """A file's text with a line feed at each line's end, and what is wrong with its encoding ("" when nothing is)."""
    wide = _wide(data)
    data = data if wide else data.removeprefix(BOM_UTF8)
    fault = ""
    try:
        text = data.decode(wide or "utf-8")
    except UnicodeDecodeError as error:
        line = _with_line_feeds(data[: error.start].decode(wide or "latin-1", "ignore")).count("\n") + 1
        text = data.decode(wide or "utf-8", "replace")
        fault = f"is broken UTF-16 (line {line})"
        if not wide and _is_mostly_read(text):
            fault = f"is not UTF-8 everywhere (line {line}); what is not was replaced"
        elif not wide:
            text = data.decode("cp1252", "replace")
            fault = f"is not UTF-8 (line {line}); it was read as Windows-1252"
    return _with_line_feeds(text), fault


def _wide(data: bytes) -> str:
    """The kind of UTF-16 that the data begin with, "" where they do with none."""
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return "utf-16"
    return next((encoding for beginning, encoding in _UNMARKED if beginning.match(data)), "")


def _is_mostly_read(text: str) -> bool:
    """Whether most of what is no ASCII was read, and only some had to be replaced."""
    strange = len(text) - len(text.encode("ascii", "ignore"))
    return text.count("\ufffd") * 2 < strange


def without_strays(source: str) -> str:
    """What is to be parsed, with a blank for whatever no parser takes."""
    return _STRAY.sub(" ", source)


def _with_line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split(path: str, text: str) -> FrontMatter:
    """The fields and the body of an article file's text; ``path`` is how errors call it.

    A text without front matter is all body. Raises ArticleError, with the line, for front matter that cannot be read.
    """
    start = len(text) - len(text.lstrip("\ufeff \t\n"))
    head = text[start : start + FRONT_MATTER_MAXIMUM + 1]
    handler = next((handler for handler in HANDLERS if handler.detect(head)), None)
    if handler is None:
        return FrontMatter({}, text, "", 0, format=Format.NONE)
    begin = handler.begin(head)
    above = text.count("\n", 0, start + begin)
    try:
        closed = _closed(handler, head)
        found = closed or _unclosed(handler, head)
    except FormatError as error:
        what = f"the front matter cannot be read: {error.what}"
        raise ArticleError(path, what, line=above + error.line, hint=error.hint) from None
    if found is None:
        return FrontMatter({}, text, "", 0, format=Format.NONE)
    fields, source, body = plainly(found.fields), head[begin : found.end], text[start + found.body :]
    alike = _alike(found.fields, source) if len(fields) < len(found.fields) else ()
    defects = tuple(defect.below(above) for defect in (*found.defects, *alike))
    below = text.count("\n", 0, start + found.body)
    return FrontMatter(fields, body, source, above, below, handler.kind, defects, closed is not None)


def _alike(fields: dict[str, Any], source: str) -> Iterator[Defect]:
    """The fields whose names are other spellings of one that stands before them: ``Draft`` behind ``draft``."""
    known: set[str] = set()
    for name, value in fields.items():
        if (plain := plain_name(str(name))) in known:
            line = source.count("\n", 0, max(source.find(str(name)), 0)) + 1
            yield twice(str(name), line, f"{name}: {value if isinstance(value, str | bool) else ''}")
        known.add(plain)


class _Found(NamedTuple):
    """Fields with where they end, and where the body begins."""

    fields: dict[str, Any]
    defects: tuple[Defect, ...]
    end: int
    body: int


def _closed(handler: Handler, head: str) -> _Found | None:
    """The fields between the fences; None where nothing closes them, or only a line of the body that looks like it."""
    try:
        begin, end, body = handler.span(head)
    except ValueError:
        return None
    source = without_strays(head[begin:end])
    try:
        return _Found(*handler.parse(source), end, body)
    except TooDeepError:
        raise
    except FormatError:
        if handler.kind is not Format.JSON and _is_prose(source):
            return None
        return _Found(*mended(handler.parse, source), end, body)


def _unclosed(handler: Handler, head: str) -> _Found | None:
    """The fields in the lines that look like some; None where there are none, and the fence is but a line in a text."""
    if handler.kind is Format.JSON:
        raise FormatError("it is never closed", 0, f"end the fields with {handler.fence}")
    begin = handler.begin(head)
    end = begin + len(_fields_of(head[begin:]))
    if len(head) > FRONT_MATTER_MAXIMUM and head.find("\n", end) < 0:  # they go on in what was not looked at
        raise FormatError(f"it is longer than {FRONT_MATTER_MAXIMUM // 1024} KB", 0)
    if begin == end:
        return None
    fields, defects = mended(handler.parse, without_strays(head[begin:end]))
    fence = _INDENTED_FENCE.match(head, end)
    defect = Defect("the front matter is never closed", 0, f"end the fields with {handler.fence}")
    return _Found(fields, (defect, *defects), end, fence.end() if fence else end)


def _fields_of(source: str) -> str:
    """The lines at its beginning that look like fields."""
    found = _FIELD_LINES.match(source)
    return found[0] if found else ""


def _is_prose(source: str) -> bool:
    """Whether no line looks like a field, or none after the first empty line or a fence that stands too far in."""
    fields = _fields_of(source)
    rest = source[len(fields) :]
    return (
        not _NAMED_LINE.search(rest)
        and bool(rest.strip())
        and (not fields or rest.startswith("\n") or _INDENTED_FENCE.match(rest) is not None)
    )


def opening(file: BinaryIO) -> bytes:
    """The beginning of an article file, as far as its front matter reaches and hardly further: mostly one short read.

    It ends with a whole character.
    """
    wanted = _FIRST_LOOK
    data = file.read(wanted)
    while len(data) == wanted < _LAST_LOOK and not _reaches_the_body(data):
        data += file.read(wanted)  # twice as much as before, until it is enough
        wanted *= 2
    return _whole(data) if len(data) == wanted else data


def _reaches_the_body(data: bytes) -> bool:
    """Whether the beginning of a file holds all of its front matter, or there is none."""
    head = decode(_whole(data))[0].lstrip("\ufeff \t\n")
    head = head[: head.rfind("\n") + 1] or head  # of the last line there may be more
    handler = next((handler for handler in HANDLERS if handler.detect(head)), None)
    if handler is None:
        return bool(head) and not UNOPENED.may_go_on(head)
    if handler.kind is Format.HEADERS and UNOPENED.may_go_on(head):
        return False
    try:
        return handler.span(head)[1] < len(head)
    except ValueError:  # nothing closes them yet; or nothing ever will, and then the whole text has to be seen for that
        return False


def _whole(data: bytes) -> bytes:
    """The data without the piece of a character at their end."""
    decoder = getincrementaldecoder(_wide(data) or "utf-8")()
    try:
        decoder.decode(data)
    except UnicodeDecodeError:
        return data
    return data[: len(data) - len(decoder.getstate()[0])]
