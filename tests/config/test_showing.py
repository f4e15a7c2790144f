"""The effective configuration, shown; and the schema that editors read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from digest.config import Config, schema, show

MINIMAL = """
[site]
title = "Example"
[[sources]]
files = "posts"
[digests.weekly]
from = "Example Weekly <weekly@example.org>"
"""
Load = Callable[..., Config]

FULL = (
    '[site]\ntitle = "Exa\\"mple 😀"\nurl = "https://example.org/"\ntimezone = "Europe/Berlin"\nstatic = ["posts"]\n'
    'article_url = "https://example.org/{year}/{slug}/"\npostal_address = """Example\nHigh Street 1"""\n'
    '[[sources]]\nfiles = "posts"\nlink = "source"\n[[sources]]\nfiles = "more"\n'
    '[digests.weekly]\nfrom = "\\"Example, Inc.\\" <weekly@example.org>"\nrequire = ["source"]\n'
    'exclude = { tags = ["a b"] }\naliases = { "Artificial Intelligence" = "AI" }\norder = ["AI"]\ngrace = "1d12h"\n'
    '[digests.ai-news]\nfrom = "news@example.org"\ncadence = "month"\non = 15\nat = 06:30:00\n'
    '[smtp]\nper_second = 0.5\npassword_file = "password"\n[templates]\nfolder = "posts"\n'
)


@pytest.mark.parametrize("text", [MINIMAL, FULL])
def test_what_is_shown_loads_back_to_an_equal_configuration(loaded: Load, folder: Path, text: str):
    (folder / "password").write_text("hunter2\n")
    config = loaded(text)
    assert loaded(show(config, {})) == config


@pytest.mark.parametrize(("written", "taken"), [("", ()), ('language = "de"', ("de",))])
def test_a_language_that_nobody_wrote_is_none_that_a_digest_takes_also_when_it_was_shown(
    loaded: Load, written: str, taken: tuple[str, ...]
):
    config = loaded(MINIMAL.replace("[site]", f"[site]\n{written}"))
    assert config.digests["weekly"].languages == taken
    assert loaded(show(config, {})).digests["weekly"].languages == taken


def test_every_value_says_where_it_comes_from(loaded: Load):
    environ = {"DIGEST_SMTP__PORT": "25", "DIGEST_DIGESTS__WEEKLY__EXCLUDE__TAGS": "press"}
    shown = show(loaded(MINIMAL + '[smtp]\nhost = "mail.example.org"\n', environ), environ).splitlines()
    assert 'host = "mail.example.org"  # file' in shown
    assert "port = 25  # environment" in shown
    assert 'exclude = { category = [], tags = ["press"], title = "", source = [] }  # environment' in shown
    assert 'tls = "required"  # default' in shown
    assert 'title = "Example Weekly"  # default' in shown
    assert "# ca_file is not set" in shown


def test_every_key_is_shown(loaded: Load, folder: Path):
    (folder / "key.pem").write_text("a key")
    keys = '[[dkim]]\ndomain = "example.org"\nselector = "one"\nkey_file = "key.pem"\n'
    shown = show(loaded(MINIMAL + keys + '[delivery.domains."example.com"]\nper_hour = 1\n'), {})
    for name, table in _tables():
        for key in table.get("properties", ()):
            assert f"{key} = " in shown or f"# {key} is " in shown or f"[{key}" in shown, f"{name}.{key}"


def test_what_a_kill_makes_uncertain_is_shown(loaded: Load):
    several = "[[smtp]]\nconnections = 3\n[[smtp]]\nport = 25\nconnections = 4\n[delivery]\nwindow = 2\n"
    assert "# so many messages a kill makes uncertain at most: 2 x 7 connections = 14" in show(
        loaded(MINIMAL + several), {}
    )


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        ('[[smtp]]\npassword = "hunter2"\n[[smtp]]\nport = 25\npassword_file = "password"\n', {}),
        ('[bounces]\npassword_file = "password"\n[webhooks]\nmailgun_key_file = "password"\n', {}),
        ('[smtp]\npassword = "hunter2"\n', {}),
        ('[smtp]\npassword_file = "password"\n', {}),
        ("", {"DIGEST_SMTP__PASSWORD": "hunter2"}),
        ('[web]\nsecret_key = "hunter2-hunter2-hunter2-hunter2-hunter2"\n', {}),
    ],
)
def test_a_secret_is_never_seen(loaded: Load, folder: Path, text: str, environ: dict[str, str]):
    (folder / "password").write_text("hunter2\n")
    config = loaded(MINIMAL + text, environ)
    shown = show(config, environ)
    assert "hunter2" not in shown + repr(config) + str(config) + config.model_dump_json()
    assert "•••" in shown or "# password is in password_file" in shown


def _tables() -> list[tuple[str, dict[str, Any]]]:
    described = schema()
    return [("digest.toml", described), *described["$defs"].items()]


def test_a_password_in_the_address_of_the_database_is_not_shown(loaded: Load):
    shown = show(loaded(MINIMAL, {"DIGEST_DATABASE__URL": "postgresql://post:hunter2@db.example.org:5433/digest"}), {})
    assert "hunter2" not in shown
    assert 'url = "postgresql://post:•••@db.example.org:5433/digest"' in shown


def test_the_schema_explains_every_key():
    for name, table in _tables():
        if "properties" in table:
            assert table["additionalProperties"] is False
            for key, value in table["properties"].items():
                assert "description" in value or "$ref" in value, f"{name}.{key}"


def test_the_schema_is_json_and_knows_the_documented_keys():
    described = json.loads(json.dumps(schema()))
    assert set(described["properties"]) == set(Config.model_fields)
    keys = {key for _, table in _tables() for key in table.get("properties", {})}
    assert keys >= {
        "title", "url", "timezone", "language", "postal_address", "article_url", "category_url", "static", "files", "link",
        "from", "reply_to", "cadence", "on", "at", "cutoff", "require", "exclude", "aliases", "order", "per_section",
        "maximum", "minimum", "uncategorised", "grace", "missed", "latest", "images", "intro", "unsubscribe_to", "host",
        "port", "tls", "verify", "username", "password", "password_file", "ca_file", "connections",
        "messages_per_connection", "per_second", "connect_timeout", "command_timeout", "data_timeout", "uncertain",
        "batch", "lease", "first_retry", "patience", "outage", "secret_key", "secret_key_file", "folder",
    }  # fmt: skip
    assert described["$defs"]["Digest"]["properties"]["missed"]["default"] == "send"
