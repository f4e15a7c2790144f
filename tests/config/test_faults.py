"""What is wrong with a configuration: every kind of fault, each with its key, all at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from digest.config import Config
from digest.errors import ConfigError

SITE = '[site]\ntitle = "Example"\n'
SOURCES = '[[sources]]\nfiles = "posts"\n'
WEEKLY = '[digests.weekly]\nfrom = "Example Weekly <weekly@example.org>"\n'
MINIMAL = SITE + SOURCES + WEEKLY
Load = Callable[..., Config]
Faults = Callable[..., tuple[str, ...]]

ONE_FAULT = [
    # unknown keys
    ("[smtp]\nprot = 25\n", "smtp.prot: unknown key; nearest known key: port"),
    ("[delivery]\nthreads = 2\n", "delivery.threads: unknown key; known keys: batch, domains, first_retry, lease,"),
    ("[delivery]\nprocesses = 0\n", 'delivery.processes: expected a number from 1 to 64, or "auto", found 0'),
    ('[delivery]\nprocesses = "many"\n', 'delivery.processes: expected a number from 1 to 64, or "auto", found "many"'),
    ("form = 1\n", "digests.weekly.form: unknown key; nearest known key: from"),
    ("[digest.daily]\n", "digest: unknown key; nearest known key: digests"),
    ('[digests.weekly.exclude]\ncategories = ["x"]\n', "digests.weekly.exclude.categories: unknown key; nearest"),
    (
        '[[sources]]\nfiles = "posts"\nfeed = "https://example.org/feed"\n',
        "sources[2].files: names a folder and a feed; ",
    ),
    ("[[sources]]\nname = 'nothing'\n", "sources[2].files: names neither files nor a feed"),
    (
        '[[sources]]\nfeed = "https://example.org/feed"\nfields = { title = "name" }\n',
        "sources[2].fields: is for a folder of files, and does nothing for a feed; take it out",
    ),
    (
        '[[sources]]\nfeed = "https://example.org/feed"\nlink = "source"\n',
        "sources[2].link: is for a folder of files, and does nothing for a feed; take it out",
    ),
    (
        '[[sources]]\nfeed = "https://example.org/feed"\narticle_url = "https://example.org/{slug}"\n',
        "sources[2].article_url: is for a folder of files, and does nothing for a feed; take it out",
    ),
    *(
        (f'[worker]\nstatus = "{door}"\n', f"worker.status: expected HOST:PORT, such as 127.0.0.1:9100, found '{door}'")
        for door in ("nowhere", "127.0.0.1:port", "127.0.0.1:99999", "127.0.0.1:", "http://127.0.0.1")
    ),
    *(
        (f'[web]\nstatus = "{door}"\n', "web.status: expected HOST:PORT, such as 127.0.0.1:9100, found")
        for door in ("http://here:9101", "::1:9101", "[::1:9101", "[]:9101")
    ),
    # wrong kinds
    ('[smtp]\nport = "five"\n', 'smtp.port: expected a whole number, found "five"'),
    ("[smtp]\nport = 2.5\n", "smtp.port: expected a whole number, found 2.5"),
    ("[smtp]\nport = 0\n", "smtp.port: must be at least 1, found 0"),
    ("[smtp]\nport = 70000\n", "smtp.port: must be at most 65535, found 70000"),
    ('[smtp]\nverify = "perhaps"\n', 'smtp.verify: expected true or false, found "perhaps"'),
    ("[smtp]\nhost = 5\n", "smtp.host: expected text in quotes, found 5"),
    ("[smtp]\nper_second = -1\n", "smtp.per_second: must be at least 0, found -1"),
    ("[smtp]\nper_second = nan\n", "smtp.per_second: "),
    ("[smtp]\nca_file = 5\n", "smtp.ca_file: expected a path in quotes, found 5"),
    ("order = 5\n", "digests.weekly.order: expected a list, found 5"),
    ("aliases = 5\n", "digests.weekly.aliases: expected a table, found 5"),
    ("exclude = 5\n", "digests.weekly.exclude: expected a table"),
    ("[[smtp]]\nport = 0\n", "smtp.port: must be at least 1"),
    ("[[smtp]]\n[[smtp]]\n", "smtp: two servers are called localhost:587; give them different names"),
    ("[[smtp]]\n[[smtp]]\nport = 0\n", "smtp[2].port: must be at least 1"),
    # words and notations
    ('[smtp]\ntls = "ssl"\n', "smtp.tls: expected 'required', 'implicit' or 'none', found \"ssl\""),
    ('cadence = "yearly"\n', "digests.weekly.cadence: expected 'day', 'week' or 'month', found \"yearly\""),
    ('on = "someday"\n', "digests.weekly.on: expected a weekday, found 'someday'"),
    ("on = true\n", "digests.weekly.on: expected a weekday, found True"),
    ('cadence = "month"\non = 32\n', "digests.weekly.on: expected a day of the month, 1 to 31, found 32"),
    ('cadence = "day"\non = "monday"\n', "digests.weekly.on: a daily digest leaves every day; leave the key out"),
    ('at = "25:00"\n', "digests.weekly.at: expected a time of day such as \"07:00\", found '25:00'"),
    ('grace = "a week"\n', "digests.weekly.grace: expected a duration such as 30s, 15m, 1h30m or 2d, found 'a week'"),
    ('[smtp]\nconnect_timeout = "0s"\n', "smtp.connect_timeout: must be longer than 0s"),
    (
        'exclude = { title = "(a+)+$" }\n',
        "digests.weekly.exclude.title: repeats what itself holds a repetition or a choice, as (a+)+ does",
    ),
    ('exclude = { title = "(" }\n', "digests.weekly.exclude.title: not a regular expression"),
    ('require = ["sauce"]\n', "digests.weekly.require[1]: expected 'source', 'url', 'excerpt',"),
    ('title = "Weekly\\nBcc: x"\n', "digests.weekly.title: 'Weekly\\nBcc: x' holds a line break"),
    # the look, and where images go
    ('[look]\naccent = "red"\n', "look.accent: 'red' is not a colour; write the accent as #rrggbb"),
    ('[look]\nfont = "Inter"\n', "look.font: 'Inter' is not a list of fonts; write sans or serif, or families"),
    ('[look]\nheadings = "x;color:red, serif"\n', "look.headings: 'x;color:red, serif' is not a list of fonts"),
    ("[look]\nwidth = 300\n", "look.width: must be at least 480, found 300"),
    ("[look]\ncorner = 99\n", "look.corner: must be at most 24, found 99"),
    ('[look]\ndensity = "tight"\n', "look.density: expected 'cards', 'compact' or 'headlines', found \"tight\""),
    ('images = "host"\n', 'images.folder: digests.weekly.images = "host" needs it'),
    (
        'images = "host"\n[images]\nfolder = "x"\nurl = "http://example.org"\n',
        'images.url: digests.weekly.images = "host" needs it, beginning with https://',
    ),
    (f'[web]\nurl = "https://{"long." * 40}example.org"\n', "web.url: "),
    # addresses
    ('reply_to = "nobody"\n', "digests.weekly.reply_to: 'nobody' is not an e-mail address"),
    ('unsubscribe_to = "a@b@c"\n', "digests.weekly.unsubscribe_to: 'a@b@c' is not an e-mail address"),
    ('[web]\nurl = "news.example.org"\n', "web.url: expected an address that begins with https:// or http://"),
    ('[web]\nurl = "https://example.org:x/"\n', "web.url: expected an address that begins with https:// or http://"),
    ('[smtp]\nhost = "smtp://mail.example.org"\n', "smtp.host: expected the name of a host alone, such as"),
    (
        '[database]\nurl = "mysql://u:hunter2@db/x"\n',
        "database.url: expected sqlite:///FILE or postgresql://USER@HOST/NAME",
    ),
    ('[database]\nurl = "sqlite://"\n', "database.url: names no file"),
    (
        '[[sources]]\nfeed = "https://me:hunter2@example.org/feed"\n',
        "sources[2].feed: holds a user name, which is never",
    ),
    ('[[sources]]\nfeed = "https://me@example.org/feed"\n', "sources[2].feed: holds a user name, which is never sent"),
    # what is not there
    ('[[sources]]\nfiles = "nowhere"\n', "sources[2].files: there is no folder "),
    ('[templates]\nfolder = "nowhere"\n', "templates.folder: there is no folder "),
    ('[templates]\nfolder = ""\n', "templates.folder: is empty; leave the key out instead"),
    ('[smtp]\nca_file = "nowhere"\n', "smtp.ca_file: there is no file "),
    ('[smtp]\npassword_file = "nowhere"\n', "smtp.password_file: "),
    # rules between keys
    ('[[sources]]\nfiles = "./posts/../posts"\n', "sources: the sources 1 and 2 are one, "),
    (
        '[[sources]]\nfeed = "http://example.org/f?key=hunter2"\n[[sources]]\nfeed = "https://example.org/f?key=hunter2"\n',
        "sources: the sources 2 and 3 are one, https://example.org/f; take one of them out",
    ),
    (
        '[feeds]\nkeep = "59d"\n',
        "feeds.keep: expected 60d at least, for so long a story that was told is not told again",
    ),
    (
        'grace = "80d"\n[feeds]\nkeep = "88d"\n[[sources]]\nfeed = "https://example.org/f"\n',
        "digests.weekly.grace: with a week and latest it is 89d, longer than feeds.keep (88d), after which entries",
    ),
    ("minimum = 41\n", "digests.weekly.minimum: is 41, more than maximum = 40: there would never be an edition"),
    (
        '[smtp]\nhost = "mail.example.org"\ntls = "none"\npassword = "hunter2"\n',
        "smtp.password: would cross the network to mail.example.org in the clear",
    ),
    ('[smtp]\npassword = "hunter2"\npassword_file = "x"\n', "smtp.password: the file sets password_file too"),
    (
        '[delivery]\nlease = "10m"\n',
        "delivery.lease: 10m must be longer than 24m30s: smtp.connect_timeout + 4 x smtp.command_timeout + 2 x smtp.data_timeout",
    ),
    (
        '[web]\ntrusted_proxies = ["localhost"]\n',
        "web.trusted_proxies: expected an address or a network, such as 127.0.0.1 or 10.0.0.0/8, found 'localhost'",
    ),
    (
        '[web]\norigins = ["https://example.org/page"]\n',
        "web.origins: expected a site without a path, such as https://",
    ),
    ('[web]\nsecret_key = "hunter2"\n', "web.secret_key: needs at least 32 characters"),
    ("[smtp]\npassword = 12345678\n", "smtp.password: expected text in quotes"),
    ('[digests.Daily]\nfrom = "a@example.org"\n', "digests.Daily: not a name for a digest: use lower-case letters"),
]


@pytest.mark.parametrize(("text", "line"), ONE_FAULT, ids=[line.split(" ")[0] for _, line in ONE_FAULT])
def test_a_fault_is_one_line_that_begins_with_its_key(faults_of: Faults, text: str, line: str):
    (fault,) = faults_of(MINIMAL + text)
    assert fault.startswith(line)
    assert "\n" not in fault
    assert "hunter2" not in fault
    assert "12345678" not in fault


@pytest.mark.parametrize(
    ("site", "line"),
    [
        ('title = ""', "site.title: must not be empty"),
        ('title = "E"\ntimezone = "Europe/Berln"', "nearest known zone: Europe/Berlin"),
        ('title = "E"\ntimezone = "../etc/passwd"', "site.timezone: unknown time zone"),
        ('title = "E"\ntimezone = "Europe"', "site.timezone: unknown time zone 'Europe'"),
        ('title = "E"\narticle_url = "https://example.org/{slugg}"', "unknown placeholder {slugg}; known: {slug}"),
        ('title = "E"\narticle_url = "https://example.org/"', "site.article_url: needs a placeholder, one of {slug}"),
        ('title = "E"\ncategory_url = "/categories/{category}"', "site.category_url: expected an address"),
        ('title = "E"\nlanguage = "english please"', "site.language: not in the form that is expected"),
    ],
)
def test_a_fault_of_the_site_says_what_was_meant(faults_of: Faults, site: str, line: str):
    (fault,) = faults_of(f"[site]\n{site}\n{SOURCES}{WEEKLY}")
    assert line in fault


def test_an_empty_file_is_told_what_the_least_is(faults_of: Faults):
    assert faults_of("") == (
        'site: missing; for example: site = { title = "Example" }',
        'sources: missing; for example: sources = [{ files = "content/posts" }]',
        'digests: missing; for example: digests = { weekly = { from = "Example Weekly <weekly@example.org>" } }',
    )
    assert faults_of("sources = []\n[digests]\n" + SITE) == ("sources: must not be empty", "digests: must not be empty")


def test_all_faults_are_told_at_once(faults_of: Faults, folder: Path):
    found = faults_of(
        '[site]\ntimezone = "Mars"\n[[sources]]\nfiles = "nowhere"\n[digests.weekly]\non = "never"\n'
        '[smtp]\nport = "x"\npassword_file = "nowhere"\n[sites]\n',
        {"DIGEST_WEB__URL": "nonsense", "DIGEST_COLOUR": "red"},
    )
    assert [fault.partition(":")[0] for fault in found] == [
        "DIGEST_COLOUR",
        "smtp.password_file",
        "site.title",
        "site.timezone",
        "sources[1].files",
        "digests.weekly.from",
        "digests.weekly.on",
        "smtp.port",
        "web.url (from DIGEST_WEB__URL)",
        "sites",
    ]


def test_a_fault_that_comes_from_the_environment_names_its_variable(faults_of: Faults):
    assert faults_of(MINIMAL, {"DIGEST_SMTP__PORT": "many"}) == (
        'smtp.port (from DIGEST_SMTP__PORT): expected a whole number, found "many"',
    )
    assert faults_of(MINIMAL, {"DIGEST_SMTP__PROT": "25"}) == (
        "smtp.prot (from DIGEST_SMTP__PROT): unknown key; nearest known key: port",
    )


@pytest.mark.parametrize(
    ("variable", "line"),
    [
        ("DIGEST_STMP__PORT", "DIGEST_STMP__PORT: unknown setting in the environment; nearest known: DIGEST_SMTP__…"),
        ("DIGEST_COLOUR", "DIGEST_COLOUR: unknown setting in the environment"),
        ("DIGEST_", "DIGEST_: unknown setting in the environment"),
    ],
)
def test_a_variable_that_sets_nothing_is_a_fault(faults_of: Faults, variable: str, line: str):
    assert faults_of(MINIMAL, {variable: "1"}) == (line,)


def test_the_message_names_the_file_and_counts(loaded: Load, folder: Path):
    with pytest.raises(ConfigError) as caught:
        loaded(MINIMAL + "[smtp]\nprot = 25\n")
    assert str(caught.value) == (
        f"{folder / 'digest.toml'}: one fault in the configuration\n  smtp.prot: unknown key; nearest known key: port"
    )


def test_a_long_wrong_value_is_cut(faults_of: Faults):
    (fault,) = faults_of(MINIMAL + f'[smtp]\nport = "{"9x" * 500}"\n')
    assert len(fault) < 130
    assert fault.endswith("…")


def test_an_empty_password_file_is_a_fault(faults_of: Faults, folder: Path):
    (folder / "password").write_text("\n")
    assert faults_of(MINIMAL + '[smtp]\npassword_file = "password"\n') == (
        f"smtp.password_file: {folder / 'password'} is empty",
    )


def test_the_value_of_a_secret_is_in_no_fault(faults_of: Faults):
    found = faults_of(
        MINIMAL + "[smtp]\nport = 0\n",
        {"DIGEST_SMTP__PASSWORD": "hunter2", "DIGEST_SMTP__TLS": "none", "DIGEST_SMTP__HOST": "mail.example.org",
         "DIGEST_WEB__SECRET_KEY": "hunter2"},
    )  # fmt: skip
    assert len(found) == 3
    assert "hunter2" not in "\n".join(found)
