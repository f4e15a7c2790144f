"""What the press prints, what it does when something is broken, and that it leaves no trace."""

from __future__ import annotations

import hashlib
import itertools
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import ConfigError, RenderError, UsageError
from digest.web.studio import Choice, Press
from digest.web.studio.press import SHEETS_KEPT, Mail, Print
from tests.journeys.conftest import Site, article
from tests.journeys.steps import configure, subscribe
from tests.web.conftest import press_of

ANY = Choice()


def printed(press: Press, choice: Choice = ANY) -> Print:
    sheet = press.look(choice)
    assert sheet.fault is None
    assert sheet.print
    return sheet.print


def mail(press: Press, choice: Choice = ANY) -> Mail:
    found = printed(press, choice).mail
    assert found
    return found


def with_templates(site: Site, text: str) -> Path:
    """A template of the site's own in place of the built-in page."""
    template = site.folder / "templates" / "edition.html"
    if not template.parent.exists():
        template.parent.mkdir()
        configure(site, "[delivery]", '[templates]\nfolder = "templates"\n\n[delivery]')
    template.write_text(text, encoding="utf-8")
    return template


def files(folder: Path) -> dict[str, str]:
    """Every file with what it holds; a database by its rows, for SQLite moves them between its files as it likes."""
    return {
        path.name: rows(path) if path.suffix == ".db" else hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(("-wal", "-shm"))
    }


def rows(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        return "\n".join(connection.iterdump())


def test_it_prints_the_last_complete_period_with_its_checks(press: Press) -> None:
    found = printed(press)
    assert found.period.name == "2025-W49"
    assert "Cranes" in mail(press).page
    assert mail(press).report.html_bytes > 1000
    assert [period.name for period in found.periods][:3] == ["2025-W50", "2025-W49", "2025-W48"]


def test_a_sheet_is_printed_once_for_each_change(press: Press, site: Site) -> None:
    first = press.look(ANY)
    assert press.look(ANY) is first
    site.write("cranes.md", article("Cranes are back", "2025-12-01"))
    press.changed([site.folder / "content" / "cranes.md"])
    second = press.look(ANY)
    assert second.version > first.version
    assert "Cranes are back" in mail(press).page
    assert press.look(ANY) is second


def test_those_who_ask_at_once_share_one_sheet(press: Press) -> None:
    sheets = []
    askers = [threading.Thread(target=lambda: sheets.append(press.look(ANY))) for _ in range(4)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len({id(sheet) for sheet in sheets}) == 1


def test_a_configuration_that_breaks_leaves_the_last_good_mail_until_it_is_mended(press: Press, site: Site) -> None:
    good = printed(press)
    text = (site.folder / "digest.toml").read_text()
    (site.folder / "digest.toml").write_text(text + "[nonsense]\n")
    press.changed()
    sheet = press.look(ANY)
    assert isinstance(sheet.fault, ConfigError)
    assert "nonsense" in sheet.fault.message
    assert sheet.print is good
    (site.folder / "digest.toml").write_text(text.replace("Quay News", "Pier News"))
    press.changed()
    assert "Pier News" in mail(press).page


def test_a_template_that_breaks_is_named_with_its_line_until_it_is_mended(press: Press, site: Site) -> None:
    with_templates(site, "<p>\n{{ edition.nothing }}</p>")
    sheet = press.look(ANY)
    assert isinstance(sheet.fault, RenderError)
    assert "edition.html:2" in sheet.fault.message
    assert sheet.print is None
    with_templates(site, "<html><body><p>mended</p></body></html>")
    press.changed()
    assert "mended" in mail(press).page


def test_a_template_of_ones_own_takes_the_place_of_the_one_that_was_shown_before(press: Press, site: Site) -> None:
    template = with_templates(site, "<html><body>mine</body></html>")
    template.rename(template.with_name("later.html"))
    assert "Cranes" in mail(press).page
    template.with_name("later.html").rename(template)
    press.changed([template])
    assert "mine" in mail(press).page


def test_a_period_without_articles_says_so_and_still_explains(press: Press) -> None:
    found = printed(press, Choice(period="2024-W10"))
    assert found.mail is None
    assert isinstance(found.nothing, UsageError)
    assert "no articles" in found.nothing.message
    assert "2024-W10" in [period.name for period in found.periods]


def test_a_reader_is_a_subscriber_or_nobody(press: Press, site: Site) -> None:
    found = printed(press, Choice(address="first@example.org"))
    assert found.mail is None
    assert "is not a subscriber" in str(found.nothing)
    subscribe(site)
    press.changed()
    assert b"To: first@example.org" in mail(press, Choice(address="first@example.org")).preview.message.data


def test_categories_show_what_their_reader_gets(press: Press) -> None:
    page = mail(press, Choice(categories=frozenset({"travel"}))).page
    assert "Ferries" in page
    assert "Cranes" not in page


def test_a_word_that_names_no_period_is_the_sheets_fault(press: Press) -> None:
    assert isinstance(press.look(Choice(period="someday")).fault, UsageError)
    assert isinstance(press.look(Choice(digest="hourly")).fault, UsageError)


def test_a_frozen_edition_is_shown_as_it_was_frozen(press: Press, site: Site) -> None:
    subscribe(site)
    assert site.run("send", "--yes").exit_code == 0
    site.write("cranes.md", article("Another title", "2025-12-01"))
    page = mail(press).page
    assert "Cranes" in page
    assert "Another title" not in page
    assert printed(press).explanation.record


def test_looking_creates_no_database(press: Press, site: Site) -> None:
    before = files(site.folder)
    mail(press)
    assert files(site.folder) == before


def test_looking_leaves_a_database_as_it_was(press: Press, site: Site) -> None:
    subscribe(site)
    before = files(site.folder)
    mail(press)
    printed(press, Choice(address="first@example.org"))
    assert files(site.folder) == before


def test_a_database_that_appears_is_opened(press: Press, site: Site) -> None:
    mail(press)
    subscribe(site)
    press.changed()
    assert mail(press, Choice(address="second@example.org"))


def test_old_sheets_are_forgotten(press: Press) -> None:
    first = press.look(Choice(period="2025-W01"))
    for week in range(2, SHEETS_KEPT + 2):
        press.look(Choice(period=f"2025-W{week:02}"))
    assert press.look(Choice(period="2025-W01")) is not first


@pytest.mark.parametrize("cadence", ["day", "week", "month"])
def test_the_running_period_is_offered_and_the_others_end_where_it_begins(site: Site, cadence: str) -> None:
    configure(
        site,
        'from = "Quay News <weekly@quay.example.org>"',
        f'from = "weekly@quay.example.org"\ncadence = "{cadence}"',
    )
    found = printed(press_of(site)).periods
    assert found[0].start <= found[0].end
    assert all(later.start == earlier.end for later, earlier in itertools.pairwise(found))
    assert found[1].end <= printed(press_of(site)).app.now() < found[0].end
