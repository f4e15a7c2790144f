"""What is kept of article files, in a real database, with others who write to it at the same time."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import event

from digest.errors import StoreError
from digest.model import FolderState, Sighting
from digest.store.database import Database
from digest.store.sightings import Sightings

ONE = Sighting(1_764_129_600_123_456_789, 1_764_129_600_123_456_790, 5_000, b"12345678", 1_764_720_000_000_000, None, 7)
MET = 1_764_806_400_000_000
NOTHING = FolderState(b"", 0)


def test_what_was_learned_is_known_by_folder_and_path(database: Database):
    index = Sightings(lambda: database, writes=True)
    found = {"a.md": ONE, "deep/é.md": ONE._replace(published=None, seen=MET), os.fsdecode(b"bad\xff\n.md"): ONE}
    index.learn("posts", found, (), NOTHING)
    index.learn("news", {"a.md": ONE._replace(size=1)}, (), NOTHING)
    assert index.known("posts") == found
    assert index.known("news") == {"a.md": ONE._replace(size=1)}
    assert index.known("nothing") == {}


def test_what_is_gone_is_forgotten(database: Database):
    index = Sightings(lambda: database, writes=True)
    index.learn("posts", {"a.md": ONE, "b.md": ONE}, (), NOTHING)
    index.learn("posts", {"c.md": ONE}, ["a.md", "never.md"], NOTHING)
    assert index.known("posts").keys() == {"b.md", "c.md"}


def test_what_is_seen_again_is_replaced_but_for_when_it_was_first_met(database: Database):
    index = Sightings(lambda: database, writes=True)
    index.learn("posts", {"a.md": ONE._replace(seen=MET)}, (), NOTHING)
    again = Sighting(2, 3, 4, b"", None, MET + 1, 8)
    index.learn("posts", {"a.md": again}, (), NOTHING)
    assert index.known("posts") == {"a.md": again._replace(seen=MET)}


def test_who_may_not_write_learns_nothing(database: Database):
    Sightings(lambda: database, writes=True).learn("posts", {"a.md": ONE}, (), NOTHING)
    Sightings(lambda: database, writes=False).learn("posts", {"b.md": ONE}, ["a.md"], NOTHING)
    assert Sightings(lambda: database, writes=False).known("posts") == {"a.md": ONE}


def test_a_database_in_which_somebody_writes_can_be_looked_at(database: Database, url: str):
    Sightings(lambda: database, writes=True).learn("posts", {"a.md": ONE}, (), NOTHING)
    with database.write():
        looking = Database(url, busy_timeout=0)
        index = Sightings(lambda: looking, writes=False)
        assert index.known("posts") == {"a.md": ONE}
        index.learn("posts", {"b.md": ONE}, (), NOTHING)
        looking.close()


def test_a_database_that_cannot_be_opened_keeps_nobody_from_looking(tmp_path: Path):
    def opened() -> Database:
        return Database(f"sqlite:///{tmp_path}")

    assert Sightings(opened, writes=False).known("posts") == {}
    with pytest.raises(StoreError, match="cannot be opened"):
        Sightings(opened, writes=True).known("posts")


def test_two_who_learn_the_same_at_once_both_succeed(database: Database, url: str):
    """The one that comes second finds rows that were not there when it looked."""
    others = [Database(url) for _ in range(4)]
    ready = threading.Barrier(len(others))
    failed: list[BaseException] = []

    def learn(number: int, mine: Database) -> None:
        index = Sightings(lambda: mine, writes=True)
        try:
            for turn in range(5):
                index.known("posts")
                ready.wait(30)
                index.learn(
                    "posts",
                    {f"{turn}-{n}.md": ONE._replace(seen=number) for n in range(50)},
                    [f"{turn - 1}-0.md"],
                    NOTHING,
                )
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=learn, args=pair) for pair in enumerate(others)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = Sightings(lambda: database, writes=False).known("posts")
    assert not failed
    assert len(known) == 5 * 50 - 4
    for turn in range(5):
        assert len({sighting.seen for path, sighting in known.items() if path.startswith(f"{turn}-")}) == 1
    for other in others:
        other.close()


def test_of_a_folder_in_the_same_state_only_what_is_wanted_is_read(database: Database):
    index = Sightings(lambda: database, writes=True)
    early, late = (ONE._replace(published=at) for at in (10, 20))
    found = {
        "early.md": early,
        "late.md": late,
        "late but met early.md": late._replace(seen=12),
        "early but met late.md": early._replace(seen=20),
        "undated.md": ONE._replace(published=None),
        "older.md": ONE._replace(published=9),
    }
    index.learn("posts", found, (), FolderState(b"one", 6))
    wanted = found.keys() - {"older.md", "late.md"}
    assert index.within("posts", b"one", 10, 20) == {path: found[path] for path in wanted}
    assert index.within("posts", b"two", 10, 20) is None
    assert index.within("news", b"one", 10, 20) is None
    assert index.known("posts") == found


def test_the_state_of_a_folder_is_the_one_that_was_learned_last(database: Database):
    index = Sightings(lambda: database, writes=True)
    index.learn("posts", {"a.md": ONE}, (), FolderState(b"one", 1))
    index.learn("posts", {"b.md": ONE}, ["a.md"], FolderState(b"two", 1))
    assert index.within("posts", b"one", 0, 1) is None
    assert index.within("posts", b"two", 0, 1) == {}
    index.learn("posts", {"c.md": ONE}, (), NOTHING)
    assert index.within("posts", b"two", 0, 1) is None
    assert index.within("posts", b"", 0, 1) is None


def test_a_state_is_not_believed_when_somebody_else_has_learned_of_other_files(database: Database):
    index = Sightings(lambda: database, writes=True)
    index.learn("posts", {"a.md": ONE, "b.md": ONE}, (), FolderState(b"both", 2))
    index.learn("posts", {}, ["b.md"], FolderState(b"one", 1))
    index.learn("posts", {"a.md": ONE._replace(size=1)}, (), FolderState(b"both", 2))  # by who had listed both
    assert index.within("posts", b"both", 0, ONE.published + 1) is None


def test_many_files_are_learned_in_a_handful_of_statements(database: Database):
    index = Sightings(lambda: database, writes=True)
    found = {f"{number}.md": ONE for number in range(10_000)}
    said: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda _c, _u, statement, *_: said.append(statement))
    index.learn("posts", found, (), NOTHING)
    index.learn("posts", {path: ONE._replace(size=1) for path in found}, ["none.md"], NOTHING)
    assert index.known("posts").keys() == found.keys()
    assert len(said) <= 20
