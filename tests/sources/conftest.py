"""A content folder on disk, and a way to read one file of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.model import Article, Problem
from digest.sources.files import Folder


class Content:
    """Writes article files below ``root`` and reads them back."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()

    def folder(self, **settings: Any) -> Folder:
        return Folder(**{"root": self.root, "zone": ZoneInfo("Europe/Berlin"), **settings})

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def results(self, content: str | bytes, name: str = "story.md", **settings: Any) -> list[Article | Problem]:
        return list(self.folder(**settings).read([self.write(name, content)]))

    def article(self, content: str | bytes, name: str = "story.md", **settings: Any) -> Article:
        """The one article of a file in which nothing is wrong."""
        (only,) = self.results(content, name, **settings)
        assert isinstance(only, Article), only
        return only

    def problem(self, content: str | bytes, name: str = "story.md", **settings: Any) -> Problem:
        (only,) = self.results(content, name, **settings)
        assert isinstance(only, Problem), only
        return only

    def fields(self, lines: str, body: str = "", **settings: Any) -> Article:
        """The article of a file with a title, a date and these lines of YAML."""
        return self.article(f"---\ntitle: A story\ndate: 2025-12-03\n{lines}\n---\n{body}", **settings)


@pytest.fixture
def content(tmp_path: Path) -> Content:
    return Content(tmp_path / "posts")


@pytest.fixture
def picture() -> Callable[..., Path]:
    """Draws a picture file, its format by its suffix."""
    from PIL import Image

    def draw(path: Path, size: tuple[int, int] = (64, 32), **options: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, "teal").save(path, **options)
        return path

    return draw
