"""The index of what was seen of article files: sending keeps it, looking does not, and what came late is known by it."""

from __future__ import annotations

import sqlite3
from contextlib import closing

from tests.journeys.conftest import PostOffice, Site, article
from tests.journeys.steps import subscribe

NEXT_MONDAY = "2025-12-15T08:00:00+00:00"


def indexed(site: Site) -> dict[str, int | None]:
    """The files that the database knows, with when they were first met."""
    with closing(sqlite3.connect(site.folder / "digest.db")) as connection:
        return {
            bytes(path).decode(): seen
            for path, seen in connection.execute("SELECT path, seen FROM sightings WHERE path != x''")
        }


def test_looking_changes_nothing_and_sending_remembers(site: Site, post_office: PostOffice) -> None:
    for words in (("articles",), ("articles", "--all"), ("preview", "--out", str(site.folder / "out"))):
        assert site.run(*words).exit_code == 0
        assert not (site.folder / "digest.db").exists()
    subscribe(site)
    site.run("articles")
    site.run("preview", "--out", str(site.folder / "out"))
    site.run("check")
    assert indexed(site) == {}
    assert site.run("send", "--yes").exit_code == 0
    assert indexed(site) == dict.fromkeys(("cranes.md", "ferries.md", "tides.md", "wages.md"))
    assert len(post_office.messages) == 2


def test_a_trial_remembers_nothing(site: Site) -> None:
    subscribe(site)
    assert site.run("send", "--dry-run", str(site.folder / "out")).exit_code == 0
    assert site.run("send", "--test", "editor@example.org").exit_code == 0
    assert indexed(site) == {}


def test_a_file_that_came_later_is_known_to_have_come_later(site: Site) -> None:
    subscribe(site)
    assert site.run("send", "--yes").exit_code == 0
    for name, day in (("one", 9), ("two", 10), ("three", 11)):
        site.write(f"{name}.md", article(name.title(), f"2025-12-{day:02}"))
    assert site.run("send", "--yes", now=NEXT_MONDAY).exit_code == 0
    seen = indexed(site)
    assert {name for name, moment in seen.items() if moment} == {"one.md", "two.md", "three.md"}
    assert site.run("articles", "--all").exit_code == 0
    assert indexed(site) == seen
