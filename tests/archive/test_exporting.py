"""The archive as a static site: the same bytes as are served, each time, and nobody else's file is touched."""

from __future__ import annotations

import json
from pathlib import Path

import lxml.html
import pytest
from click.testing import CliRunner, Result

from digest.archive.document import PAGE
from digest.archive.exporting import LISTED, export
from digest.cli import cli
from digest.errors import DigestError
from tests.archive.conftest import URL, House


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def run(house: House, *words: str) -> Result:
    config = ["-c", str(house.folder / "digest.toml"), "--now", "2026-02-01T00:00:00Z"]
    return CliRunner().invoke(cli, ["archive", "export", *words, *config])


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture
def full(house: House) -> House:
    house.publish(1, photo=True)
    house.publish(2)
    house.publish(1, "High water", digest="tides")
    return house


def test_the_files_are_what_is_served(full: House, out: Path) -> None:
    export(full.archive.every(), out / "out")
    written = files(out / "out")
    served = {
        f"{path}/index.html".lstrip("/") if found.media_type == PAGE else path: found.data
        for path in [found.path for found in full.archive.every()]
        if (found := full.archive.find(path))
    }
    assert written.pop(LISTED).decode().splitlines() == sorted(served)
    assert written == served
    assert {"index.html", "feed.atom", "sitemap.xml", "static/pages.css", "weekly/1/index.html"} <= set(written)


def test_two_exports_are_the_same_byte_for_byte(full: House, out: Path) -> None:
    for name in ("one", "two"):
        assert run(House(full.folder, full.time), str(out / name)).exit_code == 0
    assert files(out / "one") == files(out / "two")


def test_every_link_within_the_archive_leads_to_a_file(full: House, out: Path) -> None:
    export(full.archive.every(), out)
    for page in out.rglob("*.html"):
        tree = lxml.html.fromstring(page.read_bytes())
        addresses = tree.xpath("//@href | //@src")
        within = [address.partition("#")[0].removeprefix(URL) for address in addresses]
        for address in filter(lambda found: found.startswith("/archive"), within):
            there = out / address.removeprefix("/archive").lstrip("/")
            assert there.is_file() or (there / "index.html").is_file(), address


def test_what_is_the_same_is_not_written_again_and_what_has_changed_is(full: House, out: Path) -> None:
    first = export(full.archive.every(), out)
    assert (first.unchanged, first.removed) == (0, 0)
    full.publish(3)
    again = export(full.archive.every(), out)
    assert (again.written, again.removed) == (5, 0)  # list, feed, map, the new edition and the one before it
    assert again.written + again.unchanged == first.written + 1
    assert export(full.archive.every(), out).written == 0


def test_files_have_the_date_of_what_they_show(full: House, out: Path) -> None:
    export(full.archive.every(), out)
    assert (out / "weekly/2/index.html").stat().st_mtime == full.app.edition("weekly/2").frozen.timestamp()


def test_a_stopped_edition_is_taken_away_with_its_folder_and_nothing_else(full: House, out: Path) -> None:
    export(full.archive.every(), out)
    (out / "CNAME").write_text("news.example.org")
    (out / "weekly/2/notes.txt").write_text("mine")
    for name in ("weekly/1", "weekly/2"):
        edition = full.app.edition(name)
        full.app.editions.stop(edition.id, full.time())
    full.time.go(minutes=1)
    assert export(full.archive.every(), out).removed == 3  # two pages and a picture
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [LISTED, "CNAME", "favicon.svg", "feed.atom", "index.html", "sitemap.xml", "static", "tides", "weekly"]
    )
    assert [str(path.relative_to(out)) for path in (out / "weekly").rglob("*")] == [
        "weekly/2",
        "weekly/2/notes.txt",
    ]


