"""From no key to mails that verify, and on to the next key, by what the commands print."""

from __future__ import annotations

import json
import stat
import tomllib
from pathlib import Path

import dkim as dkimpy
import pytest

from digest.app import App, clock
from digest.config import load
from digest.errors import ConfigError
from tests.journeys.conftest import Site

NEW = ("dkim", "keygen", "--domain", "quay.example.org", "--selector")


def configure(site: Site, told: str) -> None:
    """Takes the lines for digest.toml over from what keygen printed."""
    file = site.folder / "digest.toml"
    lines = told.partition("in digest.toml")[2].partition("\n")[2]
    file.write_text(file.read_text(encoding="utf-8") + "\n" + lines, encoding="utf-8")


def previewed(site: Site, out: Path) -> bytes:
    assert site.run("preview", "--out", str(out)).exit_code == 0
    (mail,) = out.glob("*.eml")
    return mail.read_bytes()


def verified(site: Site, data: bytes) -> list[bool]:
    """Whether each signature holds, in a DNS that has the records that `digest dkim record` prints."""
    records = {f"{one['name']}.".encode(): one["value"].encode() for one in site.lines("dkim", "record")}
    mail = dkimpy.DKIM(data)
    return [mail.verify(number, dnsfunc=lambda name, timeout: records[name]) for number in range(len(records))]


def test_a_new_key_signs_once_its_lines_are_in_the_configuration(site: Site, tmp_path: Path):
    site.write(
        "a.md", "---\ntitle: A\ndate: 2025-12-03\ncategory: Work\nsource: https://news.example.com/a\n---\nText.\n"
    )
    made = site.run(*NEW, "digest1")
    assert made.exit_code == 0, made.output
    assert b"DKIM-Signature" not in previewed(site, tmp_path / "before")
    configure(site, made.stdout)
    assert verified(site, previewed(site, tmp_path / "after")) == [True]

    configure(site, site.run(*NEW, "digest2", "--type", "ed25519").stdout)
    assert verified(site, previewed(site, tmp_path / "both")) == [True, True]


def test_a_key_is_readable_for_its_owner_alone_and_never_overwritten(site: Site):
    assert site.run(*NEW, "digest1").exit_code == 0
    file = site.folder / "dkim-digest1.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()
    again = site.run(*NEW, "digest1")
    assert again.exit_code == 1
    assert "dkim-digest1.pem: is there already" in again.stderr
    assert "PRIVATE" not in again.output
    assert file.read_bytes() == before


def test_the_record_is_shown_for_forms_and_for_zone_files_and_as_json(site: Site, tmp_path: Path):
    said = site.run(*NEW, "digest1").stdout
    configure(site, said)
    (shown,) = site.lines("dkim", "record")
    assert shown["name"] == "digest1._domainkey.quay.example.org"
    assert shown["value"] == "".join(shown["strings"])
    assert f"  {shown['value']}\n" in said
    assert f"{shown['name']}. IN TXT ( " + " ".join(f'"{piece}"' for piece in shown["strings"]) + " )" in said
    assert site.run("dkim", "record").stdout in said

    elsewhere = tmp_path / "elsewhere.pem"
    made = json.loads(site.run(*NEW, "digest2", "--out", str(elsewhere), "--json").stdout)
    assert made.keys() == shown.keys()
    assert made["key_file"] == str(elsewhere)
    assert elsewhere.exists()


def test_a_key_outside_the_folder_is_named_by_its_whole_path(site: Site, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.mktemp("keys") / "key.pem"
    configure(site, site.run(*NEW, "digest1", "--out", str(file)).stdout)
    table = tomllib.loads((site.folder / "digest.toml").read_text(encoding="utf-8"))["dkim"]
    assert table == [{"domain": "quay.example.org", "selector": "digest1", "key_file": str(file.resolve())}]


def test_without_keys_the_record_says_how_to_make_one(site: Site):
    result = site.run("dkim", "record")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "`digest dkim keygen` makes one" in result.stderr


@pytest.mark.parametrize(
    "words", [("--domain", "a b", "--selector", "x"), ("--domain", "a.example", "--selector", "../x")]
)
def test_what_is_no_name_is_refused_before_anything_is_written(site: Site, words: tuple[str, ...]):
    before = set(site.folder.iterdir())
    result = site.run("dkim", "keygen", *words)
    assert result.exit_code == 2
    assert "is not a name in the DNS" in result.stderr
    assert set(site.folder.iterdir()) == before


def test_a_folder_that_is_not_there_is_named(site: Site, tmp_path: Path):
    result = site.run(*NEW, "x", "--out", str(tmp_path / "nowhere" / "key.pem"))
    assert result.exit_code == 1
    assert "nowhere/key.pem: cannot be written to" in result.stderr


def test_a_file_that_holds_no_key_is_one_clear_line(site: Site):
    configure(site, site.run(*NEW, "digest1").stdout)
    (site.folder / "dkim-digest1.pem").write_text("not a key", encoding="utf-8")
    result = site.run("dkim", "record")
    assert result.exit_code == 78
    assert result.stderr.splitlines()[0].endswith("dkim-digest1.pem: this is not a private key in PEM")
    assert "digest dkim keygen" in result.stderr


def test_a_key_that_has_gone_since_is_named_with_what_to_do(site: Site):
    configure(site, site.run(*NEW, "digest1").stdout)
    app = App(load(site.folder / "digest.toml"), clock(), read_only=True)
    (site.folder / "dkim-digest1.pem").unlink()
    with pytest.raises(
        ConfigError, match=r"dkim\.key_file: .*dkim-digest1\.pem cannot be read: No such file"
    ) as caught:
        assert app.dkim_keys
    assert caught.value.hint
