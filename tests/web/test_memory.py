"""What is remembered of article files, and what makes it be read again."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image as Picture

from digest.model import Article, Problem
from digest.sources.files import Folder
from digest.web.studio.memory import Memory, Remembered
from tests.journeys.conftest import article


@dataclass(eq=False)
class Counting:
    """A folder of articles that tells which files were read."""

    folder: Folder
    read_files: list[str] = field(default_factory=list)

    def paths(self) -> tuple[Path, ...]:
        return self.folder.paths()

    def read(self, paths: Sequence[Path]) -> Iterator[Article | Problem]:
        self.read_files += [path.name for path in paths]
        return self.folder.read(paths)

    def again(self, remembered: Remembered) -> list[str]:
        """The titles found now."""
        self.read_files.clear()
        found = [result for path in remembered.paths() for result in remembered.read((path,))]
        return [result.title if isinstance(result, Article) else result.what for result in found]


@pytest.fixture
def source(tmp_path: Path) -> Counting:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.md").write_text(article(name, "2025-12-01"))
    return Counting(Folder(tmp_path, ZoneInfo("UTC")))


def picture(path: Path, width: int = 40) -> None:
    Picture.new("RGB", (width, 20)).save(path)


def test_only_a_file_that_has_changed_is_read_again(source: Counting, tmp_path: Path) -> None:
    remembered = Remembered(source)
    assert source.again(remembered) == ["one", "three", "two"]
    assert len(source.read_files) == 3
    (tmp_path / "two.md").write_text(article("two and a half", "2025-12-01"))
    assert source.again(remembered) == ["one", "three", "two and a half"]
    assert source.read_files == ["two.md"]
    source.again(remembered)
    assert source.read_files == []


def test_files_that_come_and_go_are_followed(source: Counting, tmp_path: Path) -> None:
    remembered = Remembered(source)
    source.again(remembered)
    (tmp_path / "one.md").unlink()
    (tmp_path / "four.md").write_text(article("four", "2025-12-01"))
    assert source.again(remembered) == ["four", "three", "two"]
    assert source.read_files == ["four.md"]


def test_a_change_that_leaves_time_and_size_alone_is_seen_once_it_was_told(source: Counting, tmp_path: Path) -> None:
    remembered = Remembered(source)
    source.again(remembered)
    path = tmp_path / "one.md"
    before = path.stat()
    path.write_text(path.read_text().replace("one", "eno"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "one" in source.again(remembered)
    remembered.forget(path)
    assert "eno" in source.again(remembered)


def test_a_picture_that_changes_concerns_the_articles_that_show_it(source: Counting, tmp_path: Path) -> None:
    picture(tmp_path / "boat.png")
    (tmp_path / "one.md").write_text(article("one", "2025-12-01", cover="boat.png"))
    remembered = Remembered(source)
    source.again(remembered)
    picture(tmp_path / "boat.png", width=80)
    remembered.forget(tmp_path / "boat.png")
    source.again(remembered)
    assert source.read_files == ["one.md"]
    (found,) = remembered.read((tmp_path / "one.md",))
    assert isinstance(found, Article)
    assert found.image
    assert found.image.width == 80


def test_a_picture_that_was_missing_and_appears_is_found(source: Counting, tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(article("one", "2025-12-01", cover="boat.png"))
    remembered = Remembered(source)
    assert any("is not there" in said for said in source.again(remembered))
    picture(tmp_path / "boat.png")
    remembered.forget(tmp_path / "boat.png")
    assert source.again(remembered) == ["one", "three", "two"]
    assert source.read_files == ["one.md"]


def test_a_source_that_stays_the_same_keeps_its_memory_over_a_new_configuration(tmp_path: Path) -> None:
    memory = Memory()
    folder = Folder(tmp_path, ZoneInfo("UTC"))
    (first,) = memory.of((folder,))
    (same, _) = memory.of((Folder(tmp_path, ZoneInfo("UTC")), Folder(tmp_path / "more", ZoneInfo("UTC"))))
    assert same is first
    (other,) = memory.of((Folder(tmp_path, ZoneInfo("UTC"), site_url="https://example.org"),))
    assert other is not first
