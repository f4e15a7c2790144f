"""Whatever happens to the files of a folder: the index finds what reading everything finds."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model import Article, Problem, Sighting
from digest.store.database import Database
from tests.sources.indexing import START, WEEK, Site, story

NAMES = st.sampled_from([f"{folder}{number}.md" for folder in ("", "a/", "a/b/") for number in range(4)])
DATES = st.one_of(st.dates(min_value=START.date() - timedelta(5), max_value=START.date() + timedelta(12)), st.none())
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), NAMES, DATES),
        st.tuples(st.just("remove"), NAMES, st.none()),
        st.tuples(st.just("rename"), NAMES, NAMES),
        st.tuples(st.just("look"), st.none(), st.booleans()),
    ),
    max_size=25,
)


def microseconds(at: datetime) -> int:
    return round(at.timestamp() * 1_000_000)


def moment(at: int | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at / 1_000_000, UTC)


def after(step: tuple[str, Any, Any], site: Site) -> None:
    what, name, value = step
    path = site.root / (name or "")
    if what == "write":
        site.write(name, story(name, str(value)) if value else f"---\ntitle: {name}\n---\n")
    elif what == "remove":
        path.unlink(missing_ok=True)
    elif what == "rename" and path.exists():
        (site.root / value).parent.mkdir(parents=True, exist_ok=True)
        path.rename(site.root / value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_whatever_happened_the_same_is_found_as_by_reading_everything(steps: list[tuple[str, Any, Any]]):
    with tempfile.TemporaryDirectory() as place:
        database = Database("sqlite://")
        site = Site(Path(place) / "posts", database)
        site.root.mkdir()
        before: dict[str, Sighting] = {}
        for step in (*steps, ("look", None, False)):
            if step[0] != "look":
                after(step, site)
                continue
            if step[2]:  # the clock has not moved on, and nothing can be believed
                site.ticks = 0
            found = site.read()
            known = site.index.known(str(site.root))
            expected = [
                replace(item, seen=seen) if isinstance(item, Article) else item
                for path in site.folder.paths()
                for seen in (moment(known[str(path.relative_to(site.root))].seen),)
                for item in site.folder.read([path])
                if isinstance(item, Problem) or item.published in WEEK or (seen and seen in WEEK)
            ]
            assert found == expected
            assert all(known[path].seen == before[path].seen for path in known.keys() & before.keys())
            assert {known[path].seen for path in known.keys() - before.keys()} <= (
                {microseconds(site.now), *(old.seen for old in before.values())} if before else {None}
            )
            before = known
        database.close()