def test_somebody_else_s_file_is_not_overwritten(full: House, out: Path) -> None:
    export(full.archive.every(), out)
    (out / LISTED).write_text("feed.atom\n")
    (out / "index.html").write_text("my home page")
    before = files(out)
    result = run(full, str(out))
    assert result.exit_code == 1
    assert f"digest: {out}/index.html: is there already, and no export has written it" in result.stderr
    assert "hint: name a folder for the archive alone" in result.stderr
    assert files(out) == before


def test_a_folder_that_holds_something_else_is_left_alone(full: House, out: Path) -> None:
    (out / "photo.jpeg").write_text("mine")
    result = run(full, str(out))
    assert result.exit_code == 1
    assert f"digest: {out}: is not empty, and no export has written there" in result.stderr
    assert "hint: name an empty folder, or a new one" in result.stderr
    assert files(out) == {"photo.jpeg": b"mine"}


def test_an_export_that_was_broken_off_is_gone_on_with(full: House, out: Path) -> None:
    documents = list(full.archive.every())

    def broken():
        yield from documents[:4]
        raise DigestError("the disk was full")

    with pytest.raises(DigestError, match="full"):
        export(broken(), out)
    assert export(full.archive.every(), out).unchanged == 4


def test_a_list_that_somebody_has_forged_leads_to_no_file_outside(full: House, out: Path) -> None:
    precious = out.parent / "precious.txt"
    precious.write_text("mine")
    (out / LISTED).write_bytes(f"../precious.txt\n{precious}\n\n\n\xff\n".encode("latin-1"))
    export(full.archive.every(), out)
    assert precious.read_text() == "mine"


def test_it_can_belong_anywhere(full: House, out: Path) -> None:
    assert run(full, str(out), "--url", "https://pages.example.net/quay/").exit_code == 0
    page = lxml.html.fromstring((out / "weekly/1/index.html").read_bytes())
    assert page.xpath("string(//link[@rel='canonical']/@href)") == "https://pages.example.net/quay/weekly/1"
    links = set(page.xpath("//a/@href"))
    assert {"/quay", "/quay/weekly/2", f"{URL}/subscribe", f"{URL}/"} <= links
    assert b'"https://pages.example.net/quay/weekly/1"' in (out / "feed.atom").read_bytes()


def test_without_pages_of_its_own_a_site_says_where_it_will_be(full: House, out: Path) -> None:
    full.configure('[web]\nurl = "https://news.example.org"\n', "")
    result = run(full, str(out))
    assert result.exit_code == 2
    assert "--url https://example.org/archive" in result.stderr
    assert run(full, str(out), "--url", "nowhere").exit_code == 2
    assert run(full, str(out), "--url", "https://example.org/archive").exit_code == 0
    page = lxml.html.fromstring((out / "weekly/1/index.html").read_bytes())
    links = set(page.xpath("//header//a/@href"))
    assert links == {"https://quay.example.org", "/archive"}  # there is no page to subscribe on


def test_the_command_says_what_it_did(full: House, out: Path) -> None:
    result = run(full, str(out / "out"))
    assert result.stdout == f"{out}/out: 9 files written, 0 unchanged\n"
    assert f"it belongs at {URL}/archive" in result.stderr
    facts = json.loads(run(full, str(out / "out"), "--json").stdout)
    assert facts == {
        "folder": str(out / "out"),
        "url": f"{URL}/archive",
        "written": 0,
        "unchanged": 9,
        "removed": 0,
    }


def test_a_folder_that_cannot_be_written_to_is_named(full: House, out: Path) -> None:
    blocked = out / "file"
    blocked.write_text("")
    result = run(full, str(blocked / "out"))
    assert result.exit_code == 1
    assert f"{blocked}/out: cannot be written to" in result.stderr


def test_nothing_of_the_ledger_is_changed(full: House, out: Path) -> None:
    before = (full.folder / "digest.db").read_bytes()
    assert run(full, str(out)).exit_code == 0
    assert (full.folder / "digest.db").read_bytes() == before
