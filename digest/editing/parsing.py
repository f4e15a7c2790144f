"""An edition's file taken apart: its fields, its sections, its lines, each with where it stands; faults are collected."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from digest.editing import comments, notation
from digest.editing.faults import Faults
from digest.errors import ArticleError
from digest.sources import front_matter
from digest.sources.front_matter import FrontMatter
from digest.sources.text import tidy

LINE_MAXIMUM = 10_000  # characters
CATEGORY_MAXIMUM = 100

_HEADING = re.compile(r"#{1,6}(?=[ \t]|$)")
_SECTION = "##"


@dataclass(frozen=True, slots=True)
class Entry:
    """An article of the list, and the lines of text below it, each with its number."""

    line: int
    token: str
    title: str
    text: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Heading:
    """A section of the list, as it is ``written``. ``is_left_out`` is the one whose articles are in none."""

    line: int
    written: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def category(self) -> str:
        return self.written.removeprefix("\\")

    @property
    def is_left_out(self) -> bool:
        return notation.is_left_out(self.written)


@dataclass(frozen=True, slots=True)
class Parsed:
    """``marks`` stand for the articles that the file held when it was written, each with what stands for its text. No
    ``headings``: there is no list.
    """

    front: FrontMatter
    headings: tuple[Heading, ...]
    marks: Mapping[str, str]


def parse(text: str, faults: Faults) -> Parsed | None:
    """None where not even the fields can be read."""
    try:
        front = front_matter.split("", text)
    except ArticleError as error:
        faults.add(error.line, error.what + (f" ({error.hint})" if error.hint else ""))
        return None
    for defect in front.defects:
        what = defect.what.partition(": ")[2] or defect.what  # how the reader got over it does not count here
        faults.add(defect.line, what + (f" ({defect.hint})" if defect.hint else ""))
    above = text.count("\n", 0, text.rfind(front.body)) if front.body else 0
    lines, said = comments.parted(enumerate(front.body.split("\n"), above + 1), faults)
    return Parsed(front, tuple(_headings(lines, faults)), comments.proposed(said))


class _Kind(Enum):
    NOTHING = auto()
    HEADING = auto()
    ARTICLE = auto()
    TEXT = auto()
    OTHER = auto()


def _headings(lines: Iterable[tuple[int, str]], faults: Faults) -> Iterator[Heading]:
    heading: Heading | None = None
    for number, line in lines:
        kind = _kind(line)
        if kind is _Kind.HEADING:
            if heading:
                yield heading
            heading = Heading(number, _category(number, line, faults))
        elif kind is not _Kind.NOTHING and heading is None:
            faults.add(number, "this stands before the first section: begin one with ## and its category")
        elif heading:
            _take(heading, number, line, kind, faults)
    if heading:
        yield heading


def _kind(line: str) -> _Kind:
    if not line.strip():
        return _Kind.NOTHING
    if _HEADING.match(line):
        return _Kind.HEADING
    if notation.is_listed(line):
        is_inside = line[0] in " \t" and not line.rstrip().endswith("`")  # a list within the text
        return _Kind.TEXT if is_inside else _Kind.ARTICLE
    return _Kind.TEXT if line[0] in " \t" else _Kind.OTHER


def _category(number: int, line: str, faults: Faults) -> str:
    signs, _, category = line.replace("\t", " ").partition(" ")
    category = tidy(category)
    if signs != _SECTION:
        faults.add(number, "a section begins with two signs: ## and its category")
    elif not category:
        faults.add(number, "this section has no name: write its category behind ##")
    elif notation.is_nearly_left_out(category):
        faults.add(number, f"write ## {notation.LEFT_OUT}, or ## \\{category} if you mean a category of that name")
    elif len(category) > CATEGORY_MAXIMUM:
        faults.add(number, f"this category has more than {CATEGORY_MAXIMUM} characters")
    return category


def _take(heading: Heading, number: int, line: str, kind: _Kind, faults: Faults) -> None:
    """A line below a heading."""
    if len(line) > LINE_MAXIMUM:
        faults.add(number, f"this line has more than {LINE_MAXIMUM:,} characters")
    elif kind is _Kind.ARTICLE:
        _take_article(heading, number, line, faults)
    elif kind is _Kind.TEXT and heading.entries:
        heading.entries[-1].text.append((number, line))
    elif kind is _Kind.TEXT:
        heading.entries.append(Entry(number, "", "", [(number, line)]))  # left behind by an article, perhaps
    elif kind is _Kind.OTHER:
        text = "no text of one: indent that by two spaces" if heading.entries else "no text of one"
        faults.add(number, f"this is no section (## Category), no article (- **Title** `path`), and {text}")


def _take_article(heading: Heading, number: int, line: str, faults: Faults) -> None:
    try:
        item = notation.item(line)
    except ValueError as error:
        faults.add(number, str(error))
        return
    if item is None:
        faults.add(number, "this line names no article: its path or key has to end it, between backticks")
    else:
        heading.entries.append(Entry(number, item.token, item.title))
