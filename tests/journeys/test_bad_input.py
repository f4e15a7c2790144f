"""What is wrong gets one clear line, a hint and an exit code; nothing half done, and no traceback but for a bug."""

from __future__ import annotations

import re
import sqlite3
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trustme
from aiosmtpd.smtp import AuthResult
from click.testing import Result
from sqlalchemy import Engine, event

from digest.store.database import Database
from tests.journeys.conftest import PostOffice, Site, on_duty
from tests.journeys.steps import configure, subscribe

SEND = ("send", "--yes")


def refused(result: Result, code: int, *said: str) -> None:
    """One line that says it and a hint, on stderr; the right exit code; no traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code, result.stderr
    assert "Traceback" not in result.output
    line, *further = re.split(r"^digest: ", result.stderr, flags=re.MULTILINE)[-1].splitlines()
    assert line
    assert further
    assert all(text.startswith("  ") for text in further), result.stderr
    assert further[-1].startswith("  hint: ") or code == 78  # each fault of a configuration says what to do by itself
    for words in said:
        assert words in result.stderr


def nothing_happened(site: Site, post_office: PostOffice) -> None:
    """No edition was frozen and nobody was mailed."""
    assert not post_office.messages
    path = site.folder / "digest.db"
    if not path.is_file():
        return
    with closing(sqlite3.connect(path)) as connection:
        tables = ("editions", "deliveries", "renditions", "edition_articles")
        counts = {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}
    assert not any(counts.values()), counts


# --- the configuration ---------------------------------------------------------------------------------------------


def test_without_a_configuration_the_hint_says_how_to_get_one(site: Site) -> None:
    (site.folder / "digest.toml").unlink()
    for words in (SEND, ("preview",), ("run",), ("subscribers", "list"), ("editions", "list")):
        refused(site.run(*words), 78, "digest.toml: there is no such file", "digest init")


def test_broken_toml_is_named_by_its_line(site: Site) -> None:
    (site.folder / "digest.toml").write_text('[site]\ntitle = "Quay\n', encoding="utf-8")
    refused(site.run(*SEND), 78, "not valid TOML", "line 2")


def test_all_faults_are_told_at_once_each_with_its_key_and_the_nearest_known_one(site: Site) -> None:
    configure(site, "[smtp]", 'at = "7 o\'clock"\nminimun = 2\n\n[smtp]\npasword = "x"')
    configure(site, 'title = "Quay News"', 'title = "Quay News"\ntimezone = "Mars/Olympus"')
    configure(site, 'tls = "none"', 'tls = "maybe"')
    result = site.run(*SEND)
    refused(
        result,
        78,
        "5 faults",
        "site.timezone: ",
        "digests.weekly.at: ",
        "digests.weekly.minimun: unknown key; nearest known key: minimum",
        "smtp.pasword: unknown key; nearest known key: password",
        "smtp.tls: ",
    )


CONFIGURED_WRONG = {
    "an unknown zone": ('title = "Quay News"', 'title = "Quay News"\ntimezone = "Europe/Saltmere"', "site.timezone"),
    "no such folder": ('files = "content"', 'files = "contents"', "sources[1].files"),
    "no postal address": ('postal_address = "Quay News, 1 Quay Street, Saltmere"', "", "site.postal_address"),
    "no such key file": ("[smtp]", '[web]\nsecret_key_file = "lost.key"\n[smtp]', "web.secret_key_file"),
    "no such password file": ("[smtp]", '[smtp]\npassword_file = "lost"', "smtp.password_file"),
    "no such templates": ("[smtp]", '[templates]\nfolder = "lost"\n[smtp]', "templates.folder"),
    "another database": ("[smtp]", '[database]\nurl = "mysql://root@db/x"\n[smtp]', "database.url"),
    "a password in the clear": (
        'host = "127.0.0.1"', 'host = "mail.example.org"\nusername = "u"\npassword = "secret"', "smtp.password",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key"), CONFIGURED_WRONG.values(), ids=CONFIGURED_WRONG)
def test_a_wrong_setting_is_named_and_nothing_is_sent(
    site: Site, post_office: PostOffice, old: str, new: str, key: str
) -> None:
    subscribe(site)
    configure(site, old, new)
    result = site.run(*SEND)
    refused(result, 78, key)
    assert "secret" not in result.output.replace("secret_key", "")
    nothing_happened(site, post_office)
    checked = site.run("check")
    assert checked.exit_code == 78
    assert re.search("^FAIL", checked.stdout, re.MULTILINE)
    assert key in checked.stdout


# --- articles, templates, people -----------------------------------------------------------------------------------


def no_articles(site: Site) -> None:
    for path in (site.folder / "content").iterdir():
        path.unlink()


def broken_template(site: Site) -> None:
    (site.folder / "templates").mkdir()
    (site.folder / "templates" / "edition.txt").write_text("fine\n{{ editoin.title }}\n", encoding="utf-8")
    configure(site, "[smtp]", '[templates]\nfolder = "templates"\n[smtp]')


def nobody_active(site: Site) -> None:
    for address in ("first@example.org", "second@example.org"):
        assert site.run("subscribers", "remove", address).exit_code == 0


def broken_article(site: Site) -> None:
    site.write("broken.md", "---\ntitle: [\n---\n")


def too_few(site: Site) -> None:
    configure(site, "[smtp]", "minimum = 9\n[smtp]")


CASES: dict[str, tuple[Callable[[Site], None], tuple[str, ...], int, tuple[str, ...]]] = {
    "no articles": (no_articles, SEND, 75, ("there are no articles",)),
    "too few articles": (too_few, SEND, 75, ("4 articles, and an edition needs 9",)),
    "no articles to preview": (no_articles, ("preview",), 2, ("there are no articles",)),
    "a template": (broken_template, SEND, 1, ("edition.txt:2", "editoin")),
    "a template in a preview": (broken_template, ("preview",), 1, ("edition.txt:2", "editoin")),
    "a template in a test": (broken_template, ("send", "--test", "me@example.org"), 1, ("edition.txt:2",)),
    "nobody active": (nobody_active, SEND, 75, ("nobody is subscribed to weekly", "digest subscribers")),
    "a strict send": (broken_article, (*SEND, "--strict"), 1, ("broken.md:3", "--strict")),
    "a strict preview": (broken_article, ("preview", "--strict"), 1, ("broken.md:3",)),
    "strict articles": (broken_article, ("articles", "--strict"), 1, ("broken.md:3",)),
}


@pytest.mark.parametrize(("arrange", "words", "code", "said"), CASES.values(), ids=CASES)
def test_what_cannot_be_published_is_explained_and_nothing_is_half_done(
    site: Site, post_office: PostOffice, *, arrange: Any, words: tuple[str, ...], code: int, said: tuple[str, ...]
) -> None:
    subscribe(site)
    arrange(site)
    refused(site.run(*words), code, *said)
    nothing_happened(site, post_office)


WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "an unknown digest": ((*SEND, "--digest", "weeekly"), ("weeekly", "weekly")),
    "a digest to preview": (("preview", "--digest", "daily"), ("daily", "weekly")),
    "a period": ((*SEND, "--period", "2025-W60"), ("2025-W60", "2025-W40")),
    "a period of no form": (("articles", "--period", "last week"), ("last week", "2025-W40")),
    "a period turned round": (("articles", "--period", "2025-12-08/2025-12-01"), ("2025-12-08",)),
    "an edition": (("editions", "show", "12"), ("12", "digest editions list")),
    "an edition of no size": (("editions", "show", "9" * 30), ("digest editions list",)),
    "an edition to stop": (("editions", "stop", "weekly/2030-W01"), ("2030-W01",)),
    "an edition of another digest": (("editions", "deliveries", "daily/2025-W49"), ("daily",)),
    "a reader": (("preview", "--for", "nobody@example.org"), ("nobody@example.org",)),
    "categories": (("preview", "--categories", "Gardening"), ("gardening", "Work")),
    "a reader with categories": (("preview", "--for", "first@example.org", "--categories", "Work"), ("--for",)),
}


@pytest.mark.parametrize(("words", "said"), WORDS.values(), ids=WORDS)
def test_words_that_cannot_be_followed_are_repeated_with_those_that_can(
    site: Site, post_office: PostOffice, words: tuple[str, ...], said: tuple[str, ...]
) -> None:
    subscribe(site)
    refused(site.run(*words), 2, *said)
    nothing_happened(site, post_office)


@pytest.mark.parametrize("now", ["monday", "2025-13-01", "0001-01-01", "9999-12-31T23:59:59"])
def test_a_clock_that_cannot_be_is_refused(site: Site, now: str) -> None:
    result = site.run("articles", now=now)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 2
    assert now in result.stderr
    assert "2025-12-08T07:00:00+01:00" in result.stderr


@pytest.mark.parametrize("address", ["", "no address", "a@b@c", "a@example.org\nBcc: b@example.org"])
def test_a_test_mail_to_no_address_is_not_sent(site: Site, post_office: PostOffice, address: str) -> None:
    result = site.run("send", "--test", address)
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 1
    assert result.stderr.startswith("digest: ")
    nothing_happened(site, post_office)


@pytest.mark.parametrize("words", [("preview", "--out"), ("send", "--dry-run")])
def test_a_folder_that_cannot_be_written_to_is_named(site: Site, words: tuple[str, ...]) -> None:
    subscribe(site)
    blocked = site.folder / "content" / "cranes.md" / "below"
    refused(site.run(*words, str(blocked)), 1, str(blocked))


TABLES = {
    "no such file": (None, ("people.csv", "cannot be read")),
    "no column": (b"name\nFirst Reader\n", ("email",)),
    "nothing": (b"", ("people.csv",)),
    "an open quote": (b'email,name\nthird@example.org,"First\nfourth@example.org,\n', ("people.csv:2",)),
    "not text": (b"\x00\x01\x02" * 400, ("people.csv",)),
}


@pytest.mark.parametrize(("table", "said"), TABLES.values(), ids=TABLES)
def test_a_broken_table_of_subscribers_changes_nothing(site: Site, table: bytes | None, said: tuple[str, ...]) -> None:
    subscribe(site)
    path = site.folder / "people.csv"
    path.unlink()
    if table is not None:
        path.write_bytes(table)
    refused(site.run("subscribers", "import", str(path)), 1, *said)
    assert len(site.lines("subscribers", "list")) == 2


# --- the database --------------------------------------------------------------------------------------------------


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Somebody else is writing, and does not come to an end."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield


@pytest.mark.parametrize("words", [SEND, ("subscribers", "add", "third@example.org")])
def test_a_locked_database_is_worth_another_try(
    site: Site, post_office: PostOffice, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    subscribe(site)
    monkeypatch.setitem(Database.__init__.__kwdefaults__, "busy_timeout", 0)
    with held(site.folder / "digest.db"):
        refused(site.run(*words), 75, "digest.db: is in use by another process")
    nothing_happened(site, post_office)


@pytest.mark.parametrize("words", [SEND, ("subscribers", "add", "third@example.org")])
def test_a_read_only_database_is_named(site: Site, post_office: PostOffice, words: tuple[str, ...]) -> None:
    subscribe(site)

    @event.listens_for(Engine, "connect")
    def read_only(connection: Any, _record: Any) -> None:  # permissions do not bind the user that tests may run as
        connection.execute("PRAGMA query_only = ON")

    try:
        refused(site.run(*words), 1, "digest.db: cannot be written to", "permissions")
    finally:
        event.remove(Engine, "connect", read_only)
    nothing_happened(site, post_office)


def a_folder(path: Path) -> None:
    path.mkdir()


def a_text(path: Path) -> None:
    path.write_text("Dear diary. " * 200, encoding="utf-8")


@pytest.mark.parametrize(("make", "said"), [(a_folder, "cannot be opened"), (a_text, "is not a database")])
def test_what_is_no_database_is_left_alone(site: Site, make: Callable[[Path], None], said: str) -> None:
    path = site.folder / "digest.db"
    make(path)
    before = path.is_dir() or path.read_bytes()
    for words in (SEND, ("editions", "list"), ("preview",)):
        refused(site.run(*words), 1, f"digest.db: {said}")
    checked = site.run("check")
    assert checked.exit_code == 1
    assert "FAIL  database" in checked.stdout
    assert (path.is_dir() or path.read_bytes()) == before


# --- the mail server -----------------------------------------------------------------------------------------------


def certificate() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def nobody_may(*_: object) -> AuthResult:
    return AuthResult(success=False, handled=False)


SERVERS: dict[str, tuple[Callable[[], dict[str, Any]], str, tuple[str, ...]]] = {
    "a refused login": (
        lambda: {"authenticator": nobody_may, "auth_require_tls": False},
        'tls = "none"\nusername = "quay"\npassword = "wrong-secret"',
        ("login was refused", "smtp.password"),
    ),
    "no TLS offered": (dict, 'tls = "required"', ("does not offer STARTTLS", "smtp.tls")),
    "no TLS spoken": (dict, 'tls = "implicit"', ("TLS", "smtp.tls")),
    "a bad certificate": (
        lambda: {"tls_context": certificate()}, 'tls = "required"', ("certificate is not valid", "smtp.ca_file"),
    ),
    "a bad certificate at once": (
        lambda: {"ssl_context": certificate()}, 'tls = "implicit"', ("certificate is not valid", "smtp.ca_file"),
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
@pytest.mark.parametrize(("options", "settings", "said"), SERVERS.values(), ids=SERVERS)
def test_a_mail_server_that_cannot_be_used_is_told_before_anything_is_frozen(
    site: Site, post_office: PostOffice, options: Callable[[], dict[str, Any]], settings: str, said: tuple[str, ...]
) -> None:
    subscribe(site)
    configure(site, 'tls = "none"', settings)
    with on_duty(PostOffice(), **options()) as office:
        configure(site, f"port = {post_office.port}", f"port = {office.port}")
        for words in (SEND, ("send", "--test", "me@example.org")):
            result = site.run(*words)
            refused(result, 75, f"127.0.0.1:{office.port}", *said)
            assert "wrong-secret" not in result.output
        checked = site.run("check")
        assert checked.exit_code == 75
        assert "FAIL  mail server" in checked.stdout
        assert not office.messages
    nothing_happened(site, post_office)


def test_a_wrong_port_is_told_before_anything_is_frozen(site: Site, post_office: PostOffice) -> None:
    subscribe(site)
    configure(site, f"port = {post_office.port}", "port = 9")
    refused(site.run(*SEND), 75, "127.0.0.1:9: nothing answers there", "smtp.port")
    nothing_happened(site, post_office)


# --- bugs ----------------------------------------------------------------------------------------------------------


def test_a_bug_keeps_its_traceback(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumble(*_: object) -> NoReturn:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("digest.app.App.prepare", stumble)
    result = site.run("preview")
    assert isinstance(result.exception, ZeroDivisionError)
    assert result.exc_info is not None
    assert "digest: " not in result.stderr
