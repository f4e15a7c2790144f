"""The dated articles below a folder, as far as their beginnings tell: enough to see how a site is kept."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from string import ascii_lowercase, digits
from zoneinfo import ZoneInfo

from digest.errors import ArticleError
from digest.model import Fault
from digest.sources import front_matter, listing
from digest.sources.addresses import web_url
from digest.sources.fields import URL_PARTS, Field, Fields
from digest.sources.files import SUFFIXES
from digest.sources.front_matter import FrontMatter, plain_name
from digest.sources.languages import tag
from digest.sources.pages import titled
from digest.sources.place import Place
from digest.sources.reading import Manner, Reading

# What generators build, install or fetch.
SKIPPED = listing.SKIPPED | {"vendor", "public", "dist", "build", "target", "venv"}
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
_UTC = ZoneInfo("UTC")
_ORDINARY = frozenset(f"{ascii_lowercase}{digits}-/")

# A field that sorts articles has few values, each short and used again and again.
_VALUE_MAXIMUM = 40
_VALUES = range(2, 41)
_USES = 3
_SORTED = 0.8  # of all articles


@dataclass(frozen=True, slots=True)
class Post:
    """One article. ``folder`` is the one that lists it: a page bundle (first-post/index.md) counts as one file of its
    parent. ``signs`` are the characters of its name, its folders' and its slug other than small letters of ASCII,
    digits and hyphens; ``titled`` says whether every generator makes the same address of its title. ``cover`` is the
    picture that it names first. ``categories`` counts those it names; ``values`` are its short texts that may sort it,
    by field.
    """

    folder: Path
    bundle: bool
    sourced: bool
    dated: date
    named_by_date: bool
    slug: bool
    signs: frozenset[str]
    titled: bool
    title: str
    cover: str
    categories: int
    language: str
    values: tuple[tuple[str, str], ...]


def posts(root: Path) -> tuple[tuple[Post, ...], Counter[Path]]:
    """Every file below ``root`` that is an article with a date, and how many each folder has without one."""
    manner = Manner(root, _UTC)
    found: list[Post] = []
    undated: Counter[Path] = Counter()
    for path in _files(root):
        with suppress(OSError):
            try:
                found.append(_post(manner, path))
            except ArticleError as error:
                undated[path.parent] += error.fault == Fault.DATE
    return tuple(found), undated


def _files(root: Path) -> Iterator[Path]:
    for folder, below, names in os.walk(root):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in SKIPPED)
        for name in names:
            path = Path(folder, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith((".", "_")):
                yield path


def _post(manner: Manner, path: Path) -> Post:
    """Raises OSError, and ArticleError for what has no date or is no article."""
    with path.open("rb") as file:
        content, _ = front_matter.decode(front_matter.opening(file))
    front = front_matter.split(path.name, content)
    published = Reading(manner, path, path.name, front).published()
    fields = Fields.of(front)
    place = Place.of(path, manner.root)
    bundle = path.stem == "index" and path.parent != manner.root
    title = fields.text(Field.TITLE)
    address = titled(title)
    return Post(
        folder=path.parent.parent if bundle else path.parent,
        bundle=bundle,
        sourced=any(map(web_url, fields.texts(Field.SOURCE, URL_PARTS))),
        dated=published.date(),
        named_by_date=_DATED.match(path.parent.name if bundle else path.name) is not None,
        slug=any(fields.texts(Field.SLUG)),
        signs=frozenset("/".join((*place.above, place.slug, fields.text(Field.SLUG)))) - _ORDINARY,
        titled=address != "" and address.isascii(),
        title=title,
        cover=fields.text(Field.COVER, URL_PARTS),
        categories=len(fields.several(Field.CATEGORY, commas=True)) if any(fields.categories()) else 0,
        language=tag(fields.text(Field.LANGUAGE)) or place.language,
        values=tuple(_values(front)),
    )


_KNOWN = frozenset(plain_name(name) for field in Field for name in field.value)


def _values(front: FrontMatter) -> Iterator[tuple[str, str]]:
    for name, value in front.fields.items():
        if name not in _KNOWN and isinstance(value, str) and 0 < len(value) <= _VALUE_MAXIMUM and "/" not in value:
            yield name, value


def kinds(found: Sequence[Post]) -> str:
    """The field that sorts these articles, where no usual one does: ``rubric``; "" where there is none."""
    if sum(post.categories > 0 for post in found) > len(found) / 2:
        return ""
    values: dict[str, Counter[str]] = {}
    for post in found:
        for name, value in post.values:
            values.setdefault(name, Counter())[value] += 1
    sorting = [
        (used.total(), name)
        for name, used in sorted(values.items())
        if used.total() >= _SORTED * len(found) and len(used) in _VALUES and used.total() >= _USES * len(used)
    ]
    return max(sorting, default=(0, ""))[1]


def spoken(found: Sequence[Post]) -> str:
    """The language of most of these articles; "" where most of them do not say theirs."""
    languages = Counter(post.language for post in found)
    language, count = languages.most_common(1)[0]
    return language if count > len(found) / 2 else ""
