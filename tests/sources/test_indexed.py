"""A folder with an index: what is looked into again, what is read whole, and when a file was first met."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from digest.errors import SourceError
from digest.model import Article, Fault, Period, Problem, Sighting
from digest.store.database import Database
from digest.store.sightings import Sightings
from tests.sources.indexing import SECOND, WEEK, Claiming, Site, story
from tests.sources.recording import Recording


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database("sqlite://")
    yield database
    database.close()


@pytest.fixture
def site(tmp_path: Path, database: Database) -> Site:
    made = Site(tmp_path / "posts", database)
    for day in range(1, 15):
        path = made.write(f"{day:02}.md", story(f"Day {day}", f"2025-12-{day:02}"))
        os.utime(path, ns=(0, day * 86_400 * 365 * SECOND))
    return made


# --- what is wanted --------------------------------------------------------------------------------------------------


def test_only_articles_of_the_window_are_read_whole(site: Site):
    assert site.titles() == [f"Day {day}" for day in range(1, 8)]
    assert site.folder.read_whole == [f"{day:02}.md" for day in range(1, 8)]


def test_a_window_begins_with_its_start_and_ends_before_its_end(site: Site):
    at = Period(datetime(2025, 12, 3, tzinfo=UTC), datetime(2025, 12, 5, tzinfo=UTC), "")
    assert site.titles(at) == ["Day 3", "Day 4"]
    moment = timedelta(microseconds=1)
    assert site.titles(replace(at, start=at.start + moment, end=at.end + moment)) == ["Day 4", "Day 5"]


def test_without_a_window_everything_is_read(site: Site):
    assert len(site.titles(None)) == 14
    site.read()
    assert len(site.titles(None)) == 14


def test_the_index_is_not_needed_where_everything_is_read_for_the_first_time(site: Site):
    site.read(None)
    assert site.folder.looked_into == []


def test_a_file_without_a_date_is_told_each_time(site: Site):
    site.write("undated.md", "---\ntitle: When?\n---\n")
    for _ in range(3):
        (problem,) = [found for found in site.read() if isinstance(found, Problem)]
        assert (problem.where, problem.fault) == ("undated.md", Fault.DATE)


def test_what_is_no_article_is_told_to_whoever_asks_for_everything(site: Site):
    site.write("_index.md", "---\ntitle: The section\n---\n")
    assert all(isinstance(found, Article) for found in site.read())
    (note,) = [found for found in site.read(None) if isinstance(found, Problem)]
    assert note.is_note


def test_an_article_that_leaves_the_window_while_it_is_read_is_left_out(site: Site):
    def whole(path: str) -> list[Article | Problem]:
        site.write(path, story("Moved on", "2026-01-01"))
        return list(site.folder.read([site.root / path]))

    assert site.titles(whole=whole) == []


def test_progress_is_told_to_the_end_of_each_part(site: Site):
    site.read()
    assert site.told == [(14, 14), *((done, 7) for done in range(1, 8))]


# --- what is looked into again ---------------------------------------------------------------------------------------


def test_an_unchanged_file_is_looked_into_once(site: Site):
    site.read()
    assert len(site.folder.looked_into) == 14
    site.read()
    assert site.folder.looked_into == []


def test_in_a_folder_without_any_change_only_the_window_is_asked_for(site: Site, database: Database):
    site.read()
    asked: list[str] = []

    class Asked(Sightings):
        def known(self, source: str) -> dict[str, Sighting]:
            asked.append(source)
            return super().known(source)

    site.index = Asked(lambda: database, writes=True)
    assert site.titles() == [f"Day {day}" for day in range(1, 8)]
    assert asked == []
    site.write("03.md", story("Day 3, again", "2025-12-03"))
    assert "Day 3, again" in site.titles()
    assert asked == [str(site.root)]
    assert "Day 3, again" in site.titles()
    (site.root / "03.md").unlink()
    assert "Day 3, again" not in site.titles()
    assert len(asked) == 2


def test_in_another_time_zone_a_folder_without_any_change_is_another_one(site: Site):
    site.read()
    site.folder = replace(site.folder, zone=ZoneInfo("Pacific/Auckland"))
    assert site.titles() == [f"Day {day}" for day in range(2, 9)]


def test_a_changed_file_is_looked_into_again_and_the_others_are_not(site: Site):
    site.read()
    site.write("09.md", story("Day nine, earlier", "2025-12-02"))
    assert "Day nine, earlier" in site.titles()
    assert site.folder.looked_into == ["09.md"]
    site.read()
    assert site.folder.looked_into == []


def test_a_change_that_keeps_size_and_time_is_seen(site: Site):
    site.read()
    path = site.root / "09.md"
    before = path.stat()
    path.write_text(story("Day 9", "2025-12-02"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert "Day 9" in site.titles()


def test_a_deleted_file_is_forgotten(site: Site):
    site.read()
    (site.root / "03.md").unlink()
    assert "Day 3" not in site.titles()
    assert "03.md" not in site.index.known(str(site.root))
    site.write("03.md", story("Day 3"))
    assert site.seen()["Day 3"] == site.now


def test_a_file_that_changed_a_moment_ago_is_looked_into_again(site: Site):
    path = site.write("new.md", story())
    site.ticks = path.stat().st_ctime_ns + SECOND - 3600 * SECOND
    site.read()
    site.read()
    assert "new.md" in site.folder.looked_into
    site.read()
    assert site.folder.looked_into == []


def test_a_file_that_has_lost_what_stood_beside_it_has_its_own_date_again(site: Site):
    site.write("2025-12-03-ferry.md", "---\ntitle: Ferry\n---\nText.\n")
    beside = site.write("2025-12-03-ferry.yaml", "date: 2024-12-03\n")
    assert "Ferry" not in site.titles()
    beside.unlink()
    assert "Ferry" in site.titles()


def test_a_file_beside_an_article_has_a_word_in_its_date(site: Site):
    site.write("later.md", "---\ntitle: Later\n---\n")
    site.read()
    site.write("later.yaml", "date: 2025-12-05")
    assert "Later" in site.titles()
    site.write("later.yaml", "date: 2026-12-05")
    assert "Later" not in site.titles()
    site.write("later.yaml", "date: 2025-12-06")
    assert "Later" in site.titles()
    (site.root / "later.yaml").unlink()
    assert "Later" not in site.titles()


def test_a_file_for_a_whole_folder_has_a_word_in_the_date_of_all_below(site: Site):
    for name in ("tides/high/one.md", "tides/two.md"):
        site.write(name, f"---\ntitle: {name}\n---\n")
    site.read()
    site.write("tides/tides.json", '{"date": "2025-12-05"}')
    assert {"tides/high/one.md", "tides/two.md"} <= set(site.titles())
    assert set(site.folder.looked_into) == {"tides/high/one.md", "tides/two.md"}
    site.read()
    assert site.folder.looked_into == []


@pytest.mark.parametrize("changes", [{"zone": ZoneInfo("Asia/Tokyo")}, {"names": {"date": ("datum",)}}])
def test_another_way_to_read_dates_looks_into_every_file_and_keeps_when_they_were_met(
    site: Site, changes: dict[str, Any]
):
    site.read()
    site.write("late.md", story("Late"))
    late = site.seen()["Late"]
    site.folder = replace(site.folder, **changes)
    assert site.seen()["Late"] == late
    assert len(site.folder.looked_into) == 15
    site.read()
    assert site.folder.looked_into == []


def test_two_folders_do_not_share_what_is_known(site: Site, tmp_path: Path, database: Database):
    site.read()
    other = Site(tmp_path / "news", database)
    shutil.copytree(site.root, other.root)
    assert len(other.titles()) == 7
    assert len(other.folder.looked_into) == 14
    site.read()
    assert site.folder.looked_into == []


def test_a_site_that_is_moved_as_a_whole_is_the_same(site: Site, tmp_path: Path):
    site.folder = replace(site.folder, base=tmp_path)
    site.read()
    site.write("late.md", story("Late"))
    late = site.seen()["Late"]
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(site.root, elsewhere / "posts")
    site.folder = replace(site.folder, root=elsewhere / "posts", base=elsewhere)
    assert site.seen()["Late"] == late


# --- clocks that lie -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [(SECOND, SECOND), (0, 0), (1_700_000_000 * SECOND, 1_700_000_000 * SECOND)])
def test_where_times_say_nothing_content_is_compared(site: Site, times: tuple[int, int]):
    site.folder = Claiming(site.root, ZoneInfo("UTC"), times=times)
    site.read()
    before = site.index.known(str(site.root))
    site.write("09.md", story("Day 9", "2025-12-02"))  # as long as it was
    assert "Day 9" in site.titles()
    after = site.index.known(str(site.root))
    assert [path for path in after if after[path] != before[path]] == ["09.md"]


def test_a_time_of_change_is_believed_where_the_time_of_modification_lies(site: Site):
    for number, path in enumerate(site.root.iterdir()):
        os.utime(path, ns=(0, number * SECOND))
    site.read()
    site.read()
    assert site.folder.looked_into == []


# --- when a file was first met ---------------------------------------------------------------------------------------


def test_what_was_there_from_the_beginning_was_first_met_nobody_knows_when(site: Site):
    assert set(site.seen().values()) == {None}
    assert set(site.seen().values()) == {None}


def test_a_late_file_is_first_met_when_it_is_found_and_stays_so(site: Site):
    site.read()
    site.write("late.md", story("Late"))
    met = site.seen()["Late"]
    assert met == site.now
    site.write("late.md", story("Late", body="Edited."))
    assert site.seen()["Late"] == met
    assert site.seen(None)["Late"] == met


def test_an_old_article_that_arrives_within_the_window_is_wanted(site: Site):
    site.read()
    site.write("old.md", story("From the archive", "2019-01-01"))
    assert "From the archive" in site.titles()
    assert "From the archive" in site.titles()
    assert "From the archive" not in site.titles(Period(WEEK.end, WEEK.end + timedelta(days=7), ""))


def test_a_renamed_file_was_met_when_it_had_its_former_name(site: Site):
    site.read()
    site.write("draft.md", story("Renamed"))
    met = site.seen()["Renamed"]
    (site.root / "2025").mkdir()
    (site.root / "draft.md").rename(site.root / "2025" / "final.md")
    (site.root / "03.md").rename(site.root / "2025" / "03.md")
    seen = site.seen()
    assert (seen["Renamed"], seen["Day 3"]) == (met, None)


def test_a_folder_that_cannot_be_listed_for_a_while_is_not_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.write("deep/er/one.md", story("One"))
    site.read()
    site.write("deep/er/two.md", story("Two"))
    met = site.seen()
    real = os.scandir

    def scandir(path: Any) -> Any:
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    with monkeypatch.context() as closed:
        closed.setattr(os, "scandir", scandir)
        (problem,) = [found for found in site.read() if isinstance(found, Problem)]
        assert problem.where == "deep"
    assert site.seen() == met
    assert site.folder.looked_into == []


def test_a_file_that_cannot_be_opened_is_tried_again(site: Site, monkeypatch: pytest.MonkeyPatch):
    site.read()
    site.write("sick.md", story("Sick"))
    real = Recording.open

    def refuse(folder: Recording, path: str) -> Any:
        if path == "sick.md":
            raise OSError(5, "Input/output error")
        return real(folder, path)

    with monkeypatch.context() as sick:
        sick.setattr(Recording, "open", refuse)
        site.read()
        met = site.now
    assert site.seen()["Sick"] == met
    assert "sick.md" in site.folder.looked_into


def test_a_folder_that_is_not_there_forgets_nothing(site: Site):
    site.read()
    site.root.rename(site.root.with_name("away"))
    with pytest.raises(SourceError, match="no such folder"):
        site.read()
    site.root.with_name("away").rename(site.root)
    assert set(site.seen().values()) == {None}
    assert site.folder.looked_into == []


def test_links_to_nothing_and_pipes_are_told_and_not_opened(site: Site):
    os.mkfifo(site.root / "pipe.md")
    (site.root / "dangling.md").symlink_to("nowhere")
    for _ in range(2):
        assert {found.where for found in site.read() if isinstance(found, Problem)} == {"pipe.md", "dangling.md"}
        assert not {"pipe.md", "dangling.md"} & set(site.folder.looked_into)


def test_a_file_name_that_is_no_text_is_remembered_too(site: Site):
    site.write(os.fsdecode(b"bad\xff\nname.md"), story("Odd"))
    assert "Odd" in site.titles()
    assert "Odd" in site.titles()
    assert site.folder.looked_into == []


# --- who may write ---------------------------------------------------------------------------------------------------


def test_who_only_looks_leaves_no_trace_and_finds_the_same(site: Site, database: Database):
    looking = Sightings(lambda: database, writes=False)
    assert site.titles(index=looking) == site.titles()
    kept = site.index.known(str(site.root))
    site.write("late.md", story("Late"))
    (found,) = [found for found in site.read(index=looking) if isinstance(found, Article) and found.title == "Late"]
    assert found.seen == site.now
    assert site.index.known(str(site.root)) == kept
