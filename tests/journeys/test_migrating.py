"""From a file beside the site to a database for many machines, in the middle of an edition."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import make_url

from tests.journeys.conftest import MONDAY, PostOffice, Site
from tests.journeys.steps import app_of, started, subscribe
from tests.postgres import cloned, server

LATER = "2025-12-08T09:00:00+00:00"


@pytest.fixture
def postgresql() -> Iterator[str]:
    with cloned(server()) as url:
        yield url


def move(site: Site, url: str) -> None:
    """What the command asks for at its end."""
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8") + f'\n[database]\nurl = "{url}"\n', encoding="utf-8")


def test_a_site_moves_and_goes_on_with_the_edition_that_it_had_begun(
    site: Site, post_office: PostOffice, postgresql: str
):
    subscribe(site)
    post_office.replies["second@example.org"] = "451 4.3.0 later"
    assert site.run("send", "--yes").exit_code == 75
    moved = site.run("migrate-store", "--to", postgresql)
    assert moved.exit_code == 0, moved.output
    assert "write into digest.toml" in moved.stdout.lower()
    assert f'url = "{postgresql}"' in moved.stdout
    move(site, postgresql)
    post_office.replies.clear()
    with started(site.start("send", "--yes", now=LATER)) as sender:
        assert sender.wait() == 0
    assert post_office.received == {"first@example.org": 1, "second@example.org": 1}


def test_a_second_time_it_says_that_all_of_it_is_there(site: Site, postgresql: str):
    subscribe(site)
    first = site.lines("migrate-store", "--to", postgresql)
    second = site.lines("migrate-store", "--to", postgresql)
    assert second == [first[0] | {"before": True}]
    assert first[0]["tables"]["subscribers"]["rows"] == 2


def test_a_database_that_is_in_use_by_another_site_is_refused_in_one_line(site: Site, postgresql: str):
    subscribe(site)
    site.run("migrate-store", "--to", postgresql)
    subscribe(site, ["third@example.org"])
    refused = site.run("migrate-store", "--to", postgresql)
    assert refused.exit_code == 1
    assert "holds something else already: 2 rows in subscribers, where there are 3 to copy" in refused.stderr
    assert "name an empty database" in refused.stderr


def test_while_the_clockwork_is_alive_it_says_to_try_again_later(site: Site, postgresql: str):
    now = datetime.fromisoformat(MONDAY)
    app = app_of(site, lambda: now)
    app.heartbeat.beat(now - timedelta(minutes=1))
    app.database.close()
    assert site.run("migrate-store", "--to", postgresql).exit_code == 75


def test_where_there_is_nothing_to_copy_that_is_said_and_nothing_is_made(site: Site, postgresql: str):
    refused = site.run("migrate-store", "--to", postgresql)
    path = site.folder / "digest.db"
    assert refused.exit_code == 1
    assert f"there is nothing to copy: no database at sqlite:///{path}" in refused.stderr
    assert "database.url" in refused.stderr
    assert not path.exists()


def test_a_server_that_is_away_is_not_taken_for_an_empty_database(site: Site, postgresql: str):
    move(site, make_url(postgresql).set(database="nowhere").render_as_string(hide_password=False))
    refused = site.run("migrate-store", "--to", postgresql)
    assert refused.exit_code == 1
    assert "nothing to copy" not in refused.stderr
    assert "nowhere" in refused.stderr


@pytest.mark.parametrize("url", ["mysql://db/digest", "digest.db"])
def test_an_address_that_names_no_database_is_a_matter_of_usage(site: Site, url: str):
    refused = site.run("migrate-store", "--to", url)
    assert refused.exit_code == 2
    assert "postgresql://USER@HOST/NAME" in refused.stderr


def test_what_is_wrong_with_the_target_is_told_of_the_option_that_names_it(site: Site, postgresql: str):
    subscribe(site)
    nowhere = make_url(postgresql).set(database="nowhere").render_as_string(hide_password=False)
    refused = site.run("migrate-store", "--to", nowhere)
    assert refused.exit_code == 1
    assert "hint: create it, or name another one in --to" in refused.stderr
    assert "database.url" not in refused.output


def test_no_password_is_shown(site: Site, postgresql: str):
    secret = postgresql.replace("@", "secret@", 1) if ":@" in postgresql else postgresql
    moved = site.run("migrate-store", "--to", secret)
    assert "secret" not in moved.output
