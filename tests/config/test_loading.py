"""What a configuration says: the file, the environment above it, the defaults below it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from pathlib import Path

import pytest

from digest.config import Config, Mailbox, load
from digest.errors import ConfigError
from digest.model import Address
from digest.period import Missed, Unit

SITE = '[site]\ntitle = "Example"\n'
SOURCES = '[[sources]]\nfiles = "posts"\n'
WEEKLY = '[digests.weekly]\nfrom = "Example Weekly <weekly@example.org>"\n'
MINIMAL = SITE + SOURCES + WEEKLY
Load = Callable[..., Config]

KEY = "k" * 32


def test_a_month_whose_grace_nobody_named_leaves_nothing_of_itself_behind(loaded: Load):
    monthly = '\n[digests.monthly]\nfrom = "m@example.org"\ncadence = "month"\n'
    assert loaded(MINIMAL + monthly).digests["monthly"].grace == timedelta(days=31)
    assert loaded(f'{MINIMAL}{monthly}grace = "7d"\n').digests["monthly"].grace == timedelta(days=7)


def test_three_lines_are_a_configuration(loaded: Load, folder: Path):
    config = loaded(MINIMAL)
    weekly = config.digests["weekly"]
    assert config.site.timezone == "UTC"
    assert config.sources[0].files == folder / "posts"
    assert (weekly.cadence, weekly.on, weekly.at, weekly.cutoff) == (Unit.WEEK, "monday", time(7), time(0))
    assert (weekly.missed, weekly.latest, weekly.grace) == (Missed.SEND, timedelta(days=2), timedelta(days=7))
    assert weekly.title == "Example Weekly"
    assert weekly.from_ == Mailbox("Example Weekly", Address("weekly", "example.org"))
    assert weekly.unsubscribe_to == "weekly@example.org"
    assert (config.smtp[0].host, config.smtp[0].port, config.smtp[0].tls, config.smtp[0].verify) == (
        "localhost",
        587,
        "required",
        True,
    )
    assert config.delivery.lease == timedelta(minutes=30)
    assert config.delivery.outage == timedelta(minutes=15)
    assert config.templates.folder is None


def test_paths_are_relative_to_the_file_and_not_to_where_we_stand(loaded: Load, folder: Path):
    (folder / "static").mkdir()
    (folder / "look").mkdir()
    (folder / "ca.pem").touch()
    config = loaded(
        SITE
        + 'static = ["static"]\n'
        + SOURCES
        + WEEKLY
        + '[smtp]\nca_file = "ca.pem"\n[templates]\nfolder = "look"\n[database]\nurl = "sqlite:///data.db"\n'
    )
    assert config.site.static == (folder / "static",)
    assert config.smtp[0].ca_file == folder / "ca.pem"
    assert config.templates.folder == folder / "look"
    assert config.database.url == f"sqlite:///{folder}/data.db"
    assert config.web.secret_key_file == folder / "digest.key"


def test_the_slash_at_the_end_of_an_origin_is_no_path(loaded: Load):
    web = loaded(MINIMAL + '[web]\norigins = ["https://example.org/", "https://www.example.org"]\n').web
    assert web.origins == ("https://example.org", "https://www.example.org")


def test_an_absolute_path_stays_as_it_is(loaded: Load):
    assert loaded(MINIMAL + '[database]\nurl = "sqlite:////srv/digest.db"\n').database.url == "sqlite:////srv/digest.db"


def test_several_digests_stand_beside_each_other(loaded: Load):
    config = loaded(
        MINIMAL
        + '[digests.ai-news]\nfrom = "news@example.org"\ncadence = "day"\n'
        + '[digests.monthly]\nfrom = "news@example.org"\ncadence = "month"\non = 15\n'
        + '[digests.review]\nfrom = "news@example.org"\ncadence = "month"\n'
    )
    assert [(digest.cadence, digest.on) for digest in config.digests.values()] == [
        ("week", "monday"),
        ("day", ""),
        ("month", "15"),
        ("month", "1"),
    ]
    assert config.digests["ai-news"].title == "Example Ai News"


@pytest.mark.parametrize(
    ("written", "name", "address"),
    [
        ("weekly@example.org", "", "weekly@example.org"),
        ("Example <weekly@example.org>", "Example", "weekly@example.org"),
        ("'\"Example, Inc.\" <weekly@example.org>'", "Example, Inc.", "weekly@example.org"),
        ("می\u200cخوانم <weekly@example.org>", "می\u200cخوانم", "weekly@example.org"),
        ("Beispiel für alle <weekly@exämple.org>", "Beispiel für alle", "weekly@exämple.org"),
    ],
)
def test_a_sender_is_a_name_and_an_address(loaded: Load, written: str, name: str, address: str):
    text = written if written.startswith("'") else f'"{written}"'
    sender = loaded(SITE + SOURCES + f"[digests.weekly]\nfrom = {text}\n").digests["weekly"].from_
    assert (sender.name, str(sender.address)) == (name, address)


def test_a_time_may_be_text_or_a_time_of_toml(loaded: Load):
    assert loaded(MINIMAL + 'at = "7:30"\ncutoff = 06:00:00\n').digests["weekly"].at == time(7, 30)


@pytest.mark.parametrize(
    ("told", "listens"),
    [
        ("9100", "127.0.0.1:9100"),
        (":9100", "127.0.0.1:9100"),
        ("0.0.0.0:9100", "0.0.0.0:9100"),
        ("[::1]:9100", "[::1]:9100"),
        ("", ""),
    ],
)
def test_a_port_alone_is_for_this_machine_alone(loaded: Load, told: str, listens: str):
    config = loaded(f'{MINIMAL}[worker]\nstatus = "{told}"\n[web]\nstatus = "{told}"\n')
    assert (config.worker.status, config.web.status) == (listens, listens)


def test_the_environment_has_the_last_word(loaded: Load):
    config = loaded(
        MINIMAL + '[smtp]\nport = 25\nhost = "mail.example.org"\n',
        {
            "DIGEST_SMTP__PORT": "2525",
            "DIGEST_SMTP__VERIFY": "false",
            "DIGEST_SITE__TITLE": "Elsewhere",
            "DIGEST_DIGESTS__WEEKLY__REQUIRE": "source, image",
            "DIGEST_DIGESTS__WEEKLY__EXCLUDE__TAGS": "press",
            "DIGEST_DELIVERY__LEASE": "3600",
        },
    )
    assert (config.smtp[0].host, config.smtp[0].port, config.smtp[0].verify) == ("mail.example.org", 2525, False)
    assert config.site.title == "Elsewhere"
    assert config.digests["weekly"].require == ("source", "image")
    assert config.digests["weekly"].exclude.tags == ("press",)
    assert config.delivery.lease == timedelta(hours=1)


def test_an_environment_variable_cannot_hold_a_hyphen_and_reaches_the_digest_all_the_same(loaded: Load):
    config = loaded(
        SITE + SOURCES + '[digests.ai-news]\nfrom = "news@example.org"\n', {"DIGEST_DIGESTS__AI_NEWS__AT": "09:00"}
    )
    assert config.digests["ai-news"].at == time(9)


def test_lists_in_the_environment_may_be_json(loaded: Load, folder: Path):
    (folder / "news").mkdir()
    config = loaded(MINIMAL, {"DIGEST_SOURCES": '[{"files": "posts"}, {"files": "news", "link": "page"}]'})
    assert [(source.files.name, source.link) for source in config.sources] == [("posts", None), ("news", "page")]


def test_variables_of_tests_and_of_the_command_line_are_no_settings(loaded: Load):
    assert loaded(MINIMAL, {"DIGEST_CONFIG": "x", "DIGEST_TEST_SERVER": "x", "DIGEST_ACCEPT_GOLDEN": "1", "HOME": "/"})


def test_a_byte_order_mark_does_no_harm(loaded: Load):
    assert loaded("\ufeff" + MINIMAL).site.title == "Example"


# --- secrets -------------------------------------------------------------------------------------------------------


def test_a_password_comes_from_its_file(loaded: Load, folder: Path):
    (folder / "password").write_text("  of many words \n")
    config = loaded(MINIMAL + '[smtp]\npassword_file = "password"\n')
    assert config.smtp[0].password.get_secret_value() == "  of many words "


def test_a_password_that_looks_like_json_stays_text(loaded: Load):
    config = loaded(MINIMAL, {"DIGEST_SMTP__PASSWORD": "[1]"})
    assert config.smtp[0].password.get_secret_value() == "[1]"


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('password = "from the file"', {"DIGEST_SMTP__PASSWORD": "outer"}),
        ('password = "from the file"', {"DIGEST_SMTP__PASSWORD_FILE": "outer"}),
        ('password_file = "nowhere"', {"DIGEST_SMTP__PASSWORD": "outer"}),
        ('password_file = "nowhere"', {"DIGEST_SMTP__PASSWORD_FILE": "outer"}),
    ],
)
def test_a_secret_of_the_environment_displaces_the_file_s_in_either_form(
    loaded: Load, folder: Path, text: str, environ: dict[str, str]
):
    (folder / "outer").write_text("outer\n")
    assert loaded(f"{MINIMAL}[smtp]\n{text}\n", environ).smtp[0].password.get_secret_value() == "outer"


def test_a_password_may_cross_the_loopback_in_the_clear(loaded: Load):
    assert loaded(MINIMAL + '[smtp]\nhost = "127.0.0.1"\ntls = "none"\npassword = "p"\n').smtp[0].tls == "none"


def test_the_key_that_signs_links_comes_from_its_file_the_newest_last(loaded: Load, folder: Path):
    config = loaded(MINIMAL)
    (folder / "digest.key").write_text(f"{KEY}\n{KEY}2\n")
    assert config.secret_keys() == (KEY, f"{KEY}2")


def test_a_key_in_the_environment_needs_no_file(loaded: Load):
    assert loaded(MINIMAL, {"DIGEST_WEB__SECRET_KEY": KEY}).secret_keys() == (KEY,)


@pytest.mark.parametrize(
    ("content", "said"), [(None, "No such file"), ("\n", "is empty"), ("short\n", "fewer than 32 characters")]
)
def test_reading_articles_needs_no_key_and_signing_says_how_to_make_one(
    loaded: Load, folder: Path, content: str | None, said: str
):
    if content is not None:
        (folder / "digest.key").write_text(content)
    config = loaded(MINIMAL)
    with pytest.raises(ConfigError, match=said) as caught:
        config.secret_keys()
    assert "digest init" in caught.value.hint
    assert "short" not in str(caught.value)


# --- files that are none -------------------------------------------------------------------------------------------


def test_a_missing_file_says_how_to_write_one(tmp_path: Path):
    with pytest.raises(ConfigError, match="there is no such file") as caught:
        load(tmp_path / "digest.toml", {})
    assert "digest init" in caught.value.hint


def test_a_folder_or_a_file_that_is_no_text_is_refused(tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, {})
    (tmp_path / "digest.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match="not a text file in UTF-8"):
        load(tmp_path / "digest.toml", {})


@pytest.mark.parametrize(
    ("text", "fault"),
    [('[site]\ntitle = "Example\n', "line 2: "), ("[site]\ntitle\n", "line 2: "), ("[site", "at its end: ")],
)
def test_broken_toml_is_shown_by_its_line(tmp_path: Path, text: str, fault: str):
    (tmp_path / "digest.toml").write_text(text)
    with pytest.raises(ConfigError, match="not valid TOML") as caught:
        load(tmp_path / "digest.toml", {})
    assert caught.value.faults[0].startswith(fault)


def test_one_server_may_be_written_either_way_and_several_keep_their_order(loaded: Load):
    assert loaded(MINIMAL + "[[smtp]]\nport = 25\n") == loaded(MINIMAL + "[smtp]\nport = 25\n")
    several = loaded(MINIMAL + '[[smtp]]\nname = "one"\n[[smtp]]\nhost = "two.example.org"\n')
    assert [server.called for server in several.smtp] == ["one", "two.example.org:587"]


def test_a_variable_reaches_the_only_server_and_asks_which_of_several(loaded: Load):
    assert loaded(MINIMAL + "[[smtp]]\nport = 25\n", {"DIGEST_SMTP__PASSWORD": "p"}).smtp[0].port == 25
    with pytest.raises(ConfigError) as raised:
        loaded(MINIMAL + "[[smtp]]\nport = 25\n[[smtp]]\nport = 26\n", {"DIGEST_SMTP__PASSWORD": "p"})
    assert raised.value.faults == (
        "DIGEST_SMTP__PASSWORD: there are several [[smtp]], and it does not say which; use password in the file",
    )


def test_a_mailbox_is_named_without_its_password(loaded: Load, folder: Path):
    assert loaded(MINIMAL + '[bounces]\nmailbox = "maildir:post"\n').bounces.mailbox == f"maildir:{folder / 'post'}"
    for wrong in ("imaps://me:secret@mail.example.org", "imaps://mail.example.org", "ftp://me@example.org", "mbox:"):
        with pytest.raises(ConfigError) as raised:
            loaded(MINIMAL + f'[bounces]\nmailbox = "{wrong}"\n')
        assert raised.value.faults[0].startswith("bounces.mailbox: ")


def test_the_address_of_a_feed_keeps_the_slash_at_its_end(loaded: Load):
    config = loaded(SITE + '[[sources]]\nfeed = "https://example.org/feed/"\n' + WEEKLY)
    assert config.sources[0].feed == "https://example.org/feed/"
