"""What the place of an article's file says of it: its name, its date, its language, its category."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from digest.sources import languages
from digest.sources.dates import in_path, undated

INDEX = "index"  # the file of a folder that is an article
DRAFTS = frozenset({"drafts", "_drafts", "draft", "_draft", "wip", "unpublished"})

# Folders that generators ask for; they say nothing of what is in them.
_STRUCTURE = frozenset(
    {
        *("content", "contents", "posts", "post", "blog", "articles", "article", "entries", "pages", "docs"),
        *("src", "source", "site", "website", "app", "apps", "data", "collections"),
    }
)

_STATIC = ("content", "pages")
_NUMBER = re.compile(r"[\d._-]+")
# As Docusaurus finds the last date in a path: https://docusaurus.io/docs/blog
_DATED = re.compile(r"(?P<before>.*)(?P<date>\d{4}[-/]\d{1,2}[-/]\d{1,2})[-/]?(?P<text>.*)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """A file ``stem.language.suffix`` in ``folders``, each in the one before, below a source's root."""

    folders: tuple[str, ...]
    stem: str
    suffix: str
    language: str
    is_static: bool = False  # in content/pages, where Pelican and others keep what is no article

    @classmethod
    def of(cls, path: Path, root: Path) -> Self:
        *folders, _ = path.parts[len(root.parts) :]
        language, stem = languages.of_file(path), path.stem
        stem = stem[: -len(language) - 1] if language else stem
        language = language or languages.of_folders(root, folders)
        static = _STATIC in pairwise((root.name, *folders))
        return cls(tuple(folders), stem, path.suffix.lower(), language, static)

    @property
    def name(self) -> str:
        """What the article is called; a file ``index.md`` is called as its folder."""
        return self.folders[-1] if self.is_index and self.folders else self.stem

    @property
    def is_index(self) -> bool:
        return self.stem.casefold() == INDEX

    @property
    def is_top(self) -> bool:
        """Whether it is the page of the source itself, or of one of its languages."""
        return self.is_index and all(_folded(folder) == self.language for folder in self.folders)

    @property
    def path(self) -> str:
        """Where it stands, without suffix, language and ``index``."""
        return "/".join(self.folders if self.is_index else (*self.folders, self.stem))

    @property
    def above(self) -> tuple[str, ...]:
        """The folders that it lies in; not its own, if it is a file ``index.md``."""
        return self.folders[:-1] if self.is_index else self.folders

    @property
    def slug(self) -> str:
        """Its name without a date."""
        return undated(self.name)

    @property
    def dated(self) -> str:
        """Its path with the date in it as folders before it, as Docusaurus has it: ``2025/10/22/regatta``."""
        found = _DATED.fullmatch(self.path)
        return f"{found['date'].replace('-', '/')}/{found['before']}{found['text']}" if found else self.path

    @property
    def in_language_folder(self) -> bool:
        """Whether one of its folders is that of its language."""
        return self.language in map(_folded, self.folders)

    @property
    def date(self) -> str:
        """The date with which the name of the file or of a folder begins, or ""."""
        return in_path("/".join((*self.folders, self.stem)))

    @property
    def is_draft(self) -> bool:
        return any(folder.casefold() in DRAFTS for folder in self.folders)

    @property
    def category(self) -> str:
        """The top folder that sorts articles, as words: not one for years, drafts, languages or the article alone."""
        folder = next(self._sorting(), "")
        words = folder.strip("_").replace("-", " ").replace("_", " ")
        return words[:1].upper() + words[1:]

    def _sorting(self) -> Iterator[str]:
        for folder in self.above:
            folded = _folded(folder)
            plain = folded.strip("-")
            dated = _NUMBER.fullmatch(folded) or undated(folded) != folded
            if not (dated or plain in _STRUCTURE or folder.casefold() in DRAFTS or folded == self.language):
                yield folder


def _folded(folder: str) -> str:
    return folder.casefold().replace("_", "-")
