"""What is remembered of article files, and what makes it be read again."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from PIL import Image as Picture

from digest.errors import SourceError
from digest.model import Article, Period
from digest.publishing import Source, nobody_is_told
from digest.sources.indexed import Indexed
from digest.store.database import Database
from digest.store.sightings import Sightings
from digest.web.studio.memory import Memory, Remembered
from tests.journeys.conftest import article
from tests.sources.recording import Recording

MONDAY = datetime(2025, 12, 8, 7, tzinfo=UTC)
WEEK = Period(datetime(2025, 12, 1, tzinfo=UTC), datetime(2025, 12, 8, tzinfo=UTC), "2025-W49")
MINUTE = 60 * 10**9  # nanoseconds


class Desk:
    """A folder of articles, somebody who looks at it again and again, and a minute between any two looks."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = Recording(root, ZoneInfo("UTC"))
        self.moment = time.time_ns()
        index = Sightings(lambda: Database("sqlite://"), writes=False)
        self.source = Indexed(self.folder, index, lambda: MONDAY, ticks=lambda: self.moment)
        self.remembered = Remembered(self.source)

    def look(self, source: Source | None = None) -> list[str]:
        """The titles that are found now."""
        self.moment += MINUTE
        self.folder.looked_into.clear()
        self.folder.read_whole.clear()
        found = (source or self.remembered).read(WEEK, nobody_is_told)
        return [result.title if isinstance(result, Article) else result.what for result in found]

    @property
    def touched(self) -> set[str]:
        return {*self.folder.looked_into, *self.folder.read_whole}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.md").write_text(article(name, "2025-12-01"))
    os.utime(tmp_path / "one.md", ns=(0, MINUTE))  # as long as all files have one time, no time says anything
    return Desk(tmp_path)


def picture(path: Path, width: int = 40) -> None:
    Picture.new("RGB", (width, 20)).save(path)


def test_only_a_file_that_has_changed_is_read_again(desk: Desk) -> None:
    assert desk.look() == ["one", "three", "two"]
    assert desk.touched == {"one.md", "three.md", "two.md"}
    (desk.root / "two.md").write_text(article("two and a half", "2025-12-01"))
    assert desk.look() == ["one", "three", "two and a half"]
    assert desk.touched == {"two.md"}
    desk.look()
    assert desk.touched == set()


def test_a_file_is_not_believed_to_stay_as_it_was_a_moment_ago(desk: Desk) -> None:
    desk.moment -= MINUTE
    desk.look()
    desk.moment -= MINUTE
    desk.look()
    assert desk.touched == {"one.md", "three.md", "two.md"}
    desk.look()
    assert desk.touched == {"one.md", "three.md", "two.md"}
    desk.look()
    assert desk.touched == set()


def test_files_that_come_and_go_are_followed(desk: Desk) -> None:
    desk.look()
    (desk.root / "one.md").unlink()
    (desk.root / "four.md").write_text(article("four", "2025-12-01"))
    assert desk.look() == ["four", "three", "two"]
    assert desk.touched == {"four.md"}


def test_an_article_that_is_dated_into_the_week_appears(desk: Desk) -> None:
    (desk.root / "old.md").write_text(article("old", "2025-01-01"))
    assert desk.look() == ["one", "three", "two"]
    (desk.root / "old.md").write_text(article("old", "2025-12-01"))
    assert desk.look() == ["old", "one", "three", "two"]


