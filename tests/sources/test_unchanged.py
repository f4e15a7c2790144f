"""A process that runs for long sees what changes, even where times say that nothing did."""

import os
import time
from pathlib import Path

import pytest

from digest.sources import unchanged
from digest.sources.languages import of_folders
from digest.sources.unchanged import while_unchanged
from tests.sources.conftest import Content

LONG_AGO = 1_600_000_000


def test_a_file_beside_an_article_is_read_again_when_it_changes_in_the_same_moment(content: Content) -> None:
    text = "---\ntitle: T\ndate: 2025-12-03\n---\n"
    for said, draft in (("draft: true ", True), ("draft: false", False)):
        sidecar = content.write("story.yaml", said)
        os.utime(sidecar, (LONG_AGO, LONG_AGO))
        assert content.article(text).draft is draft


def test_folders_that_come_later_are_seen(tmp_path: Path) -> None:
    for folder in ("en", "sea", "harbour"):
        (tmp_path / folder).mkdir()
    assert of_folders(tmp_path, ("en",)) == ""
    for folder in ("fr", "es", "it"):
        (tmp_path / folder).mkdir()
    assert of_folders(tmp_path, ("en",)) == "en"


def test_what_has_settled_is_read_once_and_again_when_its_times_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (file := tmp_path / "file").write_text("one")
    reads: list[str] = []

    @while_unchanged(4)
    def read(path: str) -> str:
        reads.append(path)
        return Path(path).read_text()

    assert [read(str(file)), read(str(file))] == ["one", "one"]
    assert len(reads) == 2  # it may still change in this moment
    later = time.time_ns() + 2 * unchanged.SETTLED
    monkeypatch.setattr(unchanged.time, "time_ns", lambda: later)
    assert [read(str(file)), read(str(file))] == ["one", "one"]
    assert len(reads) == 3
    file.write_text("two")
    assert read(str(file)) == "two"


def test_what_is_not_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        while_unchanged(1)(len)(str(tmp_path / "nothing"))
