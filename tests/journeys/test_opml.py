"""Feeds that somebody follows already: into digest.toml, and out of it."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.sources.text import tidy
from tests.journeys.conftest import CONFIGURATION, Site

LIST = """<?xml version="1.0"?>
<opml version="1.1"><head><title>Mine</title></head><body>
<outline text="Harbour">
  <outline type="rss" text="Quay" xmlUrl="https://quay.example.org/feed"/>
  <outline type="rss" text="Tide &amp; Time" xmlUrl="https://tide.example.org/rss"/>
</outline>
<outline type="rss" text="Quay again" xmlUrl="https://quay.example.org/feed"/>
<outline type="rss" text="Ferry" xmlUrl="https://ferry.example.org/atom.xml"/>
</body></opml>
"""
ADDED = [
    {"feed": "https://quay.example.org/feed", "name": "Quay", "category": "Harbour"},
    {"feed": "https://tide.example.org/rss", "name": "Tide & Time", "category": "Harbour"},
    {"feed": "https://ferry.example.org/atom.xml", "name": "Ferry"},
]


@pytest.fixture
def listed(site: Site) -> Path:
    file = site.folder / "list.opml"
    file.write_text(LIST, encoding="utf-8")
    return file


def configuration(site: Site) -> str:
    return (site.folder / "digest.toml").read_text(encoding="utf-8")


def feeds(site: Site) -> list[Any]:
    return [table for table in tomllib.loads(configuration(site))["sources"] if "feed" in table]


def test_a_list_is_added_to_the_configuration_which_stays_as_it_was(site: Site, listed: Path):
    path = site.folder / "digest.toml"
    path.chmod(0o640)
    before = configuration(site)
    result = site.run("feeds", "import", str(listed))
    assert result.exit_code == 0, result.output
    assert result.stderr.splitlines()[-1] == f"3 feeds added to {path}; 0 known already"
    assert configuration(site).startswith(before)
    assert feeds(site) == ADDED
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in site.folder.iterdir() if file.name.startswith(".")] == []
    assert site.run("feeds", "list").exit_code == 0


def test_a_second_time_nothing_is_added(site: Site, listed: Path):
    assert site.run("feeds", "import", str(listed)).exit_code == 0
    once = configuration(site)
    result = site.run("feeds", "import", str(listed))
    assert result.stderr.splitlines()[-1].startswith("0 feeds added")
    assert "3 known already" in result.stderr
    assert configuration(site) == once


def test_a_dry_run_shows_the_tables_and_writes_none(site: Site, listed: Path):
    before = configuration(site)
    result = site.run("feeds", "import", str(listed), "--dry-run")
    assert tomllib.loads(result.stdout) == {"sources": ADDED}
    assert "3 feeds would be added" in result.stderr
    assert configuration(site) == before


def test_a_list_may_come_through_a_pipe_and_the_answer_be_json(site: Site):
    result = site.run("feeds", "import", "-", "--json", input=LIST)
    assert json.loads(result.stdout) == {"added": ADDED, "known": 0, "problems": 0, "dry_run": False}


def test_an_address_that_the_configuration_refuses_is_left_out_and_told(site: Site, listed: Path):
    listed.write_text(LIST.replace("ferry.example.org", "ferry.example.org:0"), encoding="utf-8")
    result = site.run("feeds", "import", str(listed))
    assert result.exit_code == 0, result.output
    assert f"{listed}: http" in result.stderr
    assert "ferry.example.org:0/atom.xml: " in result.stderr
    assert "(left out)" in result.stderr
    assert result.stderr.splitlines()[-1].startswith("2 feeds added")
    assert feeds(site) == ADDED[:2]
    assert site.run("feeds", "list").exit_code == 0


def test_a_configuration_that_could_not_be_used_afterwards_stays_as_it_was(site: Site, listed: Path):
    path = site.folder / "digest.toml"
    path.write_text(
        configuration(site).replace('language = "en"', 'language = "en"\nlangauge = "en"', 1) + "\n[nonsense]\n"
    )
    before = configuration(site)
    for more in ((), ("--dry-run",)):
        result = site.run("feeds", "import", str(listed), *more)
        assert result.exit_code == 78
        assert "nonsense" in result.stderr
    assert configuration(site) == before


def test_a_link_to_the_configuration_stays_a_link(site: Site, listed: Path):
    path, real = site.folder / "digest.toml", site.folder / "real.toml"
    path.rename(real)
    path.symlink_to(real)
    assert site.run("feeds", "import", str(listed)).exit_code == 0
    assert path.is_symlink()
    assert "ferry.example.org" in real.read_text(encoding="utf-8")


def test_what_is_no_list_changes_nothing(site: Site):
    before = configuration(site)
    (site.folder / "list.opml").write_text("<html><body>hello</body></html>", encoding="utf-8")
    result = site.run("feeds", "import", str(site.folder / "list.opml"))
    assert result.exit_code == 1
    assert "list.opml: is no OPML" in result.stderr
    assert site.run("feeds", "import", str(site.folder / "nothing.opml")).exit_code == 1
    assert configuration(site) == before


def test_a_configuration_that_cannot_be_read_is_not_touched(site: Site, listed: Path):
    path = site.folder / "digest.toml"
    for written in (b"[site\n", b"sources = 7\n", b"\xff\n"):
        path.write_bytes(written)
        result = site.run("feeds", "import", str(listed))
        assert result.exit_code == 78
        assert "digest.toml" in result.stderr
        assert path.read_bytes() == written
    path.unlink()
    assert site.run("feeds", "import", str(listed)).exit_code == 78


def test_what_is_exported_is_by_category_and_under_its_names(site: Site, listed: Path):
    assert site.run("feeds", "import", str(listed)).exit_code == 0
    out = site.folder / "out.opml"
    result = site.run("feeds", "export", str(out))
    assert result.exit_code == 0, result.output
    assert result.stderr == f"3 feeds in {out}\n"
    text = out.read_text(encoding="utf-8")
    assert text == site.run("feeds", "export").stdout
    assert text.count("<outline ") == 4
    assert '<outline text="Harbour">' in text
    assert "<title>Feeds of Quay News</title>" in text


LINES = st.text(st.characters(categories=("L", "N", "P")), max_size=12).map(tidy)
SOURCES = st.lists(
    st.fixed_dictionaries(
        {"feed": st.from_regex(r"https://[a-z]{1,5}\.example/[a-z]{1,5}", fullmatch=True)},
        optional={"name": LINES.filter(bool), "category": LINES.filter(bool)},
    ),
    max_size=5,
    unique_by=lambda table: table["feed"],
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)
@given(SOURCES)
def test_what_is_exported_and_imported_again_is_the_same(site: Site, tables: list[dict[str, str]]):
    path, out = site.folder / "digest.toml", site.folder / "out.opml"
    base = CONFIGURATION.format(port=25)
    path.write_text(base + "".join(f"\n[[sources]]\n{_toml(table)}" for table in tables), encoding="utf-8")
    assert site.run("feeds", "export", str(out)).exit_code == 0
    path.write_text(base, encoding="utf-8")
    assert site.run("feeds", "import", str(out)).exit_code == 0
    again = feeds(site)
    assert {table["feed"]: table for table in again} == {table["feed"]: table for table in tables}


def _toml(table: dict[str, str]) -> str:
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in table.items())