def test_a_change_that_leaves_time_and_size_alone_is_seen(desk: Desk) -> None:
    desk.look()
    path = desk.root / "one.md"
    before = path.stat()
    path.write_text(path.read_text().replace("one", "eno"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "eno" in desk.look()


def test_what_it_is_told_to_forget_is_read_again(desk: Desk) -> None:
    desk.look()
    desk.remembered.forget(desk.root / "one.md")
    desk.look()
    assert desk.touched == {"one.md"}


def test_fields_in_a_file_beside_the_article_are_followed(desk: Desk) -> None:
    desk.look()
    (desk.root / "one.yaml").write_text("category: Harbour")
    desk.remembered.forget(desk.root / "one.yaml")
    desk.look()
    assert desk.touched == {"one.md"}


def test_a_picture_that_changes_concerns_the_articles_that_show_it(desk: Desk) -> None:
    picture(desk.root / "boat.png")
    (desk.root / "one.md").write_text(article("one", "2025-12-01", cover="boat.png"))
    desk.look()
    picture(desk.root / "boat.png", width=80)
    desk.remembered.forget(desk.root / "boat.png")
    found = [found for found in desk.remembered.read(WEEK, nobody_is_told) if isinstance(found, Article)]
    assert [article.image.width for article in found if article.image] == [80]
    desk.look()
    assert desk.touched == set()


def test_a_picture_that_was_missing_and_appears_is_found(desk: Desk) -> None:
    (desk.root / "one.md").write_text(article("one", "2025-12-01", cover="boat.png"))
    assert any("is not there" in said for said in desk.look())
    picture(desk.root / "boat.png")
    desk.remembered.forget(desk.root / "boat.png")
    assert desk.look() == ["one", "three", "two"]
    assert desk.touched == {"one.md"}


def test_the_dates_of_first_meeting_that_are_kept_are_known(desk: Desk) -> None:
    database = Database("sqlite://")
    kept = Sightings(lambda: database, writes=True)
    source = replace(desk.source, index=kept)
    desk.look(source)
    (desk.root / "late.md").write_text(article("late", "2025-12-02"))
    desk.look(source)
    later = replace(source, index=Sightings(lambda: database, writes=False), now=lambda: MONDAY.replace(year=2026))
    found = {
        found.title: found.seen for found in Remembered(later).read(WEEK, nobody_is_told) if isinstance(found, Article)
    }
    assert found == {"late": MONDAY, "one": None, "two": None, "three": None}
    database.close()


def test_a_folder_that_stays_the_same_keeps_its_memory_over_a_new_configuration(desk: Desk) -> None:
    memory = Memory()
    (first,) = memory.of([desk.source])
    desk.look(first)
    assert memory.holds(desk.root / "one.md")
    assert not memory.holds(desk.root / "edition.html")
    anew = Indexed(
        Recording(desk.root, ZoneInfo("UTC")), Sightings(lambda: Database("sqlite://"), writes=False), lambda: MONDAY
    )
    more = replace(anew, folder=Recording(desk.root / "more", ZoneInfo("UTC")))
    same, _ = memory.of([anew, more])
    assert same is first
    desk.look(same)
    assert desk.touched == set()
    (other,) = memory.of([replace(anew, folder=Recording(desk.root, ZoneInfo("UTC"), site_url="https://example.org"))])
    assert other is not first


def test_a_folder_that_was_missing_is_looked_at_with_what_is_kept_by_then(desk: Desk) -> None:
    memory = Memory()
    away = desk.root.rename(desk.root.with_name("away"))
    (missing,) = memory.of([desk.source])
    with pytest.raises(SourceError):
        desk.look(missing)
    away.rename(desk.root)
    (found,) = memory.of([replace(desk.source, index=Sightings(lambda: Database("sqlite://"), writes=False))])
    assert found is not missing
    assert desk.look(found) == ["one", "three", "two"]


def test_a_source_that_is_no_folder_passes_through_as_it_is(desk: Desk) -> None:
    class Feed:
        def read(self, window: object, told: object) -> list[Article]:
            return []

    feed = Feed()
    assert Memory().of([feed, desk.source])[0] is feed  # type: ignore[list-item] # it reads what it likes


def test_one_change_among_many_files_reads_that_file_alone(tmp_path: Path) -> None:
    for number in range(1_000):
        (tmp_path / f"story-{number}.md").write_text(article(f"Story {number}", f"2025-12-0{1 + number % 7}"))
    desk = Desk(tmp_path)
    assert len(desk.look()) == 1_000
    (tmp_path / "story-500.md").write_text(article("Another one", "2025-12-03"))
    assert "Another one" in desk.look()
    assert desk.touched == {"story-500.md"}
