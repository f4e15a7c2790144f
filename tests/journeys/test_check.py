"""``digest check``: whether everything is ready, told so that people and programs can act on it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import NullPool, create_engine, make_url

import digest.store
from tests.fetching.web import http
from tests.journeys.conftest import PostOffice, Site
from tests.journeys.steps import configure, started, subscribe
from tests.postgres import as_role, empty, role, server

SUBJECTS = [
    "configuration",
    "secret key",
    "postal address",
    "names",
    "articles",
    "look",
    "templates",
    "database",
    "signatures",
    "reports",
    "mail server",
    "pages",
]


def findings(site: Site) -> tuple[int, dict[str, dict[str, Any]]]:
    result = site.run("check", "--json")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    return result.exit_code, {finding["subject"]: finding for finding in told}


def test_a_site_that_is_ready_is_told_what_to_do_next(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    result = site.run("check")
    assert result.exit_code == 0, result.output
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert [line.split(":")[0][6:] for line in lines] == SUBJECTS
    assert [line for line in lines if not line.startswith("ok ")] == [line for line in lines if "names: " in line]
    assert "2 readers of weekly" in result.stdout
    assert "4 articles" in result.stdout
    assert "digest send --test" in result.stderr
    assert not post_office.messages


def test_looking_changes_nothing(site: Site) -> None:
    before = sorted(path.name for path in site.folder.rglob("*"))
    assert site.run("check").exit_code == 0
    assert sorted(path.name for path in site.folder.rglob("*")) == before


def test_articles_that_link_nowhere_are_a_warning(site: Site, post_office: PostOffice) -> None:
    for path in (site.folder / "content").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        path.write_text("".join(line for line in text.splitlines(keepends=True) if "://" not in line), encoding="utf-8")
    code, found = findings(site)
    assert code == 0
    assert not found["articles"]["well"]
    assert found["articles"]["said"].endswith("4 of 4 articles link nowhere")
    assert 'site.article_url: set article_url = "https://…/{slug}" below [site]' in found["articles"]["hint"]
    assert "4 of 4 articles link nowhere" in site.run("preview").stderr


def test_names_that_are_kept_for_examples_are_a_warning_by_their_keys(site: Site) -> None:
    configure(site, "[[sources]]", 'article_url = "https://example.org/posts/{slug}"\n\n[[sources]]')
    result = site.run("check")
    assert result.exit_code == 0
    assert (
        "warn  names: site.url: https://quay.example.org; site.article_url: https://example.org/posts/{slug}; "
        "digests.weekly.from: weekly@quay.example.org\n      hint: write your own into digest.toml"
    ) in result.stdout
    path = site.folder / "digest.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("example.org", "harbour-post.net"), encoding="utf-8")
    assert "ok    names: none is kept for examples\n" in site.run("check").stdout


def no_articles(site: Site) -> None:
    for path in (site.folder / "content").iterdir():
        path.unlink()


def broken_template(site: Site) -> None:
    (site.folder / "templates").mkdir()
    (site.folder / "templates" / "edition.html").write_text("<p>\n{% if %}\n", encoding="utf-8")
    configure(site, "[smtp]", '[templates]\nfolder = "templates"\n[smtp]')


def logo_in_the_clear(site: Site) -> None:
    configure(site, "[smtp]", '[look]\nlogo = "http://example.org/logo.png"\n[smtp]')


def no_key_to_sign_with(site: Site) -> None:
    (site.folder / "dkim.pem").write_text("-----BEGIN NONSENSE-----\n", encoding="utf-8")
    configure(site, "[smtp]", '[[dkim]]\ndomain = "example.org"\nselector = "one"\nkey_file = "dkim.pem"\n[smtp]')


def key_with_rights(site: Site, rights: int) -> None:
    site.run("dkim", "keygen", "--domain", "example.org", "--selector", "one")
    (site.folder / "dkim-one.pem").chmod(rights)
    configure(site, "[smtp]", '[[dkim]]\ndomain = "example.org"\nselector = "one"\nkey_file = "dkim-one.pem"\n[smtp]')


def no_key_of_sendgrid(site: Site) -> None:
    configure(site, "[smtp]", '[webhooks]\nsendgrid_key = "none"\n[smtp]')


ILL = {
    "no key to sign with": (no_key_to_sign_with, 78, "signatures", "dkim.pem"),
    "a key for everybody": (
        lambda site: key_with_rights(site, 0o644), 1, "signatures", "dkim-one.pem: everybody on this machine can read it",
    ),
    "no key of a provider": (no_key_of_sendgrid, 78, "reports", "webhooks.sendgrid_key"),
    "no configuration": (lambda site: (site.folder / "digest.toml").unlink(), 78, "configuration", "no such file"),
    "a fault": (lambda site: configure(site, "[[sources]]", "[[sauces]]"), 78, "configuration", "nearest known key: sources"),
    "no key": (lambda site: (site.folder / "digest.key").unlink(), 78, "secret key", "digest.key cannot be read"),
    "a short key": (lambda site: (site.folder / "digest.key").write_text("k"), 78, "secret key", "fewer than 32"),
    "no postal address": (
        lambda site: configure(site, 'postal_address = "Quay News, 1 Quay Street, Saltmere"', ""),
        78, "postal address", "site.postal_address: missing",
    ),
    "no articles": (no_articles, 1, "articles", "none in "),
    "a logo": (logo_in_the_clear, 1, "look", "look.logo: the cover image http://example.org/logo.png has an address without https"),
    "a template": (broken_template, 1, "templates", "edition.html:2"),
    "no database": (lambda site: (site.folder / "digest.db").mkdir(), 1, "database", "cannot be opened"),
    "no mail server": (
        lambda site: configure(site, 'host = "127.0.0.1"', 'host = "127.0.0.2"'), 75, "mail server", "nothing answers there",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("arrange", "code", "subject", "said"), ILL.values(), ids=ILL)
def test_what_is_wrong_is_told_with_a_hint_and_the_rest_is_looked_at_all_the_same(
    site: Site, arrange: Any, code: int, subject: str, said: str
) -> None:
    arrange(site)
    found_code, found = findings(site)
    assert found_code == code
    assert [name for name, finding in found.items() if not finding["well"] and name != "names"] == [subject]
    assert said in found[subject]["said"]
    assert list(found) == SUBJECTS if subject != "configuration" else ["configuration"]
    if subject != "configuration":
        assert found[subject]["hint"]
    plain = site.run("check")
    assert plain.exit_code == code
    assert f"FAIL  {subject}: " in plain.stdout
    assert "Traceback" not in plain.output


def test_pages_that_nobody_serves_yet_are_a_warning_and_no_fault(site: Site) -> None:
    with http() as web:
        web.put("/health", b'{"status": "ok"}', media_type="application/json")
        configure(site, "[smtp]", f'[web]\nurl = "{web.url("", host="127.0.0.1")}/"\n\n[smtp]')
        _, found = findings(site)
        assert found["pages"]["well"]
        assert f"they answer at {web.url('/health', host='127.0.0.1')}" in found["pages"]["said"]
    result = site.run("check")
    assert result.exit_code == 0, result.output
    assert "\nwarn  pages: web.url: nothing answers at http://127.0.0.1:" in result.stdout
    assert "every link to unsubscribe in a mail would be dead\n      hint: start `digest serve`" in result.stdout


def said_of_the_database(site: Site, url: str) -> tuple[str, str, str]:
    """How the finding is marked, what it says and what to do, in a process of its own: it ends with its connections."""
    text = (site.folder / "digest.toml").read_text(encoding="utf-8").partition("[database]")[0]
    (site.folder / "digest.toml").write_text(f'{text}[database]\nurl = "{url}"\n', encoding="utf-8")
    with started(site.start("check")) as process:
        out, _ = process.communicate()
    found = re.search(r"^(\w+) +database: (.*)\n(?: +hint: (.*))?", out, flags=re.MULTILINE)
    assert found, out
    return found[1], found[2], found[3] or ""


def test_an_empty_database_is_called_so_and_who_may_not_make_its_tables_is_told_now(site: Site) -> None:
    assert "digest.db: empty, no tables yet" in findings(site)[1]["database"]["said"]
    with empty(server()) as url, psycopg.connect(url, autocommit=True) as owner, role(url, name="a Guest") as name:
        owner.execute("REVOKE CREATE ON SCHEMA public FROM public")
        mark, said, hint = said_of_the_database(site, as_role(url, name))
        assert mark == "FAIL"
        assert "empty, and this role may not make its tables" in said
        assert hint == 'GRANT USAGE, CREATE ON SCHEMA public TO "a Guest"'
        owner.execute(hint)
        mark, said, _ = said_of_the_database(site, as_role(url, name))
        assert mark == "ok"
        assert "empty, no tables yet" in said


def test_tables_of_an_older_version_are_brought_up_to_date_by_what_the_hint_says(site: Site) -> None:
    with empty(server()) as url:
        engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
        config = Config()
        config.set_main_option("script_location", str(Path(digest.store.__file__).parent / "migrations"))
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "0005")
        mark, _, hint = said_of_the_database(site, url)
        assert mark == "FAIL"
        assert "`digest init` brings an older one up to date" in hint
        assert site.run("init", str(site.folder)).exit_code == 0
        assert said_of_the_database(site, url)[0] == "ok"


@pytest.mark.parametrize(("rights", "remarked"), [(0o600, False), (0o400, False), (0o640, True)])
def test_a_key_that_a_group_can_read_is_remarked_on(site: Site, rights: int, remarked: bool) -> None:
    key_with_rights(site, rights)
    code, found = findings(site)
    assert code == 0
    assert ("dkim-one.pem can be read by its group" in found["signatures"]["said"]) is remarked


def test_of_several_faults_the_gravest_gives_the_exit_code(site: Site) -> None:
    configure(site, 'host = "127.0.0.1"', 'host = "127.0.0.2"')
    assert site.run("check").exit_code == 75
    no_articles(site)
    assert site.run("check").exit_code == 1
    (site.folder / "digest.key").unlink()
    assert site.run("check").exit_code == 78


def test_a_broken_article_is_shown_and_is_no_fault_of_the_site(site: Site) -> None:
    site.write("broken.md", "---\ntitle: [\n---\n")
    result = site.run("check")
    assert result.exit_code == 0
    assert "1 problem" in result.stdout
    assert "broken.md:3" in result.stderr


def test_the_configuration_is_shown_with_every_default_and_no_secret(site: Site) -> None:
    configure(site, "[smtp]", '[smtp]\nusername = "quay"\npassword = "open sesame"')
    configure(site, "[delivery]", f'[web]\nsecret_key = "{"s3cret" * 8}"\n[delivery]')
    result = site.run("check", "--show")
    assert result.exit_code == 0
    assert "•••" in result.stdout
    assert "username = " in result.stdout
    assert 'first_retry = "1m"' in result.stdout
    assert not any(secret in result.output for secret in ("open sesame", "s3cret"))


def test_the_schema_for_editors_needs_no_configuration(site: Site) -> None:
    (site.folder / "digest.toml").unlink()
    result = site.run("check", "--schema")
    assert result.exit_code == 0
    schema = json.loads(result.stdout)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"site", "sources", "digests", "smtp"} <= schema["properties"].keys()
