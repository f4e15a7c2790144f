"""What is watched, and that every kind of change is heard of."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from watchfiles import awatch
from watchfiles._rust_notify import WatchfilesRustInternalError

from digest.bundle import bundled
from digest.web.studio import Choice, Press, watching
from digest.web.studio.watching import Places, places, watch
from tests.journeys.conftest import Site, article
from tests.journeys.steps import configure
from tests.web.conftest import PATIENCE


@asynccontextmanager
async def watched(press: Press) -> AsyncIterator[None]:
    """The press while it is watched, from the moment on at which nothing is missed."""
    begun = press.bell.rung
    task = asyncio.create_task(watch(press))
    await heard(press, begun)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def heard(press: Press, before: int) -> None:
    await asyncio.wait_for(press.bell.after(before), PATIENCE)


async def settled(press: Press, words: str) -> None:
    """Returns once these words are in the mail; fails when the changes end before."""
    while True:
        version = press.bell.rung
        sheet = press.look(Choice())
        if not sheet.fault and sheet.print and sheet.print.mail and words in sheet.print.mail.page:
            return
        await heard(press, version)


async def test_an_article_that_changes_comes_or_goes_is_heard_of(press: Press, site: Site) -> None:
    async with watched(press):
        site.write("cranes.md", article("Cranes are back", "2025-12-01"))
        await settled(press, "Cranes are back")
        site.write("deep/down/below.md", article("Below", "2025-12-01"))
        await settled(press, "Below")
        site.write("deep/down/below.md", article("Far below", "2025-12-01"))
        await settled(press, "Far below")
        version = press.bell.rung
        (site.folder / "content" / "cranes.md").unlink()
        await heard(press, version)


async def test_a_configuration_that_an_editor_puts_in_place_of_the_old_one_is_heard_of(
    press: Press, site: Site
) -> None:
    async with watched(press):
        for title in ("Pier News", "Dock News"):
            text = (site.folder / "digest.toml").read_text().replace("[site]\n", f'[site]\ntitle = "{title}"\n')
            new = site.folder / "digest.toml.new"
            new.write_text("\n".join(line for line in text.splitlines() if "title =" not in line or title in line))
            new.rename(site.folder / "digest.toml")
            await settled(press, title)


async def test_folders_that_a_new_configuration_names_are_watched_from_then_on(press: Press, site: Site) -> None:
    async with watched(press):
        (site.folder / "templates").mkdir()
        (site.folder / "more").mkdir()
        configure(
            site, "[digests.weekly]", '[[sources]]\nfiles = "more"\n[templates]\nfolder = "templates"\n[digests.weekly]'
        )
        await settled(press, "Cranes")
        (site.folder / "more" / "buoys.md").write_text(article("Buoys", "2025-12-03"))
        await settled(press, "Buoys")
        (site.folder / "templates" / "edition.html").write_text("<html><body>Another look</body></html>")
        await settled(press, "Another look")


async def test_a_folder_that_is_removed_and_comes_back_is_watched_again(press: Press, site: Site) -> None:
    async with watched(press):
        version = press.bell.rung
        shutil.rmtree(site.folder / "content")
        await heard(press, version)
        for title in ("Cranes", "Ferries", "Tides"):
            site.write(f"{title}.md", article(title, "2025-12-01"))
        await settled(press, "Tides")
        site.write("Tides.md", article("Spring tides", "2025-12-01"))
        await settled(press, "Spring tides")


async def test_where_the_system_watches_no_more_folders_they_are_looked_through(
    press: Press, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*folders: Path, **options: Any) -> Any:
        if not options["force_polling"]:
            raise WatchfilesRustInternalError("OS file watch limit reached")
        return awatch(*folders, **options)

    monkeypatch.setattr(watching, "awatch", refused)
    async with watched(press):
        site.write("buoys.md", article("Buoys", "2025-12-01"))
        await settled(press, "Buoys")


def test_while_the_configuration_is_broken_what_was_watched_stays_watched(site: Site) -> None:
    config = site.folder / "digest.toml"
    good = places(config)
    assert good.folders == {site.folder / "content", site.folder / "editions", bundled("templates")}
    config.write_text("[")
    assert places(config, good) == good
    assert places(config).folders == frozenset()


def test_what_is_missing_is_looked_for_from_the_nearest_folder_there_is(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    found = Places(tmp_path / "site" / "digest.toml", frozenset({tmp_path / "content" / "posts"}))
    assert found.there == frozenset()
    assert found.above == {tmp_path, tmp_path / "content"}
    assert found.roots(tmp_path / "content")
    assert found.roots(tmp_path / "site")
    assert not found.roots(tmp_path / "content" / "posts" / "a.md")


def test_the_database_among_the_articles_is_no_change_of_theirs(site: Site) -> None:
    assert places(site.folder / "digest.toml").own == (site.folder / "digest.db",)


def test_the_places_do_not_depend_on_where_one_stands(site: Site, monkeypatch) -> None:
    monkeypatch.chdir(site.folder)
    assert places(Path("digest.toml")).file == site.folder / "digest.toml"
