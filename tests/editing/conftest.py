"""An edition that the rules have made, the file of it, and what is read of that."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any

import pytest

from digest.compose import Composition, Rules, compose
from digest.editing import Candidates, Edited, Place, place, propose, read
from digest.errors import EditingError
from digest.model import Article, Curation, Period

START = datetime(2025, 12, 1, tzinfo=UTC)
WEEK = Period(START, START + timedelta(weeks=1), "2025-W49")
NAME = "weekly/2025-W49"
NOW = WEEK.end + timedelta(hours=7)
FILE = "editions/weekly-2025-W49.md"
TOP = f"---\nedition: {NAME}\n---\n"
AS_PROPOSED = {"Work": ["Cranes", "Wages"], "Science": ["Tides"], "Travel": ["Ferries"]}  # by ``desk``


def article(name: str, *, day: float = 1, **fields: Any) -> Article:
    """An article of its own, ``day`` days after the week began."""
    facts = {
        "key": f"path:content/{name}.md",
        "path": f"content/{name}.md",
        "title": name.title(),
        "category": "Work",
        "excerpt": f"All about {name}.",
        "source": f"https://news.example.com/{name}",
        "published": START + timedelta(days=day),
    }
    return Article(**{**facts, **fields})


@dataclass
class Desk:
    """A folder for the file, and the articles that there are."""

    folder: Path
    articles: Sequence[Article]
    rules: Rules = field(default_factory=lambda: Rules(minimum=1, per_section=2))
    placed: Mapping[str, str] = field(default_factory=dict)
    edition: str = NAME
    zone: tzinfo = UTC

    @property
    def at(self) -> Place:
        return place(self.folder / "editions", self.folder, self.edition)

    @property
    def candidates(self) -> Candidates:
        return Candidates(self.articles, self.placed, NOW, self.zone)

    def composed(self, articles: Sequence[Article] | None = None, curation: Curation | None = None) -> Composition:
        return compose(
            self.articles if articles is None else articles,
            digest="weekly",
            title="Weekly",
            number=1,
            period=WEEK,
            since=START,
            placed=self.placed,
            rules=self.rules,
            now=NOW,
            curation=curation,
        )

    def proposal(self) -> str:
        composition = self.composed()
        return propose(composition.edition, self.candidates.proposed(composition), UTC)

    def write(self, text: str | bytes) -> None:
        self.at.path.parent.mkdir(exist_ok=True)
        self.at.path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def propose(self) -> str:
        self.write(text := self.proposal())
        return text

    def change(self, old: str, new: str, count: int = 1) -> None:
        """One place of the file written anew."""
        text = self.at.path.read_text(encoding="utf-8")
        assert text.count(old) == count, text
        self.write(text.replace(old, new))

    def move(self, line_with: str, behind: str) -> None:
        """The line that holds the one words to below the line that holds the others."""
        lines = self.at.path.read_text(encoding="utf-8").splitlines(keepends=True)
        [moved] = [line for line in lines if line_with in line]
        lines.remove(moved)
        [target] = [number for number, line in enumerate(lines) if behind in line]
        lines.insert(target + 1, moved)
        self.write("".join(lines))

    def read(self) -> Edited:
        return read(self.at, self.candidates)

    def curation(self) -> Curation:
        curation = self.read().curation
        assert curation
        return curation

    def shape(self) -> dict[str, list[str]]:
        """The edition as the file has it."""
        edited = self.read()
        edition = self.composed(edited.articles, edited.curation).edition
        return {section.category: [found.title for found in section.articles] for section in edition.sections}

    def faults(self) -> tuple[str, ...]:
        with pytest.raises(EditingError) as caught:
            self.read()
        assert caught.value.message.startswith(f"{self.at.name} cannot be followed:")
        return caught.value.faults


def line_of(desk: Desk, words: str) -> int:
    lines = desk.at.path.read_text(encoding="utf-8").splitlines()
    [number] = [number for number, line in enumerate(lines, start=1) if words in line]
    return number


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(
        tmp_path,
        [
            article("cranes", day=5),
            article("wages", day=4, author="A. Writer"),
            article("shifts", day=3, excerpt=""),
            article("ferries", day=2, category="Travel", excerpt="- It begins like a list."),
            article("tides", day=1, category="Science", path="", key="news.example.com/tides?id=7"),
            article("quays", day=1, draft=True),
        ],
    )


@pytest.fixture
def same_as_golden() -> Callable[[str, str], None]:
    """Compares with the file of that name; with DIGEST_ACCEPT_GOLDEN in the environment, writes it."""

    def compare(name: str, text: str) -> None:
        file = Path(__file__).parent / "golden" / name
        if os.environ.get("DIGEST_ACCEPT_GOLDEN"):
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8")

    return compare
